/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the drill is told of the machine it is tried on, in the environment
 * variable VMOS_DRILL: KEY=VALUE joined by ';'. In a value every byte outside
 * [A-Za-z0-9_./@:+,-] is written %XX. Keys that begin with
 *   a.  are of the attacker's own VM      b.  of the victim's QEMU
 *   t.  of the program that stands in for the victim (vmos-drill-target victim)
 *   m.  of the manager and the host       l. d.  of libvirt and the bus
 * A row whose fact is missing is skipped: there is no such thing on that machine.
 */
#ifndef DRILL_FACTS_H
#define DRILL_FACTS_H

#define FACTS_VARIABLE "VMOS_DRILL"
#define FACTS_MAX 8191

enum fact {
	A_DISK, /* private disk */
	A_DIR, /* the VM's folder */
	A_ROOT, /* the shared root image */
	B_PID, /* of QEMU */
	B_DISK,
	B_DIR,
	B_CTL, /* the ivshmem server's socket */
	B_QMP, /* QEMU's monitor */
	T_PID,
	T_SHEEP, /* a child of it, there to be killed */
	T_ADDRESS, /* in hexadecimal: FACTS_SECRET, then as many bytes to write to */
	T_SHM, /* System V ids */
	T_MSG,
	T_SEM,
	T_FD, /* an fd it has open: B's disk */
	T_GIFT, /* a socket that sends that fd to who connects; "@name": an abstract one */
	T_RENAME, /* files in B's folder */
	T_UNLINK,
	M_PID,
	M_HELPER, /* pid of vmos-drill-target manager */
	M_SECRET, /* a file of the manager, mode 0644 */
	M_OPEN, /* … 0666 */
	M_STREAM, /* sockets: path, abstract name, datagrams */
	M_ASTREAM,
	M_DGRAM,
	M_ADGRAM,
	M_TCP, /* ports on 127.0.0.1 */
	M_UDP,
	M_BLOCK, /* device nodes */
	M_VFIO,
	M_TUN,
	M_JOURNAL,
	M_OFFHOST, /* an IPv4 address that is not this host's */
	L_SOCKET,
	D_BUS,
	FACT_COUNT
};

#define FACTS_SECRET "a secret of the victim"

struct facts {
	char text[FACTS_MAX + 1];
	const char *value[FACT_COUNT]; /* into text; NULL: not told */
};

/* Reads the variable's value. -EINVAL: not the format above, an unknown key or one given twice; -E2BIG. */
int facts_parse(struct facts *facts, const char *text);

/* The name of @fact's key. */
const char *facts_key(enum fact fact);

/* A number of at most 2^63-1 in @base; -1: not told, or no number. */
long long facts_number(const struct facts *facts, enum fact fact, int base);

#endif
