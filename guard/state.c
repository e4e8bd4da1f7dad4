/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/state.h"

#include <stddef.h>
#include <string.h>

#include "base/smack.h"

/*
 * D-Bus passes file descriptors of the host's programs to vmosd and back, and
 * for sockets the kernel asks the rules in both directions, whatever
 * capabilities the receiver has (smack_file_receive() in smack_lsm.c). The
 * audit log is among them; it is not "_" itself, as VMs may read what is.
 * vmos-wire gives vmosd the socket by which vmos-tap sends, and opens the node
 * of TAP devices, as nobody else does.
 */
const struct state_rule state_rules[] = {
	{ "vmos.manager", "_", "w" },
	{ "_", "vmos.manager", "w" },
	{ "_", "vmos.log", "r" },
	{ "vmos.manager", "vmos.wire", "w" },
	{ "vmos.wire", "vmos.manager", "w" },
	{ "vmos.wire", "vmos.tun", "rw" },
	{ NULL, NULL, NULL },
};

static size_t count_words(const char *list)
{
	size_t n = 0;

	for (list += strspn(list, " "); *list; list += strspn(list, " ")) {
		list += strcspn(list, " ");
		n++;
	}
	return n;
}

bool state_onlycap_is_right(const char *onlycap)
{
	return count_words(onlycap) == 3 && smack_list_has(onlycap, "_") && smack_list_has(onlycap, "vmos.manager") &&
		smack_list_has(onlycap, "vmos.libvirt");
}
