/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vmos-tap that does as it is told: by the id of an ANSWER, one of these. */
#ifndef TESTS_UNIT_MANAGER_TAP_STAND_IN_H
#define TESTS_UNIT_MANAGER_TAP_STAND_IN_H

enum stand_in_act {
	STAND_IN_LEAVE = 1, /* exit status 7 */
	STAND_IN_LAST_WORDS, /* FAILED, and the same */
	STAND_IN_SHORT, /* a message that is too short */
	STAND_IN_FOREIGN, /* a QUESTION without a number */
	STAND_IN_STATE, /* STATE, which nobody asked for */
	STAND_IN_FLOOD, /* more than any vmos-tap has to tell */
	STAND_IN_PAUSE, /* reads nothing for 300 ms */
};

/*
 * It answers QUERY by STATS of index 1: sent counts how many of its kind used
 * the memory, received the LINEs that came in order, sent_bytes the plugs.
 */
int tap_stand_in(void);

#endif
