# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# Rules and the audit log, by the commands and by hand, with a real vmosd. No VM is needed.

rule_dir=$XDG_CONFIG_HOME/vmos/rules.d
own=$rule_dir/50-vmos.rules
audit=$XDG_DATA_HOME/vmos/audit.log

gives()
{
	local want=$1 status=0
	shift
	timeout 60 "$@" >/dev/null 2>&1 || status=$?
	[ "$status" = "$want" ]
}

may()
{
	gives 0 "$vmos" why "$@"
}

may_not()
{
	gives 4 "$vmos" why "$@"
}

# why_has FIELD VALUE FROM TO ACCESS: what --json says
why_has()
{
	[ "$("$vmos" why --json "${@:3}" | jq -r ".$1")" = "$2" ]
}

why_says()
{
	local out

	out=$("$vmos" why "${@:2}")
	[[ $out == *"$1"* ]]
}

# As vmosd gives them: "subject object access", one a line.
rules_are()
{
	[ "$("$vmos" rule list --json | jq -r '.[] | select(.counts) | "\(.subject) \(.object) \(.access)"')" = "$1" ]
}

own_file_is()
{
	[ "$(cat "$own")" = "$1" ]
}

# A file as an editor writes it, by another name first; or in place.
write_file()
{
	cat >"$rule_dir/$1.new" && mv "$rule_dir/$1.new" "$rule_dir/$1"
}

says_on_stderr()
{
	local out

	out=$("${@:2}" 2>&1 >/dev/null)
	[[ $out == *"$1"* ]]
}

log_has()
{
	"$vmos" log --json 100000 | jq -es "any(.[]; $1)" >/dev/null
}

log_is_whole()
{
	"$vmos" log --verify
}

# --- adding, asking, removing ---

check "at first no VM may do anything to another" rules_are ""
check "and that is said" says_on_stderr "There is no rule" "$vmos" rule list
check "what no rule allows is denied" may_not work web w
check "with the command that allows it" why_says "vmos rule add work web w" work web w
check "a rule is added" "$vmos" rule add work web w
check "it counts at once" may work web w
check "not in the other direction" may_not web work w
check "nor for another access" may_not work web r
check "nor for that access besides" may_not work web wr
check "the deciding file is named" why_has file "$own" work web w
check "and the line" why_has line 1 work web w
check "the command to come is whole" why_says "vmos rule add work web rw" work web r
check "a rule takes the place of the one before" "$vmos" rule add "work web wr ask notify"
check "of that pair" rules_are "work web rw"
check "whoever must be asked is" why_has ask true work web r
check "another rule" "$vmos" rule add web work x for=1h
check "both are there" rules_are $'work web rw\nweb work x'
refuse "a rule with a letter that is none" "column 7" "$vmos" rule add a bb wqr
refuse "one with half its words" "access is missing" "$vmos" rule add a bb
refuse "one with an option that is none" "ask, notify or for=" "$vmos" rule add a bb w always
refuse "one that is none" "no rule in it" "$vmos" rule add '# work web w'
refuse "two lines at once" "one line" "$vmos" rule add $'a b w\nc d w'
refuse "a question with a blank in a name" "blank" "$vmos" why 'work web' x w
refuse "a question about an access that is none" "letters of w" "$vmos" why work web q
refuse "a question about nothing" "what is it" "$vmos" why work web -
refuse "a question that is too short" "usage" "$vmos" why work web
check "nothing of that changed the rules" rules_are $'work web rw\nweb work x'
refuse "removing what is not there" "no rule for a and b" "$vmos" rule del a b
check "removing" "$vmos" rule del work web
check "counts at once" may_not work web w
check "and takes no other with it" rules_are "web work x"
check "removing the last" "$vmos" rule del web work

# --- files by hand ---

printf '# mine\n\n\twork  web\tw # yes\n' >"$rule_dir/60-mine.rules"
check "a file written by hand counts" within 5 may work web w
check "its line is named" why_has line 3 work web w
check "and it is named when its rule is to be removed" says_on_stderr "60-mine.rules, line 3" "$vmos" rule del work web
check "and when it has the last word over a new one" says_on_stderr "60-mine.rules:3 decides" "$vmos" rule add work web -
check "which it has" may work web w
write_file 70-more.rules <<<'work web r'
check "the last file decides" within 5 may_not work web w
check "what the others say is shown as overruled" eval '[ "$("$vmos" rule list | grep -c overruled)" = 2 ]'
rm "$rule_dir/70-more.rules"
check "a file that is removed counts no more" within 5 may work web w
check "vmos keeps what is not its own in its file" eval 'echo "# my comment" >>"$own" && "$vmos" rule add a b w && grep -q "my comment" "$own"'
"$vmos" rule del work web
"$vmos" rule del a b

printf 'work web w\nweb work  rwq\n' >"$rule_dir/60-mine.rules"
check "a file that does not parse is reported with file, line and column" within 5 says_on_stderr \
	"$rule_dir/60-mine.rules:2:13: access is letters" "$vmos" rule check
check "by a failure" gives 1 "$vmos" rule check
check "and when rules are listed" says_on_stderr "60-mine.rules:2:13" "$vmos" rule list
check "the rules before stay in force" may work web w
check "all of them" may_not web work r
before=$(cat "$own")
refuse "a rule cannot be added meanwhile" "60-mine.rules:2:13" "$vmos" rule add c d w
check "and nothing was changed" own_file_is "$before"
printf 'work web r\nweb work rw\n' >"$rule_dir/60-mine.rules"
check "the corrected file counts" within 5 may web work r
check "whole" may_not work web w
check "and nothing is wrong any more" "$vmos" rule check
chmod o+w "$rule_dir/60-mine.rules"
check "a file that others may write does not count" within 5 says_on_stderr "chmod go-w" "$vmos" rule check
rm "$rule_dir/60-mine.rules"
check "without it all is well" within 5 "$vmos" rule check
check "which the log's last line says" eval '"$vmos" log 1 | grep -q "  rules  "'

mv "$rule_dir" "$rule_dir.away"
check "with the folder its rules are gone" within 5 rules_are ""
mkdir -p "$rule_dir"
echo 'web work a' >"$rule_dir/10.rules"
check "a folder that comes later is seen" within 5 may web work a
rm -r "$XDG_CONFIG_HOME/vmos"
check "also when all above it goes" within 5 may_not web work a
mkdir -p "$rule_dir"
sleep 0.5
echo 'web work x' >"$rule_dir/10.rules"
check "and comes" within 5 may web work x
rm "$rule_dir/10.rules"
rm -r "$XDG_CONFIG_HOME/vmos"
check "a rule makes the folder it needs" "$vmos" rule add work web w
check "and is seen in it" may work web w
"$vmos" rule del work web

# --- rules for a time ---

check "a rule for a time" "$vmos" rule add work web w for=3s
check "counts" may work web w
check "for that long" within 6 may_not work web w
check "and is named when it is over" why_says "50-vmos.rules:1 allowed it for 3s" work web w
touch "$own"
check "who writes the file anew begins it anew" within 2 may work web w
check "another rule in the same file" "$vmos" rule add web work w
check "does not" within 4 may_not work web w
"$vmos" rule del web work
check "and never will" may_not work web w
check "what ended is a comment" grep -q '^# ended: work web w' "$own"

# --- check, without vmosd ---

printf 'a b w\n\nc d wx ask for=10x\n' >"$work/bad.rules"
printf 'a b w\n' >"$work/good.rules"
refuse "a wrong file, by line and column" "$work/bad.rules:3:16: a time is" "$vmos" rule check "$work/good.rules" "$work/bad.rules"
check "gives 1" gives 1 "$vmos" rule check "$work/bad.rules"
check "a right one gives 0" gives 0 "$vmos" rule check "$work/good.rules"
check "so does standard input" eval 'echo "a b w" | "$vmos" rule check -'
refuse "a file that is not there" "cannot be read" "$vmos" rule check "$work/none.rules"
refuse "a verb that is none" "usage" "$vmos" rule frob

# --- the log ---

check "a rule that was added is in the log" log_has '.event == "rule-add" and .line == "work web wr ask notify"'
check "one that was removed" log_has '.event == "rule-del" and .subject == "work" and .object == "web"'
check "files that were taken" log_has '.event == "rules" and .rules == "1"'
check "files that were not" log_has '.event == "rules-refused" and (.reason | contains("60-mine.rules:2:13"))'
check "the start of vmosd" log_has '.event == "vmosd-start" and .mode == "session"'
check "each line is JSON" eval '"$vmos" log --json 100000 | jq -e . >/dev/null'
check "the last lines are shown" eval '[ "$("$vmos" log 3 | wc -l)" = 3 ]'
check "those of the last hour" eval '[ "$("$vmos" log --since 1h | wc -l)" = "$(wc -l <"$audit")" ]'
check "none is of the future" eval '[ -z "$("$vmos" log --since 2199-01-01)" ]'
refuse "a time that is none" "no time" "$vmos" log --since never
refuse "a number that is none" "number" "$vmos" log many
check "only its owner may read it" eval '[ "$(stat -c %a "$audit")" = 600 ]'
check "the log is whole" log_is_whole

"$vmos" log --follow 1 >"$work/followed" 2>&1 &
follower=$!
sleep 1
"$vmos" rule add f g w
check "--follow shows what is added" within 5 grep -q 'rule-add.*f g w' "$work/followed"
kill "$follower"
wait "$follower" 2>/dev/null

# tamper COMMAND…: has the log changed by it for one verification, which must fail and name a line
tamper()
{
	local name=$1 want=$2
	shift 2

	cp "$audit" "$work/audit.good"
	"$@" <"$work/audit.good" >"$work/audit.bad"
	cp "$work/audit.bad" "$audit"
	refuse "$name" "$want" "$vmos" log --verify
	cp "$work/audit.good" "$audit"
}

cut_end()
{
	head -n -2
}

lines=$(wc -l <"$audit")
tamper "a letter changed in the log" "line 4 of the log is not as it was written" sed '4s/event/Event/'
tamper "a time changed" "line 5 of the log is not as it was written" sed '5s/:[0-9][0-9]\./:99./'
tamper "a line taken out" "before line 3 of the log, number 3 is missing" sed 3d
tamper "the first line taken out" "before line 1 of the log, number 1 is missing" sed 1d
tamper "two lines swapped" "before line 6 of the log, number 6 is missing" sed '6{h;d};7G'
tamper "a line repeated" "line 4 of the log is not in its place" sed 3p
tamper "a line put in" "line 3 of the log is none that vmosd writes" sed '2a {"seq":3,"event":"made up"}'
tamper "the end cut off" "after line $((lines - 2)) of the log, numbers $((lines - 1)) to $lines are missing" cut_end
tamper "half a line cut off" "line $lines of the log has no end" head -c -20
tamper "the last line changed" "line $lines of the log is not as it was written" sed '$s/event/Event/'
tamper "everything gone" "after line 0 of the log, numbers 1 to $lines are missing" true
check "as it was, it is whole" log_is_whole

# What was cut off while no vmosd ran must be missed by the next one, and by those after it.
check "vmosd ends" end_vmosd
sed -i '$d' "$audit"
sed -i '$d' "$audit"
refuse "lines cut off while no vmosd ran are missed" "of the log, numbers" "$vmos" log --verify
check "vmosd says so in the log" log_has '.event == "audit-fault"'
check "vmosd ends" end_vmosd
refuse "and are missed ever after" "of the log, numbers" "$vmos" log --verify
check "vmosd ends" end_vmosd
rm "$audit" "${audit%.log}.head"
check "a new log is whole" log_is_whole
check "vmosd ends" end_vmosd
printf '{"seq":3,"ti' >>"$audit"
check "a line that a crash left unfinished is moved aside" log_is_whole
check "and noted" log_has '.event == "audit-torn"'

# Without a log there is no change of rules.
rm "$audit"
mkdir "$audit"
refuse "no rule is added where that cannot be recorded" "audit log" "$vmos" rule add h i w
check "nor removed" gives 1 "$vmos" rule del f g
check "what was in force stays so" eval 'may f g w && may_not h i w'
rmdir "$audit"
check "as soon as it can, it is" "$vmos" rule add h i w
refuse "a log that was taken away is missed" "are missing" "$vmos" log --verify

"$vmos" rule del f g
"$vmos" rule del h i
check "vmosd ends" end_vmosd
rm -f "$audit" "${audit%.log}.head" "$own"
