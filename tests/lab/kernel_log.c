/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lab/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LOG_SIZE (4 << 20)
/* SYSLOG_ACTION_READ_ALL of syslog(2) */
#define LOG_READ_ALL 3

static char mark[64];

int kernel_log_mark(void)
{
	int fd cleanup_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	snprintf(mark, sizeof(mark), "vmos test %d begins", getpid());
	return fd < 0 || write(fd, mark, strlen(mark)) < 0 ? -errno : 0;
}

static bool is_finding(const char *line, const char *const *ours)
{
	if (!strstr(line, "BUG: KCSAN"))
		return strstr(line, "BUG:") || strstr(line, "WARNING:") || strstr(line, "UBSAN:") ||
			strstr(line, "Oops");
	for (; *ours; ours++) {
		if (strstr(line, *ours))
			return true;
	}
	return false;
}

int kernel_log_findings(const char *const *ours)
{
	char *text cleanup_free = calloc(1, LOG_SIZE), *line, *rest;
	int n = 0;

	if (!text)
		return -ENOMEM;
	if (klogctl(LOG_READ_ALL, text, LOG_SIZE - 1) < 0)
		return -errno;
	/* What came before is not told apart any more when the kernel has dropped the mark. */
	rest = strstr(text, mark);
	rest = rest ? rest : text;
	while ((line = strsep(&rest, "\n"))) {
		if (!is_finding(line, ours))
			continue;
		printf("# %s\n", line);
		n++;
	}
	return n;
}
