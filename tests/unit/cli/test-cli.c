/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of vmos needs no vmosd: sizes, colours, paths, exit codes, the command line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/display.h"
#include "cli/format.h"
#include "cli/template_build.h"
#include "cli/template_work.h"
#include "cli/vm_options.h"

/* What main.c gives to the commands. */
int cli_error(int code, const char *fmt, ...)
{
	return code;
}

int cli_usage(const char *name)
{
	return CLI_USAGE;
}

int cli_oom(void)
{
	return CLI_FAILED;
}

int cli_option(int argc, char **argv, const char *letters, const struct option *longs)
{
	opterr = 0;
	return getopt_long(argc, argv, letters, longs, NULL);
}

int cli_simple_options(int argc, char **argv, int min, int max, bool *ret_json)
{
	return 0;
}

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static void test_parse_size(void **state)
{
	static const char *const bad[] = { "", "0", "M", "-1", "1.5G", "12Q", "1 G", "1GG", " 1", "0x10" };
	uint32_t v;

	assert_int_equal(format_parse_size("512", MIB, &v), 0);
	assert_int_equal(v, 512);
	assert_int_equal(format_parse_size("2G", MIB, &v), 0);
	assert_int_equal(v, 2048);
	assert_int_equal(format_parse_size("2gib", MIB, &v), 0);
	assert_int_equal(v, 2048);
	assert_int_equal(format_parse_size("1025K", MIB, &v), 0);
	assert_int_equal(v, 2);
	assert_int_equal(format_parse_size("1K", MIB, &v), -EDOM);
	assert_int_equal(format_parse_size("512M", GIB, &v), -EDOM);
	assert_int_equal(format_parse_size("1TB", GIB, &v), 0);
	assert_int_equal(v, 1024);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(format_parse_size(bad[i], MIB, &v), -EINVAL);
	assert_int_equal(format_parse_size("99999999999999999999", MIB, &v), -ERANGE);
	assert_int_equal(format_parse_size("18446744073709551615T", MIB, &v), -ERANGE);
	assert_int_equal(format_parse_size("4294967296", MIB, &v), -ERANGE);
}

static void test_format_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = { { 0, "0 B" }, { 999, "999 B" }, { 1000, "1.0 KiB" }, { 1536, "1.5 KiB" }, { 10240, "10 KiB" },
		{ 340 * MIB, "340 MiB" }, { 1023 * MIB, "1.0 GiB" }, { 20 * GIB, "20 GiB" },
		{ UINT64_MAX, "16777216 TiB" } };
	char buf[FORMAT_SIZE_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(format_size(cases[i].bytes, buf), cases[i].text);
}

static void test_color(void **state)
{
	static const char *const bad[] = { "", "#", "3584e4", "#3584e", "#3584e45", "#3584eg", "# 3584e", "#+12345" };
	char buf[FORMAT_SWATCH_MAX];
	uint32_t rgb;

	assert_int_equal(format_parse_color("#3584E4", &rgb), 0);
	assert_int_equal(rgb, 0x3584e4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(format_parse_color(bad[i], &rgb), -EINVAL);
	assert_string_equal(format_swatch("#0102ff", true, buf), "\033[48;2;1;2;255m  \033[0m ");
	assert_string_equal(format_swatch("#0102ff", false, buf), "");
	assert_string_equal(format_swatch("\033]0;x", true, buf), "");
}

static void test_number(void **state)
{
	uint32_t v;

	assert_int_equal(format_parse_number("4", 256, &v), 0);
	assert_int_equal(v, 4);
	assert_int_equal(format_parse_number("0", 256, &v), -EINVAL);
	assert_int_equal(format_parse_number("257", 256, &v), -EINVAL);
	assert_int_equal(format_parse_number("4x", 256, &v), -EINVAL);
	assert_int_equal(format_parse_number("-4", 256, &v), -EINVAL);
	assert_int_equal(format_parse_number("", 256, &v), -EINVAL);
}

static void check_display(const char *display, const char *runtime, const char *expected)
{
	char *path = NULL;

	assert_int_equal(display_path(display, runtime, &path), 0);
	assert_string_equal(path, expected);
	free(path);
}

static void test_display(void **state)
{
	char *path = NULL;

	check_display("wayland-1", "/run/user/1000", "/run/user/1000/wayland-1");
	check_display("/tmp/way", NULL, "/tmp/way");
	assert_int_equal(display_path(NULL, "/run/user/1000", &path), -ENOENT);
	assert_int_equal(display_path("", "/run/user/1000", &path), -ENOENT);
	assert_int_equal(display_path("wayland-0", NULL, &path), -EINVAL);
	assert_int_equal(display_path("wayland-0", "relative", &path), -EINVAL);
	assert_null(path);
}

static void test_exit_codes(void **state)
{
	assert_int_equal(client_exit_code("org.vmos.Error.NotFound"), CLI_NOT_FOUND);
	assert_int_equal(client_exit_code("org.vmos.Error.Busy"), CLI_REFUSED);
	assert_int_equal(client_exit_code("org.vmos.Error.InvalidName"), CLI_USAGE);
	assert_int_equal(client_exit_code("org.vmos.Error.Timeout"), CLI_TIMEOUT);
	assert_int_equal(client_exit_code("org.vmos.Error.GuestLost"), CLI_FAILED);
	assert_int_equal(client_exit_code("org.freedesktop.DBus.Error.AccessDenied"), CLI_REFUSED);
	assert_int_equal(client_exit_code("org.freedesktop.DBus.Error.UnknownObject"), CLI_NOT_FOUND);
	assert_int_equal(client_exit_code("org.example.Other"), CLI_FAILED);
	assert_int_equal(client_exit_code(NULL), CLI_FAILED);

	assert_int_equal(attach_exit_code("work", "x", 0), 0);
	assert_int_equal(attach_exit_code("work", "x", 255), 255);
	assert_int_equal(attach_exit_code("work", "x", 256 + 9), 137);
	assert_int_equal(attach_exit_code("work", "x", -ENOENT), 127);
	assert_int_equal(attach_exit_code("work", "x", -EACCES), 126);
	assert_int_equal(attach_exit_code("work", "x", -ENOMEM), 125);
	assert_int_equal(attach_exit_code("work", "x", -EBUSY), 125);
}

static int parse(struct vm_options *o, int creates, int argc, char **argv)
{
	optind = 0;
	return vm_options_parse(argc, argv, creates, o);
}

static void test_vm_options(void **state)
{
	struct vm_options o;

	assert_int_equal(parse(&o, 1, 8,
				 (char *[]){ "create", "--memory", "1G", "work", "--vcpus=3", "--disk", "20G",
					 "--color=#010203", NULL }),
		0);
	assert_string_equal(o.name, "work");
	assert_int_equal(o.memory, 1024);
	assert_int_equal(o.vcpus, 3);
	assert_int_equal(o.disk, 20);
	assert_string_equal(o.color, "#010203");
	assert_null(o.template);
	assert_int_equal(parse(&o, 1, 1, (char *[]){ "create", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 1, 3, (char *[]){ "create", "a", "b", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 1, 3, (char *[]){ "create", "a", "--memory=none", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 1, 3, (char *[]){ "create", "a", "--color=red", NULL }), 0);
	assert_string_equal(o.color, "red");
	assert_int_equal(parse(&o, 1, 3, (char *[]){ "create", "a", "--vcpus=0", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 1, 3, (char *[]){ "create", "a", "--bogus", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 0, 3, (char *[]){ "set", "a", "--disk=2G", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 0, 3, (char *[]){ "set", "a", "--carrier=vsock", NULL }), 0);
	assert_string_equal(o.carrier, "vsock");
	assert_int_equal(parse(&o, 1, 3, (char *[]){ "create", "a", "--carrier=channel", NULL }), 0);
	assert_int_equal(parse(&o, 0, 3, (char *[]){ "set", "a", "--carrier=pigeon", NULL }), CLI_USAGE);
}

static void test_vm_cards(void **state)
{
	struct vm_options o;

	assert_int_equal(parse(&o, 0, 2, (char *[]){ "set", "a", NULL }), 0);
	assert_false(o.has_pci);
	assert_int_equal(parse(&o, 0, 4, (char *[]){ "set", "a", "--pci=03:00.0", "--pci=0000:04:00.1", NULL }), 0);
	assert_true(o.has_pci);
	assert_string_equal(o.pci, "03:00.0 0000:04:00.1");
	assert_int_equal(parse(&o, 0, 3, (char *[]){ "set", "a", "--pci=none", NULL }), 0);
	assert_true(o.has_pci);
	assert_string_equal(o.pci, "");
	assert_int_equal(parse(&o, 0, 4, (char *[]){ "set", "a", "--pci=03:00.0", "--pci=none", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 0, 4, (char *[]){ "set", "a", "--pci=none", "--pci=03:00.0", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 0, 3, (char *[]){ "set", "a", "--pci=", NULL }), CLI_USAGE);
	assert_int_equal(parse(&o, 0, 3, (char *[]){ "set", "a", "--pci=03:00.0 04:00.0", NULL }), CLI_USAGE);
}

static void test_progress(void **state)
{
	const char *text;
	char bar[100];
	int percent;

	assert_int_equal(template_work_progress("vmos-progress 42 unpacking", &percent, &text), 0);
	assert_int_equal(percent, 42);
	assert_string_equal(text, "unpacking");
	assert_int_equal(template_work_progress("vmos-progress 100", &percent, &text), 0);
	assert_string_equal(text, "");
	assert_int_equal(template_work_progress("vmos-progress 101 x", &percent, &text), -EINVAL);
	assert_int_equal(template_work_progress("vmos-progress x", &percent, &text), -EINVAL);
	assert_int_equal(template_work_progress("I: unpacking", &percent, &text), -EINVAL);
	template_work_bar(50, "unpacking", 80, bar, sizeof(bar));
	assert_string_equal(bar, "[############            ]  50 % unpacking");
	template_work_bar(100, "a long text that does not fit", 40, bar, sizeof(bar));
	assert_int_equal(strlen(bar), 39);
}

static void test_add(void **state)
{
	static const char *const bad[] = { "", "a", "vim,", ",vim", "vim,,less", "Vim", "-vim", ".vim", "vim less",
		"vim;less", "vim/less", "vim=1", "vim\n", "../vim", "v\303\244m" };
	char *list = NULL, *many;
	size_t len = TEMPLATE_ADD_MAX;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(template_build_add(&list, bad[i]), CLI_USAGE);
	assert_null(list);
	assert_int_equal(template_build_add(&list, "vim"), 0);
	assert_string_equal(list, "vim");
	assert_int_equal(template_build_add(&list, "g++,libgtk-3-0t64,7zip"), 0);
	assert_int_equal(template_build_add(&list, "x.y"), 0);
	assert_string_equal(list, "vim,g++,libgtk-3-0t64,7zip,x.y");
	many = malloc(len + 1);
	assert_non_null(many);
	memset(many, 'a', len);
	many[len] = '\0';
	assert_int_equal(template_build_add(&list, many), CLI_USAGE);
	free(many);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_size),
		cmocka_unit_test(test_format_size),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_display),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_vm_options),
		cmocka_unit_test(test_vm_cards),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
