#!/bin/sh
# gppi measure on scans: planes that are given or detected, segmentation, a laboratory's masks, many bones.
#   GPPI=build/gppi PHANTOM=build/phantom tests/measure_scans.sh
. "$(dirname "$0")/measure_setup.sh"

# A mask that lies on none of the scans.
python3 -c 'open("plate.mha", "wb").write(b"ObjectType = Image\nNDims = 3\nDimSize = 20 8 10\n'\
'ElementSpacing = 0.01 0.01 0.01\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n" + '\
'(bytes(7) + bytes([1] * 6) + bytes(7)) * 80)'

# A tube of radii 50 and 40, in air and with marrow, with a plane that is given: the sections are those of geometry,
# whichever end is taken for the knee.
python3 - <<'PY'
import math, struct
N, NZ = 140, 200
rows = []
for y in range(N):
    for x in range(N):
        r = math.hypot(x - (N - 1) / 2, y - (N - 1) / 2)
        inside, wall = min(max(50 - r + 0.5, 0), 1), min(max(r - 40 + 0.5, 0), 1)
        rows.append(round(-1000 * (1 - inside) + inside * (wall * 1500 + (1 - wall) * -400)))
with open("tube.mha", "wb") as f:
    f.write(("ObjectType = Image\nNDims = 3\nDimSize = %d %d %d\nElementSpacing = 0.01 0.01 0.01\nOffset = 1 2 3\n"
             "ElementType = MET_SHORT\nElementDataFile = LOCAL\n" % (N, N, NZ)).encode()
            + struct.pack("<%dh" % (N * N), *rows) * NZ)
PY
ok "a scan with a given plane" measure --gppi 100 --voi 300um,500um --json -o tube.json --masks masks --crop crop \
	--per-slice tube.csv --qc pictures --methods tube.mha
size_of() {
	python3 -c 'import struct, sys; d = open(sys.argv[1], "rb").read(); assert d[:2] == b"\xff\xd8"; '\
'i = max(d.find(b"\xff\xc0"), d.find(b"\xff\xc2")); '\
'print("%d x %d" % struct.unpack(">HH", d[i + 5:i + 9])[::-1])' "$1"
}
ok "the picture has the VOI below" same "$(size_of pictures/tube.jpg)" '1100 x 2030'
ok "Tt.Ar" near tube.json tt_ar_mm2 0.785398 1
ok "Ct.Ar" near tube.json ct_ar_mm2 0.282743 2
ok "Ma.Ar" near tube.json ma_ar_mm2 0.502655 2
ok "Ct.Th" near tube.json ct_th_mm 0.10 6
ok "no struts: no Tb.Th" is tube.json tb_th_mm null
ok "all names are there" complete tube.json
ok "and marked as such" has tube.json '"review":\[[^]]*"\(no spongiosa\|BV/TV is below\)'
ok "BV/TV next to none" sh -c 'grep -q "\"bv_tv\":0.0*[,}]\|\"bv_tv\":0.000" tube.json'
ok "threshold with its unit" has tube.json '"threshold_unit":"HU"'
ok "what the plane costs" has tube.json '"plane_error":{"planes":3,"plane":"given","probability_within":null'
ok "nothing of a tube" python3 -c 'import json; '\
'e = json.load(open("tube.json"))["plane_error"]["measures"]["tt_ar_mm2"]; '\
'assert abs(e["per_plane"]) < 1e-5 and e["range"][0] <= e["moved"][0] <= e["range"][1], e'
ok "no plate between two layers of bone: none" is tube.json plate_th_mm null
ok "with a reason" has tube.json '"plate_th_mm":"both sides of a dark layer'
ok "nor a landmark" has tube.json '"secondary_begins":{"slice":null,"reason":"'
ok "which no VOI begins at" refuses 'beginning of the secondary spongiosa is not known' \
	measure --gppi 60 --voi secondary tube.mha
ok "methods" has tube.json 'slices [0-9]* to [0-9]* (50 slices)'
ok "a row for every slice of the VOI" same "$(wc -l <tube.csv)" 51
ok "the mask lies on the scan" sh -c "'$gppi' iou --csv tube.mha masks/tube.nii.gz >both.csv; \
'$gppi' iou --csv masks/tube.nii.gz masks/tube.nii.gz >tissues.csv"
ok "cortex and marrow, nothing else" same "$(cut -d, -f1 tissues.csv | xargs)" 'label 0 1 3 mean mean_without_0'
ok "the VOI has its slices" sh -c "'$gppi' info crop/tube.nii | grep -q 'x 50 voxels'"
printf 'Image Name,Growth Plate Index\ntube.mha,100\n' >planes.csv
ok "a plane of a table" measure --planes planes.csv --voi 300um,500um --json -o table.json tube.mha
ok "gives the same" same "$(value tube.json imin_mm4)" "$(value table.json imin_mm4)"

# The tube sheared by a voxel in every fifth slice: its slices stay circles, and a section across it is smaller by the
# cosine of 11.3 degrees.
python3 - <<'PY2'
data = open("tube.mha", "rb").read()
N, NZ = 140, 200
at = len(data) - 2 * N * N * NZ
row = lambda z, y: data[at + 2 * N * (z * N + y):][:2 * N]
with open("leaning.mha", "wb") as f:
    f.write(data[:at])
    for z in range(NZ):
        by = 2 * (z // 5 - 20)
        for y in range(N):
            r = row(z, y)
            f.write(r[-by:] + r[:-by] if by else r)
PY2
leaning() { measure --gppi 100 --voi 300um,400um --json "$@" leaning.mha; }
ok "a leaning tube" leaning -o leaning.json
ok "along the slices" near leaning.json tt_ar_mm2 0.785398 1
ok "is the default" has leaning.json '"align":{"to":"slices","tilt_deg":11'
ok "across the shaft" leaning --align shaft --methods --per-slice across.csv --masks across -o across.json
ok "Tt.Ar" near across.json tt_ar_mm2 0.770160 1
ok "Ct.Ar" near across.json ct_ar_mm2 0.277257 2
ok "is told" has across.json '"align":{"to":"shaft","tilt_deg":11'
ok "also in the methods" has across.json 'turned to lie across the axis of the shaft, which is tilted by 11'
ok "as long along the axis" near across.json tv_mm3 "$(python3 -c 'print(0.4 * 0.502655 * 0.980581)')" 2
ok "a row for each layer" same "$(wc -l <across.csv)" 42
# 30 slices along the axis are 29.4 along z, and layers there 0.96 of a slice apart
ok "under the slice where it crosses the axis" python3 -c '
import csv, json
at = [float(r["slice"]) for r in csv.DictReader(open("across.csv"))]
align = json.load(open("across.json"))["align"]
assert min(abs(at[0] - 129.4), abs(at[-1] - 70.6)) < 0.6 and all(
    abs(b - a - 0.9615) < 0.03 for a, b in zip(at, at[1:])), at
assert abs(align["first"] - at[0]) <= 0.5 and abs(align["last"] - at[-1]) <= 0.5, (align, at)'
ok "of slices it is a number" same "$(cut -d, -f2 tube.csv | sed -n '2p;$p' | xargs)" '130 179'
ok "masks are those of the layers" sh -c "'$gppi' iou --csv across/leaning.nii.gz across/leaning.nii.gz | grep '^3,'"
ok "the upright tube" measure --gppi 100 --voi 300um,500um --align shaft --json -o upright.json tube.mha
ok "as CSV" measure --gppi 100 --voi 300um,500um --align shaft --threshold otsu --csv -o upright.csv tube.mha
ok "which tells how" same \
	"$(cut -d, -f1 upright.csv | xargs) $(column upright.csv align) $(column upright.csv threshold_rule)" \
	"name tube shaft otsu"
ok "has the same either way" same "$(value upright.json j_mm4)" "$(value tube.json j_mm4)"
ok "no other way" refuses "align is slices or shaft" measure --align plane tube.mha
ok "nor without a scan" refuses "align goes with scans" measure --mask plate.mha --align shaft
ok "a VOI that leaves the scan" refuses "the scan ends before the VOI across the shaft" \
	measure --gppi 12 --voi 40um,50um --align shaft leaning.mha

# The same tube with a plate of 10 voxels from the axis to the wall, as a SCANCO ISQ: 32767 stored are 1000 permille.
python3 - <<'PY'
import math, struct
N, NZ, SCALING, WATER, SLOPE, BASE = 140, 200, 4096, 0.7033, 165.997, -129.681
def vax(v): # G float: words of the IEEE number with an exponent larger by 2, the first word first
    bits = struct.unpack("<Q", struct.pack("<d", v))[0] + (2 << 52) if v else 0
    return b"".join(struct.pack("<H", bits >> s & 0xffff) for s in (48, 32, 16, 0))
def put(at, what):
    h[at:at + len(what)] = what
h = bytearray(3584)
put(0, b"CTDATA-HEADER_V1")
for at, v in ((16, 3), (44, N), (48, N), (52, NZ), (56, 10 * N), (60, 10 * N), (64, 10 * NZ), (88, SCALING), (508, 6)):
    put(at, struct.pack("<i", v))
put(520, b"MultiHeader     ")
put(1024 + 8, b"Other           " + struct.pack("<i", 1))
put(1152 + 8, b"Calibration     " + struct.pack("<i", 2))
put(2048 + 648, b"mg HA/ccm       " + vax(SLOPE) + vax(BASE) + bytes(8) + vax(WATER))
rows = []
for y in range(N):
    for x in range(N):
        r = math.hypot(x - (N - 1) / 2, y - (N - 1) / 2)
        inside, wall = min(max(50 - r + 0.5, 0), 1), min(max(r - 40 + 0.5, 0), 1)
        if abs(y - 69.5) < 5 and 70 <= x < 112:
            wall = 1
        hu = -1000 * (1 - inside) + inside * (wall * 1500 + (1 - wall) * -400)
        rows.append(round((hu + 1000) * SCALING * WATER / 1000))
open("tube.isq", "wb").write(bytes(h) + struct.pack("<%dh" % (N * N), *rows) * NZ)
# of 50 mg HA/cm3, midway from marrow to bone: nothing of the edge is left to one side
raw = (50 - BASE) * SCALING / SLOPE
open("same.hu", "w").write("%.6f" % (raw * 1000 / (SCALING * WATER) - 1000))
open("same.permille", "w").write("%.6f" % (raw / 32.767))
open("levels", "w").write("%.6f %.6f" % tuple((hu + 1000) * WATER / 1000 * SLOPE + BASE for hu in (1500, -400)))
PY
isq() { measure --gppi 100 --voi 300um,500um "$@" tube.isq; }
ok "threshold in mg HA" isq --threshold 50mgHA --json -o mgha.json
ok "is printed as such" is mgha.json threshold 50
ok "with its unit" has mgha.json '"threshold_unit":"mg HA/cm3"'
ok "the same in HU" isq --threshold "$(cat same.hu)HU" --json -o hu.json
ok "in its unit" has hu.json '"threshold_unit":"HU"'
ok "the same in permille" isq --threshold "$(cat same.permille)permille" --csv -o permille.csv
ok "in its unit as well" has permille.csv ',permille,'
ok "finds the same bone" same "$(value mgha.json bv_mm3)" "$(value hu.json bv_mm3)"
ok "by every unit" has permille.csv ",$(value mgha.json bv_mm3),"
ok "TMD is that of the plate" near mgha.json tmd_mgha_cm3 "$(cut -d' ' -f1 levels)" 3
mixed() { # Tb.BMD is the mean of plate and marrow by their shares
	python3 -c 'import json; m = json.load(open("mgha.json"))["measures"]; '\
'b, t = map(float, open("levels").read().split()); s = m["bv_tv"]; '\
'assert 0.03 < s < 0.2 and abs(m["tb_bmd_mgha_cm3"] - s * b - (1 - s) * t) < 0.03 * (b - t), (m, b, t)'
}
ok "Tb.BMD" mixed
ok "text" sh -c "'$gppi' measure --gppi 100 --voi 300um,500um --threshold 50mgHA --methods tube.isq >mgha"
ok "has the unit" has mgha '50 in the spongiosa, 50 in the cortex, mg HA/cm3'
ok "methods have it" has mgha 'threshold of 50 mg HA/cm3 (fixed)'
# A laboratory's masks on the scan: bone one voxel thicker inwards and a strut along the axis, TV a cylinder of radius
# 30.
python3 - <<'PY'
import math
N, NZ = 140, 200
def meta(name, test, offset="1 2 3", spacing="0.01 0.01 0.01", nz=NZ):
    plane = bytes(test(math.hypot(x - (N - 1) / 2, y - (N - 1) / 2)) for y in range(N) for x in range(N))
    open(name, "wb").write(("ObjectType = Image\nNDims = 3\nDimSize = %d %d %d\nElementSpacing = %s\nOffset = %s\n"
        "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n" % (N, N, nz, spacing, offset)).encode() + plane * nz)
bone = lambda r: 2 if 39 < r < 50 or r < 5 else 0
meta("own.mha", bone)
meta("own-tv.mha", lambda r: r < 30)
meta("away.mha", bone, offset="1 2 3.1")
meta("coarse.mha", bone, spacing="0.01 0.01 0.02")
meta("less.mha", bone, nz=NZ - 1)
count = lambda test: sum(test(math.hypot(x - 69.5, y - 69.5)) for y in range(N) for x in range(N)) * 1e-4
open("own.areas", "w").write("%.6f %.6f" % (count(lambda r: 39 < r < 50), count(lambda r: r < 30)))
PY
own() { measure --gppi 100 --voi 300um,500um --json "$@" tube.mha; }
ok "own masks on a scan" own --mask own.mha --label 2 --tv own-tv.mha --methods -o own.json
ok "Ct.Ar is that of the mask" is own.json ct_ar_mm2 "$(cut -d' ' -f1 own.areas | sed 's/0*$//')"
ok "TV as well" near own.json ma_ar_mm2 "$(cut -d' ' -f2 own.areas)" 0.001
ok "BV is the strut in it" near own.json bv_tv "$(python3 -c 'print('\
'sum((x-69.5)**2+(y-69.5)**2 < 25 for y in range(140) for x in range(140)) / '\
'sum((x-69.5)**2+(y-69.5)**2 < 900 for y in range(140) for x in range(140)))')" 0.001
ok "has all names too" complete own.json
ok "there is no threshold" is own.json threshold null
ok "for a reason" has own.json '"threshold":"a segmentation was given"'
ok "methods say so" has own.json 'Bone was that of a mask that was given.*endosteal surface was that of a mask'
ok "the VOI is the scan's" has own.json '"voi":{"first":130,"last":179}'
ok "bone alone" own --mask own.mha -o own.json
ok "the endosteum is found" near own.json ma_ar_mm2 0.502655 2
ok "TV alone" own --tv own-tv.mha -o own.json
ok "Ct.Ar by threshold" near own.json ct_ar_mm2 0.282743 2
ok "TV by the mask" near own.json tv_mm3 "$(python3 -c 'print(0.5 * float(open("own.areas").read().split()[1]))')" 0.001
python3 - <<'PY'
head, data = open("own-tv.mha", "rb").read().split(b"LOCAL\n", 1)
open("part-tv.mha", "wb").write(head + b"LOCAL\n" + data[:140 * 140 * 150] + bytes(140 * 140 * 50))
PY
ok "TV in a part of the VOI" own --tv part-tv.mha -o part.json
ok "is marked" has part.json 'the TV that was given is missing in some slices'
ok "another place" refuses "away.mha: does not lie where tube.mha lies" own --mask away.mha
ok "another spacing" refuses "must have the same spacing" own --tv coarse.mha
ok "another size" refuses "must have the same size" own --mask less.mha
sed '/^ElementSpacing/d' tube.mha >bare.mha
ok "without a voxel size, a VOI in slices" measure --gppi 100 --voi 30sl,50sl --json -o bare.json bare.mha
ok "is marked" has bare.json '"review":.*the file does not state its voxel size, 10 um are assumed'
ok "a VOI in um" measure --gppi 100 --voi 300um,500um --json -o bare.json bare.mha
ok "is marked once" same "$(grep -o 'voxel size' bare.json | wc -l)" 1
cp own.mha kept.mha
ok "a mask is not written over by a table" refuses "own.mha: is read in this run" own --mask own.mha -o own.mha
ok "nor by numbers of slices" refuses "own.mha: is read in this run" own --mask own.mha --per-slice own.mha
ok "it stays" cmp own.mha kept.mha
ok "a crop" own --crop crops
cp crops/tube.nii same.nii
ok "of a crop beside it" sh -c "cp same.nii tube2.nii; \
! '$gppi' measure --gppi 10 --voi 0um,100um --crop . same.nii >/dev/null 2>err"
ok "is refused" has err 'same.nii: is read in this run'
ok "the scan stays" cmp same.nii crops/tube.nii
rm kept.mha same.nii tube2.nii
ok "a threshold with a mask" refuses "threshold has no use with --mask" own --mask own.mha --threshold otsu
ok "also alone" refuses "threshold has no use with --mask" measure --mask own.mha --threshold 100
ok "nor a Gauss" refuses "gauss goes with scans" measure --mask own.mha --gauss 1
ok "nor a VOI" refuses "voi goes with scans" measure --mask own.mha --voi trabecular
ok "nor spacing on a scan" refuses "that of a mask alone" own --mask own.mha --spacing 10
ok "nor several scans" refuses "of one scan, but 2 are named" measure --mask own.mha tube.mha plate.mha
ok "nor --label without a mask" refuses "is that of --mask" own --label 1

# Many bones: one fails, and has a row; a run that was broken off goes on.
for i in a b c; do cp tube.mha $i.mha; printf '%s.mha,100\n' $i >>planes.csv; done
echo nothing >bad.mha
many() { measure --planes planes.csv --voi 300um,500um "$@"; }
fails() { "$@" >out 2>err; [ $? -eq 1 ]; }
ok "one of several fails" fails many --csv -o many.csv --report many.html --qc pictures a.mha bad.mha b.mha c.mha
ok "is told" has err 'bad.mha'
ok "has a row" has many.csv '^bad,.*,failed,"*bad.mha:'
ok "others have theirs" same "$(cut -d, -f1 many.csv | xargs)" 'name a bad b c'
fields() { python3 -c 'import csv, sys; print(*{len(r) for r in csv.reader(open(sys.argv[1]))})' "$1"; }
ok "of as many fields" same "$(fields many.csv | wc -w)" 1
ok "in JSON" fails many --json a.mha bad.mha
ok "as well" has out '"name":"bad","input":"bad.mha","index":null,"gppi":null,"error":"bad.mha'
ok "ends of the plane's error" python3 -c '
import csv
for r in csv.DictReader(open("many.csv")):
    assert r["status"] == "failed" or (
        float(r["tt_ar_mm2_low"]) <= float(r["tt_ar_mm2"]) <= float(r["tt_ar_mm2_high"])), r
    assert r["confidence"] == "", r'
page() { python3 - <<'PY'
import json, re
parts = [json.loads(t) for t in re.findall(r'class="bone">(.*?)</script>', open("many.html").read())]
pictures = [json.loads(t) for t in re.findall(r'class="pictures">(.*?)</script>', open("many.html").read())]
assert [p["name"] for p in parts] == ["a", "bad", "b", "c"] and "error" in parts[1], parts
m = parts[0]["measured"]
values = {v["name"]: v for v in m["values"]}
assert (abs(float(values["Tt.Ar"]["value"]) - 0.785398) < 0.01
        and values["Tb.Th"]["value"] is None and values["Tb.Th"]["why"]), values
assert len(pictures[0]) == 3 + len(parts[0]["slices"]) + 1
# 140 voxels of the tube's 100 are 200 slices high: the VOI is 50 of these, and each view shows the tube's width in all
# of them
w, h = parts[0]["view"]
for o in m["outline"]:
    assert abs(len(o["rows"]) - 50 * h / 200) <= 1.5, (len(o["rows"]), h)
    assert abs(o["top"] - 130 * h / 200) <= 1.5, (o["top"], h)
    for a, b, c, d in o["rows"]:
        assert abs((d - a + 1) / (c - b + 1) - 50 / 40) < 0.06, (a, b, c, d)
PY
}
ok "the page has numbers and outlines" page
ok "all of them" many --csv -o all.csv a.mha b.mha c.mha
cut_short() {
	head -3 all.csv | sed '2s/^a,[^,]*,/a,77,/' >going.csv.part
	head -4 all.csv | tail -1 | cut -c 1-40 | tr -d '\n' >>going.csv.part
}
ok "broken off in the third" cut_short
ok "goes on" many --csv --resume -o going.csv a.mha b.mha c.mha
ok "with the rows that were there" same "$(column going.csv tv_mm3)" "77 $(column all.csv tv_mm3 | cut -d' ' -f2-)"
ok "pictures that are missing are made" sh -c 'cp all.csv going.csv.part; mkdir some; : >some/a.jpg; : >some/c.jpg'
ok "by going on" many --csv --resume -o going.csv --qc some a.mha b.mha c.mha
ok "for these" sh -c '[ ! -s some/a.jpg ] && [ -s some/b.jpg ]'
ok "rows along the slices" cp all.csv going.csv.part
ok "do not go on across the shaft" refuses \
	"going.csv.part: the row of a is of --align slices, not shaft; start anew without --resume" \
	many --csv --resume --align shaft -o going.csv a.mha b.mha c.mha
ok "as JSON" many --json -o first.json a.mha b.mha
ok "of another version" sh -c 'sed "s/\"version\":\"[^\"]*/&0/" first.json >going.json.part'
ok "nor these" refuses "going.json.part: the row of a is of another version of gppi" \
	many --json --resume -o going.json a.mha b.mha
# The same from a list, in shards.
printf '%s.mha\n' c a b >scans.txt
ok "the first shard" many --csv --list scans.txt --shard 1/2 -o one.csv
ok "and the second" many --csv --list scans.txt --shard 2/2 -o two.csv
ok "have every bone once" same "$(tail -qn +2 one.csv two.csv | cut -d, -f1 | sort | xargs)" 'a b c'
ok "are put together" sh -c "'$gppi' merge --list scans.txt -o merged.csv two.csv one.csv"
ok "in the order of the list" same "$(column merged.csv name)" 'c a b'
ok "with the same numbers" same "$(sort merged.csv | cksum)" "$(sort all.csv | cksum)"
ok "rows twice" sh -c "'$gppi' merge -o twice.csv all.csv one.csv two.csv 2>err"
ok "are taken once" same "$(sort twice.csv | cksum)" "$(sort all.csv | cksum)"
ok "and told" same "$(grep -c '^gppi: note: .*; it is taken once$' err)" 3
ok "with one digit more" sh -c "sed '2s/,\\([1-9]\\)/,2\\1/' all.csv >digit.csv; ! cmp -s digit.csv all.csv"
ok "are an error" refuses \
	"^gppi: a (a.mha) is in all.csv and in digit.csv, with other numbers; the later one is taken" \
	"$gppi" merge all.csv digit.csv
ok "the later ones are taken" cmp out digit.csv
ok "JSON of another time" sh -c 'sed "s/\"seconds_measure\":[0-9.]*/\"seconds_measure\":77.5/" first.json '\
'>again.json; ! cmp -s first.json again.json'
ok "is the same" "$gppi" merge first.json again.json
ok "but not other numbers" sh -c 'sed "s/\"bv_mm3\":[0-9.]*/\"bv_mm3\":77.5/" first.json >again.json'
ok "in JSON either" refuses "with other numbers" "$gppi" merge first.json again.json
printf 'path,name,voxel_um\na.mha,left,20\n' >named.csv
printf 'Image Name,Growth Plate Index\nleft,100\n' >left.csv
ok "names and spacing of a list" measure --planes left.csv --voi 600um,1000um --json --list named.csv -o left.json
ok "are taken" sh -c "grep -q '\"name\":\"left\"' left.json && grep -q '\"spacing_um\":\[20.0,20.0,20.0\]' left.json"
ok "no other inputs" refuses "list names the scans" measure --list scans.txt a.mha
ok "no shard without a list" refuses "name it by --list" measure --shard 1/2 a.mha
ok "no such shard" refuses "shard is I/N" measure --list scans.txt --shard 3/2
printf 'Image Name,Growth Plate Index\n' >kind.csv
ok "a table of planes beside them" refuses "merge each kind by itself" "$gppi" merge all.csv kind.csv
ok "another table is refused" sh -c 'echo "Image Name,x" >going.csv.part'
ok "with a sentence" refuses "is no table of this version" many --csv --resume -o going.csv a.mha
ok "no table to go on with" refuses "goes on with a table" many --resume a.mha
ok "a threshold below marrow" measure --gppi 100 --voi 300um,500um --threshold=-500 --json -o low.json tube.mha
ok "is marked" has low.json '"review":.*the threshold does not lie between marrow and compact bone'
ok "one between is not" sh -c "! grep -q 'does not lie' hu.json"
ok "no calibration" refuses "has no calibration to mg HA/cm3" measure --gppi 100 --threshold 50mgHA tube.mha
ok "nor permille" refuses "has no calibration to SCANCO's permille" measure --gppi 100 --threshold 220permille tube.mha
ok "and no density" has tube.json '"tmd_mgha_cm3":"no calibration'
ok "local thresholds" measure --gppi 100 --voi 300um,500um --threshold local --methods --json -o local.json tube.mha
ok "are told" has local.json '"rule":"local".*after Bernsen 1986.*cube of 21 voxels'
ok "Ct.Ar is that of the cortex" near local.json ct_ar_mm2 0.282743 2
ok "a plane outside" refuses "the plane cannot lie" measure --gppi 500 tube.mha
given() { # ROWS...: a table of these alone, of columns that a semicolon divides
	{ echo 'Image Name;Growth Plate Index'; printf '%s\n' "$@"; } >given.csv
	measure --planes given.csv --voi 300um,500um --csv tube.mha
}
ok "not the row of another bone" refuses "has no plane of tube" given 'tube.2;100'
ok "a decimal comma" given 'tube.2;50' 'tube.mha;100,0'
ok "but no thousands" refuses 'line 2: "1.100,5" is not a slice index' given 'tube;1.100,5'
printf 'Image Name,Growth Plate Index\ntube,"0,100"\n' >given.csv
ok "nor where they may be" refuses 'line 2: "0,100" is not a slice index' measure --planes given.csv tube.mha
ok "a bone twice" refuses "given.csv: tube appears twice, on lines 2 and 3" given 'tube;100' 'tube.mha;50'
ok "odd rows of other bones are no matter" given 'other;NA' 'twice;1' 'twice;2' 'tube;100'
ok "a row without a plane" refuses "given.csv: line 2: the plane of tube is missing" given 'tube;'
ok "no such column" refuses 'given.csv: has no column "Growth Plate Index"' \
	sh -c "echo 'Image Name,Plane' >given.csv; '$gppi' measure --planes given.csv tube.mha"
ok "a table without the bone" refuses "has no plane of plate" measure --planes planes.csv plate.mha
ok "no such threshold" refuses "threshold is dual" measure --threshold high tube.mha
finish
