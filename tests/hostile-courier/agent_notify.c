/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notifications that the agent sends, right and wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/ctl.h"
#include "proto/notification.h"
#include "tests/hostile-courier/agent.h"

static void send_text(struct agent *a, uint32_t id, const char *summary, bool is_endless)
{
	struct ctl_msg m = { .head.type = CTL_NOTIFY, .notify = { .id = id, .urgency = NOTIFICATION_CRITICAL } };
	struct notification n = { .app = "app", .body = "body" };
	uint8_t blob[NOTIFICATION_WIRE_BYTES];
	struct msg raw;

	snprintf(n.summary, sizeof(n.summary), "%s", summary);
	if (is_endless)
		memset(n.body, 'x', sizeof(n.body));
	notification_encode(&n, blob);
	CHECK(!carrier_reserve(&a->carrier, blob, sizeof(blob), &m.notify.blob));
	CHECK(!ctl_encode(&m, &raw) && !carrier_send(&a->carrier, &raw));
}

static void send_back(struct agent *a, uint32_t id)
{
	struct ctl_msg m = { .head.type = CTL_UNNOTIFY, .unnotify.id = id };
	struct msg raw;

	CHECK(!ctl_encode(&m, &raw) && !carrier_send(&a->carrier, &raw));
}

/* Of one that changes. */
static void send_part(struct agent *a, uint32_t part)
{
	char text[32];

	snprintf(text, sizeof(text), "part %u", part);
	send_text(a, 1, text, false);
}

void agent_notify(struct agent *a, const char *words)
{
	char *copy = strdup(words), *save, *verb = strtok_r(copy, " ", &save), *number = strtok_r(NULL, " ", &save);
	uint32_t n = (uint32_t)strtoul(number ? number : "1", NULL, 10);

	if (!strcmp(verb, "show"))
		send_text(a, n, save, false);
	else if (!strcmp(verb, "flood"))
		for (uint32_t i = 0; i < n; i++)
			send_text(a, 1000 + i, "flood", false);
	else if (!strcmp(verb, "parts"))
		for (uint32_t i = 1; i <= n; i++)
			send_part(a, i);
	else if (!strcmp(verb, "blink"))
		send_text(a, n, "blink", false);
	else if (!strcmp(verb, "endless"))
		send_text(a, n, "endless", true);
	if (!strcmp(verb, "back") || !strcmp(verb, "blink"))
		send_back(a, n);
	free(copy);
}
