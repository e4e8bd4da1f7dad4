/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmosd asks by proto/wire.h, done and answered. */
#ifndef WIRE_SERVE_H
#define WIRE_SERVE_H

/* One request of @sock. 1; 0: the other end is gone; -errno: it is to end, for a reason that has been logged. */
int serve(int sock);

#endif
