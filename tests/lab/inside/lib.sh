# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Directives of the tests inside the HOS: those of tests/vm/lib.sh, whose results go out by a port of the machine, and
#
#   need NAME COMMAND…        as check, and the file ends where it fails
#   ask WORD…                 what the machine around says: pixels RRGGBB, picture NAME, clock (ms since power-on), key NAME,
#                               timeport (of the time server of the far side), timeoffset SECONDS (by which it is wrong)
#   as_user COMMAND…          runs it as the user of the session, with the session's environment
#   label PID|FILE            its Smack label; fd_label /proc/PID/fd/N that of what is open there
#   pids PROGRAM [VM]         processes of that name, of a VM's user id
#   labels_under DIR…         "label path" of all that is there, sorted
#   rules [TEXT]              the kernel's rules, those with TEXT
#   may SUBJECT OBJECT ACCESS whether the kernel would let it

# shellcheck disable=SC2034,SC2154 # of and for tests/vm/lib.sh
vmos=$lab/inside/vmos
work=/run/vmos-lab-work
smackfs=/sys/fs/smackfs
user=user
failures=0
# libvirt's own command, on the HOS's libvirt.
export LIBVIRT_DEFAULT_URI=qemu:///system

note()
{
	local line

	cut -d . -f 1 /proc/uptime >"$pulse"
	while IFS= read -r line; do
		echo "note $line" >&3
	done <<<"$*"
}

result()
{
	cut -d . -f 1 /proc/uptime >"$pulse"
	if [ "$1" = 0 ]; then
		echo "pass $2" >&3
	else
		failures=$((failures + 1))
		touch "$pulse.failed"
		echo "fail $2" >&3
	fi
}

# What all that follows rests on: without it the file ends here.
need()
{
	local before=$failures console

	check "$@"
	[ "$failures" = "$before" ] && return
	note "without that the rest is not tried; what vmosd, libvirtd and the session said last:"
	note "$(journalctl -b -o cat -n 25 -u vmosd -u libvirtd -u vmos-session)"
	for console in /var/lib/vmos/vms/*/console.log; do
		note "-- end of $console" "$(tail -n 12 "$console" 2>&1)"
	done
	exit 0
}

skip()
{
	echo "skip $1 # $2" >&3
}

# measured SERIES VALUE: for a benchmark, or to be printed.
measured()
{
	echo "value $1 $2" >&3
}

ask()
{
	local answer

	echo "ask $*" >&3
	read -r -t 60 -u 3 answer
	echo "$answer"
}

# As in tests/vm/lib.sh, with the patience that the machine around needs (LAB_PATIENCE).
within()
{
	local end=$((SECONDS + $1 * patience))
	shift

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.5
	done
}

as_user()
{
	local uid display

	uid=$(id -u "$user")
	display=$(find "/run/user/$uid" -maxdepth 1 -type s -name 'wayland-*' -printf '%f\n' | sort | head -n 1)
	setpriv --reuid "$uid" --regid "$(id -g "$user")" --init-groups --inh-caps=-all env -i PATH=/usr/bin:/bin \
		HOME="/home/$user" LANG=C.UTF-8 XDG_RUNTIME_DIR="/run/user/$uid" \
		WAYLAND_DISPLAY="$display" "$@" 3>&-
}

label()
{
	if [[ $1 =~ ^[0-9]+$ ]]; then
		tr -d '\0\n' <"/proc/$1/attr/current"
	else
		getfattr -h --absolute-names --only-values -n security.SMACK64 "$1" 2>/dev/null
	fi
}

# Of what an fd of a process refers to: label /proc/PID/fd/N would be the link's own.
fd_label()
{
	getfattr --absolute-names --only-values -n security.SMACK64 "$1" 2>/dev/null
}

is_labelled()
{
	local have

	have=$(label "$1")
	[ "$have" = "$2" ] || { echo "$1 has the label \"$have\", not \"$2\""; return 1; }
}

uid_of()
{
	stat -c %u "/proc/$1"
}

vm_uid()
{
	stat -c %u "/var/lib/vmos/vms/$1/private.qcow2"
}

pids()
{
	local dir argv word vm=${2:-}

	for dir in /proc/[0-9]*; do
		mapfile -d '' -t argv 2>/dev/null <"$dir/cmdline" || continue
		[[ ${argv[0]:-} == *"$1"* ]] || continue
		for word in "${argv[@]}"; do
			[ -n "$vm" ] && [ "$word" != "$vm" ] && [[ $word != "guest=$vm,"* ]] && continue
			echo "${dir#/proc/}"
			break
		done
	done
}

# Not of sockets: what stands on their names the kernel leaves open, and asks the socket itself and the folder.
labels_under()
{
	find "$@" -xdev ! -type s -exec getfattr -h --absolute-names -n security.SMACK64 {} + 2>/dev/null |
		awk '/^# file: / { path = substr($0, 9) } /^security.SMACK64=/ { gsub(/^[^"]*"|"$/, ""); print $0, path }' | sort -k 2
}

rules()
{
	grep -F -- "${1:-}" "$smackfs/load2"
}

# access2 answers on the same open file that was asked.
may()
{
	local answer

	exec {access_fd}<>"$smackfs/access2"
	echo "$1 $2 $3" >&"$access_fd"
	read -r -N 1 -u "$access_fd" answer
	exec {access_fd}>&-
	[ "$answer" = 1 ]
}

may_not()
{
	! may "$@"
}

# need_vm NAME COLOR [OPTION…]: a running VM of that name and colour, made if there is none.
need_vm()
{
	field_is "$1" state running 2>/dev/null && return
	"$vmos" show "$1" >/dev/null 2>&1 || "$vmos" create "$1" --color "$2" --memory 512 "${@:3}" || return
	start_vm "$1"
}

# As in tests/vm/lib.sh; a start that hangs on an emulated processor is inside/vmos's matter.
start_vm()
{
	"$vmos" start "$1"
}

# Its address on vsock: see dial_cid().
cid_of()
{
	echo $((0x40000000 + $(field "$1" net_index)))
}

# again_if_gone VM: what follows is not about guests that end by themselves, which happens under nested emulation once in
# many hours. It is told, with what the guest's console said, and the VM is started anew.
again_if_gone()
{
	local said

	field_is "$1" state running && return
	said=$(field "$1" last_error)
	note "$1 is $(field "$1" state): $said"
	check "start $1, which is gone" timeout 200 "$vmos" start "$1"
}

# A guest that does not answer may hang: see count_gone() in inside/main.
in_vm()
{
	local vm=$1 status=0
	shift

	timeout $((60 * patience)) "$vmos" run "$vm" -- "$@" || status=$?
	if [ "$status" = 124 ]; then
		note "$vm does not answer"
		touch "$pulse.hung"
	fi
	return "$status"
}

# relays_are on|off: vmosd as it starts by itself has no relays.
relays_are()
{
	local dir=/run/systemd/system/vmosd.service.d

	rm -f "$dir/relays.conf"
	[ "$1" = off ] || { mkdir -p "$dir" && cp /usr/share/vmos/vmosd-relays.conf "$dir/relays.conf"; }
	systemctl daemon-reload && systemctl restart vmosd.service
}

windows_are()
{
	[ "$(field "$1" stats.windows)" = "$2" ]
}

screen_has()
{
	[ "$(ask pixels "${1#\#}")" -gt "$2" ]
}
