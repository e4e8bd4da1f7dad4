# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# The same ways as channel.sh between programs, under KVM in the HOS on the lab's machine: there is vhost-vsock, and KVM
# counts exits. What the lab adds is the same for all: a processor that is emulated runs the host, and it the guests.
# CHANNEL_WAYS="vhost-vsock relay" leaves the other ways out: the less is measured, the less often a guest ends by itself.

sizes="64B 4KiB 64KiB 1MiB"
subjects="vmos vhost-vsock virtio-serial tcp tcp-user virtio-9p virtiofs"
pairs=${CHANNEL_PAIRS:-1,2}
peers=$XDG_CACHE_HOME/vmos/bench-channel
programs=$bench
# A turn takes some five minutes.
LAB_PATIENCE=${LAB_PATIENCE:-$((1 + runs))}

# shellcheck source=tests/lab/lib.sh
. "$top/tests/lab/lib.sh"
# shellcheck source=tests/bench/channel-ways.sh
. "$top/tests/bench/channel-ways.sh"
# shellcheck source=tests/bench/channel-report.sh
. "$top/tests/bench/channel-report.sh"

lab_line()
{
	case $1 in
	value) add "${2% *}" "${2##* }" ;;
	*) say "$*" ;;
	esac
}

channel_payload()
{
	lab_more=$work/more
	mkdir -p "$lab_more"
	"$top/tests/bench/channel-peers" "$peers" >"$work/peers.log" 2>&1 || { tail -n 3 "$work/peers.log" >&2; return 1; }
	cp "$bench/channel-host" "$bench/channel-pairs" "$top/tests/bench/channel-ways.sh" "$lab_more/"
	cp "$peers/kernel" "$lab_more/channel.kernel"
	ways_initrd "$lab_more/channel.initrd"
	printf 'turn_ms=%q pairs=%q ways_only=%q\n' "${CHANNEL_TURN_MS:-200}" "$pairs" "${CHANNEL_WAYS:-}" >"$lab_more/channel.settings"
}

if channel_payload && lab_prepare; then
	lab_boot channel "systemd.mask=vmos-session.service" bench-channel.sh || say "$lab_why"
fi
channel_report
