# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Frames per second and CPU per frame of a client that draws as fast as it may, beside the same client in the same guest
# that only copies its pixels once; bytes copied; wake-ups of an idle VM's helpers.

seconds=${BENCH_SECONDS:-5}

# The helpers of VM alpha on the host.
helpers()
{
	pids vmos-desktop alpha
	pids vmos-courier alpha
}

# run_case CASE WIDTH HEIGHT [DAMAGE]
run_wayland()
{
	local name=$1 frames ns busy cpu copied pid bytes
	shift

	pid=$(pids vmos-desktop alpha)
	cpu=$(cpu_us "$pid")
	copied=$(field alpha stats.bytes_copied)
	read -r frames ns busy < <(guest alpha /home/user/frames wayland "$1" "$2" "$seconds" "${3:-0}")
	[ "${frames:-0}" -gt 0 ] || { say "$name: no frame"; return; }
	bytes=$(awk -v f="$frames" -v w="${3:-$1}" -v h="${3:-$2}" 'BEGIN { print f * w * h * 4 }')
	add "fps-$name-vmos" "$(awk -v f="$frames" -v ns="$ns" 'BEGIN { print f * 1e9 / ns }')"
	add "cpu-$name-vmos" "$((busy / frames))"
	add "host-$name-vmos" "$((($(cpu_us "$pid") - cpu) / frames))"
	add "copied-$name-host" "$(awk -v c=$(($(field alpha stats.bytes_copied) - copied)) -v b="$bytes" 'BEGIN { print c / b }')"
}

run_local()
{
	local name=$1 frames ns busy
	shift

	read -r frames ns busy < <(guest alpha /home/user/frames local "$1" "$2" "$seconds" "${3:-0}")
	[ "${frames:-0}" -gt 0 ] || return
	add "fps-$name-local" "$(awk -v f="$frames" -v ns="$ns" 'BEGIN { print f * 1e9 / ns }')"
	add "cpu-$name-local" "$((busy / frames))"
}

run_case()
{
	local n name=$1

	for ((n = 0; n < runs; n++)); do
		run_wayland "$@"
		run_local "$@"
	done
	value desktop.fps "$name" vmos 1/s "fps-$name-vmos"
	value desktop.fps "$name" guest-local 1/s "fps-$name-local"
	ratio desktop.fps "$name" vmos guest-local "fps-$name-vmos" "fps-$name-local" '>=0.5'
	value desktop.cpu_us_per_frame "$name" vmos us "cpu-$name-vmos"
	value desktop.cpu_us_per_frame "$name" vmos-host us "host-$name-vmos"
	value desktop.cpu_us_per_frame "$name" guest-local us "cpu-$name-local"
	ratio desktop.cpu_us_per_frame "$name" vmos guest-local "cpu-$name-vmos" "cpu-$name-local" '<=2'
	value desktop.bytes_copied_per_frame "$name" vmos-host "copied/damaged" "copied-$name-host"
}

wakeups()
{
	local pid total=0

	for pid in $(helpers); do
		total=$((total + $(awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$pid/status")))
	done
	echo "$total"
}

idle()
{
	local n before

	"$vmos" run alpha --window -- foot >&2
	sleep 10
	for ((n = 0; n < runs; n++)); do
		before=$(wakeups)
		sleep 10
		add idle "$(awk -v n=$(($(wakeups) - before)) 'BEGIN { print n / 10 }')"
	done
	value desktop.idle_wakeups foot vmos 1/s idle
}

"$vmos" create alpha --color blue >&2
"$vmos" start alpha >&2
timeout 60 "$vmos" run alpha -- sh -c 'cat >/home/user/frames && chmod 700 /home/user/frames' <"$bench/frames"
run_case 480p-full 640 480
run_case 1080p-full 1920 1080
run_case 1080p-64 1920 1080 64
idle
"$vmos" stop --force alpha >&2
"$vmos" delete --yes alpha >&2
