/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records on their way out: gathered, so that small files cost few writes, and read into place, so that big ones are not copied. */
#ifndef AGENT_FILES_RECORDS_H
#define AGENT_FILES_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/xfer.h"

#define RECORDS_SIZE (4 * (XFER_HEAD + XFER_DATA_MAX))

struct records {
	int fd; /* borrowed */
	size_t len;
	uint8_t bytes[RECORDS_SIZE];
};

/* Adds a record with @head->len bytes of @payload. -errno of write(2). */
int records_put(struct records *r, const struct xfer_head *head, const void *payload);
/* Room for a DATA record's payload, XFER_DATA_MAX bytes; then the record itself with the @len bytes that are there. */
int records_data_begin(struct records *r, uint8_t **ret_payload);
void records_data_end(struct records *r, size_t len);
int records_flush(struct records *r);

#endif
