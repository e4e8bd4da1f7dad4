# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work: of inside/lib.sh
# Files from a VM to another where the kernel has its say: the rule is there while they pass, the pipe is B's inbox.

from=personal
to=work
rules_of_lab=/var/lib/vmos/rules.d/lab.rules
size=67108864

# Fetching: the rule set alone gives the kernel no reason to let anybody write to an inbox.
allow_fetch()
{
	mkdir -p "${rules_of_lab%/*}"
	echo "$to $from r" >"$rules_of_lab"
	sleep 2
}

to_inbox()
{
	may "vmos.$from.courier" "vmos.$to.inbox" w
}

not_to_inbox()
{
	! to_inbox
}

# Labels of the pipes that a VM's courier has open.
pipes_of()
{
	local pid fd

	for pid in $(pids vmos-courier "$1"); do
		for fd in "/proc/$pid/fd"/*; do
			[[ $(readlink "$fd") != pipe:* ]] || fd_label "$fd"
			echo
		done
	done | sort -u | tr '\n' ' '
}

moves()
{
	"$vmos" transfer list --json | jq -e '.[] | select(.state == "moving" and .done > 1048576)' >/dev/null
}

# The thread of a relay is one of vmosd's.
goes_by_relay()
{
	grep -qs '^vmos-relay/' /proc/[0-9]*/task/[0-9]*/comm
}

no_relay()
{
	! goes_by_relay
}

# What vmosd has said since the last mark.
mark()
{
	journalctl -b -o cat -u vmosd | wc -l >"$work/vmosd.mark"
}

vmosd_said()
{
	journalctl -b -o cat -u vmosd | tail -n "+$(($(cat "$work/vmosd.mark") + 1))" | grep -e "$1"
}

# Bytes that went by relays since the mark.
relayed()
{
	vmosd_said 'went by a relay' | awk '{ n += $(NF - 5) } END { print n + 0 }'
}

relayed_all()
{
	local n

	n=$(relayed)
	echo "$n"
	[ "$n" = "$size" ]
}

relayed_some()
{
	local n

	n=$(relayed)
	echo "$n"
	[ "$n" -gt 0 ] && [ "$n" -lt "$size" ]
}

# By the rules alone that vmosd loads: what it is to open in the courier's name, and what the gate asks.
let_open_relay()
{
	echo "vmos.$from.courier vmos.relay $1" >"$smackfs/load2"
}

shut_gate()
{
	echo "vmos.$from.courier vmos.$to.inbox -" >"$smackfs/load2"
}

begin_fetch()
{
	in_vm "$to" rm -rf "Incoming/$from"
	mark
	timeout 600 "$vmos" fetch "$from:big" "$to" >"$work/fetch.out" 2>&1 &
	echo $! >"$work/fetch.pid"
	within 60 moves || { cat "$work/fetch.out"; return 1; }
}

# A check runs in a shell of its own, so nobody here is the parent of what it began.
fetch_is_over()
{
	! kill -0 "$(cat "$work/fetch.pid")" 2>/dev/null
}

end_fetch()
{
	local want have

	within 120 fetch_is_over || { cat "$work/fetch.out"; return 1; }
	want=$(in_vm "$from" sh -c 'sha256sum <~/Public/big')
	have=$(in_vm "$to" sh -c "sha256sum <~/Incoming/$from/big")
	[ -n "$want" ] && [ "$want" = "$have" ]
}

check "$from is there" need_vm "$from" blue
check "$to is there" need_vm "$to" green
check "a file to fetch" in_vm "$from" sh -c 'mkdir -p ~/Public && head -c "$0" /dev/urandom >~/Public/big && sync' "$size"
refuse "without a rule it is denied" "vmos rule add" "$vmos" fetch "$from:big" "$to"
check "vmosd has no relays where nobody asked for them" eval '! tr "\0" "\n" <"/proc/$(systemctl show -P MainPID vmosd)/cmdline" | grep -qx -e --relays'
check "it starts again, with relays" relays_are on
check "$from is ready as before" within 30 in_vm "$from" true
check "$to is, too" within 30 in_vm "$to" true
allow_fetch
check "before it, the kernel lets nothing into the inbox" not_to_inbox
check "a transfer begins" begin_fetch
check "and goes by a relay" goes_by_relay
check "as long as it runs, the kernel lets the courier write there" to_inbox
check "but not QEMU" eval '! may "vmos.$from.qemu" "vmos.$to.inbox" w'
check "nor the other way" eval '! may "vmos.$to.courier" "vmos.$from.inbox" w'
note "pipes: $(pipes_of "$from")/ $(pipes_of "$to")"
check "what the sender's courier writes to is the inbox" eval '[[ $(pipes_of "$from") == *"vmos.$to.inbox"* ]]'
check "what the receiver's courier reads is, too" eval '[[ $(pipes_of "$to") == *"vmos.$to.inbox"* ]]'
check "it arrives whole" end_fetch
check "every byte by the relay" within 5 relayed_all
check "and no relay is left" within 5 no_relay
check "after it, the kernel lets nothing in any more" within 5 not_to_inbox

let_open_relay -
check "without a right to a relay it begins, too" begin_fetch
check "by the couriers alone" no_relay
check "which is said" vmosd_said 'goes by the couriers alone: Permission denied'
check "and arrives whole, the same" end_fetch
let_open_relay r

check "one whose relay the kernel ends begins" begin_fetch
check "by a relay" goes_by_relay
shut_gate
check "goes on without it" within 20 vmosd_said 'goes on without a relay: Permission denied'
check "and arrives whole" end_fetch
check "a part of it by the relay" within 5 relayed_some
check "and no relay is left" within 5 no_relay

check "another begins" begin_fetch
rm "$rules_of_lab"
check "the rule is taken back: it ends" eval 'within 30 fetch_is_over && grep -q "vmos rule add" "$work/fetch.out"'
check "and the kernel's with it" within 5 not_to_inbox
check "and the relay" within 5 no_relay

# What the user is asked stands on the host's own screen, by the host's own window; the keyboard answers.
# The prompt shows both VMs' colours; no other window of $to's is open here.
ask_for_fetch()
{
	echo "$to $from r ask" >"$rules_of_lab"
	sleep 2
	before=$(ask pixels "$(field "$to" color | tr -d '#')")
	timeout 600 "$vmos" fetch "$from:small" "$to" >"$work/fetch.out" 2>&1 &
	echo $! >"$work/fetch.pid"
	echo "$before" >"$work/pixels"
	within 60 screen_has "$(field "$to" color)" $(($(cat "$work/pixels") + 300))
}

# The keys come when the prompt has been there for longer than it refuses them.
answer_by()
{
	local key

	sleep 3
	for key; do
		ask key "$key" >/dev/null
		sleep 1
	done
	within 60 fetch_is_over || { cat "$work/fetch.out"; return 1; }
}

check "a small file to fetch" in_vm "$from" sh -c 'echo small >~/Public/small && sync'
check "a rule that says ask: the prompt is on the screen" ask_for_fetch
sleep 2
note "the screen: $(ask picture prompt)"
check "Escape answers" answer_by esc
check "it means no" grep -q 'said no' "$work/fetch.out"
check "and nothing arrived" in_vm "$to" sh -c '! test -e ~/Incoming/'"$from"'/small'
rm "$rules_of_lab"
check "vmosd is as it was" relays_are off
check "and hears $from" within 30 in_vm "$from" true
