/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that are not a program of the host's choice but a service: transfers and links, all of them vmos-files. */
#ifndef AGENT_CTL_SERVICE_H
#define AGENT_CTL_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

bool service_is(uint8_t flags);
/*
 * The command line of a run with @flags, whose blob has the @argc strings of
 * @strv: an array that ends with NULL, for the caller to free; the strings stay @strv's. NULL: no memory.
 */
char **service_argv(uint8_t flags, char *const *strv, uint16_t argc);

#endif
