# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What one more VM of a template costs the host: its own memory, and how much of the shared root comes into the page
# cache a second time (none should). Each VM shows an idle foot.

# Proportional memory of processes, in MiB.
pss()
{
	local pid

	for pid; do
		awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup"
	done | awk '{ n += $1 } END { print n / 1024 }'
}

available()
{
	awk '$1 == "MemAvailable:" { print $2 / 1024 }' /proc/meminfo
}

# MiB of the template's root in the host's page cache. All VMs read the one file.
cached()
{
	find "$XDG_DATA_HOME/vmos/templates" -name root.erofs -exec fincore --bytes --noheadings --output RES {} + |
		awk '{ n += $1 } END { print n / 1048576 }'
}

begin_vm()
{
	"$vmos" start "$1" >&2
	"$vmos" run "$1" --window -- foot >&2
	within 60 has_windows "$1" 1
	sleep 10
}

one_more()
{
	local before root

	sync
	before=$(available)
	root=$(cached)
	begin_vm "$1"
	add available "$(awk -v a="$before" -v b="$(available)" 'BEGIN { print a - b }')"
	add root-growth "$(awk -v a="$root" -v b="$(cached)" 'BEGIN { print b - a }')"
	# shellcheck disable=SC2046 # pids are words
	add pss-helpers "$(pss $(pids vmos-desktop "$1") $(pids vmos-courier "$1"))"
	# shellcheck disable=SC2046
	add pss-all "$(pss $(pids qemu-system "$1") $(pids vmos-desktop "$1") $(pids vmos-courier "$1"))"
	add disk-density "$(du -sk "$XDG_DATA_HOME/vmos/vms/$1" | cut -f 1)"
}

for vm in alpha second third; do
	"$vmos" create "$vm" >&2
done
begin_vm alpha
add root-first "$(cached)"
one_more second
one_more third
value density.mib_per_vm all-processes vmos MiB pss-all
value density.mib_per_vm helpers vmos MiB pss-helpers
value density.mib_per_vm host-available vmos MiB available
value density.mib_per_vm root-in-page-cache first-vm MiB root-first
value density.mib_per_vm root-in-page-cache each-further-vm MiB root-growth '<=1'
value density.kib_disk_per_vm started vmos KiB disk-density
"$vmos" stop --force alpha second third >&2
"$vmos" delete --yes alpha second third >&2
