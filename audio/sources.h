/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which microphone the user has chosen. The helper names it itself: a session
 * manager that finds none would give a recording stream what a sink plays, and
 * that is the sound of other VMs.
 */
#ifndef AUDIO_SOURCES_H
#define AUDIO_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include <pipewire/pipewire.h>

#define SOURCES_MAX 32
#define SOURCES_NAME_MAX 256

struct sources {
	struct pw_registry *registry;
	struct pw_proxy *metadata; /* may be NULL */
	struct spa_hook registry_hook, metadata_hook;
	uint32_t metadata_id;
	struct source {
		uint32_t id;
		int priority;
		char name[SOURCES_NAME_MAX];
	} list[SOURCES_MAX];
	unsigned count;
	char chosen[SOURCES_NAME_MAX]; /* the default of the user's session; "": it has none */
	void (*changed)(void *data);
	void *data;
};

/* @changed is called when a source comes or goes, or another one is chosen. -errno. */
int sources_open(struct sources *s, struct pw_core *core, void (*changed)(void *data), void *data);
/* The name of the node to record from; NULL: there is no microphone. */
const char *sources_best(const struct sources *s);

#endif
