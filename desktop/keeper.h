/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A desktop without a display: it shows nothing and keeps the channel for the vmosd that comes after a killed one. */
#ifndef DESKTOP_KEEPER_H
#define DESKTOP_KEEPER_H

struct guest;
struct manager;

/*
 * Takes the fds that SETUP gave (four: no Wayland connection) and waits, in
 * the sandbox, until vmosd says QUIT or another one has taken them back.
 * @guest lends its fields for them and opens no session. Returns the exit code.
 */
int keeper_run(struct manager *m, struct guest *guest, const int *fds);

#endif
