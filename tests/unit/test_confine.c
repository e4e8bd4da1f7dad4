/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a QEMU that a guest has taken over can still do inside vmos-confine's stages. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/landlock.h"
#include "base/paths.h"
#include "confine/connect.h"
#include "confine/grants.h"
#include "confine/narrow.h"
#include "tests/unit/child.h"

static char folder[] = "/tmp/vmos-test-confine-XXXXXX";
static char disk[64], kernel[64], other_disk[64], listener_path[64];
static char variable[256];
static int listener = -1;

static void make_file(char *path, size_t size, const char *name)
{
	int fd;

	snprintf(path, size, "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	close(fd);
}

static int set_up(void **state)
{
	char path[64];

	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/vm", folder);
	assert_int_equal(paths_mkdir(path), 0);
	snprintf(path, sizeof(path), "%s/template", folder);
	assert_int_equal(paths_mkdir(path), 0);
	snprintf(path, sizeof(path), "%s/other", folder);
	assert_int_equal(paths_mkdir(path), 0);
	make_file(disk, sizeof(disk), "vm/disk");
	make_file(kernel, sizeof(kernel), "template/kernel");
	make_file(other_disk, sizeof(other_disk), "other/disk");
	snprintf(listener_path, sizeof(listener_path), "%s/other/a,b.sock", folder);
	listener = fd_unix_listen(listener_path, SOCK_STREAM, 8);
	snprintf(variable, sizeof(variable), "rw=%s/vm:ro=%s/template", folder, folder);
	return listener < 0 ? listener : 0;
}

static int tear_down(void **state)
{
	close(listener);
	return paths_remove(folder);
}

static bool nothing(void)
{
	return true;
}

static bool confined(void)
{
	struct grants g = { 0 };
	const char *path;

	return grants_add_variable(&g, variable) == 0 && narrow_start() == 0 && narrow_files(&g, &path) >= 0 &&
		narrow_calls(NARROW_VM) == 0;
}

static bool confined_files(void)
{
	struct grants g = { 0 };
	const char *path;

	return grants_add_variable(&g, variable) == 0 && narrow_start() == 0 && narrow_files(&g, &path) >= 0;
}

static bool confined_calls(void)
{
	return narrow_start() == 0 && narrow_calls(NARROW_VM) == 0;
}

static bool probed(void)
{
	struct grants g = { 0 };
	const char *path;

	return narrow_start() == 0 && narrow_files(&g, &path) >= 0 && narrow_calls(NARROW_PROBE) == 0;
}

static bool networked(void)
{
	struct grants g = { 0 };
	const char *path;
	char text[300];

	snprintf(text, sizeof(text), "%s:net=user", variable);
	return grants_add_variable(&g, text) == 0 && narrow_start() == 0 && narrow_files(&g, &path) >= 0 &&
		narrow_calls(NARROW_NET) == 0;
}

static bool with_device(void)
{
	struct grants g = { 0 };
	const char *path;
	char text[300];

	snprintf(text, sizeof(text), "%s:dev=/dev/full", variable);
	return grants_add_variable(&g, text) == 0 && narrow_start() == 0 && narrow_files(&g, &path) >= 0 &&
		narrow_calls(NARROW_VM) == 0;
}

static bool networked_calls(void)
{
	return narrow_start() == 0 && narrow_calls(NARROW_NET) == 0;
}

static bool switching(void)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "%s/vm", folder);
	return narrow_start() == 0 && narrow_switch_files(dir) >= 0 && narrow_calls(NARROW_SWITCH) == 0;
}

static bool act_read_other_disk(void)
{
	return open(other_disk, O_RDONLY) >= 0;
}

static bool act_write_kernel(void)
{
	return open(kernel, O_WRONLY) >= 0;
}

static bool act_truncate_kernel(void)
{
	return truncate(kernel, 4096) == 0;
}

static bool act_read_passwd(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool act_list_home(void)
{
	return open("/root", O_RDONLY | O_DIRECTORY) >= 0 || open("/home", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool act_make_outside(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/made", folder);
	return open(path, O_CREAT | O_WRONLY, 0600) >= 0 && unlink(path) == 0;
}

static bool act_move_disk_out(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/other/moved", folder);
	return rename(disk, path) == 0 && rename(path, disk) == 0;
}

static bool act_read_init(void)
{
	return open("/proc/1/status", O_RDONLY) >= 0;
}

static bool act_exec(void)
{
	char *argv[] = { "sh", "-c", "exit 42", NULL };

	execv("/bin/sh", argv);
	return false;
}

static bool act_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool act_socketpair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0;
}

static bool act_tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool act_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static bool act_connect(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "/nowhere" };

	return connect(0, (struct sockaddr *)&addr, sizeof(addr)) < 0 && errno != EPERM;
}

static bool act_signal_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool act_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool act_read_parent(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) == 0;
}

static bool act_unshare_nothing(void)
{
	return unshare(0) == 0;
}

static bool act_chmod(void)
{
	return chmod(disk, 0600) == 0;
}

static bool act_flock(void)
{
	return flock(0, LOCK_UN) == 0 || errno == EBADF;
}

static bool act_watch(void)
{
	return inotify_init1(0) >= 0;
}

static bool act_signal_as_owner(void)
{
	return fcntl(listener, F_SETOWN, getpid()) == 0;
}

static bool act_signal_as_owner_high(void)
{
	return syscall(SYS_fcntl, listener, 1ul << 32 | F_SETOWN, getpid()) == 0;
}

/* No card is needed: a call that is let through finds that there is no such file. */
static bool act_keep_card(void)
{
	return ioctl(-1, TUNSETPERSIST, 1) == 0 || errno == EBADF;
}

static bool act_keep_card_high(void)
{
	return syscall(SYS_ioctl, -1, 1ul << 32 | TUNSETPERSIST, 1) == 0 || errno == EBADF;
}

static bool act_change_card(void)
{
	return ioctl(-1, SIOCSIFHWADDR, NULL) == 0 || errno == EBADF;
}

/* There is no such file: only a call that is not made can succeed. */
static bool act_give_address(void)
{
	uint64_t cid = 3;

	return ioctl(-1, VHOST_VSOCK_SET_GUEST_CID, &cid) == 0 &&
		syscall(SYS_ioctl, -1, 1ul << 32 | VHOST_VSOCK_SET_GUEST_CID, &cid) == 0;
}

static bool act_limits_of_parent(void)
{
	struct rlimit limit;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit) == 0;
}

static bool act_io_uring(void)
{
	char params[120] = { 0 };

	return syscall(SYS_io_uring_setup, 1, params) >= 0 || errno == ENOSYS;
}

static bool act_keyctl(void)
{
	return syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -1, 1) >= 0 || errno == ENOSYS;
}

static bool act_shm(void)
{
	return syscall(SYS_shmget, 0, 4096, 0600 | 01000 /* IPC_CREAT */) >= 0;
}

static bool act_pidfd(void)
{
	return syscall(SYS_pidfd_open, getppid(), 0) >= 0;
}

static void test_files(void **state)
{
	static const struct child_act acts[] = {
		{ "read another VM's disk", act_read_other_disk },
		{ "write the template", act_write_kernel },
		{ "read /etc/passwd", act_read_passwd },
		{ "list homes", act_list_home },
		{ "make a file outside", act_make_outside },
		{ "move the disk out", act_move_disk_out },
		{ "read another process", act_read_init },
		{ "exec", act_exec },
	};
	static const struct child_act truncate_kernel = { "truncate the template", act_truncate_kernel };

	if (landlock_abi() <= 0)
		skip(); /* this kernel has no Landlock */
	child_check_refused(nothing, confined_files, acts, COUNT(acts));
	child_check_refused(nothing, confined, acts, COUNT(acts));
	child_check_refused(nothing, probed, acts, 1);
	if (landlock_abi() >= 3)
		child_check_refused(nothing, confined_files, &truncate_kernel, 1);
}

static void test_calls(void **state)
{
	static const struct child_act acts[] = {
		{ "UNIX socket", act_unix_socket },
		{ "socket pair", act_socketpair },
		{ "TCP socket", act_tcp_socket },
		{ "netlink socket", act_netlink_socket },
		{ "connect", act_connect },
		{ "signal", act_signal_parent },
		{ "ptrace", act_ptrace },
		{ "read another process", act_read_parent },
		{ "unshare", act_unshare_nothing },
		{ "io_uring", act_io_uring },
		{ "keyctl", act_keyctl },
		{ "System V shared memory", act_shm },
		{ "pidfd", act_pidfd },
		{ "chmod", act_chmod },
		{ "flock", act_flock },
		{ "inotify", act_watch },
		{ "an owner of signals", act_signal_as_owner },
		{ "the same, by a wider number", act_signal_as_owner_high },
		{ "keep a network card", act_keep_card },
		{ "the same, by a wider number", act_keep_card_high },
		{ "change a network card", act_change_card },
		{ "limits of the parent", act_limits_of_parent },
	};

	child_check_refused(nothing, confined_calls, acts, COUNT(acts));
	child_check_refused(nothing, confined, acts, COUNT(acts));
}

/* QEMU gives its vsock device the address that it has from libvirt; no other one would be taken either. */
static void test_vsock_address(void **state)
{
	assert_false(child_done(nothing, act_give_address));
	assert_true(child_done(confined_calls, act_give_address));
	assert_true(child_done(networked_calls, act_give_address));
}

/* A probed QEMU listens for libvirt, and that is all it has more. */
static void test_probe_calls(void **state)
{
	static const struct child_act acts[] = { { "TCP socket", act_tcp_socket }, { "connect", act_connect },
		{ "ptrace", act_ptrace } };

	child_check_refused(nothing, probed, acts, COUNT(acts));
	assert_true(child_done(probed, act_unix_socket));
}

static bool act_raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0;
}

static bool act_seqpacket_socket(void)
{
	return socket(AF_INET, SOCK_SEQPACKET, 0) >= 0 || errno != EPERM;
}

static bool act_vsock_socket(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0) >= 0 || errno != EPERM;
}

static bool act_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_DGRAM, 0) >= 0;
}

/* The kernel looks at 32 bits of the register. */
static bool act_unix_socket_high(void)
{
	return syscall(SYS_socket, (long)((1ull << 32) | AF_UNIX), SOCK_STREAM, 0) >= 0;
}

static bool act_tcp_listen(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_port = htons(40123);
	return fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

/* All that QEMU's user network does: streams, datagrams, both families, connecting; nobody is at this port. */
static bool act_network(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	addr.sin_port = htons(1);
	if (tcp < 0 || udp < 0 || (socket(AF_INET6, SOCK_STREAM, 0) < 0 && errno == EPERM))
		return false;
	return connect(tcp, (struct sockaddr *)&addr, sizeof(addr)) == 0 || errno == ECONNREFUSED;
}

static bool act_serve(void)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "%s/vm/ctl", folder);
	fd = fd_unix_listen(path, SOCK_STREAM, 4);
	return fd >= 0 && chmod(path, 0600) == 0 && fd_unix_connect(path, SOCK_STREAM) >= 0 && unlink(path) == 0;
}

static bool act_serve_outside(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/made.sock", folder);
	return fd_unix_listen(path, SOCK_STREAM, 4) >= 0 && unlink(path) == 0;
}

static void test_switch(void **state)
{
	static const struct child_act acts[] = {
		{ "TCP socket", act_tcp_socket },
		{ "netlink socket", act_netlink_socket },
		{ "socket pair", act_socketpair },
		{ "signal", act_signal_parent },
		{ "ptrace", act_ptrace },
	};
	static const struct child_act files[] = { { "read a foreign disk", act_read_other_disk },
		{ "read accounts", act_read_passwd }, { "socket in another folder", act_serve_outside } };

	assert_true(child_done(switching, act_serve));
	child_check_refused(nothing, switching, acts, COUNT(acts));
	if (landlock_abi() > 0)
		child_check_refused(nothing, switching, files, COUNT(files));
}

static bool act_namespaces(void)
{
	static const int flags[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET };

	for (size_t i = 0; i < COUNT(flags); i++) {
		long pid = syscall(SYS_clone, flags[i] | SIGCHLD, NULL, NULL, NULL, 0);

		if (pid == 0)
			_exit(0);
		if (pid > 0 || errno != EPERM)
			return true;
	}
	return false;
}

static void test_namespaces(void **state)
{
	assert_true(child_refused(confined_calls, act_namespaces));
}

static void *handle_thread(void *arg)
{
	return arg;
}

/* What a VM's QEMU does all day. */
static bool act_work(void)
{
	char path[80], byte;
	pthread_t thread;
	void *ret;
	int fd = open(disk, O_RDWR);

	if (fd < 0 || pwrite(fd, "x", 1, 0) != 1 || ftruncate(fd, 8192) < 0 || ftruncate(fd, 4096) < 0)
		return false;
	fd = open(kernel, O_RDONLY);
	if (fd < 0 || read(fd, &byte, 1) != 1)
		return false;
	snprintf(path, sizeof(path), "%s/vm/console.log", folder);
	if (open(path, O_CREAT | O_WRONLY | O_APPEND, 0600) < 0 || unlink(path) < 0)
		return false;
	if (open("/usr/share", O_RDONLY) < 0 || open("/dev/urandom", O_RDONLY) < 0 || open("/dev/null", O_RDWR) < 0)
		return false;
	if (memfd_create("ram", 0) < 0 ||
		mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return false; /* TCG makes code */
	if (pthread_create(&thread, NULL, handle_thread, NULL) != 0 || pthread_join(thread, &ret) != 0)
		return false;
	return kill(getpid(), 0) == 0;
}

static void test_work_goes_on(void **state)
{
	assert_true(child_done(nothing, act_work));
	assert_true(child_done(confined, act_work));
}

static bool act_drive_device(void)
{
	int fd = open("/dev/full", O_RDWR), n;

	/* it knows no ioctl(2) at all, but is asked */
	return fd >= 0 && (ioctl(fd, FIONREAD, &n) == 0 || errno != EACCES);
}

/* A device that is granted, and no other. */
static void test_device(void **state)
{
	static const struct child_act others[] = { { "read a foreign disk", act_read_other_disk },
		{ "write the template", act_write_kernel }, { "TCP socket", act_tcp_socket } };
	static const struct child_act device = { "drive a device", act_drive_device };

	assert_true(child_done(with_device, act_drive_device));
	assert_true(child_done(with_device, act_work));
	if (landlock_abi() > 0) {
		child_check_refused(nothing, confined, &device, 1);
		child_check_refused(nothing, with_device, others, COUNT(others));
	}
}

/* The uplink of a NET VM has the network, and nothing else that another QEMU has not. */
static void test_network(void **state)
{
	static const struct child_act acts[] = {
		{ "UNIX socket", act_unix_socket },
		{ "UNIX socket, high bits set", act_unix_socket_high },
		{ "socket pair", act_socketpair },
		{ "netlink socket", act_netlink_socket },
		{ "raw socket", act_raw_socket },
		{ "packet socket", act_packet_socket },
		{ "signal", act_signal_parent },
		{ "ptrace", act_ptrace },
		{ "chmod", act_chmod },
		{ "inotify", act_watch },
	};
	static const struct child_act files[] = { { "read a foreign disk", act_read_other_disk },
		{ "read accounts", act_read_passwd }, { "listen by TCP", act_tcp_listen } };

	child_check_refused(nothing, networked_calls, acts, COUNT(acts));
	assert_true(child_refused(networked_calls, act_seqpacket_socket));
	assert_true(child_refused(networked_calls, act_vsock_socket));
	assert_true(child_done(networked, act_network));
	assert_true(child_done(networked, act_work));
	if (landlock_abi() >= 4)
		child_check_refused(nothing, networked, files, COUNT(files));
}

static void test_variable(void **state)
{
	static const char *const bad[] = { "", "ro", "ro=", "ro=a", "xx=/a", "dev=", "dev=7", "ro=/a:", "ro=/a::rw=/b",
		":ro=/a", "ro=/a\\", "ro=/a\\b", "/a" };
	struct grants g = { 0 };
	char many[1024] = "ro=/a";

	assert_int_equal(grants_add_variable(&g, "ro=/a b:rw=/c\\:d\\\\e"), 0);
	assert_int_equal(g.count, 2);
	assert_string_equal(g.item[0].path, "/a b");
	assert_int_equal(g.item[0].kind, GRANT_READ);
	assert_string_equal(g.item[1].path, "/c:d\\e");
	assert_int_equal(g.item[1].kind, GRANT_WRITE);
	grants_finish(&g);
	assert_int_equal(grants_add_variable(&g, "ro=/a:dev=/dev/vfio/7"), 0);
	assert_string_equal(g.item[1].path, "/dev/vfio/7");
	assert_int_equal(g.item[1].kind, GRANT_DEVICE);
	grants_finish(&g);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (grants_add_variable(&g, bad[i]) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		grants_finish(&g);
	}
	for (size_t len = strlen(many); g.count == 0 && len < 6 * (GRANTS_MAX + 1) - 1; len += 6)
		memcpy(many + len, ":ro=/a", 7);
	assert_int_equal(grants_add_variable(&g, many), -E2BIG);
	grants_finish(&g);
}

static void test_variable_net(void **state)
{
	static const char *const bad[] = { "net", "net=", "net=use", "net=users", "net=user=", "net=user/x",
		"net=user:", "net=host", "net=user::ro=/a", "NET=user" };
	struct grants g = { 0 };

	assert_int_equal(grants_add_variable(&g, "ro=/a"), 0);
	assert_false(g.net);
	grants_finish(&g);
	assert_int_equal(grants_add_variable(&g, "ro=/a:net=user:rw=/b"), 0);
	assert_true(g.net);
	assert_int_equal(g.count, 2);
	grants_finish(&g);
	assert_false(g.net);
	assert_int_equal(grants_add_variable(&g, "net=user"), 0);
	assert_true(g.net);
	grants_finish(&g);
	assert_int_equal(grants_add_variable(&g, "ro=/net=user"), 0);
	assert_false(g.net);
	grants_finish(&g);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (grants_add_variable(&g, bad[i]) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		grants_finish(&g);
	}
}

static void test_missing_grant(void **state)
{
	struct grants g = { 0 };
	const char *path = NULL;

	if (landlock_abi() <= 0)
		skip(); /* this kernel has no Landlock */
	assert_int_equal(grants_add_variable(&g, "ro=/usr:rw=/no/such/path"), 0);
	assert_int_equal(narrow_files(&g, &path), -ENOENT);
	assert_string_equal(path, "/no/such/path");
	grants_finish(&g);
}

static void test_arguments(void **state)
{
	char *argv[] = { "qemu", "-object", "{\"qom-type\":\"secret\",\"id\":\"k\",\"file\":\"/l/key\",\"x\":1}",
		"-object", "secret,id=k,file=/m/key,format=raw", "-object", "memory-backend-ram,id=r", "-qmp",
		"unix:/p/qmp-1/qmp.monitor,server=on", "-pidfile", "/q/qmp.pid", "-object", NULL };
	struct grants g = { 0 };

	assert_int_equal(grants_add_secrets(&g, argv), 0);
	assert_int_equal(g.count, 2);
	assert_string_equal(g.item[0].path, "/l/key");
	assert_string_equal(g.item[1].path, "/m/key");
	assert_true(g.item[0].kind == GRANT_READ && g.item[1].kind == GRANT_READ);
	grants_finish(&g);
	assert_int_equal(grants_add_probe(&g, argv), 0);
	assert_int_equal(g.count, 2);
	assert_string_equal(g.item[0].path, "/p/qmp-1");
	assert_string_equal(g.item[1].path, "/q");
	assert_true(g.item[0].kind == GRANT_WRITE && g.item[1].kind == GRANT_WRITE);
	grants_finish(&g);
}

static void test_connect(void **state)
{
	char client[256], server[] = "socket,id=m,path=/x,server=on,wait=off", file[] = "file,id=f,path=/x";
	char *argv[] = { "qemu", "-chardev", client, "-chardev", server, "-chardev", file, NULL };
	const char *path = NULL;
	int fd, peer;

	snprintf(client, sizeof(client), "socket,id=c,path=%s/other/a,,b.sock,reconnect=0", folder);
	assert_int_equal(connect_chardevs(argv, &path), 0);
	assert_ptr_equal(argv[4], server);
	assert_ptr_equal(argv[6], file);
	assert_int_equal(sscanf(argv[2], "socket,id=c,fd=%d,reconnect=0", &fd), 1);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	peer = accept(listener, NULL, NULL);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(peer, server, 2), 1);
	close(fd);
	close(peer);
	free(argv[2]);
	argv[2] = client;
	snprintf(client, sizeof(client), "socket,id=c,path=%s/none", folder);
	assert_int_equal(connect_chardevs(argv, &path), -ENOENT);
	assert_non_null(strstr(path, "/none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_vsock_address),
		cmocka_unit_test(test_probe_calls),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_work_goes_on),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_variable),
		cmocka_unit_test(test_variable_net),
		cmocka_unit_test(test_missing_grant),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_connect),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
