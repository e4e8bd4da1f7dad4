/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/guard.h"

#include <string.h>

void guard_set(struct guard *g, bool attended, uint64_t now)
{
	if (attended && g->since)
		return;
	g->since = attended ? now : 0;
	/* releases are not told to a window without the focus */
	if (!attended)
		memset(g->held, 0, sizeof(g->held));
}

uint64_t guard_left(const struct guard *g, uint64_t now)
{
	if (!g->since)
		return UINT64_MAX;
	return now - g->since >= GUARD_USEC ? 0 : GUARD_USEC - (now - g->since);
}

bool guard_is_open(const struct guard *g, uint64_t now)
{
	return guard_left(g, now) == 0;
}

/* What has no code of its own counts as one key. */
static unsigned slot(unsigned code)
{
	return code < GUARD_CODES ? code : 0;
}

bool guard_press(struct guard *g, unsigned code, uint64_t now)
{
	uint8_t *byte = &g->held[slot(code) / 8], bit = (uint8_t)(1u << slot(code) % 8);

	if (!guard_is_open(g, now))
		*byte |= bit;
	return !(*byte & bit);
}

bool guard_release(struct guard *g, unsigned code, uint64_t now)
{
	uint8_t *byte = &g->held[slot(code) / 8], bit = (uint8_t)(1u << slot(code) % 8);
	bool counts = guard_is_open(g, now) && !(*byte & bit);

	*byte &= (uint8_t)~bit;
	return counts;
}
