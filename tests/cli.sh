#!/bin/sh
# The program from outside: usage, outputs, tables that go on, names, bad inputs.
#   GPPI=build/gppi FIXTURE=build/tests/cli_fixture tests/cli.sh
# shellcheck disable=SC2086
. "$(dirname "$0")/cli_setup.sh"
enter

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
ok 'the choice is named' has err 'sse.*scalar'
ok 'bad cpu of bench' usage bench --cpu sse
ok 'bench with input' usage bench bone.nii
ok 'bench of no slices' usage bench --slices 0
ok 'bench threads alone' usage bench --threads 2
ok 'bench of slices and a scan' usage bench --slices 3 --scan bone.nii
for command in 'detect bone.nii' 'longaxis view.png' 'info bone.nii' models 'eval --truth a.csv b.csv' bench; do
	export GPPI_CPU=sse
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
	ok "gppi $command --help" run 0 $command --help
	ok "it says usage" has out '^Usage: gppi'
	ok "gppi $command --version" run 0 $command --version
	ok "it is a version" has out '^gppi [0-9]*\.[0-9]*\.[0-9]*$'
done
ok 'gppi help detect' run 0 help detect
ok 'help lists options' has out '--voxel-um'
ok 'help on a full disk fails' sh -c "! '$gppi' --help >/dev/full 2>err"

# ---- outputs ----
ok 'text' detect 0 bone.nii
ok 'one line' lines out 1
ok 'name, GPPI, mm, confidence, VOI, verdict' has out \
	'^bone  *1[0-9][0-9]  *1\.[0-9]* mm  *[01]\.[0-9]*  VOI [0-9]*-[0-9]*  ok$'
ok 'nothing else' [ ! -s err ]
ok 'progress on request' detect 0 --progress bone.nii
ok 'it counts' has err '100 %'
ok 'verbose' detect 0 -v bone.nii
ok 'verbose names the engine' has err 'engine  *int8'
ok 'json' detect 0 --json bone.nii
cp out bone.json
ok 'json fields' check 'list(j[0]) == ["name", "input", "format", "gppi", "gppi_exact", "gppi_mm", "spacing_um",' \
	'"spacing_known", "shaft_first", "voi", "models", "confidence", "review", "engine", "isa", "weights",' \
	'"version", "seconds", "holder", "status", "trained_on", "identity", "second_opinion"]'
ok 'json values' check 'j[0]["name"] == "bone" and j[0]["spacing_um"] == [40, 40, 10] and' \
	'j[0]["spacing_known"] == "read" and j[0]["voi"] == {"first": j[0]["gppi"] + 30,' \
	'"last": j[0]["gppi"] + 129, "asked": "300um,1000um,shaft", "inside": 1} and' \
	'abs(j[0]["gppi_mm"] - j[0]["gppi"] / 100) < 1e-6 and j[0]["review"] == [] and len(j[0]["weights"]) == 5 and' \
	'len(j[0]["models"]["sv"]["folds"]) == 1 and abs(j[0]["models"]["longaxis"]["plane"] - j[0]["gppi"]) <= 1 and' \
	'0 <= j[0]["models"]["longaxis"]["none"] < 0.1 and' \
	'list(j[0]["seconds"]) == ["open", "locate", "longaxis", "sv", "regress", "cw", "total"]'
ok 'json fp32, cw' detect 0 --json --engine fp32 --model cw --threads 1 bone.nii
ok 'only cw' check 'j[0]["models"]["sv"] is None and j[0]["models"]["longaxis"] is None and' \
	'j[0]["models"]["cw"]["plane"] > 0 and j[0]["engine"] == "fp32" and' \
	'[w["name"] for w in j[0]["weights"]] == ["cw-classifier"]'
ok 'json longaxis' detect 0 --json --model longaxis bone.nii
ok 'only longaxis' check 'j[0]["models"]["sv"] is None and j[0]["models"]["cw"] is None and' \
	'j[0]["models"]["longaxis"]["plane"] > 0 and' \
	'[w["name"] for w in j[0]["weights"]] == ["longaxis", "longaxis-rows"]'
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
	ok "odd name, $command" sh -c "'$gppi' $command \"\$1\" >out 2>err; test \$? -lt 2" sh "$odd.nii"
	ok 'nothing acts' harmless
done
ok 'odd name, info' run 0 info "$odd.nii"
ok 'nothing acts' harmless
ok 'odd name, missing' run 1 info "$odd"
ok 'nothing acts' harmless
printf 'Image Name,Growth Plate Index\n%s,1\n' "$odd" >odd.csv
for form in '' --csv --json; do
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
ok 'full disk is noticed' sh -c \
	"! '$gppi' detect --weights weights bone.nii >/dev/full 2>err && grep -q 'standard output' err"
ok 'and why' has err 'No space left on device'
for sizes in '1 split bone.nii -o parts' '1 detect --weights weights --report full.html bone.nii' \
	'1 detect --weights weights --qc parts bone.nii'; do
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
ok 'voi, slices' check 'j[0]["voi"] == {"first": j[0]["gppi"] - 69, "last": j[0]["gppi"] - 20,' \
	'"asked": "20sl,50sl,epiphysis", "inside": 1}'
ok 'voi in percent' detect 0 --json --voi 2%,10% bone.nii
ok 'voi, percent of the bone' check '35 <= j[0]["voi"]["last"] - j[0]["voi"]["first"] + 1 <= 40 and' \
	'7 <= j[0]["voi"]["first"] - j[0]["gppi"] <= 8'
ok 'voi by name' detect 0 --csv --voi spongiosa bone.nii
ok 'voi in the table' has out ',"0um,300um,shaft",1.000,'
ok 'voi too long' detect 0 --voi 1mm,4mm bone.nii
ok 'voi is cut' has out \
	'VOI 2[0-9]*-399 (cut)  REVIEW .*only [0-9]* % of the VOI lies in the scan: scan more of the shaft'
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
ok 'three lines' check '[x["name"] for x in j] == ["bone", "missing", "a,b"] and' \
	'[x["status"] for x in j] == ["ok", "failed", "ok"] and "missing.nii" in j[1]["error"] and' \
	'j[1]["gppi"] is None and j[1]["input"] == "missing.nii"'
ok 'csv' detect 1 --csv -o some.csv missing.nii bone.nii
ok 'csv has both' lines some.csv 3
ok 'the failed one with its sentence' has some.csv \
	'^missing,,*missing.nii,,*failed,missing.nii: cannot be opened: No such file or directory$'
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
ok 'broken off' python3 broken.py run.csv 4 "$gppi" detect --weights weights --csv run.csv --json run.json $inputs
ok 'what is kept is said' has err \
	'^gppi: stopped; [3-9] rows so far are kept in run.csv.part; the same command with --resume goes on$'
ok 'also of the other' has err 'kept in run.json.part'
ok 'the old table stays' has run.csv '^old$'
ok 'rows so far' has run.csv.part '^run3,1'
# ended within a row, and behind the last one the other table has
printf 'run8,1' >>run.csv.part
sed -i '$d' run.json.part
rm run1.nii
ok 'goes on' detect 0 --csv run.csv --json run.json --resume $inputs
ok 'every row once, in order' same "$(cut -d, -f1 run.csv | xargs)" \
	'Image Name run1 run2 run3 run4 run5 run6 run7 run8 run9'
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
# rows that this run would not write
ok 'of one VOI' detect 0 --csv run.csv --json run.json run1.nii run2.nii run3.nii
cp run.csv run.csv.part
ok 'and then of another' detect 1 --csv run.csv --resume --voi spongiosa run1.nii run2.nii run3.nii
ok 'is refused' one_sentence \
	'run.csv.part: the row of run1 is of VOI 300um,1000um,shaft, not 0um,300um,shaft; start anew without'
ok 'and changes nothing' cmp run.csv run.csv.part
cp run.json run.json.part
ok 'in JSON too' detect 1 --json run.json --resume --voi spongiosa run1.nii run2.nii run3.nii
ok 'is refused' one_sentence 'run.json.part: the row of run1 is of VOI 300um'
sed '2s/"version":"[^"]*"/"version":"0.0.1"/' run.json >run.json.part
ok 'another version' detect 1 --json run.json --resume run1.nii run2.nii run3.nii
ok 'is refused' one_sentence 'run.json.part: the row of run2 is of another version of gppi; start anew'
ok 'but not where its row is not kept' detect 0 --json run.json --resume run1.nii run3.nii
ok 'nor the same by another word' detect 0 --csv run.csv --resume --voi 300um,1mm run1.nii run2.nii run3.nii
rm -f run.csv.part run.json.part
# paths that are one in a table
printf 'M\344use.nii\nM\366use.nii\nrun1.nii\nrun1.nii\nrun2.nii\n' >odd.txt
inputs=$(cat odd.txt)
for odd in $inputs; do [ -e "$odd" ] || cp bone.nii "$odd"; done
ok 'two names that are no UTF-8' detect 0 --csv run.csv $inputs
sed '2,$s/^\([^,]*,[0-9]*,[^,]*,[^,]*\),[0-9.]*/\1,0.777/' run.csv | sed '3d' >run.csv.part
ok 'of which the table has one' detect 0 --csv run.csv --resume $inputs
ok 'are both there, done again, but not one that is named twice' same "$(sed 1d run.csv | cut -d, -f1,5 |
	sed '/,0.777/!s/,.*//' | xargs)" 'run1,0.777 run1-2,0.777 M_use M_use-2 run2'
rm -f M*use.nii odd.txt
# a run that is still at work keeps its file
mkfifo more
"$gppi" detect --weights weights --csv live.csv run1.nii - <more >live 2>&1 &
live=$!
exec 9>more
ok 'a run at work' within 30 sh -c 'grep -q "^run1,1" live.csv.part'
for how in --resume ''; do
	ok "a second one $how" detect 1 --csv live.csv $how run1.nii run2.nii
	ok 'is refused' one_sentence 'live.csv.part: another run of gppi is writing it; wait until'
done
cat run2.nii >&9
exec 9>&-
ok 'the first one ends' wait $live
ok 'with all rows' same "$(cut -d, -f1 live.csv | xargs)" 'Image Name run1 stdin'
ok 'and leaves nothing' [ ! -e live.csv.part ]
ok 'then the file is free' detect 0 --csv live.csv run1.nii
rm -f live live.csv more
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
# the same for other files; a bone without a plane has none of these
cp bone.nii ./-run.nii
ok 'tables without markups' detect 1 --csv run.csv --json run.json run1.nii run2.nii tube.nii -- -run.nii
ok 'a shaft has no plane' has run.csv '^tube,,'
again() { # what was kept has another confidence than what is done anew
	sed '2,$s/^\([^,]*,[0-9]*,[^,]*,[^,]*\),[0-9.]*/\1,0.777/' run.csv >run.csv.part
	echo "run2,1" >>run.csv.part
	[ "$(grep -c ,0.777, run.csv.part)" -eq 4 ] &&
		detect 0 --csv run.csv --slicer marks --resume run1.nii run2.nii tube.nii -- -run.nii
}
mkdir marks
echo kept >marks/run1.mrk.json; echo kept >marks/-run.mrk.json
ok 'goes on with markups' again
ok 'those missing are there' [ -s marks/run2.mrk.json ]
ok 'only these' same "$(grep -v 0.777 run.csv | cut -d, -f1 | xargs)" 'Image Name run2'
rm -rf marks ./-run.nii
rm -rf run* other

# ---- names ----
mkdir -p m1/a m2/a m3
cp bone.nii m1/a/femur.nii; cp bone.nii m2/a/femur.nii; cp bone.nii m3/femur.nii
ok 'one name in three folders' detect 0 --csv --qc pics --report names.html --slicer marks m1/a/femur.nii \
	m2/a/femur.nii m3/femur.nii
cp out three.csv
ok 'three names' same "$(cut -d, -f1 out | xargs)" 'Image Name m1_a_femur m2_a_femur m3_femur'
ok 'three pictures' same "$(ls pics | xargs)" 'm1_a_femur.jpg m2_a_femur.jpg m3_femur.jpg'
ok 'three markups' same "$(ls marks | xargs)" 'm1_a_femur.mrk.json m2_a_femur.mrk.json m3_femur.mrk.json'
ok 'three on the page' same "$(grep -o '"name":"[^"]*femur"' names.html | xargs)" \
	'name:m1_a_femur name:m2_a_femur name:m3_femur'
ok 'eval takes the table' run 0 eval --truth three.csv three.csv
mkdir all
mv m1/a all/m1; mv m2/a all/m2; mv m3 all
ok 'in one folder' detect 0 --json all
ok 'named by theirs' check '{x["name"] for x in j} == {"m1_femur", "m2_femur", "m3_femur"}'
ok 'the same file twice, and what a number would give' sh -c "cp bone.nii bone-2.nii; \
'$gppi' detect --weights weights --json bone.nii bone.nii bone-2.nii >out 2>err"
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

finish
