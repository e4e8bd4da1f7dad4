/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/apps.h"

#include <errno.h>
#include <string.h>

#include "proto/text.h"

_Static_assert(sizeof(struct app) == APP_WIRE_BYTES, "lists of it are handed on as bytes, without any between");

/* Main categories by the menu specification (freedesktop.org, 1.1, A), then three that have a meaning here. */
static const char *const categories[APP_CATEGORIES] = {
	"AudioVideo",
	"Audio",
	"Video",
	"Development",
	"Education",
	"Game",
	"Graphics",
	"Network",
	"Office",
	"Science",
	"Settings",
	"System",
	"Utility",
	"FileManager",
	"TerminalEmulator",
	"WebBrowser",
};

const char *app_category(unsigned bit)
{
	return bit < APP_CATEGORIES ? categories[bit] : NULL;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool app_is_id(const char *s)
{
	size_t len = 0;

	if (!is_word(s[0]))
		return false;
	while (is_word(s[len]) || s[len] == '.' || s[len] == '-')
		len++;
	return s[len] == '\0' && len < APP_ID_MAX;
}

/* An id, and zeros behind it. */
static bool is_id_field(const char field[APP_ID_MAX])
{
	const char *end = memchr(field, 0, APP_ID_MAX);

	for (const char *c = end; c && c < field + APP_ID_MAX; c++)
		if (*c)
			return false;
	return end && app_is_id(field);
}

static bool is_good(const struct app *a)
{
	return is_id_field(a->id) && is_id_field(a->window) && memchr(a->name, 0, sizeof(a->name)) && a->name[0] &&
		text_is_clean(a->name) && a->categories < 1u << APP_CATEGORIES;
}

int app_decode(const uint8_t *untrusted, size_t len, struct app *ret)
{
	const uint8_t *name = untrusted + 2 * (size_t)APP_ID_MAX, *number = name + APP_NAME_MAX;
	struct app a;

	if (len != APP_WIRE_BYTES)
		return -EBADMSG;
	memset(&a, 0, sizeof(a));
	memcpy(a.id, untrusted, APP_ID_MAX);
	memcpy(a.window, untrusted + APP_ID_MAX, APP_ID_MAX);
	text_sanitise(name, strnlen((const char *)name, APP_NAME_MAX), a.name, sizeof(a.name));
	for (unsigned i = 0; i < 4; i++)
		a.categories |= (uint32_t)number[i] << 8 * i;
	memcpy(a.icon, number + 4, APP_ICON_BYTES);
	if (!is_good(&a))
		return -EBADMSG;
	*ret = a;
	return 0;
}

void app_encode(const struct app *app, uint8_t dst[APP_WIRE_BYTES])
{
	uint8_t *number = dst + 2 * (size_t)APP_ID_MAX + APP_NAME_MAX;

	memcpy(dst, app->id, APP_ID_MAX);
	memcpy(dst + APP_ID_MAX, app->window, APP_ID_MAX);
	memcpy(dst + 2 * (size_t)APP_ID_MAX, app->name, APP_NAME_MAX);
	for (unsigned i = 0; i < 4; i++)
		number[i] = (uint8_t)(app->categories >> 8 * i);
	memcpy(number + 4, app->icon, APP_ICON_BYTES);
}

int apps_check(const struct app *list, size_t n)
{
	if (n > APPS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++)
		if (!is_good(&list[i]) || (i > 0 && strcmp(list[i - 1].id, list[i].id) >= 0))
			return -EBADMSG;
	return 0;
}
