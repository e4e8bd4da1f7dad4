# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# What passes from a client through its NET VM to a server, what does not, and what cuts what runs, as functions for each
# fabric of network cards. The server is on this host's loopback; in the NET VM a public address and two names lead there.

far=198.18.0.1

net_vms()
{
	"$vmos" template build net >/dev/null 2>&1 || return
	[ -n "$(field work state 2>/dev/null)" ] || "$vmos" create work --color blue || return
	[ -n "$(field web state 2>/dev/null)" ] || "$vmos" create web --color red || return
	[ -n "$(field net0 state 2>/dev/null)" ] || "$vmos" create net0 --kind net || return
	"$vmos" start work web net0 && "$vmos" set work --net net0 && "$vmos" set web --net net0
}

has_uplink()
{
	guest_root net0 grep -q ^uplink /proc/net/route
}

lead_there()
{
	guest_root net0 sh -c "nft add table ip far && nft 'add chain ip far pre { type nat hook prerouting priority -150; }' &&
		nft add rule ip far pre ip daddr $far dnat to 10.0.2.2 &&
		echo 'host-record=page.test,other.test,$far' >>/usr/share/vmos/net/dnsmasq.conf && kill \$(pidof dnsmasq)"
}

# The address of a client, which follows from its number.
address_of()
{
	guest "$1" sed -n 's/.*vmos\.net=\([0-9]*\).*/10.137.0.\1/p' /proc/cmdline
}

# fetch VM URL [SECONDS]
fetch()
{
	guest "$1" curl -sS --max-time "${3:-8}" "$2"
}

fetches()
{
	[ "$(fetch "$1" "$2")" = "the page" ]
}

# Not within a time in which it would.
fetches_not()
{
	! fetch "$1" "$2" 4
}

# Refused at once, not waited for in vain.
is_told_no()
{
	local begin=$SECONDS

	! fetch "$1" "$2" 20 && [ $((SECONDS - begin)) -lt 10 ]
}

list_is()
{
	mkdir -p "$XDG_CONFIG_HOME/vmos/net.d"
	printf '%s\n' "$@" >"$work/list.new"
	mv "$work/list.new" "$XDG_CONFIG_HOME/vmos/net.d/10-test.net"
	sleep 0.7
}

# A download that never ends, and whether more of it comes.
begin_download()
{
	guest work sh -c 'rm -f /tmp/slow; curl -sS -o /tmp/slow --max-time 300 "$1" >/dev/null 2>&1 & echo $! >/tmp/slow.pid' sh "$1"
	within 15 downloads
}

downloads()
{
	local before now

	before=$(guest work stat -c %s /tmp/slow 2>/dev/null) || return
	sleep 1
	now=$(guest work stat -c %s /tmp/slow)
	[ "$now" -gt "$before" ]
}

download_is_over()
{
	guest work sh -c '! kill -0 $(cat /tmp/slow.pid) 2>/dev/null'
}

end_download()
{
	guest work sh -c 'kill $(cat /tmp/slow.pid) 2>/dev/null; true'
}

# answer VERDICT COMMAND…: while the command runs, a terminal's agent gives that answer to one question.
answer()
{
	local verdict=$1 status=0 agent
	shift

	rm -f "$work"/agent.{in,out}
	mkfifo "$work/agent.in"
	"$vmos" agent --json <>"$work/agent.in" >"$work/agent.out" &
	agent=$!
	within 20 grep -qs '"question"' "$work/agent.out" &&
		grep -m 1 '"question"' "$work/agent.out" | jq -c "{id, verdict: \"$verdict\"}" >"$work/agent.in" &
	sleep 1
	"$@" || status=$?
	kill "$agent" 2>/dev/null
	wait
	grep -m 1 '"question"' "$work/agent.out" >"$work/question"
	return "$status"
}

question_says()
{
	jq -e "$1" "$work/question" >/dev/null || { cat "$work/question"; return 1; }
}

# The next one is there when a command of the test's needs it.
kill_vmosd()
{
	kill -9 "$(pids vmosd)"
}

net_pages()
{
	rm -f "$work/page.port"
	"$top/tests/vm/page-server" "$work/page.port" & # ends with this shell
	check "a server" within 10 test -s "$work/page.port"
	port=$(cat "$work/page.port")
	check "two clients of a NET VM" net_vms
	check "the NET VM has a network" within 60 has_uplink
	check "with a page in it" lead_there
	page=http://page.test:$port/ address=http://$far:$port/
	"$vmos" rule del work net0 2>/dev/null # of another file
	check "without a rule nothing passes" fetches_not work "$address"
	"$vmos" rule add work net0 w
	"$vmos" rule add web net0 w
	check "with one the page comes, by its name" within 30 fetches work "$page"
	check "and by its address" fetches work "$address"
	check "the other client's too" within 30 fetches web "$page"
	check "this host itself is not reached: nobody named it" is_told_no work "http://10.0.2.2:$port/"
	check "nor is a client by another" fetches_not work "http://$(address_of web):22/"
}

net_lists()
{
	list_is "work allow page.test:$port/tcp"
	check "a list of one name: that comes" within 10 fetches work "$page"
	check "another name is not even looked up" is_told_no work "http://other.test:$port/"
	check "another port is refused at once" is_told_no work "http://page.test:$((port + 1))/"
	check "another address too" is_told_no work "http://198.18.0.2:$port/"
	check "web has no list and goes on" fetches web "http://other.test:$port/"
	check "why says which line" eval '[[ $("$vmos" net why work "page.test:$port") == *10-test.net:1* ]]'
	list_is "work allow 10.0.2.2:$port/tcp"
	check "this host is reached where a line names it" fetches work "http://10.0.2.2:$port/"
	list_is "work allow nonsense here"
	check "a list with a mistake changes nothing" fetches work "http://10.0.2.2:$port/"
	refuse "and is told with its place" "10-test.net:1:" "$vmos" net check
}

net_cuts()
{
	list_is "work allow any"
	check "a download" begin_download "${page}slow"
	check "another name of that address is asked for" within 10 fetches work "http://other.test:$port/"
	check "the download is among the flows, by the name it was opened by" eval '"$vmos" net flows --json work |
		jq -e ".. | objects | select(.name? == \"page.test\" and .received > 4096)"'
	list_is "work deny page.test"
	check "a line that denies it cuts it" within 5 download_is_over
	check "which the log knows" within 5 eval '"$vmos" net log work 50 | grep -q cut'

	list_is "work allow any"
	check "a download again" begin_download "${page}slow"
	kill -9 "$(pids vmos-tap net0)"
	check "goes on after vmos-tap was killed" within 20 downloads
	kill_vmosd
	check "and after vmosd was" within 20 downloads
	"$vmos" set work --net none
	check "until the VM has no network any more" within 20 eval '! downloads'
	end_download
	"$vmos" set work --net net0
	check "and then again" within 20 fetches work "$page"
}

net_asks()
{
	list_is "work ask any"
	check "a question, and the answer is no" answer no is_told_no work "$page"
	check "it names VM, NET VM, name and port" question_says ".kind == \"net\" and .subject == \"work\" and .object == \"net0\" and (.claim | contains(\"page.test\"))"
	check "and the program, by the VM's own word" question_says '.program == "curl"'
	sleep 61 # a no counts for a minute
	check "once" answer once fetches work "$page"
	check "always" answer always fetches work "$page"
	check "is a line then" grep -q "work allow page.test:$port/tcp" "$XDG_CONFIG_HOME/vmos/net.d/50-vmos.net"
	check "and asks nobody any more" fetches work "$page"
	rm -f "$XDG_CONFIG_HOME/vmos/net.d/"*.net
}

net_chain()
{
	"$vmos" set work --net none
	check "a NET VM behind a NET VM" "$vmos" create net1 --kind net --net net0
	"$vmos" rule add net1 net0 w
	"$vmos" rule add work net1 w
	check "starts" start_vm net1
	"$vmos" set work --net net1
	check "and the page comes through both" within 60 fetches work "$page"
	"$vmos" rule del net1 net0
	check "but not without the rule between them" within 10 fetches_not work "$page"
	"$vmos" stop --force net1 net0
	check "without its NET VM a client has no network" within 10 eval '[[ $(field work net_state) == dead* ]]'
	"$vmos" delete --yes --force net1 net0
	rm -f "$XDG_CONFIG_HOME/vmos/rules.d/50-vmos.rules"
}
