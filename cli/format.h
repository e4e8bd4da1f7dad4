/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How sizes, colours and times are read and written. Pure, but for the question whether to use colours. */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_SIZE_MAX 16
#define FORMAT_SWATCH_MAX 40

/*
 * A size as people write it: digits and K, M, G or T (powers of 1024; "B" and
 * "iB" may follow), or digits alone in units of @unit bytes. The result is in
 * units of @unit, rounded up. -EINVAL: no size, or 0; -EDOM: less than one
 * unit; -ERANGE: too big.
 */
int format_parse_size(const char *text, uint64_t unit, uint32_t *ret);

/* "0 B", "512 B", "1.5 KiB", "340 MiB": at most three digits. */
const char *format_size(uint64_t bytes, char buf[FORMAT_SIZE_MAX]);

/* #rrggbb in either case. -EINVAL. */
int format_parse_color(const char *text, uint32_t *ret_rgb);

/* Two cells of the VM's colour for a terminal, or nothing when @on is false. */
const char *format_swatch(const char *color, bool on, char buf[FORMAT_SWATCH_MAX]);

/* How the sound of a VM or the host is, in vmosd's @word: why there is none and what to do; @word where there is some. */
const char *format_sound(const char *word);

/* Whether standard output is a terminal and NO_COLOR is not set (no-color.org). */
bool format_use_color(void);

/* Digits only, 1 … @max. -EINVAL. */
int format_parse_number(const char *text, uint32_t max, uint32_t *ret);

#endif
