/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/place.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAMES_MAX 100000
#define PART ".part"

bool place_is_staging(const char *name)
{
	return name[0] == '.' && strspn(name + 1, "0123456789abcdef") == PLACE_ID_LEN &&
		strcmp(name + 1 + PLACE_ID_LEN, PART) == 0;
}

/* Where the extension begins: at the last '.' that has something before and behind it. */
static size_t base_len(const char *name)
{
	size_t len = strlen(name);
	const char *dot = strrchr(name, '.');

	return dot && dot != name && dot[1] ? (size_t)(dot - name) : len;
}

/* Not amid a character: its further bytes are 10xxxxxx. */
static size_t cut(const char *name, size_t len)
{
	while (len > 0 && ((uint8_t)name[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void place_name(const char *name, unsigned n, char ret[NAME_MAX + 1])
{
	char number[16] = "";
	size_t base = base_len(name), ext = strlen(name) - base, room;

	if (n > 1)
		snprintf(number, sizeof(number), " (%u)", n);
	/* an extension that is nearly all of the name is none */
	if (ext > NAME_MAX / 2) {
		base += ext;
		ext = 0;
	}
	room = NAME_MAX - strlen(number) - ext;
	if (base > room)
		base = cut(name, room);
	memcpy(ret, name, base);
	memcpy(ret + base, number, strlen(number));
	memcpy(ret + base + strlen(number), name + strlen(name) - ext, ext + 1);
}

int place_item(int from, const char *staged, int to, const char *name, char ret_name[NAME_MAX + 1])
{
	/* what looks like a staging folder would be taken for one */
	for (unsigned n = place_is_staging(name) ? 2 : 1; n <= NAMES_MAX; n++) {
		place_name(name, n, ret_name);
		if (renameat2(from, staged, to, ret_name, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}
