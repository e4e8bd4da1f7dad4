# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# From power-on to a VM that answers, beside the same root booted by stock systemd and without dm-verity; what a new VM
# costs. All subjects are VMs of vmosd, with the same QEMU, and the same courier tells when the agent is ready.

# variant NAME SED-EXPRESSION: the same template with another kernel command line.
variant()
{
	local from to hidden=$XDG_DATA_HOME/vmos/templates/.$1

	from=$(dirname "$(find "$XDG_DATA_HOME/vmos/templates/debian-13" -name manifest | tail -n 1)")
	to=$hidden/$(basename "$from")
	mkdir -p "$to"
	ln "$from/kernel" "$from/initrd" "$from/root.erofs" "$to/"
	sed -e "s/^name=.*/name=$1/" -e "$2" "$from/manifest" >"$to/manifest"
	mv "$hidden" "$XDG_DATA_HOME/vmos/templates/$1"
	within 10 is_template "$1" && "$vmos" create "$1" --template "$1" --ready-timeout 300 >&2
}

is_template()
{
	"$vmos" template list | grep -q "^$1"
}

# boot VM SERIES
boot()
{
	"$vmos" start "$1" >&2 || return
	add "$2" "$(field "$1" stats.ready_ms)"
	"$vmos" stop --force "$1" >&2
}

# What a distribution calls started: the login on the console, after all that its init does.
boot_stock()
{
	local begin

	begin=$(date +%s%N)
	"$vmos" start stock >&2 || return
	add ready-stock "$(field stock stats.ready_ms)"
	within 120 grep -qa 'login:' "$(field stock console_log)" || say "no login after 120 s"
	add login-stock "$((($(date +%s%N) - begin) / 1000000))"
	"$vmos" stop --force stock >&2
}

first_window()
{
	local begin

	begin=$(date +%s%N)
	"$vmos" run alpha --window -- foot >&2 && within 120 has_windows alpha 1
	add first-window "$((($(date +%s%N) - begin) / 1000000))"
	"$vmos" stop --force alpha >&2
}

# The first one of a new vmosd also waits for libvirt to ask QEMU what it can.
create()
{
	local begin

	begin=$(date +%s%N)
	"$vmos" create alpha >&2
	add "$1" "$(awk -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print ns / 1e9 }')"
	add disk "$(du -sk "$XDG_DATA_HOME/vmos/vms/alpha" | cut -f 1)"
}

create create-cold
for ((n = 0; n < runs; n++)); do
	"$vmos" delete --yes alpha >&2
	create create
done
variant stock 's/^cmdline=/cmdline=vmos.init=\/sbin\/init /'
variant plain '/^cmdline=/s/vmos\.root[a-z]*=[^ ]*//g'
# The first start also formats the disk.
for vm in alpha stock plain; do
	"$vmos" start "$vm" >&2 && "$vmos" stop "$vm" >&2
done
for ((n = 0; n < runs; n++)); do
	boot alpha ready-vmos
	boot_stock
	boot plain ready-plain
done
for ((n = 0; n < runs; n++)); do
	first_window
done
for vm in alpha stock plain; do
	"$vmos" delete --yes "$vm" >&2
done
"$vmos" template remove stock >&2
"$vmos" template remove plain >&2

value start.ready "$accelerator" vmos ms ready-vmos
value start.ready "$accelerator" stock-systemd ms ready-stock
value start.ready "$accelerator" stock-systemd-login ms login-stock
value start.ready "$accelerator" no-verity ms ready-plain
ratio start.ready "$accelerator" vmos stock-systemd ready-vmos ready-stock '<=0.35'
ratio start.ready "$accelerator" vmos stock-systemd-login ready-vmos login-stock '<=0.35'
ratio start.ready "$accelerator" vmos no-verity ready-vmos ready-plain
value start.create warm vmos s create '<=0.5'
value start.create first-of-vmosd vmos s create-cold
value start.disk_kib new vmos KiB disk '<=300'
value start.first_window foot vmos ms first-window
