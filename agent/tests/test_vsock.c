/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom the agent listens to by vsock, and when to the next: a UNIX socket stands in for the listener. */
#include "agent/common/vsock.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include <cmocka.h>

#include "base/fd.h"

static void test_is_host(void **state)
{
	static const struct {
		struct sockaddr_vm peer;
		bool is;
	} peers[] = {
		{ { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = VSTREAM_PORT_END - 1 }, true },
		{ { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = 1 }, true },
		{ { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = VSTREAM_PORT_END }, false },
		{ { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = UINT32_MAX }, false },
		{ { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = 1 },
			false }, /* the guest itself */
		{ { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HYPERVISOR, .svm_port = 1 }, false },
		{ { .svm_family = AF_VSOCK, .svm_cid = 77, .svm_port = 1 }, false }, /* another VM */
		{ { .svm_family = AF_UNIX, .svm_cid = VMADDR_CID_HOST, .svm_port = 1 }, false },
	};

	for (unsigned i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		assert_int_equal(vsock_is_host(&peers[i].peer), peers[i].is);
}

static int listen_anywhere(struct sockaddr_un *ret_at, socklen_t *ret_len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret_at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	assert_int_equal(bind(fd, (struct sockaddr *)ret_at, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(fd, 4), 0);
	*ret_len = sizeof(*ret_at);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_at, ret_len), 0);
	return fd;
}

static int come(const struct sockaddr_un *at, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)at, len), 0);
	return fd;
}

static bool is_due(const struct vsock *v)
{
	struct pollfd p = { .fd = v->epoll, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void say_hello(int fd, uint32_t epoch)
{
	static uint8_t memory[VSTREAM_MEMORY];
	struct vstream host;
	const uint8_t *bytes;
	size_t n;

	vstream_open(&host, memory, true, epoch);
	n = vstream_pending(&host, &bytes);
	assert_int_equal(fd_write_all(fd, bytes, n), 0);
}

/* The host's next connection ends the one before, of which what had come is still read. */
static void test_next(void **state)
{
	struct vstream stream = { 0 };
	struct sockaddr_un at;
	struct vsock v;
	socklen_t len;
	int first, second;
	char byte;

	assert_int_equal(vsock_open(&v, &stream, listen_anywhere(&at, &len)), 0);
	assert_false(is_due(&v));
	vsock_read(&v); /* nobody is there */
	first = come(&at, len);
	assert_true(is_due(&v));
	vsock_read(&v);
	assert_false(is_due(&v));
	say_hello(first, 3);
	assert_true(is_due(&v));
	vsock_read(&v);
	assert_int_equal(vstream_poll(&stream), CHANNEL_JOINED);
	assert_int_equal(stream.epoch, 3);
	vsock_write(&v);
	second = come(&at, len);
	say_hello(second, 4);
	assert_true(is_due(&v));
	vsock_read(&v);
	assert_int_equal(vstream_poll(&stream), CHANNEL_ENDED);
	vsock_hang_up(&v);
	assert_int_equal(recv(first, &byte, 1, MSG_DONTWAIT), 1); /* our HELLO … */
	while (recv(first, &byte, 1, MSG_DONTWAIT) == 1)
		;
	assert_int_equal(recv(first, &byte, 1, MSG_DONTWAIT), 0); /* … and no more */
	assert_int_equal(vstream_poll(&stream), CHANNEL_WAITING);
	vsock_read(&v);
	assert_int_equal(vstream_poll(&stream), CHANNEL_JOINED);
	assert_int_equal(stream.epoch, 4);
	close(second);
	vsock_read(&v);
	assert_int_equal(vstream_poll(&stream), CHANNEL_ENDED);
	vsock_close(&v);
	close(first);
}

/* Who is not the host is hung up on at once, also while the host is there. */
static void test_stranger(void **state)
{
	struct vstream stream = { 0 };
	struct sockaddr_un at;
	struct vsock v;
	socklen_t len;
	int host, stranger;
	char byte;

	assert_int_equal(vsock_open(&v, &stream, listen_anywhere(&at, &len)), 0);
	v.is_given = false;
	stranger = come(&at, len);
	vsock_read(&v);
	assert_int_equal(v.fd, -1);
	assert_int_equal(recv(stranger, &byte, 1, 0), 0);
	close(stranger);
	v.is_given = true;
	host = come(&at, len);
	vsock_read(&v);
	v.is_given = false;
	stranger = come(&at, len);
	vsock_read(&v);
	assert_int_equal(recv(stranger, &byte, 1, 0), 0);
	close(stranger);
	say_hello(host, 3);
	vsock_read(&v);
	assert_int_equal(vstream_poll(&stream), CHANNEL_JOINED);
	close(host);
	vsock_close(&v);
}

/* What was told to wait for room comes to its turn, also where all that was in its way has been written meanwhile. */
static void test_wants(void **state)
{
	static uint8_t blob[VSTREAM_BLOB_MAX], taken[VSTREAM_BUFFER];
	struct vstream stream = { 0 };
	struct sockaddr_un at;
	struct blob_ref ref;
	struct msg m = { 0 };
	struct vsock v;
	socklen_t len;
	int host;

	assert_int_equal(vsock_open(&v, &stream, listen_anywhere(&at, &len)), 0);
	host = come(&at, len);
	vsock_read(&v);
	say_hello(host, 3);
	vsock_read(&v);
	assert_int_equal(vstream_poll(&stream), CHANNEL_JOINED);
	while (vstream_reserve(&stream, blob, sizeof(blob), &ref) == 0)
		assert_int_equal(vstream_send(&stream, &m), 0);
	assert_false(vstream_want(&stream, true));
	do {
		vsock_write(&v);
	} while (recv(host, taken, sizeof(taken), MSG_DONTWAIT) > 0);
	assert_true(is_due(&v));
	vstream_want(&stream, false);
	vsock_write(&v);
	assert_false(is_due(&v));
	close(host);
	vsock_close(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_host),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
