# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# A template that is built in a VM. The VM's cache gets the roots and programs that a build here has just used, so
# that no network is needed there and only the last stage is done anew. See template-by-network for the whole.

builder_place=/usr/local/lib/vmos-builder

builder_vm()
{
	"$vmos" template build builder >/dev/null 2>&1 || return
	"$vmos" create builder --template builder --memory 1G && start_vm builder
}

# What a build of template net uses is what it touches.
hand_in_cache()
{
	local cache=$XDG_CACHE_HOME/vmos files

	touch "$work/before"
	sleep 1
	"$vmos" template build net >/dev/null 2>&1 || return
	mapfile -t files < <(cd "$cache" && find . -maxdepth 1 -newer "$work/before" \
		\( -name 'build-root-*.tar' -o -name 'base-*.tar' -o -name 'programs-*.tar' \))
	[ "${#files[@]}" = 3 ] || return
	tar -cC "$cache" "${files[@]}" | timeout 300 "$vmos" run builder --root -- sh -c \
		"mkdir -p $builder_place/cache && tar -xmC $builder_place/cache"
}

build_in_builder()
{
	timeout 500 "$vmos" template build net --in builder
}

# As a shell's ^C, when the VM works.
interrupted_build()
{
	local pid status=0

	"$vmos" template build net --in builder 2>"$work/in.log" &
	pid=$!
	within 240 grep -q '84 %' "$work/in.log" || { kill "$pid"; cat "$work/in.log"; return 1; }
	kill -TERM "$pid"
	wait "$pid" || status=$?
	grep -q 'interrupted; nothing is left' "$work/in.log" && [ "$status" = 143 ] || { cat "$work/in.log"; return 1; }
}

nothing_left()
{
	guest_root builder sh -c "cd $builder_place && [ ! -e source ] && [ ! -e out ] && [ -z \"\$(ls -d cache/tmp.* cache/life.* 2>/dev/null)\" ]" &&
		guest_root builder sh -c '! pidof mksquashfs mkfs.erofs tar unshare' && [ -z "$(find "$XDG_DATA_HOME/vmos/templates" -name '.*' -type d)" ]
}

# The VM writes rubbish where a template is expected.
rubbish()
{
	guest_root builder sh -c 'mkdir -p /usr/local/sbin; printf "#!/bin/sh\n%s\n" "$1" >/usr/local/sbin/flock; chmod 755 /usr/local/sbin/flock' sh "$1"
}

templates_of_net()
{
	ls "$XDG_DATA_HOME/vmos/templates/net"
}

takes_none()
{
	[ "$(templates_of_net)" = "$1" ]
}

# The newest version is what the VM sent: made of the same as this host's.
is_the_same_made_there()
{
	local folder=$XDG_DATA_HOME/vmos/templates/net here there

	version=$(sed -n 's/^Template net is there in version \([^,]*\),.*/\1/p' "$work/in.log")
	here=$(grep -h '^source=' "$folder/$before/manifest")
	there=$(grep -h '^source=' "$folder/$version/manifest")
	[ -n "$version" ] && [ "$version" != "$before" ] && [ -n "$here" ] && [ "$here" = "$there" ]
}

boots_it()
{
	local roothash

	roothash=$(sed -n 's/^roothash=//p' "$XDG_DATA_HOME/vmos/templates/net/$version/manifest")
	"$vmos" create made --kind net && start_vm made && guest_root made grep -q "vmos.roothash=$roothash" /proc/cmdline
}

[ -n "$(field work state 2>/dev/null)" ] || "$vmos" create work --color blue
refuse "a VM of a usual template builds none, and is told which does" "vmos create builder --template builder" \
	timeout 300 "$vmos" template build net --in work
refuse "a name of no package" "no name of a Debian package" "$vmos" template build --add 'Vim' --in work
refuse "a VM that is not there" "there is no VM" "$vmos" template build --in nobody
check "a VM that builds" builder_vm
refuse "without a network and with an empty cache it says so" "vmos set builder --net" build_in_builder
check "what the build needs is in its cache" hand_in_cache
before=$(templates_of_net)
rubbish 'head -c 300000 /dev/urandom'
refuse "rubbish is not taken" "something that is not the template" build_in_builder
rubbish 'exit 3'
refuse "nor is nothing" "was not built" build_in_builder
guest_root builder rm /usr/local/sbin/flock
check "nothing came of it" takes_none "$before"
check "a build that is interrupted" interrupted_build
check "leaves nothing" nothing_left
check "a template is built in the VM" eval 'build_in_builder 2>"$work/in.log" || { cat "$work/in.log"; false; }'
check "of the same as here" is_the_same_made_there
check "and a VM boots it" boots_it
"$vmos" stop --force made builder
"$vmos" delete --yes --force made builder
