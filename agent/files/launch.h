/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens a file or a link with the program that the desktop has for it. */
#ifndef AGENT_FILES_LAUNCH_H
#define AGENT_FILES_LAUNCH_H

/* In the environment of what is opened: vmos-open must not send it on to yet another VM. */
#define LAUNCH_MARK "VMOS_OPENED"

/* An enum xfer_reason: XFER_OK or XFER_R_OPEN. What is opened outlives us. */
int launch_file(const char *path);
/* Where the desktop's program for @url is vmos-open, it is the web browser, if there is one. */
int launch_url(const char *url);

#endif
