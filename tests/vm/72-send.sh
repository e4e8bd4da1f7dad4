# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# Files from a VM to another: what arrives, what does not, and what happens when something ends in the middle.

# shellcheck source=tests/vm/kill-transfer.sh
KILLS='' . "$top/tests/vm/kill-transfer.sh"

send_all()
{
	timeout 200 "$vmos" send "$@"
}

exits_with()
{
	local want=$1 status=0
	shift

	timeout 200 "$@" || status=$?
	[ "$status" = "$want" ] || { echo "exit $status, not $want"; return 1; }
}

sum_in()
{
	guest "$1" sh -c 'sha256sum <"$1" | cut -d " " -f 1' sh "$2"
}

same_file()
{
	[ "$(sum_in work "$1")" = "$(sum_in web "$2")" ] && [ -n "$(sum_in web "$2")" ]
}

same_tree()
{
	[ "$(tree_sum work "$1")" = "$(tree_sum web "$2")" ]
}

# All that stands under a final name in web's ~/Incoming/work, on one line.
incoming()
{
	names_in web Incoming/work | tr '\n' ' '
}

incoming_is()
{
	[ "$(incoming)" = "$1" ] || { echo "there is: $(incoming)"; return 1; }
}

clear_incoming()
{
	guest web sh -c 'rm -rf ~/Incoming/work && sync' # lest a VM that is killed has it all again
}

# The newest transfer has begun to move and has a good part before it.
in_the_middle()
{
	local state done_bytes total

	read -r state done_bytes total < <(newest)
	[ "$state" = moving ] && [ "$done_bytes" -gt $((4 << 20)) ] && [ "$done_bytes" -lt $((total - (8 << 20))) ]
}

begin_big()
{
	timeout 240 "$vmos" send work:big web >"$work/big.out" 2>&1 &
	big_pid=$!
	within 60 in_the_middle || { cat "$work/big.out"; newest; return 1; }
}

# end_big STATUS
end_big()
{
	local status=0

	wait "$big_pid" || status=$?
	[ "$status" = "$1" ] || { echo "exit $status: $(cat "$work/big.out")"; return 1; }
}

# Kills what is named in mid-transfer; it must arrive whole, once, by itself.
survives_kill()
{
	clear_incoming
	begin_big || return
	kill_of "$1"
	[ -z "$dead" ] || { within 30 is_down "$dead" && start_vm "$dead"; } || return
	end_big 0 && incoming_is "big " && same_file big Incoming/work/big
}

check "two VMs run" two_vms
guest work sh -c 'mkdir -p ~/Public/deep ~/tree/sub/empty && cd && echo hello >hello.txt && echo pub >Public/pub.txt && echo deep >Public/deep/d.txt &&
	echo "#!/bin/sh" >tree/run.sh && chmod 755 tree/run.sh && echo x >tree/sub/x && ln -s /etc/passwd tree/link && mkfifo tree/fifo &&
	printf "%s" a >"a b.txt" && echo ü >"Grüße Ω.txt" && echo d >./-dash && head -c 67108864 /dev/urandom >big && sync'

rules_are '# none'
refuse "without a rule nothing is sent" "vmos rule add work web w" send_all work:hello.txt web
check "and the exit status is that of a refusal" exits_with 4 "$vmos" send work:hello.txt web
rules_are 'work web a' 'web work w'
refuse "a rule for something else does not do; the message names it" "50-vmos.rules:1" send_all work:hello.txt web
check "nothing has arrived" incoming_is ""

rules_are 'work web w'
check "a file is sent" send_all work:hello.txt web
check "and arrives as it was" same_file hello.txt Incoming/work/hello.txt
check "once more gets another name" send_all work:hello.txt web
check "and the first one stays" incoming_is "hello (2).txt hello.txt "
check "a path in full does, too" send_all work:/home/user/hello.txt web
check "three of them" incoming_is "hello (2).txt hello (3).txt hello.txt "
clear_incoming
check "several files at once, with odd names" send_all 'work:a b.txt' 'work:Grüße Ω.txt' work:./-dash web
check "each arrives" eval 'same_file "a b.txt" "Incoming/work/a b.txt" && same_file "Grüße Ω.txt" "Incoming/work/Grüße Ω.txt" && same_file ./-dash ./Incoming/work/-dash'
clear_incoming
refuse "a folder with what cannot be sent in it: the rest goes, and it is said" "left out" send_all work:tree web
check "no link, no FIFO, but all else" eval '[ "$(guest web sh -c "cd ~/Incoming/work/tree && find . | LC_ALL=C sort | tr \"\n\" \" \"")" = ". ./run.sh ./sub ./sub/empty ./sub/x " ]'
check "what may be executed may be there" guest web test -x Incoming/work/tree/run.sh
check "and what may not may not" eval '! guest web test -x Incoming/work/tree/sub/x'
clear_incoming
refuse "what is not there" "no such file" send_all work:nosuch web
refuse "a device" "neither a file nor a folder" send_all work:/dev/null web
refuse "what only root may read" "can be read" send_all work:/etc/shadow web
refuse "to itself" "another VM" send_all work:hello.txt work
refuse "to a VM that is not there" "nosuch" send_all work:hello.txt nosuch
refuse "from a VM that is not there" "nosuch" send_all nosuch:hello.txt web
refuse "without a VM" "VM:PATH" send_all hello.txt web
refuse "from two VMs at once" "one VM" send_all work:hello.txt web:hello.txt web
check "nothing of that has arrived" incoming_is ""
check "64 MiB" send_all work:big web
check "arrive as they were" same_file big Incoming/work/big
check "and are no longer on the list of what moves" eval '[ "$(newest)" = "done 67108864 67108864" ]'
clear_incoming

# --- rules and the user in the middle ---

revoked()
{
	begin_big || return
	rules_are 'work web r'
	end_big 4 && grep -q '50-vmos.rules:1' "$work/big.out" && incoming_is "" && [[ $(newest) == failed* ]]
}

cancelled()
{
	begin_big || return
	kill -INT "$(pgrep -P "$big_pid")"
	end_big 4 && incoming_is "" && [[ $(newest) == cancelled* ]]
}

cancelled_by_id()
{
	begin_big || return
	"$vmos" transfer cancel "$("$vmos" transfer list --json | jq -r 'sort_by(.started) | last | .id')" && end_big 4 && incoming_is ""
}

no_run_stays()
{
	! guest_root work pidof vmos-files && ! guest_root web pidof vmos-files
}

check "a rule that is taken back stops it in the middle, and nothing is there" revoked
check "its runs are over" within 20 no_run_stays
rules_are 'work web w'
check "Ctrl-C ends it" cancelled
check "vmos transfer cancel ends it" cancelled_by_id
check "no run of these is left" within 20 no_run_stays

paused()
{
	begin_big || return
	"$vmos" pause web && sleep 2 && "$vmos" transfer list --json | jq -r '.[].reason' | grep -q 'web is paused' &&
		"$vmos" resume web && end_big 0 && same_file big Incoming/work/big
}

check "it waits for a VM that is paused" paused
clear_incoming

# --- no room ---

disk_full()
{
	local status=0

	guest_root web sh -c 'free=$(df --output=avail -k /home | tail -n 1); fallocate -l $((free - 20480))K /home/user/filler && chown user /home/user/filler' || return
	send_all work:big web 2>"$work/full.out" || status=$?
	cat "$work/full.out"
	[ "$status" = 1 ] && grep -q 'disk of VM web is full' "$work/full.out" && incoming_is "" || return
	guest web rm filler
	"$vmos" transfer resume "$("$vmos" transfer list --json | jq -r 'sort_by(.started) | last | .id')" &&
		within 120 eval '[[ $(newest) == done* ]]' && same_file big Incoming/work/big
}

check "a full disk is said, nothing partial is there; with room it goes on" disk_full
clear_incoming

# --- kill -9 in the middle ---

check "the sender's courier is killed" survives_kill sender-courier
check "the receiver's courier is killed" survives_kill receiver-courier
check "vmosd is killed" survives_kill vmosd
check "vmos-files in the sender is killed" survives_kill sender-files
check "vmos-files in the receiver is killed" survives_kill receiver-files
check "the sender's QEMU is killed, and the VM started again" survives_kill sender-qemu
check "the receiver's QEMU is killed, and the VM started again" survives_kill receiver-qemu
check "nothing of all that is left to do" eval '[ -z "$(ls "$XDG_DATA_HOME/vmos/transfers")" ]'
clear_incoming

# --- VMs that are off ---

to_a_stopped_vm()
{
	"$vmos" stop --force web work && send_all work:hello.txt web && incoming_is "hello.txt "
}

check "VMs that are off are started" to_a_stopped_vm
clear_incoming

# --- fetch, open, from inside ---

rules_are 'web work r'
check "a file is fetched from ~/Public" timeout 60 "$vmos" fetch work:pub.txt web
check "it arrives" same_file Public/pub.txt Incoming/work/pub.txt
check "so does a folder of it" eval 'timeout 60 "$vmos" fetch work:deep web && same_tree Public/deep Incoming/work/deep'
clear_incoming
refuse "nothing else: a file beside it" "Public" timeout 60 "$vmos" fetch work:../hello.txt web
refuse "by its full path" "Public" timeout 60 "$vmos" fetch work:/home/user/hello.txt web
guest work sh -c 'ln -sf ../hello.txt ~/Public/way-out; ln -sfn .. ~/Public/up'
refuse "or by a link" "left out: way-out" timeout 60 "$vmos" fetch work:way-out web
refuse "or through one" "left out: up/hello.txt" timeout 60 "$vmos" fetch work:up/hello.txt web
refuse "to fetch does not let one send" "vmos rule add" send_all work:hello.txt web
check "nothing of that has arrived" incoming_is ""

# What opens a file or link in web notes it.
note_opened()
{
	guest web sh -c 'mkdir -p ~/.local/share/applications ~/.config && printf "%s\n" "[Desktop Entry]" "Type=Application" "Name=Note" \
		"Exec=sh -c \"echo %u >>/home/user/opened\"" "MimeType=text/plain;x-scheme-handler/https;" >~/.local/share/applications/note.desktop &&
		printf "%s\n" "[Default Applications]" "text/plain=note.desktop" "x-scheme-handler/https=note.desktop" >~/.config/mimeapps.list && rm -f ~/opened'
}

was_opened()
{
	guest web grep -qF -- "$1" opened
}

rules_are 'work web x'
note_opened
check "a file is opened in another VM" timeout 60 "$vmos" open work:hello.txt web
check "by the program for it" within 15 was_opened /home/user/Incoming/work/hello.txt
check "a link is opened by the host's user" timeout 60 "$vmos" open https://example.org/?a=1 web
check "by the program for links" within 15 was_opened https://example.org/?a=1
refuse "what is no link is not" "VM:PATH" timeout 60 "$vmos" open 'javascript' web
rules_are '# none'
refuse "without a rule no file is opened" "vmos rule add work web x" timeout 60 "$vmos" open work:hello.txt web
refuse "nor a link from a VM" "vmos rule add work web x" timeout 60 "$vmos" open work:https://example.org/b web
clear_incoming

rules_are 'work web wx'
check "a program in a VM sends by itself" guest work vmos-send --to web hello.txt
check "and it arrives" same_file hello.txt Incoming/work/hello.txt
check "opens a link" guest work vmos-open https://example.org/from-work --in web
check "which is opened" within 15 was_opened https://example.org/from-work
rules_are '# none'
refuse "without a rule it does not" "not allowed" guest work vmos-send --to web hello.txt
refuse "nor to a VM that is not there" "not allowed" guest work vmos-send --to nosuch hello.txt
check "and learns no difference" eval '[ "$(guest work vmos-send --to web hello.txt 2>&1 | sed s/web/X/g)" = "$(guest work vmos-send --to nosuch hello.txt 2>&1 | sed s/nosuch/X/g)" ]'
clear_incoming

# --- many, and all at once ---

many_at_once()
{
	local n list=() status=0

	guest work sh -c 'for n in $(seq 12); do head -c 2000000 /dev/urandom >many-$n; done'
	for n in $(seq 12); do
		timeout 200 "$vmos" send "work:many-$n" web 2>>"$work/many.out" &
		list+=($!)
	done
	for n in "${list[@]}"; do
		wait "$n" || status=1
	done
	[ "$status" = 0 ] && [ "$(names_in web Incoming/work | wc -l)" = 12 ] && same_file many-7 Incoming/work/many-7
}

rules_are 'work web w'
check "twelve at once, of which eight move" many_at_once
clear_incoming
kills=${KILLS_IN_SUITE:-4}
kill_points
result $? "nothing is lost, partial or double at $kills random points"
