/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/agents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "manager/errors.h"
#include "manager/manager.h"

#define USEC 1000000ull
#define LINGER (5 * USEC) /* the question's own end comes before the call's */

struct agent {
	struct agent *next;
	struct manager *manager;
	char *name; /* unique on the bus */
	char *path;
	uint64_t serial; /* of the registration: the newer, the higher */
	sd_bus_track *track;
};

/* A question that somebody is being asked. */
struct asking {
	struct manager *manager;
	const struct asked *q;
	agents_answer_fn answer;
	void *userdata;
	char *name, *path; /* who is asked; copies: the agent may be forgotten meanwhile */
	sd_bus_slot *slot;
	uint64_t tried[AGENTS_MAX];
	unsigned ntried;
};

static uint64_t last_serial;

static void agent_free(struct agent *agent)
{
	sd_bus_track_unref(agent->track);
	free(agent->name);
	free(agent->path);
	free(agent);
}

static struct agent **find(struct agents *agents, const char *name, const char *path)
{
	struct agent **at = &agents->first;

	while (*at && (strcmp((*at)->name, name) != 0 || strcmp((*at)->path, path) != 0))
		at = &(*at)->next;
	return at;
}

static void forget(struct agents *agents, struct agent **at)
{
	struct agent *agent = *at;

	*at = agent->next;
	agents->count--;
	agent_free(agent);
}

/* It left the bus. What it was being asked ends by an error of the bus, which handle_reply() gets. */
static int handle_gone(sd_bus_track *track, void *userdata)
{
	struct agent *agent = userdata;
	struct agents *agents = &agent->manager->agents;
	struct agent **at = find(agents, agent->name, agent->path);

	log_debug("The agent %s left the bus", agent->name);
	if (*at)
		forget(agents, at);
	return 0;
}

static int agent_new(struct manager *m, const char *name, const char *path, struct agent **ret_agent)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	int r = -ENOMEM;

	if (!agent)
		return r;
	agent->manager = m;
	agent->name = strdup(name);
	agent->path = strdup(path);
	if (agent->name && agent->path)
		r = sd_bus_track_new(m->bus, &agent->track, handle_gone, agent);
	if (r >= 0)
		r = sd_bus_track_add_name(agent->track, name);
	if (r < 0) {
		agent_free(agent);
		return r;
	}
	agent->serial = ++last_serial;
	*ret_agent = agent;
	return 0;
}

int agents_register(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error)
{
	const char *name = sd_bus_message_get_sender(call), *path;
	struct agent *agent, **old;
	int r = sd_bus_message_read(call, "o", &path);

	if (r < 0)
		return r;
	if (!name)
		return -EINVAL;
	old = find(&m->agents, name, path);
	if (!*old && m->agents.count == AGENTS_MAX)
		return errors_set(
			ret_error, ERROR_BUSY, "%d agents are registered already. End one of them.", AGENTS_MAX);
	r = agent_new(m, name, path, &agent);
	if (r < 0)
		return r;
	if (*old)
		forget(&m->agents, old);
	agent->next = m->agents.first;
	m->agents.first = agent;
	m->agents.count++;
	log_info("%s asks the user from now on", name);
	return sd_bus_reply_method_return(call, NULL);
}

int agents_unregister(struct manager *m, sd_bus_message *call, sd_bus_error *ret_error)
{
	const char *name = sd_bus_message_get_sender(call), *path;
	struct agent **at;
	int r = sd_bus_message_read(call, "o", &path);

	if (r < 0)
		return r;
	at = name ? find(&m->agents, name, path) : NULL;
	if (!at || !*at)
		return errors_set(ret_error, ERROR_NOT_FOUND,
			"No agent of yours is registered at %s. Register it first by RegisterAgent.", path);
	forget(&m->agents, at);
	return sd_bus_reply_method_return(call, NULL);
}

void agents_finish(struct agents *agents)
{
	while (agents->first)
		forget(agents, &agents->first);
}

static void asking_free(struct asking *a)
{
	sd_bus_slot_unref(a->slot); /* no reply is waited for any more */
	free(a->name);
	free(a->path);
	free(a);
}

static int append_candidates(sd_bus_message *call, const struct asked *q)
{
	int r = sd_bus_message_open_container(call, 'e', "sv");

	if (r >= 0)
		r = sd_bus_message_append(call, "s", "Candidates");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'v', "a(ss)");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(ss)");
	for (size_t i = 0; i < q->ncandidates && r >= 0; i++)
		r = sd_bus_message_append(call, "(ss)", q->candidates[i].name, q->candidates[i].color);
	for (int i = 0; i < 3 && r >= 0; i++)
		r = sd_bus_message_close_container(call);
	return r;
}

/* What agents of before pass over: to them it is a question of yes and no. */
static int append_net(sd_bus_message *call, const struct asked *q)
{
	int r = 0;

	if (q->address)
		r = sd_bus_message_append(call, "{sv}{sv}", "Address", "s", q->address, "Program", "s", q->program);
	if (r >= 0 && q->lasting)
		r = sd_bus_message_append(call, "{sv}", "Answers", "as", 3, "once", "session", "always");
	return r;
}

static int append_question(sd_bus_message *call, const struct asked *q)
{
	int r = sd_bus_message_open_container(call, 'a', "{sv}");

	if (r >= 0)
		r = sd_bus_message_append(
			call, "{sv}{sv}{sv}", "Id", "u", q->id, "Kind", "s", q->kind, "Subject", "s", q->subject);
	if (r >= 0)
		r = sd_bus_message_append(call, "{sv}{sv}{sv}", "SubjectColor", "s", q->subject_color, "Object", "s",
			q->object, "ObjectColor", "s", q->object_color);
	if (r >= 0)
		r = append_candidates(call, q);
	if (r >= 0)
		r = sd_bus_message_append(
			call, "{sv}{sv}{sv}", "Claim", "s", q->claim, "Bytes", "t", q->bytes, "Files", "u", q->files);
	if (r >= 0)
		r = sd_bus_message_append(call, "{sv}{sv}", "Timeout", "u", q->timeout, "Rule", "s", q->rule);
	if (r >= 0)
		r = append_net(call, q);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

static bool was_tried(const struct asking *a, const struct agent *agent)
{
	for (unsigned i = 0; i < a->ntried; i++) {
		if (a->tried[i] == agent->serial)
			return true;
	}
	return false;
}

/* The newest agent that has not been asked yet. */
static const struct agent *pick(const struct asking *a)
{
	const struct agent *agent = a->manager->agents.first;

	while (agent && was_tried(a, agent))
		agent = agent->next;
	return a->ntried < AGENTS_MAX ? agent : NULL;
}

static int ask_next(struct asking *a);

static void finish(struct asking *a, enum agents_answer answer, const char *untrusted_object)
{
	agents_answer_fn fn = a->answer;
	void *userdata = a->userdata;

	fn(answer, untrusted_object, userdata);
	asking_free(a);
}

/* A call whose answer nobody waits for. */
static int tell(struct manager *m, sd_bus_message *call)
{
	int r = sd_bus_message_set_expect_reply(call, 0);

	if (r >= 0)
		r = sd_bus_message_set_auto_start(call, 0);
	return r < 0 ? r : sd_bus_send(m->bus, call, NULL);
}

/* The agent that has the question may drop it. */
static void withdraw(const struct asking *a)
{
	sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(a->manager->bus, &call, a->name, a->path, AGENTS_INTERFACE, "Cancel");

	if (r >= 0)
		r = sd_bus_message_append(call, "u", a->q->id);
	if (r >= 0)
		r = tell(a->manager, call);
	if (r < 0)
		log_warning("The agent %s is not told that a question is withdrawn: %s", a->name, strerror(-r));
	sd_bus_message_unref(call);
}

/* The bus sees to it that only who was asked can reply; that is not left to its configuration alone. */
static bool is_from(sd_bus_message *reply, const char *name)
{
	const char *sender = sd_bus_message_get_sender(reply);

	return sender && strcmp(sender, name) == 0;
}

/* All that is not known is a no. */
static enum agents_answer read_verdict(const struct asked *q, const char *untrusted_verdict)
{
	static const struct {
		const char *verdict;
		enum agents_answer answer;
		bool lasting;
	} all[] = {
		{ "yes", AGENTS_YES, false },
		{ "once", AGENTS_YES, true },
		{ "session", AGENTS_SESSION, true },
		{ "always", AGENTS_ALWAYS, true },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(untrusted_verdict, all[i].verdict) == 0 && (q->lasting || !all[i].lasting))
			return all[i].answer;
	}
	return AGENTS_NO;
}

static int handle_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_unused)
{
	struct asking *a = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(reply);
	const char *verdict, *object;

	if (!is_from(reply, a->name) && !(e && is_from(reply, "org.freedesktop.DBus"))) {
		log_warning("An answer in place of the agent %s came from somebody else: it counts as a no", a->name);
		withdraw(a);
		finish(a, AGENTS_FORGED, "");
		return 0;
	}
	if (e) {
		log_info("The agent %s does not answer: %s", a->name, e->message ? e->message : e->name);
		if (ask_next(a) < 0)
			finish(a, AGENTS_NONE, "");
		return 0;
	}
	if (sd_bus_message_read(reply, "ss", &verdict, &object) < 0) {
		log_warning("The agent %s answers what is no answer: it counts as a no", a->name);
		verdict = "no";
		object = "";
	}
	finish(a, read_verdict(a->q, verdict), object);
	return 0;
}

static int ask_agent(struct asking *a, const struct agent *agent)
{
	sd_bus_message *call = NULL;
	char *name = strdup(agent->name), *path = strdup(agent->path);
	int r = name && path ? 0 : -ENOMEM;

	free(a->name);
	free(a->path);
	a->name = name;
	a->path = path;
	a->slot = sd_bus_slot_unref(a->slot);
	if (r >= 0)
		r = sd_bus_message_new_method_call(a->manager->bus, &call, name, path, AGENTS_INTERFACE, "Ask");
	if (r >= 0)
		r = append_question(call, a->q);
	if (r >= 0)
		r = sd_bus_call_async(a->manager->bus, &a->slot, call, handle_reply, a, a->q->timeout * USEC + LINGER);
	sd_bus_message_unref(call);
	return r < 0 ? r : 0;
}

static int ask_next(struct asking *a)
{
	const struct agent *agent;

	while ((agent = pick(a))) {
		a->tried[a->ntried++] = agent->serial;
		if (ask_agent(a, agent) == 0)
			return 0;
	}
	return -ENOENT;
}

int agents_ask(
	struct manager *m, const struct asked *q, agents_answer_fn answer, void *userdata, struct asking **ret_asking)
{
	struct asking *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	a->manager = m;
	a->q = q;
	a->answer = answer;
	a->userdata = userdata;
	r = ask_next(a);
	if (r < 0) {
		asking_free(a);
		return r;
	}
	*ret_asking = a;
	return 0;
}

void asking_cancel(struct asking *a)
{
	if (!a)
		return;
	withdraw(a);
	asking_free(a);
}

bool agents_know(const struct manager *m, const char *name)
{
	const struct agent *agent = m->agents.first;

	while (agent && (!name || strcmp(agent->name, name) != 0))
		agent = agent->next;
	return agent != NULL;
}

static int tell_one(
	struct manager *m, const struct agent *agent, const char *method, agents_fill_fn fill, const void *userdata)
{
	sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(m->bus, &call, agent->name, agent->path, AGENTS_INTERFACE, method);

	if (r >= 0)
		r = fill(call, userdata);
	if (r >= 0)
		r = tell(m, call);
	sd_bus_message_unref(call);
	return r;
}

unsigned agents_tell(struct manager *m, const char *method, agents_fill_fn fill, const void *userdata)
{
	unsigned told = 0;

	for (const struct agent *agent = m->agents.first; agent; agent = agent->next) {
		int r = tell_one(m, agent, method, fill, userdata);

		if (r < 0)
			log_warning("The agent %s is not told: %s", agent->name, strerror(-r));
		told += r >= 0;
	}
	return told;
}

static int fill_notice(sd_bus_message *call, const void *userdata)
{
	const struct notice *n = userdata;

	return sd_bus_message_append(call, "a{sv}", 7, "Kind", "s", n->kind, "Subject", "s", n->subject, "SubjectColor",
		"s", n->subject_color, "Object", "s", n->object, "ObjectColor", "s", n->object_color, "Claim", "s",
		n->claim, "Text", "s", n->text);
}

void agents_notify(struct manager *m, const struct notice *n)
{
	agents_tell(m, "Notify", fill_notice, n);
}
