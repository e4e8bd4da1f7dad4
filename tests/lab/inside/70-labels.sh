# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # work, lab: of inside/lib.sh
# 1,000 times define, label, unlabel with hostile names: libvirt's own code on this kernel (libvirt/tests).

program=$lab/bin/libvirt/tests/securitysmackcycle
place=/var/tmp/lab-cycles

cycles()
{
	"$program" 1000 "$place" >"$work/cycles.log" 2>&1
}

all_were_right()
{
	tail -n 1 "$work/cycles.log"
	tail -n 1 "$work/cycles.log" | grep -q 'failed 0, collisions 0, unlabelled 0, misread 0, open 0, closed 0, left 0'
}

if [ -x "$program" ]; then
	mkdir -p "$place"
	check "1000 cycles of label, start and stop come to their end" cycles
	check "no two names had one label, no file was left open or unlabelled" all_were_right
	note "$(tail -n 1 "$work/cycles.log")"
	rm -rf "$place"
else
	skip "1000 cycles of labels" "make check-libvirt-trixie has not run here"
fi
