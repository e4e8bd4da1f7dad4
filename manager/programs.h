/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where vmOS's own programs are: beside vmosd when installed, in sister folders of a build directory. */
#ifndef MANAGER_PROGRAMS_H
#define MANAGER_PROGRAMS_H

/* The folder to look in: $VMOS_LIBEXEC, else the one of the running vmosd. The caller frees it; NULL: -ENOMEM. */
char *programs_folder(void);

/* The path of "vmos-NAME"; the caller frees it. NULL when it is not there or cannot be run. */
char *programs_find(const char *folder, const char *name);

#endif
