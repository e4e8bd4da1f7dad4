# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Through the channel and back as `vmos run` uses it: command, courier, rings, agent, and a program in the guest that
# echoes. Beside it the same program on the host behind a socket, and a copy in memory.

round_trip()
{
	add "rtt-$1-vmos" "$("$bench/roundtrip" "$2" "$3" "$vmos" run alpha -- cat)"
	add "rtt-$1-host" "$("$bench/roundtrip" "$2" "$3" cat)"
}

throughput()
{
	local begin

	begin=$(date +%s%N)
	head -c "$1" /dev/zero | timeout 120 "$vmos" run alpha -- sh -c 'cat >/dev/null' || return
	add "mib-in-vmos" "$(awk -v b="$1" -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print b / 1048576 / (ns / 1e9) }')"
	begin=$(date +%s%N)
	timeout 120 "$vmos" run alpha -- head -c "$1" /dev/zero >/dev/null || return
	add "mib-out-vmos" "$(awk -v b="$1" -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print b / 1048576 / (ns / 1e9) }')"
}

"$vmos" create alpha >&2
"$vmos" start alpha >&2
for ((n = 0; n < runs; n++)); do
	round_trip 64B 64 200
	round_trip 4KiB 4096 200
	round_trip 64KiB 65536 50
	round_trip 1MiB 1048576 10
	throughput $((256 << 20))
done
for size in 64B 4KiB 64KiB 1MiB; do
	value channel.rtt_us "$size" vmos us "rtt-$size-vmos"
	value channel.rtt_us "$size" host-socket us "rtt-$size-host"
done
value channel.mib_s host-to-guest vmos MiB/s mib-in-vmos
value channel.mib_s guest-to-host vmos MiB/s mib-out-vmos
"$vmos" stop --force alpha >&2
"$vmos" delete --yes alpha >&2
