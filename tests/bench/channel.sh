# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Through the channel and back, beside all other ways between a guest and the host that this host has: between a program
# in a guest and one on the host, which sleep and ring as vmOS's do, all in one boot of a guest that is nothing else;
# then between two such guests, and with more and more of them at once. And as a user meets it: `vmos run` of a program
# that echoes, with courier and agent in between (vmos-run), beside the same program on the host behind a socket.
#
# CHANNEL_TURN_MS is how long each measurement takes (200), CHANNEL_PAIRS how many pairs of guests are tried (1,2,4,8,16).

sizes="64B 4KiB 64KiB 1MiB"
subjects="vmos vhost-vsock virtio-serial tcp tcp-user virtio-9p virtiofs"
turn_ms=${CHANNEL_TURN_MS:-200}
pairs=${CHANNEL_PAIRS:-1,2,4,8,16}
ways=$work/ways
peers=$XDG_CACHE_HOME/vmos/bench-channel
programs=$bench
ways_kernel=$peers/kernel
ways_ram=$work/far.initrd

# shellcheck source=tests/bench/channel-ways.sh
. "$top/tests/bench/channel-ways.sh"
# shellcheck source=tests/bench/channel-report.sh
. "$top/tests/bench/channel-report.sh"

round_trip()
{
	add "run-rtt-$1" "$("$bench/roundtrip" "$2" "$3" "$vmos" run alpha -- cat)"
	add "socket-rtt-$1" "$("$bench/roundtrip" "$2" "$3" cat)"
}

# mib_s SERIES BYTES COMMAND…
mib_s()
{
	local series=$1 bytes=$2 begin
	shift 2

	begin=$(date +%s%N)
	"$@" || return
	add "$series" "$(awk -v b="$bytes" -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print b / 1048576 / (ns / 1e9) }')"
}

run_in()
{
	head -c "$1" /dev/zero | timeout 120 "$vmos" run alpha -- sh -c 'cat >/dev/null'
}

run_out()
{
	timeout 120 "$vmos" run alpha -- head -c "$1" /dev/zero >/dev/null
}

# What a transfer's bytes go through: the agents, and the couriers of both.
run_across()
{
	timeout 120 "$vmos" run alpha -- head -c "$1" /dev/zero | timeout 120 "$vmos" run second -- sh -c 'cat >/dev/null'
}

cpu_across()
{
	# shellcheck disable=SC2046 # pids are words
	cpu_us $(pids qemu-system alpha) $(pids qemu-system second) $(pids vmos-courier alpha) $(pids vmos-courier second)
}

across()
{
	local bytes=$((64 << 20)) before

	before=$(cpu_across)
	mib_s across "$bytes" run_across "$bytes"
	add cpu-across "$(awk -v us=$(($(cpu_across) - before)) -v b="$bytes" 'BEGIN { print us * 1000 / b }')"
}

through_vmos()
{
	local vm

	for vm in alpha second; do
		"$vmos" create "$vm" >&2
		"$vmos" start "$vm" >&2
	done
	for ((n = 0; n < runs; n++)); do
		round_trip 64B 64 200
		round_trip 4KiB 4096 200
		round_trip 64KiB 65536 50
		round_trip 1MiB 1048576 10
		mib_s run-in $((256 << 20)) run_in $((256 << 20))
		mib_s run-out $((256 << 20)) run_out $((256 << 20))
		across
	done
	"$vmos" stop --force alpha second >&2
	"$vmos" delete --yes alpha second >&2
}

between_programs()
{
	local most=${pairs##*,}

	"$top/tests/bench/channel-peers" "$peers" >"$work/peers.log" 2>&1 || { tail -n 3 "$work/peers.log" >&2; return; }
	ways_initrd "$ways_ram" || return
	ways_begin
	ways_one "$runs" "$turn_ms" >"$work/one.out"
	ways_many $((2 * most)) "$runs" "$turn_ms" "$pairs" >"$work/many.out"
	ways_end
	channel_take one "$work/one.out"
	channel_take many "$work/many.out"
}

through_vmos
between_programs
for size in $sizes; do
	value channel.rtt_us "$size" vmos-run us "run-rtt-$size"
	value channel.rtt_us "$size" host-socket us "socket-rtt-$size"
done
value channel.mib_s stdin vmos-run MiB/s run-in
value channel.mib_s stdout vmos-run MiB/s run-out
value relay.mib_s stream courier MiB/s across
value relay.cpu_ns_per_byte stream courier ns cpu-across
channel_report
