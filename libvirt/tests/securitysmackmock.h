/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * securitysmackmock.h: a kernel with Smack, and files, in memory
 *
 * A test links securitysmackmock.c, so that what it defines goes before the
 * functions of the same name in libvirt and in the C library. Until
 * smackMockStart() they are the real ones; from then on every path exists, is
 * a regular file, and has the label given there until somebody sets another.
 */

#pragma once

#include "internal.h"

void smackMockStart(const char *label);
void smackMockStop(void);

/* The part of @label that the kernel keeps, "" if it refuses it: to be freed */
char *smackMockCut(const char *label);

/* Number of labels that the kernel was told and did not keep whole */
size_t smackMockCutCount(void);

/* The label of a file: owned by the mock */
const char *smackMockGetLabel(const char *path);
void smackMockSetLabel(const char *path,
                       const char *label);

/* Takes the attribute @name from all paths: what libvirt remembered is gone */
void smackMockForget(const char *name);

/* Overwrites the attribute @name of all paths that have it */
void smackMockOverwrite(const char *name,
                        const char *value);

/* Setting the label of @path fails with EPERM; NULL: of none */
void smackMockRefuse(const char *path);

/* Whether the calling thread may change its own label: yes at first */
void smackMockRefuseProcess(bool refuse);

void smackMockSetRule(const char *subject,
                      const char *object,
                      const char *access);

/* "PATH LABEL" of each path that was labelled and is not as it was, "PATH NAME VALUE" of each attribute that libvirt
 * left, "SUBJECT OBJECT ACCESS" of each rule; sorted, a line each: to be
 * freed. NULL if there is nothing. */
char *smackMockPrintFiles(void);
char *smackMockPrintAttributes(void);
char *smackMockPrintRules(void);

/* How many times a label was set */
size_t smackMockSetCount(void);
