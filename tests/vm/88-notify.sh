# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154,SC2016 # vmos, work, top, build: of tests/vm/run; eval expands what is quoted
# Notifications of programs in VMs: as cards of vmos-center, by a service of the desktop's, by the thousand, and not at all.

bus=unix:path=$XDG_RUNTIME_DIR/vmos/bus # vmosd's own, where there is no session's
center_log=$work/notify-center.log
notifier_out=$work/notifier.out

notify_vm()
{
	[ -n "$(field "$1" state 2>/dev/null)" ] || "$vmos" create "$1" --color "$2" || return
	field_is "$1" agent ready || start_vm "$1"
}

# notify VM SUMMARY BODY: as any program of the VM's user does. Prints its number.
notify()
{
	call "$1" Notify -- test 0 '' "$2" "$3" '[]' '{}' 8000 | sed 's/^(uint32 \([0-9]*\),)$/\1/'
}

# call VM METHOD ARGUMENT…
call()
{
	guest "$1" gdbus call --session --dest org.freedesktop.Notifications --object-path /org/freedesktop/Notifications \
		--method "org.freedesktop.Notifications.$2" "${@:3}"
}

stat_of()
{
	"$vmos" show --json "$1" | jq -r ".stats.$2"
}

# card_is N RRGGBB: the card at place N, 0 the topmost, has that edge: 392x94, 8 apart, 12 from the screen's edges.
card_is()
{
	local y=$(($1 * 102 + 52))

	shot card
	[ "$(pixel card 1197 "$y") $(pixel card 1203 "$y")" = "$2 1b2130" ]
}

is_bare()
{
	shot card
	[ "$(pixel card 1203 52)" != 1b2130 ]
}

# How often somebody has come to ask the user, which is who shows notifications, too.
agents()
{
	grep -c 'asks the user from now on' "$XDG_STATE_HOME/vmos/vmosd.log"
}

# Another one has come since there were so many.
agent_came()
{
	[ "$(agents)" -gt "$1" ]
}

begin_notify_center()
{
	GTK_A11Y=none "$build/center/vmos-center" --background --session --no-menu >>"$center_log" 2>&1 &
	notify_center=$!
}

end_notify_center()
{
	kill "$notify_center"
	wait "$notify_center" 2>/dev/null
}

# flood VM N: so many, as fast as the VM's agent takes them.
flood()
{
	gcc -O2 -static -D_GNU_SOURCE -I"$top" "$top/tests/vm/guest/flood.c" -o "$work/flood" &&
		timeout 60 "$vmos" run "$1" -- sh -c 'cat >flood && chmod 700 flood && ./flood '"$2" <"$work/flood"
}

few_were_shown()
{
	local shown=$(($(stat_of work notifications) - before))

	echo "$shown shown in $((SECONDS - begun)) s"
	[ "$shown" -ge 1 ] && [ "$shown" -le $((5 + (SECONDS - begun) / 2 + 1)) ]
}

notified_says()
{
	grep -q -- "$1" "$notifier_out"
}

check "a VM runs" notify_vm work blue
check "and another one" notify_vm web red
refuse "notifications are on or off" "on or off" "$vmos" set work --notifications maybe
check "they are on" field_is work notifications true
check "without vmos-center a notification is dropped" eval 'notify work Unseen x && within 5 [ "$(stat_of work notifications_dropped)" -ge 1 ]'
seen=$(agents)
begin_notify_center
check "vmos-center comes" within 20 agent_came "$seen"
check "a program in the VM shows one" notify work 'Build <b>finished</b>' '<b>813</b> targets &amp; no error'
check "it stands on the desktop as a card in the VM's colour" within 8 card_is 0 2563eb
check "and is counted" eval '[ "$(stat_of work notifications)" -ge 1 ]'
check "the other VM shows one" notify web 'work: Your password' $'It is\nnot work'
check "that has the other colour" within 8 card_is 0 dc2626
[ -z "${KEEP:-}" ] || grim "$work/notify.png"
check "both go by themselves" within 20 is_bare
id=$(notify work Soon gone)
check "one that is taken back" within 8 card_is 0 2563eb
check "goes" eval 'call work CloseNotification "$id" && within 3 is_bare'

before=$(stat_of work notifications) begun=$SECONDS
check "a VM shows a thousand at once" flood work 1000
check "of which few are seen" few_were_shown
check "meanwhile the other's still comes" eval 'notify web Still here && within 8 card_is 0 dc2626'
check "and the VM that floods is as it was" eval 'guest work true && field_is work agent ready'
check "how many were held back is counted" within 10 eval '[ "$(stat_of work notifications_dropped)" -gt 900 ]'

check "off is off" "$vmos" set work --notifications off
check "which is remembered" field_is work notifications false
before=$(stat_of work notifications)
check "what was shown before goes" within 12 is_bare
check "a program is not told so" notify work Quiet x
check "but nobody sees it" eval '[ "$(stat_of work notifications)" = "$before" ] && is_bare'
check "on again" "$vmos" set work --notifications on
seen=$(agents)
check "vmosd is killed and comes back" eval 'kill -9 $(pids vmosd); within 20 field_is work agent ready'
check "vmos-center finds it" within 20 agent_came "$seen"
check "notifications go on" eval 'notify work "Here again" x && within 8 card_is 0 2563eb'
check "a VM that stops takes its own along" eval '"$vmos" stop --force work && is_bare'
end_notify_center

DBUS_SESSION_BUS_ADDRESS=$bus "$build/tests/tools/notifier" body body-markup < <(sleep 300) >"$notifier_out" 2>&1 &
notifier=$!
seen=$(agents)
DBUS_SESSION_BUS_ADDRESS=$bus begin_notify_center
check "the desktop has a service" within 10 notified_says ready
check "vmos-center comes again" within 20 agent_came "$seen"
check "which shows them" eval 'notify web "Build <b>finished</b>" "<b>813</b> &amp; more" && within 8 notified_says "vmOS|web: Build ‹b›finished‹/b›|813 &amp; more|urgency=1 timeout=8000 image=48x48:dc2626"'
check "and no card is there" is_bare
end_notify_center
kill "$notifier"
wait "$notifier" 2>/dev/null
check "GTK has nothing to complain about" eval '! grep -E "WARNING|CRITICAL" "$center_log"'
