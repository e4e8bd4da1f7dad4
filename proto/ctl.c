/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proto/ctl.h"

#include <errno.h>
#include <string.h>

#include "proto/apps.h"
#include "proto/codec.h"
#include "proto/notification.h"
#include "proto/uapi/vmos_channel.h"

#define ERRNO_MAX 4095 /* MAX_ERRNO of the kernel */
#define SIGNAL_MAX 64 /* _NSIG of Linux */
#define STREAMS 3
#define CTL_CLOCK_PORT 123 /* of NTP */
#define CPU_PERMILLE_MAX (1000u * 1024)
/* IPPROTO_*, by their numbers: a pure folder knows no sockets. */
#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ICMPV6 58
#define RUN_BLOB_MIN 5 /* two counts and one empty string */

static bool blob_ok(const struct blob_ref *b, uint32_t min, uint32_t max)
{
	return b->len >= min && b->len <= max && b->off <= VMOS_CTL_BLOB - b->len;
}

static bool hello_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;

	return c->hello.version != 0 && c->hello.gos >= CTL_GOS_LINUX && c->hello.gos <= CTL_GOS_WINDOWS;
}

static bool stats_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;
	const struct ctl_stats *s = &c->stats;

	return s->cpu_permille <= CPU_PERMILLE_MAX && s->mem_used_kib <= s->mem_total_kib &&
		s->disk_used <= s->disk_total;
}

static bool run_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;
	const struct ctl_run *r = &c->run;

	return r->id != 0 && r->uid_class <= CTL_UID_ROOT && ctl_run_flags_ok(r->flags) &&
		ctl_relay_ok(r->flags, r->relay, r->area) && blob_ok(&r->blob, RUN_BLOB_MIN, CTL_ARGS_MAX);
}

static bool started_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;

	return c->started.id != 0 && c->started.pid >= 1 && c->started.pid <= INT32_MAX;
}

static bool exit_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;
	int32_t status = c->exit.status;

	return c->exit.id != 0 && status >= -ERRNO_MAX && status <= 256 + SIGNAL_MAX && status != 256;
}

static bool stdio_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;

	return c->stdio.id != 0 && c->stdio.fd < STREAMS && blob_ok(&c->stdio.blob, 1, CTL_CHUNK);
}

static bool eof_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;

	return c->eof.id != 0 && c->eof.fd < STREAMS;
}

static bool credit_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;

	return c->credit.id != 0 && c->credit.fd < STREAMS && c->credit.bytes >= 1 && c->credit.bytes <= CTL_WINDOW;
}

static bool winch_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;

	return c->winch.id != 0;
}

static bool signal_ok(const void *decoded)
{
	const struct ctl_msg *c = decoded;

	return c->signal.id != 0 && c->signal.signo >= 1 && c->signal.signo <= SIGNAL_MAX;
}

static bool request_ok(const void *decoded)
{
	const struct ctl_request *r = &((const struct ctl_msg *)decoded)->request;

	return r->id != 0 && r->kind >= CTL_REQUEST_SEND && r->kind <= CTL_REQUEST_URL &&
		blob_ok(&r->blob, RUN_BLOB_MIN, CTL_ARGS_MAX);
}

static bool cancel_ok(const void *decoded)
{
	return ((const struct ctl_msg *)decoded)->cancel.id != 0;
}

static bool answer_ok(const void *decoded)
{
	const struct ctl_answer *a = &((const struct ctl_msg *)decoded)->answer;

	return a->id != 0 && a->status >= CTL_ANSWER_ASKED && a->status <= CTL_ANSWER_FAILED &&
		a->reason <= CTL_REASON_MAX;
}

bool ctl_owner_ok(uint32_t proto, uint16_t port)
{
	if (proto == PROTO_TCP || proto == PROTO_UDP)
		return port != 0;
	return proto == PROTO_ICMP || proto == PROTO_ICMPV6;
}

static bool owner_req_ok(const void *decoded)
{
	const struct ctl_owner_req *r = &((const struct ctl_msg *)decoded)->owner_req;

	return r->id != 0 && ctl_owner_ok(r->proto, r->port);
}

/* Printable ASCII, then zeros to the end, of which there is one at least. */
static bool is_padded(const char *text, size_t size)
{
	size_t len = 0;

	while (len < size && text[len] >= 0x20 && text[len] <= 0x7e)
		len++;
	if (len == size)
		return false;
	while (len < size && text[len] == '\0')
		len++;
	return len == size;
}

static bool owner_ok(const void *decoded)
{
	const struct ctl_owner *o = &((const struct ctl_msg *)decoded)->owner;

	return o->id != 0 && is_padded(o->name, sizeof(o->name));
}

static bool is_host_char(char c, bool is_ipv6)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
		(is_ipv6 && c == ':');
}

/* ":123", to the end of the text. 0: it is none. */
static uint16_t parse_port(const char *text)
{
	uint32_t port = 0;

	if (*text++ != ':')
		return 0;
	for (; *text >= '0' && *text <= '9' && port <= UINT16_MAX; text++)
		port = 10 * port + (uint32_t)(*text - '0');
	return *text || port > UINT16_MAX ? 0 : (uint16_t)port;
}

int ctl_server_parse(const char *untrusted_text, char ret_host[CTL_SERVER_MAX], uint16_t *ret_port)
{
	const bool is_ipv6 = untrusted_text[0] == '[';
	const char *host = untrusted_text + is_ipv6, *end = host;
	uint16_t port = CTL_CLOCK_PORT;

	while (is_host_char(*end, is_ipv6) && end - host < CTL_SERVER_MAX)
		end++;
	/* a program that takes options must not take it for one */
	if (end == host || end - host >= CTL_SERVER_MAX || *host == '-' || (is_ipv6 && *end != ']'))
		return -EINVAL;
	if (end[is_ipv6]) {
		port = parse_port(end + is_ipv6);
		if (port == 0)
			return -EINVAL;
	}
	memset(ret_host, 0, CTL_SERVER_MAX);
	memcpy(ret_host, host, (size_t)(end - host));
	*ret_port = port;
	return 0;
}

static bool clock_req_ok(const void *decoded)
{
	const struct ctl_clock_req *r = &((const struct ctl_msg *)decoded)->clock_req;
	char host[CTL_SERVER_MAX];
	uint16_t port;

	return r->id != 0 && is_padded(r->server, sizeof(r->server)) && ctl_server_parse(r->server, host, &port) == 0;
}

static bool clock_ok(const void *decoded)
{
	const struct ctl_clock *c = &((const struct ctl_msg *)decoded)->clock;

	if (c->id == 0 || c->status > CTL_CLOCK_STATUS_MAX)
		return false;
	if (c->status != CTL_CLOCK_OK)
		return c->error_us == 0 && c->realtime_ns == 0;
	return c->error_us <= CTL_CLOCK_ERROR_MAX && c->realtime_ns >= CTL_CLOCK_MIN && c->realtime_ns <= CTL_CLOCK_MAX;
}

static bool app_ok(const void *decoded)
{
	const struct ctl_app *a = &((const struct ctl_msg *)decoded)->app;

	if (a->count == 0)
		return a->index == 0 && a->blob.off == 0 && a->blob.len == 0;
	return a->count <= APPS_MAX && a->index < a->count && blob_ok(&a->blob, APP_WIRE_BYTES, APP_WIRE_BYTES);
}

static bool notify_ok(const void *decoded)
{
	const struct ctl_notify *n = &((const struct ctl_msg *)decoded)->notify;

	return n->id != 0 && n->timeout_ms <= NOTIFICATION_TIMEOUT_MAX && n->urgency <= NOTIFICATION_CRITICAL &&
		blob_ok(&n->blob, NOTIFICATION_WIRE_BYTES, NOTIFICATION_WIRE_BYTES);
}

static bool unnotify_ok(const void *decoded)
{
	return ((const struct ctl_msg *)decoded)->unnotify.id != 0;
}

static bool notified_ok(const void *decoded)
{
	const struct ctl_notified *n = &((const struct ctl_msg *)decoded)->notified;

	return n->id != 0 && n->how >= NOTIFICATION_EXPIRED && n->how <= NOTIFICATION_CLICKED;
}

#define F(s, member, nr, bytes) CODEC_FIELD(struct ctl_##s, member, nr, bytes, NULL)
#define G2H CODEC_TO_HOST
#define H2G CODEC_TO_GUEST

/* Every message: who sends it, its fields in wire order, its check. */
static const struct codec_type types[] = {
	[CTL_HELLO] = { "HELLO", G2H, { F(hello, version, 3, 4) }, hello_ok },
	[CTL_READY] = { "READY", G2H, { F(ready, boot_ns, 1, 8) }, NULL },
	[CTL_STATS] = { "STATS", G2H, { F(stats, cpu_permille, 3, 4), F(stats, disk_total, 2, 8) }, stats_ok },
	[CTL_BYE] = { "BYE", G2H, { { 0 } }, NULL },
	[CTL_STARTED] = { "STARTED", G2H, { F(started, id, 3, 4) }, started_ok },
	[CTL_EXIT] = { "EXIT", G2H, { F(exit, id, 2, 4) }, exit_ok },
	[CTL_REQUEST] = { "REQUEST", G2H,
		{ F(request, id, 2, 4), F(request, kind, 1, 1), F(request, blob, 2, 4), F(request, bytes, 1, 8) },
		request_ok },
	[CTL_CANCEL] = { "CANCEL", G2H, { F(cancel, id, 1, 4) }, cancel_ok },
	[CTL_OWNER] = { "OWNER", G2H, { F(owner, id, 1, 4), F(owner, name, CTL_OWNER_NAME, 1) }, owner_ok },
	[CTL_CLOCK] = { "CLOCK", G2H, { F(clock, id, 3, 4), F(clock, realtime_ns, 1, 8) }, clock_ok },
	[CTL_APP] = { "APP", G2H, { F(app, index, 2, 4), F(app, blob, 2, 4) }, app_ok },
	[CTL_NOTIFY] = { "NOTIFY", G2H, { F(notify, id, 2, 4), F(notify, urgency, 1, 1), F(notify, blob, 2, 4) },
		notify_ok },
	[CTL_UNNOTIFY] = { "UNNOTIFY", G2H, { F(unnotify, id, 1, 4) }, unnotify_ok },

	[CTL_STDIO] = { "STDIO", G2H | H2G, { F(stdio, id, 1, 4), F(stdio, fd, 1, 1), F(stdio, blob, 2, 4) },
		stdio_ok },
	[CTL_EOF] = { "EOF", G2H | H2G, { F(eof, id, 1, 4), F(eof, fd, 1, 1) }, eof_ok },
	[CTL_CREDIT] = { "CREDIT", G2H | H2G, { F(credit, id, 1, 4), F(credit, fd, 1, 1), F(credit, bytes, 1, 4) },
		credit_ok },

	[CTL_RUN] = { "RUN", H2G,
		{ F(run, id, 1, 4), F(run, uid_class, 2, 1), F(run, rows, 2, 2), F(run, blob, 2, 4),
			F(run, relay, 2, 4) },
		run_ok },
	[CTL_WINCH] = { "WINCH", H2G, { F(winch, id, 1, 4), F(winch, rows, 2, 2) }, winch_ok },
	[CTL_SIGNAL] = { "SIGNAL", H2G, { F(signal, id, 2, 4) }, signal_ok },
	[CTL_SHUTDOWN] = { "SHUTDOWN", H2G, { { 0 } }, NULL },
	[CTL_TIME] = { "TIME", H2G, { F(time, realtime_ns, 1, 8) }, NULL },
	[CTL_PING] = { "PING", H2G, { F(ping, cookie, 1, 8) }, NULL },
	[CTL_STATS_REQ] = { "STATS_REQ", H2G, { { 0 } }, NULL },
	[CTL_ANSWER] = { "ANSWER", H2G, { F(answer, id, 3, 4), F(answer, done, 2, 8) }, answer_ok },
	[CTL_OWNER_REQ] = { "OWNER_REQ", H2G,
		{ F(owner_req, id, 1, 4), F(owner_req, proto, 1, 1), F(owner_req, port, 1, 2) }, owner_req_ok },
	[CTL_CLOCK_REQ] = { "CLOCK_REQ", H2G, { F(clock_req, id, 1, 4), F(clock_req, server, CTL_SERVER_MAX, 1) },
		clock_req_ok },
	[CTL_APPS_REQ] = { "APPS_REQ", H2G, { { 0 } }, NULL },
	[CTL_NOTIFY_REQ] = { "NOTIFY_REQ", H2G, { { 0 } }, NULL },
	[CTL_NOTIFIED] = { "NOTIFIED", H2G, { F(notified, id, 1, 4), F(notified, how, 1, 1) }, notified_ok },

	[CTL_PONG] = { "PONG", G2H, { F(ping, cookie, 1, 8) }, NULL },
};

static const struct codec codec = { types, sizeof(types) / sizeof(types[0]), offsetof(struct ctl_msg, hello),
	sizeof(struct ctl_msg) };

/* Streams have a direction: input flows to the guest, output to the host, credit against them. EOF goes either way. */
static bool stream_ok(const struct ctl_msg *c, uint32_t way)
{
	if (c->head.type == CTL_STDIO)
		return (c->stdio.fd == 0) == (way == CODEC_TO_GUEST);
	if (c->head.type == CTL_CREDIT)
		return (c->credit.fd == 0) == (way == CODEC_TO_HOST);
	return true;
}

static int decode(const struct msg *m, uint32_t way, struct ctl_msg *ret)
{
	struct ctl_msg c;
	int r = codec_decode(&codec, m, way, &c);

	if (r < 0 || !stream_ok(&c, way))
		return -EBADMSG;
	*ret = c;
	return 0;
}

int ctl_decode_guest(const struct msg *m, struct ctl_msg *ret)
{
	return decode(m, CODEC_TO_HOST, ret);
}

int ctl_decode_host(const struct msg *m, struct ctl_msg *ret)
{
	return decode(m, CODEC_TO_GUEST, ret);
}

int ctl_encode(const struct ctl_msg *c, struct msg *ret_msg)
{
	return codec_encode(&codec, c, ret_msg);
}

const char *ctl_type_name(uint16_t type)
{
	return codec_name(&codec, type);
}
