# SPDX-License-Identifier: GPL-2.0-or-later
# Which folder may include what: the table of CONTRIBUTING.md.
BEGIN {
	pure = "^(stdint|stdbool|stddef|string|errno|limits|endian|assert|inttypes|stdatomic|arpa/inet|linux/types|linux/ioctl|sys/ioctl|sys/sdt)\\.h$"
	only["^libvirt/"] = "manager"
	only["^wayland-client"] = "(desktop|center)"
	only["^wlr/"] = "agent"
	only["^libxml/"] = "manager"
	only["^(gtk|gdk)/"] = "center"
	only["^gio/"] = "(center|agent)"
	only["^bpf/"] = "tap"
}

function refuse(why) {
	print FILENAME ":" FNR ": " name ": " why
}

# What belongs to no folder of ours: headers that wayland-scanner writes.
function is_generated(path) {
	return path ~ /-protocol\.h$/
}

function check_system(folder,  pattern) {
	for (pattern in only)
		if (name ~ pattern && folder !~ ("^" only[pattern] "$") && folder != "tests")
			refuse("only " only[pattern] "/ may include it")
	if (folder ~ /^(proto|policy)$/ && name !~ pure)
		refuse("a pure folder includes no such header")
	if (folder == "kernel" && name !~ /^(linux|asm|uapi|trace)\//)
		refuse("kernel code includes kernel headers only")
}

function check_own(folder,  target) {
	target = name
	sub(/\/.*/, "", target)
	if (folder == "tests" || is_generated(name))
		return
	if (name !~ /\//)
		refuse("includes are written from the root of the tree")
	else if (target == folder || (folder == "wire" && name == "tap/tc.h"))
		return
	else if (folder == "base")
		refuse("base/ knows nothing of ours")
	else if (folder == "policy" && target == "proto")
		return
	else if (folder ~ /^(proto|policy)$/ && name != "base/cleanup.h")
		refuse("a pure folder may include base/cleanup.h only, and policy/ proto/ beside it")
	else if (folder == "kernel" && name !~ /^proto\/uapi\//)
		refuse("kernel code may include proto/uapi/ only")
	else if (folder == "helper" && target == "policy")
		refuse("the link of the helpers knows base/ and proto/ only")
	else if (folder ~ /^(courier|desktop|audio)$/ && target == "helper")
		return
	else if (target !~ /^(base|proto|policy)$/)
		refuse("no program includes another program's folder")
}

/^[ \t]*#[ \t]*include/ {
	folder = FILENAME
	sub(/\/.*/, "", folder)
	line = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", line)
	name = substr(line, 2)
	sub(/[">].*/, "", name)
	if (folder == "libvirt")
		next
	if (line ~ /^</)
		check_system(folder)
	else
		check_own(folder)
}
