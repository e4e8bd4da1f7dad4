/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/plug.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libvdeplug.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "confine/option.h"

#define STEP_MS 20
#define PATIENCE_MS 10000 /* of a switch that was started just before us, on a busy host */
#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

static int duplicate(VDECONN *conn, struct plug *ret_plug)
{
	ret_plug->data = fcntl(vde_datafd(conn), F_DUPFD_CLOEXEC, 3);
	ret_plug->ctl = ret_plug->data < 0 ? -1 : fcntl(vde_ctlfd(conn), F_DUPFD_CLOEXEC, 3);
	return ret_plug->ctl < 0 ? -errno : 0;
}

static int open_once(char *url, struct plug *ret_plug)
{
	struct vde_open_args args = { .mode = 0600 };
	char descr[] = "vmos";
	VDECONN *conn;
	int r;

	errno = 0;
	conn = vde_open(url, descr, &args);
	if (!conn)
		return errno ? -errno : -EIO;
	r = duplicate(conn, ret_plug);
	if (r < 0)
		plug_close(ret_plug);
	vde_close(conn); /* the copies keep it open */
	return r;
}

int plug_open(const char *dir, unsigned patience_ms, struct plug *ret_plug)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };
	char *url cleanup_free = NULL;
	int r;

	*ret_plug = (struct plug){ -1, -1 };
	/* brackets begin libvdeplug's own arguments */
	if (dir[0] != '/' || strpbrk(dir, "[]{}"))
		return -EINVAL;
	if (asprintf(&url, "vde://%s", dir) < 0) {
		url = NULL;
		return -ENOMEM;
	}
	for (unsigned waited = 0;; waited += STEP_MS) {
		r = open_once(url, ret_plug);
		if (r >= 0 || waited >= patience_ms)
			return r;
		nanosleep(&step, NULL);
	}
}

void plug_close(struct plug *plug)
{
	if (plug->data >= 0)
		close(plug->data);
	if (plug->ctl >= 0)
		close(plug->ctl);
	*plug = (struct plug){ -1, -1 };
}

static bool is_word(const char *text)
{
	return text[0] && text[strspn(text, ID_CHARACTERS)] == '\0';
}

static int plug_one(char **arg, const char *id, const char *dir)
{
	struct plug plug;
	char *replaced;
	int r = plug_open(dir, PATIENCE_MS, &plug);

	if (r == 0)
		r = fd_set_cloexec(plug.data, false);
	if (r == 0)
		r = fd_set_cloexec(plug.ctl, false);
	if (r == 0 && asprintf(&replaced, "dgram,id=%s,local.type=fd,local.str=%d", id, plug.data) < 0)
		r = -ENOMEM;
	if (r < 0)
		plug_close(&plug);
	else
		*arg = replaced;
	return r;
}

int plug_netdevs(char **argv, const char **ret_dir)
{
	for (; argv[0] && argv[1]; argv++) {
		struct option_value id = { 0 }, dir = { 0 };
		int r;

		if (strcmp(argv[0], "-netdev") != 0 || strncmp(argv[1], "vde,", 4) != 0)
			continue;
		*ret_dir = argv[1];
		r = option_find(argv[1], "id", &id);
		if (r > 0)
			r = option_find(argv[1], "sock", &dir);
		if (r >= 0)
			r = r > 0 && is_word(id.value) ? plug_one(&argv[1], id.value, dir.value) : -EBADMSG;
		free(id.value);
		free(dir.value);
		if (r < 0)
			return r;
	}
	return 0;
}

int plug_main(const char *dir, int sock)
{
	struct plug plug;
	int r = plug_open(dir, PATIENCE_MS, &plug);

	if (r == 0) {
		const int fds[] = { plug.data, plug.ctl };

		r = fd_send_packet(sock, "", 1, fds, 2);
	}
	if (r < 0)
		log_error("no plug of the switch %s: %s", dir, strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
