/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way to vmosd: the bus, starting the manager where none runs, calls and what their errors mean. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

#define CLIENT_NAME "org.vmos.Manager1"
#define CLIENT_ROOT "/org/vmos"
#define CLIENT_MANAGER_PATH "/org/vmos/Manager1"
#define CLIENT_MANAGER_IFACE "org.vmos.Manager1"
#define CLIENT_NET_IFACE "org.vmos.Net1"
#define CLIENT_CLOCK_IFACE "org.vmos.Clock1"
#define CLIENT_VM_PREFIX "/org/vmos/vm"
#define CLIENT_VM_IFACE "org.vmos.VM1"
#define CLIENT_TRANSFER_PREFIX "/org/vmos/transfer"
#define CLIENT_TRANSFER_IFACE "org.vmos.Transfer1"
#define CLIENT_TEMPLATE_IFACE "org.vmos.Template1"

static inline void cleanup_message_fn(sd_bus_message **m)
{
	sd_bus_message_unref(*m);
}

static inline void cleanup_bus_fn(sd_bus **bus)
{
	sd_bus_flush_close_unref(*bus);
}

#define cleanup_message __attribute__((cleanup(cleanup_message_fn)))
#define cleanup_bus __attribute__((cleanup(cleanup_bus_fn)))

/* Which vmosd to talk to: the host's service, the user's own, or the first of them that there is. */
enum client_mode { CLIENT_AUTO, CLIENT_SESSION, CLIENT_SYSTEM };

/* What the command line says; without it $VMOS_MODE ("system", "session") counts. */
void client_set_mode(enum client_mode mode);
/* Whether client_open() reached the host's service. */
bool client_is_system(void);

/* Opens the bus and sees that vmosd is there, starting it if need be. 0, or an exit code after saying why. */
int client_open(sd_bus **ret_bus);

/* A call of the VM called @name, to be filled and sent by client_send(). Exit code as above. */
int client_vm_call(sd_bus *bus, const char *name, const char *method, sd_bus_message **ret_call);
int client_manager_call(sd_bus *bus, const char *method, sd_bus_message **ret_call);
/* The same of another interface of the manager's object, and of org.vmos.Net1. */
int client_object_call(sd_bus *bus, const char *interface, const char *method, sd_bus_message **ret_call);
int client_net_call(sd_bus *bus, const char *method, sd_bus_message **ret_call);

/*
 * Sends @call and waits as long as it takes. With @progress (such as
 * "starting work") a line on standard error counts the seconds. @ret_reply may
 * be NULL. 0, or an exit code after saying why.
 */
int client_send(sd_bus *bus, sd_bus_message *call, const char *progress, sd_bus_message **ret_reply);
/* Fills @call with two words, sends it, and says how many lines were removed. Exit code as above. */
int client_remove(sd_bus *bus, sd_bus_message *call, const char *of, const char *what, uint32_t *ret_removed);

/* A method of a VM without arguments or reply, in one go. */
int client_vm_do(sd_bus *bus, const char *name, const char *method, const char *progress);

/* Says what a failed message operation means (memory is out): returns CLI_FAILED. */
int client_broken(int error);

/* The exit code that belongs to a D-Bus error's name. */
int client_exit_code(const char *error_name);

/*
 * Tells vmosd where the user's Wayland compositor listens, when there is one.
 * One that does not answer is an error where windows are @wanted, else only
 * worth a word. Exit code.
 */
int client_send_display(sd_bus *bus, bool wanted);

#endif
