# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work: of inside/lib.sh
# ctl by vsock: a VM without a channel for it, and what goes on when one end of the connection ends.

vm=vsock
peer=work
rules_of_lab=/var/lib/vmos/rules.d/lab.rules

# Its courier holds no memory of a channel.
has_no_region()
{
	local pid

	pid=$(pids vmos-courier "$1")
	[ -n "$pid" ] && ! grep memfd:vmos-ctl "/proc/$pid/maps"
}

has_no_ctl_device()
{
	[ "$(in_vm "$vm" sh -c 'test -e /dev/vmos-ctl || echo none')" = none ]
}

echoes()
{
	[ "$(in_vm "$vm" echo "$1")" = "$1" ]
}

# 20 MiB there and back, byte for byte.
carries()
{
	local sum

	head -c 20M /dev/urandom >"$work/vsock-bytes"
	sum=$(sha256sum <"$work/vsock-bytes")
	[ "$(timeout 300 "$vmos" run "$vm" -- cat <"$work/vsock-bytes" | sha256sum)" = "$sum" ]
}

make_file()
{
	in_vm "$1" sh -c 'head -c 8388608 /dev/urandom >~/from-'"$1"' && sync'
}

# One end has no areas, so that no relay is made: the couriers pass all of it.
sends()
{
	timeout 300 "$vmos" send "$1:from-$1" "$2" &&
		[ "$(in_vm "$1" sh -c "sha256sum <~/from-$1")" = "$(in_vm "$2" sh -c "sha256sum <~/Incoming/$1/from-$1")" ]
}

relays_made()
{
	journalctl -b -o cat -u vmosd | grep -c 'bytes went by a relay'
}

# What a program of the guest says is its own: it takes and gives it by its compositor.
has_clipboard()
{
	printf pasted | in_vm "$vm" sh -c 'cat >/tmp/clip && wl-copy </tmp/clip >/dev/null 2>&1' &&
		[ "$(in_vm "$vm" timeout 20 wl-paste -n)" = pasted ]
}

kill_one()
{
	local pid

	pid=$(pids "$1" "$vm")
	[ -n "$pid" ] && kill -9 "$pid"
}

need "the kernel has vhost-vsock" test -c /dev/vhost-vsock
check "whose node has its label" is_labelled /dev/vhost-vsock vmos.vsock
check "vmos-dial.socket listens" systemctl is-active vmos-dial.socket
refuse "a carrier is channel or vsock" "channel or vsock" "$vmos" create "$vm" --carrier pigeon
need "a VM by vsock is made" "$vmos" create "$vm" --color red --memory 512 --carrier vsock
check "which is told" field_is "$vm" carrier vsock
check "also in words" eval '"$vmos" show "$vm" | grep -qx "Carrier  *vsock"'
check "no QEMU may use the node before it starts" may_not "vmos.$vm.qemu" vmos.vsock rw
need "it starts" timeout 300 "$vmos" start "$vm"
check "while it runs its own may" may "vmos.$vm.qemu" vmos.vsock rw
check "another VM's may not" may_not "vmos.$peer.qemu" vmos.vsock rw
check "its courier has no region" has_no_region "$vm"
check "nor has the guest a device for it" has_no_ctl_device
check "a program runs there" echoes hello
check "its bytes come back whole" carries
check "it has windows all the same" eval '"$vmos" run "$vm" --window -- foot && within 60 windows_are "$vm" 1'
check "and a clipboard" has_clipboard
refuse "the carrier stays while it runs" "Stop it before" "$vmos" set "$vm" --carrier channel
check "$peer is there" need_vm "$peer" green
check "vmosd starts again, with relays" relays_are on
check "and hears both" within 60 eval 'echoes "with relays" && in_vm "$peer" true'
before=$(relays_made)
mkdir -p "${rules_of_lab%/*}"
printf '%s\n' "$vm $peer w" "$peer $vm w" >"$rules_of_lab"
sleep 2
check "files to send" eval 'make_file "$vm" && make_file "$peer"'
check "one goes from it" sends "$vm" "$peer"
check "one comes to it" sends "$peer" "$vm"
check "both by the couriers" [ "$(relays_made)" = "$before" ]
rm "$rules_of_lab"
check "the courier is killed" kill_one vmos-courier
check "the next one has a connection" within 60 echoes "after the courier"
check "vmosd is started again, as it was" relays_are off
check "the connection goes on" within 60 echoes "after vmosd"
refuse "the agent is killed" "" timeout 60 "$vmos" run "$vm" --root -- sh -c 'kill -9 $(pidof vmos-agent); sleep 30'
check "the next one is connected to" within 60 echoes "after the agent"
check "QEMU is killed" kill_one qemu-system
check "which is seen" within 30 field_is "$vm" state failed
check "its QEMU's label may no longer use the node" may_not "vmos.$vm.qemu" vmos.vsock rw
check "it starts again" timeout 300 "$vmos" start "$vm"
check "and hears its host" echoes again
check "no instance of vmos-dial is left" within 20 eval '[ -z "$(systemctl list-units --no-legend --plain "vmos-dial@*")" ]'
check "it stops" timeout 120 "$vmos" stop "$vm"
check "and may not use the node" may_not "vmos.$vm.qemu" vmos.vsock rw
