/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/palette.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 * In the order in which new VMs get them: neighbours differ in hue and in
 * lightness, so that people who see few hues can tell the first ones apart too
 * (after Okabe and Ito's palette, darkened for white text where needed).
 */
static const struct {
	const char *name;
	uint32_t rgb;
} palette[] = {
	{ "blue", 0x2563eb },
	{ "red", 0xdc2626 },
	{ "green", 0x15803d },
	{ "orange", 0xea7a0c },
	{ "purple", 0x7e22ce },
	{ "yellow", 0xeab308 },
	{ "cyan", 0x0891b2 },
	{ "pink", 0xdb2777 },
	{ "brown", 0x7c4a21 },
	{ "grey", 0x6b7280 },
	{ "black", 0x1f2937 },
	{ "white", 0xe5e7eb },
};

#define PALETTE_LEN (sizeof(palette) / sizeof(palette[0]))

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int parse_hex(const char *digits, uint32_t *ret_rgb)
{
	size_t len = strlen(digits);
	uint32_t rgb = 0;

	if (len != 3 && len != 6)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		int d = hex_digit(digits[i]);

		if (d < 0)
			return -EINVAL;
		rgb = rgb << 4 | (uint32_t)d;
		if (len == 3)
			rgb = rgb << 4 | (uint32_t)d;
	}
	*ret_rgb = rgb;
	return 0;
}

int palette_parse(const char *text, uint32_t *ret_rgb)
{
	if (text[0] == '#')
		return parse_hex(text + 1, ret_rgb);
	if (strcasecmp(text, "gray") == 0)
		text = "grey";
	for (size_t i = 0; i < PALETTE_LEN; i++) {
		if (strcasecmp(text, palette[i].name) != 0)
			continue;
		*ret_rgb = palette[i].rgb;
		return 0;
	}
	return -EINVAL;
}

uint32_t palette_pick(const uint32_t *used, size_t n)
{
	size_t best = 0, best_count = SIZE_MAX;

	for (size_t i = 0; i < PALETTE_LEN; i++) {
		size_t count = 0;

		for (size_t k = 0; k < n; k++)
			count += used[k] == palette[i].rgb;
		if (count < best_count) {
			best = i;
			best_count = count;
		}
	}
	return palette[best].rgb;
}

void palette_format(uint32_t rgb, char *dst)
{
	snprintf(dst, 8, "#%06x", rgb & 0xffffff);
}

const char *palette_names(void)
{
	return "blue, red, green, orange, purple, yellow, cyan, pink, brown, grey, black, white";
}
