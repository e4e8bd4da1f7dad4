# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# A file from a VM to another in the HOS on the lab's machine, in turn by vmos_relay and by the couriers alone: from disk to
# disk, and from memory to memory, where the way between the VMs is more of the whole. What costs the same on both ways is
# in all figures: a processor that is emulated runs the host, and it the guests, which take the file's SHA-256 twice.
# EXCHANGE_MIB is the file's size.

mib=${EXCHANGE_MIB:-128}

# shellcheck source=tests/lab/lib.sh
. "$top/tests/lab/lib.sh"

lab_line()
{
	case $1 in
	value) add "${2% *}" "${2##* }" ;;
	*) say "$*" ;;
	esac
}

# report NAME UNIT SERIES TARGET: both ways, and the one to the other.
report()
{
	local name=$1 unit=$2 series=$3 target=$4 way

	for way in relay couriers; do
		value "$name" "$case" "$way" "$unit" "$series-$case-$way"
	done
	ratio "$name" "$case" relay couriers "$series-$case-relay" "$series-$case-couriers" "$target"
}

lab_more=$work/more
mkdir -p "$lab_more"
printf 'mib=%q\n' "$mib" >"$lab_more/exchange.settings"
if lab_prepare; then
	lab_boot exchange "systemd.mask=vmos-session.service" bench-exchange.sh || say "$lab_why"
fi
for case in "${mib}MiB-disk" "${mib}MiB-memory"; do
	report exchange.mib_s MiB/s rate '>=1.5'
	report exchange.path_cpu_ns_per_byte ns path '<=0.5'
	report exchange.host_cpu_ns_per_byte ns host '<=0.5'
done
