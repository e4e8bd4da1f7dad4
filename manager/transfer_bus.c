/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.vmos.Transfer1: one object per transfer, and how fast it speaks. */
#include <errno.h>
#include <string.h>

#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/polkit.h"
#include "manager/transfer.h"

#define TRANSFER_INTERFACE "org.vmos.Transfer1"
#define NEWS_EVERY 200000 /* usec: of numbers that change */
#define GUEST_EVERY 500000 /* usec */

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct transfer *t = userdata;
	char id[TRANSFER_ID_LEN + 1];
	const struct {
		const char *property, *value;
	} all[] = {
		{ "Id", id },
		{ "From", t->job.from },
		{ "To", t->job.to },
		{ "Kind", transfer_kind_name(t->job.kind) },
		{ "Claim", t->job.claim },
		{ "State", transfer_state_name(t->state) },
		{ "Reason", t->text ? t->text : "" },
	};

	transfer_id_format(t->job.id, id);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(property, all[i].property) == 0)
			return sd_bus_message_append(reply, "s", all[i].value);
	}
	return -EINVAL;
}

static int get_number(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	void *userdata, sd_bus_error *ret_error)
{
	const struct transfer *t = userdata;

	if (strcmp(property, "Code") == 0)
		return sd_bus_message_append(reply, "u", (uint32_t)t->reason);
	if (strcmp(property, "Started") == 0)
		return sd_bus_message_append(reply, "t", t->job.started);
	return sd_bus_message_append(reply, "t", strcmp(property, "Done") == 0 ? t->done : t->total);
}

static int get_problems(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
	const struct transfer *t = userdata;
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (unsigned i = 0; i < t->nproblems && r >= 0; i++)
		r = sd_bus_message_append(reply, "s", t->problems[i]);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int handle_cancel(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct transfer *t = userdata;

	if (transfer_state_is_over(t->state))
		return errors_set(ret_error, ERROR_NOT_RUNNING, "The transfer is over already (%s).",
			transfer_state_name(t->state));
	transfer_cancel(t, "It was cancelled.");
	return sd_bus_reply_method_return(call, NULL);
}

static int handle_resume(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	struct transfer *t = userdata;

	if (transfer_resume(t) < 0)
		return errors_set(ret_error, ERROR_NOT_RUNNING, "The transfer is %s and cannot go on.%s",
			transfer_state_name(t->state), t->state == TRANSFER_FAILED ? " Send it again." : "");
	return sd_bus_reply_method_return(call, NULL);
}

static void *find_transfer(struct manager *m, sd_bus_message *call)
{
	const char *path = sd_bus_message_get_path(call);
	uint64_t id;

	if (strncmp(path, TRANSFER_BUS_PREFIX "/", sizeof(TRANSFER_BUS_PREFIX)) != 0 ||
		transfer_id_parse(path + sizeof(TRANSFER_BUS_PREFIX), &id) < 0)
		return NULL;
	return transfers_find(m, id);
}

static const struct polkit_gate transfer_gates[] = {
	{ "Cancel", POLKIT_USE, handle_cancel },
	{ "Resume", POLKIT_USE, handle_resume },
	{ 0 },
};

static int handle_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
	static const struct polkit_gates gates = { find_transfer, transfer_gates };
	struct transfer *t = userdata;

	return polkit_pass(t->manager, &gates, call, t, ret_error);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable transfer_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Cancel", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Resume", "", "", handle_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Id", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("From", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("To", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Kind", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Claim", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("State", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Done", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Total", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Reason", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Code", "u", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Problems", "as", get_problems, 0, CHANGES),
	SD_BUS_PROPERTY("Started", "t", get_number, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

int transfer_bus_add(struct transfer *t, bool announce)
{
	sd_bus *bus = t->manager->bus;
	int r = sd_bus_add_object_vtable(bus, &t->slot, t->path, TRANSFER_INTERFACE, transfer_vtable, t);

	if (r >= 0 && announce)
		r = sd_bus_emit_object_added(bus, t->path);
	return r < 0 ? r : 0;
}

void transfer_bus_removed(struct transfer *t)
{
	if (!t->slot)
		return;
	sd_bus_emit_object_removed(t->manager->bus, t->path);
	t->slot = sd_bus_slot_unref(t->slot);
}

static void tell_guest(struct transfer *t, bool at_once);

static int handle_news(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct transfer *t = userdata;

	t->news_wanted = false;
	if (t->slot)
		sd_bus_emit_properties_changed(
			t->manager->bus, t->path, TRANSFER_INTERFACE, "Done", "Total", "Problems", NULL);
	tell_guest(t, transfer_state_is_over(t->state));
	return 0;
}

static void want_news(struct transfer *t, uint64_t usec)
{
	int r;

	if (t->news_wanted)
		return;
	t->news_wanted = true;
	if (!t->news)
		r = sd_event_add_time_relative(t->manager->event, &t->news, CLOCK_MONOTONIC, usec, 0, handle_news, t);
	else
		r = sd_event_source_set_time_relative(t->news, usec);
	if (r >= 0)
		sd_event_source_set_enabled(t->news, SD_EVENT_ONESHOT);
}

static void tell_guest(struct transfer *t, bool at_once)
{
	uint64_t now = transfer_now();

	if (!t->job.request || (!at_once && now - t->told < GUEST_EVERY))
		return;
	if (transfer_request_tell(t))
		t->told = now;
	else
		want_news(t, GUEST_EVERY);
}

void transfer_bus_tell(struct transfer *t, bool at_once)
{
	if (!at_once) {
		want_news(t, NEWS_EVERY);
		return;
	}
	if (t->slot)
		sd_bus_emit_properties_changed(t->manager->bus, t->path, TRANSFER_INTERFACE, "State", "Reason", "Code",
			"Done", "Total", "Problems", "To", NULL);
	tell_guest(t, true);
}
