#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What vmos-compositor makes of the host's input: fingers, scrolling, keymaps, and an input method of the guest's. The
# compositor is the real one, and so are its clients; gui_host plays the host. Runs where wlroots 0.18 is: in a VM.
#	input.sh COMPOSITOR TOOLS      TOOLS: a folder with gui_host, device_shim.so, gui-app and gui-method
# TAP on standard output.
# shellcheck disable=SC2317 # called by check
set -u

compositor=$1 tools=$2
dir=$(mktemp -d)
export XDG_RUNTIME_DIR=$dir WAYLAND_DISPLAY=wayland-0
tests=0 failed=0
trap 'rm -rf "$dir"' EXIT

# Starts a client as soon as there is a compositor: its words go to NAME.log.
client()
{
	for _ in $(seq 300); do
		[ ! -S "$dir/wayland-0" ] || break
		sleep 0.1
	done
	exec "$tools/$1" >"$dir/$1.log" 2>&1
}

# The host obeys the commands on standard input; all it and the clients say is in "$dir/"*.log then.
play()
{
	sed "s|@|$dir/|" | "$tools/gui_host" "$compositor" "$tools/device_shim.so" >"$dir/host.log" 2>&1
}

check()
{
	local what=$1
	shift

	tests=$((tests + 1))
	if "$@"; then
		echo "ok $tests - $what"
	else
		echo "not ok $tests - $what"
		failed=$((failed + 1))
	fi
}

# says FILE LINE…: these lines, in this order, whatever is between.
says()
{
	local file=$dir/$1.log
	shift

	awk 'BEGIN { for (n = 1; n < ARGC - 1; n++) { want[n] = ARGV[n]; ARGV[n] = "" } at = 1 }
		at < n && $0 == want[at] { at++ }
		END { exit at < n }' "$@" "$file"
}

mentions()
{
	grep -qE -- "$2" "$dir/$1.log"
}

# The first part is without an input method: keys go to the application.
client gui-app &
app=$!
play <<'COMMANDS'
wait 1 60
focus 1
until @gui-app.log FOCUS 20
configure 1 500 400
sleep 300
dump 1 @app.ppm
key 21 1
key 21 0
keymap de
key 21 1
key 21 0
key 13 1
key 13 0
key 18 1
key 18 0
keymap us,ru
key 21 1
key 21 0
mods 0 1
key 21 1
key 21 0
until @gui-app.log TYPED_н 20
enter 1 50 60
axis -3840 -120 0 0
axis 640 30 0 0
axis 512 0 1 0
axis 0 0 1 1
until @gui-app.log STOP_0 20
touch device 1
until @gui-app.log TOUCH_SCREEN_1 20
sleep 200
touch down 0 1 10 20
touch down 3 1 100 110
touch frame
touch move 3 400 -5
touch move 0 11 21
touch frame
touch up 0
touch frame
touch cancel 1
touch up 3
touch down 5 1 1 2
touch frame
until @gui-app.log DOWN_5 20
touch device 0
until @gui-app.log TOUCH_SCREEN_0 20
touch down 6 1 1 2
touch frame
close 1
gone 0 20
COMMANDS
wait $app
check "the host's end has seen no fault" eval '! mentions host "ERROR" && mentions host "compositor ended: 0"'
check "what a program damages without a new buffer stays as it was" test "$(tail -c 3 "$dir/app.ppm" | od -A n -t x1)" = " 20 40 60"
check "a key makes what the keymap says" says gui-app 'TYPED y' 'KEY 21 0'
check "a new keymap counts from the next key on" says gui-app 'TYPED y' 'KEYMAP German' 'TYPED z'
check "a dead key and a letter make one" says gui-app 'TYPED z' 'KEY 13 1' 'KEY 18 1' 'TYPED é'
check "a keymap's second layout is its group" says gui-app 'TYPED é' 'TYPED y' 'KEY 21 1' 'TYPED н'
check "a step of the wheel is 120, a part of one is less" says gui-app 'SOURCE 0' 'VALUE120 0 -120' 'AXIS 0 -15' 'VALUE120 0 30' 'AXIS 0 2.5'
check "a touchpad's scrolling has no steps" says gui-app 'SOURCE 1' 'AXIS 0 2'
check "and ends" says gui-app 'AXIS 0 2' 'STOP 0'
check "a touch screen comes" says gui-app 'TOUCH SCREEN 0' 'TOUCH SCREEN 1'
check "two fingers come down at once" says gui-app 'DOWN 0 10 20' 'DOWN 3 100 110' 'FRAME' 'MOVED 3 400 -5' 'MOVED 0 11 21' 'FRAME'
check "one goes up" says gui-app 'FRAME' 'UP 0' 'FRAME' 'CANCEL'
check "what the host takes back is cancelled, and does not go up" eval 'says gui-app CANCEL && ! mentions gui-app "^UP 3"'
check "another one can come" says gui-app 'CANCEL' 'DOWN 5 1 2'
check "the touch screen goes, and its fingers" eval 'says gui-app "DOWN 5 1 2" CANCEL "TOUCH SCREEN 0" && ! mentions gui-app "DOWN 6"'

client gui-app &
app=$!
client gui-method &
method=$!
play <<'COMMANDS'
wait 1 60
until @gui-method.log THERE 20
focus 1
until @gui-method.log ACTIVE 20
key 30 1
key 30 0
until @gui-app.log PREEDIT 20
wait 2 20
until @gui-method.log CURSOR 20
list
key 57 1
key 57 0
gone 1 20
key 14 1
key 14 0
key 48 1
key 48 0
until @gui-app.log TYPED_b 20
focus 9
until @gui-method.log IDLE 20
close 1
gone 0 20
COMMANDS
wait $app
kill $method 2>/dev/null
wait $method 2>/dev/null
check "the host's end has seen no fault with an input method" eval '! mentions host "ERROR" && mentions host "compositor ended: 0"'
check "an input method hears of the text field" says gui-method 'THERE' 'SURROUNDING before 6' 'ACTIVE'
check "it gets the keys, and the application does not" eval 'says gui-method "GRABBED 30 1" "GRABBED 30 0" && ! mentions gui-app "^KEY 30"'
check "what it composes stands in the field" says gui-app 'FIELD' 'PREEDIT あ'
check "its popup is one of the field's window, below the cursor" mentions host 'POPUP_POS 2 anchor 20,30 2x10 edges 6 gravity 10 size 120x40'
check "and it hears where the cursor is from there" says gui-method 'CURSOR 0 -10 2 10'
check "what is chosen is in the field, and the popup goes" eval 'says gui-app "PREEDIT あ" "TEXT 愛" && mentions host "WIN_DEL 2"'
check "it can take back what was there" says gui-app 'TEXT 愛' 'DELETE 1 0'
check "keys that it has no use for reach the application" says gui-app 'DELETE 1 0' 'KEY 48 1' 'TYPED b' 'KEY 48 0'
check "and repeat as they did" eval "says gui-app 'REPEAT 30 500' && ! sed '1,/^TEXT/d' '$dir/gui-app.log' | grep '^REPEAT 25'"
check "it rests when the window has no keyboard" says gui-method 'ACTIVE' 'GRABBED 48 0' 'IDLE'

echo "1..$tests"
[ "$failed" = 0 ] || tail -n 40 "$dir"/*.log | sed 's/^/# /'
exit $((failed != 0))
