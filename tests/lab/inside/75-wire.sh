# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lab, work: of inside/lib.sh
# The HOS's own vmos-wire, without VMs: cards are made, linked and taken back in namespaces of their own, and the host sees none.

program=$lab/bin/wire-ask

did()
{
	grep -qx "$1 yes" "$work/wire-says" || { cat "$work/wire-says" "$work/wire-err"; return 1; }
}

has_answered()
{
	grep -qx waiting "$work/wire-says"
}

is_closed_to_others()
{
	local have

	have=$(stat -c '%F %a %u' /run/vmos/wire.sock)
	echo "$have"
	[ "$have" = "socket 600 0" ]
}

# The vmos-wires that came since $before was looked at.
ours()
{
	comm -13 <(sort <<<"$before") <(pids vmos-wire | sort)
}

are_two()
{
	[ "$(ours | wc -l)" = 2 ] || { ours; return 1; }
}

are_confined()
{
	local pid caps

	for pid in $(ours); do
		is_labelled "$pid" vmos.wire || return 1
		caps=$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$pid/status")
		[ "$((0x$caps))" = "$((1 << 12))" ] || { echo "$pid has the capabilities $caps"; return 1; }
		grep -qx $'Seccomp:\t2' "/proc/$pid/status" || return 1
	done
}

are_apart()
{
	local spaces

	spaces=$(for pid in $(ours) self; do readlink "/proc/$pid/ns/net"; done | sort -u)
	echo "$spaces"
	[ "$(wc -l <<<"$spaces")" = 3 ]
}

are_exposed_little()
{
	local unit

	for unit in $(systemctl list-units --plain --no-legend 'vmos-wire@*.service' | cut -d ' ' -f 1); do
		systemd-analyze security --no-pager --threshold=20 "$unit" | tail -n 1
		[ "${PIPESTATUS[0]}" = 0 ] || return 1
	done
}

all_is_gone()
{
	[ -z "$(ours)" ]
}

only_loopback()
{
	[ "$(ls /sys/class/net)" = lo ]
}

if [ ! -x "$program" ]; then
	skip "cards of VMs" "wire-ask was not built"
	exit 0
fi
check "vmos-wire is asked by a socket" systemctl --quiet is-active vmos-wire.socket
check "that root alone may open" is_closed_to_others
check "and no label but vmosd's" may vmos.manager vmos.wire w
for subject in _ vmos.libvirt vmos.work.qemu vmos.work.courier; do
	check "so not $subject" may_not "$subject" vmos.wire w
	check "nor does $subject open TAP devices" may_not "$subject" vmos.tun rw
done
check "the node of TAP devices has its label" is_labelled /dev/net/tun vmos.tun

before=$(pids vmos-wire)
mkfifo "$work/wire-go"
"$program" >"$work/wire-says" 2>"$work/wire-err" 3>&- <"$work/wire-go" &
exec {go}>"$work/wire-go"
need "it answers" within 30 has_answered
check "the kernel takes the filter" did open
check "cards are made" did make
check "one without a link is closed" did down
check "it is linked" did link
check "without a flow nothing passes" did closed
check "no program of the host is given vmos-tap's socket" did kept
check "vmosd is, and with a flow frames pass" did flow
check "without the link it is closed again" did back
check "and a new link has no flow of the old one" did again
check "each connection has a process" are_two
check "which has one label, one capability and a list of calls" are_confined
check "and a network of its own" are_apart
check "systemd says that they are exposed by 2.0 at most" are_exposed_little
check "the host itself has no card" only_loopback
exec {go}>&-
check "all ends with the connections" within 10 all_is_gone
rm -f "$work/wire-go"
