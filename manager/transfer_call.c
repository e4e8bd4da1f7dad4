/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/transfer.h"
#include "proto/ctl.h"

static void strv_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

static int check_vm(const struct manager *m, const char *name, sd_bus_error *ret_error)
{
	if (manager_find_vm(m, name))
		return 0;
	return errors_set(ret_error, ERROR_NOT_FOUND, "There is no VM \"%.*s\". \"vmos list\" shows those there are.",
		VM_NAME_MAX, name);
}

static int check_pair(const struct manager *m, const char *from, const char *to, sd_bus_error *ret_error)
{
	int r = from[0] ? check_vm(m, from, ret_error) : 0;

	if (r == 0)
		r = check_vm(m, to, ret_error);
	if (r == 0 && strcmp(from, to) == 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "VM %s has it already. Name another VM.", from);
	return r;
}

/* @strings: what the run in the sender gets, see ctl.h. Its arguments as memory nobody can change any more. */
static int pack(char *const *strings, uint32_t *ret_len, sd_bus_error *ret_error)
{
	char *none[] = { NULL };
	uint8_t *blob cleanup_free = malloc(CTL_ARGS_MAX);
	int len;

	if (!blob)
		return -ENOMEM;
	len = ctl_args_encode(strings, none, blob, CTL_ARGS_MAX);
	if (len < 0 || len > (int)CTL_ARGS_MAX)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"Too much is named at once: %d names and %u KiB at most. Send the folder they are in.",
			CTL_ARGC_MAX - 1, CTL_ARGS_MAX >> 10);
	*ret_len = (uint32_t)len;
	return fd_memfd_data("vmos-transfer", blob, (size_t)len);
}

/* The name of the first path, as it is shown. */
static void claim_of(const char *path, char *claim, size_t cap)
{
	size_t len = strlen(path);
	const char *name;

	while (len > 1 && path[len - 1] == '/')
		len--;
	name = memrchr(path, '/', len);
	name = name && len > 1 ? name + 1 : path;
	text_sanitise((const uint8_t *)name, len - (size_t)(name - path), claim, cap);
}

static int check_paths(char **paths, enum transfer_kind kind, sd_bus_error *ret_error)
{
	unsigned n = 0;

	for (; paths && paths[n]; n++) {
		size_t len = strlen(paths[n]);

		if (len == 0 || len > XFER_PATH_MAX)
			return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
				"A path has 1 to %d bytes, not %zu. Name another one.", XFER_PATH_MAX, len);
	}
	if (n == 0)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "Nothing is named. Name a file or a folder.");
	if (kind == TRANSFER_OPEN && n != 1)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "One file is opened at a time. Name one.");
	return 0;
}

/* @strings has room for one before the first path. */
static int new_transfer(
	struct manager *m, struct transfer_job *job, char **strings, struct transfer **ret, sd_bus_error *ret_error)
{
	int args, r = transfers_room(m, ret_error);

	if (r < 0)
		return r;
	args = pack(strings, &job->args_len, ret_error);
	if (args < 0)
		return args;
	job->may_start = true;
	return transfer_new(m, job, args, ret);
}

static int reply_send(sd_bus_message *call, struct transfer *t, sd_bus_error *ret_error)
{
	if (t->state == TRANSFER_DENIED)
		return errors_set(ret_error, ERROR_DENIED, "%s", t->text);
	if (t->state == TRANSFER_FAILED)
		return errors_set(ret_error, ERROR_FAILED, "%s", t->text);
	return sd_bus_reply_method_return(call, "o", t->path);
}

static int send_paths(
	struct manager *m, struct transfer_job *job, char **paths, sd_bus_message *call, sd_bus_error *ret_error)
{
	char **strings cleanup_free = NULL;
	struct transfer *t;
	unsigned n = 0;
	int r = check_paths(paths, job->kind, ret_error);

	while (r == 0 && paths[n])
		n++;
	if (r == 0)
		r = check_pair(m, job->from, job->to, ret_error);
	if (r < 0)
		return r;
	strings = calloc(n + 2, sizeof(*strings));
	if (!strings)
		return -ENOMEM;
	strings[0] = job->to;
	memcpy(strings + 1, paths, n * sizeof(*paths));
	claim_of(paths[0], job->claim, sizeof(job->claim));
	job->files = job->kind == TRANSFER_OPEN ? 1 : n;
	r = new_transfer(m, job, strings, &t, ret_error);
	if (r < 0)
		return r;
	transfer_begin(t);
	if (!transfer_state_is_over(t->state))
		transfer_bus_add(t, true);
	r = reply_send(call, t, ret_error);
	/* what is denied at once was told in the answer, and is no object to look at */
	if (transfer_state_is_over(t->state))
		transfer_free(t);
	return r;
}

int transfer_call_send(sd_bus_message *call, void *manager, sd_bus_error *ret_error)
{
	struct transfer_job job = { 0 };
	const char *from, *to, *kind;
	char **paths = NULL;
	int r = sd_bus_message_read(call, "s", &from);

	if (r >= 0)
		r = sd_bus_message_read_strv(call, &paths);
	if (r >= 0)
		r = sd_bus_message_read(call, "ss", &to, &kind);
	if (r >= 0 && (transfer_kind_parse(kind, &job.kind) < 0 || job.kind == TRANSFER_URL))
		r = errors_set(ret_error, ERROR_INVALID_ARGUMENT, "The kind of a transfer is send, fetch or open.");
	if (r >= 0 && (!text_is_vm_name(from) || !text_is_vm_name(to)))
		r = errors_set(ret_error, ERROR_INVALID_NAME, "These are no names of VMs.");
	if (r >= 0) {
		snprintf(job.from, sizeof(job.from), "%s", from);
		snprintf(job.to, sizeof(job.to), "%s", to);
		r = send_paths(manager, &job, paths, call, ret_error);
	}
	strv_free(paths);
	return r;
}

int transfer_call_open_url(sd_bus_message *call, void *manager, sd_bus_error *ret_error)
{
	struct transfer_job job = { .kind = TRANSFER_URL };
	const char *from, *url, *to;
	struct transfer *t;
	int r = sd_bus_message_read(call, "sss", &from, &url, &to);

	if (r < 0)
		return r;
	if ((from[0] && !text_is_vm_name(from)) || !text_is_vm_name(to))
		return errors_set(ret_error, ERROR_INVALID_NAME, "These are no names of VMs.");
	if (!ctl_is_url(url))
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"That is no http, https or mailto URL of at most %d printable characters.", CTL_URL_MAX);
	r = check_pair(manager, from, to, ret_error);
	if (r < 0)
		return r;
	snprintf(job.from, sizeof(job.from), "%s", from);
	snprintf(job.to, sizeof(job.to), "%s", to);
	text_sanitise((const uint8_t *)url, strlen(url), job.claim, sizeof(job.claim));
	r = new_transfer(manager, &job, (char *[]){ job.from, (char *)url, NULL }, &t, ret_error);
	if (r < 0)
		return r;
	t->call = sd_bus_message_ref(call); /* answered when it is over: see transfer_over() */
	transfer_begin(t);
	return 1;
}
