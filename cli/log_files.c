/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/log.h"

#define CHUNK (64 * 1024)

int log_files_open(sd_bus *bus, sd_bus_message *call, struct log_files *ret)
{
	sd_bus_message *reply cleanup_message = NULL;
	int fd, r = client_send(bus, call, NULL, &reply);

	ret->n = 0;
	if (r)
		return r;
	r = sd_bus_message_enter_container(reply, 'a', "h");
	while (r >= 0 && ret->n < LOG_FILES_MAX && (r = sd_bus_message_read(reply, "h", &fd)) > 0) {
		ret->fds[ret->n] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (ret->fds[ret->n] < 0)
			return client_broken(-errno);
		ret->n++;
	}
	return r < 0 || ret->n == 0 ? client_broken(r < 0 ? r : -EBADMSG) : 0;
}

void log_files_close(struct log_files *files)
{
	fd_close_all(files->fds, files->n);
	files->n = 0;
}

int log_open_readers(sd_bus *bus, struct log_files *ret)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = client_manager_call(bus, "OpenLog", &call);

	return r ? r : log_files_open(bus, call, ret);
}

/* Adds what @fd has from @from on to the *@len bytes of *@text. */
static int add(int fd, off_t from, char **text, size_t *len)
{
	ssize_t n = 1;

	if (lseek(fd, from, SEEK_SET) < 0)
		return -errno;
	while (n > 0) {
		char *longer = realloc(*text, *len + CHUNK + 1);

		if (!longer)
			return -ENOMEM;
		*text = longer;
		n = fd_read_all(fd, longer + *len, CHUNK);
		if (n < 0)
			return (int)n;
		*len += (size_t)n;
	}
	(*text)[*len] = '\0';
	return 0;
}

int log_read_from(int fd, off_t from, char **ret_text, size_t *ret_len)
{
	char *text cleanup_free = NULL;
	size_t len = 0;
	int r = add(fd, from, &text, &len);

	if (r < 0)
		return r;
	*ret_text = steal_ptr(&text);
	*ret_len = len;
	return 0;
}

int log_files_read(const struct log_files *files, char **ret_text, size_t *ret_len, off_t *ret_last)
{
	char *text cleanup_free = NULL;
	size_t len = 0, before = 0;
	const char *newline;

	for (unsigned i = 0; i < files->n; i++) {
		int r;

		before = len;
		r = add(files->fds[i], 0, &text, &len);
		if (r < 0)
			return r;
	}
	newline = memrchr(text + before, '\n', len - before);
	*ret_last = newline ? newline + 1 - (text + before) : 0;
	*ret_text = steal_ptr(&text);
	*ret_len = len;
	return 0;
}
