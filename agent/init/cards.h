/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network cards: their drivers, and which is which; and the drivers of vsock. */
#ifndef AGENT_INIT_CARDS_H
#define AGENT_INIT_CARDS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/netplan.h"

/* Loads the modules of the root image, in the order of their names. */
void cards_load_modules(void);
/* Loads those of vsock, if the VM has its device: most have not. */
void cards_load_vsock(void);
/* Loads the drivers of the PCI cards that are there, if the image has them. */
void cards_load_drivers(void);

/* The device with this address. False: there is none. */
bool cards_find(const uint8_t mac[NETPLAN_MAC], char ret_name[IF_NAMESIZE]);
/* The first device that is a card and has not this address. */
bool cards_find_other(const uint8_t mac[NETPLAN_MAC], char ret_name[IF_NAMESIZE]);

#endif
