/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs found by their sockets: our own, and those of a child whose program has an odd name. */
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/ctl/owner.h"

/* A socket bound to some port of @host; returns the port. */
static int open_socket(int family, int type, uint32_t host, uint16_t *ret_port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} at = { 0 };
	socklen_t len = family == AF_INET ? sizeof(at.in4) : sizeof(at.in6);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	at.any.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		at.in4.sin_addr.s_addr = htonl(host);
	if (fd < 0 || bind(fd, &at.any, len) < 0)
		return -1;
	assert_int_equal(getsockname(fd, &at.any, &len), 0);
	*ret_port = ntohs(family == AF_INET ? at.in4.sin_port : at.in6.sin6_port);
	return fd;
}

static void check(uint8_t proto, uint16_t port, const char *expected)
{
	char name[CTL_OWNER_NAME];

	memset(name, 'x', sizeof(name));
	owner_find(proto, port, name);
	assert_string_equal(name, expected);
	for (size_t i = strlen(name); i < sizeof(name); i++)
		assert_int_equal(name[i], 0);
}

static void test_own(void **state)
{
	uint16_t port;
	int fd = open_socket(AF_INET, SOCK_DGRAM, INADDR_ANY, &port);

	assert_true(fd >= 0);
	check(IPPROTO_UDP, port, "test_owner");
	close(fd);
	check(IPPROTO_UDP, port, "");

	fd = open_socket(AF_INET, SOCK_STREAM, INADDR_ANY, &port);
	assert_true(fd >= 0 && listen(fd, 1) == 0);
	check(IPPROTO_TCP, port, "test_owner");
	check(IPPROTO_ICMP, port, "");
	close(fd);
}

static void test_ipv6(void **state)
{
	uint16_t port;
	int fd = open_socket(AF_INET6, SOCK_DGRAM, 0, &port);

	if (fd < 0)
		skip();
	check(IPPROTO_UDP, port, "test_owner");
	close(fd);
}

/* What a program does with itself is no flow of the VM's. */
static void test_loopback(void **state)
{
	uint16_t port;
	int fd = open_socket(AF_INET, SOCK_DGRAM, INADDR_LOOPBACK, &port);

	assert_true(fd >= 0);
	check(IPPROTO_UDP, port, "");
	close(fd);
}

/* Starts ourselves under another name, with the socket as standard input; it waits there. */
static pid_t start_as(const char *path, int fd)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	pid_t pid;

	assert_true(n > 0);
	self[n] = '\0';
	assert_int_equal(link(self, path), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fd, STDIN_FILENO);
		execl(path, path, "wait", (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static void check_renamed(const char *file, const char *expected, bool remove)
{
	char path[4200], self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	uint16_t port;
	int fd = open_socket(AF_INET, SOCK_DGRAM, INADDR_ANY, &port);
	pid_t pid;

	assert_true(fd >= 0 && n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, sizeof(path), "%s/%s", self, file);
	unlink(path);
	pid = start_as(path, fd);
	close(fd);
	for (int i = 0; i < 100; i++) { /* until it has become the program */
		char name[CTL_OWNER_NAME];

		owner_find(IPPROTO_UDP, port, name);
		if (strcmp(name, "test_owner") != 0)
			break;
		usleep(10000);
	}
	if (remove)
		unlink(path);
	check(IPPROTO_UDP, port, expected);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
}

static void test_names(void **state)
{
	check_renamed("test_owner-\xc3\xa4\n~", "test_owner-???~", false);
	check_renamed("test_owner-gone", "test_owner-gone", true);
	check_renamed("test_owner-a-name-that-is-longer-than-39-characters", "test_owner-a-name-that-is-longer-than-3",
		false);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_names),
	};

	if (argc == 2) {
		pause();
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
