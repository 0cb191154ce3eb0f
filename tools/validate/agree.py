#!/usr/bin/env python3
"""What `gppi detect --disagree N` would be worth: of bones with a known plane, how many stay `ok`, and how many of
these are right; and of those that want a review, how many a second opinion confirms.

    gppi detect --second-opinion heavy --when always --json=r.jsonl study/*.nii
    agree.py truth.csv r.jsonl [--solution bm] [--right 3]

Both files may be given several times, in pairs: truth.csv r.jsonl truth2.csv r2.jsonl. Distances are in the scan's
slices.
"""
import argparse
import csv
import json
import math
import re

LIMITS = (1, 2, 3, 5, 8, 12)


def known(path):
    with open(path, newline="", encoding="utf-8-sig") as f:
        return {re.sub(r"\.nii(\.gz)?$", "", row["Image Name"]): float(row["Growth Plate Index"])
                for row in csv.DictReader(f)}


def bones(truth, results, solution):
    """(is ok, error, error of the second opinion, seconds of both) for every bone of a table."""
    planes = known(truth)
    with open(results) as f:
        for r in map(json.loads, f):
            if r["name"] not in planes or r.get("gppi_exact") is None:
                continue
            said = next((o for o in (r["second_opinion"] or {"solutions": []})["solutions"]
                         if o["solution"] == solution), None)
            if said is None:
                raise SystemExit("%s: %s was not asked about %s; detect with --when always"
                                 % (results, solution, r["name"]))
            true, plane = planes[r["name"]], said["plane"]
            yield (r["status"] == "ok", r["gppi"] - true, None if plane is None else math.floor(plane + 0.5) - true,
                   r["seconds"]["total"], said["seconds"])


def share(part, right):
    good = sum(abs(b[1]) <= right for b in part)
    return "%3d bones, %3d right (%s)" % (len(part), good, "%.1f %%" % (100 * good / len(part)) if part else "-")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("files", nargs="+")
    p.add_argument("--solution", default="bm")
    p.add_argument("--right", type=float, default=3, help="slices")
    a = p.parse_args()
    if len(a.files) % 2:
        p.error("name a truth.csv and a r.jsonl, in pairs")
    all_ = [b for k in range(0, len(a.files), 2) for b in bones(a.files[k], a.files[k + 1], a.solution)]
    seen = [b for b in all_ if b[2] is not None]
    if not seen:
        raise SystemExit("no bone with a known plane and a second opinion")
    for name, k in (("gppi", 1), (a.solution, 2)):
        errors = sorted(abs(b[k]) for b in seen)
        print("%-6s MAE %5.2f, median %.2f, %d of %d within %g"
              % (name, sum(errors) / len(errors), errors[len(errors) // 2],
                 sum(e <= a.right for e in errors), len(errors), a.right))
    print("seconds a bone: %.2f, of these %s %.2f"
          % (sum(b[3] for b in all_) / len(all_), a.solution, sum(b[4] for b in all_) / len(all_)))
    print("%-13s %s" % ("all", share(all_, a.right)))
    for word, is_ok in (("ok", True), ("REVIEW", False)):
        part = [b for b in all_ if b[0] == is_ok]
        print("%-13s %s" % (word, share(part, a.right)))
        for n in LIMITS:
            near = [b for b in part if b[2] is not None and abs(b[2] - b[1]) <= n]
            print("  agree %-6d%s" % (n, share(near, a.right)))


if __name__ == "__main__":
    main()
