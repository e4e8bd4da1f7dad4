# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# A guest that has turned against its host, at host programs built with the address and
# undefined-behaviour sanitizers. HOSTILE_SECONDS for each of the four attacks.

hostile_seconds=${HOSTILE_SECONDS:-8}
asan=$top/build-asan/cli/vmos
hostile=$work/hostile

# The manager goes, and one from the sanitizer build comes, with helpers of its own kind.
change_manager()
{
	local pid

	"$vmos" stop --force work web
	for pid in $(pids vmosd); do
		kill "$pid"
		within 10 is_gone "$pid" || kill -9 "$pid"
	done
	mkdir -p "$work/asan" "$work/programs"
	# vmos-confine is gone before a guest writes its first byte; AddressSanitizer does not let it load libvdeplug's modules.
	ln -sf "$top"/build-asan/{manager/vmosd,courier/vmos-courier,desktop/vmos-desktop,tap/vmos-tap} "$build/confine/vmos-confine" "$work/programs"
	export VMOS_LIBEXEC=$work/programs
	export ASAN_OPTIONS="detect_leaks=0:abort_on_error=1:log_path=$work/asan/report"
	export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:log_path=$work/asan/report"
	vmos=$asan
	start_vm work && start_vm web && timeout 60 "$vmos" run work --window -- foot && within 20 has_windows work 1
}

# The helpers that will be attacked are the sanitizers' builds, and no others.
is_sanitized()
{
	local pid

	for pid in $(pids vmosd) $(pids vmos-desktop) $(pids vmos-courier); do
		grep -q libasan "/proc/$pid/maps" || { cat "/proc/$pid/cmdline"; return 1; }
	done
}

build_hostile()
{
	gcc -O2 -std=gnu11 -D_GNU_SOURCE -static -pthread -I"$top" "$top/tests/vm/guest/hostile.c" "$top"/proto/*.c -o "$hostile"
}

# attack CHANNEL MANNER SEED: from a freshly started web.
attack()
{
	field_is web agent ready || { "$vmos" stop --force web; start_vm web; } || return 1
	timeout 60 "$vmos" run web --root -- sh -c 'cat >/run/hostile && chmod 700 /run/hostile' <"$hostile" || return 1
	timeout 20 "$vmos" run web --root -- sh -c \
		"setsid /run/hostile $1 $2 $hostile_seconds $3 >/dev/console 2>&1 </dev/null & sleep 0.2" || true
	within $((hostile_seconds + 30)) grep -qaE "hostile: ([0-9]+ steps on $1|cannot)" "$(field web console_log)"
	grep -aE 'hostile:' "$(field web console_log)" | tail -n 3
	grep -qaE "hostile: [0-9]+ steps on $1" "$(field web console_log)"
}

no_sanitizer_report()
{
	local file found=0

	for file in "$work"/asan/* "$work/state/vmos/vmosd.log"; do
		[ -f "$file" ] || continue
		! grep -qE 'ERROR: AddressSanitizer|runtime error:|DEADLYSIGNAL' "$file" || { found=1; head -n 40 "$file"; }
	done
	return "$found"
}

others_go_on()
{
	[ "$(guest work echo alive)" = alive ] && has_windows work 1 && field_is work desktop up
}

if [ ! -x "$asan" ]; then
	skip "hostile guest" "no sanitizer build: meson compile -C build-asan"
else
	check "build the hostile program" build_hostile
	check "host programs with sanitizers serve both VMs" change_manager
	check "all of them have the sanitizers" is_sanitized
	seed=$RANDOM
	note "seed $seed"
	for attack in "gui lawful" "gui garbage" "ctl lawful" "ctl garbage"; do
		# shellcheck disable=SC2086 # two words
		check "a guest writes $attack values for $hostile_seconds s" attack $attack "$seed"
		check "the sanitizers saw nothing ($attack)" no_sanitizer_report
		check "the other VM goes on ($attack)" others_go_on
		check "vmosd goes on and has web running ($attack)" field_is web state running
		if [[ $attack == "gui garbage" ]]; then
			check "vmos show says that web's desktop was refused" within 10 field_is web desktop refused
			check "it has no window left" has_windows web 0
		elif [[ $attack == "ctl garbage" ]]; then
			check "vmos show says that web's agent was refused" within 10 field_is web agent refused
		fi
		note "web: agent $(field web agent), desktop $(field web desktop): $(field web last_error)"
		"$vmos" stop --force web >/dev/null 2>&1
	done
	check "web starts again as if nothing had been" start_vm web
fi
