# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos: of inside/lib.sh
# boot: lsm=landlock,lockdown,yama
# A kernel that does not decide by Smack: the host comes up, says so, and starts nothing.

vm=shut

failed_with()
{
	local have

	have=$(systemctl show -P ExecMainStatus "$1")
	echo "$1: $(systemctl is-active "$1"), status $have"
	[ "$have" = "$2" ]
}

vmosd_answers()
{
	"$vmos" status --json >/dev/null
}

knows_vm()
{
	"$vmos" show "$vm" >/dev/null
}

smack_is_off()
{
	"$vmos" status --json | jq -e '.protections[] | select(.name == "smack") | .on == false' >/dev/null
}

check "vmos-smack refuses this kernel" within 60 failed_with vmos-smack.service 3
check "and says what to boot" grep -q 'Boot the kernel of the vmOS host' <(journalctl -b -u vmos-smack --no-pager)
# A VM from a time when all was well, as far as it is on the disk.
mkdir -p "/var/lib/vmos/vms/$vm"
timeout 120 systemctl restart vmosd
check "vmosd answers" within 60 vmosd_answers
check "vmos status says that Smack is off" smack_is_off
check "vmosd knows the VM" knows_vm
refuse "and does not start it" "Boot the kernel of the vmOS host" timeout 60 "$vmos" start "$vm"
check "no QEMU is there" test -z "$(pids qemu-system)"
