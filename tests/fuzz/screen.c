/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-cursor.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/screen_rules.h"

#define ARGS_MAX 20

static struct {
	struct wl_proxy objects; /* head of the list */
	struct wl_proxy display;
	struct wl_proxy *registry;
	unsigned globals;
	bool announced;
	int fd, other;
	uint32_t serial;
} screen = { .fd = -1 };

uint32_t screen_serial(void)
{
	return ++screen.serial;
}

uint32_t screen_last_serial(void)
{
	return screen.serial;
}

struct wl_proxy *screen_first(void)
{
	return screen.objects.next == &screen.objects ? NULL : screen.objects.next;
}

struct wl_proxy *screen_next(const struct wl_proxy *p)
{
	return p->next == &screen.objects ? NULL : p->next;
}

void screen_begin(unsigned globals)
{
	int pair[2];

	screen.objects.next = screen.objects.prev = &screen.objects;
	screen.globals = globals;
	screen.announced = false;
	screen.registry = NULL;
	screen.serial = 0;
	if (screen.fd >= 0)
		return;
	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	screen.fd = pair[0]; /* takes always more: nothing is ever written */
	screen.other = pair[1];
}

unsigned screen_count(const struct wl_interface *type)
{
	unsigned n = 0;

	for (struct wl_proxy *p = screen_first(); p; p = screen_next(p))
		n += p->type == type;
	return n;
}

struct wl_proxy *screen_pick(const struct wl_interface *type, unsigned nth)
{
	unsigned n = screen_count(type);
	struct wl_proxy *p = n ? screen_first() : NULL;

	nth = n ? nth % n : 0;
	while (p && (p->type != type || nth-- > 0))
		p = screen_next(p);
	return p;
}

static struct wl_proxy *object_create(const struct wl_interface *type, uint32_t version)
{
	struct wl_proxy *p = calloc(1, sizeof(*p));

	require(p);
	p->type = type;
	p->version = version;
	p->prev = screen.objects.prev;
	p->next = &screen.objects;
	p->prev->next = p->next->prev = p;
	return p;
}

/* Nothing points to it afterwards, so that a use is seen by the sanitizer. */
static void object_end(struct wl_proxy *dead)
{
	screen_check_end(dead);
	dead->prev->next = dead->next;
	dead->next->prev = dead->prev;
	for (struct wl_proxy *p = screen_first(); p; p = screen_next(p)) {
		struct wl_proxy **refs[] = { &p->surface, &p->xdg, &p->parent, &p->buffer, &p->pending, &p->viewport,
			&p->decoration };

		for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
			if (*refs[i] == dead)
				*refs[i] = NULL;
		}
	}
	if (dead == screen.registry)
		screen.registry = NULL;
	free(dead);
}

void screen_end(void)
{
	static const struct wl_interface *const per_window[] = { &wl_callback_interface, &wl_buffer_interface,
		&wl_surface_interface, &wl_subsurface_interface, &wl_region_interface, &wl_shm_pool_interface };
	struct wl_proxy *p;

	for (size_t i = 0; i < sizeof(per_window) / sizeof(per_window[0]); i++)
		screen_rule(screen_count(per_window[i]) == 0, per_window[i]->name, "outlives its window");
	while ((p = screen_first())) {
		p->prev->next = p->next;
		p->next->prev = p->prev;
		free(p);
	}
}

/* --- libwayland-client --- */

static void take_args(const char *signature, va_list ap, union wl_argument *args)
{
	int n = 0;

	for (const char *c = signature; *c; c++) {
		if (*c == '?' || (*c >= '0' && *c <= '9'))
			continue;
		require(n < ARGS_MAX);
		switch (*c) {
		case 's':
			args[n].s = va_arg(ap, const char *);
			break;
		case 'o':
		case 'n':
			args[n].o = va_arg(ap, struct wl_object *);
			break;
		case 'a':
			args[n].a = va_arg(ap, struct wl_array *);
			break;
		default:
			args[n].u = va_arg(ap, uint32_t);
		}
		n++;
	}
}

struct wl_proxy *wl_proxy_marshal_flags(struct wl_proxy *proxy, uint32_t opcode, const struct wl_interface *interface,
	uint32_t version, uint32_t flags, ...)
{
	const struct wl_message *request = &proxy->type->methods[opcode];
	struct wl_proxy *made = interface ? object_create(interface, version) : NULL;
	union wl_argument args[ARGS_MAX];
	va_list ap;

	va_start(ap, flags);
	take_args(request->signature, ap, args);
	va_end(ap);
	screen_rule(strtoul(request->signature, NULL, 10) <= proxy->version, request->name, "is of a later version");
	screen_check(proxy, request->name, args, made);
	if (flags & WL_MARSHAL_FLAG_DESTROY)
		object_end(proxy);
	return made;
}

void wl_proxy_destroy(struct wl_proxy *proxy)
{
	object_end(proxy);
}

uint32_t wl_proxy_get_version(struct wl_proxy *proxy)
{
	return proxy->version;
}

int wl_proxy_add_listener(struct wl_proxy *proxy, void (**implementation)(void), void *data)
{
	proxy->listener = implementation;
	proxy->data = data;
	return 0;
}

void wl_proxy_set_user_data(struct wl_proxy *proxy, void *data)
{
	proxy->data = data;
}

void *wl_proxy_get_user_data(struct wl_proxy *proxy)
{
	return proxy->data;
}

struct wl_display *wl_display_connect_to_fd(int fd)
{
	screen.display = (struct wl_proxy){ .type = &wl_display_interface, .version = 1 };
	return (struct wl_display *)&screen.display;
}

void wl_display_disconnect(struct wl_display *display)
{
}

int wl_display_get_fd(struct wl_display *display)
{
	return screen.fd;
}

int wl_display_flush(struct wl_display *display)
{
	return 0;
}

int wl_display_prepare_read(struct wl_display *display)
{
	return 0;
}

void wl_display_cancel_read(struct wl_display *display)
{
}

int wl_display_read_events(struct wl_display *display)
{
	return 0;
}

int wl_display_dispatch_pending(struct wl_display *display)
{
	return 0;
}

static void announce(void)
{
	for (uint32_t i = 0; i < screen_nglobals; i++) {
		const struct screen_global *g = &screen_globals[i];

		if (!g->choice || screen.globals & g->choice)
			((const struct wl_registry_listener *)screen.registry->listener)
				->global(screen.registry->data, (struct wl_registry *)screen.registry, i + 1,
					g->type->name, g->version);
	}
}

int wl_display_roundtrip(struct wl_display *display)
{
	if (screen.registry && screen.registry->listener && !screen.announced) {
		screen.announced = true;
		announce();
	}
	return 0;
}

void screen_set_registry(struct wl_proxy *registry)
{
	screen.registry = registry;
}

/* A host without a theme of pointers: what a guest draws itself is shown all the same. */
struct wl_cursor_theme *wl_cursor_theme_load(const char *name, int size, struct wl_shm *shm)
{
	return NULL;
}

void wl_cursor_theme_destroy(struct wl_cursor_theme *theme)
{
}

struct wl_cursor *wl_cursor_theme_get_cursor(struct wl_cursor_theme *theme, const char *name)
{
	return NULL;
}

struct wl_buffer *wl_cursor_image_get_buffer(struct wl_cursor_image *image)
{
	return NULL;
}
