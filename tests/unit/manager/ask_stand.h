/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand for what asks the user: a D-Bus of its own, a manager with a few VMs
 * and rules but without libvirt, and agents that do as the test says. All in
 * one loop.
 */
#ifndef TESTS_ASK_STAND_H
#define TESTS_ASK_STAND_H

#include <stdbool.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "manager/manager.h"
#include "proto/notification.h"

#define STAND_VMS_MAX 40
#define STAND_CONDITION_MSEC 10000 /* what is waited for comes sooner, or never */

struct stand {
	struct manager manager;
	struct vm *vms; /* owned, an array */
	char dir[64];
	pid_t daemon;
	sd_event *event;
	sd_bus *bus;
};

enum stand_bus {
	STAND_SESSION,
	STAND_SYSTEM, /* other users may connect; the policy that vmOS installs decides who may send what */
};

/* Starts the bus and puts the manager's name on it. @policy: file to include, for STAND_SYSTEM. -errno. */
int stand_open(struct stand *s, enum stand_bus kind, const char *policy);
void stand_close(struct stand *s);
/* A connection of its own, in the same loop. NULL: none to be had. */
sd_bus *stand_connect(struct stand *s);
char *stand_address(const struct stand *s); /* the caller frees it */

int stand_add_vm(struct stand *s, const char *name, uint32_t rgb);
/* Writes the rule file and brings it into force, as vmosd does. */
int stand_rules(struct stand *s, const char *text);

/* Has the stand's manager read net.d of the stand's folder, with org.vmos.Net1 on its bus. */
int stand_net(struct stand *s);
/* Writes a file of it and brings it into force; NULL: removes it. As net_lists_reload(). */
int stand_list(struct stand *s, const char *name, const char *text);
/* A question of a VM's link: TCP to the port of @address, which the resolver called @name. */
void stand_flow(struct stand *s, const char *vm, struct tap_flow *flow, const char *address, uint16_t port);

/* What vmos-tap was told last, in place of manager/net_links.c. */
struct stand_answer {
	uint32_t id;
	bool allow;
};
extern struct stand_answer stand_answers[64];
extern int stand_nanswers;
extern void (*stand_on_answer)(uint32_t id, bool allow); /* NULL: nobody wants to know at once */
/* What the couriers were asked last; helper_send() fails as long as stand_owners is not set. */
extern bool stand_owners;
extern struct helper_msg stand_sent;
extern int stand_nsent;
/* Set: it gets what couriers are told of notifications, instead of the above. */
extern void (*stand_on_notified)(const struct helper_notified *notified);
/* A program of the VM's shows text, as its courier reports it. As vm_notify(). */
int stand_notify(struct stand *s, const char *vm, const struct helper_notify *notify, const struct notification *text);
/* What net_links_flows() tells of the NET VM "net0". */
extern const struct tap_flow *stand_flows;
extern unsigned stand_nflows;

/* Lets the loop run until @flag is @value; false: it never was. */
bool stand_wait(struct stand *s, const int *flag, int value);
/* Lets the loop run for @msec. */
void stand_rest(struct stand *s, int msec);

enum stand_does { STAND_YES, STAND_NO, STAND_SILENT, STAND_ERROR, STAND_VERDICT };

struct stand_agent {
	sd_bus *bus;
	enum stand_does does;
	const char *object; /* that it says yes to */
	const char *verdict; /* of STAND_VERDICT */
	int asked, cancelled, notified; /* how often */
	uint32_t cancelled_id;
	sd_bus_message *question; /* the last; owned */
	sd_bus_message *notice; /* owned */
	int shown, closed; /* how often */
	sd_bus_message *note; /* the last shown; owned */
	char closed_vm[VM_NAME_MAX + 1];
	uint32_t closed_note;
	int registered; /* the call's result: 1, or -errno */
};

/* Connects and registers; waits for it. */
int stand_agent_open(struct stand *s, struct stand_agent *agent, enum stand_does does);
/* Leaves the bus. */
void stand_agent_close(struct stand_agent *agent);
/* A string, or a number as text, of an a{sv} message; false: it is not there. */
bool stand_get(sd_bus_message *message, const char *key, char *dst, size_t cap);

/* What a decision_fn was told; its userdata. */
struct stand_verdict {
	struct stand *stand;
	int called;
	enum verdict verdict;
	bool has_rule;
	struct rule rule;
	char object[VM_NAME_MAX + 1], reason[DECISION_REASON_MAX];
};

void stand_decided(enum verdict verdict, const struct rule *rule, const char *object, void *userdata);

#endif
