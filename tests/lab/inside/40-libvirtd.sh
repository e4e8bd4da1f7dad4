# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # vmos, work, LAB_FULL: of inside/lib.sh
# libvirtd is killed at many moments of a start and of a stop. Whatever it was about to do to a file, no other VM may
# open one of them afterwards, and the VM can be started again.

points=$([ -n "$LAB_FULL" ] && echo 50 || echo 4)
state=(/var/lib/vmos/vms /run/vmos /var/lib/libvirt /run/libvirt)
bad=0

# Milliseconds that COMMAND takes.
time_of()
{
	local begin

	begin=$(date +%s%N)
	"$@" >/dev/null 2>&1
	echo $((($(date +%s%N) - begin) / 1000000))
}

# How long a start takes, in start_ms. One that hangs is no measure: the strikes would wait for it, too.
measure_start()
{
	for _ in 1 2; do
		start_ms=$(time_of timeout $((60 * patience)) "$vmos" start personal)
		[ "$start_ms" -ge $((60000 * patience)) ] || return 0
		note "personal did not start; once more"
		touch "$pulse.hung"
		"$vmos" stop --force personal >/dev/null 2>&1
	done
	start_ms=30000
}

libvirt_answers()
{
	timeout 10 virsh uri >/dev/null 2>&1
}

# Every label that stands on a file of the VM, tried by the other VM's processes. "_" would let everybody read.
closed_to_others()
{
	local have path subject

	while read -r have path; do
		for subject in vmos.work.qemu vmos.work.courier vmos.work.desktop; do
			if may "$subject" "$have" r || may "$subject" "$have" w; then
				echo "$path is $have: $subject may open it"
				return 1
			fi
		done
	done < <(labels_under "${state[@]}" | grep -E "/personal|-personal" | sort -u -k 1,1)
}

# A QEMU that runs has the VM's label, whoever was killed while it came up.
qemu_is_labelled()
{
	local pid

	for pid in $(pids qemu-system personal); do
		is_labelled "$pid" vmos.personal.qemu || is_gone "$pid" || return 1
	done
}

# strike VERB NUMBER OF MS: kills libvirtd at NUMBER/OF of the time that the verb takes.
strike()
{
	local verb=$1 delay pid

	delay=$(awk -v n="$2" -v of="$3" -v ms="$4" 'BEGIN { printf "%.3f", (n + 0.5) * ms / of / 1000 }')
	pid=$(systemctl show -P MainPID libvirtd.service)
	timeout 60 "$vmos" "$verb" personal >"$work/verb.log" 2>&1 3>&- &
	sleep "$delay"
	kill -9 "$pid" 2>/dev/null
	wait $!
	within 30 libvirt_answers || { note "libvirtd did not come back, $verb at $delay s"; return 1; }
	closed_to_others >"$work/point" && qemu_is_labelled >>"$work/point" && return
	note "$verb, killed at $delay s: $(cat "$work/point")"
	return 1
}

is_off()
{
	local have

	have=$(field personal state)
	[[ $have == off || $have == failed ]]
}

# The label on each file that personal owns is right again, or the closed one.
labels_are_right()
{
	local wrong

	wrong=$(labels_under /var/lib/vmos/vms/personal | grep -v -e '^vmos\.personal\.image ' -e '^vmos\.off ' -e '^vmos\.manager /var/lib/vmos/vms/personal/apps$')
	[ -z "$wrong" ] || { echo "$wrong"; return 1; }
}

strikes()
{
	local n of=$((points / 2))

	for ((n = 0; n < of; n++)); do
		"$vmos" stop --force personal >/dev/null 2>&1
		within 30 is_off || note "personal is $(field personal state) before start $n"
		strike start "$n" "$of" "$start_ms" || bad=$((bad + 1))
		"$vmos" stop --force personal >/dev/null 2>&1
		within 30 is_off
		"$vmos" start personal >"$work/start.log" 2>&1 || { note "start after strike $n: $(cat "$work/start.log")"; bad=$((bad + 1)); }
		strike stop "$n" "$of" "$stop_ms" || bad=$((bad + 1))
		note "$((2 * n + 2)) strikes, $bad wrong"
	done
}

need "personal is there" need_vm personal blue
need "work is there" need_vm work green
"$vmos" stop --force personal >/dev/null 2>&1
measure_start
stop_ms=$(time_of "$vmos" stop --force personal)
note "a start takes $start_ms ms, a stop $stop_ms ms; $points strikes"
strikes
check "libvirtd killed at $points points of start and stop: no file open to another VM, no QEMU with a wrong label" test "$bad" = 0
check "work lived on all the time" field_is work state running
check "and answers" in_vm work true
"$vmos" stop --force personal >/dev/null 2>&1
check "personal starts as ever" "$vmos" start personal
check "and answers" in_vm personal true
check "the labels of its files are right" labels_are_right
