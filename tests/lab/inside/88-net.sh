# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # vmos, lab, work: of inside/lib.sh
# A network card belongs to a NET VM, and to nobody else: the host has none, the VM gets its addresses by it, the IOMMU
# keeps it inside the VM. Another VM reaches the far side through both.

# shellcheck source=tests/vm/net.sh
. "$lab/net.sh"

net=net0
app=work
card=0000:00:10.0
shared=0000:00:11.0 # in a group with 0000:00:11.1
devices=/sys/bus/pci/devices
far=10.0.2.100
beyond=60000000 # in the host's memory, not in the NET VM's

group_of()
{
	basename "$(readlink "$devices/$1/iommu_group")"
}

driver_of()
{
	basename "$(readlink "$devices/$1/driver")"
}

node_is()
{
	local have

	have=$(stat -c '%u %a' "/dev/vfio/$(group_of "$card")")
	echo "/dev/vfio/$(group_of "$card") is $have"
	[ "$have" = "$1 600" ]
}

# In the /dev that QEMU of a VM sees.
nodes_of()
{
	local dir

	dir=/proc/$(pids qemu-system "$1")/root/dev/vfio
	[ ! -d "$dir" ] || stat -c '%n %u' "$dir"/* | sed 's/.*\///'
}

only_its_own_node()
{
	local group uid have

	group=$(group_of "$card")
	uid=$(vm_uid "$net")
	have=$(nodes_of "$net" | sort | paste -sd,)
	echo "$have"
	[ "$have" = "$group $uid,vfio 0" ] || [ "$have" = "vfio 0,$group $uid" ] || return 1
	is_labelled "/proc/$(pids qemu-system "$net")/root/dev/vfio/$group" "vmos.$net.image"
}

no_node()
{
	local have

	have=$(nodes_of "$1")
	[ -z "$have" ] || { echo "$have"; return 1; }
}

host_has_no_network()
{
	local links

	links=$(ls /sys/class/net)
	echo "$links; $(cat /proc/net/route /proc/net/if_inet6)"
	[ "$links" = lo ] && [ "$(grep -vc '^Iface' /proc/net/route)" = 0 ] && ! grep -qv ' lo$' /proc/net/ipv6_route &&
		! grep -qv ' lo$' /proc/net/if_inet6
}

cards_say()
{
	"$vmos" net cards --json | tee "$work/cards.json" | jq -e "$1" >/dev/null || { cat "$work/cards.json"; return 1; }
}

as_root_of()
{
	local vm=$1
	shift

	timeout $((60 * patience)) "$vmos" run "$vm" --root -- "$@"
}

has_address()
{
	as_root_of "$net" sh -c 'grep -q ^uplink /proc/net/route && grep -q 10.0.2.15 /proc/net/fib_trie'
}

uplink_is_the_card()
{
	local have

	have=$(as_root_of "$net" sh -c 'basename "$(readlink /sys/class/net/uplink/device/driver)"')
	echo "$have"
	[ "$have" = e1000e ]
}

# The NET VM has no program for it, but bash has a word.
net_fetches()
{
	local page

	page=$(as_root_of "$net" bash -c 'exec 3<>"/dev/tcp/$0/80" && printf "GET / HTTP/1.0\r\n\r\n" >&3 && cat <&3' "$far")
	echo "$page"
	[[ $page == *"the far page"* ]]
}

app_fetches()
{
	[ "$(in_vm "$app" curl -sS --max-time 10 "http://$1/")" = "the far page" ]
}

app_fetches_not()
{
	! in_vm "$app" curl -sS --max-time 5 "http://$1/"
}

faults()
{
	dmesg | grep -cE 'DMAR: \[DMA Read.*fault addr 0x'"$1"
}

# dma own|ADDRESS: what the program said
dma()
{
	as_root_of "$net" /run/dma "/sys/bus/pci/devices/$inside_card" "$1" >"$work/dma" 2>&1 || { cat "$work/dma"; return 1; }
	cat "$work/dma"
	grep -q 'has read at' "$work/dma"
}

send_dma()
{
	as_root_of "$net" sh -c 'cat >/run/dma && chmod 755 /run/dma' <"$lab/bin/dma"
}

no_more_faults()
{
	echo "$(faults '') of $before"
	[ "$(faults '')" = "$before" ]
}

there_is_a_fault()
{
	dmesg | grep DMAR | tail -n 3
	[ "$(faults "$beyond")" -gt 0 ]
}

# --- the clock ---

clock_is()
{
	"$vmos" clock --json >"$work/clock.json"
	jq -e "$1" "$work/clock.json" >/dev/null || { cat "$work/clock.json"; return 1; }
}

# What waits for the user is believed.
accept_clock()
{
	"$vmos" clock --accept "$(jq -r 'if .offset < 0 then .offset else "+\(.offset)" end' "$work/clock.json")"
}

# The host's clock is about as many seconds ahead of this machine's own, which goes on by the time since the start.
host_is_ahead()
{
	local ahead=$(($(date +%s) - $(cut -d . -f 1 /proc/uptime) - started))

	echo "$ahead"
	[ "$ahead" -ge $(($1 - 3)) ] && [ "$ahead" -le $(($1 + 3)) ]
}

vm_has_our_time()
{
	local ahead

	ahead=$(($(in_vm "$app" date +%s) - $(date +%s)))
	echo "$ahead"
	[ "$ahead" -ge -3 ] && [ "$ahead" -le 3 ]
}

clock_by_net()
{
	local server

	server=10.0.2.2:$(ask timeport)
	ask timeoffset 7200 >/dev/null
	check "$net asks a time server of the far side" "$vmos" clock --from "$net" --server "$server" --now
	check "which is two hours ahead: that waits for the user" \
		clock_is '.result == "waits" and .from == "'"$net"'" and .offset > 7100 and .offset < 7300'
	started=$(($(date +%s) - $(cut -d . -f 1 /proc/uptime)))
	check "who believes it" accept_clock
	check "and the host's clock is set, by vmos-clock" host_is_ahead 7200
	check "of which $app hears" within 20 vm_has_our_time
	ask timeoffset 0 >/dev/null
	"$vmos" clock --now
	check "back again" eval 'clock_is ".result == \"waits\" and .offset < -7100" && accept_clock'
	check "is as it was" host_is_ahead 0
	ask timeoffset 0.3 >/dev/null
	check "a small difference" "$vmos" clock --now
	check "is mended without a word" clock_is '.result == "set" and .offset > 0.1 and .moved_today > 0.1'
	check "which is recorded" eval '"$vmos" log --json 20 | grep "\"event\":\"clock\"" | grep -q slew'
	"$vmos" clock --from none
}

# --- vmos-tap ---

# The socket by which it sends frames is of vmos-wire, and labelled so that a process of any label may be given it.
tap_socket_is_open()
{
	local fd have=0

	for fd in "/proc/$(pids vmos-tap "$net")/fd"/*; do
		[[ $(readlink "$fd") == socket:* ]] || continue
		[ "$(getfattr --absolute-names --only-values -n security.SMACK64IPIN "$fd" 2>/dev/null)" = @ ] &&
			[ "$(getfattr --absolute-names --only-values -n security.SMACK64IPOUT "$fd" 2>/dev/null)" = @ ] && have=$((have + 1))
	done
	echo "$have sockets are @"
	[ "$have" = 1 ]
}

new_tap()
{
	local pid

	pid=$(pids vmos-tap "$net")
	[ -n "$pid" ] && [ "$pid" != "$tap" ] && is_labelled "$pid" "vmos.$net.courier" && [ "$(uid_of "$pid")" = "$(vm_uid "$net")" ]
}

# How much of the download is there, told by the guest each second: nobody here can ask it while vmosd is stopped.
watch_download()
{
	guest "$app" sh -c 'while sleep 1; do echo "$(cut -d . -f 1 /proc/uptime) $(stat -c %s /tmp/slow)"; done >/tmp/slow.sizes 2>&1 &
		echo $! >/tmp/watch.pid'
}

# The longest time, in seconds, in which no more of it came.
longest_gap()
{
	guest "$app" cat /tmp/slow.sizes | awk '$2 != last { last = $2; since = $1 } $1 - since > most { most = $1 - since } END { print most + 0 }'
}

# vmosd would start another one at once: it is kept from that for twelve seconds. The kernel goes on for three by itself.
kill_tap()
{
	local vmosd

	vmosd=$(systemctl show -P MainPID vmosd.service)
	kill -STOP "$vmosd"
	kill -9 "$tap"
	sleep 12
	kill -CONT "$vmosd"
}

dead_meanwhile()
{
	local gap

	gap=$(longest_gap)
	echo "no byte for $gap s"
	[ "$gap" -ge 7 ]
}

tap_killed()
{
	tap=$(pids vmos-tap "$net")
	check "vmos-tap's packet socket is open to who is given it" tap_socket_is_open
	check "a download" begin_download "http://$far/slow"
	check "that is watched" watch_download
	sleep 4
	check "which does not pause by itself" test "$(longest_gap)" -le 4
	kill_tap
	check "vmos-tap was killed: another one has label and user of $net" within 20 new_tap
	check "its packet socket is as the first one's" within 10 tap_socket_is_open
	check "the download goes on" within 60 downloads
	check "while there was no vmos-tap nothing passed" dead_meanwhile
	check "what the list does not name does not either" app_fetches_not 10.0.2.101
	check "a new page comes" within 20 app_fetches "$far"
	guest "$app" sh -c 'kill $(cat /tmp/watch.pid)'
	end_download
}

check "the host has no network" host_has_no_network
check "every card waits for a VM" test "$(driver_of "$card") $(driver_of "$shared")" = "vfio-pci vfio-pci"
check "vmos knows them, and which a VM can have" cards_say \
	'length == 2 and .[0].address == "'$card'" and .[0].id == "8086:10d3" and (.[0].name | contains("82574L")) and .[0].usable and .[0].vm == "" and (.[1].usable | not)'
check "and why not the other" cards_say '.[1].why | contains("0000:00:11.1")'

refuse "an APP VM gets no card" "is no NET VM" "$vmos" create other --pci "$card"
refuse "an address that is none" "is no PCI address" "$vmos" create "$net" --kind net --pci 10.0
check "a NET VM without a card" "$vmos" create "$net" --kind net --color grey
check "says what it lacks" within 5 eval '[[ $(field $net net_state) == *"no card"* ]]'
check "it gets one, by the short form" "$vmos" set "$net" --pci "${card#0000:}"
check "which stands in its description" test "$(field "$net" 'pci[0]')" = "$card"
check "and starts" "$vmos" start "$net"
check "the card's node is its user's" node_is "$(vm_uid "$net")"
check "its QEMU sees that node alone, under its label" only_its_own_node
check "that of $app sees none" no_node "$app"
check "its uplink is the card" within 60 uplink_is_the_card
check "with an address by DHCP" within 60 has_address
check "the page comes from the far side" within 30 net_fetches
check "the host has no network still" host_has_no_network

check "another NET VM" "$vmos" create net1 --kind net --pci "$card" --memory 384
refuse "does not get the same card" "VM $net has its network card $card" "$vmos" start net1
"$vmos" set net1 --pci 00:1e.0
refuse "nor one that is not there" "There is no PCI device 0000:00:1e.0. The network cards of this host are: $card" "$vmos" start net1
"$vmos" set net1 --pci "$shared"
refuse "nor one that is not kept apart" "only together with 0000:00:11.1" "$vmos" start net1
"$vmos" set net1 --pci 0000:00:11.1
refuse "nor what is no network card" "no network card" "$vmos" start net1
"$vmos" delete --yes net1
check "$net still has it" node_is "$(vm_uid "$net")"

check "$app is there" need_vm "$app" green
"$vmos" rule add "$app" "$net" w
"$vmos" net allow "$app" "$far:80/tcp"
check "$app uses $net" "$vmos" set "$app" --net "$net"
check "and the page comes to it through NET VM and filter" within 60 app_fetches "$far"
check "what its list does not name does not" app_fetches_not 10.0.2.101
tap_killed
clock_by_net
"$vmos" rule del "$app" "$net"
check "nor the page without the rule" app_fetches_not "$far"
check "the host has no network still, says the kernel" host_has_no_network

inside_card=$(as_root_of "$net" sh -c 'basename "$(readlink /sys/class/net/uplink/device)"')
before=$(faults '')
check "a program for a NET VM that was taken over" send_dma
check "has the card ($inside_card) read the VM's own memory" dma own
check "which is no fault" no_more_faults
check "it has the card read where the VM has none" dma "$beyond"
check "the IOMMU refused it, says the kernel" within 10 there_is_a_fault
note "$(dmesg | grep 'DMAR: \[DMA' | tail -n 1)"
check "the host goes on" test "$("$vmos" status --json | jq -r .mode)" = system
check "$app too" in_vm "$app" true
check "$net too" as_root_of "$net" true

check "stop $net" "$vmos" stop "$net"
check "the node is root's again" within 5 node_is 0
check "the card waits again" test "$(driver_of "$card")" = vfio-pci
check "it starts once more" "$vmos" start "$net"
check "and the page comes" within 60 net_fetches
"$vmos" stop --force "$net"
check "nobody has the card any more" within 5 node_is 0
"$vmos" set "$app" --net none
"$vmos" net del "$app" "$far:80/tcp"
"$vmos" delete --yes "$net"
refuse "cards are connected by the kernel alone" "of session mode" /usr/libexec/vmos/vmosd --system --fabric vde
