# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos, lab, work: of inside/lib.sh
# Rules: the library against the kernel, and rules between VMs that run.

a=personal
b=work
rule_dir=/var/lib/vmos/rules.d

library_agrees()
{
	"$lab/bin/smack-kernel" >"$work/smack-kernel.log" 2>&1 || { grep -v '^ok' "$work/smack-kernel.log"; return 1; }
}

sends()
{
	may "vmos.$1.courier" "vmos.$2.inbox" w
}

sends_not()
{
	! sends "$@"
}

write_rules()
{
	mkdir -p "$rule_dir"
	cat >"$rule_dir/lab.rules.new"
	mv "$rule_dir/lab.rules.new" "$rule_dir/lab.rules"
}

broken_rules_are_seen()
{
	"$vmos" status --json | jq -e '.protections[] | select(.name == "rules") | .on == false' >/dev/null
}

# vmosd may read rules; no VM may, nor write them.
rules_are_closed()
{
	local kind access

	for kind in qemu courier desktop; do
		for access in r w x a t; do
			may_not "vmos.$a.$kind" "$(label "$rule_dir")" "$access" || return 1
		done
	done
}

kernel_says()
{
	[ "$("$vmos" why --json "$2" "$3" w | jq -r .kernel)" = "$1" ]
}

log_is_closed()
{
	local kind

	[ "$(label /var/lib/vmos/audit.log)" = vmos.log ] || return 1
	for kind in qemu courier desktop; do
		may_not "vmos.$a.$kind" vmos.log r || return 1
	done
}

if [ -x "$lab/bin/smack-kernel" ]; then
	check "policy/, base/smack.c and the rules of VMs, as this kernel sees them" library_agrees
else
	skip "policy/ against the kernel" "smack-kernel was not built"
fi
check "$a is there" need_vm "$a" blue
check "$b is there" need_vm "$b" green
check "without a rule $a sends nothing to $b" sends_not "$a" "$b"
write_rules <<<"$a $b w"
check "a rule counts at once" within 5 sends "$a" "$b"
check "in its direction only" sends_not "$b" "$a"
check "and gives QEMU nothing" may_not "vmos.$a.qemu" "vmos.$b.inbox" w
write_rules <<<"$a $b wx q"
check "a file that does not parse is seen" within 5 broken_rules_are_seen
check "changes nothing for those that run" sends "$a" "$b"
write_rules <<<"$a $b w ask"
check "what must be asked for is not given by the kernel" within 5 sends_not "$a" "$b"
write_rules <<<"$b $a w"
check "another rule" within 5 sends "$b" "$a"
check "stop $a" "$vmos" stop --force "$a"
check "of a VM that is off nothing is left" sends_not "$b" "$a"
check "start $a" timeout 200 "$vmos" start "$a"
again_if_gone "$b"
check "with it comes the rule" sends "$b" "$a"
check "the rules are closed to VMs" rules_are_closed
check "vmos why has the kernel's own yes" kernel_says yes "$b" "$a"
check "and its no" kernel_says no "$a" "$b"
write_rules <<<"$b $a w for=5s"
check "a rule for a time counts" within 4 sends "$b" "$a"
check "for that long in the kernel, too" within 8 sends_not "$b" "$a"
check "a rule by vmos" "$vmos" rule add "$a" "$b" w
check "is the kernel's when the command is back" sends "$a" "$b"
check "and is taken back" "$vmos" rule del "$a" "$b"
check "with the kernel's" sends_not "$a" "$b"
check "the audit log is whole" "$vmos" log --verify
check "and closed to VMs" log_is_closed
rm "$rule_dir/lab.rules"
check "a rule that is removed is gone" within 5 sends_not "$b" "$a"
