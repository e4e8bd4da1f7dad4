/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audio channel: sound of a guest to the host and, while the user allows
 * it, the host's microphone to the guest. vmos-audio on both sides.
 *
 * Sound is frames of two signed 16-bit samples, 48,000 a second, and nothing
 * else: each value of these bytes is a sample, so there is nothing to decode
 * and nothing to check but how many there are.
 *
 * The host's sound card is the clock. The guest may send a frame when a CREDIT
 * has named it: the host grants as many as it wants to have in store, and one
 * more for each that was played. So the guest needs no timer, and two clocks
 * that differ need no resampling.
 */
#ifndef PROTO_AUDIO_H
#define PROTO_AUDIO_H

#include <stdint.h>

#include "proto/msg.h"

#define AUDIO_VERSION 1
#define AUDIO_RATE 48000
#define AUDIO_FRAME 4u /* bytes: left and right, little endian */
#define AUDIO_CHUNK 16384u /* bytes of one PLAY or HEARD at most */
#define AUDIO_STORE_MAX (AUDIO_RATE / 4) /* frames under way at most: a quarter of a second */

enum audio_type {
	/* guest to host */
	AUDIO_HELLO = 1,
	AUDIO_PLAY, /* frames to be played after those before */
	AUDIO_STOP, /* no more until the next PLAY: what is in store is played, then there is silence */
	AUDIO_LISTEN, /* whether a program wants to hear the microphone */
	/* host to guest */
	AUDIO_WELCOME = 0x81, /* first of all, answers HELLO */
	AUDIO_CREDIT,
	AUDIO_MICROPHONE, /* whether the user allows it; not until this says so */
	AUDIO_HEARD, /* frames of the microphone */
};

/* A table: one message a line. */
/* clang-format off */
struct audio_hello { uint32_t version; };
struct audio_pcm { struct blob_ref blob; }; /* PLAY, HEARD: whole frames */
struct audio_switch { uint32_t on; }; /* LISTEN, MICROPHONE: 0 or 1 */
struct audio_welcome { uint32_t version, rate, delay; }; /* delay: frames from PLAY to the host's sound server, about */
struct audio_credit { uint32_t until; }; /* how many frames of this session may be sent in all, modulo 2^32 */
/* clang-format on */

struct audio_msg {
	struct msg_head head; /* STOP has no body */
	union {
		struct audio_hello hello;
		struct audio_pcm pcm;
		struct audio_switch onoff;
		struct audio_welcome welcome;
		struct audio_credit credit;
	};
};

/* As in gui.h: -EBADMSG refuses, @ret is untouched. */
int audio_decode_guest(const struct msg *m, struct audio_msg *ret);
int audio_decode_host(const struct msg *m, struct audio_msg *ret);
int audio_encode(const struct audio_msg *a, struct msg *ret_msg);

#endif
