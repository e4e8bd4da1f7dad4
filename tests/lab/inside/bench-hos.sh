# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos: of inside/lib.sh
# What tests/bench/hos.sh measures: from power-on to the desktop, and to the first window of an APP VM, as the machine
# around sees them on the screen. A window's frame has some 10,000 pixels of its colour, the background has none.

vm=personal

desktop_is_there()
{
	[ "$(ask pixels e8edf6)" -gt 100 ]
}

window_is_there()
{
	[ "$(ask pixels "$colour")" -gt 5000 ]
}

within 120 desktop_is_there && measured session "$(ask clock)"
within 60 "$vmos" list >/dev/null 2>&1
within 60 "$vmos" show "$vm" >/dev/null 2>&1
colour=$(field "$vm" color)
colour=${colour#\#}
if within 240 window_is_there; then
	measured first-window "$(ask clock)"
	note "the screen: $(ask picture desktop)"
else
	note "no window: $(field "$vm" state) $(field "$vm" last_error)"
fi
"$vmos" stop personal work >/dev/null 2>&1
