# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work: of inside/lib.sh
# Templates that the user gives to vmosd: what it makes of them, who may not, and what is left when it is killed.

templates=/var/lib/vmos/templates
given=/var/tmp/given # where others can read it, too
big=/var/tmp/given-big
big_mib=256
vm=taken

# As a user has a template: a folder of his own, with nothing in it that only vmosd could have made.
copy_template()
{
	rm -rf "$given" "$big"
	mkdir "$given" &&
		cp "$(find "$templates/net" -name manifest -printf '%h\n' | sort | tail -n 1)"/* "$given/" &&
		chown -R "$user:$user" "$given" && chmod -R u+w "$given" && is_labelled "$given/root.erofs" _
}

import()
{
	as_user timeout -k 5 $((120 * patience)) /usr/bin/vmos template import "$@"
}

# A user of the host who is nobody's: polkit alone says no.
outsider()
{
	setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all "$vmos" "$@" 3>&-
}

is_there()
{
	[ "$("$vmos" template list --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .versions | length')" = "$2" ]
}

file_is()
{
	local dir

	dir=$(echo "$templates/$1"/*)
	is_labelled "$dir/$2" vmos.root && [ "$(stat -c '%a %u' "$dir/$2")" = "444 0" ] && cmp "$given/$2" "$dir/$2"
}

folders_are()
{
	local dir

	for dir in "$templates/$1" "$templates/$1"/*; do
		is_labelled "$dir" _ && [ "$(stat -c '%a %u' "$dir")" = "755 0" ] || return
	done
}

audited()
{
	"$vmos" log 1000 | grep 'template-add' | grep "template=$1 " | grep -q "uid=$(id -u "$user")"
}

# The same template with a root that takes a while, and a manifest that says so.
grow()
{
	rm -rf "$big"
	cp -r "$given" "$big" && truncate -s "${big_mib}M" "$big/root.erofs" &&
		sed -i -e "s/^size_root=.*/size_root=$((big_mib << 20))/" \
			-e "s/^sha256_root=.*/sha256_root=$(sha256sum "$big/root.erofs" | cut -c 1-64)/" "$big/manifest"
}

# A fast machine would be done before a test has looked.
slow_down()
{
	systemctl set-property --runtime vmosd.service "CPUQuota=$1"
}

is_copying()
{
	[ -s "$templates/big/.import.tmp/root.erofs" ]
}

# vmosd answers while it copies.
answers_meanwhile()
{
	local begin=$SECONDS

	"$vmos" list >/dev/null && [ $((SECONDS - begin)) -le $((20 * patience)) ] && is_copying
}

kill_vmosd()
{
	is_copying && kill -9 "$(systemctl show -P MainPID vmosd.service)"
}

nothing_left()
{
	local left

	left=$(find "$templates" -name '.*' ! -path "$templates" -o -name big)
	[ -z "$left" ] || { echo "$left"; return 1; }
}

build()
{
	as_user timeout -k 5 $((120 * patience)) /usr/bin/vmos template build net "$@"
}

need "work is there" need_vm work green
refuse "the host builds no template itself" "let a VM of template \"builder\" do it" build
refuse "a VM that cannot is told what can, in the VM, by the sources that the host has" "vmos create builder --template builder" build --in work
need "a template's folder of the user's own" copy_template
refuse "who is not of the group may give none" "you may not do this" outsider template import "$given" copy
check "nothing of it is there" nothing_left
check "the user gives it under another name" import "$given" copy
check "it is there, in one version" is_there copy 1
for file in kernel initrd root.erofs; do
	check "its $file is for all VMs to read, and as it was given" file_is copy "$file"
done
check "and its manifest, which vmosd wrote, but for the name" eval 'diff <(sed s/^name=net$/name=copy/ "$given/manifest") "$templates/copy"/*/manifest'
check "its folders are the host's" folders_are copy
check "the log says who gave it" audited copy
check "and is whole" "$vmos" log --verify
check "the same again changes nothing" import "$given" copy
check "there is one version still" is_there copy 1
refuse "a name whose VMs are of another kind" "is for VMs of kind app" import "$given" app
check "a NET VM of it" "$vmos" create "$vm" --kind net --template copy
check "starts" env VMOS_LIMIT=$((240 * patience)) "$vmos" start "$vm"
check "and runs what is in it" eval '[ "$("$vmos" run "$vm" --root -- cat /proc/cmdline | grep -c "vmos.kind=net vmos.roothash=")" = 1 ]'
check "it stops" "$vmos" stop --force "$vm"
check "it goes" "$vmos" delete --yes "$vm"

check "a large one" grow
check "vmosd is slow from now on" slow_down 10%
import "$big" big >"$work/import-big" 2>&1 &
giver=$!
check "it is being copied" within 90 is_copying
check "vmosd answers meanwhile" answers_meanwhile
refuse "a second one has to wait" "just being taken in" import "$given" other
check "vmosd is killed in the middle" kill_vmosd
slow_down ""
wait "$giver"
check "who gave it hears that" grep -q 'vmosd ended before it answered' "$work/import-big"
check "vmosd is back" within 60 "$vmos" list
check "nothing of it is left" nothing_left
check "the other template is there" is_there copy 1
check "and goes by a word" "$vmos" template remove copy
check "the log is whole after all that" "$vmos" log --verify
rm -rf "$given" "$big"
