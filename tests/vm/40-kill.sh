# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# Killing any one process loses no VM and no data.

# kill -9 to the one process of this run that has these words in its command line.
kill_one()
{
	local list

	mapfile -t list < <(pids "$@")
	[ ${#list[@]} = 1 ] || { echo "${#list[@]} processes match $*, not one: ${list[*]}"; return 1; }
	kill -9 "${list[0]}" && within 10 is_gone "${list[0]}"
}

qemu_of()
{
	pids qemu-system "$1"
}

survives()
{
	[ "$(qemu_of work) $(qemu_of web)" = "$1" ]
}

runs_a_program()
{
	[ "$(guest "$1" echo alive 2>/dev/null)" = alive ]
}

field_is_not()
{
	! field_is "$@"
}

before="$(qemu_of work) $(qemu_of web)"
check "two QEMU processes run" test "$(wc -w <<<"$before")" = 2
check "vmosd can be killed" kill_one vmosd
check "both VMs run on without it" survives "$before"
check "the windows stay" has_windows work 1
check "the next vmosd finds work running" within 20 field_is work state running
check "and web" field_is web state running
check "its agent is ready" within 20 field_is web agent ready
check "programs run again" within 20 runs_a_program work
check "and no VM was started anew" survives "$before"

check "work's vmos-desktop can be killed" kill_one vmos-desktop work
check "its windows come back by themselves" within 30 has_windows work 1
check "vmos show: its desktop is up" within 10 field_is work desktop up
check "typed text arrives again" eval 'focus work; type_line "echo again >again"; within 10 file_says work /home/user/again again'

check "work's vmos-courier can be killed" kill_one vmos-courier work
check "programs run again" within 30 runs_a_program work
check "its windows are untouched" has_windows work 1

check "an agent that dies in the guest does not end the VM" \
	eval 'guest_root work sh -c "kill -9 \$(pidof vmos-compositor)"; within 10 has_windows work 0 && field_is work state running'
check "the guest's next compositor serves new windows" \
	eval 'timeout 60 "$vmos" run work --window -- foot && within 40 has_windows work 1'
# Each time it is started again later: after the last there is none for the better part of a second.
check "a program that comes while there is no compositor waits for the next" eval '
	guest_root work sh -c "for n in 0.7 0.7 0.7 0; do kill -9 \$(pidof vmos-compositor) 2>/dev/null; sleep \$n; done";
	timeout 60 "$vmos" run work --window -- foot && within 40 has_windows work 1'

check "web's QEMU can be killed" kill_one qemu-system web
check "vmos show: web is off or failed" within 15 eval 'field_is_not web state running'
check "web's windows are gone" within 10 has_windows web 0
check "web's helpers are gone" within 10 eval '[ -z "$(pids vmos-desktop web)$(pids vmos-courier web)" ]'
check "work does not notice" runs_a_program work
check "web can be started again" start_vm web
check "what its console said before is kept" test -s "$(field web console_log).1"
check "its private disk is whole" file_says web /home/user/marker mine

# The desktop ends as a whole, then vmosd: what a VM shows its windows by must survive both.
new_desktop()
{
	"$top/tools/headless" start "$work/desktop" 1600x900 && "$top/tools/headless" vnc "$work/desktop"
}

"$top/tools/headless" stop "$work/desktop" >/dev/null
check "vmos show: without a display there are no windows" within 20 field_is work desktop no-display
check "work runs on without a display" runs_a_program work
check "vmosd can be killed there, too" kill_one vmosd
check "the next vmosd finds the VM" within 20 field_is work agent ready
check "its windows wait for a display" within 10 field_is work desktop no-display
check "a new desktop" new_desktop
set -a
eval "$("$top/tools/headless" env "$work/desktop")"
set +a
check "the windows of work come back on it" eval '"$vmos" run work true && within 20 has_windows work 1'
check "and web can open one" eval 'timeout 60 "$vmos" run web --window -- foot && within 20 has_windows web 1'
