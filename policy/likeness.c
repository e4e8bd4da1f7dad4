/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/likeness.h"

#include <stddef.h>
#include <string.h>

#include "proto/text.h"

#define SHAPE_MAX (2 * VM_NAME_MAX + 1)

/* What a character looks like, in characters that look like no other's. */
static const char *shape_of(char c, char *scratch)
{
	if (c >= 'A' && c <= 'Z' && c != 'I')
		c = (char)(c - 'A' + 'a');
	switch (c) {
	case '0':
		return "o";
	case '1':
	case 'I':
		return "l";
	case '5':
		return "s";
	case 'm':
		return "rn";
	case 'w':
		return "vv";
	case 'd':
		return "cl";
	case '_':
	case '.':
		return "-";
	default:
		scratch[0] = c;
		scratch[1] = '\0';
		return scratch;
	}
}

static void draw_shape(const char *name, char *dst)
{
	size_t len = 0;
	char scratch[2];

	for (; *name && len + 2 < SHAPE_MAX; name++) {
		for (const char *s = shape_of(*name, scratch); *s; s++)
			dst[len++] = *s;
	}
	while (len > 0 && dst[len - 1] == '-')
		len--;
	dst[len] = '\0';
}

bool likeness_is(const char *a, const char *b)
{
	char shape_a[SHAPE_MAX], shape_b[SHAPE_MAX];

	draw_shape(a, shape_a);
	draw_shape(b, shape_b);
	return strcmp(shape_a, shape_b) == 0;
}
