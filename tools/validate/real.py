#!/usr/bin/env python3
"""`gppi longaxis` on labelled pictures of real bones, bone by bone.

    real.py GPPI LABELLED [--panels FOLDER] [--weights DIR] [--only BONE,...]

LABELLED: a folder with pictures and labels.csv (file, gppi: row of the plane, bone, study), and, with --panels,
panels.csv (panel, bone, row_c1_c2, slices_per_row, young) for the pairs NN_c1.png, NN_c2.png of FOLDER. All pictures
of a bone are asked about together. Errors are in slices of 10 um, positive towards the shaft.
"""

import argparse
import csv
import json
import os
import subprocess

UM = 10.0  # of a slice
SAME = {"mh170": "2b132249a5"}  # bones that labels.csv and panels.csv call differently


def groups(labelled, panels):
    """(name, bone, young, pictures, row of the plane, slices per row) of every set of pictures to ask about."""
    sets = {}
    with open(os.path.join(labelled, "labels.csv"), newline="") as f:
        for r in csv.DictReader(f):
            young = "young" in r["study"] or r["bone"].startswith("mh170")
            sets.setdefault(r["bone"], (r["bone"], SAME.get(r["bone"], r["bone"]), young, [], float(r["gppi"]),
                                        1.0))[3].append(os.path.join(labelled, r["file"]))
    out = list(sets.values())
    if panels:
        with open(os.path.join(labelled, "panels.csv"), newline="") as f:
            for r in csv.DictReader(f):
                pair = [os.path.join(panels, "%s_c%d.png" % (r["panel"], k)) for k in (1, 2)]
                out.append(("panel " + r["panel"], r["bone"], r["young"] == "1", pair, float(r["row_c1_c2"]),
                            float(r["slices_per_row"])))
    return out


def ask(gppi, weights, pictures, per_row):
    """Row of the plane (nan: none) and confidence."""
    command = [gppi, "longaxis", "--together", "--json", "--um-per-row", str(UM * per_row)]
    if weights:
        command += ["--weights", weights]
    run = subprocess.run(command + pictures, capture_output=True, text=True)
    if not run.stdout.strip():
        return float("nan"), 0.0
    answer = json.loads(run.stdout)
    row = answer["gppi_exact"]
    return float("nan") if row is None else row, answer["confidence"]


def summary(name, errors):
    seen = [e for e in errors if e == e]
    if seen:
        print("%-22s %2d sets, %d without an answer: bias %+.2f, MAE %.2f, within 3: %.0f %%, worst %+.0f" % (
            name, len(errors), len(errors) - len(seen), sum(seen) / len(seen), sum(map(abs, seen)) / len(seen),
            100 * sum(abs(e) <= 3.5 for e in seen) / len(seen), max(seen, key=abs)))


def judge(gppi, labelled, panels, weights, bones):
    """(bone, young, error, confidence) of the sets of pictures of these bones (None: of all), printed one by one."""
    rows = []
    for name, bone, young, pictures, row, per_row in groups(labelled, panels):
        if bones and bone not in bones:
            continue
        at, confidence = ask(gppi, weights, pictures, per_row)
        rows.append((bone, young, (at - row) * per_row, confidence))
        print("%-12s %-12s %-5s error %+6.1f  confidence %.2f"
              % (name, bone, "young" if young else "adult", rows[-1][2], confidence))
    return rows


def summaries(rows):
    summary("all", [r[2] for r in rows])
    for young in (False, True):
        summary("young" if young else "adult", [r[2] for r in rows if r[1] == young])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("gppi")
    p.add_argument("labelled")
    p.add_argument("--panels")
    p.add_argument("--weights")
    p.add_argument("--only", help="bones, with commas between: those a network of a cross-validation did not see")
    a = p.parse_args()
    summaries(judge(a.gppi, a.labelled, a.panels, a.weights, a.only.split(",") if a.only else None))


if __name__ == "__main__":
    main()
