/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frame colours: names that people can tell apart, and any #rrggbb. */
#ifndef POLICY_PALETTE_H
#define POLICY_PALETTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name of the palette, "#rrggbb" or "#rgb". 0 and 0xRRGGBB, or -EINVAL. */
int palette_parse(const char *text, uint32_t *ret_rgb);

/* The first colour of the palette that is least used among @n colours in @used. */
uint32_t palette_pick(const uint32_t *used, size_t n);

/* Which of the frames' patterns goes with a colour: that of the palette's nearest, so that each name has its own. */
#define PALETTE_PATTERNS 12
unsigned palette_pattern(uint32_t rgb);

#define PALETTE_CELL 8 /* logical units after which a pattern repeats, either way */
/* Whether the mark of pattern @number covers the logical place @x, @y; both from 0 on. */
bool palette_covers(unsigned number, int x, int y);

/* Writes "#rrggbb" to @dst, which holds 8 bytes. */
void palette_format(uint32_t rgb, char *dst);

/* The palette's names, comma separated, for messages. */
const char *palette_names(void);

#endif
