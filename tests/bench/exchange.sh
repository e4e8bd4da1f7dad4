# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# From a VM to another: one big file, and a folder of small ones, as `vmos send` does it; beside scp over a virtual
# network and a copy through a folder of the host by virtio-9p, between two plain guests on the same QEMU. All end when
# what has arrived is on the disk. EXCHANGE_MIB is the big file's size, EXCHANGE_FILES how many small ones there are.

mib=${EXCHANGE_MIB:-1024}
files=${EXCHANGE_FILES:-10000}
# On emulated processors scp sends thirteen small files a second, and 10,000 take a quarter of an hour.
small_runs=$runs
[ "$accelerator" = kvm ] || small_runs=1
big=${mib}MiB
[ "$mib" != 1024 ] || big=1GiB
small=${files}x4KiB
peers=$XDG_CACHE_HOME/vmos/bench-peers

rule()
{
	mkdir -p "$XDG_CONFIG_HOME/vmos/rules.d"
	echo "$*" >"$XDG_CONFIG_HOME/vmos/rules.d/50-bench.rules"
	sleep 1
}

# mib_s SERIES BYTES NANOSECONDS
speed()
{
	add "$1" "$(awk -v b="$2" -v ns="$3" 'BEGIN { print b / 1048576 / (ns / 1e9) }')"
}

# Bytes that the two couriers' system calls have read and written.
courier_io()
{
	local pid

	for pid in $(pids vmos-courier alpha) $(pids vmos-courier second); do
		cat "/proc/$pid/io" 2>/dev/null
	done | awk '/^[rw]char/ { n += $2 } END { printf "%.0f\n", n }'
}

agent_io()
{
	local vm

	for vm in alpha second; do
		timeout 60 "$vmos" run "$vm" --root -- sh -c 'cat /proc/$(pidof vmos-agent)/io'
	done | awk '/^[rw]char/ { n += $2 } END { printf "%.0f\n", n }'
}

# send WHAT BYTES SERIES
send()
{
	local begin ns

	"$vmos" run second -- rm -rf Incoming
	begin=$(date +%s%N)
	timeout 1800 "$vmos" send "alpha:$1" second || return
	ns=$(($(date +%s%N) - begin))
	speed "$3" "$2" "$ns"
}

# The rest that is copied once per byte without a system call: out of one ring and into the other on each side.
copied()
{
	local host guest bytes=$((mib << 20))

	host=$(courier_io)
	guest=$(agent_io)
	send big "$bytes" "vmos-$big" || return
	host=$(($(courier_io) - host))
	guest=$(($(agent_io) - guest))
	[ "$host" -lt "$bytes" ] || add copied-host "$(awk -v n="$host" -v b="$bytes" 'BEGIN { print n / b + 2 }')"
	# the agents' counters hold those of vmos-files, for whose ends they have waited
	add copied-guest "$(awk -v n="$guest" -v b="$bytes" 'BEGIN { print n / b + 2 }')"
}

# A refusal over D-Bus, from the call to its answer, beside a call that asks for nothing.
decisions()
{
	local p50 p99 ping50 ping99

	rule '# none'
	for ((n = 0; n < runs; n++)); do
		read -r p50 p99 ping50 ping99 < <("$bench/decide" alpha second 2000)
		add decision-p50 "$p50"
		add decision-p99 "$p99"
		add ping-p50 "$ping50"
		add ping-p99 "$ping99"
	done
}

disk()
{
	truncate -s $(((2 * mib + 1024) << 20)) "$1"
	mkfs.ext4 -q -F "$1"
}

# peer N NETDEV…: a plain guest; its console is $work/peer-N.log.
peer()
{
	local n=$1 accel=tcg,thread=multi cpu=max
	shift

	[ "$accelerator" != kvm ] || { accel=kvm; cpu=host; }
	timeout 7200 qemu-system-x86_64 -nodefaults -no-user-config -display none -M q35 -accel "$accel" -cpu "$cpu" -smp 2 -m 1536 \
		-kernel "$peers/kernel" -initrd "$peers/initrd" \
		-append "console=ttyS0 quiet panic=-1 peer=$n mib=$mib files=$files runs=$runs small=$small_runs" \
		-drive "file=$work/peer-$n.img,format=raw,if=virtio" "$@" -device virtio-net-pci,netdev=pair,mac=52:54:00:00:00:0$n \
		-virtfs "local,path=$work/share,mount_tag=share,security_model=mapped-xattr" \
		-no-reboot -serial "file:$work/peer-$n.log" >&2 &
	echo $! >>"$work/peers.pids"
}

peers_are_over()
{
	local pid

	grep -qs ^END "$work/peer-1.log" && return
	while read -r pid; do
		is_gone "$pid" && return
	done <"$work/peers.pids"
	return 1
}

run_peers()
{
	local word what ns pid

	"$top/tests/bench/exchange-peers" "$peers" >"$work/peers.log" 2>&1 || { tail -n 3 "$work/peers.log" >&2; return 1; }
	mkdir -p "$work/share"
	disk "$work/peer-1.img"
	disk "$work/peer-2.img"
	peer 2 -netdev "socket,id=pair,listen=127.0.0.1:$((20000 + $$ % 10000))"
	sleep 2
	peer 1 -netdev "socket,id=pair,connect=127.0.0.1:$((20000 + $$ % 10000))"
	within 7200 peers_are_over || say "the peers did not come to their end"
	while read -r word what ns; do
		[ "$word" = RESULT ] || continue
		case $what in
		*-big) speed "${what%-big}-$big" $((mib << 20)) "${ns%$'\r'}" ;;
		*-small) speed "${what%-small}-$small" $((files * 4096)) "${ns%$'\r'}" ;;
		*) say "what came to the other peer is not what was sent" ;;
		esac
	done <"$work/peer-1.log"
	while read -r pid; do
		kill "$pid" 2>/dev/null
	done <"$work/peers.pids"
}

for vm in alpha second; do
	"$vmos" create "$vm" >&2
	"$vmos" start "$vm" >&2
done
decisions
rule alpha second w
timeout 1800 "$vmos" run alpha -- sh -c "head -c ${mib}M /dev/urandom >big && mkdir small && cd small &&
	for n in \$(seq $files); do head -c 4096 /dev/urandom >\$n; done && sync"
for ((n = 0; n < runs; n++)); do
	copied
	[ "$n" -ge "$small_runs" ] || send small $((files * 4096)) "vmos-$small"
done
"$vmos" stop --force alpha second >&2
run_peers
for case in "$big" "$small"; do
	value exchange.mib_s "$case" vmos MiB/s "vmos-$case"
	value exchange.mib_s "$case" scp MiB/s "scp-$case"
	value exchange.mib_s "$case" virtio-9p MiB/s "9p-$case"
	ratio exchange.mib_s "$case" vmos scp "vmos-$case" "scp-$case"
	ratio exchange.mib_s "$case" vmos virtio-9p "vmos-$case" "9p-$case"
done
value exchange.decision_us p50 vmos us decision-p50 '<=1000'
value exchange.decision_us p99 vmos us decision-p99 '<=1000'
value exchange.decision_us p50 ping us ping-p50
value exchange.decision_us p99 ping us ping-p99
value exchange.bytes_copied "$big" vmos-host copied/sent copied-host
value exchange.bytes_copied "$big" vmos-guests copied/sent copied-guest
"$vmos" delete --yes alpha second >&2
