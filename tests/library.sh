#!/bin/sh
# The library as other programs get it: its names, what it needs, hosts that link it.
#   BUILD=build GPPI=build/gppi PHANTOM=build/phantom tests/library.sh      from the top of the source tree
. "$(dirname "$0")/shell.sh"

build=${BUILD:-build}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
said=$dir/said

# ---- names: those of the headers, no other ----
sed -n 's/^[a-z].*[ *]\(gppi_[a-z0-9_]*\)(.*/\1/p' include/gppi/*.h | sort -u >"$dir/declared"
nm -D --defined-only "$build/libgppi.so" | awk '{ print $3 }' | sort >"$dir/shared"
nm -g --defined-only "$build/libgppi.a" | awk 'NF == 3 { print $3 }' | sort >"$dir/static"
ok 'functions are declared' [ -s "$dir/declared" ]
ok 'libgppi.so shows what the headers declare' diff "$dir/declared" "$dir/shared"
ok 'libgppi.a shows what the headers declare' diff "$dir/declared" "$dir/static"
ok 'libgppi.a is one object' same "$(ar t "$build/libgppi.a" | wc -l)" 1
ok 'libgppi.so has a soname' same "$(objdump -p "$build/libgppi.so" | awk '$1 == "SONAME" { print $2 }')" libgppi.so.0

# ---- what it brings along ----
objdump -p "$build/libgppi.so" | awk '$1 == "NEEDED" { print $2 }' >"$dir/needed"
ok 'libraries are needed' [ -s "$dir/needed" ]
for library in libdcmnet libdcmtls libseccomp libinih; do
	ok "$library is not needed" not has "$dir/needed" "^$library"
done
nm "$build/libgppi.a" >"$dir/all"
ok 'the detection is in the library' has "$dir/all" gppi_detect
for name in service_run receiver_ sandbox_ cmd_detect bench_; do
	ok "$name is not in the library" not has "$dir/all" " $name"
done

# ---- a host with functions of the same names as inner ones ----
for host in host_shared host_static; do
	ok "$host" "$build/tests/$host" weights
	ok "$host found the networks" has "$said" "$(ls weights/*.gppiw | wc -l) networks, 4 calls"
done

# ---- the example, compiled with pkg-config, against the program ----
"${PHANTOM:-build/phantom}" make --seed 500005 --condition typical --size 320 --nifti "$dir/femur.nii" >/dev/null 2>&1
plane=$("${GPPI:-build/gppi}" detect -q --csv "$dir/femur.nii" | sed -n 2p | cut -d, -f2)
ok 'the program finds a plane' [ "${plane:--1}" -ge 0 ]
ok 'the example runs' "$build/example" "$dir/femur.nii"
ok 'the example prints the same plane' same "$(cut -f2 "$said")" "$plane"
ok 'the example tells of a file that is not there' not "$build/example" "$dir/none.nii"
ok 'in a sentence' has "$said" "none.nii"

# ---- float copies of the networks: installed beside the program, or not there ----
gppi=$(absolute "${GPPI:-build/gppi}")
mkdir -p "$dir/bin" "$dir/share/gppi/float"
cp "$gppi" "$dir/bin/gppi"
fp32() { "$1" detect -q --csv --engine fp32 --model cw "$dir/femur.nii"; }
ok 'without float copies fp32 fails' not fp32 "$dir/bin/gppi"
ok 'in a sentence that names the file' has "$said" 'float copy of cw-classifier'
cp weights/*.gppif "$dir/share/gppi/float"
ok 'installed ones are found' fp32 "$dir/bin/gppi"
ok 'a plane with them' [ "$(sed -n 2p "$said" | cut -d, -f2)" -ge 0 ]
ok 'those of the build are found' fp32 "$gppi"
for file in weights/*.gppiw; do printf x >"$dir/share/gppi/float/$(basename "${file%w}f")"; done
ok 'damaged ones are refused' not fp32 "$dir/bin/gppi"
ok 'in a sentence' has "$said" 'not a float copy'

finish
