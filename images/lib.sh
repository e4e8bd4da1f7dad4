# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What builds of images have in common: options, progress, the cache, namespaces, roots made by mmdebstrap.
# Sourced by a script "build" that has set
#   here         its own folder
#   kind         one word; names the lock, the log and the temporary folder in the cache
#   what         what it makes, as in "the template was not built"
#   need_mib     what a build takes in the cache, in MiB
#   suite        the Debian release of its roots
#   cached       what it keeps in the cache beside build-root-*: patterns of names
# that may set
#   lists        the folder of its lists below its own, as in "net/"
# and that defines
#   build        all stages; runs inside, as root of namespaces of its own
# The script calls take_option for its options, then start ARGUMENT….

# chroot(8) lies where an ordinary user does not look.
PATH=$PATH:/usr/sbin:/sbin
images=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vmos
progress_fd=2
lists=
refresh=
inside=
stage=
output_stage="copying the result"

fail()
{
	echo "vmos: $*" >&2
	exit 1
}

# progress PERCENT TEXT
progress()
{
	if [ "$progress_fd" != 2 ]; then
		echo "vmos-progress $1 $2" >&"$progress_fd"
	elif [ -t 2 ]; then
		printf '\r\033[K[%3d %%] %s' "$1" "$2" >&2
		[ "$1" != 100 ] || echo >&2
	else
		echo "vmos-progress $1 $2" >&2
	fi
}

# Where a list file is: one of the script's own lists, or the one of all builds.
list_file()
{
	if [ -f "$here/$lists$1" ]; then
		echo "$here/$lists$1"
	else
		echo "$images/$1"
	fi
}

# The names of a list file, without comments and reasons.
names()
{
	sed -e '/^#/d' -e '/^$/d' -e 's/[[:space:]].*//' "$(list_file "$1")"
}

hash_of()
{
	sha256sum | cut -c 1-64
}

# take_option ARGUMENT [NEXT…]: one of the options of all builds; sets used to how many arguments it took.
take_option()
{
	used=2
	case $1 in
	--cache) cache=${2:?} ;;
	--progress-fd) progress_fd=${2:?} ;;
	--refresh) refresh=yes used=1 ;;
	--inside) inside=yes used=1 ;;
	*) return 1 ;;
	esac
}

# --- outside: checks, then namespaces ---

# check_output OUT: a new name in a folder that is there; makes the path absolute, in out.
check_output()
{
	[ ! -e "$1" ] || fail "$1 exists already: name a directory that does not"
	[ -d "$(dirname "$1")" ] || fail "$(dirname "$1") does not exist"
	out=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
}

# Reads lines "TOOL PACKAGE".
check_tools()
{
	local tool package

	while read -r tool package; do
		command -v "$tool" >/dev/null || fail "$tool is missing: apt install $package"
	done
}

check_space()
{
	local free

	free=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$need_mib" ] ||
		fail "only $free MiB are free in $cache: a build needs $need_mib, make room or name another place by --cache"
}

# The first ids that no user has a range of, as usermod wants them.
free_range()
{
	cat /etc/subuid /etc/subgid 2>/dev/null | awk -F: '
		$2 + $3 > from { from = $2 + $3 }
		END { if (from < 100000) from = 100000; printf "%d-%d\n", from, from + 65535 }'
}

# Ends with what forbids user namespaces, and its remedy.
fail_namespace()
{
	local why=$1 remedy="build as root"

	if [ "$(cat /proc/sys/kernel/unprivileged_userns_clone 2>/dev/null)" = 0 ]; then
		remedy="as root, sysctl kernel.unprivileged_userns_clone=1, or build as root"
	elif [ "$(cat /proc/sys/user/max_user_namespaces 2>/dev/null)" = 0 ]; then
		remedy="as root, sysctl user.max_user_namespaces=10000, or build as root"
	fi
	fail "ordinary users can make no user namespaces here (${why#unshare: }): $remedy"
}

# What "unshare" needs to make us root of everything inside.
choose_namespace()
{
	local file why range

	namespace=(--mount --pid --fork --kill-child)
	[ "$(id -u)" != 0 ] || return 0

	command -v newuidmap >/dev/null || fail "as an ordinary user a build needs newuidmap: apt install uidmap, or build as root"
	for file in /etc/subuid /etc/subgid; do
		grep -qE "^($(id -un)|$(id -u)):" "$file" 2>/dev/null && continue
		range=$(free_range)
		fail "user $(id -un) has no range in $file: as root, usermod --add-subuids $range --add-subgids $range $(id -un), or build as root"
	done
	# Without the maps first: where it is refused, an unshare that maps leaves its helper waiting for ever.
	why=$(unshare --user --mount true 2>&1) || fail_namespace "$why"
	namespace+=(--user --map-root-user --map-auto)
	unshare "${namespace[@]}" true 2>/dev/null || fail_namespace "the ranges of /etc/subuid cannot be mapped"
}

interrupted()
{
	trap '' INT TERM HUP
	exec 9>&-
	wait "$worker" || true
	rm -f "$cache/interrupted.$kind"
	[ "$progress_fd" != 2 ] || echo >&2
	fail "interrupted; nothing is left, start again when you like"
}

# Starts ourselves inside. The worker ends when fd 9 closes: when we do, however that comes.
enter()
{
	local fifo=$cache/life.$kind.$$

	exec 7>"$cache/lock.$kind"
	flock -n 7 || { progress 0 "waiting for another build"; flock 7; }
	rm -f "$cache/life.$kind".*
	mkfifo "$fifo"
	unshare "${namespace[@]}" "$here/build" --inside --cache "$cache" --progress-fd "$progress_fd" \
		${refresh:+--refresh} "$@" 8<"$fifo" &
	worker=$!
	trap interrupted INT TERM HUP
	exec 9>"$fifo"
	rm -f "$fifo"
	wait "$worker"
}

# open_cache: makes the cache's folder and checks what all builds need.
open_cache()
{
	check_tools <<-END
	mmdebstrap mmdebstrap
	unshare util-linux
	flock util-linux
	END
	mkdir -p "$cache"
	cache=$(cd "$cache" && pwd)
	check_space
}

# start ARGUMENT…: runs ourselves with these arguments in namespaces; there, builds.
start()
{
	if [ -n "$inside" ]; then
		work
	else
		open_cache
		choose_namespace
		enter "$@"
	fi
}

# --- inside: we are root of a namespace ---

# Says why a stage failed, from its log. The stage output_stage writes to out, all others to the cache.
stage_failed()
{
	[ "$progress_fd" != 2 ] || [ ! -t 2 ] || echo >&2
	if [ "$stage" = "$output_stage" ] && grep -q 'No space left on device' "$log"; then
		fail "no space left in $(dirname "$out"): $what takes $(du -sm "$result" | cut -f 1) MiB there, make room"
	elif grep -q 'No space left on device' "$log"; then
		fail "no space left in $cache: a build needs $need_mib MiB, make room or name another place by --cache"
	fi
	echo "vmos: the last lines of $log:" >&2
	tail -n 8 "$log" | sed 's/^/  /' >&2
	fail "$what was not built: $stage failed"
}

# follow FROM TO TEXT: copies mmdebstrap's messages to the log and turns its steps into progress.
follow()
{
	local from=$1 to=$2 text=$3 line share

	while IFS= read -r line; do
		echo "$line" >>"$log"
		case $line in
		"I: running apt-get update"*) share=10 ;;
		"I: downloading packages"*) share=15 ;;
		"I: extracting archives"*) share=30 ;;
		"I: installing essential"*) share=40 ;;
		"I: installing remaining"*) share=55 ;;
		"I: creating tarball"*) share=95 ;;
		*) continue ;;
		esac
		progress $((from + (to - from) * share / 100)) "$text: ${line#I: }"
	done
}

# bootstrap TAR FROM TO TEXT ARGUMENTS…
bootstrap()
{
	local tar=$1 from=$2 to=$3 text=$4 excludes=() pattern

	shift 4
	while read -r pattern; do
		excludes+=(--dpkgopt="path-exclude=$pattern")
	done < <(names drop)
	# mmdebstrap names its descriptors to sh, and dash knows one digit only: leave it the low ones.
	TMPDIR=$tmp mmdebstrap --mode=root --format=tar "${excludes[@]}" "$@" "$suite" - \
		3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- 2>&1 >"$tmp/stage" |
		follow "$from" "$to" "$text"
	mv "$tmp/stage" "$tar"
}

# open_root TAR: unpacks a build root to $tmp/root, for in_build_root. Done already: status 1.
open_root()
{
	local node

	[ ! -d "$tmp/root" ] || return 1
	mkdir "$tmp/root"
	tar --numeric-owner --exclude='./dev/*' -xpf "$1" -C "$tmp/root"
	for node in null zero random urandom; do
		touch "$tmp/root/dev/$node"
		mount --bind "/dev/$node" "$tmp/root/dev/$node"
	done
}

# run_in_root COMMAND…: in the build root. in_build_root COMMAND…: the same, what it says goes to the log.
run_in_root()
{
	chroot "$tmp/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

in_build_root()
{
	run_in_root "$@" >>"$log" 2>&1
}

# copy_out RESULT: puts the folder of the cache where the user wants it, whole or not at all.
copy_out()
{
	result=$1
	stage=$output_stage
	progress 97 "$stage"
	rm -rf "$out.new"
	cp -r --reflink=auto "$result" "$out.new" >>"$log" 2>&1
	sync "$out.new"/*
	mv -T "$out.new" "$out"
}

# What no build has used for a month goes, and what an earlier build that was killed has left.
tidy_cache()
{
	local pattern

	rm -rf "$cache/tmp.$kind".*
	for pattern in 'build-root-*' "${cached[@]}"; do
		find "$cache" -maxdepth 1 -name "$pattern" -mtime +30 -exec rm -rf {} +
	done
}

leave()
{
	local status=$?

	trap - EXIT
	# What was killed has left its mounts in this namespace.
	awk -v tmp="$tmp/" 'index($2, tmp) == 1 { print $2 }' /proc/self/mounts | tac | xargs -r umount -l || true
	# Processes that were killed a moment ago may still be writing.
	for _ in 1 2 3 4 5; do
		rm -rf --one-file-system "$tmp" "$out.new" 2>>"$log" && break
		sleep 0.3
	done
	[ "$status" = 0 ] || [ -e "$cache/interrupted.$kind" ] || stage_failed
	exit "$status"
}

work()
{
	log=$cache/$kind.log
	: >"$log"
	tmp=$cache/tmp.$kind.$$.$RANDOM
	mount --make-rprivate /
	# All others of this namespace are killed when the one who started us is gone; then the stage fails.
	rm -f "$cache/interrupted.$kind"
	{ read -r _ <&8 || { touch "$cache/interrupted.$kind"; kill -KILL -1; }; } 2>/dev/null &
	tidy_cache
	mkdir "$tmp"
	chmod 755 "$tmp"
	trap leave EXIT
	build
}
