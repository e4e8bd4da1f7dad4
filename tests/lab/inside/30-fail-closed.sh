# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos, work, smackfs: of inside/lib.sh
# Each condition that VMs rest on, broken once: no VM starts, and the message says why and what to do.

vm=closed
onlycap="_ vmos.manager vmos.libvirt"
rule_dir=/var/lib/vmos/rules.d

protection()
{
	"$vmos" status --json | jq -r ".protections[] | select(.name == \"$1\") | .on, .text"
}

is_on()
{
	local state

	state=$(protection "$1")
	echo "$state"
	[ "${state%%$'\n'*}" = true ]
}

is_off()
{
	local state

	state=$(protection "$1")
	echo "$state"
	[ "${state%%$'\n'*}" = false ]
}

# closed NAME WORDS: with this protection off the VM does not start, no QEMU is there, and vmos says WORDS.
closed()
{
	check "without $1, vmos status says so" is_off "$1"
	refuse "and no VM starts: $2" "$2" timeout 60 "$vmos" start "$vm"
	check "nor is a QEMU of it there" test -z "$(pids qemu-system "$vm")"
	check "it is not running" test "$(field "$vm" state)" = failed
}

# In what vmosd sees of the file system, which is its own.
in_vmosd()
{
	nsenter -t "$(systemctl show -P MainPID vmosd)" -m -- "$@"
}

set_smack()
{
	printf '%s' "$2" >"$smackfs/$1"
}

break_libvirt()
{
	sed -E 's/^(security_driver *=).*/\1 "none"/; s/^(security_(default|require)_confined *=).*/\1 0/' /etc/libvirt/qemu.conf \
		>"$work/qemu.conf"
	mount --bind "$work/qemu.conf" /etc/libvirt/qemu.conf
	systemctl restart libvirtd
}

mend_libvirt()
{
	umount /etc/libvirt/qemu.conf
	systemctl restart libvirtd
}

libvirt_labels_nothing()
{
	protection driver | grep -q 'driver is not in force'
}

no_vm_runs()
{
	[ -z "$(pids qemu-system)" ]
}

check "a VM to try it with" "$vmos" create "$vm" --color red --memory 512
for name in smack smackfs onlycap ptrace xattr rules driver; do
	check "$name is on" is_on "$name"
done
check "with all of them it starts" timeout 200 "$vmos" start "$vm"
check "and stops" "$vmos" stop --force "$vm"

set_smack onlycap -
closed onlycap "/sys/fs/smackfs/onlycap is empty"
set_smack onlycap "$onlycap vmos.$vm.qemu"
closed onlycap "labelled vmos.$vm.qemu could change labels"
set_smack onlycap "_ vmos.libvirt"
closed onlycap "restart vmos-smack"
set_smack onlycap -
check "vmos-smack mends it" systemctl restart vmos-smack
check "so that it is on again" is_on onlycap

for value in 0 1; do
	set_smack ptrace "$value"
	closed ptrace "is $value, not 2"
done
check "vmos-smack mends that" systemctl restart vmos-smack

check "smackfs goes away" in_vmosd umount /sys/fs/smackfs
closed smackfs "smackfs is not mounted"
check "and comes back" in_vmosd mount -t smackfs -o smackfsdef='*' smackfs /sys/fs/smackfs

check "a file system without labels" in_vmosd mount -t ramfs ramfs /var/lib/vmos
closed xattr "does not keep labels"
check "gone again" in_vmosd umount /var/lib/vmos

mkdir -p "$rule_dir"
echo "$vm other w" >"$rule_dir/lab.rules"
check "a rule" is_on rules
printf '%s other w\n%s other wt\n' "$vm" "$vm" >"$rule_dir/lab.rules"
closed rules "$rule_dir/lab.rules:2:"
echo "$vm other w" >"$rule_dir/lab.rules"
chmod 666 "$rule_dir/lab.rules"
closed rules "chmod go-w"
rm "$rule_dir/lab.rules"
check "no rule" is_on rules

"$vmos" list --json | jq -r '.[] | select(.state == "running") | .name' >"$work/running"
while read -r name; do
	"$vmos" stop --force "$name" </dev/null
done <"$work/running"
check "no VM runs" within 20 no_vm_runs
break_libvirt
check "libvirt without its Smack driver" within 60 libvirt_labels_nothing
closed driver "Smack driver is not in force"
mend_libvirt
check "and with it again" within 60 is_on driver

check "the VM starts as if nothing had been" timeout 200 "$vmos" start "$vm"
check "stop it" "$vmos" stop --force "$vm"
check "delete it" "$vmos" delete --yes "$vm"
while read -r name; do
	check "$name runs again" timeout 200 "$vmos" start "$name" </dev/null
done <"$work/running"
