/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connects ADDRESS PORT N: so many TCP connections after each other, and the median and 99th percentile of the time
 * from the first packet until each stands, in microseconds. connects --serve PORT: takes them.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int serve(struct sockaddr_in *at)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s < 0 || bind(s, (struct sockaddr *)at, sizeof(*at)) < 0 || listen(s, 1024) < 0)
		err(1, "port %d", ntohs(at->sin_port));
	while ((fd = accept(s, NULL, NULL)) >= 0)
		close(fd);
	err(1, "accept");
}

int main(int argc, char **argv)
{
	const struct linger reset = { .l_onoff = 1 }; /* no port stays in TIME_WAIT */
	struct sockaddr_in at = { .sin_family = AF_INET };
	double *took;
	size_t n;

	if (argc == 3 && strcmp(argv[1], "--serve") == 0) {
		at.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
		return serve(&at);
	}
	if (argc != 4 || inet_pton(AF_INET, argv[1], &at.sin_addr) != 1)
		errx(2, "usage: connects ADDRESS PORT N");
	at.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	n = strtoul(argv[3], NULL, 10);
	took = calloc(n + 1, sizeof(*took));
	if (!took || n == 0)
		errx(2, "not so many");
	for (size_t i = 0; i < n; i++) {
		int s = socket(AF_INET, SOCK_STREAM, 0);
		double begin = now_us();

		if (connect(s, (struct sockaddr *)&at, sizeof(at)) < 0)
			err(1, "connection %zu", i);
		took[i] = now_us() - begin;
		setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(s);
	}
	qsort(took, n, sizeof(*took), compare);
	printf("%.1f %.1f\n", took[n / 2], took[n * 99 / 100]);
	free(took);
	return 0;
}
