# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, top, build: of tests/vm/run; guests expand their own
# Programs that know X11 only, or are told to: windows, menus, dialogs, clipboard, and an Xwayland that dies.

# By keys of an ordinary keymap: wtype makes one of its own for a line, and a program of X11 that is slow reads its keys by
# the keymap of the next.
key_ctrl=29 key_a=30 key_o=24 key_c=46 key_v=47
keys_echo_x=(18 46 35 24 57 45 57 42+52 20 28) # echo x >t
keys_stty=(31 20 20 21 57 31 23 44 18 57 42+52 31 28) # stty size >s
keys_copied=(46 24 25 23 18 32)
keys_more=(50 24 19 18)

# The window of an application of web: x_rect APP, x_focus APP, x_shot APP NAME.
x_rect()
{
	windows web | awk -v app="vmos.web.$1" '$6 == app { print $2, $3, $4, $5; exit }'
}

has_window_of()
{
	[ -n "$(x_rect "$1")" ]
}

has_no_window_of()
{
	! has_window_of "$1"
}

x_focus()
{
	swaymsg -q "[app_id=\"^vmos\\.web\\.$1\$\"] focus"
	sleep 1
}

x_shot()
{
	local x y w h

	read -r x y w h < <(x_rect "$1")
	grim -t ppm -g "$x,$y ${w}x$h" "$work/$2.ppm"
}

x_typed()
{
	x_focus XTerm
	press "${keys_echo_x[@]}"
	within 20 file_says web /home/user/t x
}

x_columns_change()
{
	local before after

	x_focus XTerm
	press "${keys_stty[@]}"
	sleep 1
	gout before web cat /home/user/s
	swaymsg -q '[app_id="^vmos\.web\.XTerm$"] resize grow width 150 px'
	sleep 2
	x_focus XTerm
	press "${keys_stty[@]}"
	sleep 1
	gout after web cat /home/user/s
	echo "before: $before, after: $after"
	[ "${after#* }" -gt "${before#* }" ]
}

x_menu_opens_by_keyboard()
{
	x_focus L3afpad
	x_shot L3afpad x-menu-none
	press "$key_f10"
	sleep 2
	x_shot L3afpad x-menu-open
	looks_different x-menu-none x-menu-open 3000
}

# The bar of a menu is 25 high: what lies open hangs below it, at the window's left side, and nowhere else.
x_menu_opens_by_pointer()
{
	local x y w h

	x_focus L3afpad
	read -r x y w h < <(x_rect L3afpad)
	x_shot L3afpad x-menu-none
	click "$((x + 24))" "$((y + 44))"
	sleep 2
	x_shot L3afpad x-menu-open
	looks_different x-menu-none x-menu-open 3000
}

x_menu_is_in_place()
{
	local x y w h left=$work/x-left.ppm

	read -r x y w h < <(x_rect L3afpad)
	grim -t ppm -g "$((x + 6)),$((y + 70)) 200x60" "$left"
	# A menu's texts are dark on light: an empty page has two colours at most there.
	[ "$(tail -c 36000 "$left" | od -A n -v -t x1 -w3 | sort -u | wc -l)" -gt 10 ]
}

x_menu_closes()
{
	"$@"
	sleep 1.5
	x_shot L3afpad x-menu-closed
	looks_different x-menu-closed x-menu-open 3000
}

# On the other VM's window: nobody of X11 hears of that press.
press_elsewhere()
{
	local x y w h

	read -r x y w h < <(rect_of work)
	click "$((x + w / 2))" "$((y + h / 2))"
}

clipboard_of_web_is()
{
	local got

	got=$(guest web timeout 5 wl-paste -n)
	[ "$got" = "$1" ] || { echo "it holds: $got"; return 1; }
}

x_copies()
{
	x_focus L3afpad
	press "${keys_copied[@]}"
	sleep 1
	press "$key_ctrl+$key_a" "$key_ctrl+$key_c"
	within 10 clipboard_of_web_is copied
}

x_pastes()
{
	timeout 60 "$vmos" run web -- sh -c 'printf pasted-from-Wayland- | wl-copy >/dev/null 2>&1'
	x_focus L3afpad
	press "$key_ctrl+$key_a" "$key_ctrl+$key_v"
	sleep 5 # what is pasted comes by three programs of an emulated computer, what is typed meanwhile goes before it
	press "${keys_more[@]}"
	sleep 1
	press "$key_ctrl+$key_a" "$key_ctrl+$key_c"
	within 10 clipboard_of_web_is pasted-from-Wayland-more
}

x_dialog_opens()
{
	local before

	before=$(windows web | wc -l)
	x_focus L3afpad
	press "$key_ctrl+$key_o"
	within 15 has_windows web "$((before + 1))"
}

kill_xwayland()
{
	guest_root web sh -c 'for d in /proc/[0-9]*; do [ "$(cat "$d/comm" 2>/dev/null)" != Xwayland ] || kill -9 "${d#/proc/}"; done'
}

is_urgent()
{
	swaymsg -t get_tree | jq -e --arg app "vmos.web.$1" '[.. | objects | select(.app_id? == $app)] | length == 1 and .[0].urgent' >/dev/null
}

# Beside which a window can grow, and which has the keyboard while another asks for it.
[ "$(windows work | wc -l)" != 0 ] || check "a window of the other VM" eval '"$vmos" run work --window -- foot && within 60 has_windows work 1'
x_before=$(windows web | wc -l)
check "a program of X11 starts" "$vmos" run web --window -- xterm
check "its window stands on the desktop, under its class" within 60 has_window_of XTerm
check "what is typed into it arrives" x_typed
check "a wider window gives it more columns" x_columns_change
check "a program of GTK on X11 starts" "$vmos" run web --window -- env GDK_BACKEND=x11 l3afpad
check "its window stands on the desktop" within 60 has_window_of L3afpad
sleep 3
check "its menu opens by the keyboard" x_menu_opens_by_keyboard
check "and closes" x_menu_closes press "$key_escape"
check "its menu opens by the pointer" x_menu_opens_by_pointer
check "it hangs where it was opened" x_menu_is_in_place
check "it closes when another VM's window is clicked" x_menu_closes press_elsewhere
check "what is copied in X11 is the VM's clipboard" x_copies
check "and the VM's clipboard can be pasted there" x_pastes
check "a dialog is a window" x_dialog_opens
press "$key_escape"
kill_xwayland
check "Xwayland dies: its windows go" within 15 has_windows web "$x_before"
check "the VM's other programs stay" guest web true
sleep 6
check "the next program of X11 has a new one" "$vmos" run web --window -- xterm
check "and a window" within 60 has_window_of XTerm
swaymsg -q '[app_id="^vmos\.web\.XTerm$"] kill'
check "the compositor's close reaches it" within 15 has_no_window_of XTerm
check "a program that wants attention starts" "$vmos" run web --window -- foot -o bell.urgent=yes -a ringer sh -c 'sleep 6; printf "\a"; sleep 60'
within 30 has_window_of ringer
focus work
check "its window is marked" within 20 is_urgent ringer
swaymsg -q '[app_id="^vmos\.web\.ringer$"] kill'
within 15 has_no_window_of ringer
