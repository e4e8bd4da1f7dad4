/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap/tc.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/netplan.h"
#include "tap/bpf/filter.bpf.h"

static_assert(TC_INDEX_MAX == NETPLAN_INDEX_MAX, "a client for each index");

enum table { CONFIG, CLIENTS, LINKS, FLOWS, COUNTERS, RING, PACKET, TABLES };

static_assert(TABLES == TC_FDS, "each fd is shared");

static const char *const names[] = { [CONFIG] = "config",
	[CLIENTS] = "clients",
	[LINKS] = "links",
	[FLOWS] = "flows",
	[COUNTERS] = "counters",
	[RING] = "ring" };

struct tc {
	int fds[TABLES]; /* of the maps, and a packet socket to send by */
	struct bpf_object *object; /* NULL: adopted */
	struct ring_buffer *ring;
	tc_handler handler;
	void *userdata;
	unsigned left; /* frames that tc_read() may still take */
	int cpus;
};

static int handle_event(void *userdata, void *data, size_t size)
{
	struct tc *tc = userdata;

	if (size == sizeof(struct tc_event) && tc->handler)
		tc->handler(data, tc->userdata);
	return --tc->left ? 0 : -EAGAIN; /* it stops behind this one */
}

/* The kernel says in errno why not; libbpf's own words are for who writes the program. */
static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static int load(struct tc *tc)
{
	const uint32_t mark = TC_MARK;
	int r;

	libbpf_set_print(say_nothing);
	tc->object = bpf_object__open_mem(filter_bpf, sizeof(filter_bpf), NULL);
	if (!tc->object)
		return -errno;
	r = bpf_object__load(tc->object);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		tc->fds[i] = dup(bpf_object__find_map_fd_by_name(tc->object, names[i]));
		if (tc->fds[i] < 0)
			return -errno;
	}
	/* No protocol: it receives nothing. */
	tc->fds[PACKET] = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (tc->fds[PACKET] < 0 || setsockopt(tc->fds[PACKET], SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		return -errno;
	return 0;
}

static int begin(struct tc *tc)
{
	tc->cpus = libbpf_num_possible_cpus();
	if (tc->cpus < 0)
		return tc->cpus;
	tc->ring = ring_buffer__new(tc->fds[RING], handle_event, tc, NULL);
	return tc->ring ? 0 : -errno;
}

static struct tc *tc_new(void)
{
	struct tc *tc = calloc(1, sizeof(*tc));

	for (int i = 0; tc && i < TABLES; i++)
		tc->fds[i] = -1;
	return tc;
}

int tc_open(struct tc **ret_tc)
{
	struct tc *tc = tc_new();
	int r;

	if (!tc)
		return -ENOMEM;
	r = load(tc);
	if (r == 0)
		r = begin(tc);
	if (r < 0) {
		tc_close(tc);
		return r;
	}
	*ret_tc = tc;
	return 0;
}

void tc_close(struct tc *tc)
{
	if (!tc)
		return;
	ring_buffer__free(tc->ring);
	for (int i = 0; i < TABLES; i++) {
		if (tc->fds[i] >= 0)
			close(tc->fds[i]);
	}
	bpf_object__close(tc->object);
	free(tc);
}

void tc_share(const struct tc *tc, int fds[TC_FDS])
{
	memcpy(fds, tc->fds, sizeof(tc->fds));
}

int tc_adopt(struct tc **ret_tc, const int fds[TC_FDS])
{
	struct tc *tc = tc_new();
	int r;

	if (!tc)
		return -ENOMEM;
	memcpy(tc->fds, fds, sizeof(tc->fds));
	r = begin(tc);
	if (r < 0) {
		memset(tc->fds, -1, sizeof(tc->fds));
		tc_close(tc);
		return r;
	}
	*ret_tc = tc;
	return 0;
}

int tc_keep(struct tc *tc, unsigned seconds)
{
	const uint32_t zero = 0;
	struct tc_config config = { .alive_until = 0 };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (seconds)
		config.alive_until = ((uint64_t)now.tv_sec + seconds) * 1000000000u + (uint64_t)now.tv_nsec;
	return bpf_map_update_elem(tc->fds[CONFIG], &zero, &config, BPF_ANY);
}

/* libbpf wants the padding of its structures 0 too. */
static void make_hook(struct bpf_tc_hook *hook, int ifindex, enum bpf_tc_attach_point point)
{
	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = ifindex;
	hook->attach_point = point;
}

static int attach(struct tc *tc, const char *program, enum bpf_tc_attach_point point, int ifindex)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;
	int r;

	if (!tc->object)
		return -EPERM;
	make_hook(&hook, ifindex, point);
	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.prog_fd = bpf_program__fd(bpf_object__find_program_by_name(tc->object, program));
	opts.handle = opts.priority = 1;
	opts.flags = BPF_TC_F_REPLACE;
	r = bpf_tc_hook_create(&hook);
	return r < 0 && r != -EEXIST ? r : bpf_tc_attach(&hook, &opts);
}

static int guard(struct tc *tc, const char *program, int ifindex)
{
	int r = attach(tc, program, BPF_TC_INGRESS, ifindex);

	return r < 0 ? r : attach(tc, "to_guest", BPF_TC_EGRESS, ifindex);
}

int tc_detach(int ifindex)
{
	struct bpf_tc_hook hook;

	make_hook(&hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	return bpf_tc_hook_destroy(&hook);
}

static int get_client(struct tc *tc, uint32_t index, struct tc_client *ret_client)
{
	return index > TC_INDEX_MAX ? -EINVAL : bpf_map_lookup_elem(tc->fds[CLIENTS], &index, ret_client);
}

/* The kernel gives the number of a device that is gone to another one: who had it is gone too. */
static void forget_others(struct tc *tc, uint32_t index, uint32_t ifindex)
{
	struct tc_client net;
	uint32_t other;

	if (bpf_map_lookup_elem(tc->fds[LINKS], &ifindex, &other) == 0 && other != index)
		tc_del_client(tc, other);
	if (index != TC_NET && get_client(tc, TC_NET, &net) == 0 && net.ifindex == ifindex)
		tc_del_client(tc, TC_NET);
}

int tc_set_net(struct tc *tc, int ifindex)
{
	const uint32_t index = TC_NET;
	const struct tc_client net = { .ifindex = (uint32_t)ifindex };
	int r = guard(tc, "from_net", ifindex);

	if (r < 0)
		return r;
	forget_others(tc, TC_NET, net.ifindex);
	return bpf_map_update_elem(tc->fds[CLIENTS], &index, &net, BPF_ANY);
}

int tc_add_client(struct tc *tc, uint32_t index, int ifindex)
{
	struct tc_client client = { .ifindex = (uint32_t)ifindex }, old;
	int r = index == TC_NET ? -EINVAL : get_client(tc, index, &old);

	if (r < 0)
		return r;
	netplan_mac(index, client.c.mac);
	netplan_addr4(index, client.c.addr4);
	netplan_addr6(index, client.c.addr6);
	netplan_link_local(client.c.mac, client.c.link_local);
	client.ns_per_kib = old.ns_per_kib;
	r = guard(tc, "from_client", ifindex);
	if (r < 0)
		return r;
	forget_others(tc, index, client.ifindex);
	if (old.ifindex && old.ifindex != client.ifindex)
		bpf_map_delete_elem(tc->fds[LINKS], &old.ifindex);
	r = bpf_map_update_elem(tc->fds[CLIENTS], &index, &client, BPF_ANY);
	return r < 0 ? r : bpf_map_update_elem(tc->fds[LINKS], &client.ifindex, &index, BPF_ANY);
}

int tc_limit(struct tc *tc, uint32_t index, uint32_t rate_kib)
{
	struct tc_client client;
	int r = index == TC_NET ? -EINVAL : get_client(tc, index, &client);

	if (r < 0)
		return r;
	client.ns_per_kib = rate_kib ? 1 + 1000000000u / rate_kib : 0;
	return bpf_map_update_elem(tc->fds[CLIENTS], &index, &client, BPF_EXIST);
}

static void drop_flows(struct tc *tc, uint32_t index)
{
	struct tc_key key, next;
	int r = tc_flow_next(tc, NULL, &next);

	while (r == 0) {
		key = next;
		r = tc_flow_next(tc, &key, &next);
		if (key.index == index)
			tc_flow_del(tc, &key);
	}
}

void tc_del_client(struct tc *tc, uint32_t index)
{
	const struct tc_client none = { .ifindex = 0 };
	struct tc_client client;

	if (get_client(tc, index, &client) < 0 || client.ifindex == 0)
		return;
	bpf_map_update_elem(tc->fds[CLIENTS], &index, &none, BPF_ANY);
	if (index == TC_NET)
		return;
	bpf_map_delete_elem(tc->fds[LINKS], &client.ifindex);
	drop_flows(tc, index);
}

int tc_flow_add(struct tc *tc, const struct tc_key *key)
{
	const struct tc_flow flow = { .sent = 0 };
	int r = bpf_map_update_elem(tc->fds[FLOWS], key, &flow, BPF_NOEXIST);

	if (r == -EEXIST)
		return 0;
	return r == -E2BIG ? -ENOSPC : r;
}

int tc_flow_del(struct tc *tc, const struct tc_key *key)
{
	return bpf_map_delete_elem(tc->fds[FLOWS], key);
}

int tc_flow_take(struct tc *tc, const struct tc_key *key, struct tc_flow *ret_flow)
{
	return bpf_map_lookup_and_delete_elem(tc->fds[FLOWS], key, ret_flow);
}

int tc_flow_get(struct tc *tc, const struct tc_key *key, struct tc_flow *ret_flow)
{
	return bpf_map_lookup_elem(tc->fds[FLOWS], key, ret_flow);
}

void tc_key_of(const struct tc_event *event, struct tc_key *ret_key)
{
	*ret_key = (struct tc_key){ .index = event->index,
		.local_port = event->info.local_port,
		.remote_port = event->info.remote_port,
		.proto = event->info.proto };
	memcpy(ret_key->remote, event->info.remote, sizeof(ret_key->remote));
}

int tc_flow_next(struct tc *tc, const struct tc_key *key, struct tc_key *ret_key)
{
	return bpf_map_get_next_key(tc->fds[FLOWS], key, ret_key);
}

void tc_on_frame(struct tc *tc, tc_handler handler, void *userdata)
{
	tc->handler = handler;
	tc->userdata = userdata;
}

int tc_fd(const struct tc *tc)
{
	return ring_buffer__epoll_fd(tc->ring);
}

unsigned tc_read(struct tc *tc, unsigned max)
{
	tc->left = max;
	(void)ring_buffer__consume(tc->ring);
	return max - tc->left;
}

int tc_send(struct tc *tc, uint32_t ifindex, const void *data, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN, .sll_ifindex = (int)ifindex };

	if (len < ETH_HLEN)
		return -EINVAL;
	memcpy(to.sll_addr, data, ETH_ALEN);
	memcpy(&to.sll_protocol, (const uint8_t *)data + 12, 2);
	if (sendto(tc->fds[PACKET], data, len, 0, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

int tc_counters(struct tc *tc, uint32_t index, struct tc_counters *ret_counters)
{
	struct tc_counters *each = calloc((size_t)tc->cpus, sizeof(*each));
	int r;

	if (!each)
		return -ENOMEM;
	*ret_counters = (struct tc_counters){ .sent = 0 };
	r = bpf_map_lookup_elem(tc->fds[COUNTERS], &index, each);
	for (int cpu = 0; r == 0 && cpu < tc->cpus; cpu++) {
		const uint64_t *from = (const uint64_t *)&each[cpu];
		uint64_t *to = (uint64_t *)ret_counters;

		for (size_t i = 0; i < sizeof(*each) / sizeof(uint64_t); i++)
			to[i] += from[i];
	}
	free(each);
	return r;
}
