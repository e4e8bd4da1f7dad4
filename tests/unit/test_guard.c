/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-smack: what it sets is valid, and it refuses a kernel without Smack. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/smack.h"
#include "guard/state.h"
#include "tests/unit/unit.h"

static const char *program;

static void test_onlycap(void **state)
{
	assert_true(state_onlycap_is_right(STATE_ONLYCAP));
	assert_true(state_onlycap_is_right("vmos.libvirt _ vmos.manager "));
	assert_false(state_onlycap_is_right(""));
	assert_false(state_onlycap_is_right("_"));
	assert_false(state_onlycap_is_right("_ vmos.manager"));
	assert_false(state_onlycap_is_right("_ vmos.manager vmos.libvirt vmos.a.qemu"));
	assert_false(state_onlycap_is_right("_ vmos.manager vmos.a.qemu"));
	assert_false(state_onlycap_is_right("vmos.manager vmos.libvirt vmos.libvirt"));
}

/* Each fixed rule is well formed and gives no VM anything. */
static void test_rules(void **state)
{
	char text[600];

	assert_non_null(state_rules[0].subject);
	for (const struct state_rule *rule = state_rules; rule->subject; rule++) {
		assert_true(smack_rule_format(text, sizeof(text), rule->subject, rule->object, rule->access) > 0);
		assert_null(strstr(text, ".qemu"));
		assert_null(strstr(text, "vmos.off"));
	}
}

/* The program's exit status; what it writes to standard error goes to @ret_text. */
static int run(const char *option, char *ret_text, size_t size)
{
	int out[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out[1], STDERR_FILENO);
		execl(program, "vmos-smack", option, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	n = read(out[0], ret_text, size - 1);
	ret_text[n > 0 ? n : 0] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_program(void **state)
{
	char text[1024];

	assert_int_equal(run("--nonsense", text, sizeof(text)), 2);
	assert_int_equal(run("extra", text, sizeof(text)), 2);
	if (smack_is_active() == 1)
		skip(); /* it would change this host's state */
	assert_int_equal(run("--check", text, sizeof(text)), 3);
	assert_non_null(strstr(text, smack_is_active() == 0 ? "Boot the kernel of the vmOS host" : "Mount securityfs"));
	assert_int_equal(run(NULL, text, sizeof(text)), 3);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_onlycap),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_program),
	};

	program = argc > 1 ? argv[1] : "vmos-smack";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
