# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# The ways by which a window of a guest comes to the measuring screen of the host, or, as a control, to none:
#
#   vmos          vmos-compositor, channel, vmos-desktop
#   guest-local   the same screen in vmOS's guest, which copies what is damaged once and hands it to nobody
#   waypipe-none, waypipe-lz4   waypipe on both ends of a virtio-serial port
#   vnc, spice    labwc on the guest's screen (virtio-vga, qxl), QEMU's server, remote-viewer of virt-viewer on the host
#
# A subject is opened, draws what `draw SUBJECT COMMAND…` starts, and is closed. All guests have the same memory, processors
# and client; those of the peers are stopped while they are not measured. xpra is not in Debian 13.

peers=$XDG_CACHE_HOME/vmos/bench-desktop
subjects=${DESKTOP_SUBJECTS:-vmos guest-local waypipe-none waypipe-lz4 vnc spice}

# --- the screens ---

# screen_start: the host's answers at descriptor 8 what is asked at 7.
screen_start()
{
	mkfifo "$work/ask" "$work/answer"
	"$bench/screen" bench <"$work/ask" >"$work/answer" 2>"$work/screen.log" &
	screen_pid=$!
	exec 7>"$work/ask" 8<"$work/answer"
	export WAYLAND_DISPLAY=$XDG_RUNTIME_DIR/bench
	within 5 test -S "$WAYLAND_DISPLAY"
}

# ask WORD…: of the host's screen; the answer is in $answer.
ask()
{
	echo "$*" >&7
	read -r -t $((seconds + 90)) answer <&8 || { say "the screen does not answer: $*"; return 1; }
}

# The guest's screen answers at 6 what is asked at 5.
local_start()
{
	rm -f "$work/local-ask" "$work/local-answer"
	mkfifo "$work/local-ask" "$work/local-answer"
	"$vmos" run alpha -- sh -c 'exec screen local copy' <"$work/local-ask" >"$work/local-answer" &
	exec 5>"$work/local-ask" 6<"$work/local-answer"
}

ask_local()
{
	echo "$*" >&5
	read -r -t $((seconds + 90)) answer <&6 || { say "the guest's screen does not answer: $*"; return 1; }
}

# Of the screen on which a subject is seen.
ask_of()
{
	if [ "$1" = guest-local ]; then
		ask_local "${@:2}"
	else
		ask "${@:2}"
	fi
}

# --- the peers' guests ---

# peer_start NAME ARGUMENT…: a guest that obeys; its QEMU's pid is in $work/peer-NAME.pid.
peer_start()
{
	local name=$1 accel=tcg,thread=multi cpu=max,-erms,-fsrm
	shift

	[ "$accelerator" != kvm ] || { accel=kvm; cpu=host; }
	mkfifo "$work/$name.in" "$work/$name.out"
	qemu-system-x86_64 -nodefaults -no-user-config -name "guest=$name,debug-threads=on" -M q35 -accel "$accel" -cpu "$cpu" \
		-smp 2 -m "$memory" -kernel "$peers/kernel" -initrd "$peers/initrd" \
		-append "console=ttyS0 quiet panic=-1 video=1920x1080" -no-reboot -serial "file:$work/$name.log" \
		-drive "file=$peers/root,format=raw,if=virtio,snapshot=on" -drive "file=$work/programs.tar,format=raw,if=virtio,readonly=on" \
		-device virtio-serial -chardev "pipe,id=control,path=$work/$name" -device virtserialport,chardev=control,name=control \
		"$@" >&2 &
	echo $! >"$work/peer-$name.pid"
}

# peer NAME COMMAND: runs a line of shell in it, waits, and prints what it printed.
peer()
{
	local name=$1 line in=${peer_in[$1]} out=${peer_out[$1]}
	shift

	echo "$*" >&"$in"
	while read -r -t 60 line <&"$out"; do
		[ "${line%% *}" != END ] || return "${line#END }"
		echo "$line"
	done
	say "$name does not answer: $*"
	return 1
}

peer_connect()
{
	local line in out

	exec {in}>"$work/$1.in" {out}<"$work/$1.out"
	peer_in[$1]=$in
	peer_out[$1]=$out
	read -r -t 180 line <&"$out" && [ "$line" = READY ] || { say "the guest of $1 did not start"; return 1; }
}

# A graphical session as somebody would have it who looks at that guest by a viewer.
peer_session()
{
	peer "$1" 'export WLR_RENDERER=pixman LIBSEAT_BACKEND=builtin XDG_RUNTIME_DIR=/run/user; setsid labwc >/run/labwc.log 2>&1 &' &&
		peer "$1" 'for n in $(seq 100); do [ -S /run/user/wayland-0 ] && break; sleep 0.2; done; [ -S /run/user/wayland-0 ]' ||
		{ say "no session in the guest of $1"; peer "$1" 'tail -n 20 /run/labwc.log' >&2; return 1; }
}

peers_start()
{
	declare -gA peer_in peer_out
	"$top/tests/bench/desktop-peers" "$peers" >"$work/peers.log" 2>&1 || { tail -n 3 "$work/peers.log" >&2; return 1; }
	tar -C "$bench" -cf "$work/programs.tar" frames
	vnc_port=$((20000 + $$ % 10000))
	peer_start vnc -device virtio-vga,xres=1920,yres=1080 -vnc "127.0.0.1:$((vnc_port - 5900))" \
		-chardev "socket,id=waypipe,path=$work/waypipe.sock,reconnect=1" -device virtserialport,chardev=waypipe,name=waypipe
	peer_start spice -device qxl-vga,xres=1920,yres=1080,vgamem_mb=32 \
		-spice "unix=on,addr=$work/spice.sock,disable-ticketing=on"
	for name in vnc spice; do
		peer_connect "$name" && peer_session "$name" || return
	done
	for name in vnc spice; do
		peer_stop "$name"
	done
}

peer_pid()
{
	cat "$work/peer-$1.pid"
}

peer_stop()
{
	kill -STOP "$(peer_pid "$1")"
}

peer_go()
{
	kill -CONT "$(peer_pid "$1")"
}

peers_end()
{
	local file

	for file in "$work"/peer-*.pid; do
		[ ! -s "$file" ] || kill -9 "$(cat "$file")" 2>/dev/null
	done
}

# --- subjects ---

# Which of the peers' guests a subject has.
guest_of()
{
	case $1 in
	waypipe-*) echo vnc ;;
	*) echo "$1" ;;
	esac
}

viewer()
{
	GDK_BACKEND=wayland GSETTINGS_BACKEND=memory DBUS_SESSION_BUS_ADDRESS=disabled: NO_AT_BRIDGE=1 \
		remote-viewer --auto-resize=never "$1" >"$work/viewer.log" 2>&1 &
	helper=$!
}

subject_open()
{
	helper=
	case $1 in
	waypipe-*)
		peer_go vnc
		rm -f "$work/waypipe.sock"
		waypipe --compress "${1#waypipe-}" --oneshot --socket "$work/waypipe.sock" client 2>"$work/waypipe.log" &
		helper=$!
		peer vnc "setsid socat -b 1048576 UNIX-LISTEN:/run/wp.sock,unlink-early OPEN:/run/waypipe >/run/socat.log 2>&1 &" >/dev/null
		sleep 1.5 # QEMU looks for the socket once a second
		;;
	vnc) peer_go vnc; viewer "vnc://127.0.0.1:$vnc_port" ;;
	spice) peer_go spice; viewer "spice+unix://$work/spice.sock" ;;
	guest-local) ;;
	esac
}

# draw SUBJECT COMMAND…: starts it in the guest, as a client of what leads to the screen.
draw()
{
	local subject=$1
	shift

	case $subject in
	vmos) "$vmos" run alpha -- "$@" >/dev/null 2>&1 & ;;
	guest-local) "$vmos" run alpha -- env WAYLAND_DISPLAY=local "$@" >/dev/null 2>&1 & ;;
	waypipe-*)
		peer vnc "setsid waypipe --compress ${subject#waypipe-} --oneshot --socket /run/wp.sock server -- $(printf '%q ' "$@") >/run/draw.log 2>&1 &"
		;;
	*) peer "$subject" "WAYLAND_DISPLAY=wayland-0 setsid $(printf '%q ' "$@") >/run/draw.log 2>&1 &" ;;
	esac
}

# Ends a subject's client, and what carried it.
subject_close()
{
	local guest

	guest=$(guest_of "$1")
	case $1 in
	vmos | guest-local) guest alpha sh -c 'kill $(pidof frames foot mpv) 2>/dev/null; true' ;;
	*)
		peer "$guest" 'kill $(pidof frames foot mpv socat waypipe) 2>/dev/null; true' >/dev/null
		[ -z "$helper" ] || kill "$helper" 2>/dev/null
		wait "$helper" 2>/dev/null
		peer_stop "$guest"
		;;
	esac
	within 10 no_windows || say "$1 left a window"
}

no_windows()
{
	ask windows && [ "$answer" = 0 ]
}

# All processes that have part in what a subject shows, but for the screen.
subject_pids()
{
	case $1 in
	vmos) echo "$(pids qemu-system alpha)" "$(pids vmos-desktop alpha)" "$(pids vmos-courier alpha)" "$(pids vmosd)" ;;
	guest-local) pids qemu-system alpha ;;
	*) echo "$(peer_pid "$(guest_of "$1")")" "$helper" ;;
	esac
}
