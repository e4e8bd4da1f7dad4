/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gui channel: windows, pixels and input. Each message has one struct; one
 * decoder per direction turns a private 64-byte copy into it or refuses.
 *
 * Pixels: a COMMIT names a slot in the heap by its first page. Slots are page
 * aligned, their stride a multiple of 256. The guest owns a slot until it
 * commits it; the host holds it until RELEASE. Coordinates of pointer and
 * popups are in logical (surface) units of the window's content, those of
 * buffers and damage in buffer pixels; scale120 is scale × 120.
 *
 * Clipboard: HELLO and WELCOME say by a feature bit who knows it. The guest
 * OFFERs kinds of what is selected there. The host alone begins, by a gesture
 * of the user: WANT is answered by DATA messages of that xfer, and GIVE
 * messages make what they bring the guest's clipboard. Nothing else is ever
 * sent of a clipboard.
 *
 * Touch, to guests that know it: a finger belongs to the window that it came
 * down in until it goes up. FRAME ends what happened at once. CANCEL: the
 * fingers in that window were no touch of the guest's after all; of window 0:
 * all are none.
 *
 * Drags: the guest says DRAG when a program begins one while a button is held
 * in the window. From then on the pointer enters each window of the guest that
 * it comes over, though the button is down, until that button's release. What
 * is dragged never leaves the guest.
 */
#ifndef PROTO_GUI_H
#define PROTO_GUI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/msg.h"

#define GUI_VERSION 1
#define GUI_WINDOWS_MAX 256
#define GUI_BUFFERS_MAX 64
#define GUI_SIZE_MAX 16384
#define GUI_POPUP_DEPTH_MAX 8
#define GUI_TITLE_MAX 128
#define GUI_TITLE_PARTS 3
#define GUI_TITLE_CHUNK 46
#define GUI_COMMIT_RECTS 4
#define GUI_DAMAGE_RECTS 6
#define GUI_ENTER_KEYS 20
#define GUI_CURSOR_MAX 64
#define GUI_STRIDE_ALIGN 256
#define GUI_SCALE_ONE 120 /* scale120 of 1.0; 60 … 960 is accepted */
#define GUI_FEATURE_CLIPBOARD (1u << 0) /* of HELLO and WELCOME */
#define GUI_FEATURE_ATTENTION (1u << 1) /* of WELCOME: the host knows ATTENTION */
#define GUI_FEATURE_TOUCH (1u << 2) /* of HELLO: the guest knows the TOUCH messages */
#define GUI_TOUCH_POINTS 16 /* fingers at a time */
#define GUI_FEATURE_DRAG (1u << 3) /* of WELCOME: the host knows DRAG */
#define GUI_CLIP_CHUNK (64u << 10) /* bytes of one CLIP_DATA or CLIP_GIVE */
#define GUI_CLIP_MAX (16u << 20) /* bytes of one clipboard */
#define GUI_HEAP_PAGES_MAX (VMOS_GUI_REGION / VMOS_PAGE_SIZE)

enum gui_type {
	/* guest to host */
	GUI_HELLO = 1,
	GUI_PONG,
	GUI_BYE,
	GUI_WIN_NEW,
	GUI_WIN_DEL,
	GUI_POPUP_POS,
	GUI_COMMIT,
	GUI_DAMAGE,
	GUI_TITLE,
	GUI_APPID,
	GUI_HINTS,
	GUI_STATE_REQ,
	GUI_MOVE,
	GUI_RESIZE,
	GUI_CURSOR_SHAPE,
	GUI_CURSOR_IMG,
	GUI_BELL,
	GUI_IDLE_INHIBIT,
	GUI_CLIP_OFFER,
	GUI_CLIP_DATA,
	GUI_ATTENTION,
	GUI_DRAG,
	/* host to guest */
	GUI_WELCOME = 0x81,
	GUI_OUTPUT,
	GUI_CONFIGURE,
	GUI_CLOSE,
	GUI_POPUP_PLACED,
	GUI_POPUP_DONE,
	GUI_FRAME,
	GUI_RELEASE,
	GUI_KEYMAP,
	GUI_KB_ENTER,
	GUI_KB_LEAVE,
	GUI_KEY,
	GUI_MODS,
	GUI_REPEAT,
	GUI_PTR_ENTER,
	GUI_PTR_LEAVE,
	GUI_PTR_MOTION,
	GUI_PTR_BUTTON,
	GUI_PTR_AXIS,
	GUI_PING,
	GUI_CLIP_WANT,
	GUI_CLIP_GIVE,
	GUI_TOUCH_DEVICE,
	GUI_TOUCH_DOWN,
	GUI_TOUCH_MOTION,
	GUI_TOUCH_UP,
	GUI_TOUCH_FRAME,
	GUI_TOUCH_CANCEL,
};

enum gui_role { GUI_ROLE_TOPLEVEL, GUI_ROLE_POPUP, GUI_ROLE_DIALOG };
/* Kinds of a clipboard: text/plain;charset=utf-8 and image/png. One in WANT and GIVE, a mask in OFFER. */
enum gui_mime { GUI_MIME_TEXT = 1, GUI_MIME_PNG = 2 };
#define GUI_MIME_MASK 3u
/* What follows a CLIP_DATA: more of it; nothing, it is whole; nothing, there was none of that kind, or it was too much. */
enum gui_clip_end { GUI_CLIP_MORE, GUI_CLIP_LAST, GUI_CLIP_NONE, GUI_CLIP_TOO_LARGE };
enum gui_fmt { GUI_FMT_XRGB, GUI_FMT_ARGB };

/* CONFIGURE.states and STATE_REQ.bits */
#define GUI_STATE_ACTIVATED (1u << 0)
#define GUI_STATE_MAXIMIZED (1u << 1)
#define GUI_STATE_FULLSCREEN (1u << 2)
#define GUI_STATE_RESIZING (1u << 3)
#define GUI_STATE_TILED_LEFT (1u << 4)
#define GUI_STATE_TILED_RIGHT (1u << 5)
#define GUI_STATE_TILED_TOP (1u << 6)
#define GUI_STATE_TILED_BOTTOM (1u << 7)
#define GUI_STATE_MINIMIZED (1u << 8) /* STATE_REQ only */
#define GUI_STATE_MASK 0x1ffu

/* Edges, anchors and gravities: a bit mask, as xdg_toplevel's resize edges. */
#define GUI_EDGE_TOP 1u
#define GUI_EDGE_BOTTOM 2u
#define GUI_EDGE_LEFT 4u
#define GUI_EDGE_RIGHT 8u

/* POPUP_POS.constraint, the bits of xdg_positioner's constraint_adjustment */
#define GUI_CONSTRAINT_MASK 0x3fu

/* CURSOR_SHAPE: the numbers of wp_cursor_shape_device_v1's shapes, 1 … 34; 0 hides the pointer. */
#define GUI_CURSOR_DEFAULT 1
#define GUI_CURSOR_SHAPE_MAX 34

struct gui_rect {
	uint16_t x, y, w, h; /* w == 0 or h == 0: unused */
};

/* A table: one message a line. */
/* clang-format off */
struct gui_hello { uint32_t version, features; };
struct gui_ping { uint64_t cookie; };
struct gui_bye { uint32_t reason; };
struct gui_win_new { uint8_t role; uint32_t parent; uint16_t w, h; }; /* parent 0: none; needed for a popup */
struct gui_popup_pos {
	int32_t anchor_x, anchor_y; /* in the parent's content */
	uint16_t anchor_w, anchor_h;
	uint8_t anchor, gravity, constraint;
	int32_t dx, dy;
	uint16_t w, h;
	uint32_t token; /* 0: first placement; else of a reposition */
};
struct gui_commit {
	uint32_t page; /* of the slot, counted from heap_off */
	uint16_t w, h;
	uint32_t stride;
	uint8_t fmt, nrect;
	uint16_t scale120;
	struct gui_rect rect[GUI_COMMIT_RECTS];
};
struct gui_damage { struct gui_rect rect[GUI_DAMAGE_RECTS]; };
struct gui_title { uint8_t part, len; char text[GUI_TITLE_CHUNK]; }; /* raw bytes of the guest */
struct gui_hints {
	uint16_t min_w, min_h, max_w, max_h; /* 0: no bound */
	uint16_t geo_x, geo_y, geo_w, geo_h; /* the part of the content that is the window */
	uint8_t opaque;
};
struct gui_state_req { uint32_t bits; };
struct gui_resize { uint32_t edges; };
struct gui_cursor_shape { uint32_t shape; };
struct gui_cursor_img { uint32_t page; uint8_t w, h, hot_x, hot_y; }; /* ARGB, stride 256 */
struct gui_idle_inhibit { uint32_t on; }; /* the window's wish that the screen stays on */
struct gui_clip_offer { uint32_t mimes; }; /* 0: nothing is selected */
struct gui_clip_data { uint32_t xfer; uint8_t end; struct blob_ref blob; }; /* blob: empty at the end if need be */

struct gui_output {
	uint32_t id;
	int32_t x, y;
	uint16_t w, h; /* logical */
	uint16_t mm_w, mm_h;
	uint16_t scale120;
	uint32_t mhz;
	uint32_t gone;
};
struct gui_configure { uint16_t w, h; uint32_t states; uint16_t scale120, bounds_w, bounds_h; }; /* 0×0: choose yourself */
struct gui_popup_placed { int32_t x, y; uint16_t w, h; uint32_t token; };
struct gui_frame { uint64_t ns; uint32_t refresh_ns; }; /* head.serial: seq of the COMMIT shown */
struct gui_release { uint32_t page; };
struct gui_keymap { struct blob_ref blob; }; /* xkb text v1, without NUL */
struct gui_kb_enter { uint16_t n; uint16_t key[GUI_ENTER_KEYS]; };
struct gui_key { uint32_t time_ms; uint16_t key; uint8_t pressed; }; /* evdev code */
struct gui_mods { uint32_t depressed, latched, locked, group; };
struct gui_repeat { uint32_t per_s, delay_ms; };
struct gui_ptr { uint32_t time_ms; int32_t x, y; }; /* ENTER, MOTION; 24.8 fixed point */
struct gui_button { uint32_t time_ms; uint32_t button; uint8_t pressed; };
struct gui_axis { uint32_t time_ms; uint8_t horizontal, source; int32_t value, value120; uint8_t stop; }; /* value 24.8 */
struct gui_touch_device { uint32_t there; }; /* whether the host has a touch screen */
struct gui_touch { uint32_t time_ms, id; int32_t x, y; }; /* id < GUI_TOUCH_POINTS; x, y as of gui_ptr, 0 in UP */
struct gui_clip_want { uint32_t xfer, mime; }; /* xfer counts the session's WANTs from 1 */
struct gui_clip_give { uint32_t xfer, mime, total; struct blob_ref blob; }; /* xfer: as above, of GIVEs; the parts sum up to total */
/* clang-format on */

/* A decoded message. Which member counts follows from @head.type; BYE, WIN_DEL, MOVE, BELL, ATTENTION, DRAG, CLOSE,
 * POPUP_DONE, KB_LEAVE, PTR_LEAVE, TOUCH_FRAME and TOUCH_CANCEL have none (BYE has). */
struct gui_msg {
	struct msg_head head;
	union {
		struct gui_hello hello; /* HELLO and WELCOME */
		struct gui_ping ping; /* PING and PONG */
		struct gui_bye bye;
		struct gui_win_new win_new;
		struct gui_popup_pos popup_pos;
		struct gui_commit commit;
		struct gui_damage damage;
		struct gui_title title; /* TITLE and APPID */
		struct gui_hints hints;
		struct gui_state_req state_req;
		struct gui_resize resize;
		struct gui_cursor_shape cursor_shape;
		struct gui_cursor_img cursor_img;
		struct gui_idle_inhibit idle_inhibit;
		struct gui_clip_offer clip_offer;
		struct gui_clip_data clip_data;
		struct gui_output output;
		struct gui_configure configure;
		struct gui_popup_placed popup_placed;
		struct gui_frame frame;
		struct gui_release release;
		struct gui_keymap keymap;
		struct gui_kb_enter kb_enter;
		struct gui_key key;
		struct gui_mods mods;
		struct gui_repeat repeat;
		struct gui_ptr ptr; /* PTR_ENTER and PTR_MOTION */
		struct gui_button button;
		struct gui_axis axis;
		struct gui_touch_device touch_device;
		struct gui_touch touch; /* TOUCH_DOWN, TOUCH_MOTION and TOUCH_UP */
		struct gui_clip_want clip_want;
		struct gui_clip_give clip_give;
	};
};

/*
 * Decode: every field is checked as far as it can be without state (ranges,
 * enums, flags and unused bytes zero). -EBADMSG: refused, @ret is untouched.
 * What needs state (does the window live, is the slot inside the heap and not
 * held) is the receiver's.
 */
int gui_decode_guest(const struct msg *m, struct gui_msg *ret); /* guest to host */
int gui_decode_host(const struct msg *m, struct gui_msg *ret); /* host to guest */
/* Encodes either direction. -EINVAL: @g would not decode again (a bug of the caller). */
int gui_encode(const struct gui_msg *g, struct msg *ret_msg);

/* Whether a slot of a commit lies inside a heap of @heap_len bytes (64-bit sum). */
bool gui_slot_fits(const struct gui_commit *c, uint64_t heap_len);

/*
 * Whether bytes may cross as a clipboard of this kind: 1 … GUI_CLIP_MAX of them;
 * text is valid UTF-8 without NUL; a PNG begins as one, and no more of it is read.
 */
bool gui_clip_is(uint32_t mime, const uint8_t *untrusted, size_t len);

/* The message's name for logs, "?" if unknown. */
const char *gui_type_name(uint16_t type);

#endif
