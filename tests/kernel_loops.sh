#!/bin/sh
# The inner loops of the convolution kernels hold everything in registers: in the compiled objects no
# instruction of a loop that multiplies touches the stack. One that does costs a third of the speed
# and changes no result, so that no other test would notice.
#   OBJECTS="build/obj/src/net/int8/x86/conv_*.o" tests/kernel_loops.sh      (OBJDUMP: that of another target)
set -u

OBJDUMP=${OBJDUMP:-objdump}

passed=0
failed=0

# Prints "loops N, stack N": loops with a product (from a backward jump to its target) in the tiles of one
# object, and instructions in them that read or write the stack.
count() {
	"$OBJDUMP" -d --no-show-raw-insn --no-addresses "$1" >/dev/null 2>&1 || return 1
	"$OBJDUMP" -d --no-show-raw-insn "$1" | awk '
		function number(hex,  i, v) {
			v = 0
			for (i = 1; i <= length(hex); i++)
				v = v * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
			return v
		}
		/^[0-9a-f]+ <.*>:$/ { tile = $2 ~ /^<tile_[0-9]+x[0-9]+>/; n = 0; next }
		!tile || !/^ *[0-9a-f]+:\t/ { next }
		{
			split($0, part, ":\t")
			gsub(/ /, "", part[1])
			at[n] = number(part[1])
			text[n] = part[2]
			gsub(/\t/, " ", text[n])
			jump[n] = text[n] ~ /^(j[a-z]+|b|b\.[a-z]+|cbn?z|tbn?z) /
			if (jump[n]) {
				sub(/ *<.*/, "", text[n])
				sub(/ +$/, "", text[n])
				words = split(text[n], word, " ")
				to = number(word[words])
				for (first = n; first > 0 && at[first] > to; first--)
					;
				if (to <= at[n] && to >= at[0]) {
					product = stack = inner = 0
					for (i = first; i <= n; i++) {
						if (text[i] ~ /vpmaddubsw|vpdpbusd|^smlal|^sdot/)
							product = 1
						if (text[i] ~ /\(%rsp|-0x[0-9a-f]+\(%rbp\)|\[(sp|x29)/)
							stack++
						if (i < n && jump[i])
							inner = 1
					}
					if (product && !inner) {
						loops++
						touches += stack
					}
				}
			}
			n++
		}
		END { printf "loops %d, stack %d\n", loops, touches }'
}

for object in $OBJECTS; do
	found=$(count "$object") || found="objdump cannot read it"
	case $found in
	"loops 0, "*) ;;
	*", stack 0")
		passed=$((passed + 1))
		echo "$object: $found"
		continue
		;;
	esac
	failed=$((failed + 1))
	echo "FAIL $object: $found"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
