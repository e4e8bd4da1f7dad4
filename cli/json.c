/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/json.h"

#include <stdio.h>

#include "cli/cli.h"

static void add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static void add_number(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

static void add_strings(struct json_object *o, const char *key, char *const *values)
{
	struct json_object *array = json_object_new_array();

	for (; *values; values++)
		json_object_array_add(array, json_object_new_string(*values));
	json_object_object_add(o, key, array);
}

struct json_object *json_vm(const struct vm_info *vm)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "name", vm->name);
	add_string(o, "kind", vm->kind);
	add_string(o, "template", vm->template);
	add_string(o, "color", vm->color);
	add_string(o, "state", vm->state);
	add_string(o, "agent", vm->agent);
	add_string(o, "desktop", vm->desktop);
	add_string(o, "net", vm->net);
	add_string(o, "net_state", vm->net_state);
	add_number(o, "net_limit", (uint64_t)vm->net_limit << 10);
	add_number(o, "net_index", vm->net_index);
	add_number(o, "memory", (uint64_t)vm->memory << 20);
	add_number(o, "vcpus", vm->vcpus);
	add_string(o, "disk_path", vm->disk_path);
	add_string(o, "console_log", vm->console_log);
	add_string(o, "last_error", vm->last_error);
	return o;
}

struct json_object *json_stats(const struct vm_stats *s)
{
	struct json_object *o = json_object_new_object();

	add_number(o, "cpu_ns", s->cpu_ns);
	add_number(o, "memory", s->memory_kib << 10);
	add_number(o, "disk", s->disk_bytes);
	add_number(o, "windows", s->windows);
	add_number(o, "frames", s->frames);
	add_number(o, "bytes_copied", s->bytes_copied);
	add_number(o, "desktop_wakeups", s->desktop_wakeups);
	add_number(o, "courier_wakeups", s->courier_wakeups);
	add_number(o, "guest_cpu_permille", s->guest_cpu_permille);
	add_number(o, "guest_memory_total", s->guest_mem_total_kib << 10);
	add_number(o, "guest_memory_used", s->guest_mem_used_kib << 10);
	add_number(o, "guest_disk_total", s->guest_disk_total);
	add_number(o, "guest_disk_used", s->guest_disk_used);
	add_number(o, "ready_ms", s->ready_ms);
	add_number(o, "net_sent_bytes", s->net_sent_bytes);
	add_number(o, "net_received_bytes", s->net_received_bytes);
	add_number(o, "net_sent", s->net_sent);
	add_number(o, "net_received", s->net_received);
	add_number(o, "net_refused", s->net_refused);
	add_number(o, "net_forged", s->net_forged);
	add_number(o, "net_dropped", s->net_dropped);
	add_number(o, "net_flows", s->net_flows);
	add_number(o, "net_waiting", s->net_waiting);
	return o;
}

struct json_object *json_template(const struct template_info *t)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "name", t->name);
	add_string(o, "version", t->version);
	add_strings(o, "versions", t->versions);
	add_string(o, "architecture", t->architecture);
	add_number(o, "size", t->size);
	add_strings(o, "used_by", t->used_by);
	return o;
}

struct json_object *json_transfer(const struct transfer_info *t)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "id", t->id);
	add_string(o, "kind", t->kind);
	add_string(o, "from", t->from);
	add_string(o, "to", t->to);
	add_string(o, "claim", t->claim);
	add_string(o, "state", t->state);
	add_number(o, "done", t->done);
	add_number(o, "total", t->total);
	add_string(o, "reason", t->reason);
	add_number(o, "code", t->code);
	add_strings(o, "problems", t->problems);
	add_number(o, "started", t->started);
	return o;
}

struct json_object *json_manager(const struct manager_info *m)
{
	struct json_object *o = json_object_new_object(), *array = json_object_new_array();

	add_string(o, "version", m->version);
	add_string(o, "mode", m->mode);
	add_string(o, "accelerator", m->accelerator);
	add_string(o, "accelerator_reason", m->reason);
	add_string(o, "display", m->display);
	for (size_t i = 0; i < m->nprotections; i++) {
		struct json_object *p = json_object_new_object();

		add_string(p, "name", m->protections[i].name);
		json_object_object_add(p, "on", json_object_new_boolean(m->protections[i].on));
		add_string(p, "text", m->protections[i].text);
		json_object_array_add(array, p);
	}
	json_object_object_add(o, "protections", array);
	return o;
}

int json_print(struct json_object *object, int pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		(pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN);

	puts(json_object_to_json_string_ext(object, flags));
	json_object_put(object);
	return fflush(stdout) ? cli_error(CLI_FAILED, "cannot write the output") : CLI_OK;
}
