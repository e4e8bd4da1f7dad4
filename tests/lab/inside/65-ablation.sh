# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # vmos, work, lab, smackfs: of inside/lib.sh
# Which layer stops what: the drill with no layer on, and with one alone. vmosd would not start such VMs, so libvirt is
# asked directly, with vmos-confine-ablation as the emulator; the queue of the attacker's card is opened by libvirt, too.
# An act counts only if it is done where no layer is on and denied where its primary layer is on alone.
#
# Without a layer: QEMU has user id 0 and what libvirt leaves root of capabilities, which opens what file modes close;
# Smack's own count for no label outside onlycap. Rules let the attacker's label do everything; vmos-confine leaves out
# its stages; libvirt makes no name space and no cgroup; the kernel's settings are open, and so is /proc.

place=/var/tmp/lab-ablation
bin=$lab/bin
attacker=vmos.abl-a.qemu
shared_uid=64990
other_uid=64991
off_host=192.0.2.1
tap=abl0 # the attacker's network card: a queue of it is open in QEMU
all_off=nnp,landlock,seccomp,sandbox
labels=(_ vmos.manager vmos.libvirt vmos.root vmos.device vmos.tun vmos.abl-b.qemu vmos.abl-b.image)
open_settings=(kernel.yama.ptrace_scope=0 kernel.perf_event_paranoid=-1 kernel.io_uring_disabled=0
	kernel.unprivileged_bpf_disabled=0 vm.unprivileged_userfaultfd=1 user.max_user_namespaces=1000
	fs.protected_hardlinks=0 kernel.dmesg_restrict=0)

put()
{
	local key=${1%%=*}

	echo "${1#*=}" >"/proc/sys/${key//.//}" 2>/dev/null
}

save_settings()
{
	local setting key

	closed_settings=()
	for setting in "${open_settings[@]}"; do
		key=${setting%%=*}
		closed_settings+=("$key=$(cat "/proc/sys/${key//.//}" 2>/dev/null)")
	done
}

put_all()
{
	local setting

	for setting; do
		put "$setting"
	done
}

# --- libvirt ---

# libvirt_with LINE…: its configuration with these instead of its own name spaces, controllers and limits.
libvirt_with()
{
	{
		sed -e '/^namespaces/d' -e '/^cgroup_controllers/d' -e '/^max_processes/d' -e '/^max_files/d' "$place/qemu.conf.own"
		printf '%s\n' "$@"
	} >"$place/qemu.conf"
	cat "$place/qemu.conf" >"$place/qemu.conf.used"
	systemctl restart libvirtd.service && within 60 virsh -q list >/dev/null
}

take_libvirt()
{
	cp /etc/libvirt/qemu.conf "$place/qemu.conf.own"
	cp /etc/libvirt/qemu.conf "$place/qemu.conf.used"
	mount --bind "$place/qemu.conf.used" /etc/libvirt/qemu.conf
}

give_libvirt_back()
{
	umount /etc/libvirt/qemu.conf
	systemctl restart libvirtd.service
}

# domain NAME UID EMULATOR [KEY=VALUE…]: its XML, the pairs being QEMU's environment.
domain()
{
	local name=$1 uid=$2 emulator=$3 pair
	shift 3

	cat <<-END
	<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
	  <name>abl-$name</name>
	  <memory unit='MiB'>256</memory>
	  ${memtune:-}
	  <vcpu>1</vcpu>
	  <os>
	    <type arch='x86_64' machine='q35'>hvm</type>
	    <kernel>$place/$name/kernel</kernel>
	    <initrd>$place/$name/initrd</initrd>
	    <cmdline>console=ttyS0 quiet</cmdline>
	  </os>
	  <features><acpi/><apic/></features>
	  <cpu mode='host-passthrough'/>
	  <devices>
	    <emulator>$emulator</emulator>
	    <disk type='file' device='disk'>
	      <driver name='qemu' type='raw'/>
	      <source file='$place/root.erofs'><seclabel model='dac' relabel='no'/></source>
	      <target dev='vda' bus='virtio'/>
	      <readonly/>
	      <shareable/>
	    </disk>
	    <disk type='file' device='disk'>
	      <driver name='qemu' type='qcow2'/>
	      <source file='$place/$name/private.qcow2'/>
	      <target dev='vdb' bus='virtio'/>
	    </disk>
	    ${card:+<interface type='ethernet'><target dev='$card' managed='no'/><model type='virtio'/><driver name='qemu'/><rom enabled='no'/></interface>}
	    <controller type='usb' model='none'/>
	    <serial type='null'/>
	    <audio id='1' type='none'/>
	    <video><model type='none'/></video>
	    <memballoon model='none'/>
	  </devices>
	  <seclabel type='static' model='smack' relabel='yes'><label>vmos.abl-$name.qemu</label></seclabel>
	  <seclabel type='static' model='dac' relabel='yes'><label>+$uid:+$uid</label></seclabel>
	  <qemu:commandline>
	$(for pair; do echo "    <qemu:env name='${pair%%=*}' value='${pair#*=}'/>"; done)
	  </qemu:commandline>
	</domain>
	END
}

qemu_of()
{
	cat "/run/libvirt/qemu/abl-$1.pid"
}

start_victim()
{
	virsh -q destroy abl-b 2>/dev/null
	own b "$victim_uid"
	domain b "$victim_uid" "$bin/vmos-confine-ablation" VMOS_CONFINE_OFF="$all_off" VMOS_CONFINE="rw=$place/b" >"$place/b.xml"
	virsh -q create "$place/b.xml"
}

# --- the ground ---

own()
{
	chown -R "$2:$2" "$place/$1"
}

prepare()
{
	local template name

	template=$(printf '%s\n' /var/lib/vmos/templates/app/* | tail -n 1)
	rm -rf "$place"
	mkdir -p "$place/a" "$place/b" "$place/manager" "$work/ablation"
	cp "$template/root.erofs" "$place/"
	setfattr -n security.SMACK64 -v vmos.root "$place/root.erofs"
	for name in a b; do
		cp "$template/kernel" "$template/initrd" "$place/$name/"
		qemu-img create -q -f qcow2 "$place/$name/private.qcow2" 1G
		chmod 700 "$place/$name"
		setfattr -n security.SMACK64 -v "vmos.abl-$name.image" "$place/$name"
		# libvirtd looks at a disk under the VM's user id, without its capabilities.
		echo "vmos.libvirt vmos.abl-$name.image rx" >"$smackfs/load2"
	done
	setfattr -n security.SMACK64 -v vmos.manager "$place/manager"
	chmod 755 "$place" "$place/manager"
	ip address add "$off_host/32" dev lo
	put net.ipv4.ping_group_range="0 2147483647"
	take_libvirt
}

# as LABEL UID COMMAND…: without capabilities.
as()
{
	local label=$1 uid=$2
	shift 2

	echo "$label" >/proc/self/attr/current || return
	exec setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all --bounding-set=-all "$@"
}

# What vmosd starts for a drill: who stands in for the victim and for the manager. They end with what they wait on.
start_targets()
{
	rm -f "$place"/*.facts "$place/seen"
	exec {hold}<>"$place/hold"
	(as vmos.manager "$manager_uid" "$bin/vmos-drill-target" manager "$place/manager" "$(qemu_of b)") \
		<"$place/hold" >"$place/manager.facts" 2>>"$place/seen" 3>&- {hold}>&- &
	(as vmos.abl-b.qemu "$victim_uid" "$bin/vmos-drill-target" victim "$place/b" "$place/b/private.qcow2") \
		<"$place/hold" >"$place/victim.facts" 2>>"$place/seen" 3>&- {hold}>&- &
	within 10 test -s "$place/manager.facts" -a -s "$place/victim.facts"
}

facts()
{
	local monitor

	monitor=$(printf '%s\n' /var/lib/libvirt/qemu/domain-*-abl-b/monitor.sock | tail -n 1)
	printf '%s;' "a.disk=$place/a/private.qcow2" "a.dir=$place/a" "a.root=$place/root.erofs" "b.pid=$(qemu_of b)" \
		"b.disk=$place/b/private.qcow2" "b.dir=$place/b" "b.qmp=$monitor" \
		"m.pid=$(systemctl show -P MainPID vmosd.service)" \
		l.socket=/run/libvirt/libvirt-sock d.bus=/run/dbus/system_bus_socket "$(cat "$place/manager.facts")"
	cat "$place/victim.facts"
}

# Rules that let the attacker do all, or none but those of its own start.
set_rules()
{
	local label access=$1

	for label in "${labels[@]}"; do
		echo "$attacker $label $access" >"$smackfs/load2"
		echo "$label $attacker $access" >"$smackfs/load2"
	done
	[ "$access" != - ] || echo "$attacker vmos.root r" >"$smackfs/load2"
}

# --- a run ---

ended()
{
	tail -c "+$((log_size + 1))" "$log" | grep -q '^VMOS-DRILL end'
}

stop_targets()
{
	exec {hold}>&-
	wait
}

# drill NAME OFF UID: one drill under the layers that stand now; OFF is what vmos-confine leaves out.
drill()
{
	local name=$1 off=$2 uid=$3 status=0 card=$tap

	log=/var/log/libvirt/qemu/abl-a.log
	own manager "$manager_uid"
	own a "$uid"
	start_targets || { echo "no targets: $(cat "$place/seen")"; return 1; }
	domain a "$uid" "$bin/vmos-confine-ablation" LD_PRELOAD="$bin/libvmos-drill.so" VMOS_DRILL="$(facts)" \
		VMOS_CONFINE_OFF="$off" VMOS_CONFINE="ro=$place/root.erofs:rw=$place/a:ro=$bin/libvmos-drill.so" >"$place/a.xml"
	log_size=$(stat -c %s "$log" 2>/dev/null || echo 0)
	# An attacker who has kept it and let it go has ended it.
	ip tuntap add dev "$tap" mode tap 2>/dev/null
	# QEMU asks for what the card's queue is, before it runs: as vmosd lets it, and as the rules below take it away.
	echo "$attacker vmos.tun rw" >"$smackfs/load2"
	virsh -q create --paused "$place/a.xml" || return
	if [ "$smack_on" = yes ]; then
		set_rules -
		echo 2 >"$smackfs/ptrace"
	else
		set_rules rwxatl
		echo 0 >"$smackfs/ptrace"
	fi
	virsh -q resume abl-a
	within 90 ended || status=1
	virsh -q destroy abl-a
	stop_targets
	{ tail -c "+$((log_size + 1))" "$log"; cat "$place/seen"; } >"$work/ablation/$name.log"
	"$vmos" drill --json --read "$work/ablation/$name.log" >"$work/ablation/$name.json"
	[ "$status" = 0 ] || tail -n 5 "$work/ablation/$name.log"
	return "$status"
}

number()
{
	jq "$2" "$work/ablation/$1.json"
}

# run NAME: everything off but that layer.
run()
{
	local name=$1 off=$all_off uid=0

	smack_on=no manager_uid=0
	case $name in
	M) smack_on=yes ;;
	U) uid=$other_uid ;;
	S) off=nnp,landlock,sandbox ;;
	Q) off=nnp,landlock,seccomp ;;
	L) off=nnp,seccomp,sandbox ;;
	C)
		uid=$shared_uid manager_uid=$shared_uid
		;;
	esac
	drill "$name" "$off" "$uid" || return
	note "$name alone: $(number "$name" .denied) denied, $(number "$name" .allowed) done, controls $(number "$name" .controls_ok) of 5;" \
		"denied: $(jq -r '[.acts | to_entries[] | select(.value.verdict == "deny") | .key + 1] | join(" ")' "$work/ablation/$name.json")"
}

# --- what it shows ---

verdict()
{
	jq -r ".acts[$2 - 1].verdict" "$work/ablation/$1.json"
}

# is_alive LETTER RUN: of each act with that primary layer.
is_alive()
{
	local row n=0 bad=0

	for row in $(jq -r --arg l "$1" '.acts | to_entries[] | select(.value.layers | startswith($l)) | .key + 1' "$work/ablation/none.json"); do
		n=$((n + 1))
		[ "$(verdict none "$row") $(verdict "$2" "$row")" = "allow deny" ] && continue
		echo "$row $(jq -r ".acts[$row - 1].what" "$work/ablation/none.json"): without a layer $(verdict none "$row")," \
			"with $1 alone $(verdict "$2" "$row") ($(jq -r ".acts[$row - 1] | .error + \" \" + .parts" "$work/ablation/$2.json"))"
		bad=1
	done
	echo "$n acts"
	[ "$n" -gt 0 ] && [ "$bad" = 0 ]
}

is_mostly_stopped()
{
	[ $(($(number M .denied) * 100)) -ge $((73 * 80)) ]
}

check "the ground is prepared" prepare
save_settings
mkfifo "$place/hold"
check "libvirt without name spaces and controllers" libvirt_with 'namespaces = []' 'cgroup_controllers = []'
mount -o remount,hidepid=0 /proc
put_all "${open_settings[@]}"
victim_uid=0
check "a victim of user id 0" start_victim
for layer in none M S Q L; do
	check "the drill runs: $layer" run "$layer"
done
put_all "${closed_settings[@]}"
check "the drill runs: K" run K
put_all "${open_settings[@]}"
victim_uid=$shared_uid
check "a victim of another user id" start_victim
check "the drill runs: U" run U
chmod 666 /dev/vda
check "libvirt with controllers and limits alone" libvirt_with 'namespaces = []' \
	'cgroup_controllers = [ "cpu", "memory", "devices" ]' 'max_processes = 256'
memtune="<memtune><hard_limit unit='MiB'>1024</hard_limit></memtune>"
check "a victim under limits" start_victim
check "the drill runs: C" run C
chmod 660 /dev/vda

check "Smack's acts are stopped by Smack alone" is_alive M M
check "those of user ids by user ids alone" is_alive U U
check "those of file modes by file modes alone" is_alive F U
check "those of the second list by it alone" is_alive S S
check "those of QEMU's sandbox by it alone" is_alive Q Q
check "those of limits by limits alone" is_alive C C
check "Smack alone stops 80 % of all" is_mostly_stopped

virsh -q destroy abl-b
echo 2 >"$smackfs/ptrace"
set_rules -
put_all "${closed_settings[@]}"
mount -o remount,hidepid=invisible /proc
give_libvirt_back
ip address del "$off_host/32" dev lo
ip tuntap del dev "$tap" mode tap 2>/dev/null
rm -rf "$place"
