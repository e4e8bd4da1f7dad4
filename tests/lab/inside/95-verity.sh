# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # work: of inside/lib.sh
# One changed byte of the root is an error, never data. Last of all: should something need that block, it is gone.

root=$(readlink -f "$(findmnt -no SOURCE /)")
below=/dev/$(ls "/sys/block/${root##*/}/slaves")
block=5000

read_block()
{
	dd "if=$root" bs=4096 skip="$block" count=1 iflag=direct of="$work/block" status=none
}

read_fails()
{
	! read_block 2>"$work/dd" && grep -q 'Input/output error' "$work/dd"
}

write_below()
{
	dd "if=$1" "of=$below" bs=4096 seek="$block" count=1 oflag=direct conv=notrunc status=none
}

check "block $block of $root reads" read_block
cp "$work/block" "$work/good"
printf '\x5a' | dd of="$work/block" bs=1 seek=77 conv=notrunc status=none
check "one byte of it is changed on $below" write_below "$work/block"
check "now it is an error" read_fails
write_below "$work/good"
check "and reads again when the byte is back" read_block
