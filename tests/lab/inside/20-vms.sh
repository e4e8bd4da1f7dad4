# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work: of inside/lib.sh
# Two APP VMs under KVM, as a user sees them, and as the kernel does: those that the HOS starts with its desktop.

a=personal
b=work

state=(/var/lib/vmos /run/vmos /var/lib/libvirt /run/libvirt /var/log/libvirt /etc/libvirt)

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

domain_folder()
{
	find /var/lib/libvirt/qemu -maxdepth 1 -name "domain-*-$1"
}

# Everything that a VM owns under its folders has its image label; nothing there is "_".
files_are()
{
	local bad

	labels_under "/var/lib/vmos/vms/$1" "/run/vmos/vms/$1" "$(domain_folder "$1")" >"$work/files"
	# The list of its applications is vmosd's own.
	bad=$(awk -v want="vmos.$1.image" '$1 != ($2 ~ /^.var.lib.vmos.vms.[^\/]*.apps$/ ? "vmos.manager" : want)' "$work/files")
	[ -z "$bad" ] || { echo "$bad"; return 1; }
	[ "$(wc -l <"$work/files")" -ge 5 ]
}

# Sockets: their folder is closed by its label, to whoever the file mode lets through as well.
cannot_reach()
{
	local path=$1 name=$2

	[ -S "$path" ] || { echo "$path is no socket"; return 1; }
	sh -c 'printf %s "$1" >/proc/self/attr/current && exec setpriv --bounding-set=-all --inh-caps=-all stat -- "$2"' \
		sh "vmos.$name.qemu" "$path" >/dev/null 2>"$work/denied" 3>&- && return 1
	grep -q 'Permission denied' "$work/denied"
}

# The memory of both channels, as the process has it open.
memfds_are()
{
	local vm=$1 fd have want n=0 bad=0

	for fd in "/proc/$(pids "$2" "$vm")/fd"/*; do
		case $(readlink "$fd") in
		/memfd:vmos-gui*) want=vmos.$vm.gui ;;
		/memfd:vmos-ctl*) want=vmos.$vm.image ;;
		*) continue ;;
		esac
		n=$((n + 1))
		have=$(fd_label "$fd")
		[ "$have" = "$want" ] || { echo "$(readlink "$fd") is $have, not $want"; bad=1; }
	done
	[ "$n" -ge "$3" ] || echo "only $n channels are open"
	[ "$n" -ge "$3" ] && [ "$bad" = 0 ]
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

# No object of a VM is "_", which every VM may read: the label of all that QEMU has open for writing. Of libvirt it inherits its
# own pid file, by whose lock libvirt sees that it lives, and which is read once, before QEMU is executed, and never again.
nothing_open_is_floor()
{
	local pid fd bad=0 what have

	pid=$(pids qemu-system "$1")
	for fd in "/proc/$pid/fd"/*; do
		what=$(readlink "$fd")
		[[ $what == /* && $what != /dev/* ]] || continue
		[[ $what != /var/log/libvirt/qemu/$1.log && $what != /run/libvirt/qemu/$1.pid ]] || continue
		grep -qE '^flags:.*[12]$' "/proc/$pid/fdinfo/${fd##*/}" || continue
		have=$(fd_label "$fd")
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
	labels_under "${state[@]}" | grep -v 'capabilities\|/monitor\|\.log$\|\.log\.1$\|\.pid$\|domain-[0-9]*-' >"$work/labels-$1"
}

leaves_nothing()
{
	local left

	left=$(find "${state[@]}" -xdev -path "*$1*" ! -name '*.log' ! -path '/var/log/*'; rules "vmos.$1."; virsh list --all --name | grep -x "$1")
	[ -z "$left" ] || { echo "$left"; return 1; }
}

state_of_both()
{
	echo "$a: $(field "$a" state) $(field "$a" last_error); $b: $(field "$b" state) $(field "$b" last_error)"
	[ "$(field "$a" state) $(field "$b" state)" = "running running" ]
}

# As state_of_both. What the desktop does at its start is done once more for a VM that the emulated processor ended.
both_started()
{
	local vm

	state_of_both && return
	for vm in "$a" "$b"; do
		[ "$(field "$vm" state)" = failed ] && [ -z "$again" ] && "$lab/inside/machine-failed" "$vm" || continue
		again=$vm
		note "$vm: $(field "$vm" last_error); once more"
		"$vmos" start "$vm" && "$vmos" run "$vm" --window -- foot
	done
	state_of_both
}

# Through the sockets that vmos makes: the helpers hold no stream of the user's.
comes_back_whole()
{
	head -c 1048576 /dev/urandom >"$work/sent"
	in_vm "$1" cat <"$work/sent" >"$work/back"
	cmp "$work/sent" "$work/back"
}

exits_with()
{
	in_vm "$1" sh -c "exit $2"
	[ $? = "$2" ]
}

# vmos as a user of the host who is nobody's.
outsider()
{
	setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all "$vmos" "$@" 3>&-
}

# A terminal of the host's user, of a size of its own; not by $vmos, whose time limit puts it into the background.
has_terminal()
{
	timeout 60 script -qec "stty rows 31 cols 97; /usr/bin/vmos run $1 -- stty size" /dev/null </dev/null >"$work/terminal"
	grep -q '31 97' "$work/terminal" || { cat "$work/terminal"; return 1; }
}

# The command behind NAME in the menu of a VM, as labwc gets it; menus are for who sits at the desktop.
menu_command()
{
	as_user /usr/libexec/vmos/hos-menu |
		sed -n '/<menu id="vm-'"$1"'"/,/<\/menu>/s/.*label="'"$2"'".*command="\([^"]*\)".*/\1/p'
}

menu_offers()
{
	[ -n "$(menu_command "$@")" ] || { as_user /usr/libexec/vmos/hos-menu; return 1; }
}

# The picture is for people; what labwc draws is not read.
menu_picture()
{
	[ "$(ask key meta_l-spc)" = ok ] && sleep 2 && note "the menu: $(ask picture menu)" && [ "$(ask key esc)" = ok ]
}

# As a card of vmos-center's, by its ground; there is no other program to show it. Looked for while the VM is at it: a card stays
# for some seconds only.
shows_notification()
{
	in_vm "$1" gdbus call --session --dest org.freedesktop.Notifications --object-path /org/freedesktop/Notifications \
		--method org.freedesktop.Notifications.Notify -- lab 0 '' 'Built in a VM' 'and shown by the host' '[]' '{}' 8000 &
	within 60 screen_has '#1b2130' 5000 && wait $! && [ "$(field "$1" stats.notifications)" = 1 ]
}

again=
need "the desktop starts two VMs by itself" within 200 both_started
need "a terminal of VM $a opens" within 120 windows_are "$a" 1
check "and one of $b" within 60 windows_are "$b" 1
check "$a's frame is on the screen" within 20 screen_has "$(field "$a" color)" 500
measured hos-window "$(ask clock)"
check "$b's frame too, of another colour" within 20 screen_has "$(field "$b" color)" 500
note "windows after $(ask clock) ms; ready $(field "$a" stats.ready_ms) and $(field "$b" stats.ready_ms) ms after their power-on"
note "the screen: $(ask picture two-vms)"
for vm in "$a" "$b"; do
	check "$vm runs under KVM" uses_kvm "$vm"
	check "vmos run works in $vm" in_vm "$vm" true
	check "$vm's QEMU: its label, its uid, no privilege" process_is qemu-system "$vm" "vmos.$vm.qemu"
	check "$vm's courier as well" process_is vmos-courier "$vm" "vmos.$vm.courier"
	check "$vm's desktop as well" process_is vmos-desktop "$vm" "vmos.$vm.desktop"
	check "all files and sockets of $vm have its label" files_are "$vm"
	check "the memory of $vm's channels has its labels" memfds_are "$vm" qemu-system 2
	check "in its courier as well" memfds_are "$vm" vmos-courier 1
	check "and in its desktop" memfds_are "$vm" vmos-desktop 1
	check "QEMU of $vm has nothing open for writing but what is the VM's" nothing_open_is_floor "$vm"
done
check "their user ids differ" test "$(vm_uid "$a")" != "$(vm_uid "$b")"
check "the template is shared, and no VM's" templates_are_shared
check "$a may do nothing to $b, says the kernel" apart "$a" "$b"
check "$b may do nothing to $a" apart "$b" "$a"
check "$a's identity cannot read $b's disk" cannot_read "$(vm_uid "$a")" "vmos.$a.qemu" "$(disk_of "$b")"
check "nor $b's identity $a's" cannot_read "$(vm_uid "$b")" "vmos.$b.qemu" "$(disk_of "$a")"
check "nor its monitor" cannot_reach "$(domain_folder "$a")/monitor.sock" "$b"
check "nor its channel" cannot_reach "/run/vmos/vms/$a/gui.sock" "$b"
check "what runs in $a stays there" test "$(in_vm "$a" sh -c 'echo hello >~/mark; cat ~/mark')" = hello
refuse "no mark in $b" "" in_vm "$b" cat /home/user/mark
check "the desktop's menu has the applications of $a" within 60 menu_offers "$a" Foot
check "and opens with a key" menu_picture
as_user sh -c "$(menu_command "$a" Foot)" &
check "what it names opens a window" within 60 windows_are "$a" 2
check "a notification of $a is shown" shows_notification "$a"
note "the card: $(ask picture notification)"
check "the user may use VMs" as_user "$vmos" run "$a" -- true
check "a megabyte goes through a program and comes back whole" comes_back_whole "$a"
check "vmos run exits as the program did" exits_with "$a" 7
check "a program gets a terminal of the size of one's own" has_terminal "$a"
refuse "who is not of its group may not" "you may not do this" outsider stop "$b"
check "stop $a" "$vmos" stop "$a"
remember_labels before
check "no rule of $a stays" test "$(rules "vmos.$a." | grep -vc ' -$')" = 0
check "$a starts again" "$vmos" start "$a"
check "and kept its file" test "$(in_vm "$a" cat /home/user/mark)" = hello
check "stop it by force" "$vmos" stop --force "$a"
remember_labels after
check "all labels are as before the start" same_labels before after
check "delete $a" "$vmos" delete --yes "$a"
check "of $a nothing is left" leaves_nothing "$a"
check "$b runs on" in_vm "$b" true
check "$a can be made anew" "$vmos" create "$a" --color blue
check "and starts" "$vmos" start "$a"
check "with an empty disk" test "$(in_vm "$a" sh -c 'ls -A /home/user/mark 2>/dev/null; echo done')" = "done"
