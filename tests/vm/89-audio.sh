# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# Sound of VMs at the host's PipeWire: a stream of each with its name, volume and mute, and a microphone that is off.

sound_dir=$work/sound
# shellcheck source=tests/audio/lib.sh
. "$top/tests/audio/lib.sh"

audio_vm()
{
	[ -n "$(field "$1" state 2>/dev/null)" ] || "$vmos" create "$1" || return
	start_vm "$1"
}

# guest_file VM FILE: what stands in FILE here is /tmp/FILE's name there.
guest_file()
{
	timeout 60 "$vmos" run "$1" -- sh -c 'cat >"/tmp/$0"' "${2##*/}" <"$2"
}

# play VM FILE: has it played there, and records what the host hears. The recording is $sound_dir/VM.wav.
play()
{
	sound_record "$sound_dir/$1.wav"
	guest "$1" pw-play "/tmp/$2" || return
	within 10 field_is "$1" audio silent
	sound_recorded
}

# between LEAST VALUE MOST
between()
{
	awk -v a="$1" -v v="$2" -v b="$3" 'BEGIN { exit !(v >= a && v <= b) }' || { echo "$2 is not from $1 to $3"; return 1; }
}

heard_between()
{
	between "$3" "$(sound_heard "$1" "$2")" "$4" || { "$build/tests/tools/tone" hear "$1"; return 1; }
}

has_node()
{
	[ "$(sound_nodes "$1" | wc -l)" = "$2" ]
}

guest_processes()
{
	guest "$1" sh -c 'cat /proc/[0-9]*/comm' | grep -c -E '^(pipewire|wireplumber|vmos-audio|pipewire-pulse)$'
}

runs_no_sound()
{
	[ "$(guest_processes "$1")" = 0 ]
}

has_no_microphone()
{
	! guest "$1" pw-cli ls Node | grep -q vmos-microphone
}

has_microphone()
{
	guest "$1" pw-cli ls Node | grep -q vmos-microphone
}

sends_nothing_recorded()
{
	[ -z "$(sound_tool pw-dump | jq -r '.[] | select(.info.props["media.class"]? == "Stream/Input/Audio") | .info.props["node.name"]' | grep '^vmos')" ]
}

check "work runs" audio_vm work
check "web runs beside it" audio_vm web
check "a VM in which nobody has played runs no sound server" runs_no_sound web
check "without PipeWire on the host a VM says so" field_is work audio no-server
check "and vmos status" test "$("$vmos" status --json | jq -r .sound)" = no-server
"$build/tests/tools/tone" make "$work/a.wav" 440 3
"$build/tests/tools/tone" make "$work/b.wav" 1000 3
check "a tone is in work" guest_file work "$work/a.wav"
check "another one is in web" guest_file web "$work/b.wav"
check "a program that plays goes on where the host has no sound" guest work pw-play /tmp/a.wav

sound_start
check "a sound server that comes later is found" within 15 field_is work audio silent
check "of both VMs" within 15 field_is web audio silent
check "and vmos status says that it is there" test "$("$vmos" status --json | jq -r .sound)" = pipewire
check "work has a stream with its name" within 10 has_node vmos.work 1
check "web has another one" has_node vmos.web 1

check "a tone of work's is played on the host" play work a.wav
check "it is as long as it was" heard_between "$sound_dir/work.wav" seconds 2.9 4.5
check "it is the same tone" heard_between "$sound_dir/work.wav" hz 380 445
check "without a long gap" heard_between "$sound_dir/work.wav" longest 0 400
check "it is as loud" heard_between "$sound_dir/work.wav" peak 16000 16500
note "$("$build/tests/tools/tone" hear "$sound_dir/work.wav") gaps counted: $(field work stats.audio_gaps)"

check "half the volume is an eighth of the amplitude" "$vmos" set work --volume 50
play work a.wav
check "so it sounds" heard_between "$sound_dir/work.wav" peak 1900 2200
check "muted is silent" "$vmos" set work --mute on
play work a.wav
check "so it is" heard_between "$sound_dir/work.wav" peak 0 8
check "web plays" play web b.wav
check "it is not muted by that" heard_between "$sound_dir/web.wav" peak 16000 16500
check "and has its own tone" heard_between "$sound_dir/web.wav" hz 880 1010
check "loud again" "$vmos" set work --mute off --volume 100
refuse "more than all is refused" "0 to 100" "$vmos" set work --volume 101
sound_tool wpctl set-volume "$(sound_nodes vmos.work)" 0.3
check "what a mixer sets is work's volume" within 5 field_is work volume 30
sound_tool wpctl set-mute "$(sound_nodes vmos.work)" 1
check "and its mute" within 5 field_is work mute true
check "the other VM's is as it was" field_is web volume 100
check "all as before" "$vmos" set work --mute off --volume 100

check "no VM has a microphone" has_no_microphone work
check "and no helper records" sends_nothing_recorded
refuse "the microphone of a VM that is not there" "no VM" "$vmos" mic allow nobody
check "the microphone is allowed for a while" "$vmos" mic allow work for=1m
check "then work has one" within 10 has_microphone work
check "web has none" has_no_microphone web
check "that is in the audit log" has_line microphone-allow "$work/data/vmos/audit.log"
check "nobody listens yet, so nothing is recorded" sends_nothing_recorded
setsid "$vmos" run work -- pw-record --format s16 --rate 48000 --channels 2 /tmp/mic.wav </dev/null >"$sound_dir/mic.log" 2>&1 &
check "a program that listens is shown" within 15 field_is work recording true
sound_speak "$work/b.wav" 3
sleep 2
check "taken back" "$vmos" mic deny work
check "then nothing is recorded any more" within 5 sends_nothing_recorded
check "and the guest has no microphone" within 10 has_no_microphone work
guest work pkill -INT pw-record
guest work cat /tmp/mic.wav >"$sound_dir/mic.wav"
check "what was said in between was heard" heard_between "$sound_dir/mic.wav" peak 8000 16500
check "as it was said" heard_between "$sound_dir/mic.wav" hz 800 1010
check "for three seconds" "$vmos" mic allow work for=3s
check "the time is over" within 10 field_is work microphone 0
check "and the microphone is gone" within 10 has_no_microphone work

check "vmos-audio of work is killed" kill -9 "$(pids vmos-audio work)"
check "a vmos-audio that was killed comes back" within 15 has_node vmos.work 1
check "and plays" play work a.wav
check "as loud" heard_between "$sound_dir/work.wav" peak 16000 16500
guest work pkill -9 -x pipewire
check "a guest's sound server that was killed, too" play work a.wav
check "with a tone" heard_between "$sound_dir/work.wav" peak 16000 16500
sound_kill
check "without PipeWire the VM goes on" within 10 field_is work audio no-server
sound_start
check "and finds it again" within 15 field_is work audio silent
check "its stream, too" within 10 has_node vmos.work 1
sound_stop
