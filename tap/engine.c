/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/engine.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/sandbox.h"
#include "tap/tap.h"

static const struct engine *engine = &engine_vde;

int engine_open(struct tap *t, enum tap_fabric fabric, const int fds[TAP_KERNEL_FDS])
{
	if (fabric == TAP_FABRIC_VDE)
		return engine->open(t, NULL);
#ifdef TAP_KERNEL
	engine = &engine_tc;
	return engine->open(t, fds);
#else
	for (unsigned i = 0; i < TAP_KERNEL_FDS; i++)
		close(fds[i]);
	return -EOPNOTSUPP;
#endif
}

void engine_close(struct tap *t)
{
	for (uint32_t i = 0; i < TAP_LINKS_MAX; i++)
		if (t->links[i].index)
			engine_unplug(&t->links[i].plug);
	engine_unplug(&t->plug);
	if (engine->close)
		engine->close();
}

int engine_sandbox(void)
{
	return sandbox_calls_with(engine->calls, engine->choice);
}

int engine_plug(struct tap *t, struct link *link, struct plug *end)
{
	struct plug *plug = link ? &link->plug : &t->plug;
	int r = -EPROTO;

	engine_unplug(plug);
	*plug = *end;
	plug->tap = t;
	plug->link = link;
	if ((engine == &engine_vde) == (end->ifindex == 0))
		r = engine->plug(plug);
	if (r < 0)
		engine_unplug(plug);
	return r;
}

void engine_unplug(struct plug *plug)
{
	if (engine->unplug)
		engine->unplug(plug);
	if (plug->data >= 0)
		close(steal_fd(&plug->data));
	if (plug->control >= 0)
		close(steal_fd(&plug->control));
	plug->ifindex = 0;
}

void engine_to_net(struct tap *t, const uint8_t *data, uint32_t len)
{
	engine->send(&t->plug, data, len, false);
}

void engine_to_client(struct tap *t, struct link *link, const uint8_t *data, uint32_t len)
{
	engine->send(&link->plug, data, len, false);
}

void engine_to_net_now(struct tap *t, const uint8_t *data, uint32_t len)
{
	engine->send(&t->plug, data, len, true);
}

void engine_to_client_now(struct tap *t, struct link *link, const uint8_t *data, uint32_t len)
{
	engine->send(&link->plug, data, len, true);
}

void engine_flow_begin(struct tap *t, struct memory_flow *flow)
{
	if (engine->begin)
		engine->begin(t, flow);
}

void engine_flow_end(struct tap *t, struct memory_flow *flow)
{
	if (engine->end)
		engine->end(t, flow);
}

void engine_flow_look(struct tap *t, struct memory_flow *flow)
{
	if (engine->look)
		engine->look(t, flow);
}

void engine_second(struct tap *t)
{
	if (engine->second)
		engine->second(t);
}

void engine_count(struct tap *t, const struct link *link, struct tap_stats *stats)
{
	if (engine->count)
		engine->count(t, link, stats);
}
