/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run(): vmosd packs the arguments and hands the caller's fds to the VM's courier; all that follows is between those two. */
#include "manager/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "manager/errors.h"
#include "manager/manager.h"
#include "manager/vm_clipboard.h"
#include "proto/ctl.h"
#include "proto/runctl.h"

#define RUN_FDS 4 /* stdin, stdout, stderr, control */

struct run_call {
	char **argv, **env; /* owned lists of owned strings */
	uint8_t uid_class, flags;
	uint16_t rows, cols;
	int fds[RUN_FDS]; /* borrowed from the message */
};

static void strv_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

static int read_fds(sd_bus_message *call, int fds[RUN_FDS], sd_bus_error *ret_error)
{
	unsigned n = 0;
	int fd, r = sd_bus_message_enter_container(call, 'a', "h");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_read(call, "h", &fd)) > 0) {
		if (n < RUN_FDS)
			fds[n] = fd;
		n++;
	}
	if (r < 0)
		return r;
	if (n != RUN_FDS)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"Run takes four fds (standard input, output, error, control), not %u.", n);
	return sd_bus_message_exit_container(call);
}

static int read_call(sd_bus_message *call, struct run_call *ret_run, sd_bus_error *ret_error)
{
	int r = sd_bus_message_read_strv(call, &ret_run->argv);

	if (r >= 0)
		r = sd_bus_message_read_strv(call, &ret_run->env);
	if (r >= 0)
		r = sd_bus_message_read(
			call, "yyqq", &ret_run->uid_class, &ret_run->flags, &ret_run->rows, &ret_run->cols);
	if (r < 0)
		return r;
	if (!ret_run->argv || !ret_run->argv[0] || !ret_run->argv[0][0])
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT, "There is no command to run.");
	if (ret_run->uid_class > CTL_UID_ROOT || (ret_run->flags & ~(CTL_RUN_PTY | CTL_RUN_WINDOW)))
		return errors_set(
			ret_error, ERROR_INVALID_ARGUMENT, "The user class or the flags of Run are not known.");
	return read_fds(call, ret_run->fds, ret_error);
}

/* The arguments as the guest will get them, in memory nobody can change any more. */
static int pack_arguments(const struct run_call *run, uint32_t *ret_len, sd_bus_error *ret_error)
{
	char *none[] = { NULL };
	uint8_t *blob cleanup_free = malloc(CTL_ARGS_MAX);
	uint16_t argc, envc;
	int len, fd;

	if (!blob)
		return -ENOMEM;
	len = ctl_args_encode(run->argv, run->env ? run->env : none, blob, CTL_ARGS_MAX);
	if (len == -E2BIG || len > (int)CTL_ARGS_MAX)
		return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
			"The command and its environment are too long: %u KiB at most.", CTL_ARGS_MAX >> 10);
	if (len < 0 || ctl_args_check(blob, (size_t)len, &argc, &envc) < 0)
		return errors_set(
			ret_error, ERROR_INVALID_ARGUMENT, "Each string of the environment must be NAME=VALUE.");
	fd = fd_memfd_data("vmos-run", blob, (size_t)len);
	if (fd < 0)
		return fd;
	*ret_len = (uint32_t)len;
	return fd;
}

static bool is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3); /* admin-guide/devices.txt */
}

/*
 * In system mode the courier gets sockets only, and /dev/null: a label is
 * given to what is passed, and that must not be a file of the host. The caller
 * made the sockets for this run and carries the bytes.
 */
static int give_fds(const struct vm *vm, int args, const int fds[RUN_FDS], sd_bus_error *ret_error)
{
	int r = identity_label_fd(&vm->identity, args, LABEL_COURIER);
	struct stat st;

	for (unsigned i = 0; i < RUN_FDS && r == 0; i++) {
		if (!vm->identity.apart)
			continue;
		if (fstat(fds[i], &st) < 0)
			return -errno;
		if (is_null(&st))
			continue;
		if (!S_ISSOCK(st.st_mode))
			return errors_set(ret_error, ERROR_INVALID_ARGUMENT,
				"On this host Run takes sockets only. Use the vmos that came with this vmosd.");
		r = identity_label_fd(&vm->identity, fds[i], LABEL_COURIER);
	}
	if (r < 0)
		return errors_set(ret_error, ERROR_FAILED, "The sockets of the run cannot be given to VM %s: %s",
			vm->config.name, strerror(-r));
	return 0;
}

int vm_hand_run(struct vm *vm, const struct helper_run *run, const int *fds, unsigned nfds)
{
	struct helper_msg m = { .type = HELPER_RUN, .nfds = nfds, .run = *run };

	if (++vm->next_run == 0)
		vm->next_run = 1;
	m.run.id = vm->next_run;
	return helper_send(&vm->helper[HELPER_COURIER], &m, fds);
}

static int hand_over(struct vm *vm, const struct run_call *run, sd_bus_error *ret_error)
{
	struct helper_run request = {
		.uid_class = run->uid_class,
		.flags = run->flags,
		.rows = run->rows,
		.cols = run->cols,
	};
	int args cleanup_fd = pack_arguments(run, &request.args_len, ret_error);
	const int fds[] = { args, run->fds[0], run->fds[1], run->fds[2], run->fds[3] };
	int r;

	if (args < 0)
		return args;
	r = give_fds(vm, args, run->fds, ret_error);
	if (r < 0)
		return r;
	r = vm_hand_run(vm, &request, fds, 1 + RUN_FDS);
	if (r < 0)
		return errors_set(ret_error, ERROR_GUEST_LOST,
			"The vmos-courier of VM %s does not take the command: %s. Try again.", vm->config.name,
			strerror(-r));
	return 0;
}

static int check_state(const struct vm *vm, sd_bus_error *ret_error)
{
	const char *name = vm->config.name;

	if (vm->state == VM_PAUSED)
		return errors_set(ret_error, ERROR_NOT_RUNNING, "VM %s is paused. Let it go on by \"vmos resume %s\".",
			name, name);
	if (vm->state != VM_RUNNING)
		return errors_set(ret_error, ERROR_NOT_RUNNING, "VM %s is %s. Start it by \"vmos start %s\".", name,
			vm_state_name(vm->state), name);
	if (vm->agent != VM_AGENT_READY)
		return errors_set(ret_error, ERROR_GUEST_LOST,
			"The agent of VM %s does not answer (%s). If it stays so, restart the VM.", name,
			vm_agent_name(vm->agent));
	return 0;
}

/* A program without a caller. */
struct alone {
	struct manager *manager; /* borrowed */
	char vm[VM_NAME_MAX + 1]; /* may be gone by then */
	const char *what; /* static */
};

/* The courier's words: an end that is none in order is said to the user. */
static int handle_word(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	const struct alone *a = userdata;
	struct vm *vm = manager_find_vm(a->manager, a->vm);
	struct runctl m;
	ssize_t n = fd_recv_packet(fd, &m, sizeof(m), NULL, 0, NULL);
	bool known = n > 0 && runctl_check_courier(&m, (size_t)n) == 0;

	if (n == -EAGAIN || (known && m.type == RUNCTL_STARTED))
		return 0;
	if (known && m.type == RUNCTL_EXIT && m.a != 0 && vm) {
		log_warning("VM %s cannot %s: the program for it ended with %d", a->vm, a->what, m.a);
		vm_note(vm, true, "%s cannot %s: its program for it is missing, or failed", a->vm, a->what);
	}
	sd_event_source_disable_unref(source);
	return 0;
}

/* Keeps our end of the control socket: the courier ends a run whose caller left. */
static int keep_control(struct vm *vm, const char *what, int *control)
{
	struct alone *a = calloc(1, sizeof(*a));
	sd_event_source *source;
	int r;

	if (!a)
		return -ENOMEM;
	*a = (struct alone){ .manager = vm->manager, .what = what };
	snprintf(a->vm, sizeof(a->vm), "%s", vm->config.name);
	r = sd_event_add_io(vm->manager->event, &source, *control, EPOLLIN, handle_word, a);
	if (r < 0) {
		free(a);
		return r;
	}
	sd_event_source_set_destroy_callback(source, free);
	r = sd_event_source_set_io_fd_own(source, true);
	if (r >= 0)
		steal_fd(control);
	if (r >= 0)
		r = sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return r < 0 ? r : 0;
}

int vm_run_alone(struct vm *vm, char **argv, const char *what, sd_bus_error *ret_error)
{
	int null cleanup_fd = open("/dev/null", O_RDWR | O_CLOEXEC), ours cleanup_fd = -1, theirs cleanup_fd = -1;
	struct run_call run = { .argv = argv, .uid_class = CTL_UID_USER };
	int pair[2], r = check_state(vm, ret_error);

	if (r < 0)
		return r;
	if (null < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	memcpy(run.fds, (int[RUN_FDS]){ null, null, null, theirs }, sizeof(run.fds));
	r = hand_over(vm, &run, ret_error);
	return r < 0 ? r : keep_control(vm, what, &ours);
}

int vm_run(struct vm *vm, sd_bus_message *call, sd_bus_error *ret_error)
{
	struct run_call run = { 0 };
	int r = check_state(vm, ret_error);

	if (r == 0)
		r = read_call(call, &run, ret_error);
	if (r >= 0)
		r = hand_over(vm, &run, ret_error);
	strv_free(run.argv);
	strv_free(run.env);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}
