/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of applications that the agent sends, right and wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/apps.h"
#include "proto/ctl.h"
#include "tests/hostile-courier/agent.h"

static void send_app(struct agent *a, uint32_t index, uint32_t count, const char *id)
{
	static uint8_t blob[APP_WIRE_BYTES];
	static struct app app;
	struct ctl_msg m = { .head.type = CTL_APP, .app = { .index = index, .count = count } };
	struct msg raw;

	app = (struct app){ .name = "An application", .window = "App" };
	snprintf(app.id, sizeof(app.id), "%s", id);
	app_encode(&app, blob);
	CHECK(!carrier_reserve(&a->carrier, blob, sizeof(blob), &m.app.blob));
	CHECK(!ctl_encode(&m, &raw) && !carrier_send(&a->carrier, &raw));
}

static void send_number(struct agent *a, uint32_t index, uint32_t count)
{
	char id[APP_ID_MAX];

	snprintf(id, sizeof(id), "app%03u", index);
	send_app(a, index, count, id);
}

/* @count of them: as many as there is room for in the channel at once. */
static void send_list(struct agent *a, uint32_t count)
{
	struct ctl_msg none = { .head.type = CTL_APP };
	struct msg raw;

	if (count == 0)
		CHECK(!ctl_encode(&none, &raw) && !carrier_send(&a->carrier, &raw));
	for (uint32_t i = 0; i < count; i++)
		send_number(a, i, count);
}

static void send_wrong(struct agent *a, const char *word)
{
	struct ctl_msg m = { .head.type = CTL_APP,
		.app = { .count = 1, .blob = { VMOS_CTL_BLOB - APP_WIRE_BYTES, APP_WIRE_BYTES } } };
	struct msg raw;

	send_number(a, 0, 3);
	if (!strcmp(word, "order")) {
		send_app(a, 1, 3, "app000");
	} else if (!strcmp(word, "skip")) {
		send_number(a, 2, 3);
	} else if (!strcmp(word, "count")) {
		send_number(a, 1, 4);
	} else if (!strcmp(word, "id")) {
		send_app(a, 1, 3, "../x");
	} else if (!strcmp(word, "blob")) { /* what lies there is no application */
		CHECK(!ctl_encode(&m, &raw) && !carrier_send(&a->carrier, &raw));
	}
}

void agent_apps(struct agent *a, const char *words)
{
	char *copy = strdup(words), *save;

	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (word[0] >= '0' && word[0] <= '9')
			send_list(a, (uint32_t)strtoul(word, NULL, 10));
		else
			send_wrong(a, word);
	}
	free(copy);
}
