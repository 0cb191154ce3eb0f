#!/bin/sh
# The same bone in every format gives the same plane, through the program itself.
#   GPPI=build/gppi FIXTURE=build/tests/cli_fixture FORMATS=build/tests/cli_formats tests/cli_formats.sh
. "$(dirname "$0")/cli_setup.sh"
enter "$(absolute "${FORMATS:-build/tests/cli_formats}")"

# Both kinds in one run each; a failing input has its own line.
"$gppi" detect --json --weights weights grey-*.* grey-png grey-jpg grey-bmp >grey.json 2>grey.err
grey_status=$?
"$gppi" detect --json --weights weights hu-* >hu.json 2>hu.err
hu_status=$?

# The same without a voxel size, and with one that is not a cube's: the verdict is REVIEW where the VOI is in um.
sed 's/^ElementSpacing.*/ElementSpacing = 1 1 1/' hu-meta.mha >none-1.mha
sed 's/^ElementSpacing.*/ElementSpacing = 0,02 0,02 1/' hu-meta.mha >z-1.mha
"$gppi" detect --json --weights weights none-1.mha z-1.mha hu-meta.mha >sizes.json 2>sizes.err
"$gppi" detect --json --weights weights --voi 20sl,50sl none-1.mha >>sizes.json 2>>sizes.err
"$gppi" detect --json --weights weights --voxel-um 20 none-1.mha z-1.mha >>sizes.json 2>>sizes.err

# A holder of two bones; its page, pictures, table and parts.
"$gppi" detect --json --weights weights --qc pictures --report page.html holder-* >holder.json 2>holder.err
holder_status=$?
"$gppi" detect --csv --weights weights holder-dicom >holder.csv 2>>holder.err
"$gppi" split --json holder-dicom holder-jpg -o parts >parts.json 2>>holder.err

python3 - $grey_status $hu_status $holder_status <<'PY'
import csv, json, os, sys

good, bad = 0, 0

def ok(name, condition, *more):
    global good, bad
    good, bad = good + bool(condition), bad + (not condition)
    if not condition:
        print("FAIL", name, *more)

def bones(kind):
    lines = [json.loads(line) for line in open(kind + ".json")]
    return {j["input"].split("-")[1].split(".")[0]: j for j in lines}

grey, hu = bones("grey"), bones("hu")
ok("every grey format", set(grey) == set("nifti isq aim meta nrrd vox vgi tiff png jpg bmp".split()), sorted(grey))
ok("every format in HU", set(hu) == set("nifti float meta nrrd vox tiff".split()), sorted(hu))
ok("status of grey", sys.argv[1] == "0", open("grey.err").read())
ok("status of HU", sys.argv[2] == "0", open("hu.err").read())
for kind, all_ in ("grey", grey), ("HU", hu):
    first = all_.get("nifti", {})
    for name, j in sorted(all_.items()):
        plane = j["gppi"]
        ok(f"{kind} {name}: a plane", plane is not None and 40 < plane < 140, j)
        if name == "jpg": # quality 95
            ok(f"{kind} {name}: within 1", plane is not None and abs(plane - first["gppi"]) <= 1, plane, first["gppi"])
        else:
            ok(f"{kind} {name}: the same", j.get("gppi_exact") == first["gppi_exact"], j.get("gppi_exact"),
               first["gppi_exact"])
            # a TIFF does not say what its values mean, which costs confidence
            ok(f"{kind} {name}: as sure", (kind, name) == ("HU", "tiff") or j.get("confidence") == first["confidence"],
               j.get("confidence"), first["confidence"])
        ok(f"{kind} {name}: spacing",
           j.get("spacing_known") == "read" and all(abs(s - 20) < 1e-3 for s in j["spacing_um"]), j)
ok("grey and HU", abs(grey["nifti"]["gppi"] - hu["nifti"]["gppi"]) <= 2, grey["nifti"]["gppi"], hu["nifti"]["gppi"])

none, cubes, stated, slices, given, given_too = sizes = [json.loads(line) for line in open("sizes.json")]
plain = stated["review"]
ok("no voxel size: assumed", none["spacing_known"] == "assumed" and none["gppi_mm"] is None, none)
ok("no voxel size: said first",
   none["review"][0] == "voxel size not stated, 10 um assumed for the VOI: give it with --voxel-um", none)
ok("no voxel size: no matter in slices", not any("voxel size" in r for r in slices["review"]), slices)
ok("z of 1 mm: as the others", cubes["spacing_um"] == [20, 20, 20] and cubes["gppi"] == stated["gppi"]
   and cubes["voi"] == stated["voi"], cubes)
ok("z of 1 mm: said",
   cubes["review"] == ["voxel size in doubt: 20 x 20 x 1000 um in the file, taken as 20 um"] + plain, cubes)
for j in given, given_too:
    ok("given: no doubt", j["spacing_known"] == "given" and j["review"] == plain and j["voi"] == stated["voi"], j)

holders = {}
for j in map(json.loads, open("holder.json")):
    holders.setdefault(j["input"].split("-")[1].split(".")[0], []).append(j)
ok("status of holders", sys.argv[3] == "0", open("holder.err").read())
ok("every format with a holder", set(holders) == set("nifti dicom tiff png jpg".split()), sorted(holders))
first = holders.get("nifti", [])
ok("two bones", len(first) == 2)
ok("one of them upside down", [b["shaft_first"] for b in first] == [False, True], first)
for name, bones in sorted(holders.items()):
    planes = [b["gppi"] for b in bones]
    box = lambda bones: [(b["holder"]["bone"], b["holder"]["offset"], b["holder"]["dims"]) for b in bones]
    same = [f["gppi"] for f in first]
    ok(f"holder {name}: planes", None not in planes and len(planes) == 2 and all(abs(p - f) <= (name in ("png", "jpg"))
       for p, f in zip(planes, same)), planes, same)
    ok(f"holder {name}: boxes", box(bones) == box(first), box(bones), box(first))
rows = list(csv.DictReader(open("holder.csv")))
ok("table of a holder",
   [[int(r[k]) for k in ("Bone", "Bones", "Offset x", "Offset y", "Offset z", "Size x", "Size y", "Size z")]
    for r in rows] == [[b["holder"]["bone"], 2, *b["holder"]["offset"], *b["holder"]["dims"]]
                       for b in holders.get("dicom", [])], rows)
names = {b["name"] for bones in holders.values() for b in bones}
ok("a picture for each bone", {f[:-4] for f in os.listdir("pictures")} >= names and len(os.listdir("pictures")) == 10,
   os.listdir("pictures"), names)
page = open("page.html", encoding="utf-8").read()
ok("each bone is on the page", all('"' + n + '"' in page for n in names), names)
parts = [json.loads(line) for line in open("parts.json")]
ok("parts of DICOM and JPEG", [p["offset"] for p in parts] == [b["holder"]["offset"] for b in first] * 2, parts)
print(f"{good} passed, {bad} failed")
sys.exit(bad != 0)
PY
