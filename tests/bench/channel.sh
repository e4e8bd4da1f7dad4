# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Through the channel and back: between a program in a guest and one on the host, which sleep and ring as vmOS's do
# (subject vmos); and as a user meets it: `vmos run` of a program that echoes, with courier and agent in between
# (vmos-run), beside the same program on the host behind a socket. memcpy is a copy of the same bytes in the guest.

sizes="64B 4KiB 64KiB 1MiB"

# An initial RAM disk that holds the far end and the template's own driver.
make_guest()
{
	mkdir -p "$work/far" || return
	cp "$bench/channel-guest" "$work/far/init"
	timeout 60 "$vmos" run alpha -- cat /usr/lib/vmos/vmos_guest.ko >"$work/far/vmos_guest.ko" || return
	(cd "$work/far" && find . | cpio --quiet -o -H newc -R 0:0) >"$work/far.initrd"
}

# The device as libvirt makes it for vmosd.
run_device()
{
	local what size rate kernel host accel=tcg,thread=multi cpu=max,-erms,-fsrm

	[ "$accelerator" != kvm ] || { accel=kvm; cpu=host; }
	kernel=$(find "$XDG_DATA_HOME/vmos/templates" -name kernel | tail -n 1)
	"$bench/channel-host" "$work/far.sock" "$runs" >"$work/far.out" &
	host=$!
	within 5 [ -S "$work/far.sock" ]
	timeout 600 qemu-system-x86_64 -nodefaults -no-user-config -display none -M q35 -accel "$accel" -cpu "$cpu" -smp 2 \
		-m 512 -kernel "$kernel" -initrd "$work/far.initrd" -append "console=ttyS0 quiet panic=-1" \
		-chardev socket,id=far,path="$work/far.sock" -device ivshmem-doorbell,vectors=1,chardev=far \
		-no-reboot -serial "file:$work/far.log" >&2
	wait "$host" || tail -n 5 "$work/far.log" >&2
	while read -r what size rate; do
		add "$what-$size" "$rate"
	done <"$work/far.out"
}

round_trip()
{
	add "run-rtt-$1" "$("$bench/roundtrip" "$2" "$3" "$vmos" run alpha -- cat)"
	add "socket-rtt-$1" "$("$bench/roundtrip" "$2" "$3" cat)"
}

# mib_s SERIES BYTES COMMAND…
mib_s()
{
	local series=$1 bytes=$2 begin
	shift 2

	begin=$(date +%s%N)
	"$@" || return
	add "$series" "$(awk -v b="$bytes" -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print b / 1048576 / (ns / 1e9) }')"
}

run_in()
{
	head -c "$1" /dev/zero | timeout 120 "$vmos" run alpha -- sh -c 'cat >/dev/null'
}

run_out()
{
	timeout 120 "$vmos" run alpha -- head -c "$1" /dev/zero >/dev/null
}

"$vmos" create alpha >&2
"$vmos" start alpha >&2
for ((n = 0; n < runs; n++)); do
	round_trip 64B 64 200
	round_trip 4KiB 4096 200
	round_trip 64KiB 65536 50
	round_trip 1MiB 1048576 10
	mib_s run-in $((256 << 20)) run_in $((256 << 20))
	mib_s run-out $((256 << 20)) run_out $((256 << 20))
done
make_guest
"$vmos" stop --force alpha >&2
run_device

for size in $sizes; do
	value channel.rtt_us "$size" vmos us "rtt-$size"
	value channel.rtt_us "$size" memcpy us "copy-rtt-$size"
	value channel.rtt_us "$size" vmos-run us "run-rtt-$size"
	value channel.rtt_us "$size" host-socket us "socket-rtt-$size"
	ratio channel.rtt_us "$size" vmos memcpy "rtt-$size" "copy-rtt-$size"
	value channel.mib_s "$size" vmos MiB/s "to-host-$size"
	value channel.mib_s "$size" vmos-to-guest MiB/s "to-guest-$size"
	value channel.mib_s "$size" memcpy MiB/s "copy-$size"
	ratio channel.mib_s "$size" vmos memcpy "to-host-$size" "copy-$size"
done
value channel.mib_s stdin vmos-run MiB/s run-in
value channel.mib_s stdout vmos-run MiB/s run-out
"$vmos" delete --yes alpha >&2
