# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # build, top: of tests/vm/run
# Input that the other files do not use: layouts that change while one types, dead keys, fingers, finer scrolling, input
# methods. The compositor of the guest's that input.sh talks to is one of its own, beside the one of the VM's windows.

# Left Shift first: sway 1.7 loses the first key after a new keymap. y is 21, the dead acute 13, e 18.
types_by_layout()
{
	focus work
	type_line 'cat >layouts'
	press 21 layout=de 42 21 13 18 layout=us,ru 42 21 group=1 21 group=0 "$key_return"
	press 29+32
	within 10 file_says work /home/user/layouts yzéyн
}

# The application of the VM that prints what it hears, with the input method beside it, on the VM's own compositor.
open_field()
{
	setsid "$vmos" run work -- sh -c '/tmp/input/gui-method >/tmp/input/method &
		/tmp/input/gui-app >/tmp/input/app; kill $!' </dev/null >"$work/field.log" 2>&1 &
	within 30 has_windows work 2 && within 10 guest work grep -q ACTIVE /tmp/input/method
}

# What is chosen from lies in a popup of the VM's: its colour above and below.
candidates_are_framed()
{
	local x y w h colour

	colour=$(field work color)
	grim "$work/candidates.png"
	read -r x y w h < <("$build/tests/hostile/picture" "$work/candidates.png" box c0c0ff)
	[ "${w:-0} ${h:-0}" = "120 40" ] || { echo "the candidates are ${w:-0}x${h:-0}"; return 1; }
	[ "$("$build/tests/hostile/picture" "$work/candidates.png" count "${colour#\#}" $((x - 2)) $((y - 15)) 124 2)" = 248 ] &&
		[ "$("$build/tests/hostile/picture" "$work/candidates.png" count "${colour#\#}" $((x - 2)) $((y + 40)) 124 2)" = 248 ]
}

composes()
{
	press 30
	within 10 candidates_are_framed || return
	press 57 48
	within 10 guest work grep -qx 'TEXT 愛' /tmp/input/app && within 10 guest work grep -qx 'TYPED b' /tmp/input/app
}

put_tool()
{
	guest work sh -c "cat >/tmp/input/${1##*/} && chmod +x /tmp/input/${1##*/}" <"$1"
}

check "keys make what the layout says: another keymap, a dead key, a second group" types_by_layout

input_begin=$SECONDS
guest work mkdir -p /tmp/input
for tool in "$build"/agent/tests/{gui_host,device_shim.so} "$build"/tests/tools/gui-{app,method} "$top/agent/tests/input.sh"; do
	put_tool "$tool"
done
guest work /tmp/input/input.sh /usr/lib/vmos/vmos-compositor /tmp/input >"$work/input.log" 2>&1
! grep -q '^not ok' "$work/input.log" || note "$(grep '^#' "$work/input.log")"
while read -r verdict _ _ name; do
	result "$([ "$verdict" = ok ]; echo $?)" "$name"
done < <(sed -n 's/^not ok /not-ok /; /^\(not-\)\?ok /p' "$work/input.log")
check "the compositor was asked for all of it" grep -q '^1\.\.26$' "$work/input.log"
note "a compositor of its own, its clients and 26 checks took $((SECONDS - input_begin)) s"

check "a text field and an input method meet in the VM's own compositor" open_field
check "the user composes: candidates in the VM's frame, the chosen one and a plain letter in the field" composes
swaymsg -q '[app_id="^vmos\.work\.$"] kill'
check "the application ends, its terminal stays" within 15 has_windows work 1
guest work rm -rf /tmp/input
note "all input took $((SECONDS - input_begin)) s"
