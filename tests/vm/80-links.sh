# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# A NET VM and its client: which link there is, by whose word, and what ends it.

# Of the switches of a VM's cards.
switches()
{
	local dir

	for dir in /proc/[0-9]*; do
		grep -qsF "$work/run/vmos/vms/$1/" "$dir/cmdline" && grep -qszx vde_switch "$dir/cmdline" && echo "${dir#/proc/}"
	done
}

net_is()
{
	[[ $(field work net_state) == "$1"* ]]
}

# A program in the client reaches the NET VM's resolver by TCP.
reaches()
{
	guest work timeout 5 bash -c 'exec 3<>/dev/tcp/169.254.1.53/53'
}

reaches_not()
{
	! reaches 2>/dev/null
}

set_net_says()
{
	[[ $("$vmos" set work --net net0 2>&1) == *"vmos rule add work net0 w"* ]]
}

has_no_windows()
{
	[ -z "$(pids vmos-desktop net0)" ] && field_is net0 desktop none
}

have_no_switches()
{
	[ -z "$(switches work)$(switches net0)" ]
}

has_no_tap()
{
	[ -z "$(pids vmos-tap net0)" ]
}

"$vmos" template build net >"$work/template-net.log" 2>&1 || bail "no template net: $(tail -n 5 "$work/template-net.log")"
[ -d "$XDG_DATA_HOME/vmos/vms/work" ] || "$vmos" create work || bail "no VM work"
start_vm work || bail "work does not start"

check "a NET VM is made" "$vmos" create net0 --kind net
refuse "a network of no VM" "no NET VM nowhere" "$vmos" set work --net nowhere
refuse "a network of an APP VM" "is no NET VM" "$vmos" create third --net work
refuse "a NET VM that uses itself" "its own network" "$vmos" set net0 --net net0
check "a NET VM starts" start_vm net0
check "it has no windows" has_no_windows
refuse "another uplink while it runs" "stop it" "$vmos" set net0 --memory 512M

check "the card is there without a link" guest work test -e /sys/class/net/eth0
check "it is given to a VM that runs, and what is missing is said" set_net_says
check "without a rule the link is dead" within 5 net_is "dead: no rule"
check "and nothing passes" reaches_not
"$vmos" rule add work net0 w
check "a rule opens it" within 10 net_is up
check "and the client reaches its resolver" within 30 reaches

tap=$(pids vmos-tap net0)
kill -STOP "$tap"
"$vmos" rule del work net0
check "a rule that goes ends it" within 5 net_is "dead: no rule"
check "also where vmos-tap does nothing" reaches_not
kill -CONT "$tap"
"$vmos" rule add work net0 w
check "and opens it again" within 10 net_is up
check "for the client too" within 10 reaches

kill -9 "$tap"
check "a vmos-tap that died is followed by another" within 10 reaches
check "and the link is up" within 5 net_is up
kill -9 "$(pids vmosd)"
check "the next vmosd finds the link" within 20 net_is up
check "and it works" reaches
check "it is taken from a VM that runs" "$vmos" set work --net none
check "which then has none" within 5 net_is none
check "and reaches nothing" reaches_not
check "and is given again" "$vmos" set work --net net0
check "which works at once" within 10 reaches

kill -9 "$(switches work)"
check "a switch that died is not hidden" within 5 net_is "dead: its switch ended"
check "a VM that needs its NET VM is stopped" "$vmos" stop --force work
check "and the NET VM" "$vmos" stop --force net0
check "no switch stays" within 10 have_no_switches
check "nor vmos-tap" within 10 has_no_tap
check "a VM starts with a new switch" start_vm work
check "and its NET VM with it" within 120 field_is net0 agent ready
check "so that its network is there" within 30 reaches
"$vmos" stop --force net0
refuse "a NET VM in use is not deleted" "used by VM work" "$vmos" delete --yes net0
check "but by force" "$vmos" delete --yes --force net0
check "and leaves its clients without one" net_is none
"$vmos" rule del work net0
