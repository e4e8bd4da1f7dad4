# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# What a link costs: from a client's network namespace to a NET VM's, through vmos-tap by VDE switches beside one bare
# VDE switch, and through the kernel's engine beside a plain bridge. No VM is in it, so what is measured is the path and
# nothing else. Needs root: network namespaces with devices in them, and eBPF.

client4=10.137.0.1 client_mac=52:76:6d:00:00:01
far=198.18.0.1 gateway4=169.254.1.1 gateway_mac=52:76:6d:ff:00:01
seconds=${NET_SECONDS:-3}
rules=(10 100 1000 10000)

# in_ns PID COMMAND…
in_ns()
{
	local pid=$1
	shift

	nsenter -t "$pid" -n "$@"
}

new_ns()
{
	unshare -n sleep infinity &
	namespaces+=($!)
	until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.05
	done
	in_ns $! ip link set lo up
}

# The devices dev of both sides get the addresses that guests have there.
set_up_ends()
{
	in_ns "$ns_client" ip link set dev0 address "$client_mac" up
	in_ns "$ns_client" ip address add "$client4/32" dev dev0
	in_ns "$ns_client" ip neigh replace "$gateway4" lladdr "$gateway_mac" dev dev0 nud permanent
	in_ns "$ns_client" ip route add default via "$gateway4" dev dev0 onlink
	in_ns "$ns_net" ip link set dev0 address "$gateway_mac" up
	in_ns "$ns_net" ip address replace "$far/32" dev lo
	in_ns "$ns_net" ip route add 10.137.0.0/16 dev dev0
	in_ns "$ns_net" ip neigh replace "$client4" lladdr "$client_mac" dev dev0 nud permanent
}

# Processes that a path is made of are in path_pids; the holder of its standard input ends it.
start_server()
{
	# not by in_ns: the process of a function in the background is a shell, whose end the server would outlive
	nsenter -t "$ns_net" -n iperf3 -s -B "$far" >/dev/null 2>&1 &
	servers+=($!)
	nsenter -t "$ns_net" -n "$bench/connects" --serve 7 2>/dev/null &
	servers+=($!)
	within 10 in_ns "$ns_client" ping -c 1 -W 1 "$far" >/dev/null 2>&1
}

# A pair of virtual Ethernet devices for each side, their far ends in a namespace of the path's own.
veth_ends()
{
	local pid side

	new_ns
	ns_path=$!
	for side in client net; do
		pid=ns_$side
		in_ns "$ns_path" ip link add "$side" type veth peer name dev0 netns "${!pid}"
		# as on a TAP device without offloads: what vmos-tap sends on itself must have its checksum
		in_ns "${!pid}" ethtool -K dev0 tx off
	done
}

path_plain-bridge()
{
	veth_ends
	in_ns "$ns_path" ip link add bridge type bridge
	in_ns "$ns_path" ip link set bridge up
	in_ns "$ns_path" ip link set client master bridge up
	in_ns "$ns_path" ip link set net master bridge up
}

path_vmos-tap()
{
	veth_ends
	coproc PATH_TOOL { in_ns "$ns_path" "$bench/net-kernel" client net "${1:-10}"; }
	path_tool=$PATH_TOOL_PID
	read -r -t 30 -u "${PATH_TOOL[0]}" _ || return
	in_ns "$ns_path" ip link set client up
	in_ns "$ns_path" ip link set net up
}

# A TAP device dev0 in a namespace, on a switch.
plug_tap()
{
	nsenter -t "$1" -n vde_plug2tap -s "$2" dev0 >/dev/null 2>&1 &
	plugs+=($!)
	within 10 in_ns "$1" ip link show dev0 >/dev/null 2>&1
}

path_vde-switch()
{
	mkfifo "$work/switch.in" 2>/dev/null
	vde_switch -x -n 4 -s "$work/switch" <>"$work/switch.in" >/dev/null 2>&1 &
	plugs+=($!)
	within 10 test -S "$work/switch/ctl"
	plug_tap "$ns_client" "$work/switch" && plug_tap "$ns_net" "$work/switch"
}

path_vmos-tap-vde()
{
	local client net

	coproc PATH_TOOL { "$bench/net-vde" "$build/tap/vmos-tap" "$build/tests/net/plug" "${1:-10}"; }
	path_tool=$PATH_TOOL_PID
	read -r -t 60 -u "${PATH_TOOL[0]}" _ client net _ || return
	plug_tap "$ns_client" "$client" && plug_tap "$ns_net" "$net"
}

# with_path SUBJECT RULES COMMAND…: makes the path, runs the command, takes all away again.
with_path()
{
	local subject=$1 list=$2 namespaces=() plugs=() servers=() ns_client ns_net ns_path path_tool='' status=0
	shift 2

	new_ns
	ns_client=$!
	new_ns
	ns_net=$!
	if "path_$subject" "$list" >&2 && set_up_ends >&2 && start_server; then
		"$@" || status=$?
	else
		say "$subject: no path"
	fi
	if [ -n "$path_tool" ]; then
		# the end of its standard input ends it
		[ -z "${PATH_TOOL[1]:-}" ] || eval "exec ${PATH_TOOL[1]}>&-"
		wait "$path_tool"
	fi 2>/dev/null
	kill "${servers[@]}" "${plugs[@]}" "${namespaces[@]}" 2>/dev/null
	wait "${servers[@]}" "${plugs[@]}" "${namespaces[@]}" 2>/dev/null
	rm -rf "$work/switch"
	return "$status"
}

# Busy time of all processors, in ticks.
busy()
{
	awk '/^cpu / { print $2 + $3 + $4 + $6 + $7 + $8 }' /proc/stat
}

load()
{
	local subject=$1 json before packets

	json=$(in_ns "$ns_client" iperf3 -c "$far" -t "$seconds" -J) &&
		add "tcp-$subject" "$(jq .end.sum_received.bits_per_second/1000000 <<<"$json")"
	before=$(busy)
	json=$(in_ns "$ns_client" iperf3 -c "$far" -u -b 0 -l 64 -t "$seconds" -J) || return
	before=$(($(busy) - before))
	packets=$(jq '.end.sum.packets - .end.sum.lost_packets' <<<"$json")
	add "pps-$subject" "$(jq -n "$packets / $seconds")"
	add "cpu-$subject" "$(awk -v t="$before" -v hz="$(getconf CLK_TCK)" -v n="$packets" 'BEGIN { print t / hz * 1e6 / n }')"
	add "rtt-$subject" "$(in_ns "$ns_client" ping -q -c 500 -i 0.002 "$far" | awk -F / '/^rtt/ { print $5 * 1000 }')"
}

new_flows()
{
	local p50

	read -r p50 _ < <(in_ns "$ns_client" "$bench/connects" "$far" 7 300) && add "new-$1-$2" "$p50"
}

if ! command -v iperf3 nsenter ip ethtool vde_plug2tap >/dev/null || ! unshare -n true 2>/dev/null; then
	say "net: needs root, and the packages iperf3, iproute2, ethtool, iputils-ping and vde2"
	return 0
fi

for ((n = 0; n < runs; n++)); do
	for subject in vmos-tap plain-bridge vmos-tap-vde vde-switch; do
		with_path "$subject" 10 load "$subject"
	done
	for list in "${rules[@]}"; do
		for subject in vmos-tap vmos-tap-vde; do
			with_path "$subject" "$list" new_flows "$subject" "$list"
		done
	done
done
for pair in 'vmos-tap plain-bridge >=0.95' 'vmos-tap-vde vde-switch >=0.9'; do
	read -r ours other target <<<"$pair"
	for subject in "$ours" "$other"; do
		value net.tcp_mbit_s 1-stream "$subject" Mbit/s "tcp-$subject"
		value net.udp_pps 64B "$subject" 1/s "pps-$subject"
		value net.rtt_us ping "$subject" us "rtt-$subject"
		value net.cpu_us_per_packet 64B "$subject" us "cpu-$subject"
	done
	ratio net.tcp_mbit_s 1-stream "$ours" "$other" "tcp-$ours" "tcp-$other" "$target"
	ratio net.udp_pps 64B "$ours" "$other" "pps-$ours" "pps-$other" "$target"
	ratio net.rtt_us ping "$ours" "$other" "rtt-$ours" "rtt-$other"
	ratio net.cpu_us_per_packet 64B "$ours" "$other" "cpu-$ours" "cpu-$other"
	for list in "${rules[@]}"; do
		value net.rules_cost "$list" "$ours" us "new-$ours-$list"
	done
	ratio net.rules_cost 10000 "$ours" "$ours-10" "new-$ours-10000" "new-$ours-10" '<=1.1'
done
