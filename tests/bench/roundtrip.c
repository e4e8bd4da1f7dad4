/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends blocks to a program that echoes them and waits for each to come back.
 *
 *   roundtrip SIZE COUNT PROGRAM [ARGUMENT…]
 *
 * Prints the median round trip in microseconds. One block goes first, unmeasured.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Writes and reads at the same time: neither side's pipe holds a whole block. 0 or -errno. */
static int exchange(int fd, const char *block, char *back, size_t size)
{
	size_t sent = 0, got = 0;

	while (got < size) {
		struct pollfd p = { .fd = fd, .events = (short)(POLLIN | (sent < size ? POLLOUT : 0)) };
		ssize_t n;

		if (poll(&p, 1, 30000) <= 0)
			return -ETIMEDOUT;
		if (p.revents & POLLIN) {
			n = recv(fd, back + got, size - got, MSG_DONTWAIT);
			if (n <= 0)
				return -EPIPE;
			got += (size_t)n;
		} else if (p.revents & POLLOUT) {
			n = send(fd, block + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
			sent += n > 0 ? (size_t)n : 0;
		} else {
			return -EPIPE;
		}
	}
	return memcmp(block, back, size) ? -EBADMSG : 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static pid_t spawn(char **argv, int *ret_fd)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (dup2(pair[1], 0) < 0 || dup2(pair[1], 1) < 0)
			_exit(1);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(pair[1]);
	*ret_fd = pair[0];
	return pid;
}

static int measure(int fd, size_t size, size_t count)
{
	char *block = malloc(size), *back = malloc(size);
	double *times = calloc(count, sizeof(*times));
	int r = block && back && times ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < size; i++)
		block[i] = (char)(i * 31 + 7);
	for (size_t i = 0; r == 0 && i <= count; i++) {
		double begin = now_us();

		r = exchange(fd, block, back, size);
		if (i > 0)
			times[i - 1] = now_us() - begin;
	}
	if (r == 0) {
		qsort(times, count, sizeof(*times), by_value);
		printf("%.1f\n", times[count / 2]);
	}
	free(block);
	free(back);
	free(times);
	return r;
}

int main(int argc, char **argv)
{
	int fd, r;
	pid_t pid;

	if (argc < 4) {
		fprintf(stderr, "usage: roundtrip SIZE COUNT PROGRAM [ARGUMENT…]\n");
		return 2;
	}
	pid = spawn(argv + 3, &fd);
	if (pid < 0) {
		perror("roundtrip");
		return 1;
	}
	r = measure(fd, strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
	if (r < 0)
		fprintf(stderr, "roundtrip: %s\n", strerror(-r));
	shutdown(fd, SHUT_RDWR);
	close(fd);
	waitpid(pid, NULL, 0);
	return r < 0;
}
