# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos: of inside/lib.sh
# libvirtd that keeps silent while vmosd starts: what VMs there are is not known then, and none is touched.

known_is()
{
	"$vmos" status --json | jq -e ".vms_known == $1" >/dev/null
}

# As on a busy machine. The mark is what a vmosd that was killed would have left.
begin_without_answer()
{
	touch /var/lib/vmos/vms/personal/unfinished
	kill -STOP "$libvirtd"
	timeout 90 systemctl restart vmosd.service && known_is false
}

need "personal is there" need_vm personal blue
need "work is there" need_vm work green
libvirtd=$(systemctl show -P MainPID libvirtd.service)
qemus="$(pids qemu-system personal) $(pids qemu-system work)"
check "vmosd starts while libvirtd does not answer" begin_without_answer
refuse "then no VM is made" "libvirtd did not answer" "$vmos" create late
refuse "none is stopped as one that is off" "libvirtd did not answer" "$vmos" stop personal
refuse "nor deleted" "libvirtd did not answer" "$vmos" delete --yes personal
check "and no folder is made or removed" test ! -e /var/lib/vmos/vms/late -a -f /var/lib/vmos/vms/personal/private.qcow2
kill -CONT "$libvirtd"
check "when it answers, vmosd knows its VMs" within 60 known_is true
check "they run on" test "$(field personal state) $(field work state)" = "running running"
check "in the same processes" test "$(pids qemu-system personal) $(pids qemu-system work)" = "$qemus"
check "which answer" within 30 in_vm personal true
check "what looked like an unfinished one is none" test ! -e /var/lib/vmos/vms/personal/unfinished
