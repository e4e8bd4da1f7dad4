/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/palette.h"

#include <errno.h>
#include <string.h>

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

_Static_assert(PALETTE_LEN == PALETTE_PATTERNS, "each colour has a pattern");

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

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether @text is @name, in capitals or not. */
static bool is_name(const char *text, const char *name)
{
	while (*text && lower(*text) == *name) {
		text++;
		name++;
	}
	return *text == *name;
}

int palette_parse(const char *text, uint32_t *ret_rgb)
{
	if (text[0] == '#')
		return parse_hex(text + 1, ret_rgb);
	if (is_name(text, "gray"))
		text = "grey";
	for (size_t i = 0; i < PALETTE_LEN; i++) {
		if (!is_name(text, palette[i].name))
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

static uint32_t square(uint32_t a, uint32_t b, unsigned shift)
{
	int d = (int)(a >> shift & 0xff) - (int)(b >> shift & 0xff);

	return (uint32_t)(d * d);
}

unsigned palette_pattern(uint32_t rgb)
{
	uint32_t least = UINT32_MAX;
	unsigned best = 0;

	for (unsigned i = 0; i < PALETTE_LEN; i++) {
		uint32_t far = square(rgb, palette[i].rgb, 16) + square(rgb, palette[i].rgb, 8) +
			square(rgb, palette[i].rgb, 0);

		if (far < least) {
			best = i;
			least = far;
		}
	}
	return best;
}

void palette_format(uint32_t rgb, char *dst)
{
	static const char digits[] = "0123456789abcdef";

	dst[0] = '#';
	for (int i = 0; i < 6; i++)
		dst[1 + i] = digits[rgb >> (20 - 4 * i) & 15];
	dst[7] = '\0';
}

const char *palette_names(void)
{
	return "blue, red, green, orange, purple, yellow, cyan, pink, brown, grey, black, white";
}

/* One row a pattern, in the palette's order; eight lines of eight bits, the leftmost is the highest. */
static const uint8_t cells[PALETTE_PATTERNS][PALETTE_CELL] = {
	{ 0xe0, 0x70, 0x38, 0x1c, 0x0e, 0x07, 0x83, 0xc1 }, /* blue: diagonals, falling */
	{ 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00 }, /* red: lines across */
	{ 0x18, 0x3c, 0x7e, 0x7e, 0x3c, 0x18, 0x00, 0x00 }, /* green: dots */
	{ 0xe0, 0xe0, 0xe0, 0xe0, 0xe0, 0xe0, 0xe0, 0xe0 }, /* orange: lines down */
	{ 0xf0, 0xf0, 0xf0, 0xf0, 0x0f, 0x0f, 0x0f, 0x0f }, /* purple: checks */
	{ 0x07, 0x0e, 0x1c, 0x38, 0x70, 0xe0, 0xc1, 0x83 }, /* yellow: diagonals, rising */
	{ 0x18, 0x3c, 0x66, 0xc3, 0x81, 0x00, 0x00, 0x00 }, /* cyan: zigzag */
	{ 0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80 }, /* pink: a grid */
	{ 0xff, 0x80, 0x80, 0x80, 0xff, 0x08, 0x08, 0x08 }, /* brown: bricks */
	{ 0xc0, 0xc0, 0x00, 0x00, 0x0c, 0x0c, 0x00, 0x00 }, /* grey: specks */
	{ 0x81, 0x42, 0x24, 0x18, 0x18, 0x24, 0x42, 0x81 }, /* black: crossed diagonals */
	{ 0x80, 0xc0, 0xe0, 0xf0, 0xf8, 0xfc, 0xfe, 0xff }, /* white: triangles */
};

bool palette_covers(unsigned number, int x, int y)
{
	return cells[number % PALETTE_PATTERNS][y % PALETTE_CELL] & 0x80 >> x % PALETTE_CELL;
}
