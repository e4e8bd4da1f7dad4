/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question or a notice of vmosd's as it comes over D-Bus, checked: no text of it can do more than be read. */
#ifndef CENTER_QUESTION_H
#define CENTER_QUESTION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

#define QUESTION_TEXT_MAX 1024
#define QUESTION_CHOICES_MAX 256

struct party {
	char name[VM_NAME_MAX + 1]; /* "": not known yet */
	uint32_t rgb;
};

enum question_kind { KIND_SEND, KIND_FETCH, KIND_OPEN, KIND_URL, KIND_PASTE, KIND_NET, KIND_OTHER };

struct question {
	uint32_t id;
	enum question_kind kind;
	struct party subject, object;
	struct party *choices; /* owned; NULL: the object is named */
	unsigned nchoices;
	char claim[QUESTION_TEXT_MAX], rule[QUESTION_TEXT_MAX], text[QUESTION_TEXT_MAX]; /* sanitised */
	uint64_t bytes; /* 0: not known */
	uint32_t files, timeout;
	char address[QUESTION_TEXT_MAX], program[QUESTION_TEXT_MAX]; /* of KIND_NET; the program is a guest's word */
	bool lasting; /* a yes is once, for the session or for always */
};

/* A VM's name and its colour, grey where that is none. False: no VM is called so. */
bool party_read(GVariantDict *dict, const char *name_key, const char *color_key, struct party *p);

/* From the a{sv} of Ask or Notify. NULL: it names no VM, or is otherwise no question. */
struct question *question_new(GVariant *untrusted_dict);
void question_free(struct question *q);

/* "Send files", for a button and a heading; "send files to", for a sentence. */
const char *question_title(const struct question *q);
const char *question_act(const struct question *q);
/* Whether what is asked about goes from object to subject. */
bool question_is_inward(const struct question *q);

/* "3.4 MiB in 2 files"; "": nothing is known of it. */
void question_amount(const struct question *q, char *dst, size_t cap);
/* The claim, its middle left out where it is longer than can be shown: both ends matter. */
void question_short_claim(const struct question *q, unsigned most, char *dst, size_t cap);

/* Black or white: what can be read on @rgb (WCAG 2.1). */
uint32_t question_ink(uint32_t rgb);

#endif
