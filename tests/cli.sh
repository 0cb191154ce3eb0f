#!/bin/sh
# The program from outside: usage, outputs, bad inputs, evaluation, and a whole synthetic scan.
#   GPPI=build/gppi PHANTOM=build/phantom FIXTURE=build/tests/cli_fixture tests/cli.sh
. "$(dirname "$0")/cli_setup.sh"
phantom=$(absolute "${PHANTOM:-build/phantom}")
enter

lines() { [ "$(wc -l <"$1")" -eq "$2" ]; }
detect() { want=$1; shift; run "$want" detect --weights weights "$@"; }

# check PYTHON: on the JSON Lines in out, as list j
check() {
	python3 - "$1" <<-'PY'
	import json, sys
	j = [json.loads(line) for line in open("out")]
	assert eval(sys.argv[1]), (sys.argv[1], j)
	PY
}

# one_sentence FILE: err is one line that names FILE
one_sentence() { lines err 1 && has err "^gppi: .*$1.*[a-z]"; }
# usage error: nothing on out, one sentence with a hint
usage() { run 2 "$@" && [ ! -s out ] && lines err 1 && has err 'see .gppi.*--help'; }

# ---- usage ----
ok 'no command' usage
ok 'unknown command' usage frobnicate
ok 'unknown option of gppi' usage --frobnicate
ok 'detect without input' usage detect
ok 'unknown long option' usage detect --frobnicate bone.nii
ok 'it is named' has err '--frobnicate'
ok 'unknown short option' usage detect -z bone.nii
ok 'value missing' usage detect bone.nii --model
ok 'value not wanted' usage detect --quiet=2 bone.nii
ok 'bad model' usage detect --model mh bone.nii
ok 'bad engine' usage detect --engine fp16 bone.nii
for threads in 0 -1 65 2x '' 99999999999999999999; do
	ok "threads '$threads'" usage detect --threads "$threads" bone.nii
done
for voxel in 0 -3 nan inf 10um '' 1e9; do
	ok "voxel-um '$voxel'" usage detect --voxel-um "$voxel" bone.nii
done
ok 'bad cpu' usage detect --cpu sse bone.nii
ok 'the choice is named' has err 'scalar, neon, neondot, avx2, avxvnni, avx512vnni'
ok 'bad cpu of bench' usage bench --cpu sse
ok 'bench with input' usage bench bone.nii
ok 'bench of no slices' usage bench --slices 0
ok 'bench threads alone' usage bench --threads 2
ok 'bench of slices and a scan' usage bench --slices 3 --scan bone.nii
for command in 'detect bone.nii' 'longaxis view.png' 'info bone.nii' models 'eval --truth a.csv b.csv' bench; do
	export GPPI_CPU=sse
	# shellcheck disable=SC2086
	ok "bad GPPI_CPU of ${command%% *}" usage $command
	ok 'it is named' has err 'GPPI_CPU.*sse.*choose from.*see '
	unset GPPI_CPU
done
ok 'two formats' usage detect --json --csv bone.nii
ok 'quiet and verbose' usage detect -q -v bone.nii
ok 'eval without truth' usage eval a.csv
ok 'eval without predictions' usage eval --truth a.csv
ok 'eval with two files' usage eval --truth a.csv b.csv c.csv
ok 'info without input' usage info
ok 'models with input' usage models bone.nii
ok 'help of no command' usage help frobnicate
for command in '' detect split eval info models; do
	# shellcheck disable=SC2086
	ok "gppi $command --help" run 0 $command --help
	ok "it says usage" has out '^Usage: gppi'
	# shellcheck disable=SC2086
	ok "gppi $command --version" run 0 $command --version
	ok "it is a version" has out '^gppi [0-9]*\.[0-9]*\.[0-9]*$'
done
ok 'gppi help detect' run 0 help detect
ok 'help lists options' has out '--voxel-um'
ok 'help on a full disk fails' sh -c "! '$gppi' --help >/dev/full 2>err"

# ---- outputs ----
ok 'text' detect 0 bone.nii
ok 'one line' lines out 1
ok 'name, GPPI, mm, confidence, VOI, verdict' has out '^bone  *1[0-9][0-9]  *1\.[0-9]* mm  *[01]\.[0-9]*  VOI [0-9]*-[0-9]*  ok$'
ok 'nothing else' [ ! -s err ]
ok 'progress on request' detect 0 --progress bone.nii
ok 'it counts' has err '100 %'
ok 'verbose' detect 0 -v bone.nii
ok 'verbose names the engine' has err 'engine  *int8'
ok 'json' detect 0 --json bone.nii
cp out bone.json
ok 'json fields' check 'list(j[0]) == ["name", "input", "format", "gppi", "gppi_exact", "gppi_mm", "spacing_um", "spacing_known", "shaft_first", "voi", "models", "confidence", "review", "engine", "isa", "weights", "version", "seconds", "holder", "status", "trained_on", "identity", "second_opinion"]'
ok 'json values' check 'j[0]["name"] == "bone" and j[0]["spacing_um"] == [40, 40, 10] and j[0]["spacing_known"] == "read" and j[0]["voi"] == {"first": j[0]["gppi"] + 30, "last": j[0]["gppi"] + 129, "asked": "300um,1000um,shaft", "inside": 1} and abs(j[0]["gppi_mm"] - j[0]["gppi"] / 100) < 1e-6 and j[0]["review"] == [] and len(j[0]["weights"]) == 5 and len(j[0]["models"]["sv"]["folds"]) == 1 and abs(j[0]["models"]["longaxis"]["plane"] - j[0]["gppi"]) <= 1 and 0 <= j[0]["models"]["longaxis"]["none"] < 0.1 and list(j[0]["seconds"]) == ["open", "locate", "longaxis", "sv", "regress", "cw", "total"]'
ok 'json fp32, cw' detect 0 --json --engine fp32 --model cw --threads 1 bone.nii
ok 'only cw' check 'j[0]["models"]["sv"] is None and j[0]["models"]["longaxis"] is None and j[0]["models"]["cw"]["plane"] > 0 and j[0]["engine"] == "fp32" and [w["name"] for w in j[0]["weights"]] == ["cw-classifier"]'
ok 'json longaxis' detect 0 --json --model longaxis bone.nii
ok 'only longaxis' check 'j[0]["models"]["sv"] is None and j[0]["models"]["cw"] is None and j[0]["models"]["longaxis"]["plane"] > 0 and [w["name"] for w in j[0]["weights"]] == ["longaxis", "longaxis-rows"]'
cp bone.nii 'a,b.nii'
ok 'csv to a file' detect 0 --csv -o planes.csv bone.nii 'a,b.nii'
ok 'nothing on standard output' [ ! -s out ]
ok 'csv columns' has planes.csv '^Image Name,Growth Plate Index,'
ok 'csv rows' has planes.csv '^bone,1[0-9][0-9],'
ok 'csv quotes' has planes.csv '^"a,b",1[0-9][0-9],'
ok 'csv length' lines planes.csv 3
ok 'mode of a new file' [ "$(stat -c %a planes.csv)" = "$(printf '%o' $((0666 & ~$(umask))))" ]
ok 'odd names' sh -c "cp bone.nii \"\$(printf 'o\\033d\\377d.nii')\""
ok 'odd name, text' detect 0 "$(printf 'o\033d\377d.nii')"
ok 'no escape codes' sh -c "! grep -q \"\$(printf '\\033')\" out"
ok 'odd name, json' detect 0 --json "$(printf 'o\033d\377d.nii')"
ok 'still JSON' check 'len(j) == 1'
# names that would act on a terminal, or in a spreadsheet
odd=$(printf 'c1\302\2332J rtl \342\200\256gnp \033]0;t\007')
cp bone.nii "$odd.nii"
harmless() { ! LC_ALL=C grep -q "$(printf '\033\|\007\|\302\233\|\342\200\256\|\233')" out err; }
for command in detect 'detect --csv' 'detect --json' 'detect -v' 'split -o parts'; do
	# shellcheck disable=SC2086
	ok "odd name, $command" sh -c "'$gppi' $command \"\$1\" >out 2>err; test \$? -lt 2" sh "$odd.nii"
	ok 'nothing acts' harmless
done
ok 'odd name, info' run 0 info "$odd.nii"
ok 'nothing acts' harmless
ok 'odd name, missing' run 1 info "$odd"
ok 'nothing acts' harmless
printf 'Image Name,Growth Plate Index\n%s,1\n' "$odd" >odd.csv
for form in '' --csv --json; do
	# shellcheck disable=SC2086
	ok "odd name, eval $form" run 0 eval $form --truth odd.csv odd.csv
	ok 'nothing acts' harmless
done
rm -rf "$odd.nii" parts
for name in '=1+1' '+1+1' '-1+2' '@SUM(1)'; do
	cp bone.nii "./$name.nii"
	ok "formula $name" detect 0 --csv -- "$name.nii"
	ok 'is text' has out "^'$name,1[0-9][0-9],"
	printf 'Image Name,Growth Plate Index\n%s.nii,100\n' "$name" >odd.csv
	cp out odd-found.csv
	ok 'eval knows it' run 0 eval --csv --truth odd.csv odd-found.csv
	ok 'and writes text' has out "^'$name,100,1[0-9][0-9],"
	rm "./$name.nii"
done

ok 'dash is standard output' detect 0 --csv -o - bone.nii
ok 'it holds the table' lines out 2
ok 'full disk is noticed' sh -c "! '$gppi' detect --weights weights bone.nii >/dev/full 2>err && grep -q 'standard output' err"
ok 'and why' has err 'No space left on device'
for sizes in '1 split bone.nii -o parts' '1 detect --weights weights --report full.html bone.nii' '1 detect --weights weights --qc parts bone.nii'; do
	# shellcheck disable=SC2086
	ok "too large: $sizes" sh -c "ulimit -f 8; shift; '$gppi' \"\$@\" >out 2>err; test \$? = 1" sh $sizes
	ok 'why is told' has err 'could not be written: File too large'
	ok 'nothing stays' [ -z "$(find . -name '*.??????' -size +1)$(find . -name full.html)" ]
done
rm -rf parts
ok 'no place to write' detect 1 --csv -o missing/planes.csv bone.nii
ok 'it is named' one_sentence missing/planes.csv
ok 'devices stay' detect 1 --csv -o /dev/null bone.nii
ok 'still a device' [ -c /dev/null ]
ln -s planes.csv link.csv
ok 'through a link' detect 0 --csv -o link.csv bone.nii
ok 'the link stays' [ -L link.csv ]
ok 'its target is new' lines planes.csv 2
ok 'qc' detect 0 --qc pictures bone.nii 'a,b.nii' bone.nii
for picture in bone.jpg a,b.jpg bone-2.jpg; do
	ok "picture $picture is a JPEG" [ "$(head -c 2 pictures/$picture | od -An -tx1)" = ' ff d8' ]
done
ok 'qc into a file' detect 1 --qc bone.nii bone.nii
ok 'it is named' one_sentence bone.nii

# ---- the volume of interest ----
for voi in '' 300um 300,1000 300um,0um 300um,-5sl 300um,1000km 300um,1000um,hip 1um,2um,shaft,3um nan,1um 0x10um,1um \
	200000um,1mm 2%,101% cortical; do
	ok "voi '$voi'" usage detect --voi "$voi" bone.nii
	ok "voi '$voi' is explained" has err 'VOI\|empty'
done
ok 'report on standard output' usage detect --report - bone.nii
ok 'report over the results' usage detect --report a.html -o a.html bone.nii
ok 'voi towards the knee' detect 0 --json --voi 20sl,50sl,epiphysis bone.nii
ok 'voi, slices' check 'j[0]["voi"] == {"first": j[0]["gppi"] - 69, "last": j[0]["gppi"] - 20, "asked": "20sl,50sl,epiphysis", "inside": 1}'
ok 'voi in percent' detect 0 --json --voi 2%,10% bone.nii
ok 'voi, percent of the bone' check '35 <= j[0]["voi"]["last"] - j[0]["voi"]["first"] + 1 <= 40 and 7 <= j[0]["voi"]["first"] - j[0]["gppi"] <= 8'
ok 'voi by name' detect 0 --csv --voi spongiosa bone.nii
ok 'voi in the table' has out ',"0um,300um,shaft",1.000,'
ok 'voi too long' detect 0 --voi 1mm,4mm bone.nii
ok 'voi is cut' has out 'VOI 2[0-9]*-399 (cut)  REVIEW .*only [0-9]* % of the VOI lies in the scan: scan more of the shaft'
ok 'voi outside' detect 0 --voi 5mm,1mm,knee bone.nii
ok 'voi is nowhere' has out 'VOI -  *REVIEW .*the VOI lies outside the scan: scan more of the knee end'

# ---- the study page ----
cp bone.nii 'x<b>.nii'
ok 'page' detect 1 --report page.html bone.nii 'x<b>.nii' missing.nii bone.nii
ok 'a page of four' [ "$(grep -c '^<script type="application/json" class="bone">' page.html)" = 4 ]
ok 'three with pictures' [ "$(grep -c '^<script type="application/json" class="pictures">' page.html)" = 3 ]
ok 'no name is markup' sh -c "! grep -q 'x<b>' page.html"
ok 'the failed one is told' has page.html 'missing.nii: cannot be opened'
ok 'nothing from elsewhere' sh -c "! grep -q 'https\?://[^w]\|@import\|url(' page.html"
ok 'at most 250 kB a bone' [ "$(wc -c <page.html)" -lt 850000 ]
ok 'page of a failure only' detect 1 --report failed.html missing.nii
ok 'is written' [ -s failed.html ]
ok 'no place for a page' detect 1 --report missing/page.html bone.nii
ok 'it is named' one_sentence missing/page.html
ok 'no temporary page stays' [ -z "$(find . -name 'page.html.*')" ]

# ---- several inputs, one failing ----
ok 'the others are reported' detect 1 --json bone.nii missing.nii 'a,b.nii'
ok 'one sentence' one_sentence missing.nii
ok 'three lines' check '[x["name"] for x in j] == ["bone", "missing", "a,b"] and [x["status"] for x in j] == ["ok", "failed", "ok"] and "missing.nii" in j[1]["error"] and j[1]["gppi"] is None and j[1]["input"] == "missing.nii"'
ok 'csv' detect 1 --csv -o some.csv missing.nii bone.nii
ok 'csv has both' lines some.csv 3
ok 'the failed one with its sentence' has some.csv '^missing,,*missing.nii,,*failed,missing.nii: cannot be opened: No such file or directory$'
ok 'the good one with its status' has some.csv '^bone,1[0-9][0-9],.*,ok,$'
ok 'text, CSV and JSON in one pass' detect 1 --csv all.csv --json all.json missing.nii bone.nii
ok 'text is printed' eval 'lines out 1 && has out "^bone .*ok$"'
cp all.json out
ok 'CSV and JSON' eval 'cmp some.csv all.csv && check "[x[\"name\"] for x in j] == [\"missing\", \"bone\"]"'
ok 'the same with other names' detect 0 --csv=all --json=- bone.nii
ok 'JSON is printed' eval 'check "len(j) == 1" && lines all 2'
ok 'one file for two' usage detect --csv=x.csv --json=x.csv bone.nii
ok 'one file for both' usage detect --csv x.csv --report x.csv bone.nii
rm -f all all.csv all.json

# ---- a run that is broken off goes on ----
cat >broken.py <<-'PY'
	import signal, subprocess, sys, time
	name, rows, args = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
	p = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=open("err", "w"))
	def count():
	    try: return open(name + ".part").read().count("\n")
	    except OSError: return 0
	while p.poll() is None and count() < rows: time.sleep(0.001)
	p.send_signal(signal.SIGINT)
	assert p.wait(30) == -2, p.returncode
PY
inputs=
for i in 1 2 3 4 5 6 7 8 9; do cp bone.nii run$i.nii; inputs="$inputs run$i.nii"; done
echo old >run.csv
# shellcheck disable=SC2086
ok 'broken off' python3 broken.py run.csv 4 "$gppi" detect --weights weights --csv run.csv --json run.json $inputs
ok 'what is kept is said' has err '^gppi: stopped; [3-9] rows so far are kept in run.csv.part; the same command with --resume goes on$'
ok 'also of the other' has err 'kept in run.json.part'
ok 'the old table stays' has run.csv '^old$'
ok 'rows so far' has run.csv.part '^run3,1'
# ended within a row, and behind the last one the other table has
printf 'run8,1' >>run.csv.part
sed -i '$d' run.json.part
rm run1.nii
# shellcheck disable=SC2086
ok 'goes on' detect 0 --csv run.csv --json run.json --resume $inputs
ok 'every row once, in order' same "$(cut -d, -f1 run.csv | xargs)" 'Image Name run1 run2 run3 run4 run5 run6 run7 run8 run9'
cp run.json out
ok 'in both' check '[x["name"] for x in j] == ["run%d" % i for i in range(1, 10)]'
ok 'what is there is not done again' [ "$(wc -l <err)" = 0 ]
ok 'nothing is left' [ ! -e run.csv.part -a ! -e run.json.part ]
# failed ones are tried again, and the names of an earlier run are taken
cp run.csv run.csv.part
ok 'with a failure' sh -c "sed -i '2s/.*/run1,,,,,,,,,,,,,,,run1.nii,,,,,,,,,,,,,,,failed,why/' run.csv.part"
cp bone.nii run1.nii
mkdir other
cp bone.nii other/run2.nii
# shellcheck disable=SC2086
ok 'goes on once more' detect 0 --csv run.csv --resume $inputs other/run2.nii
ok 'the failed one is there now' has run.csv '^run1,1'
ok 'none was lost' lines run.csv 11
ok 'none twice' same "$(cut -d, -f1 run.csv | sort | uniq -d)x" x
printf 'Name,Plane\nx,1\n' >run.csv.part
ok 'a table of another kind' detect 1 --csv run.csv --resume bone.nii
ok 'is left alone' eval 'one_sentence run.csv.part && has run.csv.part "^x,1$"'
ok 'begun anew' detect 0 --csv run.csv bone.nii
ok 'is said' has err 'note: run.csv.part of an earlier run is begun anew'
ok 'resume without a table' usage detect --resume bone.nii
ok 'resume of text' usage detect --resume -o x bone.nii
ok 'resume of a page' usage detect --resume --csv run.csv --report x.html bone.nii
ok 'and what to do' has err 'finish the table first, then write the page in a run without --resume'
# pictures that the earlier run was not asked for, or that are gone, are written
cp run2.nii run3.nii
ok 'a table without pictures' detect 0 --csv run.csv run1.nii run2.nii run3.nii
cp run.csv run.csv.part
mkdir looks
echo kept >looks/run1.jpg
ok 'goes on with pictures' detect 0 --csv run.csv --qc looks --resume run1.nii run2.nii run3.nii
ok 'those missing are there' [ -s looks/run2.jpg -a -s looks/run3.jpg ]
ok 'others are left' has looks/run1.jpg kept
ok 'every row once' same "$(cut -d, -f1 run.csv | sort | xargs)" 'Image Name run1 run2 run3'
rm -rf looks
rm -rf run* other

# ---- names ----
mkdir -p m1/a m2/a m3
cp bone.nii m1/a/femur.nii
cp bone.nii m2/a/femur.nii
cp bone.nii m3/femur.nii
ok 'one name in three folders' detect 0 --csv --qc pics --report names.html --slicer marks m1/a/femur.nii m2/a/femur.nii m3/femur.nii
cp out three.csv
ok 'three names' same "$(cut -d, -f1 out | xargs)" 'Image Name m1_a_femur m2_a_femur m3_femur'
ok 'three pictures' same "$(ls pics | xargs)" 'm1_a_femur.jpg m2_a_femur.jpg m3_femur.jpg'
ok 'three markups' same "$(ls marks | xargs)" 'm1_a_femur.mrk.json m2_a_femur.mrk.json m3_femur.mrk.json'
ok 'three on the page' same "$(grep -o '"name":"[^"]*femur"' names.html | xargs)" 'name:m1_a_femur name:m2_a_femur name:m3_femur'
ok 'eval takes the table' run 0 eval --truth three.csv three.csv
mkdir all
mv m1/a all/m1
mv m2/a all/m2
mv m3 all
ok 'in one folder' detect 0 --json all
ok 'named by theirs' check '{x["name"] for x in j} == {"m1_femur", "m2_femur", "m3_femur"}'
ok 'the same file twice, and what a number would give' sh -c "cp bone.nii bone-2.nii; '$gppi' detect --weights weights --json bone.nii bone.nii bone-2.nii >out 2>err"
ok 'are three names' check 'len({x["name"] for x in j}) == 3'
ok 'names of failures' detect 1 --json nowhere/femur.nii all/m3/femur.nii
ok 'too' check '[x["name"] for x in j] == ["nowhere_femur", "m3_femur"]'
ok 'parts of scans too' run 0 split --json all bone.nii -o parts
ok 'have names of their own' check 'len({x["name"] for x in j}) == len({x["file"] for x in j}) == len(j)'
rm -rf all m1 m2 pics marks parts bone-2.nii names.html three.csv

# ---- bad inputs ----
: >empty.nii
head -c 100000 bone.nii >cut.nii
head -c 200 bone.nii >cut-header.nii
gzip -c bone.nii | head -c 50000 >cut.nii.gz
echo 'This is a letter about a bone, long enough to hold no header of any scan.' >letter.txt
cp letter.txt letter.nii
cp letter.txt letter.dcm
mkdir folder empty-folder
cp letter.txt folder/
echo old >kept.csv
for bad in empty.nii cut.nii cut-header.nii cut.nii.gz letter.txt letter.nii letter.dcm folder \
	empty-folder huge.nii nan.nii one-slice.nii air.nii tube.nii missing.nii; do
	ok "$bad is refused" detect 1 --csv -o kept.csv -q "$bad"
	ok "$bad is named" sh -c "head -n 1 err | grep -q '^gppi: .*$bad.*[a-z]'"
	ok "$bad: a sentence, and that nothing was written" lines err 2
	ok "$bad leaves the old file" has kept.csv '^old$'
	ok "$bad leaves no temporary file" [ -z "$(find . -name 'kept.csv.*')" ]
	ok "$bad with json" detect 1 --json "$bad"
	ok "$bad: valid JSON without a plane" check 'len(j) == 1 and j[0]["gppi"] is None'
	[ "$bad" = tube.nii ] || [ "$bad" = air.nii ] || {
		ok "$bad with info" run 1 info "$bad"
		ok "$bad is named by info" one_sentence "$bad"
	}
done
ok 'a shaft wants review' detect 1 tube.nii
ok 'and says so' has out 'REVIEW'
ok 'weights missing' run 1 detect --weights folder bone.nii
ok 'weights are named' one_sentence folder
mkdir bad-weights
head -c 300 weights/a.gppiw >bad-weights/a.gppiw
ok 'weights cut' run 1 models --weights bad-weights
ok 'the file is named' one_sentence a.gppiw

# ---- holders: four bones in one scan, one of them upside down ----
cat >holder.py <<-'PY'
	import struct
	bone = open("bone.nii", "rb").read()
	n, nz = 96, 400
	slices = [bone[352 + z * 2 * n * n:352 + (z + 1) * 2 * n * n] for z in range(nz)]
	def rows(slice):
	    return [slice[2 * n * y:2 * n * (y + 1)] for y in range(n)]
	bones = [slices, slices[:1] * 25 + slices[:-25], slices[::-1],
	         [b"".join(rows(s)[::-1]) for s in slices[10:] + slices[-1:] * 10]]
	for i, b in enumerate(bones):
	    open("alone_%d.nii" % (i + 1), "wb").write(bone[:352] + b"".join(b))
	head = bone[:42] + struct.pack("=hh", 2 * n, 2 * n) + bone[46:352]
	with open("holder.nii", "wb") as out:
	    out.write(head)
	    for z in range(nz):
	        for a, b in ((0, 1), (2, 3)):
	            for left, right in zip(rows(bones[a][z]), rows(bones[b][z])):
	                out.write(left + right)
PY
ok 'a holder' python3 holder.py
ok 'its bones alone' detect 0 --json alone_1.nii alone_2.nii alone_3.nii alone_4.nii
alone=$(python3 -c 'import json; print([json.loads(l)["gppi"] for l in open("out")])')
ok 'all together' detect 0 --json holder.nii
ok 'named in order' check '[x["name"] for x in j] == ["holder_1", "holder_2", "holder_3", "holder_4"] and [x["input"] for x in j] == ["holder.nii"] * 4'
ok "planes as alone: $alone" check "all(abs(x['gppi'] - a) <= 1 for x, a in zip(j, $alone))"
ok 'numbers and offsets' check '[x["holder"]["bone"] for x in j] == [1, 2, 3, 4] and all(x["holder"]["bones"] == 4 and x["holder"]["offset"][2] == 0 and (x["holder"]["offset"][0] >= 96) == (x["holder"]["bone"] % 2 == 0) and (x["holder"]["offset"][1] >= 96) == (x["holder"]["bone"] > 2) for x in j)'
together=$(python3 -c 'import json; print([(r["gppi"], r["confidence"]) for r in map(json.loads, open("out"))])')
gzip -1 -k holder.nii
ok 'the same packed' detect 0 --json holder.nii.gz
ok 'the same planes' check "[(x['gppi'], x['confidence']) for x in j] == $together"
rm -f holder.nii.gz
ok 'one bone has no holder' detect 0 --json bone.nii
ok 'holder is null' check 'j[0]["holder"] is None'
ok 'as a table' detect 0 --csv --qc pictures holder.nii
ok 'a row each' lines out 5
ok 'a picture each' [ -s pictures/holder_4.jpg ]
ok 'taken for one bone' sh -c "'$gppi' detect --weights weights --bones 1 holder.nii >out 2>err; test \$? -lt 2"
ok 'gives one line' lines out 1
ok 'bad --bones' usage detect --bones 3 holder.nii
ok 'split' run 0 split --json holder.nii -o parts
ok 'tells where they lie' check 'len(j) == 4 and j[3]["file"] == "parts/holder_4.nii" and j[3]["offset"][0] >= 96 and j[3]["dims"][2] == 400 and j[0]["spacing_um"] == [40, 40, 10]'
ok 'they overlay the scan' python3 -c '
import json, struct
for r in map(json.loads, open("out")):
    h = open(r["file"], "rb").read(352)
    assert struct.unpack("=3h", h[42:48]) == tuple(r["dims"])
    rows = [struct.unpack("=4f", h[280 + 16 * i:296 + 16 * i]) for i in range(3)]
    assert [round(1000 * abs(rows[i][i]), 3) for i in range(3)] == r["spacing_um"], rows
    assert all(abs(rows[i][3] - r["offset"][i] * rows[i][i]) < 1e-4 for i in range(3)), (rows, r)'
ok 'detect the parts' detect 0 --json parts/holder_1.nii parts/holder_2.nii parts/holder_3.nii parts/holder_4.nii
ok 'the same answers' check "[(x['gppi'], x['confidence']) for x in j] == $together"
ok 'split a single bone' run 0 split bone.nii -o parts
ok 'a table by default' has out '^bone,1,1,0,0,0,96,96,400,40,40,10,read,parts/bone.nii,bone.nii$'
ok 'it is whole' python3 -c 'a, b = (open(f, "rb").read()[352:] for f in ("bone.nii", "parts/bone.nii")); assert a == b'
ok 'not over the scan itself' run 1 split bone.nii -o .
ok 'which is named' one_sentence bone.nii
ok 'split needs a folder' usage split holder.nii
ok 'split needs an input' usage split -o parts
ok 'bad margin' usage split --margin -1 holder.nii -o parts
rm -rf holder.nii alone_?.nii parts

# ---- a bone that lies ----
python3 - <<'END'
import array, struct
head = bytearray(open("bone.nii", "rb").read()[:352])
bone = array.array("h", open("bone.nii", "rb").read()[352:])
n, nz = 96, 400
def save(name, dims, zooms, rows):
    struct.pack_into("=3h", head, 42, *dims)
    struct.pack_into("=3f", head, 80, *zooms)
    with open(name, "wb") as f:
        f.write(head)
        for row in rows:
            f.write(row.tobytes())
save("standing.nii", (n, n, nz), (0.04, 0.04, 0.02), [bone])
save("along_x.nii", (nz, n, n), (0.02, 0.04, 0.04), (bone[y * n + x::n * n] for y in range(n) for x in range(n)))
save("along_y.nii", (n, nz, n), (0.04, 0.02, 0.04), (bone[z * n * n + x:(z + 1) * n * n:n] for x in range(n) for z in range(nz)))
END
# what is said of a bone, but for its name and the time
answer() { python3 -c 'import json; r = json.loads(open("out").readline()); print(r["gppi"], r["confidence"], r["voi"], r["review"], r["spacing_um"])'; }
ok 'the standing bone' detect 0 --json standing.nii
standing=$(answer)
for axis in x y; do
	ok "lies along $axis" detect 0 --json along_$axis.nii
	ok 'said first' check "j[0]['review'][0] == 'the bone lies along $axis, not along z: reslice it, or give --axis $axis' and j[0]['confidence'] < 0.1"
	ok 'slices along it' detect 0 --json --qc pictures --axis $axis along_$axis.nii
	ok 'are those of the standing bone' same "$standing" "$(answer)"
	ok 'which is told' check "j[0]['format'] == 'NIfTI-1, along $axis'"
	ok 'split reslices' run 0 split --axis $axis along_$axis.nii -o parts
	ok 'the standing voxels' python3 -c 'import sys; a, b = (open(f, "rb").read()[352:] for f in ("standing.nii", sys.argv[1])); assert a == b' parts/along_$axis.nii
done
ok 'bad --axis' usage detect --axis w bone.nii
ok 'bad --axis of split' usage split --axis 1 bone.nii -o parts
ok 'decimal comma' run 0 info --json --voxel-um 10,5 bone2.nii
ok 'is understood' check 'j[0]["spacing_um"] == [10.5, 10.5, 10.5] and j[0]["spacing_known"] == "given"'
rm -rf standing.nii along_?.nii parts

# ---- info and models ----
ok 'info' run 0 info bone.nii
ok 'info tells the size' has out '96 x 96 x 400'
ok 'info json' run 0 info --json bone.nii bone2.nii
ok 'info values' check '[x["spacing_known"] for x in j] == ["read", "assumed"] and j[0]["dims"] == [96, 96, 400] and j[0]["max"] > 1000'
ok 'info with a spacing' run 0 info --json --voxel-um 7.5 bone.nii
ok 'info given' check 'j[0]["spacing_known"] == "given" and j[0]["spacing_um"] == [7.5] * 3'
ok 'models' run 0 models --weights weights
ok 'models json' run 0 models --json --weights weights
ok 'models fields' check 'len(j) == 7 and all(len(x["hash"]) == 64 and x["params"] > 0 for x in j)'

# ---- eval: errors 0, -1, +4, +6; scores 1, 0.738883, 0.182422, 0.045500 ----
printf '\357\273\277"image name", Growth Plate INDEX ,Note\r\n"b,1.nii",100,x\r\nb2,200,"two\r\nlines"\r\nb3.NII.GZ,150,""\r\nb4,160\r\nb5,170,\r\n' >truth.csv
printf 'Growth Plate Index,Image Name\n154,b3\n100,"b,1"\n199,b2.nii\n166,b4\n12,b9\n\n,b5\n' >predicted.csv
ok 'eval' run 1 eval --truth truth.csv predicted.csv
ok 'missing bone' has err 'b5'
ok 'unknown bone' has err '1 prediction of bones that are not in the truth'
ok 'error' has out '^b3  *150  *154  *+4  *0\.182$'
ok 'perfect' has out '^b,1  *100  *100  *+0  *1\.000$'
ok 'MAE' has out '^MAE  *2\.75 planes$'
ok 'bias' has out '^bias  *+2\.25 planes$'
ok 'mean' has out '^mean score  *0\.492$'
ok 's.d.' has out '^s\.d\. of score  *0\.392$'
ok 'sum' has out '^sum of scores  *1\.97$'
ok 'within 1' has out '^within 1 plane  *50\.0 %$'
ok 'within 3' has out '^within 3 planes  *50\.0 %$'
ok 'within 5' has out '^within 5 planes  *75\.0 %$'
ok 'eval json' run 1 eval --json --truth truth.csv predicted.csv
ok 'eval fields' check 'j[0]["missing"] == ["b5"] and j[0]["mae"] == 2.75 and j[0]["matched"] == 4 and j[0]["n"] == 5 and j[0]["unknown"] == 1 and j[0]["within"] == {"1": 0.5, "3": 0.5, "5": 0.75} and abs(j[0]["score_sum"] - 1.966805) < 1e-5'
ok 'eval csv' run 1 eval --csv --truth truth.csv predicted.csv
ok 'eval rows' has out '^"b,1",100,100,0,1\.0000'
ok 'eval of itself' run 0 eval --truth truth.csv truth.csv
ok 'eval reads detect' run 1 eval --truth truth.csv planes.csv
printf 'Image Name,Growth Plate Index\nb1,abc\n' >bad.csv
ok 'not a number' run 1 eval --truth truth.csv bad.csv
ok 'line named' has err 'bad.csv: line 2'
printf 'Image Name,Growth Plate Index\nb1,1\nb1.nii,2\n' >bad.csv
ok 'twice' run 1 eval --truth truth.csv bad.csv
ok 'twice is said' has err 'twice'
printf 'Name,Index\nb1,1\n' >bad.csv
ok 'columns' run 1 eval --truth truth.csv bad.csv
ok 'column named' has err 'Image Name'
ok 'no file' run 1 eval --truth truth.csv nothing.csv
ok 'file named' one_sentence nothing.csv

# ---- a whole synthetic scan with the built-in networks ----
ok 'phantom' "$phantom" make --seed 500005 --condition typical --nifti femur.nii --dicom series --truth femur.csv >out 2>err
ok 'where the networks come from' run 0 --version
ok 'is said by --version' has out '^networks trained on synthetic bones$'
ok 'and in JSON' run 0 detect --json --qc from --report from.html femur.nii
ok 'trained_on' check 'j[0]["trained_on"] == "synthetic bones"'
ok 'on the page' has from.html '"trained_on":"synthetic bones"'
ok 'other weights say what they say' detect 0 --json bone.nii
ok 'or that they do not' check 'j[0]["trained_on"] == "unknown data"'
rm -rf from from.html
ok 'built-in models' run 0 models --json
ok 'all kinds' check '{x["kind"] for x in j} == {"longaxis", "longaxis-rows", "picture", "picture-rows", "sv-classifier", "sv-regressor", "sv-inner", "cw-classifier"}'
ok 'bench json' run 0 bench --json --seconds 0.001
ok 'bench fields' check '{x["what"] for x in j} == {"machine", "kernel", "network"} and all(x["time"]["ns_min"] > 0 and x["time"]["ns_median"] >= x["time"]["ns_min"] for x in j[1:])'
ok 'bench: a clock that cores have, or none' check 'j[0]["ghz"] is None or 0.3 < j[0]["ghz"] < 7'
ok 'bench of slices' run 0 bench --json --seconds 0.001 --slices 3 --threads 2
ok 'bench of slices, fields' check '[x["what"] for x in j] == ["machine", "slices", "slices"] and {x["name"].split("-")[0] for x in j[1:]} == {"sv", "cw"} and all(x["slices"] == 3 and x["threads"] == 2 and x["time"]["ns_min"] > 0 for x in j[1:])'
ok 'bench of a scan' run 0 bench --json --seconds 0.001 --scan bone.nii
ok 'bench of a scan, fields' check 'len(j) == 11 and all(x["what"] == "scan" and x["repeats"] >= 5 and 0 <= x["ms_min"] <= x["ms_median"] <= x["ms_max"] for x in j[1:]) and sum(x["ms_min"] for x in j[1:8]) <= j[8]["ms_median"] and [x["stage"].split()[0] for x in j[8:]] == ["whole", "reading", "the"] and j[9]["ms_min"] > 0'
ok 'bench of no scan' run 1 bench --scan missing.nii
ok 'says so' has err '^gppi: missing.nii: '
ok 'detect in plain C' run 0 detect --json --cpu scalar femur.nii
ok 'said' check 'j[0]["isa"] == "scalar"'
scalar=$(python3 -c 'import json; j = json.loads(open("out").readline()); print(j["gppi_exact"], j["confidence"])')
ok 'detect with what there is' run 0 detect --json --cpu avx512vnni femur.nii
ok 'the same answer' check "'$scalar' == '%s %s' % (j[0]['gppi_exact'], j[0]['confidence'])"
# ended while it writes: nothing half-written stays, and the caller sees by what it ended
cat >ended.py <<-'PY'
	import glob, signal, subprocess, sys, time
	number = getattr(signal, sys.argv[1])
	signal.signal(number, signal.SIG_DFL) # a background job of a shell ignores some
	p = subprocess.Popen(sys.argv[3:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	while p.poll() is None and not glob.glob(sys.argv[2] + "*"):
	    time.sleep(0.001)
	p.send_signal(number)
	assert p.wait(20) == -number, p.returncode
	assert not glob.glob(sys.argv[2] + "*"), glob.glob(sys.argv[2] + "*")
PY
for signal in SIGTERM SIGHUP SIGINT SIGQUIT; do
	ok "split ended by $signal" python3 ended.py $signal parts/femur.nii. "$gppi" split femur.nii -o parts
	ok "detect ended by $signal" python3 ended.py $signal r.html. "$gppi" detect --report r.html femur.nii femur.nii
done
ok 'nohup stays' sh -c "trap '' HUP; '$gppi' detect --json femur.nii >out 2>err & sleep 0.05; kill -HUP \$!; wait \$!"
ok 'detect into a pipe that closes' python3 -c '
import glob, os, subprocess, sys
r, w = os.pipe()
p = subprocess.Popen(sys.argv[1:], stdout=w, restore_signals=True)
os.close(w); os.close(r)
assert p.wait(20) == -13, p.returncode
assert not glob.glob("r.html*"), glob.glob("r.html*")' "$gppi" detect --report r.html femur.nii femur.nii

gzip -1 -k femur.nii
ok 'detect three copies' run 0 detect --json femur.nii femur.nii.gz series
ok 'they agree' check 'len(j) == 3 and len({x["gppi"] for x in j}) == 1 and len({x["gppi_exact"] for x in j}) == 1'
plane=$(python3 -c 'import json; print(json.loads(open("out").readline())["gppi"])' 2>err)
truth=$(sed -n 2p femur.csv | cut -d, -f2)
ok "plane ${plane:-none} near truth $truth" python3 -c "assert abs($plane - $truth) <= 5"
rm -rf femur.nii femur.nii.gz series

# pictures along the bone
ok 'phantom picture' "$phantom" picture --seed 500005 --condition typical --out view.pgm --truth view.csv >out 2>err
row=$(sed -n 2p view.csv | cut -d, -f2)
ok 'longaxis' run 0 longaxis --um-per-row 10 view.pgm
ok 'one line with mm' eval 'lines out 1 && has out "^view .* mm "'
ok 'longaxis --json' run 0 longaxis --json view.pgm
ok "row near truth $row" check "abs(j[0]['gppi'] - $row) <= 6 and j[0]['gppi_mm'] is None and not j[0]['distal_down']"
ok 'two views together' run 0 longaxis --json --together view.pgm view.pgm
ok 'give one line' lines out 1
ok 'other weights' run 1 longaxis --json --weights weights view.pgm
ok 'see something else' check 'len(j) == 1 and j[0]["gppi"] is None and len(j[0]["review"]) == 1'
mkdir no-pictures
cp weights/[a-e].gppiw no-pictures
ok 'weights without networks for pictures' run 1 longaxis --weights no-pictures view.pgm
ok 'says which' one_sentence 'no networks for pictures'
ok 'do for a volume' run 0 detect --json --weights no-pictures bone.nii
ok 'longaxis of a text' run 1 longaxis view.csv
ok 'says so' one_sentence view.csv
ok 'longaxis of no file' run 1 longaxis nowhere.png
ok 'says so, too' one_sentence nowhere.png
ok 'longaxis without a picture' usage longaxis
ok 'longaxis with impossible rows' usage longaxis --um-per-row 0 view.pgm
ok 'phantom, reversed' "$phantom" make --seed 500005 --condition typical --reverse-z --nifti femur.nii >out 2>err
ok 'detect the reversed copy' run 0 detect --json femur.nii
ok 'the same plane, counted from the other end' check "j[0]['shaft_first'] and abs(641 - j[0]['gppi'] - $plane) <= 1"

finish
