# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # work, lab, vmos, runs, smackfs: of inside/lib.sh
# What tests/bench/exchange-lab.sh measures, in the HOS.

from=one
to=two
tick=10000 # USER_HZ in us

# shellcheck disable=SC1091 # made by the benchmark
. "$lab/bin/exchange.settings"

# Which way a transfer goes: vmosd opens relays in the courier's name, and may or may not.
set_way()
{
	local access=r

	[ "$1" = relay ] || access=-
	echo "vmos.$from.courier vmos.relay $access" >"$smackfs/load2"
}

# How many went by a relay since the boot.
relayed()
{
	journalctl -b -o cat -u vmosd | grep -c 'went by a relay'
}

# Microseconds of CPU of those that bytes pass on the host: both couriers, and vmosd with its relays.
path_cpu()
{
	local pid

	for pid in $(pids vmos-courier "$from") $(pids vmos-courier "$to") $(systemctl show -P MainPID vmosd.service); do
		cat "/proc/$pid/stat"
	done | awk -v tick="$tick" '{ sub(/.*\) /, ""); n += $12 + $13 } END { printf "%.0f\n", n * tick }'
}

# And of all the machine, its guests with it.
host_cpu()
{
	awk -v tick="$tick" '$1 == "cpu" { printf "%.0f\n", ($2 + $3 + $4 + $7 + $8) * tick }' /proc/stat
}

# took SERIES CASE WAY MICROSECONDS: ns a byte.
took()
{
	measured "$1-$2-$3" "$(awk -v us="$4" -v mib="$mib" 'BEGIN { print us * 1000 / (mib * 1048576) }')"
}

# send FOLDER CASE WAY
send()
{
	local before path host begin ns

	guest "$to" sh -c "rm -rf Incoming/$from"
	set_way "$3"
	before=$(relayed)
	path=$(path_cpu) host=$(host_cpu) begin=$(date +%s%N)
	timeout 300 "$vmos" send "$from:$1/big" "$to" || { note "$2 by $3: it was not sent"; return; }
	ns=$(($(date +%s%N) - begin))
	path=$(($(path_cpu) - path)) host=$(($(host_cpu) - host))
	if [ "$3" = relay ] && [ "$(relayed)" = "$before" ]; then
		note "$2 by $3: it went by the couriers: $(journalctl -b -o cat -u vmosd -n 3)"
		return
	fi
	measured "rate-$2-$3" "$(awk -v ns="$ns" -v mib="$mib" 'BEGIN { print mib * 1e9 / ns }')"
	took path "$2" "$3" "$path"
	took host "$2" "$3" "$host"
}

# both FOLDER CASE: in turn.
both()
{
	local n

	guest "$from" sh -c "mkdir -p $1 && head -c ${mib}M /dev/urandom >$1/big && sync"
	for ((n = 0; n < runs; n++)); do
		send "$1" "$2" relay
		send "$1" "$2" couriers
	done
}

# tmpfs VM FOLDER
mount_memory()
{
	guest "$1" mkdir -p "$2"
	guest_root "$1" mount -t tmpfs -o mode=700,uid=1000,gid=1000 tmpfs "/home/user/$2"
}

systemctl is-system-running --wait >/dev/null
relays_are on
for vm in "$from" "$to"; do
	"$vmos" create "$vm" --memory 768
	"$vmos" start "$vm" || note "VM $vm: $(field "$vm" last_error)"
done
mkdir -p /var/lib/vmos/rules.d
echo "$from $to w" >/var/lib/vmos/rules.d/lab.rules
sleep 2
both slow "${mib}MiB-disk"
guest "$to" rm -rf "Incoming/$from"
mount_memory "$from" fast
mount_memory "$to" Incoming
both fast "${mib}MiB-memory"
