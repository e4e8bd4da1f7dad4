# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, lab, work: of inside/lib.sh
# What passes between VMs passes by vmosd's rule and by the kernel's: files from one to the other, and a courier without
# any check of its own, to which everything is handed.

a=personal
b=work
rule_dir=/var/lib/vmos/rules.d

write_rules()
{
	mkdir -p "$rule_dir"
	cat >"$rule_dir/lab.rules.new"
	mv "$rule_dir/lab.rules.new" "$rule_dir/lab.rules"
}

kernel_lets()
{
	may "vmos.$1.courier" "vmos.$2.inbox" w
}

kernel_stops()
{
	! kernel_lets "$@"
}

rogue()
{
	"$lab/bin/rogue-courier" "$a" "$b" "$(vm_uid "$a")" >"$work/rogue-says" 2>"$work/rogue.err" || { cat "$work/rogue.err"; return 1; }
}

did()
{
	grep -qx "$1 $2" "$work/rogue-says" || { cat "$work/rogue-says"; return 1; }
}

nothing_got_through()
{
	local act

	for act in take-write write take-read open-write open-read take-channel; do
		did "$act" no || return 1
	done
}

in_vm_sum()
{
	in_vm "$1" sha256sum "$2" | cut -d ' ' -f 1
}

arrived()
{
	[ "$(in_vm_sum "$b" "Incoming/$a/$1")" = "$sum" ]
}

need "$a is there" need_vm "$a" blue
need "$b is there" need_vm "$b" green
rm -f "$rule_dir/lab.rules"
check "without a rule the kernel stops $a" within 5 kernel_stops "$a" "$b"
need "a courier without checks runs" rogue
check "it reaches nothing of $b" nothing_got_through
check "but what is its own VM's" did own yes

in_vm "$b" rm -rf "Incoming/$a"
in_vm "$a" sh -c 'head -c 3000000 /dev/urandom >big; mkdir -p dir/sub; echo one >dir/1; echo two >dir/sub/2'
sum=$(in_vm_sum "$a" big)
refuse "vmosd sends nothing either" "$b" timeout 60 "$vmos" send "$a:big" "$b"

write_rules <<<"$a $b w"
check "a rule reaches the kernel" within 5 kernel_lets "$a" "$b"
rogue
check "with it the courier gets the end that writes" did take-write yes
check "and writes" did write yes
# Smack asks for r where a file is opened by its name: an inbox can be handed over only, rule or not.
for act in take-read open-write open-read take-channel; do
	check "not more: $act" did "$act" no
done
check "a file is sent" timeout $((120 * patience)) "$vmos" send "$a:big" "$b"
check "and is there, byte for byte" arrived big
check "a folder too" timeout $((120 * patience)) "$vmos" send "$a:dir" "$b"
check "whole" test "$(in_vm "$b" cat "Incoming/$a/dir/sub/2")" = two
refuse "not the other way" "$a" timeout 60 "$vmos" send "$b:.profile" "$a"

write_rules <<<"$a $b -"
check "a rule that is taken back is gone from the kernel" within 5 kernel_stops "$a" "$b"
rogue
check "and the courier without checks is as before" nothing_got_through

write_rules <<<"$b $a r"
check "to fetch is no right to send: the kernel's rule is not there" kernel_stops "$a" "$b"
in_vm "$a" sh -c 'mkdir -p Public; cp big Public/out'
check "$b fetches from $a" timeout $((120 * patience)) "$vmos" fetch "$a:out" "$b"
check "and has it" arrived out
check "after that the kernel stops $a again" within 5 kernel_stops "$a" "$b"
check "the log is whole" "$vmos" log --verify
check "and tells of it" sh -c '"$0" log | grep -q big' "$vmos"
rm -f "$rule_dir/lab.rules"
