# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work: of tests/vm/run
# The frame's menu, by the pointer, and what vmosd makes of it.

menu_row=28 menu_first=45 # from the window's upper edge to the middle of the first row

# choose VM X ROW [ROW]: a right click on the bar, then on a row, and on one of the question.
choose()
{
	local x y dx=$2

	focus "$1"
	read -r x y _ _ < <(rect_of "$1")
	click $((x + dx)) $((y + 16)) button3
	sleep 1
	shot menu
	click $((x + dx + 60)) $((y + menu_first + menu_row * $3))
	[ $# -lt 4 ] && return
	sleep 1
	shot question
	click $((x + dx + 60)) $((y + menu_first + menu_row * $4))
}

check "create a VM for its frame's menu" "$vmos" create picked --color green
check "a window of it stands on the desktop" eval '"$vmos" run picked --window -- foot && within 60 has_windows picked 1'
sleep 3
choose picked 140 2
check "the menu opens the VM's file manager" within 60 has_windows picked 2
check "without a program for it" "$vmos" run --root picked -- mv /usr/bin/gio /usr/bin/gio.gone
choose picked 140 2
check "the frame says that it cannot" within 10 has_bad_note picked
choose picked 140 4
check "the menu mutes the VM" within 10 field_is picked mute true
choose picked 140 5
check "the menu pauses the VM" within 10 field_is picked state paused
check "vmos resumes it" eval '"$vmos" resume picked && within 10 field_is picked state running'
choose picked 140 6 1
sleep 2
check "a no lets it run" field_is picked state running
choose picked 140 6 2
check "a yes kills it" within 20 field_is picked state off
check "delete it" "$vmos" delete --yes picked
