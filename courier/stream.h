/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stdio of one run: fds that belong to the user's shell, terminals and
 * pipelines. They are shared with other programs, so their flags are never
 * touched, and one that does not move must not stop the others: nothing here
 * blocks longer than the file itself takes.
 */
#ifndef COURIER_STREAM_H
#define COURIER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "proto/ctl.h"
#include "proto/licence.h"

/* One open fd. Regular files and /dev/null cannot be polled and are always ready. */
struct stream {
	int fd; /* owned; -1: closed */
	bool always_ready;
	bool is_socket;
	size_t chunk; /* bytes that one write may have without blocking after POLLOUT */
	const struct licence *licence; /* borrowed, may be NULL: nothing is written once it is gone */
	sd_event_source *source; /* NULL when always ready */
};

/* From the guest to an fd: stdout and stderr. */
struct output {
	struct stream stream;
	uint8_t *buf; /* ring of CTL_WINDOW bytes, made when first needed */
	uint32_t at, len; /* what waits to be written */
	uint32_t out; /* bytes the guest has under way: not given back yet */
	uint32_t owed; /* of these, what is written on: to be given back by CREDIT */
	bool eof; /* the guest sends no more */
	bool broken; /* nobody reads: what comes is dropped */
	bool told; /* the program heard of that */
};

/* From an fd to the guest: stdin. */
struct input {
	struct stream stream;
	uint8_t *buf; /* CTL_CHUNK bytes: read, not sent yet */
	uint32_t len;
	uint32_t credit; /* bytes the guest takes */
	bool eof; /* nothing more comes from the fd */
	bool eof_sent;
};

/* Take @fd over. @handler is called when the fd may be ready, with @userdata. -errno. */
int output_open(struct output *o, sd_event *event, int fd, sd_event_io_handler_t handler, void *userdata);
int input_open(struct input *in, sd_event *event, int fd, sd_event_io_handler_t handler, void *userdata);
void output_close(struct output *o);
void input_close(struct input *in);

/*
 * Takes bytes of the guest: writes what the fd takes at once, keeps the rest.
 * -EMSGSIZE: more than the window allows; -EPROTO: after the end; -ENOMEM.
 */
int output_put(struct output *o, const uint8_t *untrusted_data, uint32_t len);
/* Writes on what waits. Watches the fd while something is left. */
void output_drain(struct output *o);
/* Each write from here on has CTL_CHUNK bytes at most, and needs @licence, which must live as long as @o. */
void output_need_licence(struct output *o, const struct licence *licence);
/* Nobody reads any more: drops what waits and will come, and gives it back. */
void output_drop(struct output *o);
/* Bytes to give back now, 0 while it is not worth a message. The caller sends CREDIT, then calls output_credited(). */
uint32_t output_owed(const struct output *o);
void output_credited(struct output *o, uint32_t bytes);

/* Reads at most @room bytes when @in->buf is empty and credit is there. Call when the fd may be ready. */
void input_fill(struct input *in, size_t room);
/* Watches the fd while @in could take bytes (@on), or not. Always-ready fds need no watching. */
void input_watch(struct input *in, bool on);
/* The guest took @bytes. -EPROTO: more than it was given. */
int input_credit(struct input *in, uint32_t bytes);

#endif
