# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# The time of a host without a network: asked by a NET VM of a server on this machine's loopback, judged by vmosd, set by
# vmos-clock. The clock that it sets is that of the VM web: vmos-clock runs there, with vmosd's connection as its standard
# input and output. So no clock of this machine is touched.

# clock_vms: one whose clock may be set, one that asks.
clock_vms()
{
	"$vmos" template build net >/dev/null 2>&1 || return
	[ -n "$(field web state 2>/dev/null)" ] || "$vmos" create web --color red || return
	[ -n "$(field net0 state 2>/dev/null)" ] || "$vmos" create net0 --kind net || return
	"$vmos" start web net0
}

has_uplink()
{
	guest_root net0 grep -q ^uplink /proc/net/route
}

# bring PROGRAM VM…: it lies in /run there then.
bring()
{
	local program=$1 vm
	shift

	for vm; do
		timeout 60 "$vmos" run "$vm" --root -- sh -c "cat >/run/${program##*/} && chmod 700 /run/${program##*/}" <"$program" || return
	done
}

build_host_time()
{
	gcc -O2 -std=gnu11 -D_GNU_SOURCE -I"$top" "$top/tests/vm/guest/host-time.c" "$top/manager/host_time.c" -lsystemd \
		-o "$work/host-time" && bring "$work/host-time" net0 web
}

notices()
{
	local out

	out=$(guest_root net0 /run/host-time "$1") && echo "$out" && grep -qxE "$2" <<<"$out" && grep -qxE "$3" <<<"$out"
}

# The vmosd of this file: it keeps a clock. Not within a check, which waits for what it leaves behind.
begin_clock_vmosd()
{
	cat >"$work/clock-in-web" <<-END
		#!/bin/sh
		export XDG_RUNTIME_DIR='$XDG_RUNTIME_DIR' XDG_DATA_HOME='$XDG_DATA_HOME' XDG_CONFIG_HOME='$XDG_CONFIG_HOME'
		exec '$vmos' run web --root --no-tty -- /run/vmos-clock
	END
	chmod +x "$work/clock-in-web"
	systemd-socket-activate --accept --inetd --seqpacket -l "$work/clock.sock" "$work/clock-in-web" >"$work/activate.log" 2>&1 &
	activator=$!
	kill "$(pids vmosd)"
	within 20 eval '[ -z "$(pids vmosd)" ]'
	"$build/manager/vmosd" --clock "$work/clock.sock" >>"$XDG_STATE_HOME/vmos/vmosd.log" 2>&1 &
	clock_vmosd=$!
}

# A command would start another one before this one is on the bus.
has_clock_vmosd()
{
	within 20 busctl --address="unix:path=$XDG_RUNTIME_DIR/vmos/bus" status org.vmos.Manager1 >/dev/null &&
		[ "$(pids vmosd)" = "$clock_vmosd" ] && within 30 field_is web agent ready && within 30 field_is net0 agent ready
}

end_clock_vmosd()
{
	kill "$clock_vmosd" "$activator"
	wait "$clock_vmosd" "$activator"
	rm -f "$XDG_DATA_HOME/vmos/clock" "$XDG_RUNTIME_DIR/vmos/clock.day"
}

# The server's time is wrong by this much from now on.
server_says()
{
	echo "$1" >"$work/time.offset"
}

clock_is()
{
	"$vmos" clock --json >"$work/clock.json"
	jq -e "$1" "$work/clock.json" >/dev/null || { cat "$work/clock.json"; return 1; }
}

# Seconds that web's clock is ahead of this machine's.
web_is_ahead()
{
	local there

	there=$(guest web date +%s) && echo $((there - $(date +%s)))
}

# web_is_about SECONDS
web_is_about()
{
	local ahead

	ahead=$(web_is_ahead) && echo "$ahead" && [ "$ahead" -ge $(($1 - 3)) ] && [ "$ahead" -le $(($1 + 3)) ]
}

# What is left to slew: about 0.3 s, of which a few milliseconds are over.
slews()
{
	local left state

	read -r left state < <(guest_root web /run/host-time show)
	echo "$left $state"
	[ "$left" -gt 200000 ] && [ "$left" -le 400000 ] && [ "$state" = right ]
}

check "a guest whose clock may be set, and a NET VM" clock_vms
check "vmosd's eyes for its host's clock, in a guest" build_host_time
check "see a clock that was set ahead and back" notices watch "0 3600" "0 -3600"
check "and a machine that slept" notices sleep "([3-9]|[1-9][0-9]) -?[01]" "([3-9]|[1-9][0-9]) -?[01]" # five seconds, on an idle one

refuse "a host with a network keeps its own time" "keeps its own time" "$vmos" clock --from net0
check "and says so" eval '"$vmos" clock | grep -q "keeps its own time"'

check "vmos-clock in the guest whose clock may be set" bring "$build/clock/vmos-clock" web
guest_root web date -s "2 hours" >/dev/null
begin_clock_vmosd
check "a vmosd that keeps a clock" has_clock_vmosd
check "which tells the guests that it finds the time" within 20 web_is_about 0
server_says 0
"$top/tests/vm/time-server" "$work/time.port" "$work/time.offset" & # ends with this shell
check "a time server" within 10 test -s "$work/time.port"
server=time.test:$(cat "$work/time.port")
check "the NET VM has a network" within 60 has_uplink
check "and a name for the server in it" guest_root net0 sh -c 'echo "10.0.2.2 time.test" >>/etc/hosts'
check "nobody tells the time yet" clock_is '.kept_by == "vmos" and .from == ""'
refuse "an APP VM cannot" "is no NET VM" "$vmos" clock --from web
refuse "nor one that is not there" "no such VM" "$vmos" clock --from net7
refuse "a server has a name of one word" "names no time server" "$vmos" clock --from net0 --server "a b"
check "a NET VM can" "$vmos" clock --from net0 --server "$server" --now
check "its time is this machine's" clock_is '(.result == "right" or .result == "set") and .from == "net0" and (.offset | fabs) < 0.3'
check "which is written down" grep -q "^net0 $server\$" "$XDG_DATA_HOME/vmos/clock"

server_says 0.3
check "a small difference" "$vmos" clock --now
check "is mended by itself" clock_is '.result == "set" and .offset > 0.1 and .offset < 0.5 and .moved_today > 0.1'
check "slowly" slews
check "and recorded" eval '"$vmos" log --json 20 | grep "\"event\":\"clock\"" | grep -q slew'

server_says 7200
check "a large one" "$vmos" clock --now
check "waits for the user" clock_is '.result == "waits" and .offset > 7195 and .offset < 7205'
check "who is told how to believe it" eval '"$vmos" clock | grep -q "vmos clock --accept +7"'
check "nothing was set" web_is_about 0
refuse "another one is not believed" "something else" "$vmos" clock --accept +7300
refuse "nor what is no number" "no difference" "$vmos" clock --accept soon
check "this one is, once" "$vmos" clock --accept "$("$vmos" clock | grep -o '[+]7[0-9.]*' | head -n 1)"
check "and the clock is set" web_is_about 7200
check "which is recorded, too" eval '"$vmos" log --json 20 | grep "\"event\":\"clock\"" | grep -q step'
refuse "once only" "No difference waits" "$vmos" clock --accept +7200

# Of a host whose clock moves the guests hear.
server_says -0.3
check "after the next small one" "$vmos" clock --now
check "the guests have the host's time" within 20 web_is_about 0

server_says -600000000
check "a time before vmOS was made" "$vmos" clock --now
check "is set for nobody" clock_is '.result == "waits"'
refuse "also when it is accepted" "made later" "$vmos" clock --accept "$("$vmos" clock | grep -o -- '-[0-9.]*' | tail -n 1)"
check "which is recorded" eval '"$vmos" log --json 20 | grep -q "\"event\":\"clock-failed\""'

check "a server of another name" "$vmos" clock --from net0 --server nowhere.invalid --now
check "has no address" clock_is '.result == "lost" and (.reason | contains("no address"))'
"$vmos" clock --from net0 --server "$server"
server_says silent
check "a server that keeps silent" "$vmos" clock --now
check "is said to" clock_is '.result == "lost" and (.reason | contains("does not answer"))'
"$vmos" stop --force net0
refuse "a NET VM that is off is no source" "not running" "$vmos" clock --now
check "nobody again" "$vmos" clock --from none
check "is nobody" clock_is '.from == "" and .offset == 0'
end_clock_vmosd
"$vmos" delete --yes --force net0
