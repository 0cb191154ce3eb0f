#!/bin/sh
# gppi measure on whole bones: copies, the landmark, falling raw values, threads, DICOM.
#   GPPI=build/gppi PHANTOM=build/phantom tests/measure_bones.sh
. "$(dirname "$0")/measure_setup.sh"

# A whole scan and a copy of it, turned by 90 degrees and from the other end: plane, VOI and numbers are the same.
ok "a phantom" "$phantom" make --seed 4242 --condition typical --spongiosa coarse --size 300 --nifti scan.nii
python3 - <<'PY'
import array, struct
head = bytearray(open("scan.nii", "rb").read(352))
nx, ny, nz = struct.unpack("<3h", head[42:48])
keep = 420 # slices: more of the shaft is of no use
v = array.array("h", open("scan.nii", "rb").read()[352:352 + 2 * nx * ny * keep])
n = nx * ny
struct.pack_into("<h", head, 46, keep)
open("bone.nii", "wb").write(bytes(head) + v.tobytes())
struct.pack_into("<3h", head, 42, ny, nx, keep)
with open("copy.nii", "wb") as f: # voxel (x, y, z) becomes (ny - 1 - y, x, keep - 1 - z)
    f.write(bytes(head))
    for z in range(keep - 1, -1, -1):
        slice = v[z * n:(z + 1) * n]
        for x in range(nx):
            f.write(slice[x::nx][::-1].tobytes())
PY
ok "is measured" measure --json -o bone.json bone.nii
ok "and its copy" measure --json -o copy.json copy.nii
copies() { python3 - <<'PY'
import json
a, b = json.load(open("bone.json")), json.load(open("copy.json"))
assert a["gppi"] + b["gppi"] == 419 and a["voi"]["first"] + b["voi"]["last"] == 419, (
    a["gppi"], b["gppi"], a["voi"], b["voi"])
assert a["voxels"] == b["voxels"] and a["voxels"]["bv"] > 50000, (a["voxels"], b["voxels"])
for name, v in a["measures"].items():
    w = b["measures"][name]
    if name.startswith(("plate_", "secondary_")):
        continue
    assert (v is None) == (w is None) and (not isinstance(v, float) or abs(v - w) <= 1e-6 * abs(v)), (name, v, w)
PY
}
ok "has the same numbers" copies

# A VOI that begins at the secondary spongiosa does not follow the plane.
ok "the VOI from the landmark on" measure --voi secondary --methods --json -o secondary.json bone.nii
from_landmark() { python3 - <<'PY'
import json
a, plain = json.load(open("secondary.json")), json.load(open("bone.json"))
v, begin = a["voi"], a["landmarks"]["secondary_begins"]["slice"]
assert a["gppi"] == plain["gppi"] and v["last"] - v["first"] == 99 and begin in (v["first"], v["last"]), (v, begin)
assert "(from where bone fraction and texture of the marrow cavity have come down" in a["methods"], a["methods"]
assert "from the plane)" not in a["methods"]
e = a["plane_error"]
assert e["measures"] == {} and "does not follow the plane" in e["reason"], e
assert "reason" not in plain["plane_error"] and plain["plane_error"]["measures"]
PY
}
ok "is told as such, and has no ranges" from_landmark
ok "nor in the text" sh -c "'$gppi' measure --threads 2 --voi secondary bone.nii >secondary; \
grep -q 'ranges  *none: the VOI begins' secondary && ! grep -q 'in brackets' secondary"
ok "nor in a table" sh -c "'$gppi' measure --threads 2 --voi secondary --csv bone.nii -o secondary.csv"
ok "which leaves them empty" same "[$(column secondary.csv tv_mm3_low)$(column secondary.csv tv_mm3_per_plane)]" '[]'

# The same values in a file whose raw ones fall where they rise.
python3 - <<'PY'
import array, struct
data = bytearray(open("bone.nii", "rb").read())
v = array.array("h", bytes(data[352:]))
slope, inter = struct.unpack_from("<2f", data, 112)
struct.pack_into("<2f", data, 112, -slope, inter - slope)
open("falling.nii", "wb").write(bytes(data[:352]) + array.array("h", (~a for a in v)).tobytes())
PY
ok "a scan of negative slope" measure --json -o falling.json --crop fallen falling.nii
ok "the same with a positive one" measure --json -o bone.json --crop risen bone.nii
ok "has the same numbers" python3 -c 'import json; '\
'a, b = (json.load(open(n + ".json")) for n in ("falling", "bone")); '\
'assert all(a[k] == b[k] for k in ("measures", "voxels", "segmentation", "review")), a["measures"]'
ok "and the same VOI as a file" cmp risen/bone.nii fallen/falling.nii

# Numbers hang on no noise of the voxel size: 0.01 mm of 32 bits are the 10 um that are given.
plain() { sed 's/"seconds_measure":[^,}]*//; s/"spacing_known":"[a-z]*"//' "$1"; }
own_size() {
	measure --gppi "$(python3 -c 'import json; print(json.load(open("bone.json"))["gppi"])')" --threshold local \
		--json "$@" bone.nii
}
ok "voxels of the file's size" own_size -o read.json
ok "of the same that is given" own_size --voxel-um 10 -o given.json
ok "the same numbers" same "$(plain read.json)" "$(plain given.json)"

# Growth plate and VOI share the threads.
for threads in 1 3; do
	ok "$threads threads" measure --threads $threads --json -o threads.json bone.nii
	ok "give the same numbers" same "$(sed 's/"seconds_measure":[^,}]*//' threads.json)" \
		"$(sed 's/"seconds_measure":[^,}]*//' bone.json)"
done

# The growth plate in DICOM: a segment in slices before those of the VOI.
plate_segment() {
	[ "$(value scan.json plate_th_mm)" != null ] &&
		dcmdump +P SegmentLabel series/*-segments.dcm | grep -q 'Growth plate' || return 1
	dciodvfy series/*-segments.dcm >out 2>&1
	! grep -q '^Error\|^Abort' out
}
mkdir dicom
ok "a phantom in DICOM" "$phantom" make --seed 4242 --condition typical --spongiosa coarse --size 300 --dicom dicom
ok "is measured" measure --gppi 185 --json -o scan.json --dicom-results series dicom
ok "its growth plate is a segment without errors" plate_segment
finish
