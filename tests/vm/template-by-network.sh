# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# See template-by-network.

network_vms()
{
	"$vmos" template build net >/dev/null 2>&1 && "$vmos" template build builder >/dev/null 2>&1 || return
	"$vmos" create net0 --kind net && "$vmos" create builder --template builder --net net0 --memory 1G || return
	"$vmos" rule add builder net0 w && "$vmos" start net0 builder
}

build_by_network()
{
	"$vmos" template build net --in builder
}

# What the error says to allow is what is allowed.
allow_what_it_says()
{
	local target

	build_by_network 2>"$work/said"
	while read -r target; do
		"$vmos" net allow builder "$target" || return
	done < <(grep -oE 'net allow builder [a-z0-9.:/-]+' "$work/said" | sed 's/.* //' | sort -u)
	grep -q 'net allow builder' "$work/said" || { cat "$work/said"; return 1; }
}

check "a builder behind a NET VM" network_vms
"$vmos" net deny builder any
check "that may reach nothing says what it needs" allow_what_it_says
"$vmos" net del builder any
begin=$SECONDS
check "builds with that and nothing else" build_by_network
note "it took $((SECONDS - begin)) s"
begin=$SECONDS
check "and once more from its cache" build_by_network
note "it took $((SECONDS - begin)) s"
"$vmos" stop --force builder net0
"$vmos" delete --yes --force builder net0
