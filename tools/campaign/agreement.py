#!/usr/bin/env python3
"""Is the coarse-to-fine search as good as scoring every slice, and does every instruction set give the same answer?
On bones drawn for the purpose, as files, by the program itself:

    agreement.py --gppi build/gppi --phantom build/phantom [--bones 200] [--seed 480000] [--csv FILE]
                 [--before GPPI] [--weights DIR]

Each bone: gppi detect as it is, --exhaustive, and once with every instruction set. The planes of the first two are
compared; of the instruction sets everything that was answered but the times. --before: the program of another build
answers, too, with every instruction set, and what both say is compared: planes, what each model found, confidence, VOI.
Both are given the weights of DIR. Exit status 1 where fewer than 99.5 % of the planes agree, one instruction set says
anything else, or the other build does.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

CONDITIONS = ["typical", "osteoporotic", "young", "noisy", "tilt", "crop", "grey", "unseen", "wide"]
FIELDS = ["seed", "condition", "truth", "plane", "exact", "confidence", "ok", "exhaustive", "same_on_all", "longaxis",
          "sv", "cw", "review"]


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--gppi", default="build/gppi")
    p.add_argument("--phantom", default="build/phantom")
    p.add_argument("--bones", type=int, default=200)
    p.add_argument("--seed", type=int, default=480000)
    p.add_argument("--levels", default="scalar,avx2,avxvnni,avx512vnni", help="instruction sets beside the best one")
    p.add_argument("--csv", help="one line per bone is added to this file")
    p.add_argument("--before", help="another build's program, to be compared")
    p.add_argument("--weights", help="folder of networks for both builds")
    return p.parse_args()


def draw(phantom, seed, condition, folder):
    """The file, and the true plane or None."""
    path, truth = os.path.join(folder, "bone.nii"), os.path.join(folder, "truth.csv")
    if os.path.exists(truth):
        os.remove(truth)
    subprocess.run([phantom, "make", "--seed", str(seed), "--condition", condition, "--nifti", path, "--truth", truth],
                   check=True, stdout=subprocess.DEVNULL)
    with open(truth, newline="", encoding="utf-8") as f:
        return path, int(list(csv.reader(f))[-1][1])


def detect(gppi, path, *options):
    """What it answers without the times; a refusal is an answer, too."""
    out = subprocess.run([gppi, "detect", "--json", "-q", *options, path], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False, text=True)
    lines = out.stdout.splitlines()
    answer = json.loads(lines[0]) if lines else {"refused": out.stderr.strip()}
    for field in ("seconds", "isa"):
        answer.pop(field, None)
    return answer


def differences(now, before):
    """Fields that two builds both know, and of which they say different things."""
    return [field for field in now if field in before and field != "version" and now[field] != before[field]]


def main():
    a = arguments()
    agree, same, as_before = 0, 0, 0
    weights = ["--weights", a.weights] if a.weights else []
    levels = [["--cpu", level] for level in a.levels.split(",")]
    with tempfile.TemporaryDirectory(dir=os.path.dirname(a.gppi)) as folder:
        for i in range(a.bones):
            condition = CONDITIONS[i % len(CONDITIONS)]
            path, truth = draw(a.phantom, a.seed + i, condition, folder)
            default, all_slices = (detect(a.gppi, path, *weights, *how) for how in ([], ["--exhaustive"]))
            others = [level[1] for level in levels if detect(a.gppi, path, *weights, *level) != default]
            agree += default.get("gppi") == all_slices.get("gppi")
            same += not others
            if a.before:
                found = [(how[-1] if how else "best", differences(default, detect(a.before, path, *weights, *how)))
                         for how in ([], *levels)]
                found += [("exhaustive", differences(all_slices, detect(a.before, path, *weights, "--exhaustive")))]
                as_before += not any(fields for _, fields in found)
                for how, fields in found:
                    if fields:
                        print(f"{a.seed + i} {condition}: the other build, {how}: another {', '.join(fields)}",
                              flush=True)
            if others or default.get("gppi") != all_slices.get("gppi"):
                print(f"{a.seed + i} {condition}: truth {truth}, plane {default.get('gppi')}, exhaustive "
                      f"{all_slices.get('gppi')}, another answer on: {' '.join(others) or 'none'}", flush=True)
            if a.csv:
                models = default.get("models", {})
                row = dict(zip(FIELDS, [a.seed + i, condition, truth, default.get("gppi"), default.get("gppi_exact"),
                                        default.get("confidence"), int(default.get("review") == []),
                                        all_slices.get("gppi"), int(not others),
                                        models.get("longaxis", {}).get("plane"),
                                        models.get("sv", {}).get("plane"), models.get("cw", {}).get("likelihood_plane"),
                                        "; ".join(default.get("review", [default.get("refused", "")]))]))
                new = not os.path.exists(a.csv)
                with open(a.csv, "a", newline="", encoding="utf-8") as f:
                    writer = csv.DictWriter(f, FIELDS)
                    if new:
                        writer.writeheader()
                    writer.writerow(row)
    print(f"{a.bones} bones: coarse to fine and every slice agree in {agree} ({100 * agree / a.bones:.1f} %); "
          f"the same answer on every instruction set in {same}"
          + (f"; and of the other build, on every one, in {as_before}" if a.before else ""))
    return 0 if agree >= 0.995 * a.bones and same == a.bones and as_before == (a.bones if a.before else 0) else 1


if __name__ == "__main__":
    sys.exit(main())
