# SPDX-License-Identifier: GPL-2.0-or-later
# Calls nobody makes, and calls that a pure folder does not make.
BEGIN {
	banned = "strcpy|strcat|sprintf|vsprintf|strncpy|strncat|gets|atoi|atol|atoll|atof|system|popen|strtok|tmpnam|tempnam|mktemp|alloca"
	impure = "malloc|calloc|realloc|free|strdup|printf|fprintf|log_[a-z]+|socket|send|recv|read|write|open|close"
}

# Code without comments and strings. A comment that goes on to the next line is remembered.
function code(line) {
	if (inside) {
		if (!match(line, /\*\//))
			return ""
		line = substr(line, RSTART + 2)
		inside = 0
	}
	gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
	gsub(/\/\*([^*]|\*[^\/])*\*\//, " ", line)
	sub(/\/\/.*/, "", line)
	if (match(line, /\/\*/)) {
		inside = 1
		line = substr(line, 1, RSTART - 1)
	}
	return line
}

function search(line, names, what) {
	if (match(line, "(^|[^A-Za-z0-9_>.])(" names ")[ \t]*\\("))
		print FILENAME ":" FNR ": " what ": " substr(line, RSTART, RLENGTH)
}

FNR == 1 { inside = 0 }
{
	text = code($0)
	search(text, banned, "banned call")
	if (FILENAME ~ /^(proto|policy)\//)
		search(text, impure, "this folder does no I/O, no malloc and no log")
}
