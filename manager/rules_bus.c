/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Manager1: the rules, asking them, and changing those that vmosd keeps itself. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/smack.h"
#include "manager/audit.h"
#include "manager/errors.h"
#include "manager/labels.h"
#include "manager/line_change.h"
#include "manager/manager.h"
#include "manager/polkit.h"
#include "manager/rule_edit.h"
#include "manager/rules_why.h"

#define LINE_MAX_BYTES 512 /* of a rule from a client */

/* One rule of what a client sent, which must be one line. 0, or -EINVAL with the reason. */
static int parse(const char *untrusted_line, struct rule *ret, struct ruleset_error *ret_error)
{
	struct ruleset set = { .rules = ret, .cap = 1 };
	size_t len = strlen(untrusted_line);

	*ret_error = (struct ruleset_error){ .line = 1, .column = 1 };
	if (len > LINE_MAX_BYTES || strpbrk(untrusted_line, "\r\n"))
		ret_error->sentence = "a rule is one line of at most 512 bytes";
	else if (ruleset_parse(&set, 0, untrusted_line, len, ret_error) == 0 && set.count == 0)
		ret_error->sentence = "there is no rule in it: one is 'subject object access', as in 'work web w'";
	return set.count == 1 ? 0 : -EINVAL;
}

static int read_rule(const char *untrusted_line, struct rule *ret, sd_bus_error *ret_error)
{
	struct ruleset_error error;

	return parse(untrusted_line, ret, &error) == 0
		? 0
		: errors_set(ret_error, ERROR_INVALID_ARGUMENT, "This is no rule, from column %u on: %s.", error.column,
			  error.sentence);
}

/* The same of its three words. None of them can bring a blank, and with it another word, along. */
static int read_words(
	const char *subject, const char *object, const char *access, struct rule *ret, sd_bus_error *ret_error)
{
	struct ruleset_error error;
	char *line cleanup_free = NULL;

	if (strpbrk(subject, " \t") || strpbrk(object, " \t") || strpbrk(access, " \t"))
		return errors_set(ret_error, ERROR_INVALID_NAME, "There is a blank in a name.");
	if (asprintf(&line, "%s %s %s", subject, object, access) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return parse(line, ret, &error) == 0
		? 0
		: errors_set(ret_error, ERROR_INVALID_ARGUMENT, "\"%s\" cannot be asked: %s.", line, error.sentence);
}

static int append_rule(sd_bus_message *reply, const struct rules *rules, const struct rule *rule)
{
	char letters[5];

	rules_letters(rule->access, letters);
	return sd_bus_message_append(reply, "(sssbbusu)", rule->subject, rule->object, letters, rule->ask, rule->notify,
		rule->for_seconds, rules_file_of(rules, rule), rule->line);
}

static int handle_list(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	const struct manager *m = userdata;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(sssbbusu)");
	for (size_t i = 0; i < m->rules.set.count && r >= 0; i++)
		r = append_rule(reply, &m->rules, &m->rules.set.rules[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	return r;
}

/* What the kernel says to sending, where it holds rules: "yes", "no"; "": it has no say. */
static const char *ask_kernel(const struct manager *m, const struct rule *question)
{
	const struct vm *from = manager_find_vm(m, question->subject), *to = manager_find_vm(m, question->object);
	char subject[SMACK_LABEL_MAX + 1], object[SMACK_LABEL_MAX + 1];
	int r;

	if (!m->system || question->access != RULE_WRITE || !from || !to || vm_is_off(from) || vm_is_off(to))
		return "";
	r = label_of(question->subject, LABEL_COURIER, subject);
	if (r == 0)
		r = label_of(question->object, LABEL_INBOX, object);
	if (r == 0)
		r = smack_may(subject, object, "w");
	return r < 0 ? "" : r > 0 ? "yes" : "no";
}

static int reply_why(sd_bus_message *call, const struct manager *m, const struct rule *question)
{
	const time_t now = time(NULL);
	const char *from = question->subject, *to = question->object;
	struct rules_answer answer = rules_ask(&m->rules, from, to, question->access, now);
	char *sentence cleanup_free = rules_why(&m->rules, from, to, question->access, now);
	const struct rule *rule = answer.rule;

	if (!sentence)
		return -ENOMEM;
	return sd_bus_reply_method_return(call, "bbsuss", answer.allowed, answer.ask,
		rule ? rules_file_of(&m->rules, rule) : "", rule ? rule->line : 0, sentence, ask_kernel(m, question));
}

static int handle_why(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	const char *subject, *object, *access;
	struct rule question;
	int r = sd_bus_message_read(call, "sss", &subject, &object, &access);

	if (r >= 0)
		r = read_words(subject, object, access, &question, ret_error);
	if (r >= 0 && question.access == 0)
		r = errors_set(ret_error, ERROR_INVALID_ARGUMENT, "What is it that you ask for? w, a, x or r.");
	return r < 0 ? r : reply_why(call, userdata, &question);
}

/* The change that a call asks for. */
struct asked_change {
	sd_bus_message *call;
	struct rule_edit pair;
};

static int read_file(const struct manager *m, const char *path, char **ret_text, char **ret_error)
{
	return rules_read(path, m->system, ret_text, ret_error);
}

static int try_draft(const struct manager *m, const struct line_draft *draft, char **ret_error)
{
	return rules_try((const char *const *)m->rules_dirs, m->system, draft, ret_error);
}

static int record(const struct manager *m, const struct line_change *c)
{
	const struct asked_change *asked = c->asked;
	char uid[16], removed[16];

	line_change_uid(asked->call, uid);
	snprintf(removed, sizeof(removed), "%u", c->removed);
	if (c->edit.line)
		return audit_write(m->audit, "rule-add", "line", c->edit.line, "removed", removed, "file", c->path,
			"uid", uid, NULL);
	return audit_write(m->audit, "rule-del", "subject", asked->pair.subject, "object", asked->pair.object,
		"removed", removed, "file", c->path, "uid", uid, NULL);
}

static int reload(struct manager *m, const char **ret_error)
{
	int r = manager_rules_reload(m);

	*ret_error = m->rules.error;
	return r;
}

static const struct line_store store = {
	.file = RULE_EDIT_FILE,
	.noun = "rules",
	.failed_event = "rule-failed",
	.folder = manager_rules_folder,
	.read = read_file,
	.try = try_draft,
	.record = record,
	.reload = reload,
};

/* How many rules went; < 0: @ret_error says why not. */
static int change(struct manager *m, const struct asked_change *asked, sd_bus_error *ret_error)
{
	struct line_change c = {
		.edit = { .look = rule_edit_look, .userdata = &asked->pair, .line = asked->pair.line },
		.asked = asked,
	};
	int r = line_change_make(m, &store, &c, ret_error);

	return r < 0 ? r : (int)c.removed;
}

static int handle_add(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct asked_change asked = { .call = call };
	struct rule rule;
	int r = sd_bus_message_read(call, "s", &asked.pair.line);

	if (r >= 0)
		r = read_rule(asked.pair.line, &rule, ret_error);
	asked.pair.subject = rule.subject;
	asked.pair.object = rule.object;
	if (r >= 0)
		r = change(userdata, &asked, ret_error);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

static int handle_del(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct asked_change asked = { .call = call };
	struct rule rule;
	int r = sd_bus_message_read(call, "ss", &asked.pair.subject, &asked.pair.object);

	if (r >= 0)
		r = read_words(asked.pair.subject, asked.pair.object, "-", &rule, ret_error);
	if (r >= 0)
		r = change(userdata, &asked, ret_error);
	return r < 0 ? r : sd_bus_reply_method_return(call, "u", (uint32_t)r);
}

static int get_error(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct manager *m = userdata;

	return sd_bus_message_append(reply, "s", m->rules.error ? m->rules.error : "");
}

static const struct polkit_gate rules_gates[] = {
	{ "ListRules", POLKIT_USE, handle_list },
	{ "Why", POLKIT_USE, handle_why },
	{ "AddRule", POLKIT_MANAGE, handle_add },
	{ "DelRule", POLKIT_MANAGE, handle_del },
	{ 0 },
};

static int handle_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	static const struct polkit_gates gates = { polkit_find_manager, rules_gates };

	return polkit_pass(userdata, &gates, call, userdata, ret_error);
}

static const sd_bus_vtable rules_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("ListRules", "", "a(sssbbusu)", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Why", "sss", "bbsuss", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AddRule", "s", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DelRule", "ss", "u", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("RulesError", "s", get_error, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

int rules_bus_add(struct manager *m)
{
	return sd_bus_add_object_vtable(m->bus, NULL, MANAGER_BUS_PATH, MANAGER_BUS_INTERFACE, rules_vtable, m);
}
