/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tone for the tests of sound, and what became of it.
 *
 *	tone make FILE HZ SECONDS	writes it, half of full loudness, as a WAV file
 *	tone delay FILE			ms from the first sound of the left channel to that of the right one
 *	tone hear FILE			"seconds=… hz=… peak=… gaps=… longest=…": of a WAV file of 16-bit samples, what lies
 *					between the first sound and the last. A gap is more silence than a tone has; ms
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define RATE 48000u
#define CHANNELS 2u
#define HEADER 44u /* of a file that we write */
#define FILE_MAX (64u << 20)
#define SILENCE 8 /* of 32768: less is none */
#define GAP_FRAMES 64u

static void put(uint8_t *at, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get(const uint8_t *at, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)at[i] << (8 * i);
	return value;
}

static int make(const char *path, double hz, double seconds)
{
	uint32_t frames = (uint32_t)(seconds * RATE), len = frames * CHANNELS * 2;
	uint8_t *bytes cleanup_free = calloc(1, HEADER + len);
	FILE *file = fopen(path, "w");

	if (!bytes || !file)
		return 1;
	memcpy(bytes, "RIFF....WAVEfmt ", 16);
	put(bytes + 4, HEADER - 8 + len, 4);
	put(bytes + 16, 16, 4);
	put(bytes + 20, 1, 2);
	put(bytes + 22, CHANNELS, 2);
	put(bytes + 24, RATE, 4);
	put(bytes + 28, RATE * CHANNELS * 2, 4);
	put(bytes + 32, CHANNELS * 2, 2);
	put(bytes + 34, 16, 2);
	memcpy(bytes + 36, "data", 4);
	put(bytes + 40, len, 4);
	for (uint32_t i = 0; i < frames * CHANNELS; i++)
		put(bytes + HEADER + 2 * i, (uint16_t)lround(16384 * sin(2 * M_PI * hz * (i / CHANNELS) / RATE)), 2);
	fwrite(bytes, 1, HEADER + len, file);
	return fclose(file) ? 1 : 0;
}

/* The bytes of the chunk "data". One that was not finished says that it is empty, or endless: then it is the rest. */
static const uint8_t *find_data(const uint8_t *bytes, size_t len, size_t *ret_len)
{
	size_t at = 12;

	while (at + 8 <= len && memcmp(bytes + at, "data", 4) != 0)
		at += 8 + get(bytes + at + 4, 4);
	if (at + 8 > len)
		return NULL;
	*ret_len = get(bytes + at + 4, 4);
	if (*ret_len == 0 || *ret_len > len - at - 8)
		*ret_len = len - at - 8;
	return bytes + at + 8;
}

struct heard {
	size_t first, last; /* frames with sound */
	size_t crossings, gaps, longest;
	int peak;
};

static void listen_to(const uint8_t *data, size_t frames, unsigned channels, struct heard *h)
{
	int before = 0;

	for (size_t i = 0; i < frames; i++) {
		int v = (int16_t)get(data + 2 * channels * i, 2);

		h->peak = abs(v) > h->peak ? abs(v) : h->peak;
		if (abs(v) < SILENCE)
			continue;
		if (h->peak && h->last && i - h->last > GAP_FRAMES) {
			h->gaps++;
			h->longest = i - h->last > h->longest ? i - h->last : h->longest;
		}
		if (!h->last)
			h->first = i;
		h->crossings += (v > 0) != (before > 0) && before;
		before = v;
		h->last = i;
	}
}

/* Where a channel is first louder than a quarter of what a tone is; @frames: nowhere. */
static size_t onset(const uint8_t *data, size_t frames, unsigned channel)
{
	for (size_t i = 0; i < frames; i++)
		if (abs((int16_t)get(data + 2 * (CHANNELS * i + channel), 2)) > 4096)
			return i;
	return frames;
}

static int delay(const char *path)
{
	char *bytes cleanup_free = NULL;
	size_t len = 0, data_len = 0, left, right;
	const uint8_t *data;

	if (fd_read_file(path, FILE_MAX, &bytes, &len) < 0 || len < HEADER || get((uint8_t *)bytes + 22, 2) != CHANNELS)
		return 1;
	data = find_data((uint8_t *)bytes, len, &data_len);
	if (!data)
		return 1;
	left = onset(data, data_len / (2 * CHANNELS), 0);
	right = onset(data, data_len / (2 * CHANNELS), 1);
	if (right >= data_len / (2 * CHANNELS) || right < left)
		return 1;
	printf("%.1f\n", 1000.0 * (double)(right - left) / RATE);
	return 0;
}

static int hear(const char *path)
{
	struct heard h = { 0 };
	const uint8_t *data;
	char *bytes cleanup_free = NULL;
	size_t len = 0, data_len = 0;
	unsigned channels;
	double seconds;

	if (fd_read_file(path, FILE_MAX, &bytes, &len) < 0 || len < HEADER)
		return 1;
	channels = get((uint8_t *)bytes + 22, 2);
	data = find_data((uint8_t *)bytes, len, &data_len);
	if (!data || channels == 0)
		return 1;
	listen_to(data, data_len / (2 * channels), channels, &h);
	seconds = (double)(h.last - h.first) / RATE;
	printf("seconds=%.2f hz=%.0f peak=%d gaps=%zu longest=%.0f\n", seconds,
		seconds > 0 ? (double)h.crossings / 2 / seconds : 0, h.peak, h.gaps, 1000.0 * (double)h.longest / RATE);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "make") == 0)
		return make(argv[2], strtod(argv[3], NULL), strtod(argv[4], NULL));
	if (argc == 3 && strcmp(argv[1], "hear") == 0)
		return hear(argv[2]);
	if (argc == 3 && strcmp(argv[1], "delay") == 0)
		return delay(argv[2]);
	fprintf(stderr, "usage: tone make FILE HZ SECONDS | hear FILE | delay FILE\n");
	return 2;
}
