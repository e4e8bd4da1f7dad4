# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos, work: of inside/lib.sh
# Whoever else is killed: the VMs live on, with their labels.

kill_unit()
{
	kill -9 "$(systemctl show -P MainPID "$1")"
}

vmosd_is_back()
{
	[ "$(systemctl is-active vmosd.service)" = active ] && timeout 20 "$vmos" list >/dev/null 2>&1
}

qemu_is()
{
	[ "$(pids qemu-system "$1")" = "$2" ]
}

new_helper()
{
	local pid

	pid=$(pids "$1" personal)
	[ -n "$pid" ] && [ "$pid" != "$2" ] && is_labelled "$pid" "$3" && [ "$(uid_of "$pid")" = "$(vm_uid personal)" ]
}

# One vmos-wire, the same, in whose namespace both cards are: systemd has kept the connection for the next vmosd.
wire_is()
{
	local have

	have=$(pids vmos-wire)
	echo "vmos-wire: ${have:-none}"
	[ -n "$have" ] && [ "$have" = "$1" ] && [ "$(grep -c '^ *vmos[0-9]' "/proc/$have/net/dev")" = 2 ]
}

need "personal is there" need_vm personal blue
need "work is there" need_vm work green
a=$(pids qemu-system personal)
b=$(pids qemu-system work)
wire=$(pids vmos-wire)
check "their network cards are where no link leads to" wire_is "$wire"
check "kill -9 of vmosd" kill_unit vmosd.service
check "systemd starts it again" within 30 vmosd_is_back
check "personal and work run on" test "$(field personal state) $(field work state)" = "running running"
check "in the same processes" test "$(pids qemu-system personal) $(pids qemu-system work)" = "$a $b"
check "and their cards are where they were" wire_is "$wire"
check "and answer" within 30 in_vm personal true
check "both of them" within 30 in_vm work true
check "vmosd has its label again" is_labelled "$(systemctl show -P MainPID vmosd.service)" vmos.manager
pid=$(pids vmos-courier personal)
check "kill -9 of personal's courier" kill -9 "$pid"
check "a new one comes, with label and uid" within 20 new_helper vmos-courier "$pid" vmos.personal.courier
check "and personal answers" within 20 in_vm personal true
pid=$(pids vmos-desktop personal)
check "kill -9 of personal's desktop" kill -9 "$pid"
check "a new one comes, with label and uid" within 20 new_helper vmos-desktop "$pid" vmos.personal.desktop
check "personal runs on in the same process" qemu_is personal "$a"
check "kill -9 of personal's QEMU" kill -9 "$a"
check "vmos says that personal failed" within 20 field_is personal state failed
check "work runs on" in_vm work true
check "personal starts again" "$vmos" start personal
check "with a card that the vmosd of now had made there" wire_is "$wire"
