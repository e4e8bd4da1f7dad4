# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Sound: how long it is on its way, what it costs, how often it has a gap. The sound server is one without a card.
# There and back: the host's microphone to the VM, its loudspeakers to the host's, both ends of one recording.

sound_dir=$work/sound
# shellcheck source=tests/audio/lib.sh
. "$top/tests/audio/lib.sh"

audio_seconds=${AUDIO_SECONDS:-20}

# What helper and QEMU use in a second, in microseconds; and how often the helper wakes up.
measure_cpu()
{
	local helper qemu wakeups

	helper=$(cpu_us "$audio_helper")
	qemu=$(cpu_us "$audio_qemu")
	wakeups=$(field audio stats.audio_wakeups)
	sleep "$audio_seconds"
	add "audio-helper-$1" "$((($(cpu_us "$audio_helper") - helper) / audio_seconds))"
	add "audio-qemu-$1" "$((($(cpu_us "$audio_qemu") - qemu) / audio_seconds))"
	add "audio-wakeups-$1" "$((($(field audio stats.audio_wakeups) - wakeups) / audio_seconds))"
}

# One burst into the microphone; left of the recording is the microphone, right the loudspeakers.
measure_delay()
{
	sound_tool timeout 8 pw-record --target 0 --format s16 --rate 48000 --channels 2 "$work/delay.wav" &
	local recorder=$!

	within 5 sound_tool pw-link test-mic:capture_FL pw-record:input_FL
	sound_tool pw-link test-sink:monitor_FR pw-record:input_FR
	sleep 1
	sound_speak "$work/burst.wav" 3
	wait "$recorder"
	"$build/tests/tools/tone" delay "$work/delay.wav"
}

"$build/tests/tools/tone" make "$work/burst.wav" 1000 1
"$build/tests/tools/tone" make "$work/long.wav" 440 "$((audio_seconds + 15))"
sound_start
"$vmos" create audio --ready-timeout 400 >&2
"$vmos" start audio >&2
within 30 field_is audio audio silent
timeout 60 "$vmos" run audio -- sh -c 'cat >/tmp/long.wav' <"$work/long.wav"
audio_helper=$(pids vmos-audio audio)
audio_qemu=$(pids qemu-system audio)
guest audio pw-cli ls Node >/dev/null
sleep 5

measure_cpu silent
setsid "$vmos" run audio -- pw-play /tmp/long.wav </dev/null >&2 &
within 20 field_is audio audio playing
sleep 3
gaps=$(field audio stats.audio_gaps)
measure_cpu playing
add audio-gaps "$((($(field audio stats.audio_gaps) - gaps) * 60 / audio_seconds))"
within 40 field_is audio audio silent

"$vmos" mic allow audio for=10m >&2
guest audio sh -c 'until pw-link vmos-microphone:capture_FL vmos:playback_FR; do sleep 0.5; done' >&2
sleep 3
for ((n = 0; n < runs; n++)); do
	delay=$(measure_delay) && add audio-delay "$delay"
	sleep 3
done

value audio.latency_ms there-and-back vmos ms audio-delay
for state in silent playing; do
	value audio.cpu_us_per_s "$state-helper" vmos us "audio-helper-$state"
	value audio.cpu_us_per_s "$state-qemu" vmos us "audio-qemu-$state"
	value audio.wakeups "$state-helper" vmos 1/s "audio-wakeups-$state"
done
value audio.gaps playing vmos 1/min audio-gaps
"$vmos" stop --force audio >&2
"$vmos" delete --yes audio >&2
sound_stop
