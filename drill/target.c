/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drill/target.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define WATCHES_MAX 12
#define SAID_MAX 16
#define LOOK_MS 200

static struct {
	int fd;
	const char *name;
	void (*handler)(int fd, const char *name);
} watches[WATCHES_MAX];
static unsigned nwatches;

static const char *said[SAID_MAX];
static unsigned nsaid;
static int witness = STDERR_FILENO;

static char facts[FACTS_MAX + 1];
static size_t facts_len;

void target_fact(enum fact fact, const char *value)
{
	char *at = facts + facts_len, *end = facts + sizeof(facts);

	at += snprintf(at, (size_t)(end - at), "%s%s=", facts_len ? ";" : "", facts_key(fact));
	for (; *value && at + 4 < end; value++) {
		if (isalnum((unsigned char)*value) || strchr("_./@:+,-", *value))
			*at++ = *value;
		else
			at += snprintf(at, 4, "%%%02X", (unsigned char)*value);
	}
	facts_len = (size_t)(at - facts);
}

void target_fact_number(enum fact fact, long long value, int base)
{
	char text[32];

	snprintf(text, sizeof(text), base == 16 ? "%llx" : "%lld", value);
	target_fact(fact, text);
}

int target_watch(int fd, const char *name, void (*handler)(int fd, const char *name))
{
	if (fd < 0)
		return fd;
	if (nwatches == WATCHES_MAX)
		return -E2BIG;
	watches[nwatches].fd = fd;
	watches[nwatches].name = name;
	watches[nwatches++].handler = handler;
	return 0;
}

void target_say(const char *name)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "VMOS-DRILL-SEEN %s\n", name);

	for (unsigned i = 0; i < nsaid; i++) {
		if (!strcmp(said[i], name))
			return;
	}
	if (nsaid < SAID_MAX)
		said[nsaid++] = name;
	/* Nobody listens any more: then nobody wants to know. */
	if (write(witness, line, (size_t)len) < 0)
		return;
}

int target_path(char buf[4096], const char *dir, const char *name)
{
	int len = snprintf(buf, 4096, "%s/%s", dir, name);

	return len < 4096 ? 0 : -ENAMETOOLONG;
}

/* Signals are looked at in their turn. Those that end a process by default end this one as well. */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGURG);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void take_signals(int fd, const struct target_role *role)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		role->handle_signal((int)info.ssi_signo);
}

/* Until standard input ends. */
static void loop(const struct target_role *role, int signals)
{
	struct pollfd fds[WATCHES_MAX + 2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = signals, .events = POLLIN } };

	for (unsigned i = 0; i < nwatches; i++)
		fds[i + 2] = (struct pollfd){ .fd = watches[i].fd, .events = POLLIN };
	for (;;) {
		char byte;

		if (poll(fds, nwatches + 2, LOOK_MS) < 0 && errno != EINTR)
			return;
		take_signals(signals, role);
		for (unsigned i = 0; i < nwatches; i++) {
			if (fds[i + 2].revents)
				watches[i].handler(watches[i].fd, watches[i].name);
		}
		role->look();
		if (fds[0].revents && read(STDIN_FILENO, &byte, 1) <= 0)
			return;
	}
}

static int print_facts(void)
{
	int ret;

	facts[facts_len] = '\n';
	ret = fd_write_all(STDOUT_FILENO, facts, facts_len + 1);
	close(STDOUT_FILENO);
	return ret;
}

static const struct target_role *find_role(const char *name)
{
	if (!strcmp(name, target_manager.name))
		return &target_manager;
	return strcmp(name, target_victim.name) ? NULL : &target_victim;
}

int main(int argc, char **argv)
{
	const struct target_role *role = argc == 4 ? find_role(argv[1]) : NULL;
	struct stat st;
	int signals, ret;

	log_open("vmos-drill-target", NULL);
	if (!role) {
		log_error("usage: vmos-drill-target manager DIR PID | victim DIR DISK");
		return 2;
	}
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISSOCK(st.st_mode))
		witness = STDIN_FILENO;
	/* The files and sockets made here are open to all: not their modes are to stop the attacker. */
	umask(0);
	signals = catch_signals();
	ret = signals < 0 ? signals : role->prepare(argv[2], argv[3]);
	if (ret == 0)
		ret = print_facts();
	if (ret < 0)
		log_error("cannot prepare the drill in %s: %s", argv[2], strerror(-ret));
	else
		loop(role, signals);
	role->finish();
	return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
