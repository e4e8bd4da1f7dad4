/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drill/attempt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static __thread volatile sig_atomic_t catching, trapped;

/* After SECCOMP_RET_TRAP the call has not run and its number still stands where its result belongs. */
static void handle_sigsys(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	if (!catching) {
		signal(SIGSYS, SIG_DFL);
		raise(SIGSYS);
		return;
	}
	trapped = 1;
	uc->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
}

int attempt_catch_sigsys(void)
{
	struct sigaction action = { .sa_sigaction = handle_sigsys, .sa_flags = SA_SIGINFO };

	catching = 1;
	return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}

void attempt_begin(void)
{
	trapped = 0;
	errno = 0;
}

long attempt_result(long ret)
{
	if (trapped) {
		errno = ERRNO_SIGSYS;
		return -1;
	}
	return ret;
}

/* What a refusal looks like, of all layers: also a path or process that is hidden, and a limit that is reached. */
static bool is_refusal(int error)
{
	static const int refusals[] = { EACCES, EPERM, ERRNO_SIGSYS, ENOENT, ESRCH, ENOSYS, EROFS, EXDEV, EHOSTUNREACH,
		ENETUNREACH, EAFNOSUPPORT, EPROTONOSUPPORT, EMFILE, ENFILE, ENOMEM, EAGAIN, ENOSPC, EFBIG, EDQUOT };

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i] == error)
			return true;
	}
	return false;
}

static void add_word(struct attempt *a, const char *word)
{
	size_t len = strlen(a->words);

	snprintf(a->words + len, sizeof(a->words) - len, "%s%s", len ? " " : "", word);
}

/* DRILL_ALLOW outweighs all, then what shows nothing, then what is not known, then a refusal. */
static int weight(enum drill_verdict verdict)
{
	static const int weights[] = { [DRILL_NONE] = 0,
		[DRILL_SKIP] = 1,
		[DRILL_DENY] = 2,
		[DRILL_SENT] = 3,
		[DRILL_BROKEN] = 4,
		[DRILL_ALLOW] = 5 };

	return weights[verdict];
}

static void note(struct attempt *a, const char *name, enum drill_verdict verdict, int error)
{
	if (verdict == DRILL_SKIP) {
		if (weight(a->verdict) > weight(verdict))
			return;
	} else if (weight(verdict) < weight(a->verdict)) {
		return;
	}
	if (verdict != a->verdict) {
		a->verdict = verdict;
		a->error = error;
		a->words[0] = '\0';
	}
	add_word(a, name);
}

bool attempt_part(struct attempt *a, const char *name, long ret)
{
	if (ret >= 0)
		note(a, name, DRILL_ALLOW, 0);
	else
		note(a, name, is_refusal(errno) ? DRILL_DENY : DRILL_BROKEN, errno);
	return ret >= 0;
}

bool attempt_effect(struct attempt *a, const char *name, bool effect)
{
	note(a, name, effect ? DRILL_ALLOW : DRILL_DENY, 0);
	return effect;
}

void attempt_sent(struct attempt *a, const char *name)
{
	note(a, name, DRILL_SENT, 0);
}

void attempt_skip(struct attempt *a, const char *what)
{
	note(a, what, DRILL_SKIP, 0);
}

bool attempt_reaches(struct attempt *a, const char *name, long ret, int expected)
{
	return attempt_part(a, name, ret < 0 && errno == expected ? 0 : ret);
}

const char *attempt_fact(struct attempt *a, enum fact fact)
{
	const char *value = a->facts->value[fact];

	if (!value)
		attempt_skip(a, facts_key(fact));
	return value;
}

long long attempt_number(struct attempt *a, enum fact fact, int base)
{
	long long number = facts_number(a->facts, fact, base);

	if (number < 0)
		attempt_skip(a, facts_key(fact));
	return number;
}

int attempt_open(const char *path, int flags)
{
	return (int)try_call(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

static const char *error_name(int error)
{
	const char *name;

	if (error == 0)
		return "-";
	if (error == ERRNO_SIGSYS)
		return "SIGSYS";
	name = strerrorname_np(error);
	return name ? name : "-";
}

void attempt_report(const struct attempt *a, const char *number)
{
	char line[DRILL_LINE_MAX];
	int len = snprintf(line, sizeof(line), "VMOS-DRILL %s %s %s %s\n", number,
		a->verdict == DRILL_NONE ? "broken" : drill_verdict_name(a->verdict), error_name(a->error),
		a->words[0] ? a->words : "nothing was tried");

	/* In one piece, between the lines of QEMU's other threads. What cannot be written cannot be told either. */
	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}
