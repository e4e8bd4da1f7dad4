/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pipewire/extensions/metadata.h>
#include <spa/utils/json.h>

#define CLASS "Audio/Source" /* and "Audio/Source/Virtual"; what a sink plays is of none of these */
#define KEY "default.audio.source"

/* {"name":"alsa_input…"} */
static void read_name(const char *json, char ret_name[SOURCES_NAME_MAX])
{
	struct spa_json it[2];
	char key[32];

	ret_name[0] = '\0';
	spa_json_init(&it[0], json, strlen(json));
	if (spa_json_enter_object(&it[0], &it[1]) <= 0)
		return;
	while (spa_json_get_string(&it[1], key, sizeof(key)) > 0) {
		const char *value;

		if (strcmp(key, "name") == 0) {
			if (spa_json_get_string(&it[1], ret_name, SOURCES_NAME_MAX) <= 0)
				ret_name[0] = '\0';
			return;
		}
		if (spa_json_next(&it[1], &value) <= 0)
			return;
	}
}

static int handle_property(void *data, uint32_t subject, const char *key, const char *type, const char *value)
{
	struct sources *s = data;

	if (key && strcmp(key, KEY) != 0)
		return 0;
	s->chosen[0] = '\0';
	if (key && value)
		read_name(value, s->chosen);
	s->changed(s->data);
	return 0;
}

static const struct pw_metadata_events metadata_events = {
	PW_VERSION_METADATA_EVENTS,
	.property = handle_property,
};

static void take_metadata(struct sources *s, uint32_t id, const struct spa_dict *props)
{
	const char *name = spa_dict_lookup(props, PW_KEY_METADATA_NAME);

	if (s->metadata || !name || strcmp(name, "default") != 0)
		return;
	s->metadata = pw_registry_bind(s->registry, id, PW_TYPE_INTERFACE_Metadata, PW_VERSION_METADATA, 0);
	s->metadata_id = id;
	if (s->metadata)
		pw_proxy_add_object_listener(s->metadata, &s->metadata_hook, &metadata_events, s);
}

static void take_node(struct sources *s, uint32_t id, const struct spa_dict *props)
{
	const char *class = spa_dict_lookup(props, PW_KEY_MEDIA_CLASS),
		   *name = spa_dict_lookup(props, PW_KEY_NODE_NAME);
	const char *priority = spa_dict_lookup(props, PW_KEY_PRIORITY_SESSION);
	struct source *source = &s->list[s->count];

	if (!class || !name || strncmp(class, CLASS, strlen(CLASS)) != 0 || s->count == SOURCES_MAX ||
		strlen(name) >= SOURCES_NAME_MAX)
		return;
	*source = (struct source){ .id = id, .priority = priority ? (int)strtol(priority, NULL, 10) : 0 };
	snprintf(source->name, sizeof(source->name), "%s", name);
	s->count++;
	s->changed(s->data);
}

static void handle_global(
	void *data, uint32_t id, uint32_t permissions, const char *type, uint32_t version, const struct spa_dict *props)
{
	struct sources *s = data;

	if (!props)
		return;
	if (strcmp(type, PW_TYPE_INTERFACE_Metadata) == 0)
		take_metadata(s, id, props);
	else if (strcmp(type, PW_TYPE_INTERFACE_Node) == 0)
		take_node(s, id, props);
}

static void handle_global_remove(void *data, uint32_t id)
{
	struct sources *s = data;

	if (s->metadata && s->metadata_id == id) {
		spa_hook_remove(&s->metadata_hook);
		pw_proxy_destroy(s->metadata);
		s->metadata = NULL;
		s->chosen[0] = '\0';
	}
	for (unsigned i = 0; i < s->count; i++) {
		if (s->list[i].id != id)
			continue;
		s->list[i] = s->list[--s->count];
		s->changed(s->data);
		return;
	}
}

static const struct pw_registry_events registry_events = {
	PW_VERSION_REGISTRY_EVENTS,
	.global = handle_global,
	.global_remove = handle_global_remove,
};

int sources_open(struct sources *s, struct pw_core *core, void (*changed)(void *data), void *data)
{
	s->changed = changed;
	s->data = data;
	s->registry = pw_core_get_registry(core, PW_VERSION_REGISTRY, 0);
	if (!s->registry)
		return -errno;
	pw_registry_add_listener(s->registry, &s->registry_hook, &registry_events, s);
	return 0;
}

const char *sources_best(const struct sources *s)
{
	const struct source *best = NULL;

	for (unsigned i = 0; i < s->count; i++) {
		if (strcmp(s->list[i].name, s->chosen) == 0)
			return s->list[i].name;
		if (!best || s->list[i].priority > best->priority)
			best = &s->list[i];
	}
	return best ? best->name : NULL;
}
