/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmosd orders, and what it hears. */
#ifndef AUDIO_MANAGER_H
#define AUDIO_MANAGER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "helper/link.h"

#define MANAGER_TELL_GAP_US 250000 /* between two reports of how the sound is */

struct guest;
struct sound;

struct manager {
	struct link link;
	struct guest *guest; /* borrowed */
	struct sound *sound; /* borrowed */
	sd_event *event; /* borrowed */
	sd_event_source *tell_timer;
	bool set; /* vmosd has said how loud: before, what we have is no setting of anybody's */
	uint64_t wakeups;
	uint64_t told_us; /* when vmosd last heard how the sound is, monotonic */
};

/* Makes the event sources: all system calls that the sandbox forbids later happen here. */
int manager_prepare(struct manager *m, sd_event *event);
/* How the sound is has changed. vmosd hears of it now or a moment later, but not of every change of a guest that hurries. */
void manager_tell_audio(struct manager *m);
/* The last word: sends FAILED and ends the event loop with @reason as exit code. @text: our own words. */
void manager_fail(struct manager *m, enum helper_reason reason, const char *text);
void manager_close(struct manager *m);

#endif
