# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, work: of run; words for eval
# Templates that are given to vmosd by their folder: a VM boots from what it made of them. What is no template is not taken.

given=$work/given
templates=$XDG_DATA_HOME/vmos/templates

# A folder as another computer has built it.
copy_template()
{
	local from

	from=$(find "$templates/debian-13" -name manifest -printf '%h\n' | sort | tail -n 1)
	cp -r "$from" "$given" && chmod -R u+w "$given"
}

# spoil NAME COMMAND…: a copy of it, to which something was done in it.
spoil()
{
	local to=$work/$1
	shift

	cp -rl "$given" "$to" && (cd "$to" && "$@")
}

is_template()
{
	"$vmos" template list --json | jq -e --arg name "$1" 'any(.[]; .name == $name)' >/dev/null
}

same_files()
{
	local file

	for file in kernel initrd root.erofs; do
		cmp "$given/$file" "$(echo "$templates/$1/"*)/$file" || return
	done
}

nothing_more()
{
	local left

	left=$(cd "$templates" && find . -name '.?*' -o -name 'bad*')
	[ -z "$left" ] || { echo "$left"; return 1; }
}

check "a template's folder from elsewhere" copy_template
check "it is given to vmosd under another name" "$vmos" template import "$given" office
check "it is there" is_template office
check "with the same files" same_files office
check "and a manifest of its name" grep -qx name=office "$(echo "$templates/office/"*)/manifest"
check "the same again is no error" "$vmos" template import "$given" office
check "the log has it, once" eval '[ "$("$vmos" log 1000 | grep -c "template-add *template=office")" = 1 ]'
check "a VM of it" "$vmos" create desk --template office --ready-timeout 300
check "starts" start_vm desk
check "and answers" guest desk true
check "stop it" "$vmos" stop --force desk
refuse "a template that a VM uses stays" "is used by VM desk" "$vmos" template remove office
check "delete the VM" "$vmos" delete --yes desk
check "now the template goes" "$vmos" template remove office
refuse "a folder that is none" "there is no template" "$vmos" template import "$work"
refuse "no name for a template" "no template name" "$vmos" template import "$given" ../bad
spoil bad-kernel sh -c 'rm kernel && head -c 4096 /dev/zero >kernel'
refuse "a kernel of another size" "has not the size" "$vmos" template import "$work/bad-kernel" bad
spoil bad-root sh -c 'cp root.erofs r && mv r root.erofs && printf x | dd of=root.erofs bs=1 seek=5000 conv=notrunc status=none'
refuse "a root with another byte" "is not what its manifest says" "$vmos" template import "$work/bad-root" bad
spoil bad-kind sh -c 'sed s/^kind=.*/kind=server/ manifest >m && mv m manifest'
refuse "a kind that there is not" "is wrong in line" "$vmos" template import "$work/bad-kind" bad
spoil bad-tree sh -c 'sed s/^data_blocks=.*/data_blocks=99999999/ manifest >m && mv m manifest'
refuse "a root without its tree" "does not tell all of a template" "$vmos" template import "$work/bad-tree" bad
spoil bad-net sh -c 'sed s/^kind=.*/kind=net/ manifest >m && mv m manifest'
refuse "one of another kind under a name that is taken" "is for VMs of kind app" "$vmos" template import "$work/bad-net" debian-13
check "nothing of these is there" nothing_more
rm -rf "$given" "$work"/bad-*
