/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer_job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/ctl.h"

#define NUMBER_DIGITS_MAX 20
#define WORD_MAX 128

/* Each takes the value of a key, a C string of at most WORD_MAX bytes. */
static bool set_name(const char *value, char *dst)
{
	if (value[0] && !text_is_vm_name(value))
		return false;
	memcpy(dst, value, strlen(value) + 1);
	return true;
}

static bool set_number(const char *value, uint64_t max, uint64_t *dst)
{
	uint64_t n = 0;
	size_t len = strlen(value);

	if (len == 0 || len > NUMBER_DIGITS_MAX)
		return false;
	for (; *value; value++) {
		unsigned digit = (unsigned)(*value - '0');

		if (*value < '0' || *value > '9' || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*dst = n;
	return n <= max;
}

static bool set_number32(const char *value, uint32_t max, uint32_t *dst)
{
	uint64_t n;

	if (!set_number(value, max, &n))
		return false;
	*dst = (uint32_t)n;
	return true;
}

static bool set_flag(const char *value, bool *dst)
{
	*dst = value[0] == '1';
	return (value[0] == '0' || value[0] == '1') && !value[1];
}

static bool set_claim(const char *value, struct transfer_job *j)
{
	if (strlen(value) >= sizeof(j->claim) || !text_is_clean(value))
		return false;
	memcpy(j->claim, value, strlen(value) + 1);
	return true;
}

enum job_key { ID, KIND, FROM, TO, CLAIM, FILES, BYTES, STARTED, ARGS, ALLOWED, ASKED, MAY_START, ANEW, REQUEST, KEYS };

static const char *const keys[] = { "id", "kind", "from", "to", "claim", "files", "bytes", "started", "args_len",
	"allowed", "asked", "may_start", "anew", "request" };

_Static_assert(sizeof(keys) / sizeof(keys[0]) == KEYS, "a word for each key");

static bool set(struct transfer_job *j, enum job_key key, const char *value)
{
	switch (key) {
	case ID:
		return transfer_id_parse(value, &j->id) == 0;
	case KIND:
		return transfer_kind_parse(value, &j->kind) == 0;
	case FROM:
		return set_name(value, j->from);
	case TO:
		return set_name(value, j->to);
	case CLAIM:
		return set_claim(value, j);
	case FILES:
		return set_number32(value, UINT32_MAX, &j->files);
	case BYTES:
		return set_number(value, UINT64_MAX, &j->bytes);
	case STARTED:
		return set_number(value, UINT64_MAX, &j->started);
	case ARGS:
		return set_number32(value, CTL_ARGS_MAX, &j->args_len);
	case ALLOWED:
		return set_flag(value, &j->allowed);
	case ASKED:
		return set_flag(value, &j->asked);
	case MAY_START:
		return set_flag(value, &j->may_start);
	case ANEW:
		return set_flag(value, &j->anew);
	case REQUEST:
		return set_number32(value, UINT32_MAX, &j->request);
	case KEYS:
		break;
	}
	return false;
}

/* One line without its newline; @seen has one bit per key. */
static bool parse_line(struct transfer_job *j, const char *line, size_t len, unsigned *seen)
{
	const char *equals = memchr(line, '=', len);
	char value[WORD_MAX + 1];
	size_t key_len;

	if (!equals || equals == line || memchr(line, '\0', len))
		return false;
	key_len = (size_t)(equals - line);
	len -= key_len + 1;
	for (unsigned i = 0; i < KEYS; i++) {
		if (strlen(keys[i]) != key_len || memcmp(keys[i], line, key_len) != 0)
			continue;
		if (len > WORD_MAX || (*seen & 1u << i))
			return false;
		memcpy(value, equals + 1, len);
		value[len] = '\0';
		*seen |= 1u << i;
		return set(j, (enum job_key)i, value);
	}
	return true;
}

/* Only a URL comes from the host's user; who it goes to is open only until it is decided. */
static bool fits(const struct transfer_job *j)
{
	if (!j->id || !j->args_len || (!j->from[0] && j->kind != TRANSFER_URL))
		return false;
	if (!j->to[0] && (j->allowed || !j->request))
		return false;
	return strcmp(j->from, j->to) != 0 && (j->allowed || !j->asked);
}

int transfer_job_parse(const char *text, size_t len, struct transfer_job *ret_job, unsigned *ret_line)
{
	struct transfer_job j = { 0 };
	unsigned seen = 0, line = 0;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line_len = end ? (size_t)(end - text) : len;

		line++;
		if (!end || !parse_line(&j, text, line_len, &seen)) {
			*ret_line = line;
			return -EBADMSG;
		}
		text += line_len + 1;
		len -= line_len + 1;
	}
	*ret_line = 0;
	if (seen != (1u << KEYS) - 1 || !fits(&j))
		return -EBADMSG;
	*ret_job = j;
	return 0;
}

size_t transfer_job_format(const struct transfer_job *job, char *text)
{
	char id[TRANSFER_ID_LEN + 1];
	int n;

	transfer_id_format(job->id, id);
	n = snprintf(text, TRANSFER_JOB_MAX,
		"id=%s\nkind=%s\nfrom=%s\nto=%s\nclaim=%s\nfiles=%" PRIu32 "\nbytes=%" PRIu64 "\nstarted=%" PRIu64 "\n"
		"args_len=%" PRIu32 "\nallowed=%d\nasked=%d\nmay_start=%d\nanew=%d\nrequest=%" PRIu32 "\n",
		id, transfer_kind_name(job->kind), job->from, job->to, job->claim, job->files, job->bytes, job->started,
		job->args_len, job->allowed, job->asked, job->may_start, job->anew, job->request);
	return (size_t)n;
}

void transfer_id_format(uint64_t id, char ret_text[TRANSFER_ID_LEN + 1])
{
	snprintf(ret_text, TRANSFER_ID_LEN + 1, "%016" PRIx64, id);
}

int transfer_id_parse(const char *text, uint64_t *ret_id)
{
	uint64_t id = 0;

	if (strlen(text) != TRANSFER_ID_LEN)
		return -EINVAL;
	for (; *text; text++) {
		const char *at = strchr("0123456789abcdef", *text);

		if (!at)
			return -EINVAL;
		id = id << 4 | (uint64_t)(at - "0123456789abcdef");
	}
	*ret_id = id;
	return id ? 0 : -EINVAL;
}
