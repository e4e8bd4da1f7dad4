# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # build, top: of tests/vm/run
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
check "the compositor was asked for all of it" grep -q '^1\.\.24$' "$work/input.log"
guest work rm -rf /tmp/input
note "a compositor of its own, its clients and 24 checks took $((SECONDS - input_begin)) s"
