/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screenshot of KWin's screen, which answers no other program for one: it writes raw pixels into a pipe that it is
 * handed by D-Bus.
 *
 *	kwin-shot FILE.png
 */
#include <cairo.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define BIGGEST 16384 /* along a side */

struct shot {
	uint32_t w, h, stride;
};

/* What it says of the pixels: in a{sv}, the type of each value by its name. */
static int take_results(sd_bus_message *m, struct shot *s)
{
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r > 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		const char *key;
		uint32_t *slot = NULL;

		if (sd_bus_message_read(m, "s", &key) < 0)
			return -1;
		slot = strcmp(key, "width") == 0     ? &s->w
			: strcmp(key, "height") == 0 ? &s->h
			: strcmp(key, "stride") == 0 ? &s->stride
						     : NULL;
		r = slot ? sd_bus_message_read(m, "v", "u", slot) : sd_bus_message_skip(m, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r;
}

static void read_all(int fd, uint8_t *to, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, to, len);

		if (n <= 0)
			errx(1, "KWin ended the picture early");
		to += n;
		len -= (size_t)n;
	}
}

static void write_picture(const struct shot *s, int fd, const char *path)
{
	size_t len = (size_t)s->stride * s->h;
	uint8_t *pixels;
	cairo_surface_t *surface;

	if (s->w < 1 || s->w > BIGGEST || s->h < 1 || s->h > BIGGEST || s->stride < 4 * s->w || s->stride > 8 * BIGGEST)
		errx(1, "KWin's picture has a size that cannot be");
	pixels = malloc(len);
	if (!pixels)
		err(1, "malloc");
	read_all(fd, pixels, len);
	surface = cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_RGB24, (int)s->w, (int)s->h, (int)s->stride);
	if (cairo_surface_write_to_png(surface, path) != CAIRO_STATUS_SUCCESS)
		errx(1, "%s cannot be written", path);
	cairo_surface_destroy(surface);
	free(pixels);
}

int main(int argc, char **argv)
{
	sd_bus *bus = NULL;
	sd_bus_message *answer = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct shot shot = { 0 };
	int ends[2];

	if (argc != 2)
		errx(2, "usage: kwin-shot FILE.png, with DBUS_SESSION_BUS_ADDRESS set");
	if (sd_bus_open_user(&bus) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		errx(1, "no session bus");
	if (sd_bus_call_method(bus, "org.kde.KWin", "/org/kde/KWin/ScreenShot2", "org.kde.KWin.ScreenShot2",
		    "CaptureActiveScreen", &error, &answer, "a{sv}h", 1, "native-resolution", "b", 1, ends[1]) < 0)
		errx(1, "KWin takes no picture: %s", error.message);
	close(ends[1]);
	if (take_results(answer, &shot) < 0)
		errx(1, "KWin's answer cannot be read");
	write_picture(&shot, ends[0], argv[1]);
	sd_bus_message_unref(answer);
	sd_bus_flush_close_unref(bus);
	return 0;
}
