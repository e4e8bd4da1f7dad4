# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, top, build: of tests/vm/run; guests expand their own
# Copy and paste between VMs: by real keys, by rules, and by nothing else. The windows of 10-desktop.sh stand there.

rules=$XDG_CONFIG_HOME/vmos/rules.d

allow()
{
	printf '%s\n' "$@" >"$rules/10-test.rules.new" && mv "$rules/10-test.rules.new" "$rules/10-test.rules"
	sleep 0.5
}

copy_key() { focus "$1"; press 29+42+46; sleep 1; }
paste_key() { focus "$1"; press 29+42+47; sleep "${2:-1}"; }

# in_guest VM SCRIPT…: for what goes on in the background there, or has its own streams.
in_guest()
{
	timeout 60 "$vmos" run "$1" -- sh -c "$2"
}

# Sets a VM's clipboard from standard input, as kind $2.
set_clipboard()
{
	timeout 60 "$vmos" run "$1" -- sh -c "cat >/tmp/clip && wl-copy -t '$2' </tmp/clip >/dev/null 2>&1"
	sleep 1
}

clipboard_is()
{
	local got

	got=$(in_guest "$1" 'timeout 5 wl-paste -n' 2>&1)
	[ "$got" = "$2" ] || { echo "it holds: $got"; return 1; }
}

# Somebody to ask: answer VERDICT waits for the next question and answers it.
begin_agent()
{
	mkfifo "$work/answers"
	"$vmos" agent --json <"$work/answers" >"$work/questions" 2>&1 &
	agent=$!
	exec {answers}>"$work/answers"
	asked=0
	sleep 1
}

question_came()
{
	[ "$(grep -c '"event":"question"' "$work/questions")" -gt "$asked" ]
}

answer()
{
	local id

	within 5 question_came || { cat "$work/questions"; return 1; }
	asked=$((asked + 1))
	id=$(grep '"event":"question"' "$work/questions" | tail -n 1 | jq .id)
	echo "{\"id\":$id,\"verdict\":\"$1\"}" >&"$answers"
	sleep 1
}

end_agent()
{
	exec {answers}>&-
	wait "$agent"
	rm "$work/answers"
}

has_no_clipboard()
{
	! in_guest "$1" 'timeout 5 wl-paste'
}

clipboard_sum() { in_guest "$1" "timeout 20 wl-paste -n -t $2 | sha256sum"; }

marked_line_arrives()
{
	copy_key work
	paste_key web
	clipboard_is web "$1"
}

start_spies()
{
	local vm

	for vm in web spy; do
		in_guest "$vm" 'setsid wl-paste --watch sh -c "echo change >>/tmp/spied" >/dev/null 2>&1 </dev/null &
			setsid wl-paste --primary --watch sh -c "echo change >>/tmp/spied" >/dev/null 2>&1 </dev/null &
			sleep 1; rm -f /tmp/spied' || return 1
	done
}

spies_saw()
{
	local got

	got=$(in_guest "$1" 'cat /tmp/spied 2>/dev/null | wc -l')
	[ "$got" = "$2" ] || { echo "$1 saw $got changes, not $2"; return 1; }
}

copy_text()
{
	printf %s "$2" | set_clipboard "$1" 'text/plain;charset=utf-8'
	copy_key "$1"
}

keys_stay()
{
	focus "$1"
	type_line 'cat -v >typed'
	press 29+42+46 29+42+47 30
	sleep 1
	press 28 29+32
	sleep 1
	[ "$(guest "$1" cat /home/user/typed)" = a ]
}

# A copy in work is refused by web after a minute; before that another one shows that the way is open.
is_wiped_by_time()
{
	copy_text work minute
	sleep 62
	paste_key web
	has_bad_note web || return 1
	clipboard_is web "$1"
}

allow '# nothing'
check "a third VM" "$vmos" create spy --color green
check "it starts" start_vm spy
check "none of them holds a clipboard" eval 'has_no_clipboard work && has_no_clipboard web && has_no_clipboard spy'
check "web and spy watch their clipboards" start_spies

copy_key work
check "with nothing marked the frame says so" has_bad_note work
sleep 4.2
check "for a moment only" eval '! has_bad_note work'

copy_text work 'hello from work'
shot clip-copied
check "the frame of work says what was copied" has_good_note work
paste_key web
shot clip-refused
check "without a rule the frame of web says no" has_bad_note web
check "and its clipboard stays empty" has_no_clipboard web
allow 'web work a' 'work web wxr'
paste_key web
check "a rule the other way, or of other accesses, does not help" has_bad_note web
check "up to now web and spy have noticed nothing" eval 'spies_saw web 0 && spies_saw spy 0'

allow 'work web a'
paste_key web
shot clip-pasted
check "with the rule the frame of web says from whom" has_good_note web
check "its clipboard holds it" clipboard_is web 'hello from work'
check "web noticed now, spy did not" eval 'spies_saw web 1 && spies_saw spy 0'
copy_text web 'something else'
paste_key web
check "a VM may paste its own without a rule" has_good_note web
copy_text work once
paste_key web
check "a second copy arrives" clipboard_is web once
printf 'own' | set_clipboard web text/plain
paste_key web
check "one paste wipes it" eval 'has_bad_note web && clipboard_is web own'
allow 'work web a ask'
copy_text work asked
paste_key web
check "a rule that asks allows nothing by itself" eval 'clipboard_is web own'
begin_agent
copy_text work asked
paste_key web
check "an agent is asked" answer yes
check "and its yes pastes" within 5 clipboard_is web asked
copy_text work refused
paste_key web
check "it is asked again" answer no
check "and its no does not" eval 'sleep 1; clipboard_is web asked'
end_agent
printf 'own' | set_clipboard web text/plain
allow 'work web a'

text='Grüße
	Ω “quoted” 🎈'
copy_text work "$text"
paste_key web
check "lines, tabs and letters of all alphabets arrive" clipboard_is web "$text"
printf 'bad \xff bytes' | set_clipboard work text/plain
copy_key work
check "what is no text is refused" has_bad_note work

# Marked by a double click on a word that fills the line.
focus work
type_line 'clear; PS1=; printf "marked%.0s" $(seq 9); echo'
read -r x y _ < <(rect_of work)
swaymsg -q "seat - cursor set $((x + 60)) $((y + 40))"
sleep 0.3
for _ in 1 2; do
	swaymsg -q "seat - cursor press button1"
	swaymsg -q "seat - cursor release button1"
done
sleep 1
check "what is marked in a terminal is copied" marked_line_arrives "$(printf 'marked%.0s' 1 2 3 4 5 6 7 8 9)"
focus web
type_line 'cat >pasted'
press 42+110 28 29+32
check "and Shift+Insert pastes it in another" within 10 eval '[[ $(guest web cat /home/user/pasted) == *markedmarked* ]]'
check "no gesture's key reaches the application" keys_stay work

grim "$work/picture.png"
set_clipboard work image/png <"$work/picture.png"
copy_key work
paste_key web 3
check "a picture of $(stat -c %s "$work/picture.png") bytes arrives as it is" eval \
	'[ "$(clipboard_sum web image/png)" = "$(sha256sum <"$work/picture.png")" ]'

big='head -c %s /dev/zero | tr "\\0" x >/tmp/big && wl-copy </tmp/big >/dev/null 2>&1'
# shellcheck disable=SC2059 # the number goes into the script
in_guest work "$(printf "$big" $((16 << 20)))"
sleep 1
copy_key work
within 12 has_good_note work >/dev/null
paste_key web 6
check "16 MiB arrive" eval \
	'[ "$(clipboard_sum web "text/plain")" = "$(head -c $((16 << 20)) /dev/zero | tr "\\0" x | sha256sum)" ]'
# shellcheck disable=SC2059
in_guest work "$(printf "$big" $(((16 << 20) + 1)))"
sleep 1
copy_key work
check "one byte more is refused" within 12 has_bad_note work

printf 'before' | set_clipboard web text/plain
check "a minute wipes it" is_wiped_by_time before
check "spy has a terminal, too" eval '"$vmos" run spy --window -- foot && within 60 has_windows spy 1'
copy_text spy gone
check "and copies" has_good_note spy
check "the VM that copied is deleted" eval '"$vmos" stop --force spy && "$vmos" delete --yes spy'
paste_key web
check "and what it copied is gone" eval 'has_bad_note web && clipboard_is web before'

# The frame's menu: a right click on the bar of work, and of what it shows by the pointer.
menu_copies()
{
	local x y

	read -r x y _ < <(rect_of work)
	click "$((x + 200))" "$((y + 16))" button3
	sleep 1
	shot clip-menu
	click "$((x + 230))" "$((y + 52))"
	sleep 1
	has_good_note work
}

copy_text work 'by the menu'
sleep 2.5
check "the frame's menu copies as well" menu_copies
rm "$rules/10-test.rules"
