/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/vm_vsock.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/now.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/programs.h"
#include "manager/smack_rules.h"
#include "manager/spawn.h"
#include "manager/vm.h"
#include "proto/dial.h"

#define DEVICE "/dev/vhost-vsock"
/* Often at first, then as rarely as nobody notices; while somebody waits for the VM's start, oftener. */
#define PAUSE_MIN_USEC 50000
#define PAUSE_START_USEC 250000
#define PAUSE_MAX_USEC 2000000
#define DIAL_TIMEOUT_USEC 10000000 /* the kernel's own is 2 s */

static int handle_try(sd_event_source *source, uint64_t usec, void *userdata);

/* vmosd itself opens it in session mode only, where libvirt is in the same process. Its unit allows not even access(2). */
static bool has_device(const struct manager *m)
{
	struct stat st;

	return m->system ? stat(DEVICE, &st) == 0 : access(DEVICE, R_OK | W_OK) == 0;
}

int vm_vsock_check(const struct manager *m, const struct vm_config *config, sd_bus_error *ret_error)
{
	if (!config->vsock)
		return 0;
	if (!m->system && !dial_may(getuid(), dial_cid(getuid(), 1)))
		return errors_set(ret_error, ERROR_FAILED,
			"vsock has no addresses for VMs of a user id as high as %u. Leave the control channel of "
			"VM %s to shared memory (--carrier channel).",
			getuid(), config->name);
	if (has_device(m))
		return 0;
	if (errno == EACCES)
		return errors_set(ret_error, ERROR_FAILED,
			"%s does not open, by which vsock would carry the control channel of VM %s. Join the "
			"group that may open it (ls -l %s), or leave it to the channel (--carrier channel).",
			DEVICE, config->name, DEVICE);
	return errors_set(ret_error, ERROR_FAILED,
		"This host has no %s, by which vsock would carry the control channel of VM %s. Load the "
		"kernel's module (modprobe vhost_vsock), or leave it to the channel (--carrier channel).",
		DEVICE, config->name);
}

static uint32_t own_uid(const struct vm *vm)
{
	return vm->manager->system ? 0 : getuid();
}

uint32_t vm_vsock_cid(const struct vm *vm)
{
	return vm->config.vsock ? dial_cid(own_uid(vm), vm->config.net_index) : 0;
}

int vm_vsock_start(const struct vm *vm)
{
	return vm->config.vsock && vm->identity.apart ? smack_rules_vsock(vm->config.name, true) : 0;
}

void vm_vsock_off(struct vm *vm)
{
	vm_vsock_stop(vm);
	if (vm->identity.apart && vm->config.vsock && smack_rules_vsock(vm->config.name, false) < 0)
		log_warning("VM %s: its QEMU's label may still use %s", vm->config.name, DEVICE);
}

/* A pause after the last attempt, so that no guest and no courier makes vmosd connect all the time. */
static void try_later(struct vm *vm)
{
	const uint64_t max = vm->state == VM_STARTING ? PAUSE_START_USEC : PAUSE_MAX_USEC;
	struct vm_vsock *v = &vm->vsock;
	int r;

	vm_vsock_stop(vm);
	r = sd_event_add_time(
		vm->manager->event, &v->timer, CLOCK_MONOTONIC, v->tried_usec + v->pause_usec, 0, handle_try, vm);
	v->pause_usec = v->pause_usec * 2 < max ? v->pause_usec * 2 : max;
	if (r < 0)
		vm_set_error(vm, "Its agent cannot be connected to: %s. Restart the VM.", strerror(-r));
}

/* What no later attempt would mend. */
static void fail(struct vm *vm, int error)
{
	char *program cleanup_free = programs_find(vm->manager->libexec, "dial");

	if (error == -EACCES)
		vm_set_error(vm,
			"A guest believes who comes from a vsock port below 1024, which vmos-dial may not bind. Let it "
			"by setcap cap_net_bind_service=ep %s, or leave the VM to the channel (--carrier channel).",
			program ? program : "vmos-dial");
	else if (error == -ENOENT || error == -ECONNREFUSED)
		vm_set_error(vm,
			"vmos-dial, which connects to VMs by vsock, is not there (%s). Install vmOS again, or on the "
			"vmOS host start it by systemctl start vmos-dial.socket.",
			strerror(-error));
	else
		vm_set_error(vm,
			"vmos-dial connects to no VM by vsock (%s). Load the kernel's module (modprobe "
			"vhost_vsock), or leave the VM to the channel (--carrier channel).",
			strerror(-error));
	if (vm->state == VM_STARTING)
		vm_start_lost(vm, vm->last_error);
}

/* To the courier, which is then the only one that has it. */
static int hand_over(struct vm *vm, int fd)
{
	const struct helper_msg m = { .type = HELPER_CONNECTION, .nfds = 1 };
	int r = identity_label_fd(&vm->identity, fd, LABEL_COURIER);

	return r < 0 ? r : helper_send(&vm->helper[HELPER_COURIER], &m, &fd);
}

static int handle_answer(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct vm *vm = userdata;
	struct dial_answer answer = { 0 };
	int connection cleanup_fd = -1;
	unsigned nfds = 0;
	ssize_t n = fd_recv_packet(fd, &answer, sizeof(answer), &connection, 1, &nfds);
	int r;

	if (n == -EAGAIN || n == -EINTR)
		return 0;
	vm_vsock_stop(vm);
	r = n < 0 ? (int)n : dial_check_answer(&answer, (size_t)n, nfds);
	r = r < 0 ? r : answer.error;
	if (r == -EACCES || r == -EPERM || r == -EAFNOSUPPORT) {
		fail(vm, r);
		return 0;
	}
	if (r == 0)
		r = hand_over(vm, connection);
	if (r == 0)
		return 0;
	/* there is no guest yet, or nobody in it */
	log_debug("VM %s: its agent is not connected to: %s", vm->config.name, strerror(-r));
	try_later(vm);
	return 0;
}

/* A vmos-dial that is done; by then its answer has been read, or lies in the socket. */
static int handle_exit(sd_event_source *source, const siginfo_t *si, void *userdata)
{
	sd_event_source_unref(source);
	return 0;
}

/* Of session mode: our own child, at the other end of a pair. */
static int spawn_dial(struct vm *vm)
{
	char *path cleanup_free = programs_find(vm->manager->libexec, "dial");
	const struct spawn_helper program = { .path = path, .vm = vm->config.name, .identity = &vm->identity };
	int ours cleanup_fd = -1, theirs cleanup_fd = -1;
	sd_event_source *child = NULL;
	int pair[2], r;
	pid_t pid;

	if (!path)
		return -ENOENT;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	r = spawn_helper(&program, theirs, &pid);
	if (r < 0)
		return r;
	r = sd_event_add_child(vm->manager->event, &child, pid, WEXITED, handle_exit, NULL);
	if (r < 0) {
		kill(pid, SIGKILL);
		return r;
	}
	return steal_fd(&ours);
}

static int begin(struct vm *vm)
{
	const struct dial_request request = { .cid = vm_vsock_cid(vm) };
	struct vm_vsock *v = &vm->vsock;
	/* systemd listens always: this does not wait */
	int fd cleanup_fd = vm->manager->system ? fd_unix_connect(DIAL_SOCKET, SOCK_SEQPACKET) : spawn_dial(vm);
	int r = fd < 0 ? fd : fd_set_nonblock(fd, true);

	if (r >= 0)
		r = fd_send_packet(fd, &request, sizeof(request), NULL, 0);
	if (r >= 0)
		r = sd_event_add_io(vm->manager->event, &v->io, fd, EPOLLIN, handle_answer, vm);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(v->io, 1);
	if (r < 0)
		return r;
	(void)steal_fd(&fd);
	return sd_event_add_time_relative(
		vm->manager->event, &v->timer, CLOCK_MONOTONIC, DIAL_TIMEOUT_USEC, 0, handle_try, vm);
}

static int handle_try(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct vm *vm = userdata;
	int r;

	vm_vsock_stop(vm);
	vm->vsock.tried_usec = now_usec(CLOCK_MONOTONIC);
	if (vm->start_job) { /* the CID is not its own yet, and may be another's */
		vm->vsock.pause_usec = PAUSE_MIN_USEC;
		try_later(vm);
		return 0;
	}
	r = begin(vm);
	if (r >= 0)
		return 0;
	if (r == -ENOENT || r == -ECONNREFUSED) {
		fail(vm, r);
		return 0;
	}
	log_warning("VM %s: vmos-dial cannot be asked for its agent: %s", vm->config.name, strerror(-r));
	try_later(vm);
	return 0;
}

void vm_vsock_connect(struct vm *vm)
{
	struct vm_vsock *v = &vm->vsock;

	if (v->timer || v->io)
		return;
	/* a courier that asks again and again waits as one that gets none */
	if (now_usec(CLOCK_MONOTONIC) - v->tried_usec > PAUSE_MAX_USEC)
		v->pause_usec = PAUSE_MIN_USEC;
	try_later(vm);
}

void vm_vsock_stop(struct vm *vm)
{
	vm->vsock.timer = sd_event_source_disable_unref(vm->vsock.timer);
	vm->vsock.io = sd_event_source_disable_unref(vm->vsock.io);
}
