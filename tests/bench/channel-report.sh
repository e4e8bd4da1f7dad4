# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What is printed of the channel's measurements, from here and from the lab.
#
#   channel_take one|many FILE     takes lines "WHAT CASE SUBJECT VALUE"
#   channel_report                 prints all that was taken: $sizes, $subjects

relay_subjects="relay rings vhost-vsock virtio-serial tcp-bridge"

channel_take()
{
	local set=$1 what size subject number

	while read -r what size subject number; do
		add "$set-$what-$size-$subject" "$number"
	done <"$2"
}

# both NAME UNIT SET WHAT CASE SUBJECT: of the guest's virtual processors, and of all else.
both()
{
	local side

	for side in guest host; do
		if [ -s "$work/series-$3-$4-$side-$5-$6" ]; then
			value "$1" "$5" "$6/$side" "$2" "$3-$4-$side-$5-$6"
		fi
	done
}

is_taken()
{
	[ -s "$work/series-$1" ]
}

channel_ratios()
{
	local size=$1 other rate rtt

	for other in vhost-vsock virtio-serial tcp memcpy; do
		rate='' rtt=''
		case $other-$size in
		vhost-vsock-1MiB) rate='>=3' rtt='<=0.7' ;;
		vhost-vsock-*) rtt='<=0.7' ;;
		memcpy-1MiB) rate='>=0.8' ;;
		esac
		ratio channel.mib_s "$size" vmos "$other" "one-to-host-$size-vmos" "one-to-host-$size-$other" "$rate"
		ratio channel.rtt_us "$size" vmos "$other" "one-rtt-$size-vmos" "one-rtt-$size-$other" "$rtt"
	done
}

# way NAME SET RATE CASE SUBJECT: what is told of a way between two guests, and between a guest and the host.
way()
{
	value "$1.rtt_us" "$4" "$5" us "$2-rtt-$4-$5"
	value "$1.rtt_p99_us" "$4" "$5" us "$2-rtt99-$4-$5"
	value "$1.mib_s" "$4" "$5" MiB/s "$2-$3-$4-$5"
	both "$1.cpu_ns_per_byte" ns "$2" cpu "$4" "$5"
}

# exits CASE SUBJECT: all, and what KVM counts of them.
exits()
{
	local kind

	is_taken "one-exits-$1-$2" || return 0
	value channel.exits_per_message "$1" "$2" 1 "one-exits-$1-$2"
	for kind in fault device interrupt halt; do
		value channel.exits_per_message "$1" "$2/$kind" 1 "one-exits-$kind-$1-$2"
	done
}

channel_size()
{
	local size=$1 subject

	for subject in $subjects; do
		is_taken "one-rtt-$size-$subject" || continue
		way channel one to-host "$size" "$subject"
		value channel.mib_s "$size" "$subject-to-guest" MiB/s "one-to-guest-$size-$subject"
		both channel.wakeups_per_message 1 one wake "$size" "$subject"
		exits "$size" "$subject"
	done
	value channel.mib_s "$size" memcpy MiB/s "one-to-host-$size-memcpy"
	value channel.rtt_us "$size" memcpy us "one-rtt-$size-memcpy"
	channel_ratios "$size"
}

relay_size()
{
	local size=$1 subject

	for subject in $relay_subjects; do
		! is_taken "many-rtt-$size-$subject" || way relay many rate "$size" "$subject"
	done
	ratio relay.mib_s "$size" relay rings "many-rate-$size-relay" "many-rate-$size-rings" '>=1.5'
	ratio relay.cpu_ns_per_byte "$size" relay/host rings/host "many-cpu-host-$size-relay" "many-cpu-host-$size-rings" '<=0.5'
}

channel_parts()
{
	local part size

	is_taken one-rtt-64B-eventfd || return
	value channel.rtt_us 64B eventfd us one-rtt-64B-eventfd
	for part in to-host to-guest; do
		value channel.first_touch_us 1MiB "vmos-$part" us "one-touch-$part-vmos"
	done
	for part in round-trip guest-kick host-wake host-kick interrupt; do
		value channel.part_us bell "$part" us "one-part-bell-$part"
	done
	for part in guest host; do
		value channel.part_us ring "$part" us "one-part-ring-$part"
		for size in $sizes; do
			value channel.part_us "$size" "copy-$part" us "one-part-$size-copy-$part"
		done
	done
}

scale_report()
{
	local n

	is_taken many-memory-joined-channel || return
	for n in ${pairs//,/ }; do
		value relay.pairs_mib_s "$n" rings MiB/s "many-sum-$n-rings"
		value relay.pairs_fairness "$n" rings 1 "many-fairness-$n-rings" '>=0.8'
	done
	for n in joined used; do
		value channel.memory_kib "$n" vmos KiB "many-memory-$n-channel"
	done
}

channel_report()
{
	local size

	for size in $sizes; do
		channel_size "$size"
	done
	for size in $sizes; do
		relay_size "$size"
	done
	channel_parts
	scale_report
}
