/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/audio.h"

#include <string.h>

#include "proto/codec.h"
#include "proto/uapi/vmos_channel.h"

_Static_assert(AUDIO_CHUNK <= VMOS_AUDIO_BLOB, "a chunk fits into the blob zone");
_Static_assert(AUDIO_CHUNK % AUDIO_FRAME == 0, "chunks are whole frames");

static bool hello_ok(const void *decoded)
{
	return ((const struct audio_msg *)decoded)->hello.version != 0;
}

static bool pcm_ok(const void *decoded)
{
	const struct blob_ref *b = &((const struct audio_msg *)decoded)->pcm.blob;

	return b->len >= AUDIO_FRAME && b->len <= AUDIO_CHUNK && b->len % AUDIO_FRAME == 0 &&
		b->off <= VMOS_AUDIO_BLOB - b->len;
}

static bool switch_ok(const void *decoded)
{
	return ((const struct audio_msg *)decoded)->onoff.on <= 1;
}

static bool welcome_ok(const void *decoded)
{
	const struct audio_welcome *w = &((const struct audio_msg *)decoded)->welcome;

	return w->version != 0 && w->rate == AUDIO_RATE && w->delay <= AUDIO_STORE_MAX;
}

#define F(s, member, nr, bytes) CODEC_FIELD(struct audio_##s, member, nr, bytes, NULL)
#define G2H CODEC_TO_HOST
#define H2G CODEC_TO_GUEST

/* Every message: who sends it, its fields in wire order, its check. */
static const struct codec_type types[] = {
	[AUDIO_HELLO] = { "HELLO", G2H, { F(hello, version, 1, 4) }, hello_ok },
	[AUDIO_PLAY] = { "PLAY", G2H, { F(pcm, blob, 2, 4) }, pcm_ok },
	[AUDIO_STOP] = { "STOP", G2H, { { 0 } }, NULL },
	[AUDIO_LISTEN] = { "LISTEN", G2H, { F(switch, on, 1, 4) }, switch_ok },

	[AUDIO_WELCOME] = { "WELCOME", H2G, { F(welcome, version, 3, 4) }, welcome_ok },
	[AUDIO_CREDIT] = { "CREDIT", H2G, { F(credit, until, 1, 4) }, NULL },
	[AUDIO_MICROPHONE] = { "MICROPHONE", H2G, { F(switch, on, 1, 4) }, switch_ok },
	[AUDIO_HEARD] = { "HEARD", H2G, { F(pcm, blob, 2, 4) }, pcm_ok },
};

static const struct codec codec = { types, sizeof(types) / sizeof(types[0]), offsetof(struct audio_msg, hello),
	sizeof(struct audio_msg) };

static int decode(const struct msg *m, uint32_t way, struct audio_msg *ret)
{
	struct audio_msg a;
	int r = codec_decode(&codec, m, way, &a);

	if (r == 0)
		*ret = a;
	return r;
}

int audio_decode_guest(const struct msg *m, struct audio_msg *ret)
{
	return decode(m, CODEC_TO_HOST, ret);
}

int audio_decode_host(const struct msg *m, struct audio_msg *ret)
{
	return decode(m, CODEC_TO_GUEST, ret);
}

int audio_encode(const struct audio_msg *a, struct msg *ret_msg)
{
	return codec_encode(&codec, a, ret_msg);
}
