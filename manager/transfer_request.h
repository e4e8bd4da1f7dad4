/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest asks for by itself: to send files to another VM, or to open a file or link there. */
#ifndef MANAGER_TRANSFER_REQUEST_H
#define MANAGER_TRANSFER_REQUEST_H

#include "proto/helper.h"

struct vm;

#define TRANSFER_REQUESTS_MAX 30 /* that are looked at, of one VM … */
#define TRANSFER_REQUESTS_PERIOD 10 /* … in so many seconds; the rest fails */

/* The courier of @vm passes on what its guest asks for. Takes @args over. -EBADMSG: it may not say so. */
int transfer_request(struct vm *vm, const struct helper_request *request, int args);
/* The guest gives up its request @id. */
void transfer_request_cancel(struct vm *vm, uint32_t id);
/* The guest that asked, or its courier, is gone: it hears nothing more of what it asked for, which goes on. */
void transfer_request_forget(struct vm *vm);

#endif
