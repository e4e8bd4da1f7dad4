# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016
# The root is everybody's and forgets; the private disk is the VM's own and remembers.

restart()
{
	"$vmos" stop "$1" && field_is "$1" state off && start_vm "$1" && field_is "$1" agent ready
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

# What vmosd finds when it starts: only what is marked as unfinished, and no VM by libvirt's word either, is removed.
vms=$XDG_DATA_HOME/vmos/vms

# leave NAME FILE…: a folder with these files.
leave()
{
	mkdir "$vms/$1" && (cd "$vms/$1" && touch "${@:2}")
}

# redefine VM KIND OTHER: its kind in the definition that libvirt keeps, replaced while no vmosd runs.
redefine()
{
	local file

	file=$(find "$XDG_DATA_HOME/vmos/libvirt" -name "$1.xml")
	kill -9 "$(pids vmosd)" && within 10 eval '[ -z "$(pids vmosd)" ]' && grep -q "kind=.$2" "$file" &&
		sed -i "s/\(kind=.\)$2/\1$3/" "$file" && within 10 "$vmos" list # the bus may still hold the old one's name
}

check "a VM that was never started" "$vmos" create kept
check "what looks like a creation that was cut off" leave cut unfinished private.qcow2
check "what looks like a VM that libvirt has lost" leave lost private.qcow2
touch "$vms/kept/unfinished"
check "vmosd cannot use what libvirt knows of the VM" redefine kept app none
check "and does not know it then" eval '! "$vmos" show kept'
check "its disk stays, with the mark" test -f "$vms/kept/private.qcow2" -a -f "$vms/kept/unfinished"
check "what libvirt has lost stays" test -f "$vms/lost/private.qcow2"
check "what was cut off is gone" test ! -e "$vms/cut"
check "the definition is right again" redefine kept none app
check "and so is the VM, without the mark" eval 'field_is kept state off && [ ! -e "$vms/kept/unfinished" ]'
check "delete it" "$vmos" delete --yes kept
rm -r "$vms/lost"
check "the VMs that run were found again" within 30 guest work true
