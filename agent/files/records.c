/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/files/records.h"

#include <string.h>

#include "base/fd.h"

int records_flush(struct records *r)
{
	int ret = fd_write_all(r->fd, r->bytes, r->len);

	r->len = 0;
	return ret;
}

static int make_room(struct records *r, size_t len)
{
	return len > sizeof(r->bytes) - r->len ? records_flush(r) : 0;
}

int records_put(struct records *r, const struct xfer_head *head, const void *payload)
{
	int ret = make_room(r, XFER_HEAD + head->len);

	if (ret < 0)
		return ret;
	xfer_head_put(r->bytes + r->len, head);
	if (head->len > 0)
		memcpy(r->bytes + r->len + XFER_HEAD, payload, head->len);
	r->len += XFER_HEAD + head->len;
	return 0;
}

int records_data_begin(struct records *r, uint8_t **ret_payload)
{
	int ret = make_room(r, XFER_HEAD + XFER_DATA_MAX);

	*ret_payload = r->bytes + r->len + XFER_HEAD;
	return ret;
}

void records_data_end(struct records *r, size_t len)
{
	const struct xfer_head head = { .type = XFER_DATA, .len = (uint32_t)len };

	xfer_head_put(r->bytes + r->len, &head);
	r->len += XFER_HEAD + len;
}
