/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program writes, on its way by a relay: the receiver's side gets what
 * was written and nothing else, however all is cut, or one of the two refuses
 * it. The first byte says how it is cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/tests/far_stand.h"
#include "base/fd.h"
#include "tests/fuzz/fuzz.h"

#define PIECE 4096 /* bytes: as many as a pipe takes at once in any case */

struct way {
	const uint8_t *written; /* by the program */
	size_t size, at; /* and read again */
	uint8_t out[PIECE + FAR_MORE];
	int in[2], to[2]; /* the program's pipe, the receiver's */
};

static struct far_stand stand;

/* What has come out must be what went in, in its order. */
static void take_out(struct way *w)
{
	uint8_t got[PIECE];
	ssize_t n;

	while ((n = read(w->to[0], got, sizeof(got))) > 0) {
		require((size_t)n <= w->size - w->at && memcmp(got, w->written + w->at, (size_t)n) == 0);
		w->at += (size_t)n;
	}
}

/* False: it is refused, or waits for what does not come. */
static bool pass_on(struct way *w, const uint8_t *bytes, size_t len)
{
	size_t taken;
	int ret = 1;

	while (ret > 0 || ret == -EAGAIN || (ret == -ENOBUFS && far_stand_step(&stand))) {
		ret = far_target_write(&stand.target, w->to[1], bytes, len, &taken);
		require(taken <= len);
		bytes += taken;
		len -= taken;
		take_out(w);
	}
	return ret == 0;
}

static void run(struct way *w, uint8_t cut)
{
	size_t max = 1 + cut * (PIECE - 1u) / 255, len;

	for (size_t at = 0; at < w->size;) {
		size_t n = w->size - at < PIECE ? w->size - at : PIECE;
		ssize_t ret = 1;

		require(write(w->in[1], w->written + at, n) == (ssize_t)n);
		at += n;
		while (ret > 0 || ret == -ENOBUFS) {
			ret = far_source_read(&stand.source, w->in[0], max, w->out, &len);
			require(len <= max + FAR_MORE);
			if (ret > 0 && !pass_on(w, w->out, len))
				return;
			far_stand_step(&stand);
		}
		if (ret != -EAGAIN)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct way w = { .written = data + 1, .size = size - 1 };

	if (size < 1)
		return 0;
	require(far_stand_open(&stand, 1) == 0);
	require(!pipe2(w.in, O_NONBLOCK | O_CLOEXEC) && !pipe2(w.to, O_NONBLOCK | O_CLOEXEC));
	run(&w, data[0]);
	fd_close_all(w.in, 2);
	fd_close_all(w.to, 2);
	far_stand_close(&stand);
	return 0;
}
