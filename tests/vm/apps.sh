# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, top, build: of tests/vm/run
# See tests/vm/apps. Each application is a function try_NAME.

all=(foot xterm l3afpad gnome-text-editor featherpad emacs mpv sopwith firefox libreoffice chromium)
patience=${PATIENCE:-300} # seconds for a first window: a browser on an emulated computer is slow

key_f=33 key_alt=56

# The one new window of the application under test: "con_id x y w h app_id".
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
	swaymsg -q "[app_id=\"^vmos\\.apps\\.$app_id\$\"] $*"
}

# A picture of the whole desktop.
picture()
{
	grim "$PICTURES/$app-$1.png"
	grim -t ppm "$work/$1.ppm"
}

# Waits until two pictures a second apart are the same, 20 s at most.
settle()
{
	local n

	grim -t ppm "$work/settle-a.ppm"
	for ((n = 0; n < 20; n++)); do
		sleep 1
		grim -t ppm "$work/settle-b.ppm"
		! looks_same settle-a settle-b || return 0
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
	settle
	picture 1-first
	on_app floating enable
	settle
	on_app resize set 1000 700, move position 80 60, focus
	settle
	picture 1-sized
	check "$app: takes the size that it is given" within 20 has_size 1000 700
}

# A little lower is a program's own will: a terminal's lines, a film's proportions.
has_size()
{
	local w h

	read -r _ _ _ w h _ < <(app_window)
	echo "it is $w × $h"
	[ "$w" = "$1" ] && [ "$h" -le "$2" ] && [ "$h" -ge "$(($2 - ${slack:-20}))" ]
}

# changes FROM TO LEAST: waits until the desktop has changed by so much since picture FROM, then settles.
changes()
{
	local n

	for ((n = 0; n < 30; n++)); do
		sleep 1
		grim -t ppm "$work/$2.ppm"
		looks_different "$1" "$2" "$3" && break
	done
	settle
	picture "$2"
	looks_different "$1" "$2" "$3"
}

write_text()
{
	on_app focus
	sleep 0.5
	picture 2-before
	wtype -k Shift_L -s 150 "$1"
	changes 2-before 2-text 300
}

# menu COMMAND…: what opens one, and Escape.
menu_comes()
{
	picture 3-before
	"$@"
	changes 3-before 3-menu 3000
}

menu_goes()
{
	press "$key_escape"
	changes 3-menu 3-closed 3000
}

menu()
{
	check "$app: a menu opens" menu_comes "$@"
	check "$app: it closes" menu_goes
}

# right_click X Y: in the window's content.
right_click()
{
	click "$((80 + $1))" "$((60 + $2))" button3
}

left_click()
{
	click "$((80 + $1))" "$((60 + $2))"
}

end()
{
	on_app resize set 640 480
	settle
	picture 4-small
	check "$app: becomes smaller" within 20 has_size 640 480
	on_app kill
	check "$app: hears that it is closed" within 30 app_ends_or_asks
	within 5 has_windows apps 0 || end_all
}

# An editor asks whether to save: in its window, or in another one.
app_ends_or_asks()
{
	app_is_gone && return
	grim -t ppm "$work/5-asks.ppm"
	looks_different 4-small 5-asks 3000
}

# Questions whether to save are windows, too.
end_all()
{
	guest apps sh -c 'for d in /proc/[0-9]*; do [ "$(stat -c %u "$d")" != 1000 ] || case $(cat "$d/comm") in
		vmos-*|Xwayland|dbus-*|sh) ;; *) kill -9 "${d#/proc/}" ;; esac; done' >/dev/null 2>&1
	within 20 has_windows apps 0
}

try_foot()
{
	begin foot foot foot || return
	check "foot: text" write_text 'echo Grüße Ω'
	end
}

try_xterm()
{
	begin xterm XTerm xterm -fa DejaVuSansMono || return
	check "xterm: text" write_text 'echo Grüße Ω'
	end
}

try_l3afpad()
{
	begin l3afpad '.*l3afpad' l3afpad || return
	check "l3afpad: text" write_text 'Grüße Ω'
	menu press "$key_f10"
	end
}

try_gnome-text-editor()
{
	begin gnome-text-editor org.gnome.TextEditor gnome-text-editor || return
	check "gnome-text-editor: text" write_text 'Grüße Ω'
	menu right_click 300 300
	end
}

try_featherpad()
{
	begin featherpad featherpad featherpad || return
	check "featherpad: text" write_text 'Grüße Ω'
	menu press "$key_alt+$key_f"
	end
}

try_emacs()
{
	begin emacs '[Ee]macs' emacs -Q --eval '(setq inhibit-startup-screen t)' || return
	check "emacs: text" write_text 'Grüße Ω'
	menu press "$key_f10"
	end
}

is_inhibiting()
{
	swaymsg -t get_tree | jq -e '[.. | objects | select(.app_id? == "vmos.apps.mpv")] | length == 1 and .[0].inhibit_idle' >/dev/null
}

try_mpv()
{
	slack=150
	begin mpv mpv mpv --no-config --loop-file=inf 'av://lavfi:testsrc=size=640x360:rate=10' || return
	check "mpv: keeps the screen on" within 20 is_inhibiting
	end
	slack=
}

try_sopwith()
{
	begin sopwith '.*sopwith.*' sopwith || return
	end
}

write_page()
{
	timeout 60 "$vmos" run apps -- sh -c 'cat >/home/user/page.html' <<-'END'
	<!DOCTYPE html><meta charset=utf-8><title>A page of the VM</title>
	<h1>Grüße aus der VM</h1><p>Text, <b>bold</b>, <i>italic</i>, Ω, 漢字.</p>
	<input autofocus size=40> <select><option>one<option>two<option>three</select>
	<div style="width:300px;height:100px;background:linear-gradient(90deg,red,yellow,lime,aqua,blue)"></div>
	END
}

try_firefox()
{
	write_page
	begin firefox 'firefox.*' firefox-esr --no-remote --new-instance file:///home/user/page.html || return
	check "firefox: text" write_text 'Grüße Ω'
	menu right_click 400 500
	end
}

try_libreoffice()
{
	begin libreoffice 'libreoffice.*' soffice --norestore --nofirststartwizard --writer || return
	check "libreoffice: text" write_text 'Grüße Ω'
	menu press "$key_alt+$key_f"
	end
}

try_chromium()
{
	write_page
	begin chromium 'chromium.*' chromium --no-first-run --password-store=basic file:///home/user/page.html || return
	check "chromium: text" write_text 'Grüße Ω'
	menu right_click 400 500
	end
}

# One that images/template/build has made in the folder $TEMPLATE, or a new one.
bring_template()
{
	local version

	if [ -z "${TEMPLATE:-}" ]; then
		"$vmos" template build apps
		return
	fi
	version=$(sed -n 's/^version=//p' "$TEMPLATE/manifest")
	mkdir -p "$XDG_DATA_HOME/vmos/templates/apps"
	cp -r --reflink=auto "$TEMPLATE" "$XDG_DATA_HOME/vmos/templates/apps/$version"
	busctl --address="unix:path=$XDG_RUNTIME_DIR/vmos/bus" call org.vmos.Manager1 /org/vmos/Manager1 org.vmos.Manager1 RescanTemplates
}

bring_template >"$work/template-apps.log" 2>&1 || bail "no template: $(tail -n 5 "$work/template-apps.log")"
check "create a VM" "$vmos" create apps --template apps --color green --memory 3G --vcpus 2
check "start it" "$vmos" start apps
field_is apps state running || bail "the VM does not start"
read -r -a chosen <<<"${APPS:-}"
[ "${#chosen[@]}" -gt 0 ] || chosen=("${all[@]}")
for one in "${chosen[@]}"; do
	note "-- $one"
	"try_$one" || end_all
done
"$vmos" stop --force apps
