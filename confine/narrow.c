/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/narrow.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/landlock.h"
#include "confine/switch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define MAKE (LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define SOCKET_TYPE 0xfu /* the bits of a socket's type, include/linux/net.h; flags are above */
#define DEVICE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

/* What every QEMU of Debian reads. What a machine does not have is left out. */
static const struct {
	const char *path;
	uint64_t access;
} common_files[] = {
	{ NARROW_QEMU, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE },
	{ "/lib64/ld-linux-x86-64.so.2", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE },
	{ "/usr/lib", READ },
	{ "/usr/lib64", READ },
	{ "/lib", READ },
	{ "/lib64", READ },
	{ "/usr/share", READ }, /* firmware, keymaps, time zones */
	{ "/etc/ld.so.cache", READ },
	{ "/proc/self", READ },
	{ "/proc/cpuinfo", READ },
	{ "/sys/devices/system", READ }, /* processors and memory nodes */
	{ "/sys/kernel/mm/transparent_hugepage", READ },
	{ "/dev/null", DEVICE },
	{ "/dev/zero", DEVICE },
	{ "/dev/random", READ },
	{ "/dev/urandom", READ },
	{ "/dev/kvm", DEVICE },
};

/* QEMU's user network asks the host's resolvers. A /etc/resolv.conf that is no link and is replaced is not read again. */
static const char *const resolver_files[] = { "/etc/resolv.conf", "/run/systemd/resolve", "/run/NetworkManager",
	"/run/resolvconf" };

/* Other processes, the kernel, name spaces, clocks, keys, IPC that outlives a process: nothing of a VM's. */
static const char *const denied_calls[] = { "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
	"kcmp", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
	"move_pages", "migrate_pages", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "keyctl", "add_key", "request_key", "mount", "umount", "umount2", "move_mount",
	"open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "pivot_root", "chroot", "unshare",
	"setns", "open_by_handle_at", "name_to_handle_at", "fanotify_init", "fanotify_mark", "quotactl", "quotactl_fd",
	"acct", "swapon", "swapoff", "mknod", "mknodat", "setxattr", "lsetxattr", "fsetxattr", "removexattr",
	"lremovexattr", "fremovexattr", "fchown", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "syslog", "iopl", "ioperm", "modify_ldt", "uselib", "lookup_dcookie", "nfsservctl",
	"vhangup", "personality", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
	"setdomainname", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid",
	"setfsgid", "shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd",
	"msgrcv", "msgctl", "mq_open", "mq_unlink", "mq_notify", "mq_timedsend", "mq_timedreceive", "mq_getsetattr",
	"execveat", "fchmod", "fchmodat2", "inotify_init", "inotify_init1", "inotify_add_watch", "flock",
	"ioprio_set" };

/* A vde_switch sets mode and owner of its sockets. */
static const char *const owner_calls[] = { "chmod", "fchmodat", "chown", "lchown", "fchownat" };

/*
 * What the queue of a TAP device lets its holder ask for without a privilege, or with one that a QEMU should not have.
 * QEMU itself asks for nothing of it; Smack sees only numbers that say read or write, so not all of these.
 */
static const uint32_t card_calls[] = { TUNSETIFF, TUNSETPERSIST, TUNSETOWNER, TUNSETGROUP, TUNSETQUEUE, TUNATTACHFILTER,
	TUNDETACHFILTER, TUNSETTXFILTER, TUNSETFILTEREBPF, TUNSETLINK, TUNSETDEBUG, TUNGETDEVNETNS, SIOCSIFHWADDR };

static const uint64_t new_namespaces[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC,
	CLONE_NEWUTS, CLONE_NEWCGROUP };

int narrow_start(void)
{
	const struct rlimit none = { 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	return 0;
}

static int allow_common(int ruleset, int abi)
{
	for (size_t i = 0; i < COUNT(common_files); i++) {
		int ret = landlock_allow(ruleset, abi, common_files[i].path, common_files[i].access);

		if (ret < 0 && ret != -ENOENT && ret != -EACCES)
			return ret;
	}
	return 0;
}

static int allow_resolvers(int ruleset, int abi)
{
	for (size_t i = 0; i < COUNT(resolver_files); i++) {
		int ret = landlock_allow(ruleset, abi, resolver_files[i], READ);

		if (ret < 0 && ret != -ENOENT && ret != -EACCES)
			return ret;
	}
	return 0;
}

int narrow_files(const struct grants *g, const char **ret_path)
{
	static const uint64_t access[] = {
		[GRANT_READ] = READ,
		[GRANT_WRITE] = READ | WRITE | MAKE,
		[GRANT_DEVICE] = DEVICE,
	};
	int abi = landlock_abi();
	int ruleset cleanup_fd = -1;
	int ret;

	if (abi <= 0)
		return abi;
	ruleset = landlock_create(
		abi, LANDLOCK_FS_ALL, g->net ? LANDLOCK_NET_BIND : LANDLOCK_NET_ALL, LANDLOCK_SCOPE_ALL);
	if (ruleset < 0)
		return ruleset;
	ret = allow_common(ruleset, abi);
	if (ret == 0 && g->net)
		ret = allow_resolvers(ruleset, abi);
	for (unsigned i = 0; ret == 0 && i < g->count; i++) {
		*ret_path = g->item[i].path;
		ret = landlock_allow(ruleset, abi, g->item[i].path, access[g->item[i].kind]);
	}
	if (ret < 0)
		return ret;
	ret = landlock_enter(ruleset);
	return ret < 0 ? ret : abi;
}

int narrow_switch_files(const char *dir)
{
	static const struct {
		const char *path;
		uint64_t access;
	} files[] = {
		{ SWITCH_PROGRAM, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE },
		{ "/lib64/ld-linux-x86-64.so.2", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE },
		{ "/usr/lib", READ },
		{ "/lib", READ },
		{ "/etc/ld.so.cache", READ },
		{ "/dev/null", DEVICE },
	};
	int abi = landlock_abi(), ret = 0;
	int ruleset cleanup_fd = -1;

	if (abi <= 0)
		return abi;
	ruleset = landlock_create(abi, LANDLOCK_FS_ALL, LANDLOCK_NET_ALL, LANDLOCK_SCOPE_ALL);
	if (ruleset < 0)
		return ruleset;
	for (size_t i = 0; ret == 0 && i < COUNT(files); i++) {
		ret = landlock_allow(ruleset, abi, files[i].path, files[i].access);
		ret = ret == -ENOENT ? 0 : ret;
	}
	if (ret == 0)
		ret = landlock_allow(ruleset, abi, dir, READ | WRITE | MAKE);
	if (ret == 0)
		ret = landlock_enter(ruleset);
	return ret < 0 ? ret : abi;
}

static int deny(scmp_filter_ctx filter, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	/* A libseccomp that does not know a call's name yet cannot name it either. */
	return nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), nr, 0);
}

static int deny_if(scmp_filter_ctx filter, int nr, const struct scmp_arg_cmp *arg)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), nr, 1, arg);
}

/* clone3(2) keeps its flags where no filter can look; the C library then falls back to clone(2). */
static int deny_namespaces(scmp_filter_ctx filter)
{
	int ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	for (size_t i = 0; ret == 0 && i < COUNT(new_namespaces); i++) {
		const struct scmp_arg_cmp set = SCMP_A0(SCMP_CMP_MASKED_EQ, new_namespaces[i], new_namespaces[i]);

		ret = deny_if(filter, SCMP_SYS(clone), &set);
	}
	return ret;
}

/* The kernel takes family and type as 32 bits of a register: what is above them is refused, or not looked at, as below. */
static int deny_all_but_ip(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp below = SCMP_A0(SCMP_CMP_LT, AF_INET, 0), above = SCMP_A0(SCMP_CMP_GT, AF_INET6, 0);
	int ret = deny_if(filter, SCMP_SYS(socket), &below);

	if (ret == 0)
		ret = deny_if(filter, SCMP_SYS(socket), &above);
	for (int family = AF_INET + 1; ret == 0 && family < AF_INET6; family++) {
		const struct scmp_arg_cmp between = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0);

		ret = deny_if(filter, SCMP_SYS(socket), &between);
	}
	for (unsigned type = 0; ret == 0 && type <= SOCKET_TYPE; type++) {
		const struct scmp_arg_cmp other = SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE, type);

		if (type != SOCK_STREAM && type != SOCK_DGRAM)
			ret = deny_if(filter, SCMP_SYS(socket), &other);
	}
	return ret;
}

/* A VM's QEMU has its sockets already and makes none. */
static int deny_sockets(scmp_filter_ctx filter, enum narrow_profile profile)
{
	const struct scmp_arg_cmp not_unix = SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0);
	int ret = 0;

	if (profile != NARROW_PROBE)
		ret = deny(filter, "socketpair");
	if (ret == 0 && profile != NARROW_NET && profile != NARROW_SWITCH)
		ret = deny(filter, "connect");
	if (ret < 0)
		return ret;
	if (profile == NARROW_VM)
		return deny(filter, "socket");
	return profile == NARROW_NET ? deny_all_but_ip(filter) : deny_if(filter, SCMP_SYS(socket), &not_unix);
}

static int deny_owners(scmp_filter_ctx filter)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < COUNT(owner_calls); i++)
		ret = deny(filter, owner_calls[i]);
	return ret;
}

/* Signals go to this process only; its id stays over exec. Nobody else is named the owner who gets a socket's. */
static int deny_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0);
	const struct scmp_arg_cmp owner = SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, F_SETOWN);
	const struct scmp_arg_cmp owner_ex = SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, F_SETOWN_EX);
	int ret = deny_if(filter, SCMP_SYS(kill), &other);

	if (ret == 0)
		ret = deny_if(filter, SCMP_SYS(tgkill), &other);
	if (ret == 0)
		ret = deny_if(filter, SCMP_SYS(fcntl), &owner);
	return ret < 0 ? ret : deny_if(filter, SCMP_SYS(fcntl), &owner_ex);
}

/* 0 is the caller itself; all that the C library asks for. */
static int deny_limits_of_others(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, 0, 0);

	return deny_if(filter, SCMP_SYS(prlimit64), &other);
}

static int deny_card_calls(scmp_filter_ctx filter)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < COUNT(card_calls); i++) {
		const struct scmp_arg_cmp call = SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, card_calls[i]);

		ret = deny_if(filter, SCMP_SYS(ioctl), &call);
	}
	return ret;
}

/*
 * libvirt has given a vsock device its address, and QEMU gives it the same one again. One that a guest has taken
 * over could give it that of a VM that goes off, and answer in its place. The number lies in memory, where no
 * filter looks: so the call does nothing, and says that it did.
 */
static int keep_vsock_address(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp call = SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, VHOST_VSOCK_SET_GUEST_CID);

	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(0), SCMP_SYS(ioctl), 1, &call);
}

static int fill_filter(scmp_filter_ctx filter, enum narrow_profile profile)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < COUNT(denied_calls); i++)
		ret = deny(filter, denied_calls[i]);
	if (ret == 0)
		ret = deny_namespaces(filter);
	if (ret == 0)
		ret = deny_sockets(filter, profile);
	if (ret == 0 && profile != NARROW_SWITCH)
		ret = deny_owners(filter);
	if (ret == 0)
		ret = deny_limits_of_others(filter);
	if (ret == 0)
		ret = deny_card_calls(filter);
	if (ret == 0)
		ret = keep_vsock_address(filter);
	if (ret == 0 && profile != NARROW_PROBE)
		ret = deny_signals(filter);
	return ret;
}

int narrow_calls(enum narrow_profile profile)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int ret;

	if (!filter)
		return -ENOMEM;
	ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (ret == 0)
		ret = fill_filter(filter, profile);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}
