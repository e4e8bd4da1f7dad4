# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # work, lab, runs: of inside/lib.sh
# What tests/bench/channel-lab.sh measures, in the HOS.

ways=/var/tmp/lab-bench
programs=$lab/bin
ways_kernel=$lab/bin/channel.kernel
ways_ram=$lab/bin/channel.initrd
accelerator=kvm

say()
{
	note "$*"
}

# shellcheck disable=SC1091 # made by the benchmark
. "$lab/bin/channel.settings"
# shellcheck source=tests/bench/channel-ways.sh
. "$lab/bin/channel-ways.sh"

# taken SET: tells each line "WHAT CASE SUBJECT VALUE" as it comes, as a boot may end before its time.
taken()
{
	local what size subject number

	while read -r what size subject number; do
		measured "$1-$what-$size-$subject" "$number"
	done
}

# The first guest's card is that of the network it was begun with, so each has its own. Guests end by themselves now and
# then, on a processor that is emulated: what was measured before counts, and all is tried again.
apart()
{
	local try status

	for try in 1 2 3; do
		status=0
		ways_begin
		"$@" || status=$?
		ways_end
		[ "$status" != 0 ] || return 0
		say "a guest ended by itself (try $try of 3)"
	done
}

systemctl is-system-running --wait >/dev/null
apart ways_one "$runs" "$turn_ms" | taken one
apart ways_many $((2 * ${pairs##*,})) "$runs" "$turn_ms" "$pairs" | taken many
