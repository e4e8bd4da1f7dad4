# SPDX-License-Identifier: GPL-2.0-or-later
# Budgets of files and functions. With -v report=1: prints the figures instead of the violations.
BEGIN {
	max_file = 800
	max_function = 100
	max_params = 5
	max_nesting = 3
	# Mirrors recvmsg(): socket, buffer and fds, each with its bound, and the count found.
	allowed["fd_recv_packet"] = 1
	# Whose list, and the list: an array with its bound, what stands before it, and its number.
	allowed["net_lists_targets"] = 1
	# libwayland's own, in the place of which tests/fuzz stands.
	allowed["wl_proxy_marshal_flags"] = 1
}

function refuse(line, what) {
	if (!report)
		print FILENAME ":" line ": " what
}

function count_params(text) {
	sub(/^[^(]*\(/, "", text)
	sub(/\)[^)]*$/, "", text)
	gsub(/\([^()]*\)/, "", text)
	return gsub(/,/, ",", text) + 1
}

function end_file() {
	if (!lines)
		return
	files[++nfiles] = lines
	if (lines > max_file)
		print_file(lines)
}

function print_file(n) {
	if (!report)
		print path ":1: " n " lines, " max_file " are allowed"
}

function nesting(line) {
	match(line, /^\t*/)
	if (RLENGTH > max_nesting && substr(line, RLENGTH + 1) ~ /^(if|for|while|do|switch|wl_[a-z_]*for_each[a-z_]*)[ (]/)
		refuse(FNR, "control statement on level " RLENGTH ", " max_nesting " are allowed")
}

# Sorts in place: the lists are short.
function sort(list, n,  i, j, v) {
	for (i = 2; i <= n; i++) {
		v = list[i]
		for (j = i - 1; j > 0 && list[j] > v; j--)
			list[j + 1] = list[j]
		list[j + 1] = v
	}
}

function at(list, n, share) {
	return n ? list[int((n - 1) * share) + 1] : 0
}

FNR == 1 {
	end_file()
	path = FILENAME
	lines = 0
	begin = 0
	head = ""
}
{
	lines = FNR
	total++
}
/^[ \t]*(\/\*|\*|\/\/)/ { comments++ }
/^#[ \t]*if/ && !(FILENAME ~ /\.h$/ && /_H$/) { conditionals++ }
/^[A-Za-z_].*\(/ && !/;[ \t]*$/ { head = $0; head_line = FNR; next_open = 1 }
next_open && !/^[A-Za-z_{]/ { head = head " " $0 }
/^\{/ && next_open {
	begin = FNR
	next_open = 0
	match(head, /[a-z_0-9]+\(/)
	# A callback's signature is fixed by the library that calls it; in libvirt/ by libvirt's table of drivers.
	callback = head ~ /^static .*handle_/ || head ~ /sd_bus_message \*reply/ || FILENAME ~ /^libvirt\//
	if (!callback && count_params(head) > max_params && !(substr(head, RSTART, RLENGTH - 1) in allowed))
		refuse(head_line, count_params(head) " parameters, " max_params " are allowed")
}
/;[ \t]*$/ && !begin { next_open = 0 }
begin { nesting($0) }
/^\}/ && begin {
	size = FNR - begin - 1
	functions[++nfunctions] = size
	if (size > max_function)
		refuse(begin, "function of " size " lines, " max_function " are allowed")
	begin = 0
}
END {
	end_file()
	if (!report)
		exit
	sort(files, nfiles)
	sort(functions, nfunctions)
	printf "# budget: %d files, %d lines; lines a file: median %d, 90 %% %d, most %d\n", nfiles, total, at(files, nfiles, 0.5), at(files, nfiles, 0.9), at(files, nfiles, 1)
	printf "# budget: %d functions; lines a function: median %d, 90 %% %d, most %d\n", nfunctions, at(functions, nfunctions, 0.5), at(functions, nfunctions, 0.9), at(functions, nfunctions, 1)
	printf "# budget: comment lines %d %%, #if %.1f per 1000 lines\n", total ? 100 * comments / total : 0, total ? 1000 * conditionals / total : 0
}
