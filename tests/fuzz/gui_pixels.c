/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of the gui channel as far as it needs no wlroots: the
 * sessions and rings (agent/common/link.c), and who owns the pixels of windows
 * (agent/gui/canvas.c, heap.c). The host opens and closes sessions, sends
 * messages, and writes anything into the zones that are its own; the guest
 * resizes, paints and ends windows meanwhile. Input: steps, each a kind and what
 * that reads.
 */
#include <errno.h>
#include <sys/mman.h>

#include "agent/common/link.h"
#include "agent/gui/canvas.h"
#include "base/log.h"
#include "proto/gui.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"

#define STEPS_MAX 300
#define CANVASES 4
#define SIDE_MAX 512 /* pixels */
#define HEAP_PAGES 2048
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint8_t *region;
static uint8_t blob[VMOS_GUI_BLOB];

static struct {
	struct link link;
	struct channel host;
	uint32_t epoch;
	struct heap heap;
	struct canvas canvas[CANVASES];
	uint32_t held[HEAP_PAGES]; /* by the host as far as the guest can know: the first page of the slot, plus 1 */
} g;

/* The device is memory of ours, and nobody sleeps. */
int device_open(struct device *d, const char *path, uint32_t role)
{
	*d = (struct device){ .fd = -1, .role = role, .base = region, .size = VMOS_GUI_REGION };
	d->heap_off = VMOS_BLOB_OFF + 2 * (size_t)channel_blob_len(role);
	return 0;
}

void device_close(struct device *d)
{
}

void device_kick(const struct device *d)
{
}

void device_clear(const struct device *d)
{
}

/* What the guest says of a host that makes no sense is of no use here, and slow. */
void log_write(enum log_level level, const char *fmt, ...)
{
}

static void handle_joined(struct link *l)
{
	const struct gui_msg hello = { .head.type = GUI_HELLO, .hello = { GUI_VERSION, GUI_FEATURE_CLIPBOARD } };
	struct msg m;

	require(gui_encode(&hello, &m) == 0);
	link_send(l, &m);
}

static void handle_ended(struct link *l)
{
	for (int i = 0; i < CANVASES; i++)
		canvas_release_all(&g.canvas[i]);
	heap_release_all(&g.heap);
	memset(g.held, 0, sizeof(g.held));
}

static void release(uint32_t page)
{
	bool known = heap_release(&g.heap, page);

	for (int i = 0; i < CANVASES && !known; i++)
		known = canvas_release(&g.canvas[i], page);
	for (uint32_t p = page; p < HEAP_PAGES && g.held[p] == page + 1; p++)
		g.held[p] = 0;
}

static int handle_message(struct link *l, const struct msg *m)
{
	struct gui_msg decoded;
	int r = gui_decode_host(m, &decoded);

	if (r < 0)
		return r;
	if (decoded.head.type == GUI_RELEASE)
		release(decoded.release.page);
	else if (decoded.head.type == GUI_KEYMAP)
		r = carrier_blob(&l->carrier, decoded.keymap.blob, blob, sizeof(blob));
	else if (decoded.head.type == GUI_CLIP_GIVE)
		r = carrier_blob(&l->carrier, decoded.clip_give.blob, blob, sizeof(blob));
	return r;
}

static const struct link_ops ops = { .joined = handle_joined, .ended = handle_ended, .message = handle_message };

/* --- what must hold after each step: no page has two owners, and those without one are free --- */

static void claim(uint8_t *owned, uint32_t page, uint32_t npages)
{
	require(page <= HEAP_PAGES && npages <= HEAP_PAGES - page);
	for (uint32_t p = page; p < page + npages; p++) {
		require(!owned[p] && g.heap.used[p]);
		owned[p] = 1;
	}
}

static void check_pages(void)
{
	static uint8_t owned[HEAP_PAGES];

	memset(owned, 0, sizeof(owned));
	for (int i = 0; i < CANVASES; i++)
		for (int n = 0; n < CANVAS_SLOTS; n++)
			claim(owned, g.canvas[i].slots[n].page, g.canvas[i].slots[n].npages);
	for (size_t i = 0; i < g.heap.retired_len; i++)
		claim(owned, g.heap.retired[i].page, g.heap.retired[i].npages);
	require(memcmp(owned, g.heap.used, HEAP_PAGES) == 0);
}

/* --- the guest --- */

static void step_turn(struct input *in)
{
	int r = link_turn(&g.link);

	require(r >= 0 || r == -EBADMSG || r == -ENOBUFS);
	if (r < 0) /* the compositor ends, and begins anew */
		handle_ended(&g.link);
	g.link.joined = g.link.joined && r >= 0;
}

static void step_resize(struct input *in)
{
	struct canvas *c = &g.canvas[take(in, 1) % CANVASES];
	int w = 1 + (int)(take(in, 2) % SIDE_MAX), h = 1 + (int)(take(in, 2) % SIDE_MAX);

	canvas_resize(c, w, h);
}

static void step_damage(struct input *in)
{
	struct canvas *c = &g.canvas[take(in, 1) % CANVASES];
	int x = (int16_t)take(in, 2), y = (int16_t)take(in, 2), w = (int16_t)take(in, 2), h = (int16_t)take(in, 2);

	canvas_damage_box(c, x, y, w, h);
}

/* Paints all of a slot, so that one that is too small is seen, and hands it over. */
static void step_commit(struct input *in)
{
	struct canvas *c = &g.canvas[take(in, 1) % CANVASES];
	struct gui_msg commit = { .head = { .type = GUI_COMMIT, .win = 1 } };
	struct canvas_slot *slot;
	uint64_t copied;
	struct msg m;

	if (c->w == 0 || !g.link.joined)
		return;
	slot = canvas_acquire(c, &copied);
	if (!slot)
		return;
	require(!slot->held && (uint64_t)c->stride * (uint64_t)c->h <= (uint64_t)slot->npages * VMOS_PAGE_SIZE);
	require(copied <= 4 * (uint64_t)c->w * (uint64_t)c->h);
	for (uint32_t p = slot->page; p < slot->page + slot->npages; p++) {
		require(!g.held[p]);
		g.held[p] = slot->page + 1;
	}
	memset(canvas_pixels(c, slot), 0x5a, (size_t)c->stride * (size_t)c->h);
	canvas_committed(c, slot);
	commit.commit = (struct gui_commit){ .page = slot->page,
		.w = (uint16_t)c->w,
		.h = (uint16_t)c->h,
		.stride = c->stride,
		.scale120 = GUI_SCALE_ONE };
	require(gui_encode(&commit, &m) == 0);
	link_send(&g.link, &m);
}

static void step_end(struct input *in)
{
	struct canvas *c = &g.canvas[take(in, 1) % CANVASES];

	canvas_finish(c);
	canvas_init(c, &g.heap);
}

/* --- the host --- */

static void step_open(struct input *in)
{
	require(channel_host_open(&g.host, region, VMOS_GUI_REGION, VMOS_ROLE_GUI, ++g.epoch) == 0);
}

static void step_close(struct input *in)
{
	channel_host_close(&g.host);
}

/* Reads what the guest said; it may make no sense, as the host has written over its own side of it. */
static void step_hear(struct input *in)
{
	struct msg m;

	channel_poll(&g.host);
	for (int i = 0; i < 64 && channel_recv(&g.host, &m) > 0; i++)
		;
	channel_recv_done(&g.host);
}

static void step_send(struct input *in)
{
	struct msg m = { { 0 } };
	struct msg_head head = { .type = (uint16_t)(GUI_WELCOME + take(in, 1) % 32), .win = take(in, 1) % 4 };
	uint32_t len = take(in, 1) % (MSG_BODY + 1);

	msg_head_put(&m, &head);
	for (uint32_t i = 0; i < len; i++)
		m.bytes[MSG_SIZE - MSG_BODY + i] = (uint8_t)take(in, 1);
	channel_poll(&g.host);
	if (channel_send(&g.host, &m) == 0)
		channel_flush(&g.host);
}

/* Gives a slot back that the guest has handed over, and one that it has not. */
static void step_release(struct input *in)
{
	struct gui_msg back = { .head.type = GUI_RELEASE };
	uint32_t which = take(in, 1);
	const struct canvas_slot *slot = &g.canvas[which % CANVASES].slots[(which >> 2) % CANVAS_SLOTS];
	struct msg m;

	back.release.page = slot->page;
	if (g.heap.retired_len > 0 && which & 0x80)
		back.release.page = g.heap.retired[which % g.heap.retired_len].page;
	require(gui_encode(&back, &m) == 0);
	channel_poll(&g.host);
	if (channel_send(&g.host, &m) == 0)
		channel_flush(&g.host);
}

static void step_scribble(struct input *in)
{
	static const struct {
		uint32_t off, len;
	} zones[] = {
		{ VMOS_HDR_HOST_OFF, 256 },
		{ VMOS_IDX_HOST_OFF, 256 },
		{ VMOS_H2G_OFF, VMOS_RING_LEN * VMOS_MSG_SIZE },
		{ VMOS_BLOB_OFF + VMOS_GUI_BLOB, VMOS_GUI_BLOB },
	};
	uint32_t zone = take(in, 1) % COUNT(zones), at = take(in, 3) % zones[zone].len, n = 1 + take(in, 1) % 8;

	for (uint32_t i = 0; i < n && at + i < zones[zone].len; i++)
		region[zones[zone].off + at + i] = (uint8_t)take(in, 1);
}

static void begin(void)
{
	if (!region) {
		region = mmap(NULL, VMOS_GUI_REGION, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		require(region != MAP_FAILED);
	}
	memset(region, 0, VMOS_BLOB_OFF);
	memset(&g, 0, sizeof(g));
	step_open(NULL);
	require(link_open(&g.link, "", VMOS_ROLE_GUI, &ops) == 0);
	require(heap_init(&g.heap, region + g.link.dev.heap_off, (size_t)HEAP_PAGES * VMOS_PAGE_SIZE) == 0);
	for (int i = 0; i < CANVASES; i++)
		canvas_init(&g.canvas[i], &g.heap);
}

static void end(void)
{
	for (int i = 0; i < CANVASES; i++)
		canvas_finish(&g.canvas[i]);
	heap_finish(&g.heap);
	link_close(&g.link);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[])(struct input * in) = { step_turn, step_commit, step_release, step_resize,
		step_damage, step_send, step_hear, step_scribble, step_end, step_open, step_close };
	struct input in = { data, size };

	begin();
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
		steps[take(&in, 1) % COUNT(steps)](&in);
		check_pages();
	}
	end();
	return 0;
}
