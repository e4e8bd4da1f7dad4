# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work, top: of tests/vm/run
# A sender that has turned against its receiver: names and modes of files that are made to get out of the inbox, and
# streams that lie. NAMES sets how many files there are (10,000), LIES how many streams (40).

hostile_names=${NAMES:-10000}
lies=${LIES:-40}
names_seed=${SEED:-$RANDOM}

prepare_names()
{
	local vm

	for vm in work web; do
		"$vmos" show "$vm" >/dev/null 2>&1 || "$vmos" create "$vm" || return
		start_vm "$vm" || return
	done
	gcc -O2 -std=gnu11 -D_GNU_SOURCE -static -I"$top" "$top/tests/vm/guest/names.c" "$top"/proto/*.c -o "$work/names" || return
	timeout 60 "$vmos" run web --root -- sh -c 'cat >/run/names && chmod 755 /run/names' <"$work/names"
}

make_names()
{
	timeout 300 "$vmos" run web --root -- /run/names make /home/user/hostile "$hostile_names" "$names_seed"
}

# Some are left out, which is said; what may cross has crossed.
send_names()
{
	local status=0

	timeout 900 "$vmos" send web:hostile work >"$work/names.log" 2>&1 || status=$?
	tail -n 5 "$work/names.log"
	[ "$status" = 0 ] || [ "$status" = 1 ]
}

# In the receiver: everything that was made since the mark lies in the inbox, or in what programs write anyhow.
mark()
{
	guest_root work sh -c 'touch /run/names-mark; sleep 1.1'
}

nothing_outside()
{
	local out

	out=$(guest_root work sh -c 'find / -xdev -newer /run/names-mark ! -path "/home/user/Incoming*" ! -path /home/user \
		! -path "/run/*" ! -path /run ! -path "/tmp/*" ! -path /tmp ! -path "/var/log/*" ! -path "/proc/*" ! -path "/dev/*" ! -path / ! -type d;
		find /home -xdev -newer /run/names-mark ! -path "/home/user/Incoming*" ! -path /home/user ! -path /home \
		! -path /home/user/.local ! -path /home/user/.local/state ! -path "/home/user/.local/state/vmos*"; # what has been received, by id
		find /home/user/.local/state/vmos -mindepth 2 | grep -vE "/done/[0-9a-f]{16}$"')
	[ -z "$out" ] || { head -n 20 <<<"$out"; return 1; }
}

only_files_and_folders()
{
	local out

	out=$(guest work find Incoming/web ! -type f ! -type d)
	[ -z "$out" ] || { head -n 20 <<<"$out"; return 1; }
}

# Nothing of the sender's modes but whether it may be executed.
modes_are_plain()
{
	local out

	out=$(guest work sh -c 'find Incoming/web -type f ! -perm 644 ! -perm 755; find Incoming/web -mindepth 1 -type d ! -perm 755')
	[ -z "$out" ] || { head -n 20 <<<"$out"; return 1; }
}

no_bad_name()
{
	local out

	out=$(guest work sh -c 'find Incoming/web -print0 | tr "\0\n" "\n\001" | grep -aP "[\x01-\x1f\x7f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xc2[\x80-\x9f]|\xef\xbb\xbf" | head')
	[ -z "$out" ] || { echo "$out"; return 1; }
}

# How many of the sender's files may cross, by another judge than vmos-files: iconv for UTF-8, grep for the rest.
enough_arrived()
{
	local have want

	have=$(guest work sh -c 'find Incoming/web/hostile -type f | wc -l')
	want=$(guest_root web sh -c 'find /home/user/hostile -type f -readable | wc -l')
	note "$have of $want files may cross and did"
	[ "$have" -gt $((want / 20)) ] && [ "$have" -le "$want" ]
}

contents_are_right()
{
	guest work sh -c 'cd Incoming/web/hostile && find . -maxdepth 1 -type f | head -n 40 | while IFS= read -r f; do
		[ "$(cat "$f")" = "$(printf %s "$f" | grep -oE "[0-9]+$" | sed "s/^0*\(.\)/\1/")" ] ||
			case $f in *$(cat "$f")) ;; *) echo "$f: $(cat "$f")"; exit 1 ;; esac; done'
}

# vmos-files itself is the attacker's: a stream that is wrong in one place. Nothing of it may appear.
put_liar()
{
	guest_root web sh -c 'mount --bind /run/names /usr/lib/vmos/vmos-files'
}

take_liar()
{
	guest_root web umount /usr/lib/vmos/vmos-files
}

inbox_is()
{
	guest work sh -c 'find Incoming -mindepth 2 ! -path "*/.*.part*" | sort | sha256sum'
}

lie()
{
	local n before after bad=0

	before=$(inbox_is)
	for ((n = 0; n < lies; n++)); do
		! timeout 60 "$vmos" send "web:$((names_seed + n))" work >"$work/lie.log" 2>&1 ||
			{ note "stream $((names_seed + n)) was taken"; bad=$((bad + 1)); }
	done
	tail -n 2 "$work/lie.log"
	after=$(inbox_is)
	[ "$bad" = 0 ] && [ "$before" = "$after" ]
}

if check "two VMs and a sender that means harm" prepare_names; then
	note "seed $names_seed"
	"$vmos" rule add web work w >/dev/null
	check "$hostile_names hostile names and modes" make_names
	check "mark the time" mark
	check "they are sent" send_names
	check "0 escapes: nothing was made outside the inbox" nothing_outside
	check "only files and folders arrived" only_files_and_folders
	check "no mode but that it may be executed" modes_are_plain
	check "no name with control or direction-changing characters" no_bad_name
	check "what may cross did" enough_arrived
	check "with its own contents" contents_are_right
	check "the sender's vmos-files is replaced" put_liar
	check "$lies streams that lie are all refused, and leave nothing" lie
	check "0 escapes of these" nothing_outside
	check "put back" take_liar
	check "the sender's agent was not given up" field_is web agent ready
	check "nor the receiver's" field_is work agent ready
	guest_root web rm -rf /home/user/hostile
	guest work rm -rf Incoming
	"$vmos" rule del web work >/dev/null
fi
