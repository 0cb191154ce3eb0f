#!/bin/sh
# Many bones: lists, shards, tables put together, scans from a pipe.
#   GPPI=build/gppi PHANTOM=build/phantom FIXTURE=build/tests/cli_fixture tests/cli_scale.sh
. "$(dirname "$0")/cli_setup.sh"
phantom=$(absolute "${PHANTOM:-build/phantom}")
enter

lines() { [ "$(wc -l <"$1")" -eq "$2" ] || { echo "$(wc -l <"$1") lines in $1"; return 1; }; }
detect() { want=$1; shift; run "$want" detect --weights weights "$@"; }
one_sentence() { lines err 1 && has err "^gppi: .*$1"; }
usage() { run 2 "$@" && [ ! -s out ] && lines err 1 && has err 'see .gppi.*--help'; }
names() { cut -d, -f1 "$1" | sed 1d | xargs; }

# ---- usage ----
ok 'list and input' usage detect --list x.txt bone.nii
ok 'neither' usage detect --csv
for shard in 0/3 4/3 1/0 1 /3 3/ 1/2/3 -1/3 1/x 1/100001 ''; do
	ok "shard '$shard'" usage detect --list x.txt --shard "$shard"
done
ok 'shard without list' usage detect --shard 1/2 bone.nii
ok 'name without pipe' usage detect --name x bone.nii
ok 'two pipes' usage detect - -
ok 'list of nothing' usage list
ok 'list of two' usage list a b
ok 'no shards' usage list --shards 0 a
ok 'merge of nothing' usage merge
ok 'one file for two' usage merge --failed x -o x a.csv

# ---- lists ----
cp bone.nii c.nii
mkdir -p m1 m2
cp bone.nii m1/s.nii
cp bone2.nii m2/s.nii
printf 'bone.nii\nm1/s.nii\nm2/s.nii\nmissing.nii\nc.nii\n' >list.txt
ok 'a list' detect 1 --list list.txt --csv whole.csv
ok 'names by their folders' same "$(names whole.csv)" 'bone m1_s m2_s missing c'
ok 'one failed' has whole.csv '^missing,.*,failed,missing.nii: cannot be opened'
detect 1 bone.nii m1/s.nii m2/s.nii missing.nii c.nii --csv as.csv
ok 'as on the command line' cmp whole.csv as.csv
printf '\357\273\277bone.nii\r\n\r\nm1/s.nii\r\n./m1//s.nii\r\nc.nii\nbone.nii' >crlf.txt
ok 'mark, CR, empty lines, no end' detect 0 --list crlf.txt --csv
ok 'each once' same "$(names out)" 'bone s c'
ok 'what is there twice is told' has err 'note: crlf.txt: line 4 names the input of line 3 again'
ok 'by every line' eval 'has err "line 6 names the input of line 1 again" && lines err 2'
ok 'through a pipe' sh -c "printf 'c.nii\n' | '$gppi' detect --weights weights --csv --list - >out && grep -q ^c, out"
printf 'name,path,voxel_um\n"Knee ""7""",bone.nii,20\n,c.nii,\n' >table.csv
ok 'a table' detect 0 --list table.csv --json -o table.json
ok 'its names and sizes' python3 - <<-'PY'
	import json
	a, b = [json.loads(line) for line in open("table.json")]
	assert a["name"] == "Knee _7_" and a["spacing_um"] == [20, 20, 20] and a["spacing_known"] == "given", a
	assert b["name"] == "c" and b["spacing_known"] == "read", b
PY
printf 'path;name\nseries7;left\nm1/;\n' >folders.csv
ok 'folders' detect 1 --list folders.csv --csv
ok 'are named after themselves' same "$(names out)" 'left m1'

list_fails() { detect 1 --list bad.txt && one_sentence "$1"; }
refused() { ok "$1" list_fails "$2"; }
refused 'no such list' 'bad.txt: cannot be opened'
: >bad.txt
refused 'an empty one' 'bad.txt: names no input'
printf 'a.nii\0b.nii\n' >bad.txt
refused 'bytes of 0' 'holds zero bytes'
printf 'a.nii\nb\rc.nii\n' >bad.txt
refused 'a control character' 'line 2 holds a control character (13)'
printf 'a.nii\n-\n' >bad.txt
refused 'standard input in it' 'line 2 is "-"'
python3 -c 'print("a" * 1001)' >bad.txt
refused 'a path too long' 'line 1 is longer'
printf 'path,voxel_um\nbone.nii,0.01\n' >bad.txt
refused 'a voxel size' 'line 2: voxel_um is a number'
printf 'path,bytes\nbone.nii,1.5\n' >bad.txt
refused 'bytes' 'line 2: bytes is a whole number'
printf 'path,name\na.nii,x\nb.nii,X\n' >bad.txt
refused 'one name for two' 'line 3 gives another input the name of line 2'
printf 'path,name\na.nii,x\n./a.nii,y\n' >bad.txt
refused 'two names for one' 'line 3 names the input of line 2 again, with another name'
printf 'path,name\n"a.nii,x\n' >bad.txt
refused 'an open quote' 'never closed'
truncate -s 65M bad.txt
refused 'a large one' 'larger than 64 MB'
rm bad.txt
ok 'a pipe without end' sh -c "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | '$gppi' list - >out 2>err; \
grep -q 'larger than 64 MB' err"

# ---- shards: 1,000 files of sizes 1 to 50, which only have a size ----
mkdir many
python3 - <<-'PY'
	import os
	for i in range(1000):
	    with open("many/%04d.nii" % (i * 617 % 1000), "wb") as f: os.ftruncate(f.fileno(), (1 + i % 50) << 20)
PY
find many -name '*.nii' | sort -r >many.txt
ok 'a list with shards' run 0 list many.txt --shards 20 -o many.csv
ok 'the longest is at most 1.2 times the mean' python3 - <<-'PY'
	import csv, os
	rows, sums = list(csv.DictReader(open("many.csv"))), {}
	for r in rows:
	    assert int(r["bytes"]) == os.path.getsize(r["path"])
	    sums[int(r["shard"])] = sums.get(int(r["shard"]), 0) + int(r["bytes"])
	assert len(rows) == 1000 and sorted(sums) == list(range(1, 21)), sorted(sums)
	assert max(sums.values()) <= 1.2 * sum(sums.values()) / 20, sums
PY
rm -r many
ok 'with sizes in the list files may be away' run 0 list many.csv --shards 20 -o again.csv
ok 'the same shards' cmp many.csv again.csv
for i in 1 2 3; do
	"$gppi" detect --weights weights --list list.txt --shard $i/3 --csv part$i.csv >/dev/null 2>&1
	names part$i.csv
done >parts
ok 'every input in one shard' same "$(xargs -n1 <parts | sort | xargs)" 'bone c m1_s m2_s missing'
run 0 list list.txt --shards 3
ok 'the one that the list says' python3 - <<-'PY'
	import csv
	for r in csv.DictReader(open("out")):
	    inputs = [x["Input"] for x in csv.DictReader(open("part%s.csv" % r["shard"]))]
	    assert r["path"] in inputs, (r, inputs)
PY
ok 'more shards than inputs' detect 0 --list list.txt --shard 9/9 --csv none.csv
ok 'leave a head' lines none.csv 1
printf 'missing.nii\n' >bad.txt
ok 'where all failed' detect 1 --list bad.txt --csv failed.csv
ok 'the sentence is kept' has failed.csv '^missing,.*,failed,missing.nii: cannot be opened'

# ---- put together ----
ok 'merged' run 1 merge --list list.txt --failed again.csv -o merged.csv none.csv part3.csv part1.csv part2.csv
ok 'the same as one run' cmp merged.csv whole.csv
ok 'failures are told' has err '1 of 5 rows failed'
ok 'and listed' eval 'lines again.csv 2 && has again.csv "missing.nii.*cannot be opened"'
cp bone.nii missing.nii
ok 'what failed runs again' detect 0 --list again.csv --csv second.csv
ok 'a plane counts before a failure' run 0 merge --list list.txt --failed again.csv -o merged.csv second.csv part1.csv \
	part2.csv part3.csv
ok 'none failed' eval 'lines again.csv 1 && has merged.csv "^missing,1.*ok,$" && lines merged.csv 6'
rm missing.nii
ok 'one part is not there' run 1 merge --list list.txt --failed again.csv -o merged.csv part2.csv part3.csv second.csv
missing=$(sed 1d part1.csv | grep -vc '^missing')
ok 'its inputs are told' same "$(grep -c 'is in no table; run it again' err)" "$missing"
ok 'and listed as missing' same "$(grep -c 'missing"$' again.csv)" "$missing"
ok 'twice' run 0 merge second.csv second.csv
ok 'is taken once and told' eval 'lines out 2 &&' \
	'has err "note: missing (missing.nii) is in second.csv and in second.csv"'
sed 's/^\(missing,[0-9]*,\)[0-9.]*/\1100.00/' second.csv >other.csv
ok 'two planes' run 1 merge second.csv other.csv
ok 'the later one counts' eval 'lines out 2 && has out "^missing,[0-9]*,100.00" && has err "with another plane"'
sed 's/missing.nii/elsewhere.nii/' second.csv >other.csv
ok 'one name for two' run 0 merge second.csv other.csv
ok 'is told' eval 'lines out 3 && has err "is the name of two bones"'
printf 'bone.nii\n' >bad.txt
ok 'what is not in the list' run 1 merge --list bad.txt second.csv
ok 'is kept and told' eval 'lines out 2 && has err "1 row is of inputs that are not in the list"'
sed 's/,Status,/,State,/' second.csv >other.csv
ok 'other columns' eval 'run 1 merge second.csv other.csv &&' \
	'one_sentence "other.csv: is no table of this version" && [ ! -s out ]'
head -c 700 whole.csv >other.csv
ok 'a cut table' eval 'run 1 merge other.csv && one_sentence "other.csv: is cut short" && [ ! -s out ]'
ok 'CSV and JSON' eval 'run 1 merge second.csv table.json && one_sentence "table.json: is JSON"'
sed 's/"version": *"[^"]*"/"version": "0.0.1"/' table.json >other.json
ok 'another version' eval 'run 1 merge table.json other.json &&' \
	'one_sentence "other.json: its row 1 is of another version"'
ok 'JSON' run 0 merge table.json
ok 'is copied' cmp out table.json
ok 'no such table' eval 'run 1 merge nothing.csv && one_sentence nothing.csv'

# ---- a shard that was broken off goes on ----
head -n 3 whole.csv >run.csv.part
printf 'm2_s,1' >>run.csv.part
ok 'resumed' detect 1 --list list.txt --csv run.csv --resume
ok 'the same table' cmp run.csv whole.csv

# ---- from a pipe ----
pipe() { want=$1 in=$2; shift 2; "$gppi" detect --weights weights "$@" - <"$in" >out 2>err; [ $? -eq "$want" ]; }
piped() { want=$1 in=$2; shift 2; cat "$in" | "$gppi" detect --weights weights "$@" - >out 2>err; [ $? -eq "$want" ]; }
# the same row but for the input, which is no file
as_file() { sed "s/,$2,/,stdin,/" "$1" | cmp - out; }
mkdir tmp
export TMPDIR="$dir/tmp"
detect 0 bone.nii --csv file.csv
ok 'NIfTI' piped 0 bone.nii --name bone --csv
ok 'the same row' as_file file.csv bone.nii
ok 'without a name' piped 0 bone.nii --csv
ok 'is stdin' same "$(names out)" stdin
ok 'from a file' eval 'pipe 0 bone.nii --name bone --csv && as_file file.csv bone.nii'
gzip -c bone.nii >bone.nii.gz
detect 0 bone.nii.gz --csv packed.csv
ok 'gzip' eval 'piped 0 bone.nii.gz --name bone --csv && as_file packed.csv bone.nii.gz'
python3 - <<-'PY'
	import struct
	raw = open("bone.nii", "rb").read()
	nx, ny, nz = struct.unpack("<3h", raw[42:48])
	head = bytearray(512)
	head[0:16] = b"CTDATA-HEADER_V1"
	struct.pack_into("<5i", head, 16, 3, 0, 0, 0, 0)
	struct.pack_into("<3i", head, 44, nx, ny, nz)
	struct.pack_into("<3i", head, 56, nx * 40, ny * 40, nz * 10)
	open("bone.isq", "wb").write(head + raw[352:])
PY
detect 0 bone.isq --csv isq.csv
ok 'ISQ' eval 'piped 0 bone.isq --name bone --csv && as_file isq.csv bone.isq'
# a bone that has a plane, in slices that come in no order
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	rm -rf dicom
	"$phantom" make --seed $seed --size 64 --dicom dicom >/dev/null 2>&1
	run 0 detect dicom --csv series.csv && break
done
mixed=$(ls dicom | awk '{ print (NR * 7919) % 1009, $1 }' | sort -n | cut -d' ' -f2)
# shellcheck disable=SC2086
tar -C dicom -cf series.tar $mixed
series() { cat "$1" | "$gppi" detect --csv - >out 2>err && as_file series.csv dicom; }
ok 'tar of DICOM' series series.tar
tar --format=posix -czf series.tgz dicom
ok 'behind gzip, as pax' series series.tgz
ok 'more files than may be open' sh -c "ulimit -Sn 64; cat series.tar | '$gppi' detect --csv --name knee - >out 2>err"
ok 'with another name' same "$(names out)" knee
ok 'nothing is left behind' same "$(ls -A tmp)x" x
ok 'with others' eval 'piped 0 bone.nii --csv c.nii && same "$(names out)" "c stdin"'

pipe_says() { piped 1 bad && one_sentence "standard input: .*$1" && not has err /proc; }
pipe_fails() { ok "$1" pipe_says "$2"; }
: >bad
pipe_fails 'nothing' 'nothing came'
echo text >bad
pipe_fails 'no scan' 'no scan in a known format'
head -c 100000 bone.nii >bad
pipe_fails 'a cut file' 'too short'
head -c 100000 bone.nii.gz >bad
pipe_fails 'a cut gzip' 'too early'
head -c 100000 series.tar >bad
pipe_fails 'a cut archive' 'archive ends too early'
mkdir empty
tar -cf bad empty
pipe_fails 'no files' 'holds no files'
printf 'NRRD0004\n' >bad
pipe_fails 'a format of two files' 'may name others'
tar -cf bad list.txt whole.csv
pipe_fails 'no scan in it' 'no DICOM series'
python3 - <<-'PY'
	import io, tarfile
	def archive(path, change, data=b"x" * 700, **header):
	    info = tarfile.TarInfo("a.dcm")
	    info.size = len(data)
	    for key, value in header.items(): setattr(info, key, value)
	    raw = bytearray(info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512 + 1024))
	    change(raw)
	    raw[148:156] = b" " * 8
	    raw[148:156] = b"%06o\0 " % sum(raw[:512])
	    open(path, "wb").write(raw)
	def put(at, value): return lambda raw: raw.__setitem__(slice(at, at + len(value)), value)
	archive("sum", put(0, b"a"))
	raw = bytearray(open("sum", "rb").read()); raw[0] = 98; open("sum", "wb").write(raw)
	archive("negative", put(124, b"\xff" * 12))
	archive("enormous", put(124, b"\x80" + b"\xff" * 11))
	archive("large", put(124, b"\x80\0\0\0\0\0\x02" + b"\0" * 5))
	archive("letters", put(124, b"12z4567 \0\0\0\0"))
	archive("sparse", put(156, b"S"))
	archive("divided", put(156, b"M"))
	for name, record in [("pax_sparse", b"22 GNU.sparse.major=1\n"), ("pax_length", b"99 path=x\n"),
	                     ("pax_size", b"11 size=-1\n"), ("pax_short", b"3 \n")]:
	    archive(name, put(156, b"x"), data=record)
	archive("pax_long", lambda raw: (put(156, b"x")(raw), put(124, b"00001000000\0")(raw)))
	with tarfile.open("outside", "w") as t:
	    for n in ["../../../../tmp/gppi-pwned", "/tmp/gppi-pwned2"]:
	        info = tarfile.TarInfo(n); info.size = 4; t.addfile(info, io.BytesIO(b"evil"))
	    link = tarfile.TarInfo("link"); link.type = tarfile.SYMTYPE; link.linkname = "/etc/passwd"; t.addfile(link)
	raw = open("series.tar", "rb").read()
	open("twice_damaged", "wb").write(raw[:512 * 3] + b"\1" * 512 + raw[512 * 3:])
PY
hostile() { mv "$1" bad; pipe_fails "archive $1" "$2"; }
hostile sum 'known format'
for kind in negative letters enormous; do hostile $kind 'damaged (the size of a file)'; done
hostile large 'more comes than'
hostile sparse 'sparse file'
hostile divided 'divided file'
hostile pax_sparse 'sparse file'
for kind in pax_length pax_size pax_short; do hostile $kind 'damaged (a pax header'; done
hostile pax_long 'header of too many bytes'
hostile outside 'no DICOM series'
ok 'no file is made' sh -c '! ls /tmp/gppi-pwned* 2>/dev/null'
{ python3 -c '
import sys, tarfile
info = tarfile.TarInfo("a.dcm"); info.size = 300 << 20
sys.stdout.buffer.write(info.tobuf())'; head -c 314572800 /dev/zero; } | gzip -9 >bad
pipe_fails 'an archive that is nearly nothing but zeros' 'more comes than'

finish
