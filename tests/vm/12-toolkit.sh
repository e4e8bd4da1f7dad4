# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, top, build: of tests/vm/run; guests expand their own
# What the windows of a real toolkit need of each other: a dialog and its parent, a combo box in it, a tooltip, and
# text that is dragged from one window into another one of its VM. The windows of 10-desktop.sh stand there.

kit_ctrl=29 kit_alt=56 kit_a=30 kit_o=24 kit_s=31 kit_space=57

# kit_windows APP: web's, oldest first: "con_id type x y w h". sway floats those with a parent.
kit_windows()
{
	swaymsg -t get_tree | jq -r --arg app "vmos.web.$1" '.. | objects | select(.app_id? == $app)
		| "\(.id) \(.type) \(.rect.x) \(.rect.y) \(.rect.width) \(.rect.height)"' | sort -n
}

# kit_nth N: the same of one editor's window: the one to drag to, the one to drag from, the dialog of that.
kit_nth()
{
	kit_windows l3afpad | sed -n "$1p"
}

kit_has()
{
	[ "$(kit_windows "$1" | wc -l)" = "$2" ]
}

# kit_place N X Y
kit_place()
{
	local id

	read -r id _ < <(kit_nth "$1")
	swaymsg -q "[con_id=$id] floating enable"
	swaymsg -q "[con_id=$id] resize set 600 500, move absolute position $2 $3, focus"
}

kit_focus()
{
	local id

	read -r id _ < <(kit_nth "$1")
	swaymsg -q "[con_id=$id] focus"
	sleep 0.5
}

# kit_changes FROM TO LEAST: the desktop is another one than in picture FROM; kit_returns FROM TO: but for a mark of the focus it is not.
kit_changes()
{
	shot "$2"
	looks_different "$1" "$2" "$3"
}

kit_returns()
{
	! kit_changes "$1" "$2" 10000
}

# An editor in which nothing stands, and one in which a line is marked.
kit_editors_open()
{
	guest web sh -c ': >to.txt; echo dragged >from.txt'
	"$vmos" run web --window -- l3afpad /home/user/to.txt
	within 60 kit_has l3afpad 1 || return 1
	"$vmos" run web --window -- l3afpad /home/user/from.txt
	within 60 kit_has l3afpad 2 || return 1
	kit_place 1 850 100
	kit_place 2 100 100
}

kit_dialog_floats()
{
	press "$kit_ctrl+$kit_o"
	within 20 kit_has l3afpad 3
	kit_nth 3
	[[ $(kit_nth 3) == *floating_con* ]]
}

# The dialog's list of character codings, at the left below the files.
kit_combo_opens()
{
	local x y w h

	sleep 2
	read -r _ _ x y w h < <(kit_nth 3)
	swaymsg -q "seat - cursor set $((x + 250)) $((y + h - 72))"
	sleep 2
	shot kit-closed
	click "$((x + 250))" "$((y + h - 72))"
	within 15 kit_changes kit-closed kit-open 20000
}

kit_combo_closes()
{
	press "$key_escape"
	within 15 kit_returns kit-closed kit-again && kit_has l3afpad 3
}

kit_drag()
{
	kit_focus 2
	press "$kit_ctrl+$kit_a"
	sleep 1
	# Two moves to begin with, and two at the end: a toolkit wants to see where it goes.
	"$build/tests/hostile/pointer" 1600 900 move 120 166 move 124 166 sleep 300 down sleep 300 move 140 180 sleep 200 \
		move 500 250 sleep 200 move 1000 300 sleep 200 move 1020 310 sleep 600 up sleep 300
	kit_focus 1
	press "$kit_ctrl+$kit_s"
	within 15 file_says web /home/user/to.txt dragged
}

kit_tooltip_comes()
{
	local x y

	read -r _ _ x y _ < <(kit_windows pcmanfm)
	swaymsg -q "seat - cursor set $((x + 202)) $((y + 73))"
	sleep 0.3
	swaymsg -q "seat - cursor set $((x + 206)) $((y + 76))"
	# The button below the pointer is lit at once; the tooltip is more than that.
	sleep 0.5
	shot kit-lit
	within 15 kit_changes kit-lit kit-tip 1500
}

kit_tooltip_goes()
{
	swaymsg -q "seat - cursor set 20 880"
	within 15 kit_changes kit-tip kit-gone 1500
}

kit_end()
{
	swaymsg -q "[app_id=\"^vmos\\.web\\.$1\$\"] kill"
	within 15 kit_has "$1" 0
}

check "two editors open from web" kit_editors_open
check "a dialog stands above its parent" kit_dialog_floats
check "a combo box in it opens" kit_combo_opens
check "and closes" kit_combo_closes
press "$key_escape"
check "the dialog goes" within 15 kit_has l3afpad 2
check "text is dragged from one window into the other" kit_drag
check "both editors end" kit_end l3afpad
check "a file manager opens" eval '"$vmos" run web --window -- pcmanfm && within 60 kit_has pcmanfm 1'
sleep 2
check "a tooltip comes" kit_tooltip_comes
check "and goes with the pointer" kit_tooltip_goes
check "it ends, too" kit_end pcmanfm
