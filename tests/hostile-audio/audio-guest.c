/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays vmosd and a guest, lawful or not, to a real vmos-audio over a memfd that
 * no VM sees. There is no sound server: what is played is thrown away at its
 * pace, by the same code. `audio-guest VMOS-AUDIO [SECONDS of garbage]`; TAP.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "proto/audio.h"
#include "proto/channel.h"
#include "proto/helper.h"

#define CHECK(x) ((x) ? (void)0 : die(__LINE__, #x))
#define WAIT_MS 10000
#define STORM_SECONDS 5 /* on a machine that is too slow for a storm nothing need come of it */

struct stand {
	pid_t pid;
	int sock, region_fd, notify_guest, notify_host;
	uint8_t *region;
	char path[64];
	struct channel ch;
	uint32_t sent, granted;
	bool welcome, microphone, told_microphone;
};

static pid_t running;

static void __attribute__((noreturn)) die(int line, const char *what)
{
	fprintf(stderr, "audio-guest.c:%d: failed: %s\n", line, what);
	if (running > 0)
		kill(running, SIGKILL);
	exit(1);
}

static void helper_exec(const char *program, int sock)
{
	if (dup2(sock, HELPER_FD) < 0)
		_exit(125);
	fd_set_cloexec(HELPER_FD, false);
	setenv("ASAN_OPTIONS", "detect_leaks=0:exitcode=99", 1);
	setenv("UBSAN_OPTIONS", "halt_on_error=1:exitcode=99", 1);
	execl(program, "vmos-audio", (char *)NULL);
	_exit(125);
}

static void tell(const struct stand *s, struct helper_msg *m, const int *fds, unsigned nfds)
{
	m->nfds = nfds;
	CHECK(fd_send_packet(s->sock, m, sizeof(*m), fds, nfds) >= 0);
}

/* Waits for a report of @type. False: it left without. */
static bool hear(const struct stand *s, uint32_t type, struct helper_msg *ret)
{
	struct pollfd p = { .fd = s->sock, .events = POLLIN };
	int fds[HELPER_FDS_MAX];
	unsigned nfds = 0;
	ssize_t n;

	do {
		CHECK(poll(&p, 1, WAIT_MS) > 0);
		n = fd_recv_packet(s->sock, ret, sizeof(*ret), fds, HELPER_FDS_MAX, &nfds);
		if (n <= 0)
			return false;
		CHECK(helper_check_report(ret, (size_t)n, nfds) == 0);
		fd_close_all(fds, nfds);
	} while (ret->type != type);
	return true;
}

static void start(struct stand *s, const char *program)
{
	struct helper_msg m = { .type = HELPER_SETUP,
		.setup = { .vm = "work", .role = VMOS_ROLE_AUDIO, .epoch = 1, .region_size = VMOS_AUDIO_REGION } };
	struct helper_msg set = { .type = HELPER_AUDIO_SET, .audio_set.volume = 100 };
	int pair[2], listener;

	memset(s, 0, sizeof(*s));
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	s->region_fd = fd_memfd_sealed("audio", VMOS_AUDIO_REGION);
	s->notify_guest = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->notify_host = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->region = mmap(NULL, VMOS_AUDIO_REGION, PROT_READ | PROT_WRITE, MAP_SHARED, s->region_fd, 0);
	snprintf(s->path, sizeof(s->path), "/tmp/audio-guest.%d.sock", (int)getpid());
	listener = fd_unix_listen(s->path, SOCK_SEQPACKET, 4);
	CHECK(s->region_fd >= 0 && s->region != MAP_FAILED && listener >= 0);
	s->pid = running = fork();
	CHECK(s->pid >= 0);
	if (!s->pid)
		helper_exec(program, pair[1]);
	close(pair[1]);
	s->sock = pair[0];
	tell(s, &m, (int[]){ s->region_fd, s->notify_guest, s->notify_host, listener }, 4);
	close(listener);
	CHECK(hear(s, HELPER_UP, &m));
	tell(s, &set, NULL, 0);
	CHECK(hear(s, HELPER_SOUND, &m) && m.audio.state == HELPER_AUDIO_NONE);
}

/* Its exit code; 128 and the signal's number where it was killed. */
static int reap(struct stand *s)
{
	int status = 0;

	for (int i = 0; waitpid(s->pid, &status, WNOHANG) == 0; i++) {
		CHECK(i < WAIT_MS / 10);
		usleep(10000);
	}
	running = 0;
	munmap(s->region, VMOS_AUDIO_REGION);
	fd_close_all((int[]){ s->region_fd, s->notify_guest, s->notify_host, s->sock }, 4);
	unlink(s->path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int quit(struct stand *s)
{
	struct helper_msg m = { .type = HELPER_QUIT };

	tell(s, &m, NULL, 0);
	return reap(s);
}

static void join(struct stand *s)
{
	for (int i = 0; channel_guest_join(&s->ch, s->region, VMOS_AUDIO_REGION, VMOS_ROLE_AUDIO) < 0; i++) {
		CHECK(i < WAIT_MS / 10);
		usleep(10000);
	}
	fd_eventfd_kick(s->notify_host);
}

static int say(struct stand *s, const struct audio_msg *a)
{
	struct msg m;
	int r = audio_encode(a, &m);

	if (r == 0)
		r = channel_send(&s->ch, &m);
	if (channel_flush(&s->ch))
		fd_eventfd_kick(s->notify_host);
	return r;
}

static void say_hello(struct stand *s)
{
	CHECK(say(s, &(struct audio_msg){ .head.type = AUDIO_HELLO, .hello.version = AUDIO_VERSION }) == 0);
}

static int play(struct stand *s, uint32_t frames)
{
	static const uint8_t sound[AUDIO_CHUNK] = { 1 };
	struct audio_msg m = { .head.type = AUDIO_PLAY };
	int r = channel_reserve(&s->ch, sound, frames * AUDIO_FRAME, &m.pcm.blob);

	if (r == 0)
		r = say(s, &m);
	if (r == 0)
		s->sent += frames;
	return r;
}

static void listen_to(struct stand *s)
{
	struct audio_msg a;
	struct msg m;

	while (channel_recv(&s->ch, &m) == 1) {
		CHECK(audio_decode_host(&m, &a) == 0);
		if (a.head.type == AUDIO_WELCOME)
			s->welcome = true;
		else if (a.head.type == AUDIO_CREDIT)
			s->granted = a.credit.until;
		else if (a.head.type == AUDIO_MICROPHONE)
			s->told_microphone = true, s->microphone = a.onoff.on;
	}
	if (channel_recv_done(&s->ch))
		fd_eventfd_kick(s->notify_host);
}

static void welcome(struct stand *s)
{
	join(s);
	say_hello(s);
	for (int i = 0; !s->welcome || !s->granted || !s->told_microphone; i++) {
		CHECK(i < WAIT_MS / 10);
		usleep(10000);
		listen_to(s);
	}
}

/* --- a lawful guest --- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A second of sound takes a second, whoever hears it. */
static bool friendly_pace(struct stand *s)
{
	double began, took;

	welcome(s);
	began = now();
	while (s->sent < AUDIO_RATE) {
		uint32_t may = s->granted - s->sent;

		if (may > 0)
			CHECK(play(s, may < 1024 ? may : 1024) == 0);
		usleep(2000);
		listen_to(s);
		CHECK(now() - began < WAIT_MS / 1000.0);
	}
	took = now() - began;
	printf("# a second of sound took %.2f s\n", took);
	CHECK(say(s, &(struct audio_msg){ .head.type = AUDIO_STOP }) == 0);
	return took > 0.9 && quit(s) == 0;
}

/* The microphone is off until vmosd says so, and off again where vmosd is gone. */
static bool friendly_microphone(struct stand *s)
{
	struct helper_msg m = { .type = HELPER_AUDIO_SET, .audio_set = { .volume = 100, .microphone = 1 } };

	welcome(s);
	CHECK(!s->microphone);
	CHECK(say(s, &(struct audio_msg){ .head.type = AUDIO_LISTEN, .onoff.on = 1 }) == 0);
	tell(s, &m, NULL, 0);
	for (int i = 0; !s->microphone && i < WAIT_MS / 10; i++) {
		usleep(10000);
		listen_to(s);
	}
	CHECK(s->microphone);
	close(s->sock);
	s->sock = fd_unix_connect(s->path, SOCK_SEQPACKET);
	for (int i = 0; s->microphone && i < WAIT_MS / 10; i++) {
		usleep(10000);
		listen_to(s);
	}
	CHECK(!s->microphone && s->sock >= 0);
	m.type = HELPER_ADOPT;
	tell(s, &m, NULL, 0);
	CHECK(hear(s, HELPER_FDS, &m) && m.setup.role == VMOS_ROLE_AUDIO);
	return quit(s) == 0;
}

/* --- others: each must cost the guest its sound, and that only --- */

static bool is_refused(struct stand *s, const char *words)
{
	struct helper_msg m;
	bool said = hear(s, HELPER_FAILED, &m) && m.fail.reason == HELPER_REASON_PROTOCOL;

	if (said)
		printf("# %s\n", m.fail.text);
	said = said && strstr(m.fail.text, words);
	return reap(s) == HELPER_REASON_PROTOCOL && said;
}

static bool is_gone(const struct stand *s)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == s->pid;
}

static bool hostile_no_hello(struct stand *s)
{
	join(s);
	say(s, &(struct audio_msg){ .head.type = AUDIO_STOP });
	return is_refused(s, "HELLO");
}

static bool hostile_two_hellos(struct stand *s)
{
	welcome(s);
	say_hello(s);
	return is_refused(s, "twice");
}

static bool hostile_too_much(struct stand *s)
{
	welcome(s);
	while (s->sent <= s->granted && play(s, 512) == 0)
		;
	return is_refused(s, "more sound");
}

static bool hostile_message(struct stand *s)
{
	struct msg m = { .bytes = { AUDIO_PLAY, [16] = 0xff, [17] = 0xff, [18] = 0xff, [19] = 0xff, [20] = 4 } };

	welcome(s);
	CHECK(channel_send(&s->ch, &m) == 0);
	channel_flush(&s->ch);
	fd_eventfd_kick(s->notify_host);
	return is_refused(s, "not well formed");
}

static bool hostile_index(struct stand *s)
{
	struct vmos_idx *own = (struct vmos_idx *)(void *)(s->region + VMOS_HDR_GUEST_OFF);

	welcome(s);
	own->prod = 0x7fffffff;
	fd_eventfd_kick(s->notify_host);
	return is_refused(s, "impossible");
}

static bool hostile_taken(struct stand *s)
{
	struct vmos_idx *own = (struct vmos_idx *)(void *)(s->region + VMOS_HDR_GUEST_OFF);

	welcome(s);
	own->cons = 0x7fffffff;
	play(s, 512); /* the next credit finds it */
	return is_refused(s, "not sent");
}

static bool hostile_flood(struct stand *s)
{
	double end = now() + STORM_SECONDS;

	welcome(s);
	for (uint32_t i = 0; !is_gone(s) && now() < end; i++)
		if (say(s, &(struct audio_msg){ .head.type = AUDIO_LISTEN, .onoff.on = i & 1 }) == -EAGAIN)
			usleep(100);
	return is_gone(s) ? is_refused(s, "flood") : quit(s) == 0;
}

static bool hostile_doorbell(struct stand *s)
{
	double end = now() + STORM_SECONDS;

	welcome(s);
	while (!is_gone(s) && now() < end)
		fd_eventfd_kick(s->notify_host);
	return is_gone(s) ? is_refused(s, "too often") : quit(s) == 0;
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Scribbles over all that a guest can reach while the helper reads it. It may refuse the guest, and nothing else. */
static bool garbage(const char *program, double seconds)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;
	unsigned rounds = 0, refused = 0;
	double end = now() + seconds;

	while (now() < end) {
		struct stand s;
		int code;

		start(&s, program);
		welcome(&s);
		for (int i = 0; i < 20000 && !is_gone(&s); i++) {
			uint64_t r = random_next(&seed);
			size_t at = r % 8 == 0 ? r >> 8 : VMOS_G2H_OFF + (r >> 8) % (VMOS_RING_LEN * VMOS_MSG_SIZE);

			if (r % 64 == 1)
				play(&s, 1 + r % 700);
			s.region[at % VMOS_AUDIO_REGION] = (uint8_t)(r >> 40);
			if (r % 256 == 2)
				fd_eventfd_kick(s.notify_host);
			if (i % 2000 == 1999)
				usleep(1000);
		}
		if (!is_gone(&s)) {
			struct helper_msg m = { .type = HELPER_QUIT };

			(void)fd_send_packet(s.sock, &m, sizeof(m), NULL, 0);
		}
		code = reap(&s);
		if (code != 0 && code != HELPER_REASON_PROTOCOL) {
			printf("# it left with %d\n", code);
			return false;
		}
		refused += code == HELPER_REASON_PROTOCOL;
		rounds++;
	}
	printf("# %u rounds, %u refused\n", rounds, refused);
	return rounds > 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*run)(struct stand *s);
	} cases[] = {
		{ "a second of sound takes a second", friendly_pace },
		{ "the microphone is off until it is allowed, and without vmosd", friendly_microphone },
		{ "no HELLO", hostile_no_hello },
		{ "two HELLOs", hostile_two_hellos },
		{ "more sound than granted", hostile_too_much },
		{ "a message that is not well formed", hostile_message },
		{ "an impossible index", hostile_index },
		{ "taken what was never sent", hostile_taken },
		{ "a flood of messages", hostile_flood },
		{ "a storm of doorbells", hostile_doorbell },
	};
	const unsigned n = sizeof(cases) / sizeof(cases[0]);
	bool all = true, ok;

	if (argc < 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%u\n", n + 1);
	for (unsigned i = 0; i < n; i++) {
		struct stand s;

		start(&s, argv[1]);
		ok = cases[i].run(&s);
		printf("%s %u - %s\n", ok ? "ok" : "not ok", i + 1, cases[i].name);
		all = all && ok;
	}
	ok = garbage(argv[1], argc > 2 ? strtod(argv[2], NULL) : 5);
	printf("%s %u - garbage\n", ok ? "ok" : "not ok", n + 1);
	return all && ok ? 0 : 1;
}
