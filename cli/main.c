/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/client.h"
#include "cli/commands.h"

static int help_main(int argc, char **argv);

static const struct command commands[] = {
	{ "create", create_main,
		"NAME [--kind app|net] [--template T] [--color COLOR] [--memory SIZE] [--vcpus N] [--disk SIZE] "
		"[--net NETVM|none] [--net-limit RATE] [--pci ADDRESS|none]… [--notifications on|off] "
		"[--audio on|off] [--carrier channel|vsock] [--ready-timeout S]",
		"make a VM" },
	{ "delete", delete_main, "[--yes] [--force] NAME…", "remove VMs and their disks" },
	{ "set", set_main,
		"NAME [--template T] [--color COLOR] [--memory SIZE] [--vcpus N] [--net NETVM|none] [--net-limit RATE] "
		"[--pci ADDRESS|none]… [--notifications on|off] [--audio on|off] [--volume 0…100] [--mute on|off] "
		"[--carrier channel|vsock] [--ready-timeout S]",
		"change a VM" },
	{ "start", start_main, "NAME…", "start VMs" },
	{ "stop", stop_main, "[--force] NAME…", "shut VMs down" },
	{ "pause", pause_main, "NAME…", "hold VMs" },
	{ "resume", resume_main, "NAME…", "let held VMs go on" },
	{ "list", list_main, "[--json]", "list the VMs" },
	{ "show", show_main, "[--json] NAME", "tell all about a VM" },
	{ "status", status_main, "[--json]", "tell how vmOS runs here and what protects you" },
	{ "top", top_main, "[--json] [--once]", "watch what the VMs use" },
	{ "drill", drill_main, "[--json] [--keep] [--read LOG]", "try to break out of a VM, and tell what stopped it" },
	{ "run", run_main, "VM [--root] [--tty|--no-tty] [--window] [--] PROGRAM [ARGUMENT…] | VM --app ID",
		"run a program in a VM" },
	{ "shell", shell_main, "VM [--root]", "open a login shell in a VM" },
	{ "menu", menu_main, "list [--json] [VM] | sync | clear",
		"list the VMs' applications, and keep them in your desktop's menu" },
	{ "mic", mic_main, "allow VM [for=TIME] | deny VM", "let a VM hear the microphone for a while" },
	{ "send", send_main, "FROM:PATH… TO", "send files and folders from a VM to another" },
	{ "fetch", fetch_main, "FROM:PATH… TO", "let a VM have files from another one's ~/Public" },
	{ "open", open_main, "FROM:PATH|URL TO", "open a VM's file, or a link, in another VM" },
	{ "transfer", transfer_main, "list [--json] | show [--json] ID | cancel ID… | resume ID…",
		"see what passes between VMs, end it, let it go on" },
	{ "rule", rule_main,
		"add FROM TO ACCESS [ask] [notify] [for=TIME] | del FROM TO | list [--json] | check [FILE…]",
		"say what VMs may do to each other" },
	{ "net", net_main,
		"allow|deny|ask VM TARGET [for=TIME] [notify] | del VM N|TARGET | list [--json] [VM] | check [FILE…] | "
		"why [--json] VM TARGET | flows [--json] [--follow] [VM] | log [--json] [--follow] [VM] [N] | cards "
		"[--json]",
		"say what VMs may reach on the network, and see what they do" },
	{ "why", why_main, "[--json] FROM TO ACCESS", "tell which rule allows or denies something" },
	{ "log", log_main, "[--json] [--follow] [--since TIME] [N] | --verify",
		"show what was decided, and whether the log is whole" },
	{ "clock", clock_main, "[--json] [--now] | --from NETVM|none [--server HOST[:PORT]] [--now] | --accept SECONDS",
		"tell how the host's clock is kept, and who is asked for the time" },
	{ "agent", agent_main, "[--json] [--once]", "ask you here what may pass between VMs" },
	{ "template", template_main,
		"build [--in VM] [--add PACKAGE[,PACKAGE…]]… [NAME] | import FOLDER [NAME] | list [--json] | remove "
		"NAME",
		"build, take in, list and remove templates" },
	{ "help", help_main, "[COMMAND]", "this text, or how to use a command" },
	{ NULL, NULL, NULL, NULL },
};

int cli_error(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("vmos: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return code;
}

int cli_oom(void)
{
	return cli_error(CLI_FAILED, "out of memory");
}

const struct command *cli_find(const char *name)
{
	const struct command *c = commands;

	while (c->name && strcmp(c->name, name))
		c++;
	return c->name ? c : NULL;
}

int cli_run_verb(int argc, char **argv, const struct cli_verb *verbs, const char *helps)
{
	const char *verb = argc > 1 ? argv[1] : "", *name = argv[0];

	if (!strcmp(verb, "--help") || !strcmp(verb, "-h")) {
		verb = helps;
	} else if (argc > 1) {
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	for (const struct cli_verb *v = verbs; v->name; v++)
		if (!strcmp(verb, v->name))
			return v->handler(argc, argv);
	return cli_usage(name);
}

static void print_usage(FILE *out, const struct command *c)
{
	fprintf(out, "usage: vmos %s %s\n", c->name, c->usage);
}

int cli_usage(const char *name)
{
	const struct command *c = cli_find(name);

	if (c)
		print_usage(stderr, c);
	return CLI_USAGE;
}

int cli_option(int argc, char **argv, const char *letters, const struct option *longs)
{
	const struct command *c = cli_find(argv[0]);
	int opt;

	opterr = 0;
	opt = getopt_long(argc, argv, letters, longs, NULL);
	if (opt == '?')
		cli_error(CLI_USAGE, "the option \"%s\" is not known, or lacks its value", argv[optind - 1]);

	if (opt == 'h' && c) {
		print_usage(stdout, c);
		printf("%c%s. More: man vmos\n", c->summary[0] - 'a' + 'A', c->summary + 1);
		exit(CLI_OK);
	}
	return opt;
}

int cli_simple_options(int argc, char **argv, int min, int max, bool *ret_json)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = cli_option(argc, argv, "h", longs)) != -1) {
		if (opt != 'j' || !ret_json)
			return cli_usage(argv[0]);
		*ret_json = true;
	}
	if (argc - optind < min || argc - optind > max)
		return cli_usage(argv[0]);
	return 0;
}

static int help_main(int argc, char **argv)
{
	const struct command *c;

	if (argc > 1) {
		c = cli_find(argv[1]);
		if (!c)
			return cli_error(CLI_USAGE, "there is no command \"%s\": `vmos help` lists them", argv[1]);
		print_usage(stdout, c);
		printf("  %s\n", c->summary);
		return CLI_OK;
	}
	printf("usage: vmos [--system|--session] COMMAND …\n\nEvery application in a virtual machine, all windows on "
	       "one desktop.\n\n");
	for (c = commands; c->name; c++)
		printf("  %-9s %s\n", c->name, c->summary);
	printf("\n`vmos help COMMAND` says how to use one, `man vmos` says all.\n");
	return CLI_OK;
}

/* Options before the command: which vmosd it is for. How many there were. */
static int read_mode(int argc, char **argv)
{
	int n = 0;

	for (; n + 1 < argc; n++) {
		if (!strcmp(argv[n + 1], "--system"))
			client_set_mode(CLIENT_SYSTEM);
		else if (!strcmp(argv[n + 1], "--session"))
			client_set_mode(CLIENT_SESSION);
		else
			break;
	}
	return n;
}

int main(int argc, char **argv)
{
	const struct command *c;
	int skip;

	log_open("vmos", NULL);
	skip = read_mode(argc, argv);
	argc -= skip;
	argv += skip;
	if (argc < 2) {
		help_main(1, argv);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("vmos %s\n", VMOS_VERSION);
		return CLI_OK;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help_main(1, argv);
	c = cli_find(argv[1]);
	if (!c)
		return cli_error(CLI_USAGE, "there is no command \"%s\": `vmos help` lists them", argv[1]);
	return c->handler(argc - 1, argv + 1);
}
