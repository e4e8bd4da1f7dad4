/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop/clipboard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "desktop/clock.h"
#include "desktop/guest.h"
#include "desktop/manager.h"
#include "desktop/window.h"

_Static_assert(HELPER_MIME_TEXT == (int)GUI_MIME_TEXT && HELPER_MIME_PNG == (int)GUI_MIME_PNG,
	"guest and vmosd number the kinds alike");
_Static_assert(HELPER_CLIP_MAX == GUI_CLIP_MAX, "what one takes the other takes");

static void show(struct clipboard *c, bool bad, const char *text)
{
	note_show(&c->windows->note, window_find(c->windows, c->win), bad, text);
}

void clipboard_note(struct clipboard *c, bool bad, const char *text)
{
	if (bad)
		c->hoping = false;
	show(c, bad, text);
}

static void refuse(struct clipboard *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void refuse(struct clipboard *c, const char *fmt, ...)
{
	char text[HELPER_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	show(c, true, text);
}

static const char *name(const struct clipboard *c)
{
	return c->windows->owner.vm;
}

static void end_copy(struct clipboard *c)
{
	if (c->copy)
		munmap(c->copy, GUI_CLIP_MAX);
	c->copy = NULL;
}

static void end_paste(struct clipboard *c)
{
	if (c->paste)
		munmap(c->paste, c->paste_len);
	c->paste = NULL;
}

void clipboard_reset(struct clipboard *c)
{
	end_copy(c);
	end_paste(c);
	c->able = c->hoping = false;
	c->offered = c->wants = c->gives = 0;
}

void clipboard_greet(struct clipboard *c, uint32_t features)
{
	c->able = features & GUI_FEATURE_CLIPBOARD;
}

void clipboard_offer(struct clipboard *c, const struct gui_clip_offer *offer)
{
	c->offered = offer->mimes;
}

/* Whether the guest can take part; says so if not. */
static bool is_able(struct clipboard *c, struct window *w)
{
	c->win = w->id;
	if (c->able)
		return true;
	refuse(c, "%s is of an older template, without a clipboard for others", name(c));
	return false;
}

void clipboard_copy(struct clipboard *c, struct window *w)
{
	struct gui_msg m = { .head = { .type = GUI_CLIP_WANT } };
	uint8_t *map;

	if (!is_able(c, w))
		return;
	if (!c->offered) {
		refuse(c, "Nothing to copy: mark text in %s first", name(c));
		return;
	}
	end_copy(c);
	map = mmap(NULL, GUI_CLIP_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED) {
		refuse(c, "Not copied: the host is out of memory");
		return;
	}
	c->copy = map;
	c->copy_len = 0;
	c->copy_mime = c->offered & GUI_MIME_TEXT ? GUI_MIME_TEXT : GUI_MIME_PNG;
	c->stall_ms = clock_ms() + CLIPBOARD_STALL_MS;
	c->end_ms = clock_ms() + CLIPBOARD_COPY_MS;
	m.clip_want = (struct gui_clip_want){ ++c->wants, c->copy_mime };
	guest_send(c->guest, &m);
}

/* All of it is there. */
static void take_copy(struct clipboard *c)
{
	const struct helper_clip clip = { c->copy_mime, (uint32_t)c->copy_len };
	int fd cleanup_fd = -1;

	if (c->copy_len == 0) {
		refuse(c, "Nothing to copy: mark text in %s first", name(c));
	} else if (!gui_clip_is(c->copy_mime, c->copy, c->copy_len)) {
		refuse(c, "Not copied: what %s gave is no %s", name(c),
			c->copy_mime == GUI_MIME_TEXT ? "text in UTF-8" : "PNG image");
	} else {
		fd = fd_memfd_data("vmos-clipboard", c->copy, c->copy_len);
		if (fd < 0 || manager_tell_clip(c->manager, HELPER_CLIP_TAKE, &clip, fd) < 0)
			refuse(c, "Not copied: vmosd is not there");
	}
	end_copy(c);
}

/* A part of the answer. False: it is more than may be copied. */
static int take_part(struct clipboard *c, const struct blob_ref *ref)
{
	int r;

	if (ref->len > GUI_CLIP_MAX - c->copy_len)
		return -EFBIG;
	r = channel_blob(&c->guest->channel, *ref, c->copy + c->copy_len, GUI_CLIP_MAX - c->copy_len);
	if (r < 0)
		return r;
	c->copy_len += ref->len;
	c->stall_ms = clock_ms() + CLIPBOARD_STALL_MS;
	return 0;
}

int clipboard_data(struct clipboard *c, const struct gui_clip_data *data)
{
	int r;

	if (data->xfer > c->wants)
		return -EPROTO;
	if (!c->copy || data->xfer != c->wants)
		return 0; /* it comes too late */
	r = data->end == GUI_CLIP_TOO_LARGE ? -EFBIG : take_part(c, &data->blob);
	if (r == -EFBIG)
		refuse(c, "Not copied: %s holds more than %u MiB", name(c), GUI_CLIP_MAX >> 20);
	else if (r == 0 && data->end == GUI_CLIP_MORE)
		return 0;
	else if (r == 0 && data->end == GUI_CLIP_NONE)
		refuse(c, "Not copied: %s did not give what is marked there", name(c));
	else if (r == 0)
		take_copy(c);
	end_copy(c);
	return r == -EFBIG ? 0 : r;
}

int clipboard_tick(struct clipboard *c)
{
	uint64_t now = clock_ms(), until = c->stall_ms < c->end_ms ? c->stall_ms : c->end_ms;

	if (!c->copy)
		return -1;
	if (now < until)
		return (int)(until - now);
	end_copy(c);
	refuse(c, "Not copied: %s did not answer in time", name(c));
	return 0;
}

void clipboard_paste(struct clipboard *c, struct window *w)
{
	if (!is_able(c, w))
		return;
	c->hoping = manager_tell_clip(c->manager, HELPER_CLIP_WANT, NULL, -1) == 0;
	if (!c->hoping)
		refuse(c, "Nothing pasted: vmosd is not there");
}

/* It went through the helper of another VM, which may have been taken over: it is checked once more. */
void clipboard_give(struct clipboard *c, const struct helper_clip *clip, int fd)
{
	void *map;

	if (!c->hoping || !c->able)
		return;
	c->hoping = false;
	end_paste(c);
	if (fd_check_sealed(fd, clip->len) < 0)
		return;
	map = mmap(NULL, clip->len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return;
	c->paste = map;
	c->paste_len = clip->len;
	c->paste_sent = 0;
	c->paste_mime = clip->mime;
	if (gui_clip_is(clip->mime, map, clip->len)) {
		c->gives++;
		return;
	}
	end_paste(c);
	refuse(c, "Nothing pasted: the clipboard holds neither text nor a PNG image");
}

bool clipboard_pump(struct clipboard *c)
{
	while (c->paste) {
		size_t left = c->paste_len - c->paste_sent, n = left < GUI_CLIP_CHUNK ? left : GUI_CLIP_CHUNK;
		struct gui_msg m = { .head = { .type = GUI_CLIP_GIVE } };

		if (channel_reserve(&c->guest->channel, c->paste + c->paste_sent, n, &m.clip_give.blob) < 0)
			return true;
		m.clip_give.xfer = c->gives;
		m.clip_give.mime = c->paste_mime;
		m.clip_give.total = (uint32_t)c->paste_len;
		guest_send(c->guest, &m);
		c->paste_sent += n;
		if (c->paste_sent == c->paste_len)
			end_paste(c);
	}
	return false;
}
