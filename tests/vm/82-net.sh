# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The network with cards that are ends of VDE switches.

# shellcheck source=tests/vm/net.sh
. "$top/tests/vm/net.sh"

net_pages
net_lists
net_cuts
net_asks
net_chain
