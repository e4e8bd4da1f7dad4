/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/labels.h"

#include <errno.h>
#include <stdio.h>

#include "base/smack.h"
#include "proto/text.h"

static const char *const kinds[LABEL_KINDS] = {
	[LABEL_QEMU] = "qemu",
	[LABEL_IMAGE] = "image",
	[LABEL_GUI] = "gui",
	[LABEL_COURIER] = "courier",
	[LABEL_DESKTOP] = "desktop",
	[LABEL_INBOX] = "inbox",
};

_Static_assert(sizeof("vmos..courier") + VM_NAME_MAX <= SMACK_LABEL_MAX, "a label of any VM fits");

int label_of(const char *vm, enum label_kind kind, char *ret_label)
{
	if (!text_is_vm_name(vm) || kind >= LABEL_KINDS)
		return -EINVAL;
	snprintf(ret_label, SMACK_LABEL_MAX + 1, "vmos.%s.%s", vm, kinds[kind]);
	return 0;
}
