# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# $MANY files in one folder, from work to web.

# ext4 has one inode for each 16 KiB of its disk, where nothing else is said.
two_large_vms()
{
	local gib=$((MANY / 60000 + 4)) vm

	for vm in work web; do
		"$vmos" create "$vm" --disk "${gib}G" || return
	done
	"$vmos" start work web
}

# As guest(), for what takes its time.
patient_guest()
{
	local vm=$1

	shift
	timeout 3600 "$vmos" run "$vm" -- "$@"
}

make_many()
{
	patient_guest work sh -c 'mkdir ~/many && cd ~/many && seq "$1" | split -l 1 -a 5 - f- && cd && sync' sh "$MANY"
}

# Names and contents as one sum: every file has one line, and one process reads them in the order in which they lie.
many_sum()
{
	patient_guest "$1" sh -c 'cd "$1" && LC_ALL=C grep -r "" . >~/lines && wc -l <~/lines && LC_ALL=C sort -T ~ ~/lines | sha256sum; rm ~/lines' sh "$2"
}

# Each ten seconds the most memory so far of those that carry it, in KiB.
watch_memory()
{
	local vm

	while sleep 10; do
		for vm in work web; do
			echo "$vm courier $(awk '/VmHWM/ { print $2 }' "/proc/$(pids vmos-courier "$vm" | head -n 1)/status")"
			echo "$vm files $(guest_root "$vm" sh -c 'sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" /proc/$(pidof vmos-files)/status')"
		done 2>/dev/null
	done >>"$work/memory"
}

send_many()
{
	local begin=$SECONDS status watcher

	watch_memory &
	watcher=$!
	timeout 7200 "$vmos" send work:many web >"$work/many.out" 2>&1
	status=$?
	kill "$watcher"
	note "$MANY files took $((SECONDS - begin)) s"
	sort -k 1,2 -k 3,3n "$work/memory" | awk 'NF == 3 { most[$1 " " $2] = $3 } END { for (w in most) print w ": " most[w] " KiB at most" }' |
		while read -r line; do note "$line"; done
	[ "$status" = 0 ] || note "$(tail -n 3 "$work/many.out")"
	return "$status"
}

same_in_both()
{
	local sent arrived

	sent=$(many_sum work many) && arrived=$(many_sum web Incoming/work/many) || return
	note "${sent%%$'\n'*} files there, ${arrived%%$'\n'*} here"
	[ "${sent%%$'\n'*}" = "$MANY" ] && [ "$sent" = "$arrived" ]
}

if [ -n "${MANY:-}" ]; then
	check "two VMs run" two_large_vms
	mkdir -p "$XDG_CONFIG_HOME/vmos/rules.d"
	echo 'work web w' >"$XDG_CONFIG_HOME/vmos/rules.d/50-vmos.rules"
	check "$MANY files are made" make_many
	check "they are sent" send_many
	check "each arrived as it was" same_in_both
fi
