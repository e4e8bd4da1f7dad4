/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/channel.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "proto/probes.h"

#define BLOB_ALIGN 64u /* blobs share no cache line */
#define MSG_WORDS (MSG_SIZE / sizeof(uint64_t))

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "the region is little endian and words are stored as they are");
_Static_assert(MSG_SIZE == VMOS_MSG_SIZE, "one size of message");
_Static_assert((VMOS_RING_LEN & (VMOS_RING_LEN - 1)) == 0, "free-running indices need a power of two");
_Static_assert(VMOS_CTL_BLOB % BLOB_ALIGN == 0 && (VMOS_CTL_BLOB & (VMOS_CTL_BLOB - 1)) == 0, "byte positions wrap");
_Static_assert((VMOS_GUI_BLOB & (VMOS_GUI_BLOB - 1)) == 0, "byte positions wrap");
_Static_assert((VMOS_AUDIO_BLOB & (VMOS_AUDIO_BLOB - 1)) == 0, "byte positions wrap");
_Static_assert(VMOS_AUDIO_REGION > VMOS_BLOB_OFF + 2 * VMOS_AUDIO_BLOB, "the zones fit");
_Static_assert(offsetof(struct vmos_idx, want) == 256, "each word in a cache line of its own");

size_t channel_region_size(uint32_t role)
{
	switch (role) {
	case VMOS_ROLE_CTL:
		return VMOS_CTL_REGION;
	case VMOS_ROLE_GUI:
		return VMOS_GUI_REGION;
	case VMOS_ROLE_AUDIO:
		return VMOS_AUDIO_REGION;
	default:
		return 0;
	}
}

uint32_t channel_blob_len(uint32_t role)
{
	switch (role) {
	case VMOS_ROLE_CTL:
		return VMOS_CTL_BLOB;
	case VMOS_ROLE_GUI:
		return VMOS_GUI_BLOB;
	case VMOS_ROLE_AUDIO:
		return VMOS_AUDIO_BLOB;
	default:
		return 0;
	}
}

static void copy_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

static struct vmos_hdr_host *host_header(const struct channel *c)
{
	return (struct vmos_hdr_host *)(void *)(c->base + VMOS_HDR_HOST_OFF);
}

static struct vmos_idx *guest_words(const struct channel *c)
{
	return (struct vmos_idx *)(void *)(c->base + VMOS_HDR_GUEST_OFF);
}

static struct vmos_idx *own_words(const struct channel *c)
{
	return (struct vmos_idx *)(void *)(c->base + (c->is_host ? VMOS_IDX_HOST_OFF : VMOS_HDR_GUEST_OFF));
}

static struct vmos_idx *peer_words(const struct channel *c)
{
	return (struct vmos_idx *)(void *)(c->base + (c->is_host ? VMOS_HDR_GUEST_OFF : VMOS_IDX_HOST_OFF));
}

static uint64_t *slot(const struct channel *c, bool g2h, uint32_t index)
{
	size_t ring = g2h ? VMOS_G2H_OFF : VMOS_H2G_OFF;

	return (uint64_t *)(void *)(c->base + ring + (size_t)(index % VMOS_RING_LEN) * VMOS_MSG_SIZE);
}

static uint8_t *blob_zone(const struct channel *c, bool g2h)
{
	return c->base + VMOS_BLOB_OFF + (g2h ? 0 : c->blob_len);
}

/* Two fields of a head (proto/msg.h), for the probes. */
static uint16_t words_type(const uint64_t *words)
{
	return (uint16_t)words[0];
}

static uint32_t words_seq(const uint64_t *words)
{
	return (uint32_t)words[1];
}

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *word, uint32_t v)
{
	__atomic_store_n(word, v, __ATOMIC_RELEASE);
}

static void full_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The epoch the peer shows: on the host the guest's, on the guest the host's. */
static uint32_t peer_epoch(const struct channel *c)
{
	return load(c->is_host ? &guest_words(c)->epoch : &host_header(c)->epoch);
}

/* Fits @base's layout to @role. -EINVAL: the region is too small or no power of two. */
static int set_layout(struct channel *c, void *base, size_t size, uint32_t role)
{
	uint32_t blob_len = channel_blob_len(role);
	uint64_t heap_off = VMOS_BLOB_OFF + 2 * (uint64_t)blob_len;

	if (blob_len == 0)
		return -EINVAL;
	if ((size & (size - 1)) != 0 || size <= heap_off || size / VMOS_PAGE_SIZE > UINT32_MAX)
		return -EINVAL;
	c->base = base;
	c->size = size;
	c->blob_len = blob_len;
	c->heap_off = role == VMOS_ROLE_GUI ? heap_off : size;
	return 0;
}

static void clear_own_words(const struct channel *c)
{
	struct vmos_idx *own = own_words(c);

	store(&own->prod, 0);
	store(&own->cons, 0);
	store(&own->wake_at, 0);
	store(&own->want, 0);
}

/*
 * The first epoch from @epoch on that the region shows no trace of: a helper
 * that died may have opened sessions its successor was not told of. A hint
 * only: a guest that forges the trace confuses nobody but itself.
 */
static uint32_t unused_epoch(const struct channel *c, uint32_t epoch)
{
	const struct vmos_idx *guest = guest_words(c);
	uint32_t seen[] = { 0, load(&host_header(c)->epoch), load(&guest->epoch), load(&guest->joined) };
	size_t i = 0;

	while (i < sizeof(seen) / sizeof(seen[0])) {
		if (seen[i++] != epoch)
			continue;
		epoch++;
		i = 0;
	}
	return epoch;
}

/*
 * Epoch 0 first: a guest of the session before that sees the cleared indices
 * also sees, by the order of the stores, that its session is over.
 */
int channel_host_open(struct channel *c, void *base, size_t size, uint32_t role, uint32_t epoch)
{
	struct vmos_hdr_host *header;
	int ret;

	memset(c, 0, sizeof(*c));
	c->is_host = true;
	ret = set_layout(c, base, size, role);
	if (ret < 0 || epoch == 0)
		return -EINVAL;
	header = host_header(c);
	c->epoch = unused_epoch(c, epoch);
	store(&header->epoch, 0);
	clear_own_words(c);
	__atomic_store_n(&header->magic, VMOS_REGION_MAGIC, __ATOMIC_RELAXED);
	__atomic_store_n(&header->major, VMOS_REGION_MAJOR, __ATOMIC_RELAXED);
	__atomic_store_n(&header->minor, VMOS_REGION_MINOR, __ATOMIC_RELAXED);
	__atomic_store_n(&header->role, role, __ATOMIC_RELAXED);
	__atomic_store_n(&header->region_pages, (uint32_t)(size / VMOS_PAGE_SIZE), __ATOMIC_RELAXED);
	__atomic_store_n(&header->ring_len, VMOS_RING_LEN, __ATOMIC_RELAXED);
	__atomic_store_n(&header->blob_len, c->blob_len, __ATOMIC_RELAXED);
	__atomic_store_n(&header->heap_off, c->heap_off, __ATOMIC_RELAXED);
	__atomic_store_n(&header->features, 0, __ATOMIC_RELAXED);
	store(&header->epoch, c->epoch);
	return 0;
}

void channel_host_close(struct channel *c)
{
	store(&host_header(c)->epoch, 0);
	c->state = CHANNEL_ENDED;
}

static bool header_ok(const struct channel *c, uint32_t role)
{
	const struct vmos_hdr_host *h = host_header(c);

	return h->magic == VMOS_REGION_MAGIC && h->major == VMOS_REGION_MAJOR && h->role == role &&
		h->region_pages == c->size / VMOS_PAGE_SIZE && h->ring_len == VMOS_RING_LEN &&
		h->blob_len == c->blob_len && h->heap_off == c->heap_off;
}

int channel_guest_join(struct channel *c, void *base, size_t size, uint32_t role)
{
	struct vmos_idx *own;
	uint32_t epoch;

	memset(c, 0, sizeof(*c));
	if (set_layout(c, base, size, role) < 0)
		return -EPROTO;
	own = own_words(c);
	epoch = load(&host_header(c)->epoch);
	if (epoch == 0 || epoch == load(&own->joined)) {
		store(&own->epoch, 0);
		return -EAGAIN;
	}
	if (!header_ok(c, role))
		return -EPROTO;
	c->epoch = epoch;
	clear_own_words(c);
	store(&own->features, 0);
	store(&own->joined, epoch);
	store(&own->epoch, epoch);
	c->state = CHANNEL_JOINED;
	return 0;
}

/*
 * A guest that joined and left again before the host looked cannot join this
 * session once more, so it has ended for a host that still waits for it. The
 * moment in which a guest is about to join looks the same: that costs it one
 * session and no more.
 */
enum channel_state channel_poll(struct channel *c)
{
	bool was_joined, same;

	if (!c->base || c->epoch == 0 || c->state == CHANNEL_ENDED)
		return c->state;
	was_joined = c->state == CHANNEL_JOINED || (c->is_host && load(&guest_words(c)->joined) == c->epoch);
	same = peer_epoch(c) == c->epoch;
	if (same)
		c->state = CHANNEL_JOINED;
	else if (was_joined)
		c->state = CHANNEL_ENDED;
	return c->state;
}

/*
 * Whether what was just read of the peer's words and rings belongs to this
 * session: both sides change their epoch before they reuse anything, so an
 * epoch that still stands after the reads vouches for them (as a seqlock).
 */
static bool still_joined(struct channel *c)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (peer_epoch(c) == c->epoch)
		return true;
	c->state = CHANNEL_ENDED;
	return false;
}

int channel_recv(struct channel *c, struct msg *ret_msg)
{
	uint64_t words[MSG_WORDS];
	const uint64_t *from;
	uint32_t ready;

	if (c->asleep)
		PROBE(wake, c->rx_cons, 0, 0);
	c->asleep = false;
	if (c->broken)
		return -EBADMSG;
	if (c->state != CHANNEL_JOINED)
		return 0;
	ready = load(&peer_words(c)->prod) - c->rx_cons;
	if (ready == 0)
		return 0;
	from = slot(c, c->is_host, c->rx_cons);
	for (size_t i = 0; i < MSG_WORDS; i++)
		words[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	if (!still_joined(c))
		return 0;
	/* What is taken but not given back yet still fills its slot. */
	if (ready + (c->rx_cons - c->rx_published) > VMOS_RING_LEN || ready > VMOS_RING_LEN) {
		c->broken = true;
		return -EBADMSG;
	}
	memcpy(ret_msg->bytes, words, sizeof(words));
	PROBE(receive, words_type(words), words_seq(words), c->rx_cons % VMOS_RING_LEN);
	c->rx_cons++;
	return 1;
}

int channel_blob(const struct channel *c, struct blob_ref untrusted_ref, void *dst, size_t cap)
{
	uint32_t off = untrusted_ref.off, len = untrusted_ref.len;

	if (len > c->blob_len || off > c->blob_len - len || len > cap)
		return -EBADMSG;
	memcpy(dst, blob_zone(c, c->is_host) + off, len);
	PROBE(blob_get, off, len, 0);
	copy_barrier(); /* the copy is made here and once, whatever the caller does with it */
	return 0;
}

bool channel_recv_done(struct channel *c)
{
	bool ring;

	if (c->state != CHANNEL_JOINED || c->rx_cons == c->rx_published)
		return false;
	c->rx_published = c->rx_cons;
	store(&own_words(c)->cons, c->rx_cons);
	full_fence();
	ring = load(&peer_words(c)->want) != 0;
	PROBE(taken, c->rx_cons, ring, 0);
	return ring;
}

bool channel_arm(struct channel *c)
{
	if (c->broken)
		return false;
	if (c->state != CHANNEL_JOINED)
		return true;
	store(&own_words(c)->wake_at, c->rx_cons);
	full_fence();
	c->asleep = load(&peer_words(c)->prod) == c->rx_cons;
	if (c->asleep)
		PROBE(sleep, c->rx_cons, 0, 0);
	return c->asleep;
}

/*
 * Looks how far the peer has come and gives back the blobs of what it took.
 * -EBADMSG: it claims to have taken what was never published, or less than
 * before; -ENOTCONN: it left.
 */
static int give_back(struct channel *c)
{
	uint32_t cons;

	if (c->broken)
		return -EBADMSG;
	if (c->state != CHANNEL_JOINED)
		return -ENOTCONN;
	cons = load(&peer_words(c)->cons);
	if (!still_joined(c))
		return -ENOTCONN;
	if (cons - c->tx_freed > c->tx_published - c->tx_freed) {
		c->broken = true;
		return -EBADMSG;
	}
	if (cons == c->tx_freed)
		return 0;
	c->tx_blob_tail = c->tx_blob_end[(cons - 1) % VMOS_RING_LEN];
	c->tx_freed = cons;
	return 0;
}

static bool ring_full(const struct channel *c)
{
	return c->tx_prod - c->tx_freed >= VMOS_RING_LEN;
}

/* An empty zone starts again at its first byte, so that the longest blob fits. */
static void rewind_empty_zone(struct channel *c)
{
	uint32_t pos = c->tx_blob_head % c->blob_len;

	if (c->tx_prod != c->tx_freed || c->tx_blob_head != c->tx_blob_tail || pos == 0)
		return;
	c->tx_blob_head += c->blob_len - pos;
	c->tx_blob_tail = c->tx_blob_head;
}

/* Free bytes from the head to the zone's end, and those at its start that a blob could have by skipping the rest. */
static void measure_room(const struct channel *c, uint32_t *ret_here, uint32_t *ret_start)
{
	uint32_t unused = c->blob_len - (c->tx_blob_head - c->tx_blob_tail);
	uint32_t rest = c->blob_len - c->tx_blob_head % c->blob_len;

	*ret_here = unused < rest ? unused : rest;
	*ret_start = unused > rest ? unused - rest : 0;
}

int channel_reserve(struct channel *c, const void *blob, size_t blob_len, struct blob_ref *ret_ref)
{
	uint32_t here, start, len, pos;
	int ret = give_back(c);

	if (ret < 0)
		return ret;
	if (blob_len > c->blob_len)
		return -EMSGSIZE;
	if (ring_full(c))
		return -EAGAIN;
	*ret_ref = (struct blob_ref){ 0 };
	if (blob_len == 0)
		return 0;
	rewind_empty_zone(c);
	measure_room(c, &here, &start);
	len = ((uint32_t)blob_len + BLOB_ALIGN - 1) & ~(BLOB_ALIGN - 1);
	if (len > here && len > start)
		return -EAGAIN;
	if (len > here)
		c->tx_blob_head += c->blob_len - c->tx_blob_head % c->blob_len;
	pos = c->tx_blob_head % c->blob_len;
	memcpy(blob_zone(c, !c->is_host) + pos, blob, blob_len);
	c->tx_blob_head += len;
	*ret_ref = (struct blob_ref){ .off = pos, .len = (uint32_t)blob_len };
	PROBE(blob_put, pos, blob_len, 0);
	return 0;
}

int channel_send(struct channel *c, struct msg *m)
{
	uint64_t words[MSG_WORDS];
	struct msg_head head;
	uint64_t *to;
	int ret = give_back(c);

	if (ret < 0)
		return ret;
	if (ring_full(c))
		return -EAGAIN;
	msg_head_get(m, &head);
	head.seq = c->seq++;
	msg_head_put(m, &head);
	memcpy(words, m->bytes, sizeof(words));
	to = slot(c, !c->is_host, c->tx_prod);
	for (size_t i = 0; i < MSG_WORDS; i++)
		__atomic_store_n(&to[i], words[i], __ATOMIC_RELAXED);
	c->tx_blob_end[c->tx_prod % VMOS_RING_LEN] = c->tx_blob_head;
	PROBE(send, words_type(words), words_seq(words), c->tx_prod % VMOS_RING_LEN);
	c->tx_prod++;
	return 0;
}

size_t channel_room(struct channel *c)
{
	uint32_t here, start;

	if (give_back(c) < 0 || ring_full(c))
		return 0;
	rewind_empty_zone(c);
	measure_room(c, &here, &start);
	return here > start ? here : start;
}

/* The peer sleeps if it armed at a value that this step passes: VIRTIO 1.2, section 2.7.10. */
bool channel_flush(struct channel *c)
{
	uint32_t old = c->tx_published;
	uint32_t wake_at;
	bool ring;

	if (c->state != CHANNEL_JOINED || c->broken || c->tx_prod == old)
		return false;
	c->tx_published = c->tx_prod;
	store(&own_words(c)->prod, c->tx_prod);
	full_fence();
	wake_at = load(&peer_words(c)->wake_at);
	ring = c->tx_prod - wake_at - 1 < c->tx_prod - old;
	PROBE(publish, c->tx_prod - old, c->tx_prod, ring);
	return ring;
}

bool channel_want(struct channel *c, bool on)
{
	if (c->state != CHANNEL_JOINED)
		return true;
	store(&own_words(c)->want, on);
	if (!on || c->broken)
		return true;
	full_fence();
	return load(&peer_words(c)->cons) != c->tx_freed || c->tx_freed == c->tx_published;
}
