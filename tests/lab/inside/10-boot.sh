# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos, work, smackfs: of inside/lib.sh
# The HOS as it stands after power-on.

units=(vmosd.service libvirtd.service)

has_words()
{
	local file=$1 word
	shift

	for word; do
		grep -qwF -- "$word" <(tr -s ', ' '\n' <"$file") || { echo "$file: $(cat "$file")"; return 1; }
	done
}

says()
{
	local have

	have=$(cat "$1")
	[ "$have" = "$2" ] || { echo "$1: $have"; return 1; }
}

has_settled()
{
	local state

	state=$(systemctl is-system-running)
	[ "$state" = running ] || { systemctl --failed --no-legend --plain; echo "$state"; return 1; }
}

is_a_unit_of()
{
	local pid

	pid=$(systemctl show -P MainPID "$1")
	[ "$pid" != 0 ] || { systemctl status --no-pager -n 10 "$1"; return 1; }
	is_labelled "$pid" "$2"
}

# Whatever the HOS starts without a label of its own is "_"; nothing else has a label nobody knows of.
labels_are_known()
{
	local dir have bad=0

	for dir in /proc/[0-9]*; do
		have=$(tr -d '\0\n' <"$dir/attr/current" 2>/dev/null) || continue
		[[ $have == _ || $have == vmos.* || -z $have ]] || { echo "${dir#/proc/} $(tr '\0' ' ' <"$dir/cmdline") is $have"; bad=1; }
	done
	return "$bad"
}

only_loopback()
{
	local links

	links=$(ls /sys/class/net)
	echo "$links"
	[ "$links" = lo ]
}

no_route()
{
	[ "$(grep -vc '^Iface' /proc/net/route)" = 0 ] && ! grep -qv ' lo$' /proc/net/ipv6_route
}

nobody_listens()
{
	# 0A: LISTEN
	! awk 'FNR > 1 && $4 == "0A"' /proc/net/tcp /proc/net/tcp6 | grep .
}

root_is_verity()
{
	local dev

	dev=$(findmnt -no SOURCE /)
	echo "$dev"
	[[ $dev == /dev/dm-* || $dev == /dev/mapper/* ]] && [ "$(cat "/sys/block/$(basename "$(readlink -f "$dev")")/ro")" = 1 ] &&
		! touch /usr/lab 2>/dev/null
}

is_exposed_little()
{
	systemd-analyze security --no-pager --threshold=20 "$1" | tail -n 1
	return "${PIPESTATUS[0]}"
}

no_tool_of()
{
	local tool

	for tool in foot xterm firefox vim vi nano curl wget ssh nc ping ip nft gcc python3 perl; do
		! command -v "$tool" | grep -v vmos-lab || return 1
	done
}

says_all_is_on()
{
	local off

	off=$(jq -c '[.protections[] | select(.on | not) | .name]' "$work/status.json")
	echo "off: $off"
	[ "$off" = '[]' ]
}

check "systemd says that all is running" within 90 has_settled
note "userspace is up $(ask clock) ms after power-on; $(systemd-analyze time | head -n 1)"
measured hos-settled "$(ask clock)"
check "Smack, Landlock, Yama and lockdown are active" has_words /sys/kernel/security/lsm smack landlock yama lockdown
check "lockdown forbids changing the kernel" has_words /sys/kernel/security/lockdown '[integrity]'
check "onlycap holds _, vmos.manager and vmos.libvirt" has_words "$smackfs/onlycap" _ vmos.manager vmos.libvirt
check "and nothing else" test "$(wc -w <"$smackfs/onlycap")" = 3
check "ptrace is at its strictest" says "$smackfs/ptrace" 2
check "nobody debugs but a parent its child" test "$(cat /proc/sys/kernel/yama/ptrace_scope)" -ge 1
check "vmosd runs as vmos.manager" is_a_unit_of vmosd.service vmos.manager
check "libvirtd runs as vmos.libvirt" is_a_unit_of libvirtd.service vmos.libvirt
check "no process has an unknown label" labels_are_known
check "there is no network but loopback" only_loopback
check "no route leads anywhere" no_route
check "nothing listens on TCP" nobody_listens
check "the root is checked by dm-verity and cannot be written" root_is_verity
check "/dev/kvm is here" test -c /dev/kvm
check "nothing a user could run is on the host" no_tool_of
for unit in "${units[@]}"; do
	[ "$unit" = vmosd.service ] || continue
	check "$unit is exposed by 2.0 at most" is_exposed_little "$unit"
done
check "libvirt's security driver is Smack" grep -q '<model>smack</model>' <(virsh capabilities)
"$vmos" status --json >"$work/status.json"
check "vmosd is in system mode" test "$(jq -r .mode "$work/status.json")" = system
check "and says of every protection that it is on" says_all_is_on
check "and that there is no sound" test "$(jq -r .sound "$work/status.json")" = no-sound
note "$("$vmos" status)"
