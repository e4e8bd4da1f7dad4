/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "proto/drill.h"

/* "B" is the victim. A row's number is its place, from 1. */
static const struct drill_act acts[DRILL_ACTS] = {
	{ "read B's disk", "MUL", NULL },
	{ "open B's disk for writing", "MUL", NULL },
	{ "ask for the size of B's disk", "MU", NULL },
	{ "truncate B's disk", "MUL", NULL },
	{ "list B's folder", "MUL", NULL },
	{ "make a file in B's folder", "MUL", NULL },
	{ "rename a file in B's folder", "MUL", "rename" },
	{ "remove a file from B's folder", "MUL", "unlink" },
	{ "link B's disk into its own folder", "MUL", NULL },
	{ "change the mode of B's disk", "MUS", NULL },
	{ "set an attribute of B's disk", "MUS", NULL },
	{ "watch B's disk", "MUS", NULL },
	{ "read a host file that all may read", "ML", NULL },
	{ "write a host file that all may write", "ML", NULL },
	{ "make a file in /tmp", "ML", NULL },
	{ "open the shared root image for writing", "FML", NULL },
	{ "lock the shared root image", "M", NULL },
	{ "map the shared root image writable", "FML", NULL },
	{ "open a VFIO node", "MCNL", NULL },
	{ "open a disk of the host", "CFNL", NULL },
	{ "take fds of B's QEMU", "MUSL", NULL },
	{ "open the TAP device", "MCNL", NULL },
	{ "/proc of B: memory", "MUL", NULL },
	{ "/proc of B: environment", "MUL", NULL },
	{ "/proc of B: memory map", "MUL", NULL },
	{ "/proc of B: command line", "ML", NULL },
	{ "/proc of B: status", "ML", NULL },
	{ "/proc of B: list of files", "MUL", NULL },
	{ "/proc of B: open B's disk by B's fd", "MUL", NULL },
	{ "/proc of B: its root", "MUL", NULL },
	{ "/proc of B: its name spaces", "MUL", NULL },
	{ "/proc of B: chance to be killed", "MUL", NULL },
	{ "trace B", "MUSL", NULL },
	{ "read B's memory", "MUSL", NULL },
	{ "write B's memory", "MUSL", "memory" },
	{ "compare fds with B", "MUSL", NULL },
	{ "copy an fd of B", "MUSL", NULL },
	{ "count B's events", "SUK", NULL },
	{ "kill a process of B", "MUSL", "killed" },
	{ "signal B", "MUSL", "signal-cont" },
	{ "signal B by a pidfd", "MUSL", "signal-winch" },
	{ "signal the manager", "MUSL", "manager-signal" },
	{ "signal everybody", "MUSL", "signal-urg" },
	{ "change B's priority", "MUQ", NULL },
	{ "change B's processors", "MUQ", NULL },
	{ "change B's disk priority", "MUS", NULL },
	{ "read and change B's limits", "US", NULL },
	{ "connect to the manager: path", "MS", "manager-stream" },
	{ "connect to the manager: abstract", "MSL", "manager-abstract" },
	{ "send to the manager: path", "MS", "manager-datagram" },
	{ "send to the manager: abstract", "MSL", "manager-abstract-datagram" },
	{ "connect to B's monitor", "MUS", NULL },
	{ "connect to libvirt", "MSF", NULL },
	{ "connect to the bus and the journal", "MS", NULL },
	{ "TCP to the host", "SML", "tcp" },
	{ "UDP to the host", "SM", "udp" },
	{ "TCP and UDP off the host", "SL", NULL },
	{ "VSOCK to the host", "S", NULL },
	{ "ask the kernel by netlink", "S", NULL },
	{ "raw and packet sockets", "SF", NULL },
	{ "System V IPC of B", "MUS", NULL },
	{ "make POSIX shared memory", "ML", NULL },
	{ "make a message queue", "MS", NULL },
	{ "take B's disk as an fd", "MSU", NULL },
	{ "unusual calls", "SK", NULL },
	{ "new processes, name spaces, power", "QSF", NULL },
	{ "own label, rules, kernel switches", "FML", NULL },
	{ "use up the host", "CK", "no-memory-limit" },
	{ "set up its network card again", "MS", NULL },
	{ "keep its card, give it away", "MS", NULL },
	{ "change its card's address on the host", "S", NULL },
	{ "enter the network of its card", "SF", NULL },
	{ "ask for network cards by a socket", "S", NULL },
};

static const char *const controls[DRILL_CONTROLS] = {
	"read and write its own disk",
	"read the shared root image",
	"write /dev/null",
	"use the sockets it was given",
	"make and map a memfd",
	"see its channel's memory",
};

const struct drill_act *drill_act(unsigned number)
{
	return &acts[number - 1];
}

const char *drill_control(unsigned number)
{
	return controls[number - 1];
}
