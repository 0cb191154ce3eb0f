#!/bin/sh
# gppi measure and gppi iou through the program: segmentations in several formats, options, errors.
#   GPPI=build/gppi tests/measure.sh
. "$(dirname "$0")/measure_setup.sh"

# A plate of 6 voxels in a block of 20 x 8 x 10, voxels of 10 um, as MetaImage, NRRD (values 0 and 3) and a folder of
# PGM; and the same moved by one voxel. Another label beside it.
python3 - <<'PY'
import os
NX, NY, NZ = 20, 8, 10
def mask(first, value, other=0):
    return bytes(value if first <= x < first + 6 else other for z in range(NZ) for y in range(NY) for x in range(NX))
def meta(name, voxels, spacing="0.01 0.01 0.01"):
    with open(name, "wb") as f:
        f.write(("ObjectType = Image\nNDims = 3\nDimSize = %d %d %d\nElementSpacing = %s\nElementType = MET_UCHAR\n"
                 "ElementDataFile = LOCAL\n" % (NX, NY, NZ, spacing)).encode() + voxels)
meta("plate.mha", mask(7, 1))
meta("moved.mha", mask(8, 1))
meta("labels.mha", mask(7, 2, 1))
meta("empty.mha", mask(7, 0))
meta("thread.mha", bytes(1 if (x, y) == (9, 4) else 0 for z in range(NZ) for y in range(NY) for x in range(NX)))
with open("plate.nrrd", "wb") as f:
    f.write(("NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n"
             "space directions: (0.01,0,0) (0,0.01,0) (0,0,0.01)\nspace units: \"mm\" \"mm\" \"mm\"\n"
             "encoding: raw\n\n" % (NX, NY, NZ)).encode() + mask(7, 3))
with open("half.mha", "wb") as f:
    tv = bytes(1 if z < NZ // 2 else 0 for z in range(NZ) for y in range(NY) for x in range(NX))
meta("half.mha", tv)
meta("coarse.mha", tv, "0.02 0.02 0.02")
# a sheet in a TV of 10 columns, with 7 columns of marrow to one side and 2 to the other: balls of 8 and 2
meta("sheet.mha", bytes(x == 12 for z in range(NZ) for y in range(NY) for x in range(NX)))
meta("middle.mha", bytes(5 <= x < 15 for z in range(NZ) for y in range(NY) for x in range(NX)))
with open("short.mha", "wb") as f:
    f.write(b"ObjectType = Image\nNDims = 3\nDimSize = 20 8 9\nElementSpacing = 0.01 0.01 0.01\n"
            b"ElementType = MET_UCHAR\nElementDataFile = LOCAL\n" + mask(7, 1)[:20 * 8 * 9])
PY

ok "MetaImage is measured" measure --mask plate.mha --json -o meta.json
ok "BV" is meta.json bv_mm3 0.00048
ok "BV/TV" is meta.json bv_tv 0.3
ok "Tb.Th" is meta.json tb_th_mm 0.06
ok "Tb.Sp" is meta.json tb_sp_mm 0.14
ok "Tb.N" is meta.json tb_n_per_mm 5
ok "mid-axes and SMI are not asked for" has meta.json '"tb_n_mid_per_mm":"on request only.*"smi":"on request only'
ok "nor in the text" sh -c "! '$gppi' measure --mask plate.mha | grep SMI"
ok "on request" measure --mask plate.mha --also smi,tb_n_mid --methods --json -o also.json
ok "SMI of a plate" is also.json smi 0
# its axis is two voxels wide, with 9 to each face of the block: balls of 18
ok "Tb.N of its mid-axes" is also.json tb_n_mid_per_mm 5.555556
ok "methods warn" has also.json 'does not tell rods from plates'
ok "the others stay" same "$(value also.json tb_n_per_mm)" "$(value meta.json tb_n_per_mm)"
ok "DA of a single plate is none" is meta.json da null
ok "with a reason" has meta.json '"da":"no line'
ok "conventions stand beside" has meta.json '"conventions":{"thickness":"local thickness'
ok "all names are there" complete meta.json
ok "also on request" complete also.json
ok "NRRD, another value" measure --mask plate.nrrd --json -o nrrd.json
ok "same numbers" is nrrd.json bv_tv 0.3
ok "one label of several" measure --mask labels.mha --label 2 --json -o label.json
ok "same numbers" is label.json bv_tv 0.3
ok "all labels together" measure --mask labels.mha --json -o labels.json
ok "are marked" has labels.json '"review":\["the mask has several values'
ok "one is not" has label.json '"review":\[\]'
ok "without spacing" sh -c \
	"sed '/^ElementSpacing/d' plate.mha >bare.mha; '$gppi' measure --mask bare.mha --json -o assumed.json"
ok "is marked" has assumed.json '"review":\["the file does not state its voxel size'
ok "with a spacing of 0" sh -c "sed 's/^ElementSpacing.*/ElementSpacing = 0 0.01 0.01/' plate.mha >zero.mha; \
'$gppi' measure --mask zero.mha --json -o zero.json"
ok "is marked" has zero.json '"review":\["voxel size in doubt: a size of 0 in the file, taken as 10 um'
ok "spacing given in um" measure --mask plate.mha --spacing 20 --json -o um.json
ok "doubles lengths" is um.json tb_th_mm 0.12
ok "spacing given in mm" measure --mask plate.mha --spacing 0.02mm --json -o mm.json
ok "is the same" same "$(value um.json bs_mm2)" "$(value mm.json bs_mm2)"
ok "below 0.5 without a unit" measure --mask plate.mha --spacing 0.02 --json -o bare.json
ok "is mm" same "$(value um.json bs_mm2)" "$(value bare.json bs_mm2)"
ok "three edges" measure --mask plate.mha --spacing 10,10,20um --json -o flat.json
ok "thickness of flat voxels is none" is flat.json tb_th_mm null
ok "but volumes are" is flat.json bv_mm3 0.00096
ok "TV" measure --mask plate.mha --tv half.mha --json -o tv.json
ok "is its own volume" is tv.json tv_mm3 0.0008
ok "bone outside is cortex" is tv.json ct_ar_mm2 0.0048
ok "marrow with a TV" measure --mask sheet.mha --tv middle.mha --json -o ends.json
ok "ends where TV does" is ends.json tb_sp_max_mm 0.08
ok "on both sides" is ends.json tb_sp_mm 0.06666667
ok "an empty mask is measured" measure --mask empty.mha --json -o empty.json
ok "BV/TV 0" is empty.json bv_tv 0
ok "no thickness" is empty.json tb_th_mm null
ok "no spacing" is empty.json tb_sp_mm null
ok "next to no spongiosa" measure --mask thread.mha --tv half.mha --json -o thread.json
ok "is marked" has thread.json '"review":\["BV/TV is below 2 %'
ok "none" measure --mask empty.mha --tv half.mha --json -o hollow.json
ok "is marked for its own reason" has hollow.json '"review":\["no spongiosa in the VOI'
ok "enough is not" has tv.json '"review":\[\]'
ok "CSV of it" measure --mask thread.mha --tv half.mha --csv -o thread.csv
ok "is marked as well" has thread.csv ',REVIEW,.*BV/TV is below 2 %'
ok "its fields are as many" same \
	"$(python3 -c 'import csv; print(*{len(r) for r in csv.reader(open("thread.csv"))})' | wc -w)" 1
ok "text of it" sh -c "'$gppi' measure --mask thread.mha --tv half.mha >thread"
ok "says so" has thread 'BV/TV is below 2 %'
ok "CSV" measure --mask plate.mha --csv --per-slice slices.csv -o plate.csv
ok "has a row of as many fields as names" same "$(head -1 plate.csv | tr -cd , | wc -c)" \
	"$(tail -1 plate.csv | tr -cd , | wc -c)"
ok "every slice has a row" same "$(wc -l <slices.csv)" 11
ok "text" sh -c "'$gppi' measure --mask plate.mha >text"
ok "names the unit" has text 'Tb.Th  *0.06 mm'
ok "scalar gives the same" measure --mask plate.mha --cpu scalar --json -o scalar.json
ok "to the last digit" cmp meta.json scalar.json

ok "no mask" refuses "or a segmentation by --mask" measure
ok "no such file" refuses "none.mha" measure --mask none.mha
ok "TV of another size" refuses "both must have the same size" measure --mask plate.mha --tv short.mha
ok "TV of another spacing" refuses "both must have the same spacing" measure --mask plate.mha --tv coarse.mha
ok "no spacing" refuses "spacing is an edge" measure --mask plate.mha --spacing 0
ok "no such endpoint" refuses "also is tb_n_mid" measure --mask plate.mha --also smi,ef
ok "two spacings" refuses "spacing is an edge" measure --mask plate.mha --spacing 10,10

# 6 of 20 columns against the same moved by one: 5 are common of 7; of the others 13 of 15.
ok "iou" sh -c "'$gppi' iou --json plate.mha moved.mha >iou.json"
ok "of the label" has iou.json '"label":1,"iou":0.714286,"dice":0.833333,"voxels":\[480,480\],"both":400'
ok "mean over both" has iou.json '"mean_iou":0.790476'
ok "of other values" sh -c "'$gppi' iou --csv plate.mha plate.nrrd >iou.csv"
ok "nothing in common" has iou.csv '^3,0.000000,0.000000,0,480,0'
ok "background is" has iou.csv '^0,1.000000,1.000000,1120,1120,1120'
ok "other sizes" refuses "both must have the same size" "$gppi" iou plate.mha short.mha
ok "one file only" refuses "name two" "$gppi" iou plate.mha
finish
