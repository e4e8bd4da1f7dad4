/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * testutilssmack.h: QEMU's driver with the Smack security driver in it
 */

#pragma once

#include "testutilsqemu.h"

int smackTestInit(virQEMUDriver *driver);
void smackTestFree(virQEMUDriver *driver);

/* Reads the domain XML of @path and gives it its labels; NULL if libvirt
 * refuses it (with error reported). */
virDomainObj *smackTestLoad(virQEMUDriver *driver,
                            const char *path);
