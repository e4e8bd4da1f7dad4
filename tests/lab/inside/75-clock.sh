# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, lab: of inside/lib.sh
# The host's clock: vmos-clock alone may set it, vmosd alone may ask it to, and the guests hear of it.

vm=work
set_clock=$lab/bin/set-clock

# CAP_SYS_TIME is number 25 (linux/capability.h).
may_set_time()
{
	local bounds

	bounds=$(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$(systemctl show -P MainPID "$1")/status")
	echo "$bounds"
	(((16#$bounds >> 25) & 1))
}

# As root by its user id, but with the label of a VM's QEMU and without a capability.
asks_as_qemu()
{
	sh -c 'printf %s "$1" >/proc/self/attr/current && exec setpriv --bounding-set=-all --inh-caps=-all "$2" step 1' \
		sh "vmos.$vm.qemu" "$set_clock" 3>&-
}

# When this host was started, by its clock as it is now.
start_time()
{
	echo $(($(date +%s) - $(cut -d . -f 1 /proc/uptime)))
}

# moves SECONDS: the clock has gone on by that much besides the time that has passed.
moves()
{
	local before after

	before=$(start_time)
	"$set_clock" step "$1" || return
	after=$(start_time)
	echo "$before $after"
	[ $((after - before)) -ge $(($1 - 2)) ] && [ $((after - before)) -le $(($1 + 2)) ]
}

guest_has_our_time()
{
	local there

	there=$(in_vm "$vm" date +%s) || return
	echo "$((there - $(date +%s)))"
	[ $((there - $(date +%s))) -ge -3 ] && [ $((there - $(date +%s))) -le 3 ]
}

need "work is there" need_vm "$vm" green
check "vmos-clock.socket listens" systemctl is-active vmos-clock.socket
check "vmosd itself may not set the clock" eval '! may_set_time vmosd.service'
check "nor may the session's user have it set" eval '! as_user "$set_clock" step 1'
check "nor may root with the label of a VM" eval '! asks_as_qemu'
check "nobody tells this host the time yet" eval '"$vmos" clock | grep -q "vmos clock --from"'
check "the clock is set an hour ahead" moves 3600
check "which vmosd notices" within 10 eval 'journalctl -b -o cat -u vmosd | grep -q "clock was set by +3600"'
check "and the VM hears of" within 20 guest_has_our_time
check "and back" moves -3600
check "of which it hears, too" within 20 guest_has_our_time
check "it is slewed" "$set_clock" slew 0.01
refuse "it is not set to before vmOS was made" "out of range" "$set_clock" step -1500000000
check "no instance is left" within 10 eval '[ -z "$(systemctl list-units --no-legend --plain "vmos-clock@*")" ]'
