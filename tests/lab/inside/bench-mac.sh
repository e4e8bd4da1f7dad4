# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # work, lab, runs: of inside/lib.sh
# What tests/bench/mac.sh measures, in a boot with Smack and in one without: the same VM, by libvirt alone, its XML
# without a label of its own. Where Smack is, libvirt's driver gives one.

place=/var/tmp/lab-bench
load=$lab/bin/mac-load

smack_is_on()
{
	grep -qw smack /sys/kernel/security/lsm
}

# Without Smack libvirt would refuse, as it should: for this one comparison its configuration is another.
loosen_libvirt()
{
	sed -e 's/^security_driver.*/security_driver = [ "none" ]/' -e '/^security_\(default\|require\)_confined/d' \
		/etc/libvirt/qemu.conf >"$work/qemu.conf"
	mount --bind "$work/qemu.conf" /etc/libvirt/qemu.conf
	systemctl restart libvirtd.service
}

write_domain()
{
	cat <<-END
	<domain type='kvm'>
	  <name>bench</name>
	  <memory unit='MiB'>256</memory>
	  <vcpu>1</vcpu>
	  <os>
	    <type arch='x86_64' machine='q35'>hvm</type>
	    <kernel>$place/kernel</kernel>
	    <initrd>$place/initrd</initrd>
	    <cmdline>console=ttyS0 quiet panic=1</cmdline>
	  </os>
	  <features><acpi/><apic/></features>
	  <cpu mode='host-passthrough'>
	    <feature policy='disable' name='x2apic'/>
	    <feature policy='disable' name='tsc-deadline'/>
	  </cpu>
	  <on_poweroff>destroy</on_poweroff>
	  <devices>
	    <emulator>/usr/bin/qemu-system-x86_64</emulator>
	    <disk type='file' device='disk'>
	      <driver name='qemu' type='qcow2' cache='none'/>
	      <source file='$place/disk.qcow2'/>
	      <target dev='vda' bus='virtio'/>
	    </disk>
	    <controller type='usb' model='none'/>
	    <serial type='file'><source path='$place/console'/></serial>
	    <audio id='1' type='none'/>
	    <video><model type='none'/></video>
	    <memballoon model='none'/>
	  </devices>
	</domain>
	END
}

prepare()
{
	mkdir -p "$place"
	cp "$lab/bin/vmlinuz" "$place/kernel"
	cp "$lab/bin/mac.initrd" "$place/initrd"
	qemu-img create -q -f qcow2 -o preallocation=full "$place/disk.qcow2" 64M
	write_domain >"$place/bench.xml"
}

# virsh itself tells how long libvirt took.
start_vm()
{
	local took

	took=$(virsh -q -t create "$place/bench.xml" | sed -n 's/^(Time: \([0-9.]*\) ms)$/\1/p')
	[ -z "$took" ] || measured vm-start "$took"
}

disk_in_vm()
{
	within 120 has_line disk "$place/console" || { note "no word of the guest: $(tail -n 3 "$place/console")"; return; }
	measured disk "$(sed -n 's/^disk \([0-9]*\).*/\1/p' "$place/console")"
}

systemctl is-system-running --wait >/dev/null
smack_is_on || loosen_libvirt
note "$(cat /sys/kernel/security/lsm)"
within 30 virsh -q list >/dev/null
prepare
# The first start of all asks QEMU what it can.
virsh -q create "$place/bench.xml" && sleep 1
virsh -q destroy bench 2>/dev/null
for ((n = 0; n < runs; n++)); do
	start_vm
	virsh -q destroy bench
	measured open "$("$load" open /usr/bin/true 5000)"
	measured spawn "$("$load" spawn /usr/bin/true 100)"
done
for ((n = 0; n < runs; n++)); do
	rm -f "$place/console"
	virsh -q create "$place/bench.xml"
	disk_in_vm
	virsh -q destroy bench 2>/dev/null
done
