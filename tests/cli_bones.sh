#!/bin/sh
# The program from outside: holders, bones that lie, info and models, evaluation, and a whole synthetic scan.
#   GPPI=build/gppi PHANTOM=build/phantom FIXTURE=build/tests/cli_fixture tests/cli_bones.sh
. "$(dirname "$0")/cli_setup.sh"
phantom=$(absolute "${PHANTOM:-build/phantom}")
enter

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
ok 'named in order' check '[x["name"] for x in j] == ["holder_1", "holder_2", "holder_3", "holder_4"] and' \
	'[x["input"] for x in j] == ["holder.nii"] * 4'
ok "planes as alone: $alone" check "all(abs(x['gppi'] - a) <= 1 for x, a in zip(j, $alone))"
ok 'numbers and offsets' check '[x["holder"]["bone"] for x in j] == [1, 2, 3, 4] and' \
	'all(x["holder"]["bones"] == 4 and x["holder"]["offset"][2] == 0 and' \
	'(x["holder"]["offset"][0] >= 96) == (x["holder"]["bone"] % 2 == 0) and' \
	'(x["holder"]["offset"][1] >= 96) == (x["holder"]["bone"] > 2) for x in j)'
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
ok 'tells where they lie' check 'len(j) == 4 and j[3]["file"] == "parts/holder_4.nii" and' \
	'j[3]["offset"][0] >= 96 and j[3]["dims"][2] == 400 and j[0]["spacing_um"] == [40, 40, 10]'
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
save("along_y.nii", (n, nz, n), (0.04, 0.02, 0.04),
     (bone[z * n * n + x:(z + 1) * n * n:n] for x in range(n) for z in range(nz)))
END
# what is said of a bone, but for its name and the time
answer() {
	python3 -c 'import json; r = json.loads(open("out").readline()); '\
'print(r["gppi"], r["confidence"], r["voi"], r["review"], r["spacing_um"])'
}
ok 'the standing bone' detect 0 --json standing.nii
standing=$(answer)
for axis in x y; do
	ok "lies along $axis" detect 0 --json along_$axis.nii
	ok 'said first' check "j[0]['review'][0] == 'the bone lies along $axis, not along z: reslice it," \
		"or give --axis $axis' and j[0]['confidence'] < 0.1"
	ok 'slices along it' detect 0 --json --qc pictures --axis $axis along_$axis.nii
	ok 'are those of the standing bone' same "$standing" "$(answer)"
	ok 'which is told' check "j[0]['format'] == 'NIfTI-1, along $axis'"
	ok 'split reslices' run 0 split --axis $axis along_$axis.nii -o parts
	ok 'the standing voxels' python3 -c 'import sys; '\
'a, b = (open(f, "rb").read()[352:] for f in ("standing.nii", sys.argv[1])); assert a == b' parts/along_$axis.nii
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
ok 'info values' check '[x["spacing_known"] for x in j] == ["read", "assumed"] and' \
	'j[0]["dims"] == [96, 96, 400] and j[0]["max"] > 1000'
ok 'info with a spacing' run 0 info --json --voxel-um 7.5 bone.nii
ok 'info given' check 'j[0]["spacing_known"] == "given" and j[0]["spacing_um"] == [7.5] * 3'
ok 'models' run 0 models --weights weights
ok 'models json' run 0 models --json --weights weights
ok 'models fields' check 'len(j) == 7 and all(len(x["hash"]) == 64 and x["params"] > 0 for x in j)'

# ---- eval: errors 0, -1, +4, +6; scores 1, 0.738883, 0.182422, 0.045500 ----
printf '\357\273\277"image name", Growth Plate INDEX ,Note\r\n"b,1.nii",100,x\r\nb2,200,"two\r\nlines"\r\n'\
'b3.NII.GZ,150,""\r\nb4,160\r\nb5,170,\r\n' >truth.csv
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
ok 'eval fields' check 'j[0]["missing"] == ["b5"] and j[0]["mae"] == 2.75 and j[0]["matched"] == 4 and' \
	'j[0]["n"] == 5 and j[0]["unknown"] == 1 and j[0]["within"] == {"1": 0.5, "3": 0.5, "5": 0.75} and' \
	'abs(j[0]["score_sum"] - 1.966805) < 1e-5'
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
ok 'phantom' "$phantom" make --seed 500005 --condition typical --nifti femur.nii --dicom series --truth femur.csv \
	>out 2>err
ok 'where the networks come from' run 0 --version
ok 'is said by --version' has out '^networks trained on synthetic bones$'
ok 'and in JSON' run 0 detect --json --qc from --report from.html femur.nii
ok 'trained_on' check 'j[0]["trained_on"] == "synthetic bones"'
ok 'on the page' has from.html '"trained_on":"synthetic bones"'
ok 'other weights say what they say' detect 0 --json bone.nii
ok 'or that they do not' check 'j[0]["trained_on"] == "unknown data"'
rm -rf from from.html
ok 'built-in models' run 0 models --json
ok 'all kinds' check '{x["kind"] for x in j} == {"longaxis", "longaxis-rows", "picture", "picture-rows",' \
	'"sv-classifier", "sv-regressor", "sv-inner", "cw-classifier"}'
ok 'bench json' run 0 bench --json --seconds 0.001
ok 'bench fields' check '{x["what"] for x in j} == {"machine", "kernel", "network", "measure"} and' \
	'j[-1]["voxels"] == [300, 300, 100] and j[-1]["threads"] > 0 and' \
	'all(x["time"]["ns_min"] > 0 and x["time"]["ns_median"] >= x["time"]["ns_min"] for x in j[1:])'
ok 'bench: a clock that cores have, or none' check 'j[0]["ghz"] is None or 0.3 < j[0]["ghz"] < 7'
ok 'bench of slices' run 0 bench --json --seconds 0.001 --slices 3 --threads 2
ok 'bench of slices, fields' check '[x["what"] for x in j] == ["machine", "slices", "slices"] and' \
	'{x["name"].split("-")[0] for x in j[1:]} == {"sv", "cw"} and' \
	'all(x["slices"] == 3 and x["threads"] == 2 and x["time"]["ns_min"] > 0 for x in j[1:])'
ok 'bench of a scan' run 0 bench --json --seconds 0.001 --scan bone.nii
ok 'bench of a scan, fields' check 'len(j) == 11 and all(x["what"] == "scan" and x["repeats"] >= 5 and' \
	'0 <= x["ms_min"] <= x["ms_median"] <= x["ms_max"] for x in j[1:]) and' \
	'sum(x["ms_min"] for x in j[1:8]) <= j[8]["ms_median"] and' \
	'[x["stage"].split()[0] for x in j[8:]] == ["whole", "reading", "the"] and j[9]["ms_min"] > 0'
ok 'bench of no scan' run 1 bench --scan missing.nii
ok 'says so' has err '^gppi: missing.nii: '
ok 'detect in plain C' run 0 detect --json --cpu scalar femur.nii
ok 'said' check 'j[0]["isa"] == "scalar"'
scalar=$(python3 -c 'import json; j = json.loads(open("out").readline()); print(j["gppi_exact"], j["confidence"])')
ok 'detect with what there is' run 0 detect --json femur.nii
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
ok 'and on real bones' check 'j[0]["trained_on"] == "synthetic bones, and on pictures of 21 real bones"'
cp view.pgm same.pgm
ok 'a picture is not written over' run 1 longaxis -o same.pgm same.pgm
ok 'it is told' one_sentence 'same.pgm: is read in this run'
ok 'and stays' cmp view.pgm same.pgm
cp bone.nii same.nii
ok 'nor a scan by a table' run 1 detect --csv -o same.nii same.nii
ok 'told' one_sentence 'same.nii: is read in this run'
ok 'nor by a page' run 1 detect --report same.nii same.nii
mkdir folder
mv same.nii folder/
ok 'nor one in a folder' run 1 detect --csv -o folder/same.nii folder
ok 'told too' one_sentence 'folder/same.nii: is read in this run'
ok 'it stays' cmp bone.nii folder/same.nii
echo folder/same.nii >same.csv
ok 'nor a list' run 1 detect --list same.csv --csv=same.csv
ok 'it stays as well' same "$(cat same.csv)" folder/same.nii
mv folder/same.nii .
rm -r folder same.csv
rm same.nii same.pgm
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
