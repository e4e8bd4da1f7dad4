/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/polkit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "manager/errors.h"
#include "manager/manager.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define POLKIT_MAY_ASK 1u /* CheckAuthorization: the user may be asked for a password */
#define POLKIT_WAIT (5 * 60 * 1000000ull) /* usec: somebody types a password */

static const char *const actions[] = { "org.vmos.use", "org.vmos.manage", "org.vmos.drill", "root" };

/* A call that waits for polkit. */
struct waiting {
	struct manager *manager;
	const struct polkit_gates *gates;
	const struct polkit_gate *gate;
	sd_bus_message *call; /* owned */
};

static void waiting_free(void *p)
{
	struct waiting *w = p;

	sd_bus_message_unref(w->call);
	free(w);
}

static const struct polkit_gate *find_gate(const struct polkit_gates *gates, sd_bus_message *call)
{
	const struct polkit_gate *gate = gates->gates;

	while (gate->member && !sd_bus_message_is_method_call(call, NULL, gate->member))
		gate++;
	return gate->member ? gate : NULL;
}

void *polkit_find_manager(struct manager *m, sd_bus_message *call)
{
	return m;
}

int polkit_sender(sd_bus_message *call, uid_t *ret_uid)
{
	sd_bus_creds *creds = NULL;
	int r = sd_bus_query_sender_creds(call, SD_BUS_CREDS_EUID, &creds);

	if (r >= 0)
		r = sd_bus_creds_get_euid(creds, ret_uid);
	sd_bus_creds_unref(creds);
	return r < 0 ? r : 0;
}

static int refuse(const struct waiting *w, sd_bus_error *ret_error, const char *why)
{
	return errors_set(ret_error, ERROR_NOT_AUTHORIZED, "%s (%s). %s", why, actions[w->gate->action],
		"Ask for it in a session at this machine, join the group vmos, or do it as root.");
}

/* What polkit said. 0: go on. */
static int read_answer(const struct waiting *w, sd_bus_message *reply, sd_bus_error *ret_error)
{
	const sd_bus_error *e = sd_bus_message_get_error(reply);
	int allowed = 0, challenge = 0;

	if (e && sd_bus_error_has_name(e, SD_BUS_ERROR_SERVICE_UNKNOWN))
		return errors_set(ret_error, ERROR_NOT_AUTHORIZED,
			"polkit is not there, so that only root may do this. Install the package polkitd, or become "
			"root.");
	if (e) {
		log_warning("polkit does not decide: %s", e->message ? e->message : e->name);
		return refuse(w, ret_error, "polkit does not decide whether you may do this");
	}
	if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
		sd_bus_message_read(reply, "bb", &allowed, &challenge) < 0 || !allowed)
		return refuse(w, ret_error, "You may not do this");
	return 0;
}

static int handle_answer(sd_bus_message *reply, void *userdata, sd_bus_error *ret_unused)
{
	struct waiting *w = userdata;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = read_answer(w, reply, &error);
	void *object = r == 0 ? w->gates->find(w->manager, w->call) : NULL;

	if (r == 0 && !object)
		r = errors_set(&error, SD_BUS_ERROR_UNKNOWN_OBJECT, "It was removed meanwhile.");
	if (r == 0)
		r = w->gate->handler(w->call, object, &error);
	if (r < 0)
		sd_bus_reply_method_errno(w->call, r, &error);
	sd_bus_error_free(&error);
	return 0;
}

static int ask(struct waiting *w)
{
	uint32_t flags = sd_bus_message_get_allow_interactive_authorization(w->call) > 0 ? POLKIT_MAY_ASK : 0;
	sd_bus *bus = sd_bus_message_get_bus(w->call);
	sd_bus_message *m = NULL;
	sd_bus_slot *slot = NULL;
	int r = sd_bus_message_new_method_call(
		bus, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CheckAuthorization");

	if (r >= 0)
		r = sd_bus_message_append(m, "(sa{sv})s", "system-bus-name", 1, "name", "s",
			sd_bus_message_get_sender(w->call), actions[w->gate->action]);
	if (r >= 0)
		r = sd_bus_message_append(m, "a{ss}us", 0, flags, "");
	if (r >= 0)
		r = sd_bus_call_async(bus, &slot, m, handle_answer, w, POLKIT_WAIT);
	if (r >= 0) {
		sd_bus_slot_set_destroy_callback(slot, waiting_free);
		sd_bus_slot_set_floating(slot, 1);
	}
	sd_bus_slot_unref(slot);
	sd_bus_message_unref(m);
	return r < 0 ? r : 1;
}

int polkit_pass(struct manager *m, const struct polkit_gates *gates, sd_bus_message *call, void *userdata,
	sd_bus_error *ret_error)
{
	const struct polkit_gate *gate = find_gate(gates, call);
	struct waiting *w;
	uid_t uid;
	int r;

	if (!gate)
		return -ENOSYS;
	if (!m->system)
		return gate->handler(call, userdata, ret_error);
	r = polkit_sender(call, &uid);
	if (r < 0)
		return r;
	if (uid == 0)
		return gate->handler(call, userdata, ret_error);
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct waiting){ m, gates, gate, sd_bus_message_ref(call) };
	r = gate->action == POLKIT_ROOT ? refuse(w, ret_error, "Only root may do this") : ask(w);
	if (r < 0)
		waiting_free(w);
	return r;
}
