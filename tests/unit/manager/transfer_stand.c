/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/manager/transfer_stand.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/paths.h"
#include "manager/audit.h"
#include "tests/unit/unit.h"

#define STEPS 200 /* of the loop, without waiting, until all is handled */

char stand_folder[] = "/tmp/vmos-test-transfer-XXXXXX";

void stand_step(struct stand *s)
{
	for (int i = 0; i < STEPS && sd_event_run(s->m.event, 0) > 0; i++)
		;
}

void stand_allow(struct stand *s, unsigned i, const char *subject, const char *object, uint8_t access)
{
	struct rule *r = &s->rules[i];

	*r = (struct rule){ .access = access, .line = i + 1 };
	snprintf(r->subject, sizeof(r->subject), "%s", subject);
	snprintf(r->object, sizeof(r->object), "%s", object);
	s->m.rules.set.count = i + 1;
	s->m.rules.generation++;
}

static struct vm *stand_add_vm(struct stand *s, const char *name, int *ret_courier)
{
	struct vm_config config = { 0 };
	struct vm *vm;
	int pair[2];

	snprintf(config.name, sizeof(config.name), "%s", name);
	assert_int_equal(vm_new(&s->m, &config, &vm), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	vm->helper[HELPER_COURIER].sock = pair[0];
	vm->helper[HELPER_COURIER].state = HELPER_STATE_UP;
	vm->state = VM_RUNNING;
	vm->agent = VM_AGENT_READY;
	*ret_courier = pair[1];
	manager_add_vm(&s->m, vm);
	return vm;
}

int stand_setup(void **state)
{
	struct stand *s = calloc(1, sizeof(*s));
	struct manager *m = &s->m;

	assert_int_equal(sd_event_new(&m->event), 0);
	m->fabric = &net_fabric_vde;
	m->data = strdup(stand_folder);
	m->vms_dir = paths_join(stand_folder, "vms", NULL);
	m->vms_run_dir = paths_join(stand_folder, "run", NULL);
	m->rules.set = (struct ruleset){ s->rules, 0, RULES };
	assert_int_equal(audit_open(stand_folder, NULL, &m->audit), 0);
	assert_int_equal(transfers_open(m), 0);
	s->work = stand_add_vm(s, "work", &s->courier[0]);
	s->web = stand_add_vm(s, "web", &s->courier[1]);
	*state = s;
	return 0;
}

static void stand_drop_vm(struct vm *vm)
{
	close(vm->helper[HELPER_COURIER].sock);
	vm_free(vm);
}

/* As at vmosd's own end: journals stay. */
int stand_teardown(void **state)
{
	struct stand *s = *state;
	char *left cleanup_free = paths_join(stand_folder, "transfers", NULL);

	transfers_close(&s->m);
	stand_drop_vm(s->work);
	stand_drop_vm(s->web);
	close(s->courier[0]);
	close(s->courier[1]);
	audit_close(s->m.audit);
	sd_event_unref(s->m.event);
	free(s->m.data);
	free(s->m.vms_dir);
	free(s->m.vms_run_dir);
	paths_remove(left);
	free(s);
	return 0;
}

struct transfer *stand_begin(struct stand *s, enum transfer_kind kind)
{
	struct transfer_job job = {
		.kind = kind, .from = "work", .to = "web", .claim = "x", .args_len = 9, .may_start = true
	};
	struct transfer *t;

	assert_int_equal(transfer_new(&s->m, &job, fd_memfd_data("args", "\1\0\0\0abcd", 9), &t), 0);
	transfer_begin(t);
	stand_step(s);
	return t;
}

/* Nothing: false. */
bool stand_take_run(struct stand *s, int courier, struct got *g)
{
	ssize_t n = fd_recv_packet(s->courier[courier], &g->msg, sizeof(g->msg), g->fds, HELPER_FDS_MAX, &g->nfds);

	if (n < 0)
		return false;
	assert_int_equal(helper_check_request(&g->msg, (size_t)n, g->nfds), 0);
	return g->msg.type == HELPER_RUN;
}

void stand_drop_run(struct got *g)
{
	fd_close_all(g->fds, g->nfds);
	g->nfds = 0;
}

void stand_say(struct stand *s, const struct got *g, const struct runctl *m)
{
	assert_int_equal(send(g->fds[FD_CONTROL], m, sizeof(*m), MSG_NOSIGNAL), sizeof(*m));
	stand_step(s);
}

void stand_say_exit(struct stand *s, struct got *g, int32_t status)
{
	stand_say(s, g, &(struct runctl){ .type = RUNCTL_EXIT, .a = status });
	stand_drop_run(g);
}

void stand_say_point(struct stand *s, const struct got *g, int32_t item, uint64_t entry, uint64_t offset)
{
	stand_say(s, g, &(struct runctl){ .type = RUNCTL_POINT, .a = item, .n = { entry, offset } });
}

bool stand_is_closed(const struct got *g)
{
	char byte;

	return recv(g->fds[FD_CONTROL], &byte, 1, MSG_DONTWAIT) == 0;
}

const struct licence *stand_map_licence(const struct got *g)
{
	const struct licence *l = mmap(NULL, LICENCE_SIZE, PROT_READ, MAP_SHARED, g->fds[FD_LICENCE], 0);

	assert_ptr_not_equal(l, MAP_FAILED);
	assert_int_equal(fd_check_sealed(g->fds[FD_LICENCE], LICENCE_SIZE), 0);
	return l;
}

unsigned stand_journals(void)
{
	char *dir cleanup_free = paths_join(stand_folder, "transfers", NULL);
	struct stat st;

	assert_int_equal(stat(dir, &st), 0);
	return (unsigned)st.st_nlink - 2;
}

/* Both runs of one that moves. */
void stand_move(struct stand *s, struct got *receiver, struct got *sender)
{
	assert_true(stand_take_run(s, 1, receiver));
	stand_say_point(s, receiver, 0, 0, 0);
	assert_true(stand_take_run(s, 0, sender));
}
