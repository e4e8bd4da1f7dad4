/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos mic: whether a VM may hear the microphone, for how long. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "policy/words.h"

#define MIC_SECONDS 600 /* where nothing is said */

/* "for=10m" */
static int parse_time(const char *text, uint32_t *ret_seconds)
{
	const struct line line = { .start = text, .at = text, .end = text + strlen(text) };
	const struct word word = { .text = text, .len = strlen(text) };
	struct ruleset_error error;

	if (!words_is_time(&word) || words_time(&line, &word, ret_seconds, &error) < 0)
		return cli_error(CLI_USAGE, "a time is a number and s, m or h, as in for=10m, not \"%s\"", text);
	return 0;
}

static int set_microphone(const char *name, uint32_t seconds)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	int r = client_open(&bus);

	if (!r)
		r = client_vm_call(bus, name, "AllowMicrophone", &call);
	if (r)
		return r;
	r = sd_bus_message_append(call, "u", seconds);
	return r < 0 ? client_broken(r) : client_send(bus, call, NULL, NULL);
}

static int allow_main(int argc, char **argv)
{
	uint32_t seconds = MIC_SECONDS;
	int r = cli_simple_options(argc, argv, 1, 2, NULL);

	if (!r && argc - optind == 2)
		r = parse_time(argv[optind + 1], &seconds);
	return r ? r : set_microphone(argv[optind], seconds);
}

static int deny_main(int argc, char **argv)
{
	int r = cli_simple_options(argc, argv, 1, 1, NULL);

	return r ? r : set_microphone(argv[optind], 0);
}

int mic_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "allow", allow_main },
		{ "deny", deny_main },
		{ NULL, NULL },
	};

	return cli_run_verb(argc, argv, verbs, "allow");
}
