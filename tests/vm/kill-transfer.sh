# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# $KILLS times: a transfer from work to web, and a kill -9 in its middle to one of all that carry it. It must arrive
# whole, once, and by itself; only a VM that was killed is started again by hand.

kills=${KILLS:-10}
seed=${SEED:-$RANDOM}
RANDOM=$seed
resumed=0 lost=0 partial=0 double=0

# Two VMs and what is allowed between them. Those that are there are taken.
two_vms()
{
	[ -n "$(field work state 2>/dev/null)" ] || "$vmos" create work --color blue || return
	[ -n "$(field web state 2>/dev/null)" ] || "$vmos" create web --color red || return
	"$vmos" start work web
}

# The rule set, one rule an argument; in force when it returns.
rules_are()
{
	local dir=$XDG_CONFIG_HOME/vmos/rules.d

	mkdir -p "$dir"
	printf '%s\n' "$@" >"$dir/50-vmos.rules.new"
	mv "$dir/50-vmos.rules.new" "$dir/50-vmos.rules"
	sleep 0.7
}

# The state and bytes of the newest transfer: "moving 1234 5678".
newest()
{
	"$vmos" transfer list --json 2>/dev/null | jq -r 'sort_by(.started) | last | "\(.state) \(.done) \(.total)"'
}

# What lies below a folder of a VM's user, as one sum: names, modes and bytes. Hidden files of the top are left out.
tree_sum()
{
	guest "$1" sh -c 'cd "$1" 2>/dev/null && find . -mindepth 1 -not -path "./.*" \( -type f -exec sha256sum {} + -o -print \) |
		LC_ALL=C sort | sha256sum' sh "$2"
}

names_in()
{
	guest "$1" sh -c 'ls -1 "$1" 2>/dev/null' sh "$2"
}

make_payload()
{
	guest work sh -c 'rm -rf ~/payload && mkdir -p ~/payload/one/two && cd ~/payload &&
		head -c 25165824 /dev/urandom >big && for n in $(seq 60); do head -c $((n * 700)) /dev/urandom >one/two/small-$n; done &&
		: >empty && mkdir nothing && sync'
}

# kill_of WHAT: kill -9 to one part of the transfer. The VM to be started again afterwards goes to $dead.
kill_of()
{
	dead=
	case $1 in
	sender-courier) kill -9 $(pids vmos-courier work) ;;
	receiver-courier) kill -9 $(pids vmos-courier web) ;;
	vmosd) kill -9 $(pids vmosd) ;;
	sender-qemu) dead=work; kill -9 $(pids qemu-system work) ;;
	receiver-qemu) dead=web; kill -9 $(pids qemu-system web) ;;
	sender-files) guest_root work sh -c 'kill -9 $(pidof vmos-files)' ;;
	receiver-files) guest_root web sh -c 'kill -9 $(pidof vmos-files)' ;;
	esac >/dev/null 2>&1
}

is_down()
{
	[[ $(field "$1" state 2>/dev/null) == @(off|failed) ]]
}

# A helper may be started again three times a minute; more in a row would try that limit, not the transfer.
calm_down()
{
	within 90 eval 'field_is work agent ready && field_is web agent ready' || { "$vmos" stop --force work web; "$vmos" start work web; } >/dev/null 2>&1
}

# A courier that was killed more often than that is not started again until its VM is.
revive()
{
	local vm

	for vm in work web; do
		[ "$(field "$vm" agent 2>/dev/null)" = lost ] || continue
		sleep 3
		[ "$(field "$vm" agent 2>/dev/null)" != lost ] || { "$vmos" stop --force "$vm"; start_vm "$vm"; }
	done >/dev/null 2>&1
}

# One point. Prints what went wrong.
kill_point()
{
	local victims=(sender-courier receiver-courier vmosd sender-qemu receiver-qemu sender-files receiver-files)
	local what=${victims[RANDOM % ${#victims[@]}]} delay pid status=0 names before=$1

	calm_down
	delay=$((RANDOM % (whole_ms + 300)))
	timeout 240 "$vmos" send work:payload web >"$work/kill.out" 2>&1 &
	pid=$!
	sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
	read -r state done_bytes _ < <(newest)
	kill_of "$what"
	[ -z "$dead" ] || { within 30 is_down "$dead"; start_vm "$dead"; } >/dev/null 2>&1
	until is_gone "$pid"; do
		revive
		sleep 0.3
	done
	wait "$pid" || status=$?
	note "point $point: $what after $delay ms ($state, $done_bytes bytes): exit $status"
	calm_down
	names=$(names_in web Incoming/work)
	if [ "$status" != 0 ] || [ -z "$names" ]; then
		lost=$((lost + 1))
		note "lost: $(tail -n 3 "$work/kill.out")" "there is: $names"
	elif [ "$names" != payload ]; then
		double=$((double + 1))
		note "not one: $names"
	elif [ "$(tree_sum web Incoming/work/payload)" != "$before" ]; then
		partial=$((partial + 1))
		note "not whole"
	elif grep -q 'broke\|off\. It goes on' "$work/kill.out"; then
		resumed=$((resumed + 1))
	fi
	[ "$(tree_sum work payload)" = "$before" ] || { lost=$((lost + 1)); note "the sender's own has changed"; }
	# what a transfer that was given up left stays hidden, and does not become more and more
	guest web sh -c 'rm -rf ~/Incoming/work/* && sync'
}

# How long one takes that nobody disturbs.
undisturbed()
{
	local begin

	begin=$(date +%s%N)
	timeout 240 "$vmos" send work:payload web || return
	whole_ms=$((($(date +%s%N) - begin) / 1000000))
	[ "$(tree_sum web Incoming/work/payload)" = "$(tree_sum work payload)" ] && guest web sh -c 'rm -rf ~/Incoming/work/* && sync'
}

kill_points()
{
	local sum

	whole_ms=3000
	make_payload && undisturbed || return
	sum=$(tree_sum work payload)
	[ -n "$sum" ] || return
	note "one transfer takes $whole_ms ms; seed $seed"
	for ((point = 1; point <= kills; point++)); do
		kill_point "$sum"
	done
	note "kill -9 at $kills points: $resumed went on, $lost lost, $partial partial, $double double"
	[ "$lost $partial $double" = "0 0 0" ]
}

if [ -n "${KILLS:-}" ]; then
	check "two VMs run" two_vms
	rules_are 'work web w'
	kill_points
	result $? "nothing is lost, partial or double at $kills points"
fi
