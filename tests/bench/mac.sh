# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # top, work, runs: of tests/bench/run
# What mandatory access control costs: one HOS, booted in turn with Smack and with a kernel command line that leaves it
# out (A B A B), in the lab. In both libvirt starts the same VM; with Smack its driver labels it. All are times: a
# ratio above 1 is the cost.

mac_lsm=lockdown,landlock,yama

# shellcheck source=tests/lab/lib.sh
. "$top/tests/lab/lib.sh"

# Called by the lab for each line from inside.
lab_line()
{
	case $1 in
	value) add "mac-${2% *}-$mac_subject" "${2##* }" ;;
	*) say "$*" ;;
	esac
}

mac_boot()
{
	mac_subject=$1
	lab_boot "$1-$n" "systemd.mask=vmos-session.service $2" bench-mac.sh || say "$1: $lab_why"
}

if lab_prepare; then
	for ((n = 0; n < runs; n++)); do
		mac_boot vmos ""
		mac_boot no-smack "lsm=$mac_lsm"
	done
fi
for what in vm-start disk open spawn; do
	unit=ns
	[ "$what" != vm-start ] || unit=ms
	value mac.cost "$what" vmos "$unit" "mac-$what-vmos"
	value mac.cost "$what" no-smack "$unit" "mac-$what-no-smack"
	ratio mac.cost "$what" vmos no-smack "mac-$what-vmos" "mac-$what-no-smack" '<=1.03'
done
