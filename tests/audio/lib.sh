# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A private sound server for tests: its socket in $XDG_RUNTIME_DIR, logs and recordings in $sound_dir. The test stops it.

sound_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Of everything that speaks to it, also of what looks for a configuration.
sound_vars=(HOME="$sound_dir" XDG_CONFIG_HOME="$sound_dir/config" XDG_STATE_HOME="$sound_dir/state"
	DBUS_SESSION_BUS_ADDRESS="unix:path=$sound_dir/bus")
mkdir -p "$sound_dir"

sound_tool()
{
	timeout 20 env "${sound_vars[@]}" "$@" </dev/null
}

sound_start()
{
	# WirePlumber of Debian 12 does not start without a bus.
	if [ -z "${sound_bus:-}" ]; then
		rm -f "$sound_dir/bus"
		env "${sound_vars[@]}" dbus-daemon --session --address="unix:path=$sound_dir/bus" --nofork \
			</dev/null >"$sound_dir/bus.log" 2>&1 &
		sound_bus=$!
		sleep 0.3
	fi
	env "${sound_vars[@]}" pipewire -c "$sound_top/tests/audio/pipewire.conf" </dev/null >"$sound_dir/pipewire.log" 2>&1 &
	sound_server=$!
	for ((i = 0; i < 100; i++)); do
		sound_tool pw-cli ls Node 2>/dev/null | grep -q test-mic && break
		sleep 0.2
	done
	env "${sound_vars[@]}" wireplumber </dev/null >"$sound_dir/wireplumber.log" 2>&1 &
	sound_links=$!
}

# WirePlumber leaves with the server.
sound_kill()
{
	kill -9 "$sound_server" "$sound_links"
	wait "$sound_server" "$sound_links" 2>/dev/null
}

sound_stop()
{
	kill "$sound_server" "$sound_links" "$sound_bus" 2>/dev/null
	wait "$sound_server" "$sound_links" "$sound_bus" 2>/dev/null
	sound_bus=
}

# sound_record FILE: what is played, until sound_recorded.
sound_record()
{
	env "${sound_vars[@]}" pw-record --target test-sink -P '{ stream.capture.sink = true }' --format s16 --rate 48000 \
		--channels 2 "$1" </dev/null >"$sound_dir/record.log" 2>&1 &
	sound_recorder=$!
	for ((i = 0; i < 50; i++)); do
		sound_tool pw-link -l 2>/dev/null | grep -q 'test-sink:monitor_FR' && break
		sleep 0.1
	done
}

sound_recorded()
{
	kill -INT "$sound_recorder"
	wait "$sound_recorder" 2>/dev/null
	true
}

# sound_speak FILE SECONDS: into the microphone.
sound_speak()
{
	timeout "$2" env "${sound_vars[@]}" pw-play --target 0 "$1" </dev/null >"$sound_dir/speak.log" 2>&1 &
	for ((i = 0; i < 50; i++)); do
		sound_tool pw-link pw-play:output_FL test-mic:input_FL 2>/dev/null && break
		sleep 0.1
	done
	sound_tool pw-link pw-play:output_FR test-mic:input_FR
}

# The nodes of a name there are, by their ids.
sound_nodes()
{
	sound_tool pw-dump | jq -r --arg name "$1" '.[] | select(.info.props["node.name"]? == $name) | .id'
}

# sound_heard FILE KEY: one number of what was recorded.
sound_heard()
{
	"$build/tests/tools/tone" hear "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"
}
