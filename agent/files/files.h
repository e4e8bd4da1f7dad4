/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmos-files: what is at the two ends of a transfer, in the guests. vmos-agent
 * runs it as the VM's user; see CTL_RUN_SEND in proto/ctl.h for its arguments.
 * Each verb returns an enum xfer_reason.
 */
#ifndef AGENT_FILES_FILES_H
#define AGENT_FILES_FILES_H

#include <stdbool.h>

/* Sends what @paths (NULL terminated) name, to VM @to. @public: below ~/Public only. */
int files_send(const char *to, char *const *paths, bool public);
/* Receives what VM @from sends, as transfer @id. @mode: "keep", "fresh" or "open". */
int files_receive(const char *from, const char *id, const char *mode);
/* Opens a link that VM @from ("": the host's user) sent. */
int files_url(const char *from, const char *url);

#endif
