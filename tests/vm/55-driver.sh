# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, top: of tests/vm/run
# The guest's own parts, in VM web: its kernel module, its init, its clock, its windows among themselves.

prepare_vm()
{
	"$vmos" show "$1" >/dev/null 2>&1 || "$vmos" create "$1" --color "$2"
	start_vm "$1"
}

agent_answers()
{
	[ "$(guest "$1" echo alive 2>/dev/null)" = alive ]
}

opens_window()
{
	timeout 60 "$vmos" run web --window -- "$@" && within 20 has_app "$1"
}

has_app()
{
	windows web | grep -q "$1"
}

# What vmos-init says since a line of the console: the delays before each next start of a service.
delays()
{
	tail -n "+$2" "$(field web console_log)" | tr -d '\r' | sed -n "s/.*$1 .*next start in \([0-9]*\) ms.*/\1/p"
}

console_lines()
{
	wc -l <"$(field web console_log)"
}

# Each delay is twice the one before it, up to five seconds, or the first; at least $3 are.
backs_off()
{
	local list

	list=$(delays "$1" "$2")
	echo "delays:" "$list"
	awk -v least="$3" '{ want = 2 * last > 5000 ? 5000 : 2 * last; if ($1 == want) n++; else if ($1 != 100) exit 1; last = $1 }
		END { exit n < least }' <<<"$list"
}

# --- the kernel module ---

run_driver()
{
	gcc -O2 -std=gnu11 -D_GNU_SOURCE -static -I"$top" "$top"/tests/vm/guest/driver*.c "$top"/proto/*.c \
		-o "$work/driver" || return 1
	timeout 60 "$vmos" run web --root -- sh -c 'cat >/run/driver && chmod 700 /run/driver' <"$work/driver" || return 1
	: >"$work/driver.tap"
	wake_guest &
	timeout 240 "$vmos" run web --root -- /run/driver >"$work/driver.tap" 2>"$work/driver.err" </dev/null
}

# From two seconds after the driver says that the guest is going to sleep, something is run there, until it says that it woke.
wake_guest()
{
	within 200 has_line "sleeps now" "$work/driver.tap" || return
	for _ in 1 2 3 4 5; do
		sleep 2
		timeout 30 "$vmos" run web -- true
		! has_line "wakes when" "$work/driver.tap" || break
	done
}

# The driver's own lines become ours.
tell_driver()
{
	local line

	while IFS= read -r line; do
		case $line in
		"ok "*) result 0 "module: ${line#* - }" ;;
		"not ok "*) result 1 "module: ${line#* - }" ;;
		"#"*) note "${line#\# }" ;;
		1..*) ;;
		*) note "$line" ;;
		esac
	done <"$work/driver.tap"
}

is_complete()
{
	[ "$(tail -n 1 "$work/driver.tap")" = "1..$(grep -cE '^(not )?ok ' "$work/driver.tap")" ]
}

kernel_is_content()
{
	local log

	log=$(guest_root web dmesg) && ! grep -E 'WARNING|BUG|Oops|Call Trace|not be placed again' <<<"$log"
}

# How often the processes of web that have a channel went to sleep, all threads of each.
sleeps()
{
	local pid

	for pid in $(pids vmos-courier web) $(pids vmos-desktop web); do
		cat "/proc/$pid"/task/*/status
	done | awk '/^(non)?voluntary_ctxt_switches/ { n += $2 } END { print NR, n }'
}

nobody_wakes()
{
	local before

	before=$(sleeps)
	sleep 3
	echo "lines and sleeps: $before, then $(sleeps)"
	[ "${before#0 }" = "$before" ] && [ "$(sleeps)" = "$before" ]
}

check "VM web runs" prepare_vm web red
mark=$(($(console_lines) + 1))
check "the module's test runs in web" run_driver
tell_driver
check "the module's test came to its end" is_complete
check "the guest's kernel had nothing to complain about" kernel_is_content
check "the next compositor opens windows" within 60 opens_window foot
check "vmos show: its desktop is up" within 10 field_is web desktop up
check "vmos-init waits longer before each next start of the compositor" backs_off vmos-compositor "$mark" 3
check "a VM that idles wakes neither its courier nor its desktop" within 30 nobody_wakes

# --- init ---

kill_agent_again()
{
	guest_root web sh -c 'setsid sh -c "
		for n in 1 2 3 4; do
			until pid=\$(pidof vmos-agent) && [ \"\$pid\" != \"\$last\" ]; do sleep 0.05; done
			kill -9 \$pid
			last=\$pid
		done" </dev/null >/dev/null 2>&1 & sleep 0.1'
	within 30 backs_off vmos-agent "$mark" 3
}

mark=$(($(console_lines) + 1))
check "vmos-init waits longer before each next start of an agent that dies" kill_agent_again
check "the last agent answers" within 30 agent_answers web
check "the windows did not notice" has_app foot

bus_answers()
{
	guest web dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames |
		grep -F '"org.freedesktop.DBus"'
}

runs_once()
{
	[ "$(guest web pidof "$1" | wc -w)" = 1 ]
}

check "the session bus answers who asks" bus_answers
check "it was started once" runs_once dbus-daemon
check "the session bus can be looked at by busctl" guest web busctl --user list

# --- the clock ---

# Seconds that the guest's clock is off, without sign.
clock_off()
{
	local before guest after

	before=$(date +%s%3N)
	guest=$(guest web date +%s%3N)
	after=$(date +%s%3N)
	echo "host $before to $after, guest $guest"
	[ "$guest" -gt $((before - 1000)) ] && [ "$guest" -lt $((after + 1000)) ]
}

paused_for()
{
	"$vmos" pause web && sleep "$1" && "$vmos" resume web
}

check "the guest's clock is right" clock_off
check "web pauses for four seconds and goes on" paused_for 4
check "its clock is right again" clock_off

# --- two applications of one VM ---

focus_app()
{
	swaymsg -q "[app_id=\"^vmos\\.web\\..*$1\"] focus"
	sleep 1
}

# By the keys' numbers: Ctrl is 29, Shift 42, A 30, C 46, Insert 110. A terminal's Ctrl+Shift+V is the host's own gesture.
pastes()
{
	focus_app l3afpad
	wtype -k Shift_L -s 150 'echo from-the-editor >pasted'
	sleep 1
	press 29+30 29+46
	sleep 1
	focus_app foot
	press 42+110
	sleep 1
	press "$key_return"
	within 10 pasted_says from-the-editor
}

pasted_says()
{
	[ "$(guest web cat /home/user/pasted 2>/dev/null)" = "$1" ]
}

guest web rm -f /home/user/pasted
check "an editor beside the terminal" opens_window l3afpad
check "what Ctrl+C takes in one window, Shift+Insert gives in another of the VM" pastes
setsid "$vmos" run web -- weston-simple-damage </dev/null >"$work/simple-damage.log" 2>&1 &
check "a client without a toolkit has its window" within 30 eval '[ "$(windows web | grep -cvE "foot|l3afpad")" -ge 1 ]'

# --- the end of a VM, from inside ---

# ext4's s_state is 1 (unmounted), and no journal waits (0x4 of s_feature_incompat).
disk_is_whole()
{
	local state feature

	qemu-img dd -O raw bs=4096 count=1 if="$(field web disk_path)" of="$work/super" || return 1
	state=$(od -A n -t u2 -j $((1024 + 0x3a)) -N 2 "$work/super")
	feature=$(od -A n -t u4 -j $((1024 + 0x60)) -N 4 "$work/super")
	echo "state $state, features $feature"
	[ $((state)) = 1 ] && [ $((feature & 4)) = 0 ]
}

# ends_by COMMAND…: as root, in web; a file of just before is there afterwards.
ends_by()
{
	guest web sh -c "echo '$*' >/home/user/before-the-end" && guest_root web "$@" && within 30 field_is web state off
}

starts_again()
{
	start_vm web && [ "$(guest web cat /home/user/before-the-end)" = "$1" ]
}

refuse "poweroff is root's" "only root" guest web /usr/sbin/poweroff
refuse "shutdown at another time" "switches off at once" guest_root web shutdown +10
for end in poweroff "shutdown -h now" "systemctl poweroff" reboot; do
	# shellcheck disable=SC2086 # words
	check "\"$end\" ends the VM" ends_by $end
	check "its private disk needs no repair" disk_is_whole
	check "no error is told of it" field_is web last_error ""
	check "it starts again with its files" starts_again "$end"
done
guest_root web sh -c 'echo c >/proc/sysrq-trigger' &
check "a guest whose kernel panics has failed" within 30 field_is web state failed
check "and the error has what its console said" eval 'field web last_error | grep -q "Kernel panic"'
check "start it again" start_vm web
