# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work: of inside/lib.sh
# Two APP VMs under KVM, as a user sees them, and as the kernel does.

state=(/var/lib/vmos /run/vmos /var/lib/libvirt /run/libvirt /var/log/libvirt /etc/libvirt)

open_terminal()
{
	as_user setsid "$vmos" run "$1" -- foot </dev/null >"$work/foot-$1.log" 2>&1 &
}

uses_kvm()
{
	local pid

	pid=$(pids qemu-system "$1")
	[ -n "$pid" ] && [ "$(find "/proc/$pid/fd" -lname 'anon_inode:kvm-vm' | wc -l)" = 1 ]
}

# The processes of a VM: label, user id, no capabilities.
process_is()
{
	local pid uid word=$1 vm=$2 want=$3

	pid=$(pids "$word" "$vm")
	uid=$(vm_uid "$vm")
	echo "$word of $vm: process ${pid:-none}"
	[ "$(wc -w <<<"$pid")" = 1 ] || return 1
	is_labelled "$pid" "$want" || return 1
	echo "uid $(uid_of "$pid"), the VM's is $uid; $(grep CapEff "/proc/$pid/status")"
	[ "$(uid_of "$pid")" = "$uid" ] && [ "$uid" -ge 64100 ] && [ "$uid" -le 65499 ] &&
		grep -q '^CapEff:.0000000000000000$' "/proc/$pid/status" && grep -q '^NoNewPrivs:.1$' "/proc/$pid/status" &&
		grep -q '^Seccomp:.2$' "/proc/$pid/status"
}

# Everything that a VM owns under its folders has its image label; nothing there is "_".
files_are()
{
	local bad

	bad=$(labels_under "/var/lib/vmos/vms/$1" "/run/vmos/vms/$1" | awk -v want="vmos.$1.image" '$1 != want')
	[ -z "$bad" ] || { echo "$bad"; return 1; }
	[ "$(labels_under "/var/lib/vmos/vms/$1" "/run/vmos/vms/$1" | wc -l)" -ge 5 ]
}

monitor_is()
{
	local dir

	dir=$(find /var/lib/libvirt/qemu -maxdepth 1 -name "domain-*-$1")
	[ -S "$dir/monitor.sock" ] && is_labelled "$dir/monitor.sock" "vmos.$1.image"
}

# The memory of a channel, as the process has it open.
memfds_are()
{
	local vm=$1 fd bad=0 n=0 want

	for fd in $(find "/proc/$(pids "$2" "$vm")/fd" -lname '/memfd:*'); do
		want=$(readlink "$fd")
		[[ $want == *vmos* ]] || continue
		n=$((n + 1))
		want=$(getfattr --absolute-names --only-values -n security.SMACK64 "$fd" 2>/dev/null)
		echo "$(readlink "$fd"): $want"
		[[ $want == "vmos.$vm."* ]] || bad=1
	done
	[ "$n" -ge 1 ] && [ "$bad" = 0 ]
}

templates_are_shared()
{
	local bad

	bad=$(labels_under /var/lib/vmos/templates | grep -E '/(kernel|initrd|root\.erofs)$' | grep -v '^vmos\.root ')
	[ -z "$bad" ] || { echo "$bad"; return 1; }
	find -L /var/lib/vmos/templates -name root.erofs -perm 0444 | grep -q .
}

# Asks the kernel about every label of one VM against every object label of the other.
apart()
{
	local subject object access

	for subject in qemu courier desktop image gui inbox; do
		for object in qemu image gui courier desktop inbox; do
			for access in r w x a t l; do
				! may "vmos.$1.$subject" "vmos.$2.$object" "$access" || { echo "vmos.$1.$subject may $access vmos.$2.$object"; return 1; }
			done
		done
	done
}

# No object of a VM is "_", which every VM may read: the label of all that QEMU has open for writing.
nothing_open_is_floor()
{
	local pid fd bad=0 what have

	pid=$(pids qemu-system "$1")
	for fd in "/proc/$pid/fd"/*; do
		what=$(readlink "$fd")
		[[ $what == /* && $what != /dev/* ]] || continue
		grep -qE '^flags:.*[12]$' "/proc/$pid/fdinfo/${fd##*/}" || continue
		have=$(getfattr --absolute-names --only-values -n security.SMACK64 "$fd" 2>/dev/null)
		[[ $have == "vmos.$1."* ]] || { echo "fd ${fd##*/} $what is $have"; bad=1; }
	done
	return "$bad"
}

cannot_read()
{
	local file=$3

	# The other VM's own identity: uid, label, no capabilities.
	setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all --bounding-set=-all \
		sh -c 'exec cat -- "$1" >/dev/null' sh "$file" 3>&- && return 1
	# And by the label alone, as root without the power to override it.
	sh -c 'printf %s "$1" >/proc/self/attr/current && exec setpriv --bounding-set=-all --inh-caps=-all head -c 1 -- "$2"' \
		sh "$2" "$file" >/dev/null 2>"$work/denied" 3>&- && return 1
	grep -q 'Permission denied' "$work/denied"
}

disk_of()
{
	echo "/var/lib/vmos/vms/$1/private.qcow2"
}

same_labels()
{
	diff "$work/labels-$1" "$work/labels-$2"
}

remember_labels()
{
	labels_under "${state[@]}" | grep -v 'capabilities\|/monitor\|\.log$\|\.pid$\|domain-[0-9]*-' >"$work/labels-$1"
}

leaves_nothing()
{
	local left

	left=$(find "${state[@]}" -xdev -path "*$1*" ! -name '*.log' ! -path '/var/log/*'; rules "vmos.$1."; virsh list --all --name | grep -x "$1")
	[ -z "$left" ] || { echo "$left"; return 1; }
}

check "create a VM" "$vmos" create alpha --color blue --memory 512
check "create a second one" "$vmos" create beta --color red --memory 512
remember_labels before
begin=$(ask clock)
open_terminal alpha
check "a terminal of VM alpha opens in the session" within 150 windows_are alpha 1
measured hos-window "$(($(ask clock) - begin))"
open_terminal beta
check "and one of beta" within 120 windows_are beta 1
note "ready $(field alpha stats.ready_ms) and $(field beta stats.ready_ms) ms after power-on"
check "alpha's blue frame is on the screen" within 20 screen_has "$(field alpha color)" 500
check "beta's red frame too" within 20 screen_has "$(field beta color)" 500
note "the screen: $(ask picture two-vms)"
for vm in alpha beta; do
	check "$vm runs under KVM" uses_kvm "$vm"
	check "vmos run works in $vm" in_vm "$vm" true
	check "$vm's QEMU: its label, its uid, no privilege" process_is qemu-system "$vm" "vmos.$vm.qemu"
	check "$vm's courier as well" process_is vmos-courier "$vm" "vmos.$vm.courier"
	check "$vm's desktop as well" process_is vmos-desktop "$vm" "vmos.$vm.desktop"
	check "all files and sockets of $vm have its label" files_are "$vm"
	check "$vm's monitor too" monitor_is "$vm"
	check "the memory of $vm's channels too, in QEMU" memfds_are "$vm" qemu-system
	check "QEMU of $vm has nothing open for writing but what is the VM's" nothing_open_is_floor "$vm"
done
check "their user ids differ" test "$(vm_uid alpha)" != "$(vm_uid beta)"
check "the template is shared, and no VM's" templates_are_shared
check "alpha may do nothing to beta, says the kernel" apart alpha beta
check "beta may do nothing to alpha" apart beta alpha
check "alpha's identity cannot read beta's disk" cannot_read "$(vm_uid alpha)" vmos.alpha.qemu "$(disk_of beta)"
check "nor beta's alpha's" cannot_read "$(vm_uid beta)" vmos.beta.qemu "$(disk_of alpha)"
check "what runs in alpha stays there" test "$(in_vm alpha sh -c 'echo hello >~/mark; cat ~/mark')" = hello
refuse "no mark in beta" "" in_vm beta cat /home/user/mark
check "stop alpha" "$vmos" stop alpha
check "stop beta" within 60 "$vmos" stop beta
remember_labels after
check "all labels are as before the start" same_labels before after
check "no rule of alpha stays" test "$(rules vmos.alpha. | grep -vc ' -$')" = 0
check "alpha starts again" "$vmos" start alpha
check "and kept its file" test "$(in_vm alpha cat /home/user/mark)" = hello
check "stop it by force" "$vmos" stop --force alpha
check "delete both" "$vmos" delete --yes alpha beta
check "of alpha nothing is left" leaves_nothing alpha
check "of beta nothing is left" leaves_nothing beta
