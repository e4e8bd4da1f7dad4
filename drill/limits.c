/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Row 68: how much of the host one QEMU can take. Memory is judged from outside: who goes over its limit is not told but killed. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#include "drill/actions.h"

#define FDS_WANTED 100000
#define THREADS_WANTED 2000
#define STACK_SIZE 65536

static void many_fds(struct attempt *a)
{
	int *fds = calloc(FDS_WANTED, sizeof(*fds));
	int n = 0, error;

	if (!fds)
		return;
	while (n < FDS_WANTED && (fds[n] = (int)try_call(SYS_dup, STDERR_FILENO)) >= 0)
		n++;
	error = errno;
	for (int i = 0; i < n; i++)
		close(fds[i]);
	free(fds);
	errno = error;
	attempt_part(a, "100000 fds", n == FDS_WANTED ? 0 : -1);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *handle_wait(void *unused)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	return NULL;
}

static void many_threads(struct attempt *a)
{
	pthread_t *threads = calloc(THREADS_WANTED, sizeof(*threads));
	pthread_attr_t attr;
	int n = 0, error = 0;

	if (!threads || pthread_attr_init(&attr) != 0) {
		free(threads);
		return;
	}
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_mutex_lock(&gate);
	while (n < THREADS_WANTED && (error = pthread_create(&threads[n], &attr, handle_wait, NULL)) == 0)
		n++;
	pthread_mutex_unlock(&gate);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_attr_destroy(&attr);
	free(threads);
	errno = error;
	attempt_part(a, "2000 threads", n == THREADS_WANTED ? 0 : -1);
}

static void use_up(struct attempt *a)
{
	many_fds(a);
	many_threads(a);
}

static const attempt_run runs[] = { use_up };

const struct family family_limits = { 68, 1, runs };
