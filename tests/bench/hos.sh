# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # top, work, runs: of tests/bench/run; lab_disk: for the lab
# The host operating system in the lab: its size, and how long from power-on to what is seen on the screen.

# shellcheck source=tests/lab/lib.sh
. "$top/tests/lab/lib.sh"

lab_line()
{
	case $1 in
	value) [ "$n" = 0 ] || add "hos-${2% *}" "${2##* }" ;;
	*) say "$*" ;;
	esac
}

size_of()
{
	add "hos-size-$1" "$(awk -v b="$(stat -c %s "$hos/$2")" 'BEGIN { print b / 1048576 }')"
	value hos.size "$1" vmos MiB "hos-size-$1"
}

if lab_prepare; then
	size_of kernel vmlinuz
	size_of root root.img
	size_of disk hos.raw
	# The first one makes the VMs and formats their disks.
	lab_disk=$work/hos.qcow2
	for ((n = 0; n <= runs; n++)); do
		lab_boot "hos-$n" "" bench-hos.sh || say "boot $n: $lab_why"
	done
	lab_disk=
fi
value hos.boot session vmos ms hos-session
value hos.boot first-window vmos ms hos-first-window
