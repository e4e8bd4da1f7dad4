/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions put to a person on the terminal, one at a time. What was typed
 * before a question can be read is no answer to it: for half a second after it
 * is shown nothing is read, and what came until then is thrown away.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/agent.h"
#include "cli/cli.h"
#include "cli/format.h"
#include "cli/terminal.h"
#include "proto/text.h"

#define SETTLE_USEC 500000
#define USEC 1000000ull
#define LABEL 12 /* cells */

static const char *paint(const char *escape)
{
	return format_use_color() ? escape : "";
}

#define BOLD paint("\033[1m")
#define DIM paint("\033[2m")
#define PLAIN paint("\033[0m")

/* A VM as its frame shows it: its colour, and its name in bold. */
static void print_vm(const char *name, const char *color)
{
	char swatch[FORMAT_SWATCH_MAX];

	printf("%s%s%s%s", format_swatch(color, format_use_color(), swatch), BOLD, name, PLAIN);
}

static void print_object(const struct agent_question *q)
{
	if (q->object[0])
		print_vm(q->object, q->object_color);
	else
		printf("%sa VM of your choice%s", BOLD, PLAIN);
}

/* Sender and receiver, in the direction in which things go. */
static void print_parties(const struct agent_question *q)
{
	printf("%s│%s  ", DIM, PLAIN);
	if (agent_question_is_inward(q)) {
		print_object(q);
		printf("  ──▶  ");
		print_vm(q->subject, q->subject_color);
	} else {
		print_vm(q->subject, q->subject_color);
		printf("  ──▶  ");
		print_object(q);
	}
	printf("\n%s│%s\n", DIM, PLAIN);
}

/* Cells of a terminal that a character may take: what is not ASCII may be a wide one. */
static size_t cells_of(const char *at, size_t *ret_bytes)
{
	uint32_t cp;
	size_t n = text_utf8_next((const uint8_t *)at, strlen(at), &cp);

	*ret_bytes = n ? n : 1;
	return n > 1 ? 2 : 1;
}

/* How many bytes of @text are in its first @cells. */
static size_t bytes_in(const char *text, size_t cells)
{
	size_t at = 0, n, used = 0;

	while (text[at] && (used += cells_of(text + at, &n)) <= cells)
		at += n;
	return at;
}

static size_t width_of(const char *text)
{
	size_t width = 0, n;

	for (; *text; text += n)
		width += cells_of(text, &n);
	return width;
}

/*
 * What a guest claims stays on its line: one that went on to the next could be
 * made to look like the lines below it. The middle is left out, as both ends matter.
 */
static void print_claim(const char *claim, size_t before)
{
	uint16_t rows, cols;
	size_t room, width = width_of(claim), start, end = 0, n;

	terminal_size(&rows, &cols);
	room = cols > before + 16 ? cols - before - 1 : 16;
	if (width <= room) {
		printf("%s%s%s\n", BOLD, claim, PLAIN);
		return;
	}
	start = bytes_in(claim, room - room / 3 - 2);
	for (size_t skipped = 0; skipped < width - room / 3 && claim[end]; end += n)
		skipped += cells_of(claim + end, &n);
	printf("%s%.*s%s…%s%s%s\n", BOLD, (int)start, claim, DIM, PLAIN, BOLD, claim + end);
	fputs(PLAIN, stdout);
}

static void print_row(const char *label, const char *value)
{
	printf("%s│  %-*s%s%s\n", DIM, LABEL, label, PLAIN, value);
}

static void print_amount(const struct agent_question *q)
{
	char size[FORMAT_SIZE_MAX], text[64];

	if (q->bytes == 0 && q->files == 0)
		return;
	format_size(q->bytes, size);
	if (q->files == 0)
		snprintf(text, sizeof(text), "%s", size);
	else if (q->bytes == 0)
		snprintf(text, sizeof(text), "%u file%s, of unknown size", q->files, q->files == 1 ? "" : "s");
	else
		snprintf(text, sizeof(text), "%s in %u file%s", size, q->files, q->files == 1 ? "" : "s");
	print_row("amount", text);
}

/* A program is a guest's word, and as long as a row at most. */
static void print_net(const struct agent_question *q)
{
	if (strcmp(q->kind, "net"))
		return;
	if (q->address[0])
		print_row("address", q->address);
	if (!q->program[0]) {
		print_row("program", "it does not say");
		return;
	}
	printf("%s│  %-*s%s", DIM, LABEL, "says it is", PLAIN);
	print_claim(q->program, LABEL + 3);
}

static void print_choices(const struct agent_question *q)
{
	for (size_t i = 0; i < q->nchoices; i++) {
		printf("%s│  %*zu   %s", DIM, LABEL - 3, i + 1, PLAIN);
		print_vm(q->choices[i].name, q->choices[i].color);
		putchar('\n');
	}
}

static void print_clock(void)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[16];

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &tm));
	printf("%s", text);
}

static void print_question(const struct agent_question *q)
{
	printf("\n%s╭── %s%svmOS asks%s%s ── ", DIM, PLAIN, BOLD, PLAIN, DIM);
	print_clock();
	printf(" ──%s\n", PLAIN);
	print_parties(q);
	printf("%s│%s  %s wants to %s %s.\n", DIM, PLAIN, q->subject, agent_question_act(q),
		q->object[0] ? q->object : "another VM");
	if (q->claim[0]) {
		printf("%s│  %-*s%s", DIM, LABEL, strcmp(q->kind, "net") ? "it claims" : "to", PLAIN);
		print_claim(q->claim, LABEL + 3);
	}
	print_amount(q);
	print_net(q);
	print_row("rule", q->rule);
	print_choices(q);
	printf("%s╰──%s\n", DIM, PLAIN);
	fflush(stdout);
}

static void set_timer(struct agent *a, uint64_t usec, sd_event_time_handler_t handler);
static void show_next(struct agent *a);

static void say_no(struct agent *a, const char *why)
{
	struct agent_question *q = a->shown;

	a->shown = NULL;
	printf("%s%s%s\n", DIM, why, PLAIN);
	fflush(stdout);
	agent_answer(a, q, "no", q->object);
	show_next(a);
}

static int handle_late(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct agent *a = userdata;

	if (a->shown)
		say_no(a, "\n  The time is up: that was a no.");
	return 0;
}

/* What the kernel holds of the terminal's input until now was typed too early. */
static int handle_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct agent *a = userdata;
	uint64_t left;

	if (!a->shown)
		return 0;
	tcflush(STDIN_FILENO, TCIFLUSH);
	a->ready = true;
	sd_event_source_set_enabled(a->input, SD_EVENT_ON);
	left = a->shown->deadline > usec ? a->shown->deadline - usec : 0;
	if (a->shown->lasting)
		printf("  Allow it? %sonce, session or always; all else, or %u s of silence, is a no.%s  [o/s/a/N] ",
			DIM, (unsigned)(left / USEC), PLAIN);
	else if (a->shown->object[0])
		printf("  Allow it? %sType yes or y; all else is a no, as is silence for %u s.%s  [y/N] ", DIM,
			(unsigned)(left / USEC), PLAIN);
	else
		printf("  Which one? %sType its number or its name; all else is a no, as is silence for %u s.%s  ", DIM,
			(unsigned)(left / USEC), PLAIN);
	fflush(stdout);
	set_timer(a, left, handle_late);
	return 0;
}

static void set_timer(struct agent *a, uint64_t usec, sd_event_time_handler_t handler)
{
	a->timer = sd_event_source_disable_unref(a->timer);
	if (sd_event_add_time_relative(a->event, &a->timer, CLOCK_BOOTTIME, usec, 1, handler, a) < 0)
		sd_event_exit(a->event, cli_oom());
}

static void show_next(struct agent *a)
{
	a->ready = false;
	a->timer = sd_event_source_disable_unref(a->timer);
	if (a->input)
		sd_event_source_set_enabled(a->input, a->first ? SD_EVENT_OFF : SD_EVENT_ON);
	if (!a->first)
		return;
	a->shown = a->first;
	print_question(a->shown);
	set_timer(a, SETTLE_USEC, handle_settled);
}

static void terminal_ask(struct agent *a, struct agent_question *q)
{
	if (!a->shown)
		show_next(a);
}

static void terminal_withdraw(struct agent *a, struct agent_question *q, bool late)
{
	if (a->shown != q)
		return;
	printf("\n%s  %s%s\n", DIM, late ? "The time is up: that was a no." : "Withdrawn: it needs no answer any more.",
		PLAIN);
	fflush(stdout);
	a->shown = NULL;
	show_next(a);
}

static void terminal_notify(struct agent *a, const struct agent_question *notice)
{
	printf("%s%s  ", a->ready ? "\n" : "", DIM);
	print_clock();
	printf("%s  %s\n", PLAIN, notice->text);
	if (notice->claim[0]) {
		printf("%s          it claims %s", DIM, PLAIN);
		print_claim(notice->claim, 20);
	}
	fflush(stdout);
}

/* On one line, as a claim is. */
static void terminal_show(struct agent *a, const struct agent_notification *n)
{
	char text[sizeof(n->text)];

	printf("%s%s  ", a->ready ? "\n" : "", DIM);
	print_clock();
	printf("%s  ", PLAIN);
	print_vm(n->vm, n->color);
	if (n->held) {
		printf(": %u more notification%s held back\n", n->held, n->held == 1 ? " was" : "s were");
	} else {
		snprintf(text, sizeof(text), "%s%s%s", n->text.summary,
			n->text.summary[0] && n->text.body[0] ? " – " : "", n->text.body);
		printf(": ");
		print_claim(text, 16 + strlen(n->vm));
	}
	fflush(stdout);
}

/* The VM that was chosen by number or name; NULL: none. */
static const char *chosen(const struct agent_question *q, const char *line)
{
	uint32_t n;

	for (size_t i = 0; i < q->nchoices; i++)
		if (!strcmp(line, q->choices[i].name))
			return q->choices[i].name;
	return format_parse_number(line, (uint32_t)q->nchoices, &n) < 0 ? NULL : q->choices[n - 1].name;
}

/* NULL: it is none. */
static const char *verdict_of(const struct agent_question *q, const char *line)
{
	static const struct {
		const char *word, *verdict;
	} lasting[] = { { "o", "once" }, { "once", "once" }, { "s", "session" }, { "session", "session" },
		{ "a", "always" }, { "always", "always" } };

	for (size_t i = 0; q->lasting && i < sizeof(lasting) / sizeof(*lasting); i++)
		if (!strcasecmp(line, lasting[i].word))
			return lasting[i].verdict;
	return !q->lasting && (!strcasecmp(line, "y") || !strcasecmp(line, "yes")) ? "yes" : NULL;
}

static void take_line(struct agent *a, const char *line)
{
	struct agent_question *q = a->shown;
	const char *verdict = verdict_of(q, line);
	const char *object = q->object[0] || q->lasting ? (verdict ? q->object : NULL) : chosen(q, line);

	if (!object) {
		say_no(a, "  No.");
		return;
	}
	if (q->lasting)
		printf("  Yes: %s.\n", !strcmp(verdict, "session") ? "for this session" : verdict);
	else
		printf("  Yes: %s.\n", object);
	fflush(stdout);
	a->shown = NULL;
	agent_answer(a, q, q->lasting ? verdict : "yes", object);
	show_next(a);
}

/* The terminal gives whole lines, or nothing at all for Ctrl-D. */
static void terminal_input(struct agent *a, const char *untrusted_text, size_t len)
{
	char line[64];
	size_t end = 0;

	if (!a->shown && len == 0)
		sd_event_exit(a->event, CLI_OK);
	if (!a->shown || !a->ready)
		return;
	if (len == 0) {
		say_no(a, "\n  No.");
		return;
	}
	while (end < len && untrusted_text[end] != '\n')
		end++;
	if (end >= sizeof(line))
		end = 0;
	memcpy(line, untrusted_text, end);
	line[end] = '\0';
	take_line(a, line);
}

const struct agent_face agent_terminal = { terminal_ask, terminal_withdraw, terminal_notify, terminal_show,
	terminal_input };
