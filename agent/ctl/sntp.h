/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time, asked of servers of the network once: SNTP, which is RFC 4330 (its
 * section 5 says what a client checks), over the packet of RFC 5905, section 7.3.
 * Nothing here sets a clock. Debian's smallest client that only measures brings
 * several megabytes of libraries into a root of 50, for 48 bytes each way.
 */
#ifndef AGENT_CTL_SNTP_H
#define AGENT_CTL_SNTP_H

#include <stdint.h>

#define SNTP_PACKET 48
#define SNTP_SERVERS_MAX 4 /* addresses of a name that are asked */
#define SNTP_TRIES 2
#define SNTP_WAIT_MS 3000 /* for an answer */
#define SNTP_SPREAD_NS 1000000000ll /* servers that differ by more disagree */

/* What a server said, by our monotonic clock. */
struct sntp_sample {
	int64_t base_ns; /* Unix time when the monotonic clock was 0 */
	int64_t error_ns; /* at most this far off, if the server is right */
};

/* When a request left and its answer came, by the monotonic clock. */
struct sntp_times {
	int64_t sent_ns, received_ns;
};

/* A request. @nonce is its transmit time, which the answer must repeat: any number, hard to guess. */
void sntp_request(uint64_t nonce, uint8_t packet[SNTP_PACKET]);
/* 0; -EBADMSG: it is no answer to that request; -ESTALE: the server says that it does not know the time. */
int sntp_read(
	const uint8_t packet[SNTP_PACKET], uint64_t nonce, const struct sntp_times *times, struct sntp_sample *ret);
/*
 * The sample in the middle, with an error that reaches the others. So one of
 * three that lies is not believed. -ESTALE: there are none, or two that disagree.
 */
int sntp_choose(struct sntp_sample *samples, unsigned n, struct sntp_sample *ret);

/*
 * Asks those addresses of @host, one after the other. It waits for them: for a
 * process of its own. -ENOENT: the name has no address; -ETIMEDOUT: none
 * answers; -ESTALE; -errno.
 */
int sntp_ask(const char *host, uint16_t port, struct sntp_sample *ret);

#endif
