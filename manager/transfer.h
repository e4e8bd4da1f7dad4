/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transfer: files, or a URL, on their way from one VM to another. vmosd
 * decides and joins two runs by a pipe, that of a sender in the one guest and
 * that of a receiver in the other; it never sees a byte of what goes through.
 */
#ifndef MANAGER_TRANSFER_H
#define MANAGER_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "manager/transfer_job.h"
#include "manager/transfer_move.h"
#include "manager/transfer_state.h"
#include "policy/ruleset.h"

#define TRANSFERS_MAX 256 /* that are not over */
#define TRANSFERS_KEPT_MAX 128 /* that are over and still shown */
#define TRANSFERS_MOVING_MAX 64
#define TRANSFERS_PAIR_MAX 16 /* of one pair of VMs, moving */
#define TRANSFERS_VM_RUNS_MAX 8 /* moving, of one VM, so that of CTL_RUNS_MAX most are the user's own */
#define TRANSFER_KEEP 60 /* seconds that one which is over stays on the bus … */
#define TRANSFER_KEEP_FAILED 3600 /* … and one that may be resumed */
#define TRANSFER_PROBLEMS_MAX 64

struct decision;
struct manager;
struct vm;

struct transfer {
	struct manager *manager; /* borrowed */
	struct transfer *next; /* transfers.list, in the order they came */
	struct transfer_job job;
	enum transfer_state state;
	int args; /* sealed memfd of the sender's arguments, which nobody here reads; owned */
	bool journalled; /* it is on the disk */
	bool adopted; /* a vmosd before us began it: the guest that asked has not been heard of since */
	bool no_relay; /* one has failed it: it goes by the couriers alone */
	bool renewed; /* what the receiver had was thrown away once */
	bool vm_asked[2]; /* the start of from, to was asked for and has not succeeded yet */

	struct transfer_move move;
	struct transfer_tries tries;
	uint64_t not_before; /* monotonic usec: no try until then */
	uint64_t done, total; /* bytes; total as the sender claims, 0: not known */
	uint64_t whole; /* the most that the sender claimed: a run that goes on leaves out what is whole already */
	enum xfer_reason reason;
	char *text; /* why, in one sentence; owned; may be NULL */
	char *problems[TRANSFER_PROBLEMS_MAX]; /* owned */
	unsigned nproblems;

	struct decision *decision; /* while asking; may be NULL */
	sd_bus_message *call; /* OpenURL() that waits for the end; may be NULL */
	sd_event_source *timer; /* of the next try, or of the end of its being shown */
	sd_event_source *news; /* of the next word to bus and guest */
	bool news_wanted;
	uint64_t told; /* monotonic usec: when the guest that asked heard of it last */
	char *path; /* on the bus */
	sd_bus_slot *slot; /* may be NULL */
};

/* All there are; in struct manager. */
struct transfers {
	struct transfer *list; /* owned */
	sd_event_source *settle;
	char *dir; /* the journals' */
	uint32_t relays; /* generation of the newest; 0: none yet */
};

/* Before the bus: takes up what a vmosd before us left. -errno. */
int transfers_open(struct manager *m);
/* Puts those on the bus. */
int transfers_run(struct manager *m);
void transfers_close(struct manager *m);

/* Something changed that a transfer may wait for: all are looked at when this event has been handled. */
void transfers_wake(struct manager *m);
/* Other rules are in force: what they do not allow ends. */
void transfers_rules_changed(struct manager *m);
/* The VM called @name is deleted. */
void transfers_forget_vm(struct manager *m, const char *name);
/* Whether files move from the one VM to the other just now: then the kernel lets them. */
bool transfers_move_between(const struct manager *m, const char *from, const char *to);
struct transfer *transfers_find(const struct manager *m, uint64_t id);
/* Whether there may be one more; -EBUSY, with the sentence. */
int transfers_room(const struct manager *m, sd_bus_error *ret_error);

/*
 * Makes one of @job, whose id and time are set here, and takes @args over, also
 * on failure. It is not on the bus and nothing is decided: see transfer_begin().
 */
int transfer_new(struct manager *m, const struct transfer_job *job, int args, struct transfer **ret_transfer);
/* Decides, or asks. It may be over when this returns. */
void transfer_begin(struct transfer *t);
void transfer_free(struct transfer *t);

/* What the decision came to. @object: the VM the user chose, if there was a choice. */
void transfer_allow(struct transfer *t, const char *object, bool asked);
void transfer_deny(struct transfer *t, const char *sentence);

/* @sentence NULL: the one that belongs to @reason. */
void transfer_fail(struct transfer *t, enum xfer_reason reason, bool by_sender, const char *sentence);
void transfer_cancel(struct transfer *t, const char *sentence);
/* -EINVAL: it is over for good, or not at a stand. */
int transfer_resume(struct transfer *t);
/* It cannot go on just now: why. */
void transfer_hold(struct transfer *t, const char *sentence);
void transfer_set_text(struct transfer *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Changes its state, and tells it. False: that cannot be. */
bool transfer_set_state(struct transfer *t, enum transfer_event event);

/* transfer_move.c says: the receiver said what it has; both runs ended; bytes went by; the sender left something out. */
void transfer_begun(struct transfer *t);
void transfer_moved(struct transfer *t, const struct transfer_end *sender, const struct transfer_end *receiver);
void transfer_passed(struct transfer *t, uint64_t done, uint64_t total);
void transfer_problem(struct transfer *t, int error, const char *name);

/* transfer_settle.c: lets one that waits go on if it can. */
void transfer_settle(struct transfer *t);
uint64_t transfer_now(void); /* monotonic usec */

/* transfer_text.c: what the user reads about @reason. The caller frees it; NULL: -ENOMEM. */
char *transfer_text(const struct transfer *t, enum xfer_reason reason, bool by_sender);

/* transfer_decide.c: asks the rules, and through them maybe the user. */
void transfer_decide(struct transfer *t);
void transfer_decide_cancel(struct transfer *t);
/* Whether what was allowed still is. The rule that decides, if any, in @ret_rule. */
bool transfer_is_still_allowed(const struct transfer *t, const struct rule **ret_rule);
/* It is not any more, by @rule (NULL: there is none): ends it and says so. */
void transfer_revoke(struct transfer *t, const struct rule *rule);

/* transfer_journal.c */
int transfer_journal_save(struct transfer *t);
void transfer_journal_remove(struct transfer *t);
/* Makes a transfer of each journal there is. */
int transfer_journal_load(struct manager *m);

/* transfer_request.c: how it stands goes to the guest that asked for it. False: its courier does not take it now. */
bool transfer_request_tell(struct transfer *t);

/* transfer_bus.c */
#define TRANSFER_BUS_PREFIX "/org/vmos/transfer"
int transfer_bus_add(struct transfer *t, bool announce);
void transfer_bus_removed(struct transfer *t);
/* State, reason and numbers go to the bus and to the guest that asked: at once, or soon. */
void transfer_bus_tell(struct transfer *t, bool at_once);

#endif
