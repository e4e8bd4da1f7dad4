# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The root is everybody's and forgets; the private disk is the VM's own and remembers.

restart()
{
	"$vmos" stop "$1" && field_is "$1" state off && "$vmos" start "$1" && field_is "$1" agent ready
}

guest_root web sh -c 'touch /etc/marker /usr/marker; echo kept >/usr/local/marker'
guest web sh -c 'echo mine >/home/user/marker'
check "the root takes changes while the VM runs" guest web test -e /etc/marker
check "stop and start again" restart web
check "the root is as the template has it" has_no_file web /etc/marker
check "/usr, too" has_no_file web /usr/marker
check "/home is kept" file_says web /home/user/marker mine
check "/usr/local is kept" file_says web /usr/local/marker kept
check "what the other VM keeps is not seen" has_no_file work /home/user/marker
check "root cannot write to the shared image" bash -c "! timeout 60 '$vmos' run web --root -- sh -c 'echo x >/dev/vda'"
