# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# One clear error each, and nothing half-made stays.

nothing_stays()
{
	[ "$("$vmos" list --json | jq -r '.[].name' 2>/dev/null | sort | tr '\n' ' ')" = "web work " ] &&
		[ "$(cd "$XDG_DATA_HOME/vmos/vms" && echo *)" = "web work" ]
}

# A PATH in which QEMU is missing, for a manager of its own.
without_qemu()
{
	local bin=$work/no-qemu/bin

	mkdir -p "$bin" "$work/no-qemu/run" "$work/no-qemu/data/vmos"
	cp -al "$XDG_DATA_HOME/vmos/templates" "$work/no-qemu/data/vmos/"
	chmod 700 "$work/no-qemu/run"
	ln -sf /usr/bin/* "$bin/"
	rm -f "$bin"/qemu-* "$bin"/kvm*
	env PATH="$bin" XDG_DATA_HOME="$work/no-qemu/data" XDG_RUNTIME_DIR="$work/no-qemu/run" \
		XDG_STATE_HOME="$work/no-qemu/state" "$vmos" "$@"
}

without_qemu_start()
{
	without_qemu create first >/dev/null && without_qemu start first
}

for name in '' '-x' 'a b' '../x' 'a/b' 'ü' "$(printf 'n%.0s' {1..41})"; do
	refuse "a VM named '${name:0:12}' is refused" "name" "$vmos" create -- "$name"
done
refuse "a second VM of the same name" "already" "$vmos" create work
refuse "a name that looks like another VM's" "looks the same" "$vmos" create vvork
refuse "an unknown template" "template" "$vmos" create third --template nosuch
refuse "too little memory" "memory" "$vmos" create third --memory 8M
refuse "more memory than the host has" "memory" "$vmos" create third --memory 900000M
refuse "no disk" "disk" "$vmos" create third --disk 0
refuse "too small a disk" "disk" "$vmos" create third --disk 1K
refuse "a carrier that is none" "channel or vsock" "$vmos" create third --carrier pigeon
[ -e /dev/vhost-vsock ] ||
	refuse "vsock on a host without it" "modprobe vhost_vsock" "$vmos" create third --carrier vsock
refuse "a colour that is none" "colo" "$vmos" create third --color bluish
refuse "no processor" "vcpu" "$vmos" create third --vcpus 0
refuse "a network card in session mode" "needs the vmOS host" "$vmos" create third --kind net --pci 03:00.0
refuse "a network card for a VM with windows" "session mode" "$vmos" create third --pci 03:00.0
refuse "what is no address of a card" "no PCI address" "$vmos" create third --kind net --pci eth0
refuse "an unknown VM" "nosuch" "$vmos" start nosuch
refuse "an unknown VM to run in" "nosuch" "$vmos" run nosuch -- true
refuse "deleting a VM that runs" "work" "$vmos" delete --yes work
refuse "an unknown command" "command" "$vmos" frobnicate
refuse "a command without its operand" "usage" "$vmos" start
check "nothing half-made stays" nothing_stays

foreign_architecture()
{
	local from to

	from=$(echo "$XDG_DATA_HOME"/vmos/templates/*/* | head -n 1)
	to=$work/foreign/1
	mkdir -p "$to"
	cp -l "${from%% *}"/* "$to/"
	rm "$to/manifest"
	sed -e 's/^architecture=.*/architecture=s390x/' -e 's/^name=.*/name=foreign/' -e 's/^version=.*/version=1/' "${from%% *}/manifest" >"$to/manifest"
	mv "$work/foreign" "$XDG_DATA_HOME/vmos/templates/"
}

check "set up a template of another machine" foreign_architecture
refuse "a template built for another architecture" "s390x" "$vmos" create third --template foreign
rm -rf "$XDG_DATA_HOME/vmos/templates/foreign"

# The disk of a VM that is off, locked by a QEMU that is not ours.
"$vmos" create third --color green >/dev/null
qemu-io -c 'sleep 40000' "$(field third disk_path)" >/dev/null 2>&1 &
holder=$!
sleep 1
refuse "a private disk already in use" "use" "$vmos" start third
kill "$holder"
wait "$holder" 2>/dev/null

# A guest that never becomes ready: its disk is not a file system of ours.
check "a VM with a short time-out" "$vmos" set third --ready-timeout 3
refuse "a guest that does not become ready in time" "ready" "$vmos" start third
check "it is not left running" within 15 eval '[[ $(field third state) == @(off|failed) ]] && [ -z "$(pids qemu-system third)" ]'
check "the error has the end of its console" eval 'field third last_error | grep -q .'
check "it can be deleted" "$vmos" delete --yes third
check "nothing half-made stays after that either" nothing_stays

refuse "missing QEMU" "qemu" without_qemu_start

# A disk that fills up under a template: only root can make one here.
mkdir "$work/small"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=20M tmpfs "$work/small" 2>/dev/null; then
	refuse "no space for a template" "no space left in $work/small" env XDG_DATA_HOME="$work/small" "$vmos" template build
	check "nothing half-made stays there" eval '[ -z "$(find "$work/small" -type f)" ]'
	umount "$work/small"
else
	skip "no space for a template" "only root can mount a small file system"
fi
