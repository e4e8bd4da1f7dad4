/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chain.h"
#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/log.h"

/* vmosd may write while the log is read: then it is read again. */
#define TRIES 20

static int get_head(sd_bus *bus, struct chain_head *ret)
{
	sd_bus_message *call cleanup_message = NULL, *reply cleanup_message = NULL;
	const char *hash;
	int r = client_manager_call(bus, "LogHead", &call);

	if (!r)
		r = client_send(bus, call, NULL, &reply);
	if (r)
		return r;
	r = sd_bus_message_read(reply, "ts", &ret->seq, &hash);
	if (r >= 0 && strlen(hash) != CHAIN_HEX)
		r = -EBADMSG;
	if (r < 0)
		return client_broken(r);
	memcpy(ret->hash, hash, CHAIN_HEX + 1);
	return 0;
}

/* The log, and the head it had then. */
static int get_log(sd_bus *bus, struct chain_head *ret_head, char **ret_text, size_t *ret_len)
{
	struct chain_head before;
	off_t last;
	int r = get_head(bus, ret_head);

	for (unsigned i = 0; i < TRIES && !r; i++) {
		struct log_files files = { 0 };

		free(*ret_text);
		*ret_text = NULL;
		before = *ret_head;
		r = log_open_readers(bus, &files);
		if (r)
			return r;
		r = log_files_read(&files, ret_text, ret_len, &last);
		log_files_close(&files);
		if (r < 0)
			return cli_error(CLI_FAILED, "the audit log cannot be read: %s", strerror(-r));
		r = get_head(bus, ret_head);
		if (!r && before.seq == ret_head->seq)
			return 0;
	}
	return r ? r : cli_error(CLI_FAILED, "the audit log grows faster than it is read: try again");
}

static int report_missing(const char *where, const struct chain_verdict *v)
{
	unsigned long long line = v->line, first = v->seq, last = v->seq + v->missing - 1;

	if (first == last)
		return cli_error(CLI_FAILED, "%s line %llu of the log, number %llu is missing", where, line, first);
	return cli_error(
		CLI_FAILED, "%s line %llu of the log, numbers %llu to %llu are missing", where, line, first, last);
}

static int report(const struct chain_verdict *v)
{
	static const char *const words[] = {
		[CHAIN_UNREADABLE] = "is none that vmosd writes: it was changed or put in",
		[CHAIN_CHANGED] = "is not as it was written",
		[CHAIN_MISPLACED] = "is not in its place: it was put in, repeated or moved",
		[CHAIN_TORN] = "has no end",
	};

	if (v->fault == CHAIN_GOOD)
		return CLI_OK;
	if (v->fault == CHAIN_MISSING || v->fault == CHAIN_CUT)
		return report_missing(v->fault == CHAIN_CUT ? "after" : "before", v);
	return cli_error(CLI_FAILED, "line %llu of the log %s", (unsigned long long)v->line, words[v->fault]);
}

/*
 * Where the log may begin. Only what a line of it has announced may be gone before its first one, and that line is
 * vouched for by the chain.
 */
static struct chain_head find_start(const char *text, size_t len)
{
	struct chain_head claimed = chain_claimed_start(text, len);
	unsigned long long announced = 0;

	for (const char *at = text, *next; claimed.seq > 0 && at < text + len; at = next) {
		size_t n = strcspn(at, "\n");
		char *event cleanup_free = log_line_value(at, n, "event");
		char *first cleanup_free = log_line_value(at, n, "first");

		next = at + n + 1;
		if (event && first && !strcmp(event, LOG_ROTATED))
			announced = strtoull(first, NULL, 10);
	}
	return claimed.seq < announced ? claimed : CHAIN_START;
}

/* What vmosd itself found odd when it started. */
static int report_faults(const char *text, size_t len)
{
	unsigned long long number = 1;
	int r = CLI_OK;

	for (const char *at = text, *next; at < text + len; at = next, number++) {
		size_t n = strcspn(at, "\n");
		char *event cleanup_free = log_line_value(at, n, "event");
		char *reason cleanup_free = log_line_value(at, n, "reason");

		next = at + n + 1;
		if (event && !strcmp(event, "audit-fault"))
			r = cli_error(
				CLI_FAILED, "line %llu of the log: %s", number, reason ? reason : "something was odd");
	}
	return r;
}

int log_verify(sd_bus *bus)
{
	struct chain_ends ends = { CHAIN_START, CHAIN_START };
	struct chain_verdict verdict;
	char *text cleanup_free = NULL;
	size_t len = 0;
	int r = get_log(bus, &ends.head, &text, &len);

	if (r)
		return r;
	ends.start = find_start(text, len);
	if (chain_verify(text, len, &ends, &verdict) < 0)
		return cli_oom();
	r = report(&verdict);
	if (!r)
		r = report_faults(text, len);
	if (!r && ends.start.seq > 0)
		printf("The log begins with number %llu: vmosd has taken away what was older.\n",
			(unsigned long long)ends.start.seq + 1);
	if (!r)
		printf("%llu lines, each as it was written. The last is number %llu:\n%s\n",
			(unsigned long long)verdict.lines, (unsigned long long)ends.head.seq, ends.head.hash);
	return r;
}
