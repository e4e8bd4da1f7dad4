/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/agent_notification.h"

#include <stddef.h>
#include <string.h>

#include "cli/dict.h"

#define FIELD(name, member)                                                                                         \
	{                                                                                                           \
		name, offsetof(struct agent_notification, member), sizeof(((struct agent_notification *)0)->member) \
	}

static const struct {
	const char *key;
	size_t at, size;
} texts[] = {
	FIELD("VM", vm),
	FIELD("Color", color),
	FIELD("App", text.app),
	FIELD("Summary", text.summary),
	FIELD("Body", text.body),
}, numbers[] = {
	FIELD("Id", id),
	FIELD("Urgency", urgency),
	FIELD("Held", held),
};

static int read_text(sd_bus_message *call, const char *key, struct agent_notification *n)
{
	const char *untrusted;
	int r = sd_bus_message_read(call, "v", "s", &untrusted);

	for (size_t i = 0; r >= 0 && i < sizeof(texts) / sizeof(*texts); i++)
		if (!strcmp(key, texts[i].key))
			text_sanitise(
				(const uint8_t *)untrusted, strlen(untrusted), (char *)n + texts[i].at, texts[i].size);
	return r;
}

static int read_number(sd_bus_message *call, const char *key, struct agent_notification *n)
{
	uint32_t value;
	int r = sd_bus_message_read(call, "v", "u", &value);

	for (size_t i = 0; r >= 0 && i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!strcmp(key, numbers[i].key))
			memcpy((char *)n + numbers[i].at, &value, sizeof(value));
	return r;
}

static int take_entry(sd_bus_message *call, const char *key, const char *type, void *userdata)
{
	if (!strcmp(type, "s"))
		return read_text(call, key, userdata);
	if (!strcmp(type, "u"))
		return read_number(call, key, userdata);
	return sd_bus_message_skip(call, "v");
}

int agent_notification_read(sd_bus_message *call, struct agent_notification *ret)
{
	*ret = (struct agent_notification){ 0 };
	return dict_read(call, take_entry, ret);
}
