/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A desktop's service for notifications, org.freedesktop.Notifications, for
 * tests. On the session's bus.
 *
 *	notifier [CAPABILITY…]
 *
 * It prints "ready", then for each notification a line
 *
 *	notify ID REPLACES APP|SUMMARY|BODY|urgency=N timeout=N image=WxH:RRGGBB
 *
 * where the last is the picture's most frequent colour, and "close ID". It
 * reads from its standard input:
 *
 *	close ID REASON		as the user or the time might
 *	click ID		on the notification itself
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

static struct {
	sd_bus *bus;
	sd_event *event;
	char **capabilities;
	uint32_t last;
} notifier;

struct hints {
	uint8_t urgency;
	int w, h;
	uint32_t color;
};

/* Pixels of four bytes. */
static uint32_t most_frequent(const uint8_t *pixels, size_t len)
{
	uint32_t best = 0;
	size_t most = 0;

	for (size_t i = 0; i + 4 <= len; i += 4) {
		size_t n = 0;

		for (size_t j = 0; j + 4 <= len; j += 4)
			n += memcmp(pixels + i, pixels + j, 4) == 0;
		if (n <= most)
			continue;
		most = n;
		best = (uint32_t)pixels[i] << 16 | (uint32_t)pixels[i + 1] << 8 | pixels[i + 2];
	}
	return best;
}

static int read_picture(sd_bus_message *m, struct hints *ret)
{
	int stride, alpha, bits, channels;
	const void *pixels;
	size_t len;
	int r = sd_bus_message_enter_container(m, 'v', "(iiibiiay)");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'r', "iiibiiay");
	if (r >= 0)
		r = sd_bus_message_read(m, "iiibii", &ret->w, &ret->h, &stride, &alpha, &bits, &channels);
	if (r >= 0)
		r = sd_bus_message_read_array(m, 'y', &pixels, &len);
	if (r < 0 || channels != 4 || bits != 8 || !alpha || stride != 4 * ret->w || len != (size_t)(stride * ret->h))
		errx(1, "the picture is none");
	ret->color = most_frequent(pixels, len);
	sd_bus_message_exit_container(m);
	return sd_bus_message_exit_container(m);
}

static int read_hints(sd_bus_message *m, struct hints *ret)
{
	const char *key;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &key);
		if (r < 0)
			return r;
		if (strcmp(key, "urgency") == 0)
			r = sd_bus_message_read(m, "v", "y", &ret->urgency);
		else if (strcmp(key, "image-data") == 0)
			r = read_picture(m, ret);
		else
			r = sd_bus_message_skip(m, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int handle_notify(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
	const char *app, *icon, *summary, *body;
	struct hints hints = { 0 };
	uint32_t replaces, id;
	int32_t timeout;
	int r = sd_bus_message_read(m, "susss", &app, &replaces, &icon, &summary, &body);

	if (r >= 0)
		r = sd_bus_message_skip(m, "as");
	if (r >= 0)
		r = read_hints(m, &hints);
	if (r >= 0)
		r = sd_bus_message_read(m, "i", &timeout);
	if (r < 0)
		return r;
	id = replaces ? replaces : ++notifier.last;
	printf("notify %u %u %s|%s|%s|urgency=%u timeout=%d image=%dx%d:%06x\n", id, replaces, app, summary, body,
		hints.urgency, timeout, hints.w, hints.h, hints.color);
	return sd_bus_reply_method_return(m, "u", id);
}

static void closed(uint32_t id, uint32_t reason)
{
	sd_bus_emit_signal(notifier.bus, PATH, NAME, "NotificationClosed", "uu", id, reason);
}

static int handle_close(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
	uint32_t id;
	int r = sd_bus_message_read(m, "u", &id);

	if (r < 0)
		return r;
	printf("close %u\n", id);
	closed(id, 3);
	return sd_bus_reply_method_return(m, NULL);
}

static int handle_capabilities(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(m, &reply);

	if (r >= 0)
		r = sd_bus_message_append_strv(reply, notifier.capabilities);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", handle_notify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("CloseNotification", "u", "", handle_close, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetCapabilities", "", "as", handle_capabilities, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("NotificationClosed", "uu", 0),
	SD_BUS_SIGNAL("ActionInvoked", "us", 0),
	SD_BUS_VTABLE_END,
};

static void run_command(const char *line)
{
	uint32_t id, reason;

	if (sscanf(line, "close %u %u", &id, &reason) == 2)
		closed(id, reason);
	else if (sscanf(line, "click %u", &id) == 1)
		sd_bus_emit_signal(notifier.bus, PATH, NAME, "ActionInvoked", "us", id, "default");
	else
		errx(2, "unknown command: %s", line);
}

/* Whole lines only: a test writes them at once. */
static int handle_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char text[1024], *line, *rest = text;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return sd_event_exit(notifier.event, 0);
	text[n] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			run_command(line);
	}
	return 0;
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	notifier.capabilities = argv + 1;
	if (sd_event_default(&notifier.event) < 0 || sd_bus_open_user(&notifier.bus) < 0 ||
		sd_bus_add_object_vtable(notifier.bus, NULL, PATH, NAME, vtable, NULL) < 0 ||
		sd_bus_request_name(notifier.bus, NAME, 0) < 0 ||
		sd_bus_attach_event(notifier.bus, notifier.event, 0) < 0 ||
		sd_event_add_io(notifier.event, NULL, STDIN_FILENO, EPOLLIN, handle_input, NULL) < 0)
		errx(1, "no place on the session's bus");
	printf("ready\n");
	return sd_event_loop(notifier.event) < 0;
}
