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

python3 - $grey_status $hu_status <<'PY'
import json, sys

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
            ok(f"{kind} {name}: the same", j.get("gppi_exact") == first["gppi_exact"], j.get("gppi_exact"), first["gppi_exact"])
            # a TIFF does not say what its values mean, which costs confidence
            ok(f"{kind} {name}: as sure", (kind, name) == ("HU", "tiff") or j.get("confidence") == first["confidence"],
               j.get("confidence"), first["confidence"])
        ok(f"{kind} {name}: spacing", j.get("spacing_known") == "read" and all(abs(s - 20) < 1e-3 for s in j["spacing_um"]), j)
ok("grey and HU", abs(grey["nifti"]["gppi"] - hu["nifti"]["gppi"]) <= 2, grey["nifti"]["gppi"], hu["nifti"]["gppi"])
print(f"{good} passed, {bad} failed")
sys.exit(bad != 0)
PY
