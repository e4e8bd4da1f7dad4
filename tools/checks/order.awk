# SPDX-License-Identifier: GPL-2.0-or-later
# Order of includes: own header, then <> sorted, then "" sorted. An #if begins anew.
function flush() {
	last = ""
	kind = ""
}

FNR == 1 {
	flush()
	own = FILENAME
	sub(/\.c$/, ".h", own)
	if (FILENAME !~ /\.c$/ || (getline dummy < own) < 0)
		own = ""
	else
		close(own)
	first = 1
}
FILENAME ~ /^libvirt\// { next }
/^#include/ {
	name = $2
	gsub(/[<>"]/, "", name)
	now = substr($2, 1, 1)
	if (first && own != "" && name != own)
		print FILENAME ":" FNR ": its own header " own " comes first"
	# A file without a header of its own (main.c) may begin with one that it shares.
	if (first && now == "\"" && (name == own || own == "")) {
		first = 0
		flush()
		next
	}
	first = 0
	if (now == "<" && kind == "\"")
		print FILENAME ":" FNR ": <" name "> after \"\""
	if (now == kind && name < last)
		print FILENAME ":" FNR ": " name " is not sorted"
	kind = now
	last = name
	next
}
# Blocks of one kind may stand apart, each sorted: the C library's, then other libraries'.
/^$/ { last = "" }
/^#(if|else|elif|endif)/ { flush() }
