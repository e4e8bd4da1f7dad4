# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# vmos run: programs of a terminal.

exit_status_is()
{
	local want=$1 status=0
	shift
	timeout 60 "$@" || status=$?
	[ "$status" = "$want" ]
}

stdin_goes_through()
{
	[ "$(seq 1000 | timeout 60 "$vmos" run work -- sha256sum)" = "$(seq 1000 | sha256sum)" ]
}

bulk_goes_through()
{
	head -c 8388608 /dev/urandom >"$work/bulk"
	timeout 120 "$vmos" run work -- cat <"$work/bulk" >"$work/bulk-back"
	cmp "$work/bulk" "$work/bulk-back"
}

streams_are_apart()
{
	timeout 60 "$vmos" run work -- sh -c 'echo out; echo err >&2' >"$work/out" 2>"$work/err"
	[ "$(cat "$work/out")" = out ] && [ "$(cat "$work/err")" = err ]
}

has_terminal()
{
	timeout 60 script -qec "$vmos run work -- sh -c 'test -t 0 && stty size'" /dev/null </dev/null | grep -qE '[0-9]+ [0-9]+'
}

arguments_stay_whole()
{
	[ "$(guest work printf '<%s>' 'a b' '' "c'd" '$HOME' 'ü')" = "<a b><><c'd><\$HOME><ü>" ]
}

many_at_once()
{
	local n list=()

	for n in 1 2 3 4 5 6; do
		timeout 60 "$vmos" run work -- sh -c "sleep 1; echo $n" >"$work/many-$n" &
		list+=($!)
	done
	wait "${list[@]}"
	[ "$(cat "$work"/many-?)" = "$(seq 6)" ]
}

# A program that reads nothing must not hold up another one.
slow_reader_blocks_nobody()
{
	local pid

	timeout 30 "$vmos" run work -- sleep 20 </dev/zero &
	pid=$!
	sleep 1
	[ "$(guest work echo here)" = here ]
	local status=$?
	kill "$pid"
	wait "$pid" 2>/dev/null
	return "$status"
}

check "standard input and output go through" stdin_goes_through
check "8 MiB there and back, byte for byte" bulk_goes_through
check "standard error is apart" streams_are_apart
check "arguments stay whole" arguments_stay_whole
check "exit status 0" exit_status_is 0 "$vmos" run work -- true
check "exit status 7" exit_status_is 7 "$vmos" run work -- sh -c 'exit 7'
check "a program that a signal ended gives 128 + signal" exit_status_is 143 "$vmos" run work -- sh -c 'kill -TERM $$'
check "a program that is not there gives 127" exit_status_is 127 "$vmos" run work -- no-such-program
check "a terminal is given when there is one" has_terminal
check "six programs at once" many_at_once
check "a program that does not read blocks no other" slow_reader_blocks_nobody
check "programs run as the VM's user" test "$(guest work id -un)" = user
check "--root runs as root" test "$(guest_root work id -u)" = 0
