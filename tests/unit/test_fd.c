/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/vmos-test-fd-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int set_up(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	return rmdir(folder);
}

static unsigned open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_memfd_sealed(void **state)
{
	int fd = fd_memfd_sealed("test", 1 << 20);
	char *at;

	assert_true(fd >= 0);
	assert_int_equal(fd_check_sealed(fd, 1 << 20), 0);
	assert_int_equal(fd_check_sealed(fd, (1 << 20) - 1), -EBADFD);
	assert_int_equal(ftruncate(fd, 4096), -1);
	assert_int_equal(ftruncate(fd, 2 << 20), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	at[(1 << 20) - 1] = 1;
	munmap(at, 1 << 20);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void test_check_sealed_refuses(void **state)
{
	int fd = memfd_create("test", MFD_ALLOW_SEALING);
	int file = open("/etc/passwd", O_RDONLY);

	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(fd_check_sealed(fd, 4096), -EBADFD);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_int_equal(fd_check_sealed(fd, 4096), -EBADFD);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	assert_int_equal(fd_check_sealed(fd, 4096), 0);
	assert_int_equal(fd_check_sealed(file, 4096), -EBADFD);
	assert_int_equal(fd_check_sealed(-1, 4096), -EBADFD);
	close(file);
	close(fd);
}

/* What is given away shows what we write, and can write nothing, however it is opened or mapped. */
static void test_memfd_ours(void **state)
{
	char path[64], *map = NULL;
	int fd = fd_memfd_ours("test", 4096, (void **)&map), again;
	void *theirs;

	assert_true(fd >= 0);
	assert_int_equal(fd_check_sealed(fd, 4096), 0);
	theirs = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(theirs, MAP_FAILED);
	map[7] = 42;
	assert_int_equal(((char *)theirs)[7], 42);
	assert_true(write(fd, "x", 1) < 0);
	assert_ptr_equal(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_true(mprotect(theirs, 4096, PROT_READ | PROT_WRITE) < 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again >= 0) { /* as the memfd's owner one may open it so, and is none the better for it */
		assert_true(pwrite(again, "x", 1, 0) < 0);
		assert_ptr_equal(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, again, 0), MAP_FAILED);
		close(again);
	}
	assert_true(ftruncate(fd, 0) < 0);
	munmap(theirs, 4096);
	munmap(map, 4096);
	close(fd);
}

static void test_memfd_data(void **state)
{
	int fd = fd_memfd_data("test", "hello", 5);
	char buf[8] = { 0 };

	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, buf, sizeof(buf)), 5);
	assert_string_equal(buf, "hello");
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(fd_check_sealed(fd, 5), 0);
	close(fd);
}

static void write_file(const char *path, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char byte = 'x';

	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(fd_write_all(fd, &byte, 1), 0);
	close(fd);
}

static void test_read_file(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 10000 };
	const char *path = in_folder("file");
	char *buf;
	size_t len;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		write_file(path, sizes[i]);
		assert_int_equal(fd_read_file(path, 10000, &buf, &len), 0);
		assert_int_equal(len, sizes[i]);
		assert_int_equal(strlen(buf), sizes[i]);
		free(buf);
		assert_int_equal(fd_read_file(path, sizes[i], &buf, &len), 0);
		free(buf);
		if (sizes[i] > 0)
			assert_int_equal(fd_read_file(path, sizes[i] - 1, &buf, &len), -EFBIG);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fd_read_file(path, 10, &buf, &len), -ENOENT);
	assert_int_equal(fd_read_file("/proc/self/status", 1 << 16, &buf, NULL), 0); /* says its size is 0 */
	assert_non_null(strstr(buf, "Seccomp:"));
	free(buf);
}

static void test_packets(void **state)
{
	int pair[2], fds[4] = { 0, 1, 2, 0 }, got[4];
	unsigned before, nfds;
	char buf[8];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	before = open_fds();
	assert_int_equal(fd_recv_packet(pair[1], buf, sizeof(buf), got, 4, &nfds), -EAGAIN);
	assert_int_equal(fd_send_packet(pair[0], "abcd", 4, fds, 3), 0);
	assert_int_equal(fd_recv_packet(pair[1], buf, sizeof(buf), got, 4, &nfds), 4);
	assert_memory_equal(buf, "abcd", 4);
	assert_int_equal(nfds, 3);
	assert_true(fcntl(got[2], F_GETFD) & FD_CLOEXEC);
	fd_close_all(got, nfds);
	assert_int_equal(got[0], -1);
	assert_int_equal(open_fds(), before);

	assert_int_equal(fd_send_packet(pair[0], "too long!", 9, fds, 2), 0);
	assert_int_equal(fd_recv_packet(pair[1], buf, sizeof(buf), got, 4, &nfds), -EMSGSIZE);
	assert_int_equal(fd_send_packet(pair[0], "x", 1, fds, 4), 0);
	assert_int_equal(fd_recv_packet(pair[1], buf, sizeof(buf), got, 3, &nfds), -EMSGSIZE);
	assert_int_equal(fd_send_packet(pair[0], "x", 1, fds, 1), 0);
	assert_int_equal(fd_recv_packet(pair[1], buf, sizeof(buf), NULL, 0, NULL), -EMSGSIZE);
	assert_int_equal(open_fds(), before);

	assert_int_equal(fd_check_peer(pair[0]), 0);
	close(pair[0]);
	assert_int_equal(fd_recv_packet(pair[1], buf, sizeof(buf), got, 4, &nfds), 0);
	assert_int_equal(fd_send_packet(pair[1], "x", 1, NULL, 0), -EPIPE);
	close(pair[1]);
}

static void test_full_socket(void **state)
{
	int pair[2], ret = 0;
	char buf[1024] = { 0 };

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	for (unsigned i = 0; i < 10000 && ret == 0; i++)
		ret = fd_send_packet(pair[0], buf, sizeof(buf), NULL, 0);
	assert_int_equal(ret, -EAGAIN);
	close(pair[0]);
	close(pair[1]);
}

static void test_eventfd(void **state)
{
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(fd_eventfd_take(fd), 0);
	fd_eventfd_kick(fd);
	fd_eventfd_kick(fd);
	assert_int_equal(fd_eventfd_take(fd), 2);
	assert_int_equal(fd_eventfd_take(fd), 0);
	close(fd);
}

static void test_flags(void **state)
{
	int fd = eventfd(0, 0);

	assert_int_equal(fd_set_nonblock(fd, true), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_set_nonblock(fd, false), 0);
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_set_cloexec(fd, true), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fd_set_cloexec(fd, false), 0);
	assert_false(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	assert_int_equal(fd_set_cloexec(fd, true), -EBADF);
}

static void test_unix_sockets(void **state)
{
	const char *path = in_folder("socket");
	char long_path[200];
	struct stat st;
	int listener = fd_unix_listen(path, SOCK_SEQPACKET, 4), fd, accepted;

	assert_true(listener >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = fd_unix_connect(path, SOCK_SEQPACKET);
	assert_true(fd >= 0);
	assert_int_equal(fd_check_peer(fd), 0);
	accepted = fd_accept_own(listener);
	assert_true(accepted >= 0);
	assert_true(fcntl(accepted, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(accepted, F_GETFL) & O_NONBLOCK);
	close(accepted);
	close(fd);
	assert_int_equal(fd_accept_own(fd), -EBADF);
	assert_int_equal(fd_unix_listen(path, SOCK_SEQPACKET, 4), -EADDRINUSE); /* somebody serves it */
	close(listener);
	assert_int_equal(fd_unix_connect(path, SOCK_SEQPACKET), -ECONNREFUSED);
	listener = fd_unix_listen(path, SOCK_SEQPACKET, 4); /* stale: replaced */
	assert_true(listener >= 0);
	close(listener);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fd_unix_connect(path, SOCK_SEQPACKET), -ENOENT);
	write_file(path, 1);
	assert_int_equal(fd_unix_listen(path, SOCK_SEQPACKET, 4), -EADDRINUSE); /* no socket: kept */
	assert_int_equal(unlink(path), 0);
	memset(long_path, 'a', sizeof(long_path));
	long_path[0] = '/';
	long_path[108] = '\0';
	assert_int_equal(fd_unix_connect(long_path, SOCK_STREAM), -ENAMETOOLONG);
	assert_int_equal(fd_unix_listen(long_path, SOCK_STREAM, 1), -ENAMETOOLONG);
	long_path[107] = '\0';
	assert_int_equal(fd_unix_connect(long_path, SOCK_STREAM), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memfd_sealed),
		cmocka_unit_test(test_check_sealed_refuses),
		cmocka_unit_test(test_memfd_ours),
		cmocka_unit_test(test_memfd_data),
		cmocka_unit_test(test_read_file),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_full_socket),
		cmocka_unit_test(test_eventfd),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_unix_sockets),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
