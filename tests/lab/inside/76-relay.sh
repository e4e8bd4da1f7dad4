# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # work, lab, vmos: of inside/lib.sh
# vmos_relay in the HOS's own kernel: bytes from region to region, who may, what ends it, and guests that write anything.

program=$lab/bin/relay

is_root_alone()
{
	[ "$(stat -c '%U %a' /dev/vmos_relay)" = "root 600" ]
}

may_not_open()
{
	! as_user test -r /dev/vmos_relay && ! as_user test -w /dev/vmos_relay
}

# Its lines are ours, without their numbers.
pass_on()
{
	local line

	while IFS= read -r line; do
		case $line in
		ok*) result 0 "relay: ${line#*- }" ;;
		not\ ok*) result 1 "relay: ${line#*- }" ;;
		\#*seed*) note "$line" ;;
		esac
	done
}

if [ ! -x "$program" ]; then
	skip "bytes between regions" "relay was not built"
	exit 0
fi
need "the kernel has vmos_relay" test -c /dev/vmos_relay
check "whose device is root's alone" is_root_alone
check "so the user cannot open it" may_not_open
check "and has a label of its own" is_labelled /dev/vmos_relay vmos.relay
"$program" "${LAB_FULL:+60}" >"$work/relay-says" 2>&1
pass_on <"$work/relay-says"
check "its test came to its end" grep -qx '# 0 failed' "$work/relay-says"
check "its rules are gone from the kernel" may_not relaytest.a.courier relaytest.b.inbox w
