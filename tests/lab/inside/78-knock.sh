# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, lab: of inside/lib.sh
# Who comes to an agent by vsock besides its host, and a host that has none.

vm=vsock
other=vsock-b
knock=$lab/bin/knock

# As root by its user id, with the label of a VM's QEMU and without a capability.
as_qemu()
{
	sh -c 'printf %s "$1" >/proc/self/attr/current && shift && exec setpriv --bounding-set=-all --inh-caps=-all "$@"' \
		sh "vmos.$1.qemu" "${@:2}" 3>&-
}

# knock says 1 where it is hung up on: 0, or that nobody is there, is neither.
is_hung_up_on()
{
	local status=0

	"$@" "$knock" "$(cid_of "$vm")" || status=$?
	[ $status = 1 ]
}

# Whom a guest's root finds at that address: knock says 3 where it cannot come to anybody.
finds_nobody()
{
	local status=0

	timeout 120 "$vmos" run "$other" --root -- sh -c 'cat >/run/knock && chmod 700 /run/knock && exec /run/knock "$1"' \
		sh "$1" <"$knock" || status=$?
	[ $status = 3 ]
}

echoes()
{
	[ "$(in_vm "$vm" echo "$1")" = "$1" ]
}

has_device()
{
	[ "$(in_vm "$vm" sh -c 'test -e /dev/vmos-ctl && echo there')" = there ]
}

# vmosd has a /dev of its own from its start on.
take_away()
{
	mv /dev/vhost-vsock /dev/vhost-vsock.away && systemctl restart vmosd
}

bring_back()
{
	mv /dev/vhost-vsock.away /dev/vhost-vsock && systemctl restart vmosd
}

if [ ! -x "$knock" ]; then
	skip "ctl by vsock" "knock was not built"
	exit 0
fi
need "a VM by vsock runs" need_vm "$vm" red --carrier vsock
check "a user of the host is hung up on" is_hung_up_on as_user
check "so is root, from such a port" is_hung_up_on env
check "and the VM hears its host on" echoes again
check "its QEMU's label opens the node" as_qemu "$vm" sh -c 'exec 9<>/dev/vhost-vsock'
check "another one's does not" eval '! as_qemu work sh -c "exec 9<>/dev/vhost-vsock"'
check "another VM by vsock runs" need_vm "$other" orange --carrier vsock
check "with an address of its own" [ "$(cid_of "$vm")" != "$(cid_of "$other")" ]
check "it does not find the first" finds_nobody "$(cid_of "$vm")"
check "nor anybody on the host" finds_nobody 2
check "the VM hears its host on" echoes "and again"
check "the other one is stopped" "$vmos" stop --force "$other"
check "and removed" "$vmos" delete --yes "$other"
check "the VM stops" timeout 120 "$vmos" stop "$vm"
check "the host's device goes" take_away
refuse "it does not start then" "modprobe vhost_vsock" timeout 120 "$vmos" start "$vm"
refuse "nor is such a VM made" "has no /dev/vhost-vsock" "$vmos" create "$other" --carrier vsock
check "back to the channel" "$vmos" set "$vm" --carrier channel
check "by which it starts" start_vm "$vm"
check "and has the device" has_device
check "the host's device comes back" bring_back
check "the VM is stopped" "$vmos" stop --force "$vm"
check "and removed" "$vmos" delete --yes "$vm"
