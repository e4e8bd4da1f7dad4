# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos, work: of inside/lib.sh
# The escape drill, as the user of the session runs it.

result=$work/drill.json

says()
{
	jq -r "$1" "$result"
}

# Acts that were not denied, one a line.
not_denied()
{
	says '.acts | to_entries[] | select(.value.verdict != "deny")
		| "\(.key + 1) \(.value.what): \(.value.verdict) \(.value.error) \(.value.parts)"'
}

all_denied()
{
	not_denied
	[ "$(says .denied)" = 73 ]
}

all_controls()
{
	says '.controls | to_entries[] | select(.value.verdict != "allow") | "c\(.key + 1) \(.value.what): \(.value.error) \(.value.parts)"'
	[ "$(says .controls_ok)" = 6 ]
}

inside_has()
{
	says .inside
	[[ " $(says .inside) " == *" $1 "* ]]
}

# It exits with 1 when something got through: the table says what.
run_as_user()
{
	as_user timeout -k 5 $((300 * patience)) /usr/bin/vmos drill --json >"$result" 2>"$work/drill.err"
	[ "$(says .complete)" = true ] || { cat "$work/drill.err" "$result"; return 1; }
}

begin=$SECONDS
check "the drill comes to its end" run_as_user
note "it took $((SECONDS - begin)) s; inside: $(says .inside)"
check "the attacker has the label of its VM's QEMU" inside_has label=vmos.drill-a.qemu
check "both lists of system calls are in force" inside_has filters=2
check "no new privileges" inside_has new-privileges=no
check "6 of 6 controls work" all_controls
check "73 of 73 acts are denied" all_denied
check "its VMs are gone" test "$("$vmos" list --json | jq '[.[] | select(.name | startswith("drill-"))] | length')" = 0
