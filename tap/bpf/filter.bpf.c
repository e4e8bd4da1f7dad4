/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TAP system's kernel part: on the ingress of each client's TAP device, and
 * of the NET VM's. A frame is judged (tap/frame.h), its flow looked up, and it
 * goes on to the other device, to user space, or nowhere. Nothing ever goes to
 * the host's own network: what is not redirected is dropped. And on the egress
 * of each, nothing of the host's network goes to a guest.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#define FRAME_LIMIT (14 + 65535) /* before a frame is cut into those of a cable: GSO */
#include "tap/bpf/maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct tc_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TC_INDEX_MAX + 1);
	__type(key, uint32_t);
	__type(value, struct tc_client);
} clients SEC(".maps");

/* Interface to client. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TC_INDEX_MAX);
	__type(key, uint32_t);
	__type(value, uint32_t);
} links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TC_FLOWS_MAX);
	__type(key, struct tc_key);
	__type(value, struct tc_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TC_INDEX_MAX + 1);
	__type(key, uint32_t);
	__type(value, struct tc_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TC_INDEX_MAX + 1);
	__type(key, uint32_t);
	__type(value, struct tc_rate);
} rates SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TC_RING_SIZE);
} ring SEC(".maps");

/* What does not fit on the stack. */
struct scratch {
	uint8_t head[FRAME_HEAD];
	struct frame_info info;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* A frame on its way. */
struct way {
	struct __sk_buff *skb;
	struct scratch *s;
	struct tc_config *config;
	struct tc_counters *count;
	struct tc_client *client, *net;
	uint32_t index;
	bool from_client;
};

#define ALWAYS static inline __attribute__((always_inline))

/* The frame's head; false: it is shorter than any. */
ALWAYS bool load(struct way *w)
{
	uint32_t n = w->skb->len;

	if (n < FRAME_ETH)
		return false;
	if (n > FRAME_HEAD)
		n = FRAME_HEAD;
	return bpf_skb_load_bytes(w->skb, 0, w->s->head, n) == 0;
}

ALWAYS enum frame_verdict judge(struct way *w)
{
	/* The kernel takes the tag out of a frame before it is here. */
	if (w->skb->vlan_present)
		return FRAME_FOREIGN;
	if (w->skb->len > FRAME_MAX && w->skb->gso_size == 0)
		return FRAME_MALFORMED;
	return w->from_client ? frame_from_client(w->s->head, w->skb->len, &w->client->c, &w->s->info)
			      : frame_to_client(w->s->head, w->skb->len, &w->client->c, &w->s->info);
}

/* User space has a look at each question to the resolver, and at each answer. */
ALWAYS bool is_resolver(const struct frame_info *info)
{
	const uint8_t *a = info->remote;

	if (info->remote_port != 53)
		return false;
	if (info->ipv6)
		return a[0] == 0xfd && a[1] == 0x76 && a[2] == 0x6d && a[3] == 0x6f && a[4] == 0x73 && a[5] == 0;
	return a[12] == 169 && a[13] == 254 && a[14] == 1 && a[15] == 53;
}

ALWAYS struct tc_flow *find(struct way *w)
{
	const struct frame_info *info = &w->s->info;
	struct tc_key key = { .index = w->index,
		.local_port = info->local_port,
		.remote_port = info->remote_port,
		.proto = info->proto };

	if (is_resolver(info))
		return NULL;
	__builtin_memcpy(key.remote, info->remote, sizeof(key.remote));
	return bpf_map_lookup_elem(&flows, &key);
}

/* Two processors that do this at once for one client may let a frame too many pass. */
ALWAYS bool is_due(struct way *w, uint64_t now)
{
	const uint32_t cost = w->client->ns_per_kib;
	struct tc_rate *rate;
	uint64_t *due;

	if (cost == 0)
		return true;
	rate = bpf_map_lookup_elem(&rates, &w->index);
	if (!rate)
		return false;
	due = w->from_client ? &rate->due[0] : &rate->due[1];
	if (*due > now)
		return false;
	if (*due + TC_BURST_NS < now)
		*due = now - TC_BURST_NS;
	*due += (uint64_t)w->skb->len * cost >> 10;
	return true;
}

/* What a RST must say that ends the flow (RFC 5961 3.2). */
ALWAYS void follow(struct way *w, struct tc_flow *flow)
{
	const struct frame_info *info = &w->s->info;
	const uint8_t *tcp = info->ipv6 ? w->s->head + FRAME_AT6 : w->s->head + FRAME_AT4;
	const bool first = (w->from_client ? flow->flags_sent : flow->flags_received) == 0;
	uint32_t *seq = w->from_client ? &flow->seq_sent : &flow->seq_received;
	/* SYN and FIN count as a byte. */
	uint32_t next = (frame_get16(tcp + 4) << 16 | frame_get16(tcp + 6)) + info->payload_len +
		(info->tcp_flags >> 1 & 1) + (info->tcp_flags & 1);

	if (first || (int32_t)(next - *seq) > 0)
		*seq = next;
}

ALWAYS int pass(struct way *w, struct tc_flow *flow, uint64_t now)
{
	const uint32_t len = w->skb->len;

	if (!is_due(w, now)) {
		w->count->limited++;
		return TC_ACT_SHOT;
	}
	if (w->s->info.proto == 6)
		follow(w, flow);
	if (w->from_client)
		flow->flags_sent |= w->s->info.tcp_flags | TC_SEEN;
	else
		flow->flags_received |= w->s->info.tcp_flags | TC_SEEN;
	__sync_fetch_and_add(w->from_client ? &flow->sent : &flow->received, w->s->info.payload_len);
	flow->last = now;
	w->skb->mark = TC_MARK;
	if (w->from_client) {
		w->count->sent++;
		w->count->sent_bytes += len;
		return (int)bpf_redirect(w->net->ifindex, 0);
	}
	w->count->received++;
	w->count->received_bytes += len;
	return (int)bpf_redirect(w->client->ifindex, 0);
}

ALWAYS int tell(struct way *w, enum frame_verdict verdict)
{
	struct tc_event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	uint32_t n = w->skb->len;

	if (!e) {
		w->count->lost++;
		return TC_ACT_SHOT;
	}
	if (n > FRAME_MAX)
		n = FRAME_HEAD;
	e->index = w->index;
	e->from_client = w->from_client;
	e->verdict = (uint8_t)verdict;
	e->zero = 0;
	e->len = w->skb->len;
	e->have = n;
	e->info = w->s->info;
	if (n < FRAME_ETH || bpf_skb_load_bytes(w->skb, 0, e->data, n) != 0) {
		bpf_ringbuf_discard(e, 0);
		return TC_ACT_SHOT;
	}
	bpf_ringbuf_submit(e, 0);
	return TC_ACT_SHOT;
}

/* What begins a connection is looked at in user space, also where one of the same ends is there. */
ALWAYS bool is_begin(const struct way *w)
{
	const struct frame_info *info = &w->s->info;

	return w->from_client && info->proto == 6 && (info->tcp_flags & 0x17) == 0x02; /* SYN, no ACK, RST, FIN */
}

ALWAYS int refuse(struct way *w, enum frame_verdict verdict)
{
	const uint32_t zero = TC_NET;
	struct tc_counters *count = w->from_client ? w->count : bpf_map_lookup_elem(&counters, &zero);

	if (count && verdict < FRAME_VERDICTS)
		count->verdicts[verdict]++;
	return TC_ACT_SHOT;
}

/* While nobody says that he is there nothing passes here; user space hears of all of it, if it is there. */
ALWAYS int decide(struct way *w)
{
	const uint64_t now = bpf_ktime_get_coarse_ns();
	enum frame_verdict verdict = judge(w);
	struct tc_flow *flow;

	if (verdict > FRAME_DHCP)
		return refuse(w, verdict);
	if (verdict != FRAME_FLOW || is_begin(w) || w->config->alive_until < now)
		return tell(w, verdict);
	flow = find(w);
	return flow ? pass(w, flow, now) : tell(w, verdict);
}

ALWAYS bool begin(struct way *w)
{
	const uint32_t zero = 0;

	w->config = bpf_map_lookup_elem(&config, &zero);
	w->s = bpf_map_lookup_elem(&scratches, &zero);
	w->net = bpf_map_lookup_elem(&clients, &zero);
	return w->config && w->s && w->net && load(w);
}

/* Whose frame it is is known now. */
ALWAYS int go(struct way *w)
{
	w->client = bpf_map_lookup_elem(&clients, &w->index);
	w->count = bpf_map_lookup_elem(&counters, &w->index);
	if (w->client && w->count && w->client->ifindex)
		return decide(w);
	return w->from_client ? TC_ACT_SHOT : refuse(w, FRAME_FOREIGN);
}

SEC("tc")
int from_client(struct __sk_buff *skb)
{
	struct way w = { .skb = skb, .from_client = true };
	uint32_t ifindex = skb->ifindex, *index = bpf_map_lookup_elem(&links, &ifindex);

	if (!index || !begin(&w))
		return TC_ACT_SHOT;
	w.index = *index;
	return go(&w);
}

SEC("tc")
int from_net(struct __sk_buff *skb)
{
	struct way w = { .skb = skb };

	if (!begin(&w) || skb->ifindex != w.net->ifindex)
		return TC_ACT_SHOT;
	w.index = frame_index(w.s->head, skb->len);
	return w.index == TC_NET ? refuse(&w, FRAME_FOREIGN) : go(&w);
}

SEC("tc")
int to_guest(struct __sk_buff *skb)
{
	if (skb->mark != TC_MARK)
		return TC_ACT_SHOT;
	skb->mark = 0;
	return TC_ACT_OK;
}

char filter_license[] SEC("license") = "GPL";
