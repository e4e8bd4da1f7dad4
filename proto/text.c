/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/text.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static bool is_alnum(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool text_is_vm_name(const char *s)
{
	size_t len = strnlen(s, VM_NAME_MAX + 1);

	if (len == 0 || len > VM_NAME_MAX || !is_alnum(s[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_alnum(s[i]) && s[i] != '_' && s[i] != '.' && s[i] != '-')
			return false;
	return true;
}

/* Shape of a sequence by its first byte: bytes and smallest code point. RFC 3629 section 3. */
static size_t sequence_length(uint8_t first, uint32_t *ret_bits, uint32_t *ret_min)
{
	if (first < 0x80) {
		*ret_bits = first;
		*ret_min = 0;
		return 1;
	}
	if (first >= 0xc2 && first <= 0xdf) {
		*ret_bits = first & 0x1f;
		*ret_min = 0x80;
		return 2;
	}
	if ((first & 0xf0) == 0xe0) {
		*ret_bits = first & 0x0f;
		*ret_min = 0x800;
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		*ret_bits = first & 0x07;
		*ret_min = 0x10000;
		return 4;
	}
	return 0;
}

size_t text_utf8_next(const uint8_t *s, size_t len, uint32_t *ret_cp)
{
	uint32_t cp, min;
	size_t need = len > 0 ? sequence_length(s[0], &cp, &min) : 0;

	if (need == 0 || need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < min || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_cp = cp;
	return need;
}

/*
 * What must not reach a label or a log: it moves, hides or breaks what stands
 * around it. General categories Cc, Zl, Zp and Cn, default-ignorable code points
 * (Unicode's DerivedCoreProperties.txt) and the bidirectional controls of UAX #9.
 */
static const struct {
	uint32_t first, last;
} unsafe_ranges[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c },
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0x1fffe, 0x1ffff }, { 0x2fffe, 0x2ffff }, { 0x3fffe, 0x10ffff }, /* planes 4 … 13, tags, private use */
};

static bool is_unsafe(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(unsafe_ranges) / sizeof(unsafe_ranges[0]); i++)
		if (cp >= unsafe_ranges[i].first && cp <= unsafe_ranges[i].last)
			return true;
	return false;
}

size_t text_sanitise(const uint8_t *untrusted, size_t len, char *dst, size_t cap)
{
	size_t out = 0;

	if (cap == 0)
		return 0;
	while (len > 0) {
		uint32_t cp = 0;
		size_t used = text_utf8_next(untrusted, len, &cp);
		bool bad = used == 0 || is_unsafe(cp);
		size_t size = bad ? sizeof(replacement) - 1 : used;

		if (size >= cap - out)
			break;
		memcpy(dst + out, bad ? (const void *)replacement : untrusted, size);
		out += size;
		used = used ? used : 1;
		untrusted += used;
		len -= used;
	}
	dst[out] = '\0';
	return out;
}

/* Every character is whole and safe. */
static bool is_safe(const uint8_t *s, size_t len)
{
	while (len > 0) {
		uint32_t cp = 0;
		size_t used = text_utf8_next(s, len, &cp);

		if (used == 0 || is_unsafe(cp))
			return false;
		s += used;
		len -= used;
	}
	return true;
}

bool text_is_clean(const char *s)
{
	return is_safe((const uint8_t *)s, strlen(s));
}

bool text_is_file_name(const uint8_t *untrusted, size_t len)
{
	bool dots = len >= 1 && len <= 2 && untrusted[0] == '.' && untrusted[len - 1] == '.';

	return len >= 1 && len <= FILE_NAME_MAX && !dots && !memchr(untrusted, '/', len) && is_safe(untrusted, len);
}
