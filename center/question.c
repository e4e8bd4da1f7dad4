/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/question.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INK_DARK 0x101216
#define INK_LIGHT 0xffffff

static const struct {
	const char *name, *title, *act;
} kinds[] = {
	[KIND_SEND] = { "send", "Send files", "send files to" },
	[KIND_FETCH] = { "fetch", "Fetch files", "fetch files from" },
	[KIND_OPEN] = { "open", "Open files", "open files in" },
	[KIND_URL] = { "url", "Open link", "open a link in" },
	[KIND_PASTE] = { "paste", "Paste", "paste its clipboard into" },
	[KIND_NET] = { "net", "Use the network", "reach the network through" },
	[KIND_OTHER] = { "", "Pass something", "pass something to" },
};

static void keep(char *dst, size_t cap, const char *untrusted)
{
	text_sanitise((const uint8_t *)untrusted, strlen(untrusted), dst, cap);
}

/* false: no VM is called so. */
static bool set_name(struct party *p, const char *untrusted)
{
	if (untrusted[0] && !text_is_vm_name(untrusted))
		return false;
	g_strlcpy(p->name, untrusted, sizeof(p->name));
	return true;
}

/* "#rrggbb"; grey for anything else. */
static void set_color(struct party *p, const char *untrusted)
{
	bool good =
		untrusted[0] == '#' && strlen(untrusted) == 7 && strspn(untrusted + 1, "0123456789abcdefABCDEF") == 6;

	p->rgb = good ? (uint32_t)strtoul(untrusted + 1, NULL, 16) : 0x888888;
}

bool party_read(GVariantDict *dict, const char *name_key, const char *color_key, struct party *p)
{
	const char *name = "", *color = "";

	g_variant_dict_lookup(dict, name_key, "&s", &name);
	g_variant_dict_lookup(dict, color_key, "&s", &color);
	set_color(p, color);
	return set_name(p, name);
}

static void read_text(GVariantDict *dict, const char *key, char dst[QUESTION_TEXT_MAX])
{
	const char *text = "";

	g_variant_dict_lookup(dict, key, "&s", &text);
	keep(dst, QUESTION_TEXT_MAX, text);
}

static void read_kind(GVariantDict *dict, struct question *q)
{
	const char *name = "";

	g_variant_dict_lookup(dict, "Kind", "&s", &name);
	q->kind = KIND_SEND;
	while (q->kind < KIND_OTHER && strcmp(kinds[q->kind].name, name) != 0)
		q->kind++;
}

/* Those that are no VMs are left out. */
static void read_choices(GVariantDict *dict, struct question *q)
{
	GVariant *list = g_variant_dict_lookup_value(dict, "Candidates", G_VARIANT_TYPE("a(ss)"));
	const char *name, *color;
	GVariantIter iter;

	if (!list)
		return;
	q->choices = g_new0(struct party, QUESTION_CHOICES_MAX);
	g_variant_iter_init(&iter, list);
	while (q->nchoices < QUESTION_CHOICES_MAX && g_variant_iter_next(&iter, "(&s&s)", &name, &color)) {
		struct party *p = &q->choices[q->nchoices];

		if (!name[0] || !set_name(p, name))
			continue;
		set_color(p, color);
		q->nchoices++;
	}
	g_variant_unref(list);
}

/* Lasting only where it is offered, whole: other answers are not known here. */
static void read_answers(GVariantDict *dict, struct question *q)
{
	static const char *const all[] = { "once", "session", "always" };
	GVariant *list = g_variant_dict_lookup_value(dict, "Answers", G_VARIANT_TYPE("as"));
	const char **words = list ? g_variant_get_strv(list, NULL) : NULL;

	q->lasting = words != NULL;
	for (size_t i = 0; q->lasting && i < G_N_ELEMENTS(all); i++)
		q->lasting = g_strv_contains(words, all[i]);
	g_free(words);
	g_clear_pointer(&list, g_variant_unref);
}

struct question *question_new(GVariant *untrusted_dict)
{
	struct question *q = g_new0(struct question, 1);
	GVariantDict dict;
	bool good;

	g_variant_dict_init(&dict, untrusted_dict);
	g_variant_dict_lookup(&dict, "Id", "u", &q->id);
	g_variant_dict_lookup(&dict, "Bytes", "t", &q->bytes);
	g_variant_dict_lookup(&dict, "Files", "u", &q->files);
	g_variant_dict_lookup(&dict, "Timeout", "u", &q->timeout);
	read_kind(&dict, q);
	good = party_read(&dict, "Subject", "SubjectColor", &q->subject);
	good = party_read(&dict, "Object", "ObjectColor", &q->object) && good;
	read_text(&dict, "Claim", q->claim);
	read_text(&dict, "Rule", q->rule);
	read_text(&dict, "Text", q->text);
	read_text(&dict, "Address", q->address);
	read_text(&dict, "Program", q->program);
	read_answers(&dict, q);
	if (!q->object.name[0])
		read_choices(&dict, q);
	g_variant_dict_clear(&dict);
	if (good && q->subject.name[0])
		return q;
	question_free(q);
	return NULL;
}

void question_free(struct question *q)
{
	if (!q)
		return;
	g_free(q->choices);
	g_free(q);
}

const char *question_title(const struct question *q)
{
	return kinds[q->kind].title;
}

const char *question_act(const struct question *q)
{
	return kinds[q->kind].act;
}

bool question_is_inward(const struct question *q)
{
	return q->kind == KIND_FETCH;
}

void question_amount(const struct question *q, char *dst, size_t cap)
{
	char *size = g_format_size_full(q->bytes, G_FORMAT_SIZE_IEC_UNITS);
	const char *files = q->files == 1 ? "file" : "files";

	if (q->bytes == 0 && q->files == 0)
		g_strlcpy(dst, "", cap);
	else if (q->files == 0)
		g_strlcpy(dst, size, cap);
	else if (q->bytes == 0)
		g_snprintf(dst, cap, "%u %s, of unknown size", q->files, files);
	else
		g_snprintf(dst, cap, "%s in %u %s", size, q->files, files);
	g_free(size);
}

void question_short_claim(const struct question *q, unsigned most, char *dst, size_t cap)
{
	glong length = g_utf8_strlen(q->claim, -1), keep_end = most / 3, keep_start = most - keep_end - 1;
	const char *start_end = g_utf8_offset_to_pointer(q->claim, keep_start < length ? keep_start : length);

	if (length <= (glong)most)
		g_strlcpy(dst, q->claim, cap);
	else
		g_snprintf(dst, cap, "%.*s…%s", (int)(start_end - q->claim), q->claim,
			g_utf8_offset_to_pointer(q->claim, length - keep_end));
}

static double linear(uint32_t byte)
{
	double v = (byte & 0xff) / 255.0;

	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

uint32_t question_ink(uint32_t rgb)
{
	double lum = 0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8) + 0.0722 * linear(rgb);

	/* Contrast with white is 1.05 / (lum + 0.05), with black (lum + 0.05) / 0.05. */
	return (lum + 0.05) * (lum + 0.05) > 1.05 * 0.05 ? INK_DARK : INK_LIGHT;
}
