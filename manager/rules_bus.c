/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Manager1: the rules, asking them, and changing those that vmosd keeps itself. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/paths.h"
#include "base/smack.h"
#include "manager/audit.h"
#include "manager/errors.h"
#include "manager/labels.h"
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
struct change {
	struct rule_edit edit;
	const char *path, *dir;
	char *old, *text; /* owned */
	unsigned removed;
};

/* The file as it is: none is an empty one. */
static int read_old(const struct manager *m, struct change *c, sd_bus_error *ret_error)
{
	char *error cleanup_free = NULL;
	struct stat st;
	int r;

	c->edit.now = c->edit.written = time(NULL);
	if (stat(c->path, &st) < 0 && errno == ENOENT) {
		c->old = strdup("");
		return c->old ? 0 : -ENOMEM;
	}
	r = rules_read(c->path, m->system, &c->old, &error);
	if (r < 0)
		return error ? errors_set(ret_error, ERROR_FAILED, "%s Nothing was changed.", error) : r;
	c->edit.written = st.st_mtim.tv_sec;
	return 0;
}

/* Whether the rules would parse with the new file in its place. */
static int try_new(const struct manager *m, const struct change *c, sd_bus_error *ret_error)
{
	struct rules_draft draft = { .dir = c->dir, .path = c->path, .text = c->text };
	char *error cleanup_free = NULL;
	int r = rules_try((const char *const *)m->rules_dirs, m->system, &draft, &error);

	return r < 0 && error ? errors_set(ret_error, ERROR_FAILED, "%s Nothing was changed.", error) : r;
}

static int record(const struct manager *m, sd_bus_message *call, const struct change *c, sd_bus_error *ret_error)
{
	const bool adds = c->edit.line != NULL;
	char uid_text[16] = "", removed[16];
	uid_t uid;
	int r;

	if (polkit_sender(call, &uid) == 0)
		snprintf(uid_text, sizeof(uid_text), "%u", (unsigned)uid);
	snprintf(removed, sizeof(removed), "%u", c->removed);
	if (adds)
		r = audit_write(m->audit, "rule-add", "line", c->edit.line, "removed", removed, "file", c->path, "uid",
			uid_text, NULL);
	else
		r = audit_write(m->audit, "rule-del", "subject", c->edit.subject, "object", c->edit.object, "removed",
			removed, "file", c->path, "uid", uid_text, NULL);
	return r < 0 ? errors_set(ret_error, ERROR_FAILED,
			       "The audit log in %s cannot be written (%s), so the rules stay as they are. See to it, "
			       "then try again.",
			       m->data, strerror(-r))
		     : 0;
}

/* Writes the new file, and has it in force. */
static int put_new(struct manager *m, const struct change *c, sd_bus_error *ret_error)
{
	int r = rule_edit_write(c->path, c->text);

	if (r < 0) {
		audit_write(m->audit, "rule-failed", "file", c->path, "reason", strerror(-r), NULL);
		return errors_set(ret_error, r == -ENOSPC ? ERROR_NO_SPACE : ERROR_FAILED,
			"%s cannot be written: %s. The rules before stay in force.", c->path, strerror(-r));
	}
	r = manager_rules_reload(m);
	return r < 0 ? errors_set(ret_error, ERROR_FAILED, "%s was written, but is not in force yet: %s", c->path,
			       m->rules.error ? m->rules.error : strerror(-r))
		     : 0;
}

static int change(struct manager *m, sd_bus_message *call, struct change *c, sd_bus_error *ret_error)
{
	char *path cleanup_free = paths_join(manager_rules_folder(m), RULE_EDIT_FILE, NULL);
	int r;

	if (!path)
		return -ENOMEM;
	c->path = path;
	c->dir = manager_rules_folder(m);
	r = paths_mkdir(c->dir);
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "The folder %s cannot be made: %s", c->dir, strerror(-r));
	r = read_old(m, c, ret_error);
	if (r == 0)
		r = rule_edit_text(c->old, &c->edit, &c->text, &c->removed);
	if (r == 0 && !c->edit.line && c->removed == 0)
		return 0;
	if (r == 0)
		r = try_new(m, c, ret_error);
	if (r == 0)
		r = record(m, call, c, ret_error);
	return r == 0 ? put_new(m, c, ret_error) : r;
}

static int change_and_free(struct manager *m, sd_bus_message *call, struct change *c, sd_bus_error *ret_error)
{
	int r = change(m, call, c, ret_error);

	free(c->old);
	free(c->text);
	return r;
}

static int handle_add(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct change c = { 0 };
	struct rule rule;
	int r = sd_bus_message_read(call, "s", &c.edit.line);

	if (r >= 0)
		r = read_rule(c.edit.line, &rule, ret_error);
	c.edit.subject = rule.subject;
	c.edit.object = rule.object;
	if (r >= 0)
		r = change_and_free(userdata, call, &c, ret_error);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

static int handle_del(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct change c = { 0 };
	struct rule rule;
	int r = sd_bus_message_read(call, "ss", &c.edit.subject, &c.edit.object);

	if (r >= 0)
		r = read_words(c.edit.subject, c.edit.object, "-", &rule, ret_error);
	if (r >= 0)
		r = change_and_free(userdata, call, &c, ret_error);
	return r < 0 ? r : sd_bus_reply_method_return(call, "u", c.removed);
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
