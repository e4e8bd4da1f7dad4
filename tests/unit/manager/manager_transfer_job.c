/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a transfer's journal: there and back, cut, and of other minds. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "manager/transfer_job.h"
#include "tests/unit/unit.h"

static const struct transfer_job sample = {
	.id = 0x0123456789abcdef,
	.kind = TRANSFER_OPEN,
	.from = "work",
	.to = "web",
	.claim = "Übersicht für = Köln.pdf",
	.files = 3,
	.bytes = UINT64_MAX,
	.started = 1764302875123456,
	.args_len = 131072,
	.allowed = true,
	.asked = true,
	.may_start = true,
	.anew = true,
	.request = UINT32_MAX,
};

static int parse(const char *text, size_t len, struct transfer_job *job)
{
	unsigned line;

	return transfer_job_parse(text, len, job, &line);
}

static void test_there_and_back(void **state)
{
	struct transfer_job job = { 0 };
	char text[TRANSFER_JOB_MAX];
	size_t len = transfer_job_format(&sample, text);

	assert_int_equal(parse(text, len, &job), 0);
	assert_int_equal(job.id, sample.id);
	assert_int_equal(job.kind, sample.kind);
	assert_string_equal(job.from, sample.from);
	assert_string_equal(job.to, sample.to);
	assert_string_equal(job.claim, sample.claim);
	assert_int_equal(job.files, sample.files);
	assert_int_equal(job.bytes, sample.bytes);
	assert_int_equal(job.started, sample.started);
	assert_int_equal(job.args_len, sample.args_len);
	assert_true(job.allowed && job.asked && job.may_start && job.anew);
	assert_int_equal(job.request, sample.request);
}

/* The longest there is fits, with room to spare. */
static void test_longest(void **state)
{
	struct transfer_job job = sample, back;
	char text[TRANSFER_JOB_MAX];
	size_t len;

	memset(job.claim, 'c', sizeof(job.claim) - 1);
	memset(job.from, 'f', VM_NAME_MAX);
	memset(job.to, 't', VM_NAME_MAX);
	len = transfer_job_format(&job, text);
	assert_true(len < TRANSFER_JOB_MAX / 2);
	assert_int_equal(parse(text, len, &back), 0);
	assert_string_equal(back.claim, job.claim);
}

static void test_cut(void **state)
{
	struct transfer_job job;
	char text[TRANSFER_JOB_MAX];
	size_t len = transfer_job_format(&sample, text);

	for (size_t n = 0; n < len; n++)
		assert_int_equal(parse(text, n, &job), -EBADMSG);
}

/* Replaces the line of @key in the sample by @line, and parses that. */
static int parse_with(const char *key, const char *line)
{
	char text[TRANSFER_JOB_MAX], changed[2 * TRANSFER_JOB_MAX];
	struct transfer_job job;
	size_t len = transfer_job_format(&sample, text);
	char *at = strstr(text, key), *end = strchr(at, '\n');
	int n;

	assert_true(at == text || at[-1] == '\n');
	text[len] = '\0';
	n = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, line, end + 1);
	return parse(changed, (size_t)n, &job);
}

static void test_values(void **state)
{
	static const struct {
		const char *key, *line;
	} bad[] = {
		{ "id=", "id=0123456789abcde\n" },
		{ "id=", "id=0123456789abcdeF\n" },
		{ "id=", "id=0000000000000000\n" },
		{ "id=", "id=0123456789abcdef0\n" },
		{ "id=", "id=../../../../etc/\n" },
		{ "kind=", "kind=paste\n" },
		{ "kind=", "kind=\n" },
		{ "from=", "from=..\n" },
		{ "from=", "from=a/b\n" },
		{ "from=", "from=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddx\n" },
		{ "from=", "from=\n" },
		{ "from=", "from=web\n" },
		{ "to=", "to=\n" },
		{ "to=", "to=we b\n" },
		{ "claim=", "claim=a\tb\n" },
		{ "claim=", "claim=a\033[2J\n" },
		{ "claim=",
			"claim=a\xe2\x80\xae"
			"b\n" },
		{ "claim=", "claim=\xff\n" },
		{ "claim=",
			"claim=cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
			"cccccccccc\n" },
		{ "files=", "files=4294967296\n" },
		{ "files=", "files=-1\n" },
		{ "files=", "files= 1\n" },
		{ "files=", "files=1x\n" },
		{ "files=", "files=\n" },
		{ "bytes=", "bytes=18446744073709551616\n" },
		{ "bytes=", "bytes=99999999999999999999\n" },
		{ "bytes=", "bytes=000000000000000000001\n" },
		{ "args_len=", "args_len=131073\n" },
		{ "args_len=", "args_len=0\n" },
		{ "allowed=", "allowed=2\n" },
		{ "allowed=", "allowed=yes\n" },
		{ "allowed=", "allowed=0\n" }, /* asked, but not allowed */
		{ "asked=", "asked=10\n" },
		{ "anew=", "anew=1\nanew=1\n" },
		{ "anew=", "" },
		{ "anew=", "=1\n" },
		{ "anew=", "anew\n" },
		{ "anew=", "\n" },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		if (parse_with(bad[i].key, bad[i].line) != -EBADMSG)
			fail_msg("taken: %s", bad[i].line);
	}
	assert_int_equal(parse_with("anew=", "anew=0\n"), 0);
	assert_int_equal(parse_with("anew=", "anew=0\nof_a_later_version=whatever it is\n"), 0);
}

static void test_nul_and_line(void **state)
{
	struct transfer_job job;
	char text[TRANSFER_JOB_MAX];
	size_t len = transfer_job_format(&sample, text);
	unsigned line = 99;

	*strstr(text, "work") = '\0';
	assert_int_equal(transfer_job_parse(text, len, &job, &line), -EBADMSG);
	assert_int_equal(line, 3);
}

/* Bytes of the sample changed at random: nothing that is taken has a name or claim that could do harm. */
static void test_random(void **state)
{
	uint64_t seed = 4;
	unsigned taken = 0;

	for (unsigned i = 0; i < 200000; i++) {
		struct transfer_job job;
		char text[TRANSFER_JOB_MAX];
		size_t len = transfer_job_format(&sample, text);

		for (unsigned n = 0; n < 1 + i % 3; n++)
			text[unit_random(&seed) % len] = (char)unit_random(&seed);
		if (parse(text, len, &job) < 0)
			continue;
		taken++;
		assert_true(job.id && text_is_vm_name(job.from) && text_is_vm_name(job.to));
		assert_true(text_is_clean(job.claim) && job.args_len);
	}
	assert_true(taken > 1000);
}

static void test_id(void **state)
{
	char text[TRANSFER_ID_LEN + 1];
	uint64_t id;

	transfer_id_format(1, text);
	assert_string_equal(text, "0000000000000001");
	assert_int_equal(transfer_id_parse(text, &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(transfer_id_parse("", &id), -EINVAL);
	assert_int_equal(transfer_id_parse("0x00000000000001", &id), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_nul_and_line),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
