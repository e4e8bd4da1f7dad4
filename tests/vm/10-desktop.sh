# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, top, build: of tests/vm/run
# Two VMs, two terminals, one desktop: what a user sees and does.

open_terminal()
{
	setsid "$vmos" run "$1" -- foot </dev/null >"$work/foot-$1.log" 2>&1 &
	echo $! >"$work/foot-$1.pid"
}

# The frame goes round the window: all four edges of it have the VM's own colour.
frame_has_colour()
{
	local x y w h want dot

	want=$(field "$1" color)
	read -r x y w h < <(rect_of "$1")
	shot frame
	for dot in "$((x + 1)) $((y + h / 2))" "$((x + w - 2)) $((y + h / 2))" "$((x + w / 2)) $((y + h - 2))" "$((x + w / 2)) $((y + 1))"; do
		# shellcheck disable=SC2086 # two numbers
		[ "#$(pixel frame $dot)" = "$want" ] || { echo "at $dot: #$(pixel frame $dot), not $want"; return 1; }
	done
}

# Draws the top strip of a window as a mask: 1 where the pixel is not of the frame's colour.
name_mask()
{
	local x y w h colour

	colour=$(field "$1" color)
	read -r x y w h < <(rect_of "$1")
	grim -t ppm -g "$((x + 2)),$((y + 2)) $((w - 4))x16" "$work/name.ppm"
	tail -c $((3 * (w - 4) * 16)) "$work/name.ppm" | od -A n -v -t x1 -w3 | tr -d ' ' |
		awk -v c="${colour#\#}" '{ print ($1 == c ? 0 : 1) }'
}

has_name()
{
	[ "$(name_mask "$1" | grep -c 1)" -gt 50 ]
}

names_differ()
{
	! diff -q <(name_mask work) <(name_mask web) >/dev/null
}

file_says()
{
	[ "$(guest "$1" cat "$2" 2>/dev/null)" = "$3" ]
}

has_no_file()
{
	! guest "$1" test -e "$2"
}

columns_change()
{
	local before after

	focus work
	type_line 'stty size >size'
	gout before work cat /home/user/size
	swaymsg -q '[app_id="^vmos\.work\."] resize grow width 200 px'
	sleep 2
	focus work
	type_line 'stty size >size'
	gout after work cat /home/user/size
	echo "before: $before, after: $after"
	[ "${after#* }" -gt "${before#* }" ]
}

begin=$SECONDS
create_begin=$(date +%s%N)
check "create a VM" "$vmos" create work --color blue
create_ms=$((($(date +%s%N) - create_begin) / 1000000))
check "create a second one" "$vmos" create web --color red
note "create took $create_ms ms, its disk holds $(du -k "$(field work disk_path)" | cut -f 1) KiB"
open_terminal work
open_terminal web
check "a terminal of VM work stands on the desktop" within 120 has_windows work 1
check "a terminal of VM web beside it" within 60 has_windows web 1
note "both windows after $((SECONDS - begin)) s; ready after $(field work stats.ready_ms) and $(field web stats.ready_ms) ms"
check "vmos show: work is running" field_is work state running
check "vmos show: its agent is ready" field_is work agent ready
check "vmos show: its desktop is up" field_is work desktop up
sleep 2
shot both

check "the frame of work is blue all around, to the pixel" frame_has_colour work
check "the frame of web is red all around, to the pixel" frame_has_colour web
check "the frames' colours differ" test "$(field work color)" != "$(field web color)"
check "a name stands in the frame of work" has_name work
check "a name stands in the frame of web" has_name web
check "the two names differ" names_differ

focus work
shot work-before work
shot web-before web
type_line 'echo hello-from-the-host >typed'
shot work-after work
shot web-after web
check "text typed into work's window arrives there" within 10 file_says work /home/user/typed hello-from-the-host
check "and in no other VM" has_no_file web /home/user/typed
check "work's window shows it" looks_different work-before work-after
check "web's window shows nothing of it" looks_same web-before web-after
focus web
shot work-before work
type_line 'echo Grüße-Ω >typed'
shot work-after work
check "letters of other alphabets arrive in web" within 10 file_says web /home/user/typed Grüße-Ω
check "work's window shows nothing of it" looks_same work-before work-after
check "a wider window gives the terminal more columns" columns_change

# A real toolkit's popup: the menu of a GTK editor, by keyboard and by pointer.
editor_rect()
{
	windows web | awk '$6 ~ /l3afpad/ { print $2, $3, $4, $5; exit }'
}

editor_shot()
{
	local x y w h

	read -r x y w h < <(editor_rect)
	grim -t ppm -g "$x,$y ${w}x$h" "$work/$1.ppm"
}

focus_editor()
{
	swaymsg -q '[app_id="^vmos\.web\..*l3afpad"] focus'
	sleep 1
}

menu_opens_by_keyboard()
{
	focus_editor
	editor_shot menu-none
	press "$key_f10"
	sleep 2
	editor_shot menu-open
	looks_different menu-none menu-open 3000
}

# Escape goes to the popup: the one on top of a grab has the keyboard.
menu_closes()
{
	press "$key_escape"
	sleep 1.5
	editor_shot menu-closed
	looks_different menu-closed menu-open 3000
}

menu_opens_by_pointer()
{
	local x y w h

	focus_editor
	read -r x y w h < <(editor_rect)
	editor_shot menu-none
	click "$((x + 24))" "$((y + 44))"
	sleep 2
	editor_shot menu-open
	looks_different menu-none menu-open 3000
}

check "a GTK editor opens from web" "$vmos" run web --window -- l3afpad
check "its window stands on the desktop" within 60 has_windows web 2
sleep 3
check "its menu opens by the keyboard" menu_opens_by_keyboard
check "and closes" menu_closes
check "its menu opens by the pointer" menu_opens_by_pointer
check "and closes" menu_closes
check "the compositor's close reaches the editor" eval 'swaymsg -q "[app_id=\"^vmos\\.web\\..*l3afpad\"] kill"; within 15 has_windows web 1'
check "the terminal beside it stays" has_windows web 1
