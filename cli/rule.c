/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/commands.h"

#define OWN_FILE "50-vmos.rules" /* that vmosd writes */

int rule_ask(sd_bus *bus, const char *subject, const char *object, const char *access, struct rule_answer *ret)
{
	sd_bus_message *call cleanup_message = NULL;
	int r = client_manager_call(bus, "Why", &call);

	*ret = (struct rule_answer){ 0 };
	if (r)
		return r;
	r = sd_bus_message_append(call, "sss", subject, object, access);
	if (r < 0)
		return client_broken(r);
	r = client_send(bus, call, NULL, &ret->reply);
	if (r)
		return r;
	r = sd_bus_message_read(
		ret->reply, "bbsuss", &ret->allowed, &ret->ask, &ret->file, &ret->line, &ret->sentence, &ret->kernel);
	return r < 0 ? client_broken(r) : 0;
}

char *rule_files_error(sd_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *text = NULL;
	int r = sd_bus_get_property_string(
		bus, CLIENT_NAME, CLIENT_MANAGER_PATH, CLIENT_MANAGER_IFACE, "RulesError", &error, &text);

	if (r < 0)
		client_broken(r);
	sd_bus_error_free(&error);
	return text;
}

static bool is_own_file(const char *file)
{
	const char *slash = strrchr(file, '/');

	return !strcmp(slash ? slash + 1 : file, OWN_FILE);
}

/* Another file may have the last word. */
static int tell_other(sd_bus *bus, const char *subject, const char *object)
{
	struct rule_answer answer;
	int r = rule_ask(bus, subject, object, "w", &answer);

	if (!r && *answer.file && !is_own_file(answer.file))
		fprintf(stderr, "vmos: note that for %s and %s %s:%u decides, which is for you to edit\n", subject,
			object, answer.file, answer.line);
	sd_bus_message_unref(answer.reply);
	return r;
}

/* The words of a rule with blanks between them; NULL: memory is out. */
static char *join(char **words, int n)
{
	char *line = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	for (int i = 0; i < n; i++)
		fprintf(out, "%s%s", i ? " " : "", words[i]);
	if (fclose(out) == 0)
		return line;
	free(line);
	return NULL;
}

/* Subject and object of a rule that vmosd has taken, so that two words are there. */
static int tell_other_of(sd_bus *bus, char *line)
{
	char *rest = NULL;
	const char *subject = strtok_r(line, " \t", &rest), *object = strtok_r(NULL, " \t", &rest);

	return subject && object ? tell_other(bus, subject, object) : CLI_FAILED;
}

static int rule_add(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	char *line cleanup_free = NULL;
	int r = cli_simple_options(argc, argv, 1, 16, NULL);

	if (r)
		return r;
	line = join(argv + optind, argc - optind);
	if (!line)
		return cli_oom();
	r = client_open(&bus);
	if (!r)
		r = client_manager_call(bus, "AddRule", &call);
	if (r)
		return r;
	r = sd_bus_message_append(call, "s", line);
	if (r < 0)
		return client_broken(r);
	r = client_send(bus, call, NULL, NULL);
	return r ? r : tell_other_of(bus, line);
}

static int nothing_to_remove(sd_bus *bus, const char *subject, const char *object)
{
	struct rule_answer answer;
	int r = rule_ask(bus, subject, object, "w", &answer);

	if (!r && *answer.file)
		r = cli_error(CLI_NOT_FOUND, "the rule for %s and %s is not one of `vmos rule add`: edit %s, line %u",
			subject, object, answer.file, answer.line);
	else if (!r)
		r = cli_error(CLI_NOT_FOUND, "there is no rule for %s and %s: `vmos rule list` shows those that are",
			subject, object);
	sd_bus_message_unref(answer.reply);
	return r;
}

static int rule_del(int argc, char **argv)
{
	sd_bus_message *call cleanup_message = NULL;
	sd_bus *bus cleanup_bus = NULL;
	uint32_t removed;
	int r = cli_simple_options(argc, argv, 2, 2, NULL);

	if (!r)
		r = client_open(&bus);
	if (!r)
		r = client_manager_call(bus, "DelRule", &call);
	if (!r)
		r = client_remove(bus, call, argv[optind], argv[optind + 1], &removed);
	if (r)
		return r;
	return removed ? tell_other(bus, argv[optind], argv[optind + 1])
		       : nothing_to_remove(bus, argv[optind], argv[optind + 1]);
}

int rule_main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ "add", rule_add },
		{ "check", rule_check },
		{ "del", rule_del },
		{ "list", rule_list },
		{ NULL, NULL },
	};

	return cli_run_verb(argc, argv, verbs, "list");
}
