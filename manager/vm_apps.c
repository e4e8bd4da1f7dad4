/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/vm_apps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/now.h"
#include "base/paths.h"
#include "manager/errors.h"
#include "manager/vm.h"
#include "proto/apps.h"

#define FILE_NAME "apps" /* in the VM's folder: struct app, one after the other */
#define GAP_USEC 1000000 /* a courier tells of a list every two seconds at most; one that is taken over might not */

static char *list_path(const struct vm *vm)
{
	return paths_join(vm->dir, FILE_NAME, NULL);
}

/* A copy of our own, checked. The caller frees it. */
static int read_report(uint32_t count, int fd, struct app **ret_list)
{
	const size_t len = count * sizeof(struct app);
	struct app *list cleanup_free = NULL;

	if (count == 0) {
		*ret_list = NULL;
		return 0;
	}
	if (fd_check_sealed(fd, len) < 0)
		return -EBADMSG;
	list = malloc(len);
	if (!list)
		return -ENOMEM;
	if (pread(fd, list, len, 0) != (ssize_t)len || apps_check(list, count) < 0)
		return -EBADMSG;
	*ret_list = steal_ptr(&list);
	return 0;
}

/* What is kept; an empty list where there is none, or where another vmOS wrote it. The caller frees @ret_list. */
static int read_kept(const struct vm *vm, struct app **ret_list, uint32_t *ret_count)
{
	char *path cleanup_free = list_path(vm);
	char *bytes cleanup_free = NULL;
	size_t len = 0;
	int r = path ? fd_read_file(path, APPS_MAX * sizeof(struct app), &bytes, &len) : -ENOMEM;

	*ret_list = NULL;
	*ret_count = 0;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (len % sizeof(struct app) != 0 || apps_check((struct app *)(void *)bytes, len / sizeof(struct app)) < 0) {
		log_warning("VM %s: %s is not well formed; the VM's next start makes it anew", vm->config.name, path);
		return 0;
	}
	*ret_count = (uint32_t)(len / sizeof(struct app));
	*ret_list = (struct app *)(void *)steal_ptr(&bytes);
	return 0;
}

static int write_list(const struct vm *vm, const struct app *list, uint32_t count)
{
	char *path cleanup_free = list_path(vm);
	char *fresh cleanup_free = paths_join(vm->dir, FILE_NAME ".new", NULL);
	int fd cleanup_fd = -1;
	int r;

	if (!path || !fresh)
		return -ENOMEM;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = count ? fd_write_all(fd, list, count * sizeof(*list)) : 0;
	if (r < 0)
		return r;
	return rename(fresh, path) < 0 ? -errno : 0;
}

int vm_apps_take(struct vm *vm, uint32_t count, int fd)
{
	struct app *list cleanup_free = NULL, *kept cleanup_free = NULL;
	uint64_t now = now_usec(CLOCK_MONOTONIC);
	uint32_t nkept;
	int r;

	if (vm->apps_usec && now - vm->apps_usec < GAP_USEC)
		return 0;
	vm->apps_usec = now;
	r = read_report(count, fd, &list);
	if (r == -EBADMSG)
		return r;
	if (r == 0)
		r = read_kept(vm, &kept, &nkept);
	if (r == 0 && count == nkept && (count == 0 || memcmp(list, kept, count * sizeof(*list)) == 0))
		return 0;
	if (r == 0)
		r = write_list(vm, list, count);
	if (r < 0) {
		log_warning("VM %s: the list of its applications could not be kept: %s", vm->config.name, strerror(-r));
		return 0;
	}
	vm_bus_changed(vm, "AppsChanged");
	return 0;
}

uint64_t vm_apps_changed(const struct vm *vm)
{
	char *path cleanup_free = list_path(vm);
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000000 + (uint64_t)st.st_mtim.tv_nsec / 1000;
}

static int append_app(sd_bus_message *m, const struct app *app)
{
	static const uint8_t none[APP_ICON_BYTES];
	bool has_icon = memcmp(app->icon, none, sizeof(none)) != 0;
	int r = sd_bus_message_open_container(m, 'r', "sssuay");

	if (r >= 0)
		r = sd_bus_message_append(m, "sssu", app->id, app->name, app->window, app->categories);
	if (r >= 0)
		r = sd_bus_message_append_array(m, 'y', app->icon, has_icon ? sizeof(app->icon) : 0);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int vm_apps(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct app *list cleanup_free = NULL;
	sd_bus_message *reply = NULL;
	uint32_t count;
	int r = read_kept(vm, &list, &count);

	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "The list of VM %s's applications cannot be read: %s.",
			vm->config.name, strerror(-r));
	r = sd_bus_message_new_method_return(call, &reply);
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(sssuay)");
	for (uint32_t i = 0; r >= 0 && i < count; i++)
		r = append_app(reply, &list[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}
