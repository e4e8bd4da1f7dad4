# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What of a guest's window comes to the host's screen: frames per second and CPU per frame of a client that draws as fast as
# frames are taken, the time from a key to the pixel it changes, a film, a terminal that scrolls, many windows; by vmOS and by
# what people would use without it, see desktop-subjects.sh. Bytes copied; wake-ups of what serves an idle VM.
#
# DESKTOP_SECONDS is how long each measures (4), DESKTOP_MIB what the terminal scrolls (50), DESKTOP_KEYS how many keys (100),
# DESKTOP_PARTS what is measured, DESKTOP_SUBJECTS of which.

seconds=${DESKTOP_SECONDS:-4}
mib=${DESKTOP_MIB:-50}
keys=${DESKTOP_KEYS:-100}
parts=${DESKTOP_PARTS:-480p-full 1080p-full 1080p-64 latency mpv-360p60 mpv-1080p60 windows foot-scroll idle reattach}

# shellcheck source=tests/bench/desktop-subjects.sh
. "$top/tests/bench/desktop-subjects.sh"

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

# With what is being drawn: frames, CPU and wake-ups of a while.
measure()
{
	local series=$1-$2 frames ns guest_ns host_ns own_ns guest_wakes host_wakes

	# shellcheck disable=SC2046 # pids are words
	echo "measure $seconds" $(subject_pids "$2") >&7
	[ "$2" != guest-local ] || ask_local measure "$seconds" || return
	read -r -t 60 frames _ _ ns guest_ns host_ns own_ns guest_wakes host_wakes <&8
	# what a guest's own screen costs is of the guest
	[ "$2" != guest-local ] || read -r frames _ _ ns _ _ own_ns _ <<<"$answer"
	[ "${frames:-0}" -gt 0 ] || { say "$series: no frame"; return 1; }
	add "fps-$series" "$(awk -v f="$frames" -v ns="$ns" 'BEGIN { print f * 1e9 / ns }')"
	add "guest-$series" "$(awk -v f="$frames" -v ns="$guest_ns" 'BEGIN { print ns / 1000 / f }')"
	add "host-$series" "$(awk -v f="$frames" -v ns="$host_ns" 'BEGIN { print ns / 1000 / f }')"
	add "cpu-$series" "$(awk -v f="$frames" -v ns=$((guest_ns + host_ns)) 'BEGIN { print ns / 1000 / f }')"
	add "screen-$series" "$(awk -v f="$frames" -v ns="$own_ns" 'BEGIN { print ns / 1000 / f }')"
	add "wakes-guest-$series" "$(awk -v f="$frames" -v n="$guest_wakes" 'BEGIN { print n / f }')"
	add "wakes-host-$series" "$(awk -v f="$frames" -v n="$host_wakes" 'BEGIN { print n / f }')"
}

# run_frames CASE SUBJECT WIDTH HEIGHT [DAMAGE [WINDOWS]]
run_frames()
{
	local before

	subject_open "$2"
	[ "$2" != vmos ] || before=$(counters)" $(field alpha stats.bytes_copied)"
	draw "$2" frames "${@:3}"
	ask_of "$2" settle 20 20
	[[ $answer == settled* ]] || say "$1 $2: $answer frames only"
	measure "$1" "$2"
	# shellcheck disable=SC2086 # four words
	[ "$2" != vmos ] || add_copies "$1" $before
	subject_close "$2"
}

# run_keys SUBJECT: 64 x 64 pixels of a big window change at a key press, as when somebody writes.
run_keys()
{
	local seen lost p50 p99

	subject_open "$1"
	draw "$1" frames keys 1920 1080 64
	ask_of "$1" settle 1 20
	sleep 2
	ask_of "$1" keys "$keys"
	read -r seen lost p50 p99 <<<"$answer"
	say "$1: $seen keys seen, $lost lost"
	if [ "${seen:-0}" -ge "$keys" ]; then
		add "p50-$1" "$(awk -v ns="$p50" 'BEGIN { print ns / 1e6 }')"
		add "p99-$1" "$(awk -v ns="$p99" 'BEGIN { print ns / 1e6 }')"
	fi
	subject_close "$1"
}

# A real application: how long a terminal takes to show a long text.
run_scroll()
{
	local took before
	# shellcheck disable=SC2016 # the guest's shell expands
	local scroll='a=$(date +%s%N); seq 10000000 19999999 | head -c '$((mib << 20))'; b=$(date +%s%N); echo $((b - a)) >/tmp/scrolled'

	[ "$1" != vmos ] || before=$(counters)" $(field alpha stats.bytes_copied)"
	subject_open "$1"
	on_guest "$1" 'rm -f /tmp/scrolled'
	draw "$1" foot --window-size-pixels=1200x800 sh -c "$scroll"
	within 300 on_guest "$1" 'test -s /tmp/scrolled'
	took=$(on_guest "$1" 'cat /tmp/scrolled')
	add "scroll-$1" "$(awk -v ns="${took:-0}" 'BEGIN { print ns / 1e9 }')"
	subject_close "$1"
	# shellcheck disable=SC2086 # four words
	[ "$1" != vmos ] || add_copies foot-scroll $before
}

# on_guest SUBJECT LINE: of shell.
on_guest()
{
	case $1 in
	vmos | guest-local) guest alpha sh -c "$2" ;;
	*) peer "$(guest_of "$1")" "$2" ;;
	esac
}

# target SUBJECT FULL SMALL LOCAL: that for a peer, by case, or for the control. A film has as many frames as it has.
target()
{
	case $1,$case in
	guest-local,*) echo "$4" ;;
	*,mpv-*) ;;
	*,1080p-64) echo "$3" ;;
	*) echo "$2" ;;
	esac
}

# What a case has measured: report CASE SUBJECT…
report()
{
	local case=$1 subject
	shift

	for subject; do
		value desktop.fps "$case" "$subject" 1/s "fps-$case-$subject"
		value desktop.cpu_us_per_frame "$case" "$subject" us "cpu-$case-$subject"
		value desktop.cpu_us_per_frame "$case" "$subject/guest" us "guest-$case-$subject"
		value desktop.cpu_us_per_frame "$case" "$subject/host" us "host-$case-$subject"
		value desktop.cpu_us_per_frame "$case" "$subject/screen" us "screen-$case-$subject"
		value desktop.wakeups_per_frame "$case" "$subject/guest" 1 "wakes-guest-$case-$subject"
		value desktop.wakeups_per_frame "$case" "$subject/host" 1 "wakes-host-$case-$subject"
	done
	for subject; do
		[ "$subject" != vmos ] || continue
		ratio desktop.fps "$case" vmos "$subject" "fps-$case-vmos" "fps-$case-$subject" "$(target "$subject" '>=3' '>=10' '>=0.75')"
		ratio desktop.cpu_us_per_frame "$case" vmos "$subject" "cpu-$case-vmos" "cpu-$case-$subject" \
			"$(target "$subject" '<=0.333' '<=0.333' '<=2')"
	done
	copies "$case"
}

copies()
{
	value desktop.bytes_copied_per_frame "$1" vmos-guest "copied/damaged" "copied-$1-guest" '<=1'
	value desktop.bytes_copied_per_frame "$1" vmos-guest-caught-up "copied/damaged" "caught-$1-guest"
	value desktop.bytes_copied_per_frame "$1" vmos-host "copied/damaged" "copied-$1-host" '=0'
}

# run_case FUNCTION CASE WIDTH HEIGHT [DAMAGE]: all subjects in turn.
run_case()
{
	local n subject

	for ((n = 0; n < runs; n++)); do
		for subject in $subjects; do
			"$1" "$2" "$subject" "${@:3}"
		done
	done
	# shellcheck disable=SC2086 # a list
	report "$2" $subjects
}

# Where the player is in the film, in seconds, and how many frames it has left out.
player_at()
{
	on_guest "$1" "tr '\\r' '\\n' </tmp/mpv.log | grep '^at ' | tail -n 1"
}

# film SUBJECT WIDTH HEIGHT: a player shows 60 frames a second for as long as nobody stops it. There is nothing to decode: eight
# frames come to it once, and its filter shows them again and again.
film()
{
	local options="--no-config --vo=wlshm --no-audio --no-osc --osd-level=0 --load-scripts=no --no-ytdl --vf=lavfi=[loop=loop=-1:size=8]"

	# it would have a connection of its own, and waypipe gives a program one only
	options+=" --clipboard-backends-clr"
	# by zimg it would turn each pixel into three numbers and back, which takes longer than all else
	options+=" --sws-allow-zimg=no --sws-fast=yes"
	options+=" --demuxer=rawvideo --demuxer-rawvideo-mp-format=bgr0 --demuxer-rawvideo-fps=60"
	options+=" --demuxer-rawvideo-w=$2 --demuxer-rawvideo-h=$3 --term-status-msg='at \${=time-pos} \${frame-drop-count}'"
	draw "$1" sh -c "frames film $2 $3 8 | mpv $options - >/tmp/mpv.log 2>&1"
}

# run_film CASE SUBJECT WIDTH HEIGHT
run_film()
{
	local before at dropped

	subject_open "$2"
	[ "$2" != vmos ] || before=$(counters)" $(field alpha stats.bytes_copied)"
	film "${@:2}"
	ask_of "$2" settle 60 30
	[[ $answer == settled* ]] || say "$1 $2: $answer frames only"
	at=$(player_at "$2")
	sleep 1
	measure "$1" "$2"
	dropped=$(printf '%s\n' "$at" "$(player_at "$2")" | awk 'NR == 1 { s = $2; n = $3 } NR == 2 && $2 > s { print ($3 - n) / ($2 - s) }')
	[ -z "$dropped" ] || add "dropped-$1-$2" "$dropped"
	# shellcheck disable=SC2086 # four words
	[ "$2" != vmos ] || add_copies "$1" $before
	subject_close "$2"
}

# run_films CASE WIDTH HEIGHT
run_films()
{
	local subject

	run_case run_film "$@"
	for subject in $subjects; do
		value desktop.film_dropped "$1" "$subject" 1/s "dropped-$1-$subject"
	done
}

# Small windows that all draw. A viewer shows them as one picture, so that there is no frame of a window to count.
run_windows()
{
	local n count subject windowed

	windowed=$(tr ' ' '\n' <<<"$subjects" | grep -vxE 'vnc|spice|waypipe-lz4')
	for count in 1 10 50; do
		for ((n = 0; n < runs; n++)); do
			for subject in $windowed; do
				run_frames "windows-$count" "$subject" 320 240 0 "$count"
			done
		done
		for subject in $windowed; do
			value desktop.fps "windows-$count" "$subject" 1/s "fps-windows-$count-$subject"
			value desktop.cpu_us_per_frame "windows-$count" "$subject" us "cpu-windows-$count-$subject"
		done
	done
}

run_latency()
{
	local n subject p

	for ((n = 0; n < runs; n++)); do
		for subject in $subjects; do
			run_keys "$subject"
		done
	done
	for p in p50 p99; do
		for subject in $subjects; do
			value desktop.latency_ms "$p" "$subject" ms "$p-$subject"
		done
		for subject in $subjects; do
			[ "$subject" != vmos ] || continue
			ratio desktop.latency_ms "$p" vmos "$subject" "$p-vmos" "$p-$subject" \
				"$([ "$subject" = guest-local ] && echo '<=1.5' || echo '<=0.5')"
		done
	done
}

run_text()
{
	local n subject

	for ((n = 0; n < runs; n++)); do
		for subject in $subjects; do
			run_scroll "$subject"
		done
	done
	for subject in $subjects; do
		value desktop.scroll_s foot-scroll "$subject" s "scroll-$subject"
	done
	copies foot-scroll
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
	local n up shown dir=$work/reattach

	mkdir -p "$dir" && ln -sfn "$sway" "$dir/screen"
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
	timeout 60 "$vmos" run alpha --root -- sh -c "cat >/usr/local/bin/$1 && chmod 755 /usr/local/bin/$1" <"$bench/$1"
}

"$top/tools/setup" peers >&2
sway=$WAYLAND_DISPLAY # the desktop of the bench; what is measured below draws on a screen of its own
screen_start
# The player is in no other template. What else is measured here does not mind that it is in this one.
"$vmos" template build bench --add mpv >"$work/template-bench.log" 2>&1 || { tail -n 3 "$work/template-bench.log" >&2; return; }
"$vmos" create alpha --color blue --template bench >&2
"$vmos" start alpha >&2
memory=$(($(field alpha memory) >> 20))
put_program frames
put_program screen
local_start
[[ $subjects != *@(waypipe|vnc|spice)* ]] || peers_start || { say "without the peers"; subjects="vmos guest-local"; }
for part in $parts; do
	case $part in
	480p-full) run_case run_frames 480p-full 640 480 ;;
	1080p-full) run_case run_frames 1080p-full 1920 1080 ;;
	1080p-64) run_case run_frames 1080p-64 1920 1080 64 ;;
	latency) run_latency ;;
	mpv-360p60) run_films mpv-360p60 640 360 ;;
	mpv-1080p60) run_films mpv-1080p60 1920 1080 ;;
	windows) run_windows ;;
	foot-scroll) run_text ;;
	idle) run_idle ;;
	*) say "no part '$part'" ;;
	esac
done
exec 5>&-
peers_end
"$vmos" stop --force alpha >&2
"$vmos" delete --yes alpha >&2
