/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/tap.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "tap/ask.h"
#include "tap/path.h"
#include "tap/report.h"

void tap_tick(struct tap *t)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	t->now = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int tap_open(struct tap *t, const struct tap_setup *setup, int memory_fd)
{
	uint64_t secret[4];
	int r = fd_check_sealed(memory_fd, TAP_MEMORY_SIZE);

	if (r < 0)
		return r;
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return -EIO;
	t->memory = mmap(NULL, TAP_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
	if (t->memory == MAP_FAILED) {
		t->memory = NULL;
		return -errno;
	}
	t->memory_fd = memory_fd;
	memcpy(t->net, setup->net, sizeof(t->net));
	t->plug = PLUG_NONE;
	tap_tick(t);
	if (t->memory->magic != MEMORY_MAGIC)
		memset(t->memory, 0, sizeof(*t->memory));
	t->memory->magic = MEMORY_MAGIC;
	flows_open(&t->flows, t->memory->flows, secret, t->now);
	names_open(&t->names, t->memory->names, secret + 2, t->now);
	if (t->flows.count)
		log_info("%u flows and %u names of an earlier run", t->flows.count, t->names.count);
	return 0;
}

void tap_close(struct tap *t)
{
	engine_close(t);
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++)
		if (t->links[i].index)
			link_close(&t->links[i]);
	if (t->memory)
		munmap(t->memory, TAP_MEMORY_SIZE);
	if (t->memory_fd >= 0)
		close(t->memory_fd);
}

static struct link *free_place(struct tap *t)
{
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++)
		if (!t->links[i].index)
			return &t->links[i];
	return NULL;
}

struct link *tap_add_link(struct tap *t, const struct tap_link *about)
{
	struct link *l = tap_link(t, about->index);

	if (l) {
		path_hold_all(t, l->index);
		ask_drop(t, l);
		ask_forget(l);
		engine_unplug(&l->plug);
		link_close(l);
	} else {
		l = free_place(t);
		if (!l)
			return NULL;
		t->nlinks++;
	}
	link_open(l, about);
	t->link_of[about->index] = (uint16_t)(l - t->links + 1);
	return l;
}

void tap_remove_link(struct tap *t, struct link *l)
{
	path_cut_all(t, l);
	ask_drop(t, l);
	ask_forget(l);
	names_forget(&t->names, l->index);
	engine_unplug(&l->plug);
	t->link_of[l->index] = 0;
	t->nlinks--;
	link_close(l);
}

void tap_take_list(struct tap *t, struct link *l)
{
	tap_tick(t);
	path_decide_anew(t, l);
	ask_decide_anew(t, l);
}

static bool has_waiting(const struct tap *t)
{
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++)
		if (t->links[i].nwaiting)
			return true;
	return false;
}

void tap_arm(struct tap *t)
{
	if (t->armed)
		return;
	t->armed = true;
	sd_event_source_set_time_relative(t->timer, TAP_EXPIRE_US);
	sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
}

/* Flows of a client that has no link stay: its link comes again after a restart, or they time out. */
void tap_expire(struct tap *t)
{
	uint32_t budget = MEMORY_FLOWS;
	struct memory_flow *flow;

	tap_tick(t);
	engine_second(t);
	while ((flow = flows_expired(&t->flows, t->now, &budget))) {
		engine_flow_look(t, flow);
		if (flow_is_over(flow, t->now))
			path_end(t, flow, TAP_EVENT_CLOSE);
	}
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++)
		if (t->links[i].nwaiting)
			ask_expire(t, &t->links[i]);
	t->armed = false;
	if (t->flows.count || has_waiting(t))
		tap_arm(t);
}
