/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/transfer_relay.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "manager/manager.h"
#include "manager/relay.h"
#include "manager/transfer.h"
#include "proto/uapi/vmos_channel.h"

enum { SENDER, RECEIVER };

void transfer_relay_init(struct transfer_relay *relay)
{
	*relay = (struct transfer_relay){ .fd = -1 };
}

void transfer_relay_end(struct transfer *t)
{
	struct transfer_relay *relay = &t->move.relay;
	uint64_t bytes;

	sd_event_source_disable_unref(relay->io);
	bytes = relay->fd >= 0 ? relay_close(relay->fd) : 0;
	if (bytes > 0)
		log_info("transfer %016llx: %llu bytes went by a relay", (unsigned long long)t->job.id,
			(unsigned long long)bytes);
	transfer_relay_init(relay);
}

void transfer_relay_fail(struct transfer *t, const char *why)
{
	log_info("transfer %016llx goes on without a relay: %s", (unsigned long long)t->job.id, why);
	t->no_relay = true;
}

/* The agents see it, too: where bytes are missing their runs end. */
static int handle_end(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	transfer_relay_fail(userdata, strerror(relay_ended(fd)));
	return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/* The areas of @vm, a bit each, that relays of other transfers have. */
static uint32_t areas_in_use(const struct transfer *t, const char *vm)
{
	uint32_t used = 0;

	for (const struct transfer *o = t->manager->transfers.list; o; o = o->next) {
		const struct transfer_relay *relay = &o->move.relay;

		if (o == t || relay->fd < 0)
			continue;
		if (strcmp(o->job.from, vm) == 0)
			used |= 1u << relay->area[SENDER];
		if (strcmp(o->job.to, vm) == 0)
			used |= 1u << relay->area[RECEIVER];
	}
	return used;
}

/* The lowest that is free; VMOS_AREAS: none is. */
static unsigned pick_area(const struct transfer *t, const char *vm)
{
	uint32_t used = areas_in_use(t, vm);
	unsigned area = 0;

	while (area < VMOS_AREAS && (used & 1u << area))
		area++;
	return area;
}

/* A vmosd before us had some of its own: so it begins anywhere. Never 0, which is none. */
static uint32_t next_generation(struct transfers *all)
{
	if (all->relays == 0 && getrandom(&all->relays, sizeof(all->relays), 0) != sizeof(all->relays))
		all->relays = 1;
	if (++all->relays == 0)
		all->relays = 1;
	return all->relays;
}

static int begin(struct transfer *t, const struct vm *from, const struct vm *to)
{
	struct transfer_relay *relay = &t->move.relay;
	struct relay_end source = { .identity = &from->identity, .region = &from->region[HELPER_COURIER] };
	struct relay_end target = { .identity = &to->identity, .region = &to->region[HELPER_COURIER] };
	uint32_t generation = next_generation(&t->manager->transfers);
	int r;

	source.area = pick_area(t, from->config.name);
	target.area = pick_area(t, to->config.name);
	if (from->config.vsock || to->config.vsock)
		return -EOPNOTSUPP; /* it has no region, and so no areas */
	if (source.area == VMOS_AREAS || target.area == VMOS_AREAS)
		return -EBUSY;
	relay->fd = relay_make(&source, &target, generation);
	if (relay->fd < 0)
		return relay->fd;
	relay->generation = generation;
	relay->area[SENDER] = source.area;
	relay->area[RECEIVER] = target.area;
	r = sd_event_add_io(t->manager->event, &relay->io, relay->fd, EPOLLIN, handle_end, t);
	if (r < 0)
		transfer_relay_end(t);
	return r < 0 ? r : 0;
}

void transfer_relay_begin(struct transfer *t, const struct vm *from, const struct vm *to)
{
	int r = t->no_relay || !t->manager->relays ? -EOPNOTSUPP : begin(t, from, to);

	if (r == 0)
		return;
	transfer_relay_init(&t->move.relay);
	if (r != -EOPNOTSUPP)
		log_info("transfer %016llx goes by the couriers alone: %s", (unsigned long long)t->job.id,
			r == -ENOENT ? "this host's kernel has no vmos_relay" : strerror(-r));
}

void transfer_relay_name(struct transfer *t, bool is_sender, struct helper_run *run)
{
	struct transfer_relay *relay = &t->move.relay;

	if (is_sender && !relay->joined)
		transfer_relay_end(t);
	run->relay = relay->generation;
	run->area = relay->area[is_sender ? SENDER : RECEIVER];
}

bool transfer_relay_started(struct transfer *t, bool is_sender, uint64_t generation)
{
	struct transfer_relay *relay = &t->move.relay;

	if (generation == 0) {
		transfer_relay_end(t);
		return true;
	}
	if (generation != relay->generation)
		return false;
	relay->joined = relay->joined || !is_sender;
	return true;
}
