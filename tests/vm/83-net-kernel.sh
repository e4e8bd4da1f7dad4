# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# The same network with cards that are TAP devices, and what becomes of them when a vmos-wire ends. vmosd runs as under
# systemd: with vmos-wire behind a socket, and with somebody who keeps its file descriptors.

# shellcheck source=tests/vm/net.sh
. "$top/tests/vm/net.sh"

why_no_kernel()
{
	[ "$(id -u)" = 0 ] || { echo "not root"; return; }
	[ -c /dev/net/tun ] || { echo "no /dev/net/tun"; return; }
	[ -x "$build/wire/vmos-wire" ] || { echo "built without eBPF"; return; }
	command -v systemd-socket-activate >/dev/null || { echo "no systemd-socket-activate"; return; }
	"$build/tests/net/test_tc" >/dev/null 2>&1
	[ $? != 77 ] || echo "no network namespaces, TAP devices or eBPF here"
}

# A vmosd that the command line would start is of the other fabric.
is_ready()
{
	local pid

	pid=$(cat "$work/vmosd.pid" 2>/dev/null) && [ "$pid" != "${1:-}" ] && kill -0 "$pid" 2>/dev/null
}

kill_vmosd()
{
	local old

	old=$(cat "$work/vmosd.pid")
	kill -9 "$old"
	within 20 is_ready "$old"
}

# Not by check: what it starts ends with this shell.
start_kernel()
{
	timeout 60 "$vmos" stop --force work web 2>/dev/null
	kill "$(pids vmosd)" 2>/dev/null
	mkdir -p "$work/state/vmos"
	within 10 eval '[ -z "$(pids vmosd)" ]'
	systemd-socket-activate --accept --seqpacket -l "$work/wire.sock" -E UBSAN_OPTIONS \
		unshare -n "$build/wire/vmos-wire" >"$work/wire.log" 2>&1 &
	activate=$!
	within 10 test -S "$work/wire.sock"
	"$top/tests/vm/keeper" "$work/vmosd.pid" "$build/manager/vmosd" --fabric kernel --wire "$work/wire.sock" \
		>"$work/state/vmos/vmosd-kernel.log" 2>&1 &
	keeper=$!
}

stop_kernel()
{
	timeout 60 "$vmos" stop --force work web net0
	kill "$keeper" "$activate"
	wait "$keeper" "$activate"
}

# wire DEVICE: the vmos-wire in whose namespace there is one of that name.
wire_with()
{
	local pid

	for pid in $(pids vmos-wire); do
		grep -qs "^ *$1:" "/proc/$pid/net/dev" && echo "$pid"
	done
}

# Its card in the namespace in which it waits, or in that of the NET VM, by the name that follows from its number.
card_of()
{
	echo "vmos$("$vmos" run "$1" -- sed -n 's/.*vmos\.net=\([0-9]*\).*/\1/p' /proc/cmdline)"
}

net_state_has()
{
	# shellcheck disable=SC2053 # a pattern
	[[ $(field "$1" net_state) == $2 ]]
}

is_with_net()
{
	[ -n "$(wire_with "$card")" ] && [ "$(wire_with "$card")" = "$(wire_with inside)" ]
}

waits_down()
{
	local pid

	pid=$(wire_with "$card")
	[ -n "$pid" ] && [ "$pid" != "$(wire_with inside)" ] &&
		nsenter -t "$pid" -n ip -o link show "$card" | grep -qv UP
}

no_vde()
{
	[ -z "$(pids vde_switch)" ]
}

kernel_cards()
{
	card=$(card_of work)
	check "its card is a TAP device beside the NET VM's" is_with_net
	check "no switch of VDE runs" no_vde
	"$vmos" set work --net none
	check "without a link it waits elsewhere, and is down" within 10 waits_down
	kill -9 "$(wire_with "$card")"
	check "if vmos-wire ends there, it is lost" within 10 eval '"$vmos" set work --net net0 && net_state_has work "dead*restart the VM"'
	check "others go on" fetches web "$page"
	check "a restart" eval 'timeout 300 "$vmos" stop --force work && start_vm work'
	check "brings it back" within 30 fetches work "$page"
}

kernel_ends()
{
	check "a download" begin_download "${page}slow"
	kill -9 "$(wire_with inside)"
	check "the end of the NET VM's vmos-wire ends it" within 10 eval '! downloads'
	check "and says what to do" within 10 net_state_has work "dead*vmos-wire*restart net0"
	end_download
	check "a restart of the NET VM" eval 'timeout 300 "$vmos" stop --force net0 && start_vm net0'
	check "leaves the card that was lost with it" within 10 net_state_has work "dead*restart the VM"
	check "until the VM is restarted, too" eval 'timeout 300 "$vmos" stop --force work && start_vm work'
	check "the NET VM has a network again" within 60 has_uplink
	check "with the page in it" lead_there
	check "which comes" within 30 fetches work "$page"
	"$vmos" stop --force work
	check "a card ends with its QEMU" within 10 eval '[ -z "$(wire_with "$card")" ]'
	check "which starts again" start_vm work
}

why=$(why_no_kernel)
if [ -n "$why" ]; then
	skip "network cards that are TAP devices" "$why"
else
	start_kernel
	check "vmosd with the kernel's fabric" within 20 is_ready
	net_pages
	net_lists
	net_cuts
	kernel_cards
	kernel_ends
	net_chain
	rm -f "$XDG_CONFIG_HOME/vmos/net.d/"*.net
	stop_kernel
	check "no vmos-wire stays" within 10 eval '[ -z "$(pids vmos-wire)" ]'
fi
