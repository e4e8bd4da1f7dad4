/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/note.h"

#include <string.h>

static void read_text(GVariantDict *dict, const char *key, char *dst, size_t cap)
{
	const char *text = "";

	g_variant_dict_lookup(dict, key, "&s", &text);
	text_sanitise((const uint8_t *)text, strlen(text), dst, cap);
}

struct note *note_new(GVariant *untrusted_dict)
{
	struct note *n = g_new0(struct note, 1);
	uint32_t urgency = NOTIFICATION_NORMAL;
	GVariantDict dict;
	bool good;

	g_variant_dict_init(&dict, untrusted_dict);
	good = party_read(&dict, "VM", "Color", &n->vm) && n->vm.name[0];
	g_variant_dict_lookup(&dict, "Id", "u", &n->id);
	g_variant_dict_lookup(&dict, "Held", "u", &n->held);
	g_variant_dict_lookup(&dict, "Timeout", "u", &n->timeout_ms);
	g_variant_dict_lookup(&dict, "Urgency", "u", &urgency);
	/* what is urgent to a guest is not so to the user: it may not stay longer than others, nor in front */
	n->low = urgency == NOTIFICATION_LOW;
	read_text(&dict, "App", n->text.app, sizeof(n->text.app));
	read_text(&dict, "Summary", n->text.summary, sizeof(n->text.summary));
	read_text(&dict, "Body", n->text.body, sizeof(n->text.body));
	g_variant_dict_clear(&dict);
	if (good && (n->id || n->held))
		return n;
	note_free(n);
	return NULL;
}

void note_free(struct note *n)
{
	g_free(n);
}

void note_held(const struct note *n, char *dst, size_t cap)
{
	if (n->held == 1)
		g_strlcpy(dst, "1 more was held back", cap);
	else
		g_snprintf(dst, cap, "%u more were held back", n->held);
}

/* Copies with @marks in place of '<', '>' and '&', as long as they fit whole. */
static void replace(const char *text, const char *const marks[3], char *dst, size_t cap)
{
	size_t len = 0;

	for (; *text; text++) {
		const char *mark = *text == '<' ? marks[0] : *text == '>' ? marks[1] : *text == '&' ? marks[2] : NULL;
		size_t need = mark ? strlen(mark) : 1;

		if (len + need >= cap)
			break;
		memcpy(dst + len, mark ? mark : text, need);
		len += need;
	}
	dst[len] = '\0';
}

static const char *const alike[] = { "\xe2\x80\xb9", "\xe2\x80\xba", "&" }; /* U+2039, U+203A */
static const char *const escaped[] = { "&lt;", "&gt;", "&amp;" };

void note_title(const struct note *n, char dst[NOTE_LINE_MAX])
{
	char line[NOTE_LINE_MAX];
	const char *text = n->text.summary[0] ? n->text.summary : n->text.app[0] ? n->text.app : "Notification";

	if (n->held)
		g_snprintf(line, sizeof(line), "%s", n->vm.name);
	else
		g_snprintf(line, sizeof(line), "%s: %s", n->vm.name, text);
	replace(line, alike, dst, NOTE_LINE_MAX);
}

void note_body(const struct note *n, bool escape, char dst[NOTE_BODY_MAX])
{
	char line[NOTIFICATION_BODY_MAX];

	if (n->held)
		note_held(n, line, sizeof(line));
	else
		g_strlcpy(line, n->text.body, sizeof(line));
	replace(line, escape ? escaped : alike, dst, NOTE_BODY_MAX);
}
