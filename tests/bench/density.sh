# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What one more VM of a template costs the host: its own memory, and how much of the shared root comes into the page
# cache a second time (none should).

meminfo()
{
	awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo
}

# Memory of a VM's processes that is theirs alone, in KiB.
private_kib()
{
	local pid

	for pid in $(pids qemu-system "$1") $(pids vmos-desktop "$1") $(pids vmos-courier "$1"); do
		awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup"
	done | awk '{ n += $1 } END { print n + 0 }'
}

# Files in the page cache, without shared memory (guests' channels are that).
file_cache()
{
	echo $(($(meminfo Cached) - $(meminfo Shmem)))
}

one_more()
{
	local available cache

	sync
	available=$(meminfo MemAvailable)
	cache=$(file_cache)
	"$vmos" start "$1" >&2
	"$vmos" run "$1" --window -- foot >&2
	sleep 15
	add available "$(awk -v a="$available" -v b="$(meminfo MemAvailable)" 'BEGIN { print (a - b) / 1024 }')"
	add cache "$(awk -v a="$cache" -v b="$(file_cache)" 'BEGIN { print (b - a) / 1024 }')"
	add pss "$(awk -v k="$(private_kib "$1")" 'BEGIN { print k / 1024 }')"
	add disk-density "$(du -sk "$XDG_DATA_HOME/vmos/vms/$1" | cut -f 1)"
}

for vm in alpha second third; do
	"$vmos" create "$vm" >&2
done
"$vmos" start alpha >&2
"$vmos" run alpha --window -- foot >&2
sleep 10
one_more second
one_more third
value density.mib_per_vm processes-pss vmos MiB pss
value density.mib_per_vm host-available vmos MiB available
value density.mib_per_vm page-cache-growth vmos MiB cache
value density.kib_disk_per_vm started vmos KiB disk-density
"$vmos" stop --force alpha second third >&2
"$vmos" delete --yes alpha second third >&2
