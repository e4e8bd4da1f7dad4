# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Guests of the channel's benchmark and the machine around them: in a network of its own where that can be had, each with
# all devices that this host has. Sourced by channel.sh, and inside the HOS by the lab, where there is less.
#
#   ways_initrd FILE                 the guests' initial RAM disk
#   ways_begin                       the network
#   ways_one ROUNDS TURN_MS          all ways between one guest and the host
#   ways_many GUESTS ROUNDS TURN_MS PAIRS   all ways between two guests; then so many pairs at once
#   ways_end
#
# Both print what channel-host and channel-pairs print, each their own. From whoever sources it: $ways a folder;
# $ways_kernel and $ways_ram what guests boot; $programs where the two programs are; $accelerator; say, within; $ways_only
# which ways beside the channel are measured, if not all.

ways_pids=()
ways_net=()
ways_cards=0
ways_fs=

# Of what channel-peers has built in $peers.
ways_initrd()
{
	mkdir -p "$work/far"
	cp "$programs/channel-guest" "$work/far/init"
	cp -r "$peers/modules" "$work/far/"
	(cd "$work/far" && find . | cpio --quiet -o -H newc -R 0:0) >"$1"
}

# A bridge with the host's address. A kernel without bridges has one card, of the first guest.
ways_begin()
{
	mkdir -p "$ways/share"
	if ! command -v ip >/dev/null || ! unshare --net true 2>/dev/null; then
		say "tcp: left out, a network of its own needs root, and the package iproute2"
		return
	fi
	unshare --net sleep infinity &
	ways_pids+=($!)
	until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.05
	done
	ways_net=(nsenter -t "$!" -n)
	"${ways_net[@]}" ip link set lo up
	ways_bridge=bridge
	"${ways_net[@]}" ip link add bridge type bridge 2>/dev/null || ways_bridge=
	[ -z "$ways_bridge" ] || ways_address bridge
}

ways_address()
{
	"${ways_net[@]}" ip address add 10.9.9.254/24 dev "$1"
	"${ways_net[@]}" ip link set "$1" up
}

# A TAP device for each of so many guests, as far as there can be one; those that are there are left.
ways_tap()
{
	local n

	for ((n = 0; n < $1; n++)); do
		[ ${#ways_net[@]} != 0 ] || return
		[ -n "$ways_bridge" ] || [ "$n" = 0 ] || return
		if [ "$n" -ge "$ways_cards" ]; then
			"${ways_net[@]}" ip tuntap add "tap$n" mode tap || return
			ways_cards=$((n + 1))
		fi
		if [ -n "$ways_bridge" ]; then
			"${ways_net[@]}" ip link set "tap$n" master bridge up
		else
			ways_address "tap$n"
		fi
	done
}

ways_virtiofsd()
{
	local program

	for program in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd; do
		[ ! -x "$program" ] || break
	done
	[ -x "$program" ] || { say "virtiofs: left out, there is no virtiofsd"; return; }
	"$program" "--socket-path=$ways/fs.sock" -o "source=$ways/share,cache=none" >"$ways/virtiofsd.log" 2>&1 &
	if within 10 test -S "$ways/fs.sock"; then
		ways_fs=$!
		ways_pids+=($!)
	else
		say "virtiofs: left out, $(tail -n 1 "$ways/virtiofsd.log")"
	fi
}

# ways_guest N SMP: guest N, in the background. As one of vmOS's it may have a second processor: see build_vcpus() in
# manager/domain_xml.c.
ways_guest()
{
	local n=$1 accel=tcg,thread=multi cpu=max,-erms,-fsrm vhost=off options=()

	# the two that an emulated machine around does not do well
	[ "$accelerator" != kvm ] || { accel=kvm; cpu=host,-x2apic,-tsc-deadline; }
	[ ! -c /dev/vhost-net ] || vhost=on
	[ "$n" -ge "$ways_cards" ] || options+=(-netdev "tap,id=tap,ifname=tap$n,script=no,downscript=no,vhost=$vhost"
		-device "virtio-net-pci,netdev=tap,romfile=,addr=0x9,mac=52:54:00:09:09:$(printf %02x "$n")")
	[ ! -c /dev/vhost-vsock ] || options+=(-device "vhost-vsock-pci,guest-cid=$((100 + n))")
	[ "$2" = 1 ] || options+=(-fsdev "local,id=nine,path=$ways/share,security_model=none"
		-device "virtio-9p-pci,fsdev=nine,mount_tag=share")
	[ "$2" = 1 ] || [ -z "$ways_fs" ] || options+=(-chardev "socket,id=fs,path=$ways/fs.sock"
		-device "vhost-user-fs-pci,chardev=fs,tag=share")
	"${ways_net[@]}" timeout 1800 qemu-system-x86_64 -name "far-$n,debug-threads=on" -nodefaults -no-user-config \
		-display none -M q35,memory-backend=ram -accel "$accel" -cpu "$cpu" -smp "$2,maxcpus=2" -m 256 \
		-object memory-backend-memfd,id=ram,size=256M,share=on -kernel "$ways_kernel" -initrd "$ways_ram" \
		-append "console=ttyS0 quiet panic=-1 no_timer_check eth0=10.0.2.15 eth1=10.9.9.$((1 + n))" \
		-chardev "socket,id=far,path=$ways/far-$n.sock" -device ivshmem-doorbell,vectors=1,chardev=far \
		-device virtio-serial-pci -chardev "socket,id=serial,path=$ways/serial-$n.sock,server=on,wait=off" \
		-device virtserialport,chardev=serial,name=far \
		-netdev user,id=user -device virtio-net-pci,netdev=user,romfile=,addr=0x8 \
		-qmp "unix:$ways/qmp-$n.sock,server=on,wait=off" "${options[@]}" \
		-no-reboot -serial "file:$ways/guest-$n.log" >"$ways/qemu-$n.log" 2>&1 &
	ways_pids+=($!)
}

ways_is_over()
{
	! kill -0 "$1" 2>/dev/null
}

# ways_run GUESTS SMP PROGRAM ARGUMENT…: the host's side, then the guests, until the first one is over. 1: before its time.
ways_run()
{
	local guests=$1 smp=$2 n host first=${#ways_pids[@]}
	shift 2

	rm -f "$ways"/far-*.sock "$ways"/serial-*.sock
	"${ways_net[@]}" "$@" &
	host=$!
	within 10 test -S "$ways/far-$((guests - 1)).sock"
	for ((n = 0; n < guests; n++)); do
		ways_guest "$n" "$smp"
	done
	# a guest that cannot start is not waited for
	wait -n "$host" "${ways_pids[@]:first}"
	within 3 ways_is_over "$host" || kill "$host"
	wait "$host" || { say "$(tail -n 3 "$ways"/guest-*.log "$ways"/qemu-*.log)"; return 1; }
}

# Of NAME[=WORD]… those named in $ways_only, if that says anything.
ways_choose()
{
	local word

	chosen=()
	for word; do
		[[ -z ${ways_only:-} || " $ways_only " == *" ${word%%=*} "* ]] && chosen+=("$word")
	done
}

ways_one()
{
	local words=("virtio-serial=$ways/serial-0.sock" tcp-user=10.0.2.2 virtio-9p=)

	ways_tap 1
	[ "$ways_cards" = 0 ] || words+=(tcp=10.9.9.254)
	ways_virtiofsd
	[ -z "$ways_fs" ] || words+=(virtiofs= "pid=$ways_fs")
	if [ -c /dev/vhost-vsock ]; then
		words+=(vhost-vsock=)
	else
		say "vhost-vsock: left out, there is no /dev/vhost-vsock"
	fi
	ways_choose "${words[@]}"
	ways_run 1 2 "$programs/channel-host" "$ways/far-0.sock" "$1" "$2" "qmp=$ways/qmp-0.sock" "${chosen[@]}"
}

ways_many()
{
	local words=(virtio-serial)

	ways_tap "$1"
	if [ "$ways_cards" -gt 1 ]; then
		words+=(tcp-bridge=10.9.9.2)
	else
		say "tcp-bridge: left out, there is no bridge"
	fi
	[ ! -c /dev/vhost-vsock ] || words+=(vhost-vsock)
	if [ -c /dev/vmos_relay ]; then
		words+=(relay)
	else
		say "relay: left out, there is no /dev/vmos_relay"
	fi
	ways_choose "${words[@]}"
	ways_run "$1" 1 "$programs/channel-pairs" "$ways" "$1" "$2" "$3" "$4" "${chosen[@]}"
}

ways_end()
{
	[ ${#ways_pids[@]} = 0 ] || kill "${ways_pids[@]}" 2>/dev/null
	wait "${ways_pids[@]}" 2>/dev/null
	ways_pids=()
	ways_net=()
	ways_cards=0
	ways_fs=
}
