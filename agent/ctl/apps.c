/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/apps.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent/ctl/launch.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "proto/apps.h"

#define USER_UID 1000
#define FIRST_S 2 /* after the host's wish: the first windows come first */
#define CALM_S 2 /* after the last change: packages change many files */
#define BYTES_MAX (APPS_MAX * APP_WIRE_BYTES)
#define CHANGES (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ONLYDIR)

static struct {
	struct agent *agent; /* borrowed; NULL: nothing was wanted yet */
	struct source timer; /* when vmos-apps is to be started */
	struct source changes; /* inotify */
	struct source output; /* of vmos-apps */
	bool wanted; /* in this session */
	bool again; /* something changed while vmos-apps ran */
	uint8_t *coming; /* owned: what it has said so far */
	size_t coming_len;
	uint8_t *list; /* owned: the last whole list; NULL: none, or it is sent */
	size_t len;
	uint32_t sent; /* how many of it */
	bool sending;
} apps = { .timer.fd = -1, .changes.fd = -1, .output.fd = -1 };

bool apps_are_known(void)
{
	return access(VMOS_APPS, X_OK) == 0;
}

static void schedule(unsigned seconds)
{
	const struct itimerspec when = { .it_value.tv_sec = seconds };

	timerfd_settime(apps.timer.fd, 0, &when, NULL);
}

static void drop_list(void)
{
	free(apps.list);
	apps.list = NULL;
	apps.len = apps.sent = 0;
	apps.sending = false;
}

/* One APP. -EAGAIN: no room now; apps_push() comes again. */
static int send_one(uint32_t count)
{
	struct ctl_msg c = { .head.type = CTL_APP, .app = { .index = apps.sent, .count = count } };
	int r = 0;

	if (count > 0)
		r = link_blob(
			&apps.agent->link, apps.list + (size_t)apps.sent * APP_WIRE_BYTES, APP_WIRE_BYTES, &c.app.blob);
	if (r < 0)
		return r;
	agent_send(apps.agent, &c);
	apps.sent++;
	return 0;
}

void apps_push(void)
{
	uint32_t count = (uint32_t)(apps.len / APP_WIRE_BYTES);

	if (!apps.sending || !apps.agent->link.joined)
		return;
	do {
		if (send_one(count) < 0)
			return;
	} while (apps.sent < count);
	drop_list();
}

/* Whether @bytes are such that the host takes them: it would not speak to this guest any more otherwise. */
static bool is_list(const uint8_t *bytes, size_t len)
{
	struct app *app cleanup_free = malloc(sizeof(*app));
	char last[APP_ID_MAX] = "";

	if (!app || len % APP_WIRE_BYTES != 0 || len > BYTES_MAX)
		return false;
	for (size_t at = 0; at < len; at += APP_WIRE_BYTES) {
		if (app_decode(bytes + at, APP_WIRE_BYTES, app) < 0 || strcmp(last, app->id) >= 0)
			return false;
		memcpy(last, app->id, sizeof(last));
	}
	return true;
}

/* Before a list is made, so that no change goes unseen, and after it: vmos-apps makes the user's folder. */
static void watch_folders(void)
{
	const struct passwd *user = getpwuid(USER_UID);
	char path[256];

	(void)inotify_add_watch(apps.changes.fd, "/usr/share/applications", CHANGES);
	(void)inotify_add_watch(apps.changes.fd, "/usr/local/share/applications", CHANGES);
	if (user && snprintf(path, sizeof(path), "%s/.local/share/applications", user->pw_dir) < (int)sizeof(path))
		(void)inotify_add_watch(apps.changes.fd, path, CHANGES);
}

static void take_list(void)
{
	watch_folders();
	if (!is_list(apps.coming, apps.coming_len)) {
		log_warning("vmos-apps gave no list of applications; the host's menu stays as it is");
		free(apps.coming);
	} else if (apps.wanted) {
		drop_list();
		apps.list = apps.coming;
		apps.len = apps.coming_len;
		apps.sending = true;
		apps_push();
	} else {
		free(apps.coming);
	}
	apps.coming = NULL;
	apps.coming_len = 0;
	if (apps.again)
		schedule(CALM_S);
	apps.again = false;
}

static void handle_output(struct source *source, uint32_t events)
{
	ssize_t n = read(source->fd, apps.coming + apps.coming_len, BYTES_MAX + 1 - apps.coming_len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		apps.coming_len += (size_t)n;
	if (n > 0 && apps.coming_len <= BYTES_MAX)
		return;
	agent_close(apps.agent, source);
	take_list();
}

static void start_program(void)
{
	char program[] = VMOS_APPS;
	char *argv[] = { program, NULL }, *envv[] = { NULL };
	int null cleanup_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int out cleanup_fd = -1;
	struct launch l = { .argv = argv, .envv = envv };
	int fds[2], r;

	if (null < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return;
	apps.output.fd = fds[0];
	out = fds[1];
	apps.coming = malloc(BYTES_MAX + 1); /* of which what is not written takes no memory */
	memcpy(l.fds, (int[]){ null, out, null }, sizeof(l.fds));
	r = apps.coming ? fcntl(apps.output.fd, F_SETFL, O_NONBLOCK) : -ENOMEM;
	if (r == 0)
		r = launch_start(&l);
	if (r > 0)
		r = agent_watch(apps.agent, &apps.output, EPOLLIN);
	if (r == 0)
		return;
	log_warning("vmos-apps does not run: %s", strerror(-r));
	agent_close(apps.agent, &apps.output);
	free(apps.coming);
	apps.coming = NULL;
}

static void handle_timer(struct source *source, uint32_t events)
{
	uint64_t n;

	if (read(source->fd, &n, sizeof(n)) != sizeof(n) || !apps.wanted)
		return;
	watch_folders();
	if (apps.output.fd >= 0)
		apps.again = true;
	else
		start_program();
}

static void handle_changes(struct source *source, uint32_t events)
{
	char buffer[4096] __attribute__((aligned(8)));

	while (read(source->fd, buffer, sizeof(buffer)) > 0)
		;
	schedule(CALM_S);
}

static int prepare(struct agent *a)
{
	int r;

	apps.agent = a;
	apps.timer = (struct source){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		.handle = handle_timer };
	apps.changes = (struct source){ .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .handle = handle_changes };
	apps.output = (struct source){ .fd = -1, .handle = handle_output };
	if (apps.timer.fd < 0 || apps.changes.fd < 0)
		return -errno;
	r = agent_watch(a, &apps.timer, EPOLLIN);
	return r < 0 ? r : agent_watch(a, &apps.changes, EPOLLIN);
}

void apps_wanted(struct agent *a)
{
	int r = apps.agent ? 0 : prepare(a);

	if (r < 0) {
		log_warning("The host hears of no applications: %s", strerror(-r));
		return;
	}
	apps.wanted = true;
	schedule(FIRST_S);
}

void apps_end_session(void)
{
	apps.wanted = false;
	drop_list();
}
