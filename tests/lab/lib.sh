# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # work, lab_why: of whoever sources this
# Boots the HOS under QEMU and hears what it says: shared by the lab's tests and by the benchmark of its MAC.
#
#   lab_prepare                 takes HOS and tools from the cache, or builds them
#   lab_boot NAME WORDS FILE…   boots with WORDS more on the kernel command line, runs the files of inside/, powers off;
#                               with lab_disk set what is written stays there, else it is forgotten; what is in the
#                               folder lab_more goes beside the programs
#
# Inside, a line goes out by the port "vmos.lab": pass NAME, fail NAME, skip NAME # WHY, note TEXT, begin FILE,
# value SERIES NUMBER, ask WORD… (answered by one line, see lab_answer), end. Whoever sources this file says what
# becomes of them by a function lab_line VERB REST.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${VMOS_BUILD:-$top/build}
lab_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vmos
lab_memory=${LAB_MEMORY:-5120}
# No line for so long: the HOS hangs. A file of tests says sooner what it is doing.
lab_silence=$((240 * ${LAB_PATIENCE:-1}))
lab_qemu=

lab_no_time="no time is left for it in this run: make check-lab LAB=…"

# Whether nothing more is to begin; who runs the lab alone names no time.
lab_is_late()
{
	[ -n "${CHECK_UNTIL:-}" ] && [ "$(date +%s)" -gt "$CHECK_UNTIL" ]
}

lab_say()
{
	echo "# lab: $*" >&2
}

# The HOS: $hos/{vmlinuz,cmdline,hos.raw}. VMOS_HOS names one that is built.
lab_take_hos()
{
	hos=${VMOS_HOS:-$work/hos}
	[ ! -e "$hos/hos.raw" ] || return 0
	lab_say "the HOS image"
	"$top/images/hos/build" --cache "$lab_cache" --kernel lab "$hos" 2>&1 | tee "$work/hos.log" |
		sed -u -n 's/^vmos-progress \([0-9]*\) /# lab: image, \1 %: /p' >&2
	[ "${PIPESTATUS[0]}" = 0 ] || {
		lab_say "no HOS image: $(tail -n 5 "$work/hos.log")"
		return 1
	}
}

# The HOS's own libraries come first: libvirt's must be the one that is tested.
lab_wrapper()
{
	cat <<-'END'
	#!/bin/sh
	LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:$lab/tools/lib exec timeout -k 5 60 "$lab/tools/real/${0##*/}" "$@"
	END
}

# Copies the libraries that programs need, and what those need; libc is the HOS's own.
lab_copy_libraries()
{
	local from=$1 file name
	shift

	for file; do
		for name in $(objdump -p "$file" | awk '$1 == "NEEDED" && $2 !~ /^(libc|libm|ld-linux-x86-64|libvirt.*)\.so/ { print $2 }'); do
			[ -e "$from/$name" ] || continue
			[ ! -e "$work/tools/lib/$name" ] || continue
			cp -L "$from/$name" "$work/tools/lib/"
			lab_copy_libraries "$from" "$from/$name"
		done
	done
}

# What the HOS lacks on purpose, as Debian 13 has it: $tools/{bin,lib}.
lab_take_tools()
{
	local names hash root

	names=$(sed -e "/^#/d" -e "/^$/d" -e "s/[[:space:]].*//" "$top/tests/lab/tools" | sort -u | paste -sd ,)
	hash=$({ cat "$top/tests/lab/tools"; declare -f lab_wrapper lab_copy_libraries; } | sha256sum | cut -c 1-64)
	tools=$lab_cache/lab-tools-$hash
	[ ! -d "$tools" ] || return 0
	lab_say "the tools of the lab, from Debian 13"
	root=$work/tools-root
	mmdebstrap --variant=extract --include="$names" trixie "$root" >"$work/tools.log" 2>&1 || {
		lab_say "no tools: $(tail -n 3 "$work/tools.log")"
		return 1
	}
	mkdir -p "$work/tools/bin" "$work/tools/real" "$work/tools/lib"
	while read -r _ file _; do
		cp -L "$root$file" "$work/tools/real/"
		lab_wrapper >"$work/tools/bin/${file##*/}"
		chmod +x "$work/tools/bin/${file##*/}"
	done < <(sed -e '/^#/d' -e '/^$/d' "$top/tests/lab/tools")
	lab_copy_libraries "$root/usr/lib/x86_64-linux-gnu" "$work/tools/real"/*
	rm -rf "$root"
	mv -T "$work/tools" "$tools" 2>/dev/null || [ -d "$tools" ]
}

# As a program of this machine, with its own libraries and files.
lab_emulator_wrapper()
{
	cat <<-'END'
	#!/bin/sh
	here=$(dirname "$(readlink -f "$0")")
	lib=$here/lib/x86_64-linux-gnu
	export QEMU_MODULE_DIR="$lib/qemu"
	exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$here/qemu-system-x86_64" -L "$here/share/qemu" -L "$here/share/seabios" "$@"
	END
}

# Debian 13's QEMU where this machine's is older and has to emulate a whole one: of the guests within that guest QEMU 7.2
# hangs one start in five, and itself dies now and then. LAB_EMULATOR names one to take instead.
lab_take_emulator()
{
	local root=$work/emulator-root have hash dir

	[ -z "${LAB_EMULATOR:-}" ] || return 0
	LAB_EMULATOR=qemu-system-x86_64
	have=$("$LAB_EMULATOR" --version | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')
	lab_is_emulated && [ "${have:-0}" -lt 10 ] || return 0
	hash=$(declare -f lab_take_emulator lab_emulator_wrapper | sha256sum | cut -c 1-64)
	dir=$lab_cache/lab-emulator-$hash
	LAB_EMULATOR=$dir/qemu
	[ ! -d "$dir" ] || return 0
	lab_say "the emulator of the lab, from Debian 13"
	mmdebstrap --variant=extract --include=qemu-system-x86,qemu-system-data,seabios trixie "$root" >"$work/emulator.log" 2>&1 || {
		lab_say "no emulator: $(tail -n 3 "$work/emulator.log")"
		return 1
	}
	mkdir -p "$work/emulator/share"
	mv "$root/usr/lib" "$root/usr/bin/qemu-system-x86_64" "$work/emulator/"
	mv "$root"/usr/share/{qemu,seabios} "$work/emulator/share/"
	lab_emulator_wrapper >"$work/emulator/qemu"
	chmod +x "$work/emulator/qemu"
	rm -rf "$root"
	mv -T "$work/emulator" "$dir" 2>/dev/null || [ -d "$dir" ]
}

# The disk with the tests, an archive. It is attached by the lab alone; nothing of it is in the HOS.
lab_make_payload()
{
	local dir=$work/payload

	rm -rf "$dir"
	mkdir -p "$dir/bin"
	cp -r "$top/tests/lab/inside" "$top/tests/vm/lib.sh" "$top/tests/vm/net.sh" "$dir/"
	cp -r "$tools" "$dir/tools"
	[ ! -d "$lab_programs" ] || cp -r "$lab_programs/." "$dir/bin/"
	[ -z "${lab_more:-}" ] || cp -r "$lab_more/." "$dir/bin/"
	{
		printf 'LAB_FULL=%q\n' "${LAB_FULL:-}"
		printf 'patience=%q\n' "${LAB_PATIENCE:-1}"
		printf 'LAB_LIMIT=%q\n' "$((600 * ${LAB_PATIENCE:-1}))"
		printf 'LAB_STILL=%q\n' "$((lab_silence - 15))"
		printf 'runs=%q\n' "${RUNS:-3}"
	} >"$dir/settings"
	tar -C "$dir" --owner=0 --group=0 -cf "$work/payload.tar" .
	truncate -s %1M "$work/payload.tar"
}

# Programs of the build that run inside; the benchmark's guest is one of them, alone with the lab's kernel.
lab_take_programs()
{
	local program

	lab_programs=$work/programs
	mkdir -p "$lab_programs" "$work/guest"
	for program in smack-kernel relay rogue-courier wire-ask dma set-clock knock; do
		[ ! -x "$build/tests/lab/$program" ] || cp "$build/tests/lab/$program" "$lab_programs/"
	done
	# What leaves layers out is of the lab alone; the drill beside it is of the same build.
	[ ! -x "$build/confine/vmos-confine-ablation" ] ||
		cp "$build/confine/vmos-confine-ablation" "$build/drill/libvmos-drill.so" "$build/drill/vmos-drill-target" "$lab_programs/"
	lab_cycles=${LAB_CYCLES:-$top/out/libvirt-tests-trixie/lab} # left there by make check-libvirt-trixie
	[ ! -d "$lab_cycles" ] || cp -r "$lab_cycles" "$lab_programs/libvirt"
	[ ! -x "$build/tests/bench/mac-load" ] || {
		cp "$build/tests/bench/mac-load" "$lab_programs/"
		cp "$build/tests/bench/mac-load" "$work/guest/init"
		(cd "$work/guest" && echo init | cpio --quiet -o -H newc -R 0:0) >"$lab_programs/mac.initrd"
		cp "$hos/vmlinuz" "$lab_programs/"
	}
}

lab_prepare()
{
	lab_take_hos && lab_take_tools && lab_take_emulator && lab_take_programs && export LAB_EMULATOR
}

# The unit that starts the tests. It reaches systemd as a credential on the kernel command line.
lab_unit()
{
	cat <<-'END'
	[Unit]
	After=basic.target
	[Service]
	ExecStart=/bin/sh -c 'd=/dev/disk/by-id/virtio-vmos-lab; until [ -e $$d ]; do sleep 0.2; done; \
	mkdir -p /run/vmos-lab && mount -t tmpfs -o mode=755 vmos-lab /run/vmos-lab && tar -C /run/vmos-lab -xf $$d && exec /run/vmos-lab/inside/main'
	END
}

# An emulated processor that enters a guest may lose the interrupt that comes just then: QEMU notes both in one word,
# without a lock. A timer that comes again by itself makes up for it.
lab_words()
{
	! lab_is_emulated || echo "nohz=off highres=off"
}

lab_cmdline()
{
	tr '\n' ' ' <"$hos/cmdline"
	echo "$(lab_words) systemd.set_credential_binary=systemd.extra-unit.vmos-lab.service:$(lab_unit | base64 -w 0)" \
		"systemd.wants=vmos-lab.service console=ttyS0 no_timer_check panic=-1 ${LAB_WORDS:-} $*"
}

lab_is_emulated()
{
	! grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo || [ ! -w /dev/kvm ] ||
		! grep -qs '[Y1]' /sys/module/kvm_{intel,amd}/parameters/nested
}

# Hardware with virtualization lends it where it can, otherwise a whole machine with SVM and an IOMMU is emulated.
lab_accelerator()
{
	if lab_is_emulated; then
		echo "-accel tcg,thread=multi -cpu max,-erms,-fsrm"
	else
		echo "-accel kvm -cpu host"
	fi
}

# The far side of the machine's network card: a program for each connection to 10.0.2.100:80, whose page /slow never ends.
lab_make_far()
{
	cat >"$1" <<-'END'
	#!/bin/sh
	read -r _ path _
	while read -r line && [ "${#line}" -gt 1 ]; do :; done
	if [ "$path" = /slow ]; then
		printf 'HTTP/1.0 200 OK\r\n\r\n'
		while printf '%08000d\n' 0; do sleep 0.2; done
	fi
	printf 'HTTP/1.0 200 OK\r\nContent-Length: 13\r\n\r\nthe far page\n'
	END
	chmod +x "$1"
}

# far DIR COMMAND…: becomes the command, in a network of its own where this machine (10.0.2.2 to the card) has a time
# server and nothing else. Not seen by the machine around, nor by its network.
lab_far()
{
	local dir=$1 apart=(unshare --net)
	shift

	[ "$(id -u)" = 0 ] || apart=(unshare --net --map-root-user)
	echo 0 >"$dir/time.offset"
	# shellcheck disable=SC2016 # of the inner shell
	exec "${apart[@]}" sh -c 'ip link set lo up; "$1" "$2/time.port" "$2/time.offset" & shift 2; exec "$@"' sh \
		"$top/tests/vm/time-server" "$dir" "$@"
}

# Cards: one with a network, 00:10.0, and one that shares its slot, and so its IOMMU group, with another device, 00:11.0.
lab_power_on()
{
	local dir=$1 disk
	shift

	mkfifo "$dir/port.in" "$dir/port.out" "$dir/monitor.in" "$dir/monitor.out"
	disk=${lab_disk:-$dir/hos.qcow2}
	[ -e "$disk" ] || qemu-img create -q -f qcow2 -F raw -b "$(readlink -f "$hos/hos.raw")" "$disk"
	truncate -s 256M "$dir/logs.raw"
	lab_make_far "$dir/far"
	# shellcheck disable=SC2046,SC2086 # options and their values
	lab_far "$dir" "$LAB_EMULATOR" -name vmos-lab -nodefaults -no-user-config -display none -M q35,kernel-irqchip=split \
		$(lab_accelerator) -smp 2 -m "$lab_memory" -device intel-iommu,intremap=on,caching-mode=on,eim=off \
		-kernel "$hos/vmlinuz" -append "$(lab_cmdline "$@")" \
		-drive "if=none,id=hos,file=$disk,discard=unmap" -device virtio-blk-pci,drive=hos,bootindex=1 \
		-drive "if=none,id=lab,file=$work/payload.tar,format=raw,readonly=on" \
		-device virtio-blk-pci,drive=lab,serial=vmos-lab \
		-drive "if=none,id=logs,file=$dir/logs.raw,format=raw" -device virtio-blk-pci,drive=logs,serial=vmos-logs \
		-device virtio-serial-pci -chardev "pipe,id=port,path=$dir/port" -device virtserialport,chardev=port,name=vmos.lab \
		-device VGA,xres=1280,yres=800 \
		-device virtio-keyboard-pci -device virtio-tablet-pci \
		-netdev "user,id=far,guestfwd=tcp:10.0.2.100:80-cmd:$dir/far" \
		-device e1000e,netdev=far,addr=0x10,romfile= \
		-device e1000,addr=0x11,multifunction=on,romfile= -device virtio-rng-pci,addr=0x11.1,multifunction=on \
		-no-reboot -serial "file:$dir/console.log" -chardev "pipe,id=monitor,path=$dir/monitor" -mon chardev=monitor,mode=readline \
		-d cpu_reset -D "$dir/cpu.log" ${LAB_QEMU:-} \
		<>/dev/null >"$dir/qemu.log" 2>&1 &
	lab_qemu=$!
	lab_begin=$(date +%s%N)
	# Both directions are open here too, so that nobody waits for the other to open.
	exec {lab_in}<>"$dir/port.out" {lab_out}<>"$dir/port.in" {lab_monitor}<>"$dir/monitor.in" {lab_drain}<>"$dir/monitor.out"
}

lab_power_off()
{
	local n

	[ -n "$lab_qemu" ] || return 0
	for ((n = 0; n < ${1:-0} * 5; n++)); do
		kill -0 "$lab_qemu" 2>/dev/null || break
		sleep 0.2
	done
	kill -9 "$lab_qemu" 2>/dev/null
	wait "$lab_qemu" 2>/dev/null
	exec {lab_in}<&- {lab_out}<&- {lab_monitor}<&- {lab_drain}<&-
	lab_qemu=
}

# A picture of the screen, by the emulated machine itself: $lab_dir/screen.ppm.
lab_screen()
{
	local file=$lab_dir/${1:-screen}.ppm size=0 now

	rm -f "$file"
	echo "screendump $file" >&"$lab_monitor"
	until now=$(stat -c %s "$file" 2>/dev/null) && [ "$now" -gt 1000 ] && [ "$now" = "$size" ]; do
		size=${now:-0}
		sleep 0.1
		kill -0 "$lab_qemu" 2>/dev/null || return 1
	done
}

# How many pixels of the screen have the colour rrggbb.
lab_pixels()
{
	local hex=$1 header

	lab_screen || { echo 0; return; }
	header=$(head -n 3 "$lab_dir/screen.ppm" | wc -c)
	tail -c +$((header + 1)) "$lab_dir/screen.ppm" | od -A n -v -t x1 -w3 | grep -c "${hex:0:2} ${hex:2:2} ${hex:4:2}"
}

# What the tests inside may ask of the machine they run on. One line back.
lab_answer()
{
	local word=${1#* }

	case ${1%% *} in
	late) if lab_is_late; then echo "$lab_no_time"; else echo no; fi ;;
	pixels) lab_pixels "${word#\#}" ;;
	picture) lab_screen "$word" && echo "$lab_dir/$word.ppm" ;;
	clock) echo $((($(date +%s%N) - lab_begin) / 1000000)) ;;
	key) echo "sendkey $word" >&"$lab_monitor" && echo ok ;;
	timeport) cat "$lab_dir/time.port" ;;
	timeoffset) echo "$word" >"$lab_dir/time.offset" && echo ok ;;
	*) echo "unknown" ;;
	esac
}

# What QEMU itself ended with.
lab_ended()
{
	local status

	wait "$lab_qemu"
	status=$?
	if [ "$status" -gt 128 ]; then
		echo "QEMU got signal $((status - 128))"
	else
		echo "QEMU's exit status $status"
	fi
}

# Hears the lines until the end, the end of QEMU, or silence.
lab_follow()
{
	local line last="nothing" quiet=0 since=$SECONDS

	while true; do
		if ! read -r -t 10 -u "$lab_in" line; then
			kill -0 "$lab_qemu" 2>/dev/null || { lab_why="the HOS powered off ($(lab_ended)) after: $last"; return 1; }
			quiet=$((quiet + 10))
			[ $((quiet % 30)) != 0 ] || lab_say "$((SECONDS - since)) s, after: $last"
			[ "$quiet" -lt "$lab_silence" ] || { lab_why="no word for $quiet s after: $last"; return 1; }
			continue
		fi
		line=${line%$'\r'}
		quiet=0
		last=$line
		case $line in
		end) return 0 ;;
		ask\ *) lab_answer "${line#ask }" >&"$lab_out" ;;
		*) lab_line "${line%% *}" "${line#* }" ;;
		esac
	done
}

lab_collect()
{
	local dir=$1

	mkdir -p "$dir/logs"
	tar -C "$dir/logs" -xf "$dir/logs.raw" 2>/dev/null || lab_say "no logs came out of boot ${dir##*/}"
	rm -f "$dir/hos.qcow2" "$dir/logs.raw" "$dir"/*.in "$dir"/*.out
}

# lab_boot NAME WORDS FILE…: 0 when the HOS said all it had to say.
lab_boot()
{
	local name=$1 words=$2 status=0
	shift 2

	lab_dir=$work/$name
	mkdir -p "$lab_dir"
	lab_make_payload || { lab_why="no payload disk"; return 1; }
	# shellcheck disable=SC2086 # words
	lab_power_on "$lab_dir" "vmos.lab=$(IFS=,; echo "$*")" $words
	lab_follow || status=1
	lab_power_off $((status == 0 ? 60 : 0))
	lab_collect "$lab_dir"
	return "$status"
}

# Whether the emulated machine is why the last boot ended, not what ran in it: QEMU itself died; or the kernel did, with
# flags that no CPU can have, or by a fault that it could not even report. TCG before QEMU 8.0 computes the flags after a
# CMPXCHG16B from another instruction's operands, and an interrupt that comes just then returns with them: that ends one
# boot in some twenty, and is one reason why the lab brings a newer one (lab_take_emulator), with which a guest dies now
# and then.
lab_machine_failed()
{
	local flags

	[[ $lab_why != *"QEMU got signal"* ]] || return 0
	! grep -aq '^Triple fault' "$lab_dir/cpu.log" 2>/dev/null || return 0
	flags=$(grep -aoE -m 1 'EFLAGS: [0-9a-f]{8}' "$lab_dir/console.log" 2>/dev/null) || return
	((0x${flags#EFLAGS: } >> 22))
}
