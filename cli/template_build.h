/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vmos template build`. */
#ifndef CLI_TEMPLATE_BUILD_H
#define CLI_TEMPLATE_BUILD_H

#define TEMPLATE_DEFAULT "debian-13"
#define TEMPLATE_ADD_MAX 16384 /* bytes of all names of packages */

int template_build(int argc, char **argv);

/*
 * Appends @names, Debian packages with commas between, to those in *@list
 * (NULL: none yet; the caller frees it). 0, or an exit code after an error
 * message.
 */
int template_build_add(char **list, const char *names);

#endif
