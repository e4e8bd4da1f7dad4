/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ctl/sntp.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define SECOND_NS 1000000000ll
#define UNIX_EPOCH 2208988800u /* seconds from 1900 to 1970 */
#define ERA_2036 0x80000000u /* seconds below this are of the era that begins in 2036 (RFC 4330, section 3) */
#define VERSION 4
#define MODE_CLIENT 3
#define MODE_SERVER 4
#define LEAP_UNKNOWN 3
#define COARSE_NS 20000000ll /* a server may read its clock as coarsely as that */
#define STRATUM_MAX 15
#define ROOT_DISTANCE_MAX_NS 1500000000ll /* MAXDIST of RFC 5905, section 7.2 */
/* offsets in the packet */
#define AT_STRATUM 1
#define AT_ROOT_DELAY 4
#define AT_ROOT_DISPERSION 8
#define AT_ORIGINATE 24
#define AT_RECEIVE 32
#define AT_TRANSMIT 40

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

/* Seconds since 1900 and their fraction, both of 32 bits, as Unix time. */
static int64_t get_time(const uint8_t *p)
{
	int64_t seconds = (int64_t)get32(p) - UNIX_EPOCH;

	if (get32(p) < ERA_2036)
		seconds += 1ll << 32;
	return seconds * SECOND_NS + (int64_t)((uint64_t)get32(p + 4) * SECOND_NS >> 32);
}

/* Seconds of 16 bits and a fraction of 16. */
static int64_t get_short(const uint8_t *p)
{
	return (int64_t)((uint64_t)get32(p) * SECOND_NS >> 16);
}

void sntp_request(uint64_t nonce, uint8_t packet[SNTP_PACKET])
{
	memset(packet, 0, SNTP_PACKET);
	packet[0] = VERSION << 3 | MODE_CLIENT;
	for (unsigned i = 0; i < 8; i++)
		packet[AT_TRANSMIT + i] = (uint8_t)(nonce >> (56 - 8 * i));
}

int sntp_read(
	const uint8_t packet[SNTP_PACKET], uint64_t nonce, const struct sntp_times *times, struct sntp_sample *ret)
{
	int64_t receive = get_time(packet + AT_RECEIVE), transmit = get_time(packet + AT_TRANSMIT);
	int64_t root = get_short(packet + AT_ROOT_DELAY) / 2 + get_short(packet + AT_ROOT_DISPERSION);
	int64_t away = times->received_ns - times->sent_ns - (transmit - receive); /* on the network, both ways */

	if ((packet[0] & 7) != MODE_SERVER || get64(packet + AT_ORIGINATE) != nonce || get64(packet + AT_TRANSMIT) == 0)
		return -EBADMSG;
	/* stratum 0: a "kiss of death", which asks us to leave it alone */
	if (packet[0] >> 6 == LEAP_UNKNOWN || packet[AT_STRATUM] == 0 || packet[AT_STRATUM] > STRATUM_MAX ||
		root > ROOT_DISTANCE_MAX_NS)
		return -ESTALE;
	if (transmit < receive || away < -COARSE_NS)
		return -EBADMSG;
	if (away < 0)
		away = 0;
	/* the middle of both ways: (T1 + T4) / 2 is (T2 + T3) / 2 */
	ret->base_ns =
		receive + (transmit - receive) / 2 - (times->sent_ns + (times->received_ns - times->sent_ns) / 2);
	ret->error_ns = away / 2 + root;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct sntp_sample *x = a, *y = b;

	return (x->base_ns > y->base_ns) - (x->base_ns < y->base_ns);
}

int sntp_choose(struct sntp_sample *samples, unsigned n, struct sntp_sample *ret)
{
	struct sntp_sample best;

	if (n == 0)
		return -ESTALE;
	qsort(samples, n, sizeof(*samples), compare);
	best = samples[n / 2];
	/* of three and more one may be wrong by anything: it does not count */
	for (unsigned i = n > 2; i < n - (n > 2); i++) {
		int64_t apart = llabs(samples[i].base_ns - best.base_ns);

		if (apart > best.error_ns)
			best.error_ns = apart;
	}
	if (best.error_ns > SNTP_SPREAD_NS)
		return -ESTALE;
	*ret = best;
	return 0;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

/* Waits for the answer to @nonce and drops whatever else comes. */
static int hear(int fd, uint64_t nonce, struct sntp_times *times, struct sntp_sample *ret)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t packet[SNTP_PACKET];
	int r = -EBADMSG;

	while (r == -EBADMSG) {
		int left = SNTP_WAIT_MS - (int)((now_ns() - times->sent_ns) / 1000000);
		ssize_t n;

		if (left <= 0 || poll(&p, 1, left) <= 0)
			return -ETIMEDOUT;
		n = recv(fd, packet, sizeof(packet), MSG_TRUNC);
		if (n < 0)
			return -ETIMEDOUT; /* refused, most likely */
		times->received_ns = now_ns();
		/* longer ones carry what proves them to those who have a key */
		if (n >= SNTP_PACKET)
			r = sntp_read(packet, nonce, times, ret);
	}
	return r;
}

static int ask_once(const struct addrinfo *to, struct sntp_sample *ret)
{
	int fd cleanup_fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t packet[SNTP_PACKET];
	struct sntp_times times;
	uint64_t nonce;

	if (fd < 0 || getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return -errno;
	/* connected: only who was asked may answer */
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		return -ETIMEDOUT;
	sntp_request(nonce, packet);
	times.sent_ns = now_ns();
	if (send(fd, packet, sizeof(packet), 0) != sizeof(packet))
		return -ETIMEDOUT;
	return hear(fd, nonce, &times, ret);
}

static int ask_address(const struct addrinfo *to, struct sntp_sample *ret)
{
	int r = -ETIMEDOUT;

	for (unsigned i = 0; i < SNTP_TRIES && r == -ETIMEDOUT; i++)
		r = ask_once(to, ret);
	return r;
}

int sntp_ask(const char *host, uint16_t port, struct sntp_sample *ret)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV };
	struct sntp_sample samples[SNTP_SERVERS_MAX];
	struct addrinfo *list, *at;
	unsigned n = 0, asked = 0;
	char service[8];
	int r = -ETIMEDOUT;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &list) != 0)
		return -ENOENT;
	for (at = list; at && asked < SNTP_SERVERS_MAX; at = at->ai_next, asked++) {
		int one = ask_address(at, &samples[n]);

		if (one == 0)
			n++;
		else if (one != -ETIMEDOUT)
			r = one;
	}
	freeaddrinfo(list);
	return n ? sntp_choose(samples, n, ret) : r;
}
