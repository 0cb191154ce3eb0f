#!/bin/sh
# make check-windows: the zip under Wine: the same answers, sentences and files as the Linux program gives.
#   packaging/windows/check.sh DIR VERSION BUILD      DIR: see build.sh; BUILD: of the Linux program
. "$(dirname "$0")/../../tests/shell.sh"

work=$(absolute "$1")
name=gppi-$2-windows-x64
build=$(absolute "$3")
export WINEPREFIX="$work/wine" WINEDEBUG=-all WINEPATH= LC_ALL=C.UTF-8
here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
trap 'exit 1' INT TERM
root=$PWD
cd "$here" || exit 1

evidence() {
	for file in linux.out windows.out linux.err windows.err; do
		[ ! -s $file ] || echo "  $file: $(head -c 500 $file)"
	done
}

mkdir 'Programme für alle'
(cd 'Programme für alle' && unzip -q "$work/$name.zip") || exit 1
program="$here/Programme für alle/$name"
# As a program for the tests that Linux has.
printf '#!/bin/sh\nexec wine "%s/gppi.exe" "$@"\n' "$program" >windows
printf '#!/bin/sh\nexec "%s/gppi" "$@"\n' "$build" >linux
chmod +x windows linux

# ---- the file itself ----
system_only() {
	! x86_64-w64-mingw32-objdump -p "$program/gppi.exe" | sed -n 's/.*DLL Name: //p' |
		grep -viE '^(kernel32|msvcrt|advapi32|user32|shell32|ole32|ws2_32|iphlpapi|netapi32)\.dll$'
}
# The stack is aligned to 16 bytes only: no move may rely on more. Hand-written kernels of libraries align it.
takes_any_address() {
	! x86_64-w64-mingw32-objdump -d --no-show-raw-insn "$work/gppi/all.a" |
		grep -E 'vmov(aps|apd|dqa|dqa32|dqa64) ' | grep -E '%[yz]mm' | grep '(' | head -n 3 | grep .
}
ok 'only libraries of Windows' system_only
ok 'no vector asks for an aligned stack' takes_any_address
for file in README.txt gppi.txt LICENSE.txt LIBRARIES.txt gppi-detect.cmd samples/bone.nii.gz; do
	ok "$file is there" test -s "$program/$file"
done

# both ARGS...: both programs into linux.* and windows.*
both() {
	./linux "$@" >linux.out 2>linux.err
	linux=$?
	./windows "$@" >windows.out 2>windows.err
	windows=$?
}
alike() { [ $linux -eq $windows ] && cmp -s linux.out windows.out && cmp -s linux.err windows.err; }

./windows --version >/dev/null 2>&1 # the first run makes Wine's own folders, and says so
both --version
ok 'version' alike
both help detect
ok 'help' alike
both models --json
ok 'weights' alike

# ---- sentences ----
both detect missing.nii
ok 'a missing file' alike
both info 'no folder/scan.nii'
ok 'a missing folder' alike
both detect --nonsense
ok 'a wrong option' alike
: >empty.nii
both detect empty.nii
ok 'an empty file' alike
echo 'no scan' >text.nii
both info text.nii
ok 'no scan' alike
mkdir nothing
both detect nothing
ok 'an empty folder' alike

# ---- a bone ----
cp "$program/samples/bone.nii.gz" 'Mäuse ß 1.nii.gz'
gzip -dc 'Mäuse ß 1.nii.gz' >plain.nii
both detect --csv -o no/where.csv plain.nii
ok 'a folder that cannot be written to' alike
both detect --quiet --csv --engine fp32 plain.nii
ok 'the fp32 engine' alike
both detect --exhaustive --csv --threads 3 plain.nii
ok 'every slice' alike
both detect --csv plain.nii 'Mäuse ß 1.nii.gz' missing.nii
ok 'two bones and a missing one' alike
ok 'status of a missing one' test $windows -eq 1

without_seconds() { sed 's/"seconds":{[^}]*}//' "$1"; }
json_same() {
	without_seconds linux.out >a.json
	without_seconds windows.out >b.json
	[ $linux -eq 0 ] && [ $windows -eq 0 ] && cmp -s a.json b.json
}
both detect --json 'Mäuse ß 1.nii.gz'
ok 'JSON' json_same
for level in scalar avx2; do
	both detect --json --cpu $level plain.nii
	ok "JSON, --cpu $level" json_same
done

./windows detect --qc 'Bilder ü' --report Seite.html --slicer markups --csv -o tabelle.csv ./*.nii.gz \
	'Mäuse ß 1.nii.gz' >windows.out 2>windows.err
ok 'pictures, page, markups and table' test $? -eq 0 -a -s 'Bilder ü/Mäuse ß 1.jpg' -a \
	-s 'Bilder ü/Mäuse ß 1-2.jpg' -a -s Seite.html -a -s tabelle.csv
./linux detect --qc pictures plain.nii >linux.out 2>linux.err
./windows detect --qc pictures2 plain.nii >windows.out 2>windows.err
ok 'the same picture' cmp -s pictures/plain.jpg pictures2/plain.jpg
ok 'no temporary files' test -z "$(find . -name '*.??????' -newer windows ! -name '*.nii.gz' ! -path './Programme*' \
	-name '*.[a-z0-9][a-z0-9][a-z0-9][a-z0-9][a-z0-9][a-z0-9]')"

# What only Windows knows: backslashes, folders that end with one, wildcards, a table that is replaced.
mkdir scans
cp plain.nii scans/a.nii
cp plain.nii scans/b.nii
./windows detect --csv 'scans\a.nii' >windows.out 2>windows.err
ok 'backslashes' grep -q '^a,' windows.out
./windows detect --csv 'scans\' >windows.out 2>windows.err
ok 'a folder with a backslash' test "$(wc -l <windows.out)" -eq 3
wine "$program/gppi.exe" detect --csv -o tabelle.csv 'scans\*.nii' >windows.out 2>windows.err
ok 'wildcards, and a table that is replaced' test "$(wc -l <tabelle.csv)" -eq 3
./windows serve --config x >windows.out 2>windows.err
ok 'no service' test $? -eq 1
ok 'says so' grep -q 'not part of gppi for Windows' windows.err

wine cmd /c "$program/gppi-detect.cmd" 'scans\a.nii' </dev/null >windows.out 2>windows.err
ok 'dropped on gppi-detect.cmd' test -s scans/gppi-results/report.html -a -s scans/gppi-results/a.jpg

# ---- every format, and DICOM, by the tests that the Linux program passes ----
cd "$root" || exit 1
for test in cli_formats cli_dicom; do
	GPPI="$here/windows" FIXTURE="$build/tests/cli_fixture" FORMATS="$build/tests/cli_formats" "tests/$test.sh" \
		>"$here/$test.log" 2>&1
	status=$?
	tail -n 12 "$here/$test.log"
	ok "tests/$test.sh" test $status -eq 0
done

finish
