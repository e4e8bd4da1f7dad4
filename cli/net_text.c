/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How flows are written, live and in the log. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/net.h"
#include "proto/text.h"

void net_text_target(const char *name, const char *address, const char *proto, unsigned port, char text[NET_PLACE_MAX])
{
	char host[NET_PLACE_MAX - 32], port_text[16] = "", kind[16];
	const char *untrusted = *name ? name : address;
	bool brackets = strchr(untrusted, ':') != NULL;

	text_sanitise((const uint8_t *)untrusted, strlen(untrusted), host, sizeof(host));
	text_sanitise((const uint8_t *)proto, strlen(proto), kind, sizeof(kind));
	if (strcmp(kind, "icmp") != 0)
		snprintf(port_text, sizeof(port_text), ":%u", port);
	snprintf(text, NET_PLACE_MAX, "%s%s%s%s/%s", brackets ? "[" : "", host, brackets ? "]" : "", port_text, kind);
}

const char *net_text_line(const char *line)
{
	const char *slash = *line == '/' ? strrchr(line, '/') : NULL;

	return slash ? slash + 1 : line;
}

void net_text_program(const char *untrusted_program, char text[NET_PROGRAM_MAX])
{
	text_sanitise((const uint8_t *)untrusted_program, strlen(untrusted_program), text, NET_PROGRAM_MAX);
	if (!*text)
		snprintf(text, NET_PROGRAM_MAX, "?");
}

void net_text_age(uint64_t seconds, char text[NET_AGE_MAX])
{
	if (seconds < 60)
		snprintf(text, NET_AGE_MAX, "%u s", (unsigned)seconds);
	else if (seconds < 3600)
		snprintf(text, NET_AGE_MAX, "%u min", (unsigned)(seconds / 60));
	else
		snprintf(text, NET_AGE_MAX, "%llu h %u min", (unsigned long long)seconds / 3600,
			(unsigned)(seconds / 60 % 60));
}
