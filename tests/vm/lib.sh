# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Directives of the VM tests. A test file is a list of
#
#   check NAME COMMAND…         one TAP line: ok when the command is true
#   refuse NAME TEXT COMMAND…   ok when the command fails with an error on stderr that contains TEXT
#   skip NAME REASON            one TAP line that says why
#   guest VM COMMAND…           runs it in the VM as its user
#   guest_root VM COMMAND…      as root
#   gout VAR VM COMMAND…        what it prints goes to VAR
#   start_vm VM                 starts it; a second time where the emulator died
#   within SECONDS COMMAND…     tries again until it is true
#   shot NAME [VM]              a picture of the desktop or of one window: $work/NAME.ppm
#
# Everything a test starts lives in $work and ends with the run.

passed=0
failed=0
skipped=0

note()
{
	printf '# %s\n' "${*//$'\n'/$'\n'# }"
}

result()
{
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok $((passed + failed + skipped)) - $2"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed + skipped)) - $2"
	fi
}

check()
{
	local name=$1 out status=0
	shift

	out=$("$@" 2>&1) || status=$?
	[ "$status" = 0 ] || note "$* gave $status" "${out:+$'\n'}$(tail -n 15 <<<"$out")"
	result "$status" "$name"
}

refuse()
{
	local name=$1 text=$2 out status=0
	shift 2

	out=$("$@" 2>&1 >/dev/null) || status=$?
	out=$(grep -v ' …$' <<<"$out")
	if [ "$status" != 0 ] && [[ ${out,,} == *"${text,,}"* ]] && [ "$(wc -l <<<"$out")" -le 12 ]; then
		note "$out"
		result 0 "$name"
	else
		note "$* gave $status and said: $out" "(wanted: a failure that says \"$text\")"
		result 1 "$name"
	fi
}

skip()
{
	skipped=$((skipped + 1))
	echo "ok $((passed + failed + skipped)) - $1 # SKIP $2"
}

within()
{
	local end=$((SECONDS + $1))
	shift

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.3
	done
}

guest()
{
	local vm=$1
	shift
	timeout 60 "$vmos" run "$vm" -- "$@"
}

guest_root()
{
	local vm=$1
	shift
	timeout 60 "$vmos" run "$vm" --root -- "$@"
}

gout()
{
	local -n ret_out=$1
	# shellcheck disable=SC2034 # the caller's variable
	ret_out=$(guest "${@:2}")
}

# Whether the emulator itself died under VM $1, by what libvirt wrote last.
emulator_died()
{
	local said=$XDG_DATA_HOME/vmos/libvirt/log/qemu/$1.log

	tail -n 1 "$said" 2>/dev/null | grep -q 'reason=crashed' && tail -n 90 "$said" | grep -q -e '-accel tcg'
}

# As vmos start. Where processors are emulated, QEMU 7.2 dies in one start of many, by a segmentation fault of its own;
# then once more, which is told.
start_vm()
{
	timeout 300 "$vmos" start "$1" && return
	emulator_died "$1" || return
	note "QEMU died while it emulated $1; once more"
	timeout 300 "$vmos" start "$1"
}

# One field of a VM as vmosd tells it.
field()
{
	"$vmos" show --json "$1" | jq -r ".$2"
}

field_is()
{
	[ "$(field "$1" "$2")" = "$3" ]
}

# pids PROGRAM [VM]: this run's own processes of that name, for a VM by its argument or QEMU's guest=VM.
pids()
{
	local dir argv word

	for dir in /proc/[0-9]*; do
		mapfile -d '' -t argv 2>/dev/null <"$dir/cmdline" || continue
		[[ ${argv[0]:-} == *"$1"* || ${argv[1]:-} == *"/$1"* ]] || continue
		# A sandboxed helper's environment is not readable for an ordinary user; its name must do.
		[ ! -r "$dir/environ" ] || grep -qsF "$work" "$dir/environ" "$dir/cmdline" || continue
		for word in "${argv[@]}"; do
			[ -n "${2:-}" ] && [ "$word" != "$2" ] && [[ $word != "guest=$2,"* ]] && continue
			echo "${dir#/proc/}"
			break
		done
	done
}

# All of it: the first thread may be a zombie while others still hold files and locks.
is_gone()
{
	[ ! -e "/proc/$1" ] || [[ $(awk '{ sub(/.*\) /, ""); print $1, $18 }' "/proc/$1/stat" 2>/dev/null) == @([ZX] [01]|"") ]]
}

has_line()
{
	grep -qF -- "$1" "$2"
}

# --- the desktop ---

# Windows of a VM, one a line: "con_id x y w h app_id".
windows()
{
	swaymsg -t get_tree | jq -r --arg vm "vmos.$1." '.. | objects | select(.app_id? != null)
		| select(.app_id | startswith($vm)) | "\(.id) \(.rect.x) \(.rect.y) \(.rect.width) \(.rect.height) \(.app_id)"'
}

end_vmosd()
{
	local pid

	pid=$(pids vmosd)
	kill "$pid" && within 10 is_gone "$pid"
}

has_windows()
{
	[ "$(windows "$1" | wc -l)" = "$2" ]
}

rect_of()
{
	windows "$1" | awk 'NR == 1 { print $2, $3, $4, $5 }'
}

focus()
{
	local id

	id=$(windows "$1" | awk 'NR == 1 { print $1 }')
	swaymsg -q "[con_id=$id] focus"
	sleep 0.7
}

# press CODE…: keys to the focused window, by their numbers in linux/input-event-codes.h, from an ordinary keymap.
# Left Shift (42) goes first: sway 1.7 loses the first key after a new keymap.
press()
{
	"$build/tests/hostile/keys" 42 "$@"
}

# shellcheck disable=SC2034 # the tests' own
key_escape=1 key_return=28 key_f10=68

# Types a line into the focused window, also letters that the keymap lacks: wtype makes one with them.
type_line()
{
	wtype -k Shift_L -s 150 "$1"
	sleep 0.5
	press "$key_return"
	sleep 1
}

click()
{
	swaymsg -q "seat - cursor set $1 $2"
	sleep 0.3
	swaymsg -q "seat - cursor press ${3:-button1}"
	sleep 0.1
	swaymsg -q "seat - cursor release ${3:-button1}"
}

# The yellow or white ground of a note on the bar of a VM's window; a title has none.
has_note()
{
	local x y w file=$work/note.ppm

	read -r x y w _ < <(rect_of "$1")
	grim -t ppm -g "$((x + 90)),$((y + 6)) $((w - 200))x20" "$file"
	tail -c "$((3 * (w - 200) * 20))" "$file" | od -A n -v -t x1 -w3 | tr -d ' ' | grep -c "$2" >"$work/note.count"
	[ "$(cat "$work/note.count")" -gt 300 ] || { echo "$(cat "$work/note.count") pixels"; return 1; }
}

has_good_note() { has_note "$1" f2f4f8; }
has_bad_note() { has_note "$1" ffc247; }

shot()
{
	local x y w h

	if [ $# = 1 ]; then
		grim -t ppm "$work/$1.ppm"
	else
		read -r x y w h < <(rect_of "$2")
		grim -t ppm -g "$x,$y ${w}x$h" "$work/$1.ppm"
	fi
}

# The pixel of a picture as rrggbb.
pixel()
{
	local file=$work/$1.ppm x=$2 y=$3 width

	width=$(head -n 2 "$file" | tail -n 1 | cut -d ' ' -f 1)
	# The header is three short lines; pixels are the file's last bytes.
	local size rows
	rows=$(head -n 2 "$file" | tail -n 1 | cut -d ' ' -f 2)
	size=$(stat -c %s "$file")
	od -A n -t x1 -j $((size - 3 * width * rows + 3 * (y * width + x))) -N 3 "$file" | tr -d ' \n'
}

# How many bytes of two pictures differ; pictures of different size differ altogether.
differing()
{
	local a b

	a=$(stat -c %s "$work/$1.ppm")
	b=$(stat -c %s "$work/$2.ppm")
	if [ "$a" != "$b" ]; then
		echo "$a"
	else
		{ cmp -l "$work/$1.ppm" "$work/$2.ppm" || true; } | wc -l
	fi
}

looks_same()
{
	[ "$(differing "$1" "$2")" = 0 ]
}

looks_different()
{
	[ "$(differing "$1" "$2")" -gt "${3:-100}" ]
}
