# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, top, build: of tests/vm/run; guests expand their own
# See tests/vm/apps. Each application is a function try_NAME. What is typed is seen by what the program makes of it: a
# file, a title, what it copies. Where only the eye can tell, the desktop's picture must change by so many bytes.

all=(foot xterm l3afpad pcmanfm gnome-text-editor featherpad emacs mpv sopwith firefox libreoffice chromium)
patience=${PATIENCE:-300} # seconds for a first window: a browser on an emulated computer is slow
left=96 top_edge=76 # where each is put

key_tab=15 key_ctrl=29 key_shift=42 key_alt=56 key_up=103 key_down=108 key_space=57
key_a=30 key_c=46 key_e=18 key_f5=63 key_f=33 key_i=23 key_o=24 key_n=49 key_s=31 key_x=45

# The window of the application under test: "con_id x y w h app_id".
app_window()
{
	windows apps | awk -v app="^vmos.apps.$app_id\$" '$6 ~ app { print; exit }'
}

app_is_there()
{
	[ -n "$(app_window)" ]
}

app_is_gone()
{
	! app_is_there
}

on_app()
{
	swaymsg -q "[con_id=$con_id] $*"
}

# A picture of the whole desktop.
picture()
{
	grim "$PICTURES/$app-$1.png"
	grim -t ppm "$work/$1.ppm"
}

# Waits until two pictures a second apart are the same, but for a blinking caret; 20 s at most.
settle()
{
	local n

	[ -z "${moves:-}" ] || { sleep 3; return 0; } # what never settles
	grim -t ppm "$work/settle-a.ppm"
	for ((n = 0; n < 20; n++)); do
		sleep 1
		grim -t ppm "$work/settle-b.ppm"
		looks_different settle-a settle-b 300 || return 0
		mv "$work/settle-b.ppm" "$work/settle-a.ppm"
	done
	return 0
}

# begin APP APP-ID COMMAND…: starts it, and gives it a place and a size.
begin()
{
	app=$1 app_id=$2
	shift 2
	setsid "$vmos" run apps -- "$@" </dev/null >"$work/$app.log" 2>&1 &
	check "$app: a window" within "$patience" app_is_there
	app_is_there || { cat "$work/$app.log"; return 1; }
	read -r con_id _ < <(app_window)
	settle
	picture 1-first
	on_app floating enable
	settle
	on_app resize set 1000 700, move absolute position "$left" "$top_edge", focus
	check "$app: takes the size that it is given" within 30 has_size 1000 700
	settle
	picture 1-sized
	check "$app: stands in the machine's frame" has_frame
}

# A little lower is a program's own will: a terminal's lines, a film's proportions.
has_size()
{
	local w h

	read -r _ _ _ w h _ < <(app_window)
	echo "it is $w × $h"
	[ "$w" -le "$1" ] && [ "$w" -ge "$(($1 - ${slack:-20}))" ] && [ "$h" -le "$2" ] && [ "$h" -ge "$(($2 - ${slack:-20}))" ]
}

has_frame()
{
	local x y w h want dot

	want=$(field apps color)
	read -r _ x y w h _ < <(app_window)
	for dot in "$((x + 1)) $((y + h / 2))" "$((x + w - 2)) $((y + h / 2))" "$((x + w / 2)) $((y + h - 2))"; do
		# shellcheck disable=SC2086 # two numbers
		[ "#$(pixel 1-sized $dot)" = "$want" ] || { echo "at $dot: #$(pixel 1-sized $dot), not $want"; return 1; }
	done
}

# changes FROM TO LEAST [MOST]: waits until the desktop has changed by so much since picture FROM, then settles.
changes()
{
	local n

	for ((n = 0; n < 60; n++)); do
		sleep 1
		grim -t ppm "$work/$2.ppm"
		looks_different "$1" "$2" "$3" && break
	done
	settle
	picture "$2"
	looks_different "$1" "$2" "$3"
}

# comes_back BEFORE OPEN AFTER: little is left of what lay open; where the keyboard's focus is may show.
comes_back()
{
	local left

	grim -t ppm "$work/$3.ppm"
	left=$(differing "$1" "$3")
	[ "$left" -lt 3000 ] || [ "$left" -lt $(($(differing "$1" "$2") / 4)) ]
}

type_text()
{
	on_app focus
	sleep 0.5
	wtype -k Shift_L -s 150 "$1"
	settle
	picture 2-text
}

clipboard_has()
{
	local got

	got=$(guest apps timeout 10 wl-paste -n 2>&1)
	echo "it holds: $got"
	[[ $got == *"$1"* ]]
}

# Types it, and has the program copy all that it holds.
copies()
{
	type_text "$1"
	press "$key_ctrl+$key_a" "$key_ctrl+$key_c"
	within 30 clipboard_has "$1"
}

file_has()
{
	guest apps grep -qF -- "$2" "/home/user/$1"
}

# saves FILE TEXT [KEYS…]: types it into an editor that has FILE open.
saves()
{
	local file=$1 text=$2
	shift 2

	type_text "$text"
	press "${@:-$key_ctrl+$key_s}"
	within 30 file_has "$file" "$text"
}

title_has()
{
	swaymsg -t get_tree | jq -e --argjson id "$con_id" --arg text "$1" \
		'.. | objects | select(.id? == $id) | .name | contains($text)' >/dev/null
}

# popup KIND COMMAND…: something opens above the window, and Escape closes it.
popup_comes()
{
	on_app focus
	sleep 0.5
	picture "$kind-before"
	"$@"
	changes "$kind-before" "$kind" 5000 # the pointer alone, elsewhere, makes up to 3000
}

popup_goes()
{
	"$@"
	within 60 comes_back "$kind-before" "$kind" "$kind-closed"
}

popup()
{
	kind=$1
	shift
	check "$app: a $kind opens" popup_comes "$@"
	check "$app: Escape closes it" popup_goes press "$key_escape"
}

# What waits for the pointer only.
tooltip()
{
	kind=tooltip
	check "$app: a tooltip appears" popup_comes point "$@"
	check "$app: it goes with the pointer" popup_goes point 990 690
}

# Pointing, in the window's own coordinates; a move by two steps is one for every toolkit.
point()
{
	swaymsg -q "seat - cursor set $((left + $1 - 4)) $((top_edge + $2 - 4))"
	sleep 0.2
	swaymsg -q "seat - cursor set $((left + $1)) $((top_edge + $2))"
}

right_click()
{
	click "$((left + $1))" "$((top_edge + $2))" button3
}

left_click()
{
	click "$((left + $1))" "$((top_edge + $2))"
}

# Other windows of the VM that float, as those with a parent do: app ids.
dialogs()
{
	swaymsg -t get_tree | jq -r --argjson id "$con_id" '.. | objects | select(.type? == "floating_con" and .id != $id)
		| .app_id | select(. and startswith("vmos.apps."))'
}

dialog_is_there()
{
	[ -n "$(dialogs)" ]
}

dialog_is_gone()
{
	! dialog_is_there
}

dialog_comes()
{
	on_app focus
	sleep 0.5
	"$@"
	within 60 dialog_is_there && settle && picture dialog
}

dialog()
{
	check "$app: a dialog with a parent opens" dialog_comes "$@"
	press "$key_escape"
	check "$app: Escape closes it" within 60 dialog_is_gone
}

end()
{
	on_app resize set 640 480
	check "$app: becomes smaller" within 30 has_size "${1:-640}" "${2:-480}"
	settle
	picture 4-small
	on_app kill
	check "$app: ends when it is closed" within 60 app_is_gone
	within 5 has_windows apps 0 || end_all
}

# Questions whether to save are windows, too.
end_all()
{
	guest apps sh -c 'for d in /proc/[0-9]*; do [ "$(stat -c %u "$d")" != 1000 ] || case $(cat "$d/comm") in
		vmos-*|Xwayland|dbus-*|sh) ;; *) kill -9 "${d#/proc/}" ;; esac; done' >/dev/null 2>&1
	within 20 has_windows apps 0
}

# drag X1 Y1 X2 Y2: on the desktop, as slowly as a hand.
drag()
{
	local step steps=()

	for step in 1 2 3 4 5 6 7 8; do
		steps+=(move "$(($1 + ($3 - $1) * step / 8))" "$(($2 + ($4 - $2) * step / 8))" sleep 150)
	done
	"$build/tests/hostile/pointer" 1600 900 move "$(($1 - 4))" "$2" move "$1" "$2" sleep 300 down sleep 300 "${steps[@]}" \
		sleep 1500 up sleep 300 &
	sleep 3.3
	picture drag
	wait $!
}

# A terminal's line, by the keys of an ordinary keymap: programs of X11 read keys by the keymap of the next call.
keys_line=(18 46 35 24 57 45 57 42+52 20 28) # echo x >t

echoes()
{
	guest apps rm -f /home/user/t
	on_app focus
	sleep 0.5
	"$@"
	within 30 file_has t "$said"
}

try_foot()
{
	begin foot foot foot || return
	said=Grüße-Ω
	check "foot: what is typed arrives" echoes type_line "echo Grüße-Ω >t; cat t"
	picture 2-text
	end
}

# Its menus are X11's: open as long as the button is held.
xterm_menu()
{
	swaymsg -q "seat - cursor set $((left + 300)) $((top_edge + 200))"
	"$build/tests/hostile/keys" "$key_shift" "$key_ctrl@4000" &
	sleep 1.5
	swaymsg -q "seat - cursor press button1"
	wait $!
}

try_xterm()
{
	begin xterm XTerm xterm -fa DejaVuSansMono || return
	said=x
	check "xterm: what is typed arrives" echoes press "${keys_line[@]}"
	picture 2-text
	kind=menu
	check "xterm: a menu of X11 opens while the button is held" popup_comes xterm_menu
	check "xterm: it goes with the button" popup_goes swaymsg -q "seat - cursor release button1"
	end
}

# The text of one editor's window, dragged into that of another one.
drag_of_text()
{
	local x y w h

	guest apps sh -c 'echo dragged-text >/home/user/from.txt; : >/home/user/to.txt'
	"$vmos" run apps --window -- l3afpad /home/user/from.txt
	within 60 has_windows apps 2 || return 1
	settle
	read -r _ x y w h _ < <(windows apps | grep -v "^$con_id ")
	on_app resize set 700 500, move position "$((x > 800 ? 40 : 850))" 350
	settle
	swaymsg -q "[app_id=\"^vmos\\.apps\\..*l3afpad\" con_id=$(windows apps | awk -v id="$con_id" '$1 != id { print $1 }')] focus"
	sleep 1
	press "$key_ctrl+$key_a"
	sleep 1
	drag "$((x + 45))" "$((y + 68))" "$((x > 800 ? 300 : 1100))" 500
	sleep 2
	on_app focus
	sleep 0.5
	press "$key_ctrl+$key_s"
	within 20 file_has to.txt dragged-text
}

try_l3afpad()
{
	guest apps sh -c ': >/home/user/to.txt'
	begin l3afpad '.*l3afpad' l3afpad /home/user/to.txt || return
	check "l3afpad: what is typed is saved" saves to.txt 'Grüße Ω'
	popup menu press "$key_f10"
	dialog press "$key_ctrl+$key_o"
	check "l3afpad: text is dragged from one window to another" drag_of_text
	end_all
	begin l3afpad '.*l3afpad' l3afpad /home/user/to.txt && end
}

try_pcmanfm()
{
	begin pcmanfm pcmanfm pcmanfm || return
	tooltip 210 77
	popup menu right_click 600 400
	dialog press "$key_alt+$key_e" "$key_up" "$key_return" # the last row of its menu Edit
	end
}

try_gnome-text-editor()
{
	guest apps sh -c ': >/home/user/gnome.txt'
	begin gnome-text-editor org.gnome.TextEditor gnome-text-editor /home/user/gnome.txt || return
	check "gnome-text-editor: what is typed is saved" saves gnome.txt 'Grüße Ω'
	popup menu press "$key_f10"
	dialog press "$key_ctrl+$key_o"
	end
}

try_featherpad()
{
	guest apps sh -c ': >/home/user/qt.txt'
	begin featherpad featherpad featherpad /home/user/qt.txt || return
	check "featherpad: what is typed is saved" saves qt.txt 'Grüße Ω'
	popup menu press "$key_alt+$key_f"
	tooltip 25 72
	dialog press "$key_ctrl+$key_o"
	end
}

try_emacs()
{
	guest apps sh -c ': >/home/user/emacs.txt'
	slack=40
	begin emacs '[Ee]macs' emacs -Q /home/user/emacs.txt || return
	check "emacs: what is typed is saved" saves emacs.txt 'Grüße Ω' "$key_ctrl+$key_x" "$key_ctrl+$key_s"
	popup menu press "$key_f10"
	end
	slack=''
}

is_inhibiting()
{
	swaymsg -t get_tree | jq -e --argjson id "$con_id" '.. | objects | select(.id? == $id) | .inhibit_idle' >/dev/null
}

takes_a_picture()
{
	on_app focus
	press "$key_s"
	within 30 guest apps sh -c 'ls /home/user/mpv-shot*'
}

fills_the_screen()
{
	on_app focus
	press "$key_f"
	within 30 has_size 1600 900 && settle && picture 2-fullscreen
}

try_mpv()
{
	slack=150 moves=1
	begin mpv mpv mpv --no-config --loop-file=inf 'av://lavfi:testsrc2=size=640x360:rate=10' || return
	check "mpv: keeps the screen on" within 20 is_inhibiting
	check "mpv: obeys a key" takes_a_picture
	check "mpv: fills the screen" fills_the_screen
	press "$key_f"
	check "mpv: and comes back" within 30 has_size 1000 700
	end
	slack='' moves=''
}

plays()
{
	on_app focus
	picture 2-before
	press "$key_s"
	sleep 2
	press "$key_n"
	changes 2-before 2-game 30000
}

try_sopwith()
{
	slack=700 moves=1
	begin sopwith '.*sopwith.*' sopwith || return
	check "sopwith: a game begins" plays
	end
	slack='' moves=''
}

# A page that says by its title what happened to it.
write_page()
{
	timeout 60 "$vmos" run apps -- sh -c 'cat >/home/user/page.html' <<-'END'
	<!DOCTYPE html><html lang=en><meta charset=utf-8><title>A page of the VM</title>
	<style>
	body { font: 17px sans-serif; margin: 0; padding: 24px 40px; min-height: 90vh; color: #1d2433; background: linear-gradient(#fff, #e9eef8); }
	h1 { margin: 0 0 4px; font-size: 30px; }
	input, select, button { font: inherit; padding: 5px 9px; margin-right: 8px; }
	table { border-collapse: collapse; margin-top: 22px; background: #fff; }
	td, th { border: 1px solid #c4cee0; padding: 6px 14px; text-align: left; }
	#tip { margin-top: 24px; width: 100%; height: 230px; border-radius: 10px;
		background: linear-gradient(90deg, #2563eb, #0891b2, #15803d, #eab308, #dc2626); }
	</style>
	<h1>Grüße aus der VM</h1>
	<p>Text, <b>bold</b>, <i>italic</i>, Ελληνικά, Кириллица, ∑ ∞ ≠, and a form:</p>
	<input id=text autofocus size=28 oninput="document.title = this.value">
	<select onchange="document.title = this.value"><option>one<option>two<option>three</select>
	<input id=file type=file>
	<table><tr><th>Colour<th>Pattern<th>Name<tr><td>blue<td>plain<td>work<tr><td>red<td>stripes<td>web</table>
	<div id=tip title="A tooltip of the page"></div>
	END
}

# By the keyboard: Tab from the text to the list, which opens; one down, and taken.
chooses()
{
	press "$key_alt+$key_down"
	changes combo-before combo 5000 || return
	press "$key_down" "$key_return"
	within 60 title_has two
}

# browse TEXT COMMAND…: what both browsers do with the page; the command types the text.
browse()
{
	local text=$1
	shift

	on_app focus
	"$@"
	check "$app: what is typed arrives" within 90 title_has "$text"
	picture 2-text
	press "$key_tab"
	settle
	picture combo-before
	check "$app: a combo box opens, and a row of it is chosen" chooses
	left_click 700 200 # the click that ends a list is nothing else
	settle
	popup menu right_click 300 560
	tooltip 400 600
}

# The processes that read pages, by a word of their command line: a seccomp filter, and a user namespace of their own.
is_sandboxed()
{
	local status

	status=$(guest_root apps sh -c 'all=$(readlink /proc/1/ns/user)
		for p in $(grep -lsa -- "$1" /proc/[0-9]*/cmdline); do
			grep -qsa "cmdline" "$p" && continue
			own=$(readlink "${p%cmdline}ns/user")
			[ "$own" = "$all" ] && own=none
			echo "$own $(grep ^Seccomp: "${p%cmdline}status")"
		done' sh "$1")
	echo "$status"
	[[ $status == *"user:["*"Seccomp:"$'\t'2* ]]
}

# Without motion, as an emulated computer draws that of a page that is loading and has no time left to load it.
try_firefox()
{
	write_page
	guest apps sh -c 'mkdir -p /home/user/ff; printf "user_pref(\"%s\", %s);\n" \
		datareporting.policy.dataSubmissionEnabled false browser.startup.homepage_override.mstone "\"ignore\"" \
		browser.aboutwelcome.enabled false browser.tabs.inTitlebar 0 ui.prefersReducedMotion 1 >/home/user/ff/user.js'
	begin firefox 'firefox.*' firefox-esr --no-remote --profile /home/user/ff file:///home/user/page.html || return
	within "$patience" title_has "A page of the VM"
	settle
	picture 1-sized
	browse 'Grüße Ω' type_text 'Grüße Ω'
	dialog press "$key_ctrl+$key_o"
	check "firefox: its own sandbox holds its pages" is_sandboxed contentproc
	end
}

# For the same reason what is loading is stopped, and begun anew when all else is done.
try_chromium()
{
	write_page
	begin chromium 'chromium.*' chromium --no-first-run --password-store=basic --disable-gpu \
		file:///home/user/page.html || return
	sleep 30
	press "$key_escape"
	sleep 20
	press "$key_f5"
	within "$patience" title_has "A page of the VM"
	settle
	picture 1-sized
	browse hello press 35 18 38 38 24 # by an ordinary keymap: it takes a new one too late
	check "chromium: its own sandbox holds its pages" is_sandboxed type=renderer
	end
}

try_libreoffice()
{
	begin libreoffice 'libreoffice.*' soffice --norestore --nofirststartwizard --nologo --writer || return
	check "libreoffice: what is typed can be copied" copies 'Grüße Ω'
	popup menu press "$key_alt+$key_f"
	tooltip 150 120
	dialog press "$key_ctrl+$key_o"
	on_app resize set 640 480
	check "libreoffice: becomes smaller" within 60 has_size 640 480
	settle
	picture 4-small
	on_app kill
	check "libreoffice: asks whether to save, in a dialog with a parent" within 60 dialog_is_there
	picture 5-asks
	end_all
}

# One that images/template/build has made in the folder $TEMPLATE, or a new one.
bring_template()
{
	if [ -n "${TEMPLATE:-}" ]; then
		"$vmos" template import "$TEMPLATE" apps
	else
		"$vmos" template build apps
	fi
}

bring_template >"$work/template-apps.log" 2>&1 || bail "no template: $(tail -n 5 "$work/template-apps.log")"
check "create a VM" "$vmos" create apps --template apps --color green --memory 3G --vcpus 2
check "start it" start_vm apps
field_is apps state running || bail "the VM does not start"
read -r -a chosen <<<"${APPS:-}"
[ "${#chosen[@]}" -gt 0 ] || chosen=("${all[@]}")
for one in "${chosen[@]}"; do
	note "-- $one"
	began=$SECONDS
	"try_$one" || end_all
	note "$one took $((SECONDS - began)) s"
done
"$vmos" stop --force apps
