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

	pid=$(pids "$1" alpha)
	[ -n "$pid" ] && [ "$pid" != "$2" ] && is_labelled "$pid" "$3" && [ "$(uid_of "$pid")" = "$(vm_uid alpha)" ]
}

check "alpha is there" need_vm alpha blue
check "beta is there" need_vm beta red
a=$(pids qemu-system alpha)
b=$(pids qemu-system beta)
check "kill -9 of vmosd" kill_unit vmosd.service
check "systemd starts it again" within 30 vmosd_is_back
check "alpha and beta run on" test "$(field alpha state) $(field beta state)" = "running running"
check "in the same processes" test "$(pids qemu-system alpha) $(pids qemu-system beta)" = "$a $b"
check "and answer" within 30 in_vm alpha true
check "both of them" within 30 in_vm beta true
check "vmosd has its label again" is_labelled "$(systemctl show -P MainPID vmosd.service)" vmos.manager
pid=$(pids vmos-courier alpha)
check "kill -9 of alpha's courier" kill -9 "$pid"
check "a new one comes, with label and uid" within 20 new_helper vmos-courier "$pid" vmos.alpha.courier
check "and alpha answers" within 20 in_vm alpha true
pid=$(pids vmos-desktop alpha)
check "kill -9 of alpha's desktop" kill -9 "$pid"
check "a new one comes, with label and uid" within 20 new_helper vmos-desktop "$pid" vmos.alpha.desktop
check "alpha runs on in the same process" qemu_is alpha "$a"
check "kill -9 of alpha's QEMU" kill -9 "$a"
check "vmos says that alpha failed" within 20 field_is alpha state failed
check "beta runs on" in_vm beta true
check "alpha starts again" "$vmos" start alpha
