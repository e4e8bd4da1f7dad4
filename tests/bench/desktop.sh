# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Frames per second and CPU per frame of a client that draws as fast as its compositor takes frames, beside the same
# client in the same guest with a compositor that only copies what changed once, and with none at all (memcpy); bytes
# copied; wake-ups of what serves an idle VM. The desktop's screen is made fast, so that it is not what is measured.

seconds=${BENCH_SECONDS:-4}

# The counters of the guest's compositor: damaged, copied and caught-up bytes.
counters()
{
	# shellcheck disable=SC2016 # the guest's shell expands
	guest_root alpha sh -c 'cd /run/user/1000 && rm -f vmos-stats && kill -USR1 $(pidof vmos-compositor) &&
		for n in 1 2 3 4 5 6 7 8 9; do [ -e vmos-stats ] && break; sleep 0.1; done; cat vmos-stats' |
		awk '{ v[$1] = $2 } END { print v["bytes_damaged"], v["bytes_copied"], v["bytes_caught_up"] }'
}

# add_copies CASE DAMAGED COPIED CAUGHT-UP HOST-COPIED: as they were before; what was copied since, per damaged byte.
# A window's second buffer begins as a copy of the first: that is caught up, once, and again what the host held too long.
add_copies()
{
	local damaged copied caught host

	read -r damaged copied caught < <(counters)
	host=$(field alpha stats.bytes_copied)
	add "copied-$1-guest" "$(awk -v c=$((copied - $3)) -v d=$((damaged - $2)) 'BEGIN { print d ? c / d : "" }')"
	add "caught-$1-guest" "$(awk -v c=$((caught - $4)) -v d=$((damaged - $2)) 'BEGIN { print d ? c / d : "" }')"
	add "copied-$1-host" "$(awk -v c=$((host - $5)) -v d=$((damaged - $2)) 'BEGIN { print d ? c / d : "" }')"
}

# add_frames SERIES: from "FRAMES NANOSECONDS CPU-MICROSECONDS" on standard input.
add_frames()
{
	local frames ns busy

	read -r frames ns busy || return
	[ "${frames:-0}" -gt 0 ] || { say "$1: no frame"; return 1; }
	add "fps-$1" "$(awk -v f="$frames" -v ns="$ns" 'BEGIN { print f * 1e9 / ns }')"
	add "cpu-$1" "$((busy / frames))"
	last_frames=$frames
}

# run_vmos CASE WIDTH HEIGHT [DAMAGE]
run_vmos()
{
	local pid sway cpu sway_cpu before

	pid=$(pids vmos-desktop alpha)
	read -r sway _ <"$work/desktop/sway.pid"
	before=$(counters)" $(field alpha stats.bytes_copied)"
	cpu=$(cpu_us "$pid")
	sway_cpu=$(cpu_us "$sway")
	add_frames "$1-vmos" < <(guest alpha /home/user/frames wayland "$2" "$3" "$seconds" "${4:-0}") || return
	add "cpu-$1-host" "$((($(cpu_us "$pid") - cpu) / last_frames))"
	add "cpu-$1-sway" "$((($(cpu_us "$sway") - sway_cpu) / last_frames))"
	# shellcheck disable=SC2086 # four words
	add_copies "$1" $before
}

run_local()
{
	add_frames "$1-local" < <(guest alpha sh -c "/home/user/one-copy & until [ -S \$XDG_RUNTIME_DIR/one-copy ]; do sleep 0.1; done
		WAYLAND_DISPLAY=one-copy /home/user/frames wayland $2 $3 $seconds ${4:-0}; kill \$!; rm -f \$XDG_RUNTIME_DIR/one-copy*")
	add_frames "$1-memcpy" < <(guest alpha /home/user/frames local "$2" "$3" "$seconds" "${4:-0}")
}

run_case()
{
	local n name=$1

	for ((n = 0; n < runs; n++)); do
		run_vmos "$@"
		run_local "$@"
	done
	value desktop.fps "$name" vmos 1/s "fps-$name-vmos"
	value desktop.fps "$name" guest-local 1/s "fps-$name-local"
	value desktop.fps "$name" memcpy 1/s "fps-$name-memcpy"
	ratio desktop.fps "$name" vmos guest-local "fps-$name-vmos" "fps-$name-local" '>=0.5'
	ratio desktop.fps "$name" vmos memcpy "fps-$name-vmos" "fps-$name-memcpy"
	value desktop.cpu_us_per_frame "$name" vmos us "cpu-$name-vmos"
	value desktop.cpu_us_per_frame "$name" guest-local us "cpu-$name-local"
	value desktop.cpu_us_per_frame "$name" memcpy us "cpu-$name-memcpy"
	value desktop.cpu_us_per_frame "$name" vmos-desktop-on-host us "cpu-$name-host"
	value desktop.cpu_us_per_frame "$name" sway-on-host us "cpu-$name-sway"
	ratio desktop.cpu_us_per_frame "$name" vmos guest-local "cpu-$name-vmos" "cpu-$name-local" '<=2'
	copies "$name"
}

copies()
{
	value desktop.bytes_copied_per_frame "$1" vmos-guest "copied/damaged" "copied-$1-guest" '<=1'
	value desktop.bytes_copied_per_frame "$1" vmos-guest-caught-up "copied/damaged" "caught-$1-guest"
	value desktop.bytes_copied_per_frame "$1" vmos-host "copied/damaged" "copied-$1-host" '=0'
}

# A real application: a terminal that scrolls.
run_text()
{
	local n before

	for ((n = 0; n < runs; n++)); do
		before=$(counters)" $(field alpha stats.bytes_copied)"
		"$vmos" run alpha --window -- foot sh -c 'seq 1 100000' >&2
		sleep 8
		# shellcheck disable=SC2086
		add_copies foot-text $before
	done
	copies foot-text
}

# Context switches of processes, all threads, both kinds.
switches()
{
	local pid

	for pid; do
		cat /proc/"$pid"/task/*/status
	done | awk '/ctxt_switches/ { n += $2 } END { print n }'
}

# idle SERIES PID…: per second.
idle()
{
	local series=$1 before
	shift

	before=$(switches "$@")
	sleep 10
	add "$series" "$(awk -v n=$(($(switches "$@") - before)) 'BEGIN { print n / 10 }')"
}

run_idle()
{
	local n

	"$vmos" run alpha --window -- foot >&2
	sleep 10
	for ((n = 0; n < runs; n++)); do
		# shellcheck disable=SC2046 # pids are words
		idle idle-helpers $(pids vmos-desktop alpha) $(pids vmos-courier alpha)
		# shellcheck disable=SC2046
		idle idle-manager $(pids vmosd)
	done
	value desktop.idle_wakeups foot vmos 1/s idle-helpers '=0'
	value desktop.idle_wakeups foot vmosd 1/s idle-manager '=0'
}

# Fifty windows after vmos-desktop was killed: the host's part, as the guest is a program of the host's.
run_reattach()
{
	local n up shown dir=$work/reattach display=$WAYLAND_DISPLAY

	mkdir -p "$dir" && ln -sfn "$display" "$dir/screen"
	swaymsg -q 'for_window [app_id="^vmos\.reattach\."] floating enable'
	for ((n = 0; n < runs; n++)); do
		read -r up shown < <(XDG_RUNTIME_DIR=$dir WAYLAND_DISPLAY=screen "$bench/reattach" "$build/desktop/vmos-desktop" 50) || return
		add reattach-up "$up"
		add reattach-shown "$shown"
	done
	value desktop.reattach 50-windows vmos-desktop-up ms reattach-up
	value desktop.reattach 50-windows vmos ms reattach-shown '<=300'
}

put_program()
{
	timeout 60 "$vmos" run alpha -- sh -c "cat >/home/user/$1 && chmod 700 /home/user/$1" <"$bench/$1"
}

"$vmos" create alpha --color blue >&2
"$vmos" start alpha >&2
put_program frames
put_program one-copy
run_case 480p-full 640 480
run_case 1080p-full 1920 1080
run_case 1080p-64 1920 1080 64
run_text
run_idle
run_reattach
"$vmos" stop --force alpha >&2
"$vmos" delete --yes alpha >&2
