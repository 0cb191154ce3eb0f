#!/bin/sh
# DICOM results and Slicer: what `gppi detect --dicom-results --slicer` writes, judged by other programs.
#   GPPI=build/gppi FIXTURE=build/tests/cli_fixture tests/cli_dicom.sh
. "$(dirname "$0")/cli_setup.sh"
markups=$(absolute "$(dirname "$0")/check_markups.py")
enter
# tag FILE NAME VALUE: the first attribute of that name has just this value
value() { dcmdump +s +P "$2" "$1" | head -n 1 | sed 's/.*\[\(.*\)\].*/\1/'; }
tag() { [ "$(value "$1" "$2")" = "$3" ]; }
no_errors() { dciodvfy "$1" >out 2>&1; ! grep -q '^Error' out && ! grep -q '^Abort' out; }

# A study as an animal laboratory has it, in another alphabet than ASCII. µ, ä and Ж need ISO_IR 192.
dcmodify -nb -q -m 'PixelSpacing=0.04\0.04' -i 'SpecificCharacterSet=ISO_IR 192' -m 'PatientName=Mäuschen^Жанна' \
	-i 'StudyDate=20240229' -i 'StudyTime=101500' -i 'StudyDescription=Knochen 5 µm' -i 'AccessionNumber=A17' \
	-m 'PatientID=M 7' -i 'PatientSex=F' -i 'PatientBirthDate=20231201' \
	-i 'PatientSpeciesDescription=Mus musculus' -i 'StrainDescription=C57BL/6J' \
	-i 'ReferringPhysicianName=Ärztin^Eva' -i 'TimezoneOffsetFromUTC=+0900' \
	series7/*.dcm series8/*.dcm >out 2>err
ok 'series with a study' has series7/IM00001.dcm 'Mäuschen^Жанна'
: >out

ok 'detect' run 0 detect --weights weights --json --dicom-results d --slicer s series7
ok 'json: whose bone' python3 -c 'import json; w = json.loads(open("out").readline())["identity"]; '\
'assert [w[k] for k in ("patient_id", "patient_name", "date", "study", "accession", "sample", "measurement")] == '\
'["M 7", "Mäuschen^Жанна", "2024-02-29", "Knochen 5 µm", "A17", None, None], w'
plane=$(python3 -c 'import json; print(json.loads(open("out").readline())["gppi"])')
ok 'info: whose bone' run 0 info series7
ok 'its patient' has out '^  patient  *M 7$'
ok 'its date' has out '^  date  *2024-02-29$'
ok 'info json' run 0 info --json series7
ok 'info json: whose bone' python3 -c 'import json; w = json.loads(open("out").readline())["identity"]; '\
'assert w["patient_id"] == "M 7" and w["date"] == "2024-02-29" and w["sample"] is None, w'
for kind in report key picture; do
	file=d/bone-$kind.dcm
	ok "$kind is there" [ -s "$file" ]
	ok "$kind has no errors" no_errors "$file"
	ok "$kind: character set" tag "$file" SpecificCharacterSet 'ISO_IR 192'
	ok "$kind: patient" tag "$file" PatientName 'Mäuschen^Жанна'
	ok "$kind: patient's number" tag "$file" PatientID 'M 7'
	ok "$kind: date of the study" tag "$file" StudyDate 20240229
	ok "$kind: strain" tag "$file" StrainDescription 'C57BL/6J'
	ok "$kind: study" tag "$file" StudyInstanceUID "$(value series7/IM00001.dcm StudyInstanceUID)"
	ok "$kind: study description" tag "$file" StudyDescription 'Knochen 5 µm'
	ok "$kind: physician" tag "$file" ReferringPhysicianName 'Ärztin^Eva'
	ok "$kind: a series of its own" \
		[ "$(value "$file" SeriesInstanceUID)" != "$(value series7/IM00001.dcm SeriesInstanceUID)" ]
	ok "$kind: UID" sh -c "echo '$(value "$file" SOPInstanceUID)' | grep -q '^2\\.25\\.[1-9][0-9]*$'"
	ok "$kind: only its own slice" sh -c "dcmdump +P ReferencedSOPInstanceUID '$file' | \
grep -q '$(value "series7/IM$(printf %05d $((plane + 1))).dcm" SOPInstanceUID)'"
done
ok 'nothing else was written' [ "$(find d -type f | wc -l)" -eq 3 ]
ok 'three series' \
	[ "$(for k in report key picture; do value d/bone-$k.dcm SeriesInstanceUID; done | sort -u | wc -l)" -eq 3 ]
dcentvfy d/*.dcm >out 2>&1
ok 'they agree about patient and study' sh -c "! grep -v -e IE..Series..versus out | grep -q 'Different'"
dsrdump +Pl d/bone-report.dcm >out 2>err
ok 'dsrdump reads the report' has out 'Imaging Measurement Report'
ok 'plane' has out "Growth plate plane index (slice, counted from 0)\")=\"$plane\""
ok 'its slice' has out 'inferred from IMAGE:.*Source of Measurement'
ok 'position' has out 'Distance of the growth plate plane.*(mm,UCUM'
ok 'confidence' has out 'Probability of an error.*(%,UCUM'
ok 'VOI' has out "First slice of the VOI.*\"$((plane + 30))\""
ok 'how it is defined' has out 'VOI: distance from the plane.*")="300um,1000um,shaft"'
ok 'algorithm' has out 'Algorithm Name,*")="gppi"'
ok 'version' has out 'Algorithm Version'
ok 'weights' has out 'Algorithm Parameters.*cw-classifier SHA-256 [0-9a-f]\{64\}'
ok 'no review' has out 'Review by a person advised")=(373067005,SCT,"No")'
dsr2html d/bone-report.dcm >out.html 2>err
ok 'dsr2html reads the report' has out.html 'Growth plate plane'
dsrdump +Pl d/bone-key.dcm >out 2>err
ok 'dsrdump reads the key object' has out 'Of Interest'
ok 'it names the slice' has out "slice $plane of the series"
ok 'picture is JPEG baseline' sh -c "dcmdump +P TransferSyntaxUID d/bone-picture.dcm | grep -q '=JPEGBaseline '"
ok 'of its colours' tag d/bone-picture.dcm PhotometricInterpretation YBR_FULL_422
ok 'is called lossy' tag d/bone-picture.dcm LossyImageCompression 01
ok 'by JPEG' tag d/bone-picture.dcm LossyImageCompressionMethod ISO_10918_1
ok 'and small' [ "$(wc -c <d/bone-picture.dcm)" -lt 500000 ]
ok 'and decodes' sh -c 'dcmj2pnm d/bone-picture.dcm picture.ppm >out 2>err && [ "$(head -c 2 picture.ppm)" = P6 ]'
ok 'to the right size' [ "$(sed -n 2p picture.ppm)" = '1100 820' ]

# the same again
mv d before
ok 'detect again' run 0 detect --weights weights --dicom-results d series7
for kind in report key picture; do
	ok "$kind: the same UID" tag d/bone-$kind.dcm SOPInstanceUID "$(value before/bone-$kind.dcm SOPInstanceUID)"
done
ok 'another model' run 0 detect --weights weights --model cw --dicom-results d series7
ok 'another instance' \
	[ "$(value d/bone-report.dcm SOPInstanceUID)" != "$(value before/bone-report.dcm SOPInstanceUID)" ]
ok 'in the same series' tag d/bone-report.dcm SeriesInstanceUID "$(value before/bone-report.dcm SeriesInstanceUID)"

# one file with all slices
# A run that is gone on with writes what the earlier one was not asked for, and nothing twice.
resume() {
	cp resumed.csv resumed.csv.part &&
		run 0 detect --weights weights --csv resumed.csv --resume --dicom-results r series7 series8
}
ok 'a table alone' run 0 detect --weights weights --csv resumed.csv series7 series8
ok 'gone on with' resume
ok 'reports are there' same "$(ls r | grep -c report.dcm)" 2
first=r/$(sed -n 2p resumed.csv | cut -d, -f1)-report.dcm
ok 'of the first bone too' [ -s "$first" ]
echo kept >"$first"
ok 'once more' resume
ok 'is not done again' has "$first" '^kept$'
ok 'multi-frame' run 0 detect --weights weights --dicom-results m series8
ok 'frame of the plane' tag m/bone-key.dcm ReferencedFrameNumber $((plane + 1))
for kind in report key picture; do
	ok "multi-frame $kind has no errors" no_errors m/bone-$kind.dcm
done

# as FOLDER PROGRAM OPTION...: other ways of writing the same
as() {
	folder=$1
	shift
	mkdir "$folder"
	for file in series7/*.dcm; do
		"$@" "$file" "$folder/${file#*/}" || echo "$file" >>bad
	done
	ok "$folder was written" [ ! -e bad ]
	ok "$folder" run 0 detect --weights weights "$folder"
	ok "$folder: the same plane" grep -q "^bone  *$plane " out
}
as rle dcmcrle
# the second segment of a slice would begin far behind its bytes
python3 - rle/IM00040.dcm <<-'PY'
	import sys
	data = bytearray(open(sys.argv[1], "rb").read())
	item = data.index(b"\xfe\xff\x00\xe0", data.index(b"\xe0\x7f\x10\x00"))
	fragment = data.index(b"\xfe\xff\x00\xe0", item + 4) + 8
	assert data[fragment] == 2
	data[fragment + 8:fragment + 12] = b"\xf0\xff\xff\x0f"
	open(sys.argv[1], "wb").write(data)
PY
ok 'damaged run-length code' run 1 detect --weights weights rle
ok 'it is named' has err 'IM00040.dcm: the compressed pixels of frame 0 are damaged'
as jpeg dcmcjpeg +e1
# a marker without a length, behind which dcmtk would go round for ever
python3 - jpeg/IM00040.dcm <<-'PY'
	import sys
	data = bytearray(open(sys.argv[1], "rb").read())
	start = data.index(b"\xff\xd8\xff", data.index(b"\xe0\x7f\x10\x00"))
	data[start + 3] = 1
	open(sys.argv[1], "wb").write(data)
PY
ok 'damaged JPEG' run 1 detect --weights weights jpeg
ok 'its file is named' has err 'IM00040.dcm: the compressed pixels of frame 0 are damaged'
mkdir deflated
dcmconv +td series7/IM00001.dcm deflated/IM00001.dcm
ok 'a deflated file' run 1 detect --weights weights deflated
ok 'what to do' has err 'deflated/IM00001.dcm: its data are deflated .*dcmconv'

# ---- a bone that is measured ----
ok 'measure' run 0 measure --gppi 100 --csv --dicom-results q --slicer q --masks q series7
cp out q/bone.csv
for kind in report key picture segments; do
	ok "measured: $kind has no errors" no_errors q/bone-$kind.dcm
	ok "measured: $kind: patient" tag q/bone-$kind.dcm PatientName 'Mäuschen^Жанна'
	ok "measured: $kind: study" tag q/bone-$kind.dcm StudyInstanceUID \
		"$(value series7/IM00001.dcm StudyInstanceUID)"
done
ok 'segments: a series of its own' \
	[ "$(value q/bone-segments.dcm SeriesInstanceUID)" != "$(value q/bone-report.dcm SeriesInstanceUID)" ]
ok "segments: the scan's space" tag q/bone-segments.dcm FrameOfReferenceUID \
	"$(value series7/IM00001.dcm FrameOfReferenceUID)"
"$gppi" iou --csv q/bone.nii.gz q/bone.nii.gz >q/labels.csv
ok 'segments are those of the label map' python3 - <<-'PY'
	import csv, os, re, subprocess
	voxels = {int(r["label"]): int(r["voxels_a"])
	          for r in csv.DictReader(open("q/labels.csv")) if r["label"].isdigit()}
	row = next(csv.DictReader(open("q/bone.csv")))
	names = {1: "Cortical bone", 2: "Trabecular bone", 3: "Marrow", 4: "Growth plate"}
	os.makedirs("q/raw")
	text = subprocess.run(["dcmdump", "+W", "q/raw", "+L", "q/bone-segments.dcm"],
	                      capture_output=True).stdout.decode("utf-8", "replace")
	lines = [re.match(r" *\(....,....\) .. (.*?) +#[^#]* (\w+)$", l) for l in text.split("\n")]
	one = lambda tag: [m[1].strip("[]") for m in lines if m and m[2] == tag]
	labels = one("SegmentLabel")
	assert labels == [names[n] for n in sorted(voxels) if n], (labels, voxels)
	frames = [int(v) for v in one("ReferencedSegmentNumber")]
	places = [v.split("\\") for v in one("ImagePositionPatient")]
	assert len(frames) == len(places) == int(one("NumberOfFrames")[0])
	# the VOI of the table, in mm along z, but for the growth plate; a slice has 96 x 96 bits, which are whole bytes
	zs = sorted({round(float(p[2]) / 0.01) for p, f in zip(places, frames) if labels[f - 1] != names[4]})
	assert zs == list(range(int(row["voi_first"]), int(row["voi_last"]) + 1)), zs
	data = open("q/raw/" + os.listdir("q/raw")[0], "rb").read()
	bits = {}
	for i, f in enumerate(frames):
	    bits[f] = bits.get(f, 0) + sum(bin(b).count("1") for b in data[i * 1152:(i + 1) * 1152])
	assert [bits[i + 1] for i in range(len(labels))] == [voxels[n] for n in sorted(voxels) if n], (bits, voxels)
PY
dsrdump +Pl q/bone-report.dcm >out 2>err
column() {
	python3 -c 'import csv, sys; '\
'print("%.7g" % (float(sys.argv[2]) * float(next(csv.DictReader(open("q/bone.csv")))[sys.argv[1]])))' "$1" "$2"
}
ok 'report: Tt.Ar' has out "Total cross-sectional area (Tt.Ar)\")=\"$(column tt_ar_mm2 1)\" (mm2,UCUM"
ok 'report: BV/TV in percent' has out "Bone volume fraction (BV/TV)\")=\"$(column bv_tv 100)\" (%,UCUM"
ok 'report: J' has out "Polar moment of area (J)\")=\"$(column j_mm4 1)\" (mm4,UCUM"
ok 'report: no Tb.Th of flat voxels' sh -c '! grep -q Tb.Th out'
ok 'report: no confidence of a plane that is given' sh -c '! grep -q "Probability of an error" out'
ok "Slicer's segments" python3 - <<-'PY'
	import gzip, struct
	data = open("q/bone.seg.nrrd", "rb").read()
	head, body = data.split(b"\n\n", 1)
	lines = head.decode().split("\n")
	fields = dict(l.split(": ", 1) for l in lines[1:] if ":=" not in l)
	keys = dict(l.split(":=", 1) for l in lines if ":=" in l)
	assert (lines[0] == "NRRD0004" and fields["sizes"] == "96 96 400"
	        and fields["space"] == "left-posterior-superior"), fields
	assert (fields["space directions"] == "(0.04,0,0) (0,0.04,0) (0,0,0.01)"
	        and fields["space origin"] == "(0,0,0)"), fields
	assert [keys["Segment%d_Name" % i] for i in range(3)] == ["Cortical bone", "Trabecular bone", "Marrow"], keys
	# Slicer cuts all to the first
	assert all(keys["Segment%d_Extent" % i] == "0 95 0 95 0 399" for i in range(3)), keys
	assert ([keys["Segment%d_LabelValue" % i] for i in range(3)] == ["1", "2", "3"]
	        and len(keys["Segment1_Color"].split()) == 3)
	same = gzip.decompress(open("q/bone.nii.gz", "rb").read())[352:]
	assert gzip.decompress(body) == same and len(same) == 2 * 96 * 96 * 400
PY
ok 'of several frames' run 0 measure --gppi 100 --csv --dicom-results q8 series8
ok 'segments have no errors' no_errors q8/bone-segments.dcm
ok 'and name frames' sh -c "dcmdump q8/bone-segments.dcm | grep -q 'ReferencedFrameNumber'"
ok 'another threshold' run 0 measure --gppi 100 --threshold otsu --csv --dicom-results q9 series7
ok 'other objects' [ "$(value q/bone-segments.dcm SOPInstanceUID)" != "$(value q9/bone-segments.dcm SOPInstanceUID)" ]
ok 'measures of NIfTI' run 1 measure --gppi 100 --dicom-results n bone.nii
ok 'cannot be DICOM' has err '^gppi: bone.nii: is NIfTI-1, not DICOM'

# not DICOM, no plane, no folder
ok 'NIfTI' run 1 detect --weights weights --dicom-results n bone.nii
ok 'says so' has err '^gppi: bone.nii: is NIfTI-1, not DICOM: .*--json'
ok 'and writes nothing' [ -z "$(find n -type f)" ]
ok 'folder is a file' run 1 detect --weights weights --dicom-results bone.nii series7
ok 'it is named' has err '^gppi: bone.nii: the folder cannot be made'

# ---- Slicer ----
ok 'markups of a series' python3 "$markups" s/bone.mrk.json --plane "$plane" --voi $((plane + 30)) $((plane + 129)) \
	--dims 96 96 --spacing 0.04 0.04 0.01 --origin 0 0 0
ok 'markups of NIfTI' run 0 detect --weights weights --slicer s2 bone.nii bone.nii
ok 'two files' [ "$(find s2 -name '*.mrk.json' | wc -l)" -eq 2 ]
# axes of a NIfTI without a form are taken for LPS
ok 'in its own geometry' python3 "$markups" s2/bone.mrk.json --plane "$plane" --voi $((plane + 30)) $((plane + 129)) \
	--dims 96 96 --spacing 0.04 0.04 0.01 --origin 0 0 0
ok 'module description' run 0 --xml
cp out module.xml
ok 'the same by detect' run 0 detect --xml
ok 'it is the same' cmp -s out module.xml
ok 'it is XML with the fields Slicer needs' python3 - <<-'PY'
	import xml.etree.ElementTree as T
	r = T.parse("module.xml").getroot()
	assert r.tag == "executable"
	for f in "category title description version documentation-url license contributor".split():
	    assert len(r.findall(f)) == 1, f
	ps = [p for g in r.findall("parameters") for p in g if p.tag not in ("label", "description")]
	assert all(g.find("label").text and g.find("description").text for g in r.findall("parameters"))
	names = [p.find("name").text for p in ps]
	assert len(set(names)) == len(names)
	for p in ps:
	    assert p.find("label") is not None and p.find("description") is not None, names
	    out = p.find("channel") is not None and p.find("channel").text == "output"
	    simple = p.tag in ("integer", "double", "string")
	    assert ((p.find("index") is not None) + (p.find("longflag") is not None)
	            == (0 if out and simple else 1)), p.find("name").text
	image = r.find(".//image")
	assert image.find("channel").text == "input" and image.find("index").text == "0"
PY
ok 'as a module' run 0 --returnparameterfile p.txt --slicer-cli --output t.csv --markups only.mrk.json \
	--model all --weights weights bone.nii
ok 'progress begins' has out '^<filter-start>$'
ok 'moves' has out '^<filter-progress>0\.[0-9]*</filter-progress>$'
ok 'and ends' [ "$(tail -n 1 out)" = '</filter-end>' ]
ok 'progress never falls' python3 - <<-'PY'
	import re
	v = [float(x) for x in re.findall("<filter-progress>(.*?)</filter-progress>", open("out").read())]
	assert len(v) > 5 and v == sorted(v) and v[-1] == 1, v
PY
ok 'table' has t.csv "^bone,$plane,"
ok 'parameters' has p.txt "^gppi = $plane$"
ok 'verdict' has p.txt '^verdict = ok$'
ok 'markups' [ -s only.mrk.json ]
ok 'a failing module' run 1 --slicer-cli --returnparameterfile p.txt missing.nii
ok 'says so in its parameters' has p.txt '^verdict = failed$'
ok 'no progress as a rule' run 0 detect --weights weights bone.nii
ok 'none' sh -c '! grep -q filter- out'

finish
