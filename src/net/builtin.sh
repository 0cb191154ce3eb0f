#!/bin/sh
# Prints the assembly that packs the given weight files into the program (see builtin.c).
set -eu

cat <<'END'
#include "base/packed.h"
	packed_section
	.balign 64
	packed_name net_builtin_block
	packed_name net_builtin_entries
	packed_name net_builtin_entry
net_builtin_block:
END
# Hash of a file, so that the program need not make it at every start; empty without such a tool.
hash_of() {
	if command -v sha256sum >/dev/null; then
		sha256sum <"$1" | cut -c1-64
	elif command -v shasum >/dev/null; then
		shasum -a 256 <"$1" | cut -c1-64
	fi
}

i=0
for file in "$@"; do
	printf '\t.balign 64\ndata%d:\n\t.incbin "%s"\nend%d:\n' $i "$file" $i
	printf 'name%d:\n\t.asciz "%s"\n' $i "${file##*/}"
	printf 'hash%d:\n\t.asciz "%s"\n' $i "$(hash_of "$file")"
	i=$((i + 1))
done
printf '\t.balign 64\nnet_builtin_entries:\n\t.quad %d\nnet_builtin_entry:\n' $i
k=0
while [ $k -lt $i ]; do
	printf '\t.quad name%d - net_builtin_block, data%d - net_builtin_block, end%d - data%d\n' $k $k $k $k
	printf '\t.quad hash%d - net_builtin_block\n' $k
	k=$((k + 1))
done
printf '\tpacked_end\n'
