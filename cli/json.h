/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The --json forms of what inventory.h holds. Keys are the D-Bus names in snake_case; sizes are bytes. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdint.h>

#include <json-c/json.h>

#include "cli/inventory.h"

/* Add a member. */
void json_add_text(struct json_object *o, const char *key, const char *value);
void json_add_number(struct json_object *o, const char *key, uint64_t value);

struct json_object *json_vm(const struct vm_info *vm);
struct json_object *json_stats(const struct vm_stats *s);
struct json_object *json_template(const struct template_info *t);
struct json_object *json_transfer(const struct transfer_info *t);
struct json_object *json_manager(const struct manager_info *m);

/* Prints @object on one line, or many, and releases it. Exit code. */
int json_print(struct json_object *object, int pretty);

#endif
