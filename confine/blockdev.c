/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/blockdev.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <json-c/json.h>

static inline void cleanup_json_fn(struct json_object **object)
{
	json_object_put(*object);
}

#define cleanup_json __attribute__((cleanup(cleanup_json_fn)))

/* The object that @text is, all of it. -EBADMSG, -ENOMEM. */
static int parse(const char *text, struct json_object **ret)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;
	size_t len = strlen(text);
	bool whole;

	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	/* With its NUL, so that what follows the object is looked at as well. */
	object = json_tokener_parse_ex(tokener, text, (int)len + 1);
	whole = json_tokener_get_error(tokener) == json_tokener_success;
	json_tokener_free(tokener);
	if (!whole || !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return -EBADMSG;
	}
	*ret = object;
	return 0;
}

static const char *string_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool is_read_only(struct json_object *object)
{
	struct json_object *value;

	return json_object_object_get_ex(object, "read-only", &value) &&
		json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

/* The next "-blockdev {…}" from @argv on, at its value; NULL: no more. */
static char **next(char **argv)
{
	for (; argv[0] && argv[1]; argv++) {
		if (!strcmp(argv[0], "-blockdev") && argv[1][0] == '{')
			return argv + 1;
	}
	return NULL;
}

/* Whether a read-only node of @argv stands on the node called @name. 1, 0 or -errno. */
static int stands_under_reader(char **argv, const char *name)
{
	for (char **at = next(argv); at; at = next(at)) {
		struct json_object *node cleanup_json = NULL;
		int ret = parse(*at, &node);
		const char *file;

		if (ret < 0)
			return ret;
		file = string_of(node, "file");
		if (file && !strcmp(file, name) && is_read_only(node))
			return 1;
	}
	return 0;
}

static int unlock(char **arg, struct json_object *node)
{
	const char *text;

	if (json_object_object_add(node, "locking", json_object_new_string("off")) < 0)
		return -ENOMEM;
	text = json_object_to_json_string_ext(node, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	*arg = text ? strdup(text) : NULL;
	return *arg ? 0 : -ENOMEM;
}

int blockdev_unlock(char **argv)
{
	for (char **at = next(argv); at; at = next(at)) {
		struct json_object *node cleanup_json = NULL;
		int ret = parse(*at, &node), reader;
		const char *driver, *name;

		if (ret < 0)
			return ret;
		driver = string_of(node, "driver");
		if (!driver || strcmp(driver, "file") != 0)
			continue;
		name = string_of(node, "node-name");
		reader = is_read_only(node) ? 1 : name ? stands_under_reader(argv, name) : 0;
		ret = reader > 0 ? unlock(at, node) : reader;
		if (ret < 0)
			return ret;
	}
	return 0;
}
