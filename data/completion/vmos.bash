# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of vmos(1) for bash. VMs and templates are asked for only where vmosd runs already.

_vmos_names()
{
	busctl --user status org.vmos.Manager1 >/dev/null 2>&1 || [ -S "${XDG_RUNTIME_DIR:-/nonexistent}/vmos/bus" ] ||
		return 0
	vmos "$@" --json 2>/dev/null | sed -n 's/^ *"name": *"\(.*\)",*$/\1/p'
}

_vmos_command_options()
{
	case $1 in
	create) echo "--kind --template --color --memory --vcpus --disk --net --net-limit --pci --notifications --audio --carrier --ready-timeout" ;;
	set) echo "--template --color --memory --vcpus --net --net-limit --pci --notifications --audio --volume --mute --carrier --ready-timeout" ;;
	delete) echo "--yes --force" ;;
	stop) echo "--force" ;;
	list | show | status) echo "--json" ;;
	agent | top) echo "--json --once" ;;
	drill) echo "--json --keep --read" ;;
	run) echo "--app --root --tty --no-tty --window --" ;;
	shell) echo "--root" ;;
	log) echo "--follow --json --since --verify" ;;
	why) echo "--json" ;;
	clock) echo "--json --now --from --server --accept" ;;
	esac
}

# Addresses of the computer's network cards.
_vmos_cards()
{
	vmos net cards --json 2>/dev/null | sed -n 's/^ *"address": *"\(.*\)",*$/\1/p'
}

# IDs of transfers, as vmosd names them.
_vmos_transfers()
{
	vmos transfer list --json 2>/dev/null | sed -n 's/^ *"id": *"\(.*\)",*$/\1/p'
}

_vmos_transfer()
{
	case $COMP_CWORD:${COMP_WORDS[2]} in
	2:*) mapfile -t COMPREPLY < <(compgen -W "list show cancel resume" -- "$cur") ;;
	*:list) mapfile -t COMPREPLY < <(compgen -W "--json" -- "$cur") ;;
	*:show | *:cancel | *:resume) mapfile -t COMPREPLY < <(compgen -W "$(_vmos_transfers)" -- "$cur") ;;
	esac
}

# What the VM named on the line can start.
_vmos_apps()
{
	vmos menu list "$1" --json 2>/dev/null | sed -n 's/^ *"id": *"\(.*\)",*$/\1/p'
}

_vmos_menu()
{
	case $COMP_CWORD:${COMP_WORDS[2]} in
	2:*) mapfile -t COMPREPLY < <(compgen -W "clear list sync" -- "$cur") ;;
	*:list) mapfile -t COMPREPLY < <(compgen -W "--json $(_vmos_names list)" -- "$cur") ;;
	esac
}

_vmos_mic()
{
	case $COMP_CWORD:${COMP_WORDS[2]} in
	2:*) mapfile -t COMPREPLY < <(compgen -W "allow deny" -- "$cur") ;;
	3:*) mapfile -t COMPREPLY < <(compgen -W "$(_vmos_names list)" -- "$cur") ;;
	4:allow) mapfile -t COMPREPLY < <(compgen -W "for=10m" -- "$cur") ;;
	esac
}

_vmos_template()
{
	case $COMP_CWORD:${COMP_WORDS[2]} in
	2:*) mapfile -t COMPREPLY < <(compgen -W "build import list remove" -- "$cur") ;;
	3:import) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
	4:import | 3:remove) mapfile -t COMPREPLY < <(compgen -W "$(_vmos_names template list)" -- "$cur") ;;
	*:build) mapfile -t COMPREPLY < <(compgen -W "--add --in $(_vmos_names template list)" -- "$cur") ;;
	*:list) mapfile -t COMPREPLY < <(compgen -W "--json" -- "$cur") ;;
	esac
}

_vmos_rule()
{
	case $COMP_CWORD:${COMP_WORDS[2]} in
	2:*) mapfile -t COMPREPLY < <(compgen -W "add check del list" -- "$cur") ;;
	[34]:add | [34]:del) mapfile -t COMPREPLY < <(compgen -W "$(_vmos_names list)" -- "$cur") ;;
	5:add) mapfile -t COMPREPLY < <(compgen -W "w a x r -" -- "$cur") ;;
	*:add) mapfile -t COMPREPLY < <(compgen -W "ask notify for=10m" -- "$cur") ;;
	*:check) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	*:list) mapfile -t COMPREPLY < <(compgen -W "--json" -- "$cur") ;;
	esac
}

_vmos_net()
{
	case $COMP_CWORD:${COMP_WORDS[2]} in
	2:*) mapfile -t COMPREPLY < <(compgen -W "allow ask cards check del deny flows list log why" -- "$cur") ;;
	*:flows | *:log)
		mapfile -t COMPREPLY < <(compgen -W "--follow --json $(_vmos_names list)" -- "$cur")
		;;
	*:list) mapfile -t COMPREPLY < <(compgen -W "--json $(_vmos_names list)" -- "$cur") ;;
	*:cards) mapfile -t COMPREPLY < <(compgen -W "--json" -- "$cur") ;;
	3:allow | 3:ask | 3:deny | 3:del | 3:why) mapfile -t COMPREPLY < <(compgen -W "$(_vmos_names list)" -- "$cur") ;;
	4:allow | 4:ask | 4:deny | 4:del) mapfile -t COMPREPLY < <(compgen -W "any" -- "$cur") ;;
	*:allow | *:ask | *:deny) mapfile -t COMPREPLY < <(compgen -W "notify for=10m" -- "$cur") ;;
	*:check) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	esac
}

_vmos()
{
	local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
	local commands="create delete set start stop pause resume list show status top drill run shell menu mic send fetch open transfer rule net why log clock"
	commands+=" agent template help"
	local colors="blue red green orange purple yellow cyan pink brown grey black white"

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$cur")
		return
	fi
	if [ "$previous" = --template ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_vmos_names template list)" -- "$cur")
		return
	fi
	if [ "$previous" = --audio ] || [ "$previous" = --mute ]; then
		mapfile -t COMPREPLY < <(compgen -W "on off" -- "$cur")
		return
	fi
	if [ "$previous" = --kind ]; then
		mapfile -t COMPREPLY < <(compgen -W "app net" -- "$cur")
		return
	fi
	if [ "$previous" = --net ] || [ "$previous" = --from ]; then
		mapfile -t COMPREPLY < <(compgen -W "none $(_vmos_names list)" -- "$cur")
		return
	fi
	if [ "$previous" = --in ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_vmos_names list)" -- "$cur")
		return
	fi
	if [ "$previous" = --pci ]; then
		mapfile -t COMPREPLY < <(compgen -W "none $(_vmos_cards)" -- "$cur")
		return
	fi
	if [ "$previous" = --notifications ]; then
		mapfile -t COMPREPLY < <(compgen -W "on off" -- "$cur")
		return
	fi
	if [ "$previous" = --carrier ]; then
		mapfile -t COMPREPLY < <(compgen -W "channel vsock" -- "$cur")
		return
	fi
	if [ "$previous" = --app ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_vmos_apps "${COMP_WORDS[2]}")" -- "$cur")
		return
	fi
	if [ "$previous" = --read ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	fi
	if [ "$previous" = --color ]; then
		mapfile -t COMPREPLY < <(compgen -W "$colors" -- "$cur")
		return
	fi
	case $command in
	menu) _vmos_menu ;;
	mic) _vmos_mic ;;
	template) _vmos_template ;;
	transfer) _vmos_transfer ;;
	send | fetch | open)
		# VM:PATH first, a VM last: a colon ends a word of bash's, so that only names of VMs are offered.
		mapfile -t COMPREPLY < <(compgen -W "$(_vmos_names list)" -- "$cur")
		;;
	rule) _vmos_rule ;;
	net) _vmos_net ;;
	help) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
	create) mapfile -t COMPREPLY < <(compgen -W "$(_vmos_command_options create)" -- "$cur") ;;
	*)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_vmos_command_options "$command")" -- "$cur")
		elif [[ $command != list && $command != status && $command != top && $command != drill &&
			$command != log && $command != agent && $command != clock ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_vmos_names list)" -- "$cur")
		fi
		;;
	esac
}

complete -F _vmos vmos
