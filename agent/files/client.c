/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/client.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "proto/xfer.h"

static const struct {
	uint32_t reason;
	const char *text;
} reasons[] = {
	{ XFER_R_NO_SPACE, "the other VM's disk is full: make room there and send it again" },
	{ XFER_R_MISMATCH, "the files have changed since a part of them was sent: send them again" },
	{ XFER_R_STREAM, "the transfer broke off: send it again" },
	{ XFER_R_HASH, "a file arrived damaged: send it again" },
	{ XFER_R_WRITE, "the other VM cannot write to its Incoming folder" },
	{ XFER_R_NOT_FOUND, "there is no such file" },
	{ XFER_R_DENIED, "you may not read it" },
	{ XFER_R_SOME, "some files were left out: the host has told which" },
	{ XFER_R_OPEN, "the other VM has no program that opens it" },
	{ XFER_R_PATH, "it is neither a file nor a folder, or may not be sent" },
	{ XFER_R_USAGE, "the request was not understood" },
	{ XFER_R_PROTOCOL, "the transfer was broken off: its bytes were not well formed" },
	{ XFER_R_REVOKED, "the rule that allowed it was taken back" },
	{ XFER_R_STALLED, "nothing moved for too long: see whether the other VM still runs" },
	{ XFER_R_VM, "the other VM cannot be started" },
	{ XFER_R_INTERNAL, "the host cannot do it now: too much is asked of it at once, or it failed" },
};

static const char *reason_text(uint32_t reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].reason == reason)
			return reasons[i].text;
	return "the transfer failed";
}

/* The VM's name, where it is known. */
static const char *vm_text(const struct client_request *r)
{
	return r->vm[0] ? r->vm : "another VM";
}

static void show_progress(const struct client_request *r, const struct ask_answer *a)
{
	const double mib = 1u << 20;

	if (!isatty(STDERR_FILENO))
		return;
	if (a->status == CTL_ANSWER_ASKED)
		fprintf(stderr, "\r\033[K%s: the host asks whether it may go to %s …", r->program, vm_text(r));
	else if (a->status == CTL_ANSWER_WAITING)
		fprintf(stderr, "\r\033[K%s: waiting for %s …", r->program, vm_text(r));
	else if (a->total > 0)
		fprintf(stderr, "\r\033[K%s: %.1f of %.1f MiB", r->program, (double)a->done / mib,
			(double)a->total / mib);
	else
		fprintf(stderr, "\r\033[K%s: %.1f MiB", r->program, (double)a->done / mib);
}

static int show_end(const struct client_request *r, const struct ask_answer *a)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	switch (a->status) {
	case CTL_ANSWER_DONE:
		if (a->reason == XFER_R_SOME)
			fprintf(stderr, "%s: %s\n", r->program, reason_text(a->reason));
		return CLIENT_OK;
	case CTL_ANSWER_DENIED:
		fprintf(stderr, "%s: not allowed: a rule of the host must allow it, or you must when it asks\n",
			r->program);
		return CLIENT_DENIED;
	case CTL_ANSWER_CANCELLED:
		fprintf(stderr, "%s: cancelled on the host\n", r->program);
		return CLIENT_DENIED;
	default:
		fprintf(stderr, "%s: %s\n", r->program, reason_text(a->reason));
		return CLIENT_FAILED;
	}
}

static int send_request(int fd, const struct client_request *r)
{
	uint8_t *packet cleanup_free = malloc(ASK_PACKET_MAX);
	struct ask_request head = { .kind = r->kind, .files = r->files, .bytes = r->bytes };
	char *strings[CTL_ARGC_MAX + 1] = { (char *)(uintptr_t)r->vm };
	int len;

	if (!packet)
		return -ENOMEM;
	for (size_t i = 0; r->strings[i]; i++) {
		if (i + 1 == CTL_ARGC_MAX)
			return -E2BIG;
		strings[i + 1] = r->strings[i];
	}
	len = ctl_args_encode(strings, NULL, packet + sizeof(head), CTL_ARGS_MAX);
	if (len < 0)
		return len;
	head.len = (uint32_t)len;
	memcpy(packet, &head, sizeof(head));
	if (send(fd, packet, sizeof(head) + head.len, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

static int wait_end(int fd, const struct client_request *r)
{
	struct ask_answer a;

	for (;;) {
		ssize_t n = recv(fd, &a, sizeof(a), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || ask_check_answer(&a, (size_t)n) < 0) {
			fprintf(stderr, "%s: vmos-agent went away: try again\n", r->program);
			return CLIENT_FAILED;
		}
		if (ask_is_final(&a))
			return show_end(r, &a);
		show_progress(r, &a);
	}
}

int client_ask(const struct client_request *r)
{
	const char *path = getenv("VMOS_ASK_SOCKET"); /* for tests without a VM */
	int fd cleanup_fd = fd_unix_connect(path ? path : ASK_SOCKET, SOCK_SEQPACKET);
	int ret;

	if (fd < 0) {
		fprintf(stderr, "%s: vmos-agent does not answer (%s): is this a VM of vmOS?\n", r->program,
			strerror(-fd));
		return CLIENT_FAILED;
	}
	ret = send_request(fd, r);
	if (ret == -E2BIG) {
		fprintf(stderr, "%s: too many names at once: send the folder they are in\n", r->program);
		return CLIENT_USAGE;
	}
	if (ret < 0) {
		fprintf(stderr, "%s: cannot ask vmos-agent: %s\n", r->program, strerror(-ret));
		return CLIENT_FAILED;
	}
	return wait_end(fd, r);
}

/* "a/..", "." and "/" have no name of their own. */
static bool has_name(const char *path)
{
	size_t len = strlen(path), from;

	while (len > 0 && path[len - 1] == '/')
		len--;
	for (from = len; from > 0 && path[from - 1] != '/';)
		from--;
	return len > from && strncmp(path + from, ".", len - from) != 0 && strncmp(path + from, "..", len - from) != 0;
}

char *client_path(const char *path)
{
	char folder[PATH_MAX], *ret = NULL;
	struct stat st;

	if (lstat(path, &st) < 0)
		return NULL;
	if (!has_name(path))
		return realpath(path, NULL);
	if (path[0] == '/')
		return strdup(path);
	if (!getcwd(folder, sizeof(folder)))
		return NULL;
	return asprintf(&ret, "%s/%s", folder, path) < 0 ? NULL : ret;
}
