# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The audit log over its files, with a real vmosd. No VM is needed.

audit=$XDG_DATA_HOME/vmos/audit.log
own=$XDG_CONFIG_HOME/vmos/rules.d/50-vmos.rules
file_max=$((8 << 20))
followed=$work/followed

# add_lines FILE NUMBER PAD: lines as vmosd chains them, @seq and @prev go on.
add_lines()
{
	local line n

	for ((n = 0; n < $2; n++)); do
		seq=$((seq + 1))
		line="{\"seq\":$seq,\"event\":\"e\",\"pad\":\"$3\",\"prev\":\"$prev\"}"
		printf '%s\n' "$line" >>"$1"
		prev=$(printf %s "$line" | sha256sum | cut -d ' ' -f 1)
	done
}

# A log of eight files, of which the newest is almost full. The oldest two have lines 1 and 2, 3 and 4.
make_log()
{
	local age size seq=0 prev

	prev=$(printf '%064d' 0)
	for age in 7 6 5 4 3 2 1; do
		add_lines "$audit.$age" 2 ''
	done
	add_lines "$audit" 32 "$(printf '%0260000d' 0)"
	size=$(($(stat -c %s "$audit") + 2000))
	add_lines "$audit" 1 "$(printf "%0$((file_max - size))d" 0)"
	echo "$seq $prev" >"${audit%.log}.head"
}

remove_log()
{
	rm -f "$audit" "$audit".? "${audit%.log}.head" "$own"
}

# More than what is left of the file.
add_rules()
{
	local n

	for n in 1 2 3 4 5 6; do
		"$vmos" rule add "a$n" b w && "$vmos" rule del "a$n" b || return 1
	done
}

log_says()
{
	local out

	out=$("$vmos" log --verify) && [[ $out == *"$1"* ]]
}

follower_has()
{
	grep -q "rule-del .*subject=$1" "$followed"
}

[ -z "$(pids vmosd)" ] || end_vmosd
remove_log
make_log
check "a log of eight files is whole" log_says "each as it was written"
timeout 120 "$vmos" log --follow 1 >"$followed" 2>&1 &
follower=$!
check "it begins with number 1" eval '! log_says "The log begins"'
check "what comes is written" add_rules
check "the oldest file went, and where the log begins is known" log_says "The log begins with number 3"
check "there is a new file, which is small" test "$(stat -c %s "$audit")" -lt 65536
check "eight in all" test "$(ls "$audit" "$audit".? | wc -l)" = 8
check "what followed the log goes on in the new file" within 10 follower_has a6
kill "$follower" 2>/dev/null
wait "$follower"
check "vmosd ends" end_vmosd
check "the next one takes up the log as it is" log_says "The log begins with number 3"
mv "$audit.7" "$work/oldest"
refuse "more than that may not be gone" "numbers 1 to 4 are missing" "$vmos" log --verify
mv "$work/oldest" "$audit.7"
mv "$audit.3" "$work/middle"
refuse "nor a file in the middle" "are missing" "$vmos" log --verify
mv "$work/middle" "$audit.3"
check "with all of them it is whole" log_says "each as it was written"
check "vmosd ends" end_vmosd
remove_log
