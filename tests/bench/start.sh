# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# From power-on to a VM that answers, beside the same root booted by stock systemd; what a new VM costs.

# Boots the template as a distribution would, by /sbin/init, to the login on its console.
boot_stock()
{
	local dir begin pid log=$work/stock.log accel=tcg,thread=multi cpu=max,-erms,-fsrm

	dir=$(echo "$XDG_DATA_HOME"/vmos/templates/*/*/manifest)
	dir=$(dirname "${dir%% *}")
	[ "$accelerator" != kvm ] || { accel=kvm; cpu=host; }
	rm -f "$log" "$work/stock.qcow2"
	qemu-img create -q -f qcow2 "$work/stock.qcow2" 8G
	begin=$(date +%s%N)
	qemu-system-x86_64 -nodefaults -no-user-config -display none -M q35 -accel "$accel" -cpu "$cpu" -smp 2 -m 1024 \
		-kernel "$dir/kernel" -initrd "$dir/initrd" \
		-append "console=ttyS0 quiet panic=1 vmos.name=stock vmos.init=/sbin/init $(sed -n 's/^cmdline=//p' "$dir/manifest")" \
		-drive if=none,id=root,format=raw,readonly=on,file="$dir/root.erofs" -device virtio-blk-pci,drive=root,addr=3 \
		-drive if=none,id=disk,format=qcow2,file="$work/stock.qcow2" -device virtio-blk-pci,drive=disk,addr=4 \
		-no-reboot -serial "file:$log" &
	pid=$!
	within 180 grep -qaE 'login:|Reached target .*(Multi-User|Graphical)' "$log" || { say "stock boot: no login after 180 s"; tail -n 5 "$log" >&2; }
	add ready-stock "$((($(date +%s%N) - begin) / 1000000))"
	kill "$pid"
	wait "$pid" 2>/dev/null
}

boot_vmos()
{
	"$vmos" start alpha >&2 || return
	add ready-vmos "$(field alpha stats.ready_ms)"
	"$vmos" stop --force alpha >&2
}

first_window()
{
	local begin

	begin=$(date +%s%N)
	"$vmos" run alpha --window -- foot >&2 && within 120 has_windows alpha 1
	add first-window "$((($(date +%s%N) - begin) / 1000000))"
	"$vmos" stop --force alpha >&2
}

for ((n = 0; n < runs; n++)); do
	begin=$(date +%s%N)
	"$vmos" create alpha >&2
	add create "$(awk -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print ns / 1e9 }')"
	add disk "$(du -sk "$XDG_DATA_HOME/vmos/vms/alpha" | cut -f 1)"
	[ "$n" = $((runs - 1)) ] || "$vmos" delete --yes alpha >&2
done
"$vmos" start alpha >&2 && "$vmos" stop alpha >&2 # the first start also formats the disk
for ((n = 0; n < runs; n++)); do
	boot_vmos
	boot_stock
done
first_window
"$vmos" delete --yes alpha >&2

value start.ready "$accelerator" vmos ms ready-vmos
value start.ready "$accelerator" stock-systemd ms ready-stock
ratio start.ready "$accelerator" vmos stock-systemd ready-vmos ready-stock '<=0.35'
value start.create warm vmos s create
value start.disk_kib new vmos KiB disk
value start.first_window foot vmos ms first-window
