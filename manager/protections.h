/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What protects the user, each thing on or off in plain words. In system mode
 * some are needed: while one of them is off, no VM starts. Nothing is kept:
 * each reading asks the kernel again.
 */
#ifndef MANAGER_PROTECTIONS_H
#define MANAGER_PROTECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manager/rules.h"

#define PROTECTIONS_MAX 24

/* What the readings need to know; all pointers borrowed. */
struct protections_env {
	bool system;
	const char *root; /* put before each path of the kernel's: "" but in tests */
	uint64_t root_device; /* st_dev of "/" */
	const char *data; /* $DATA, where labels must be kept */
	struct rules *rules;
	const char *const *rules_dirs; /* NULL terminated */
	const char *lists_error; /* of the network lists; NULL: they are in force … */
	size_t lists; /* … with so many lines */
	const char *no_cards; /* why VMs have no network card; NULL: they have */
	int driver; /* 1: libvirt's security model smack is in force, 0: it is not; -errno: libvirt did not say */
	bool kvm, confine;
	const char *kvm_words, *confine_words;
	int landlock_abi; /* 0: none */
};

struct protection {
	const char *name; /* static */
	bool on, needed;
	char words[512]; /* cause and, when it is off, remedy */
};

/* Fills @ret_list; the number of them, at most PROTECTIONS_MAX. Reads @env->rules anew. */
size_t protections_read(const struct protections_env *env, struct protection *ret_list);
/* The first that is needed and off; NULL: VMs may start. */
const struct protection *protections_missing(const struct protection *list, size_t n);

/* Each fills @p's fields on and words (protections_host.c, which reads what the kernel shows; protections_labels.c). */
typedef void (*protections_fn)(const struct protections_env *env, struct protection *p);
void protections_smack(const struct protections_env *env, struct protection *p);
void protections_smackfs(const struct protections_env *env, struct protection *p);
void protections_onlycap(const struct protections_env *env, struct protection *p);
void protections_ptrace(const struct protections_env *env, struct protection *p);
void protections_xattr(const struct protections_env *env, struct protection *p);
void protections_iommu(const struct protections_env *env, struct protection *p);
void protections_lockdown(const struct protections_env *env, struct protection *p);
void protections_verity(const struct protections_env *env, struct protection *p);
void protections_offline(const struct protections_env *env, struct protection *p);
void protections_sysctl(const struct protections_env *env, struct protection *p);
void protections_hidepid(const struct protections_env *env, struct protection *p);

/* Sets both fields. */
void protections_say(struct protection *p, bool on, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Reads a file of the kernel's below @env->root, without the newline at its end. Its length; -errno; -EMSGSIZE. */
int protections_text(const struct protections_env *env, const char *path, char *ret_text, size_t size);

#endif
