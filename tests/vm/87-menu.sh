# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# The applications of VMs in the host's menu: what a guest claims, the entries made of it, and starting one by its entry.

entries=$XDG_DATA_HOME/applications
icons=$XDG_DATA_HOME/vmos/menu

app_vm()
{
	[ -n "$(field work state 2>/dev/null)" ] || "$vmos" create work --color blue || return
	start_vm work
}

ids()
{
	"$vmos" menu list --json "$1" | jq -r '.[].id'
}

lists()
{
	ids "$1" | grep -qx -- "$2"
}

lists_not()
{
	! lists "$1" "$2"
}

begins_with_places()
{
	[ "$("$vmos" menu list work | awk 'NR == 2 || NR == 3 { printf "%s ", $3 }')" = "FileManager TerminalEmulator " ]
}

# add_app ID LINE…: a .desktop file of the user's in work.
add_app()
{
	local id=$1
	shift

	guest work sh -c 'mkdir -p ~/.local/share/applications && cd ~/.local/share/applications && printf "%s\n" "[Desktop Entry]" Type=Application "$@" >"$0.desktop"' \
		"$id" "$@"
}

entry_says()
{
	grep -qxF -- "$2" "$entries/$1.desktop"
}

# Nothing of how the guest starts it, nor of what else it writes there.
entry_is_ours()
{
	[ "$(cut -d = -f 1 "$entries/vmos.work.marker.desktop" | tr '\n' ' ')" = \
		'[Desktop Entry] Type Name Comment Exec TryExec Icon Terminal StartupNotify Categories StartupWMClass X-vmOS-Mode X-vmOS-VM ' ] &&
		! grep -q 'launched\|X-Evil\|Settings' "$entries/vmos.work.marker.desktop"
}

# What a click on the entry does.
click_entry()
{
	local command

	command=$(sed -n 's/^Exec=//p' "$entries/$1.desktop")
	# shellcheck disable=SC2086 # words without quotes, as the specification splits them
	timeout 240 $command </dev/null
}

has_file()
{
	guest work test -e "$1"
}

is_entry()
{
	[ -s "$entries/$1.desktop" ] && [ -s "$icons/$1.png" ]
}

is_no_entry()
{
	[ ! -e "$entries/$1.desktop" ] && [ ! -e "$icons/$1.png" ]
}

is_small_picture()
{
	[[ $(file -b "$1") == "PNG image data, 64 x 64, 8-bit/color RGBA"* ]]
}

windows_of()
{
	windows work | awk '{ print $6 }' | grep -qx "$1"
}

# A VM that has never run, with a list as if it had.
make_gone()
{
	"$vmos" create gone --color red && cp "$XDG_DATA_HOME/vmos/vms/work/apps" "$XDG_DATA_HOME/vmos/vms/gone/apps"
}

begin_center()
{
	# shellcheck disable=SC2031 # the session's own
	GTK_A11Y=none "$build/center/vmos-center" --background --session >"$work/center.log" 2>&1 &
	center=$!
}

check "a VM runs" app_vm
check "it tells its applications" within 60 lists work foot
check "the file manager stands first, then the terminal" begins_with_places
check "the editor is among them" lists work l3afpad
check "what its own menu would hide is not" lists_not work vmos-open
add_app marker 'Name=Grüße \\ from work' 'Exec=touch /tmp/launched %U' 'Categories=Network;X-Evil;Settings-;' 'X-Evil=yes' 'StartupWMClass=Marker'
add_app hidden 'Name=Hidden' 'Exec=true' 'NoDisplay=true'
check "one that comes later is told by itself" within 60 lists work marker
check "but not one that is not for menus" lists_not work hidden
check "entries are made of it" "$vmos" menu sync
check "for each of them one, with an icon" is_entry vmos.work.foot
check "its name says where it runs" entry_says vmos.work.marker 'Name=Grüße \\ from work (work)'
check "its windows are known by it" entry_says vmos.work.marker StartupWMClass=vmos.work.Marker
check "its categories are those of menus" entry_says vmos.work.marker 'Categories=Network;X-vmOS;'
check "all else in it is the host's own" entry_is_ours
check "the icon is a picture that the host drew" is_small_picture "$icons/vmos.work.foot.png"
if command -v desktop-file-validate >/dev/null; then
	check "desktops can read it" desktop-file-validate "$entries"/vmos.work.*.desktop
else
	skip "desktops can read it" "desktop-file-validate is not installed"
fi
check "a click starts it in the VM" click_entry vmos.work.marker
check "by what its own file says" within 20 has_file /tmp/launched
check "a click opens a terminal" click_entry vmos.work.foot
check "which is a window of the VM's, known by the entry" within 60 windows_of vmos.work.foot
refuse "what is not there is not started" 'no application "nowhere"' "$vmos" run work --app nowhere
refuse "nor what is no name" "no application's name" "$vmos" run work --app ../../tmp/x
guest work rm -f .local/share/applications/marker.desktop
check "one that goes is taken out" within 60 lists_not work marker
check "and its entry" "$vmos" menu sync
check "with its icon" is_no_entry vmos.work.marker
check "the VM is shut down" "$vmos" stop work
check "its applications are still known" lists work l3afpad
check "a click on one starts the VM" click_entry vmos.work.l3afpad
check "and opens it" within 90 windows_of vmos.work.l3afpad

begin_center
check "a VM that is off and has a list" make_gone
check "vmos-center makes its entries by itself" within 20 is_entry vmos.gone.foot
check "the VM is deleted" "$vmos" delete --yes gone
check "its entries go, too" within 20 is_no_entry vmos.gone.foot
check "those of others stay" is_entry vmos.work.foot
kill "$center"
wait "$center" 2>/dev/null
printf '[Desktop Entry]\nType=Application\nName=Mine\nExec=true\n' >"$entries/vmos.mine.desktop"
check "menu clear takes them all away" "$vmos" menu clear
check "all that are ours" is_no_entry vmos.work.foot
check "and no file of somebody else's" [ -e "$entries/vmos.mine.desktop" ]
rm -f "$entries/vmos.mine.desktop"
