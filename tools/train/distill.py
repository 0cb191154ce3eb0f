#!/usr/bin/env python3
"""Fine-tunes the int8 networks on a lab's scans that nobody labelled: the published heavy networks say the planes.

    distill.py --images FOLDER --heavy DIR --out my-weights [--replay SHARDS]

DIR is what tools/heavy/convert.py writes, of networks that are good on such scans. `gppi detect --second-opinion` asks
them about every scan. A bone's target is the mean of the heavy planes that agree within --agree slices, at least two,
or the plane of one that agrees with gppi's own. Other bones are left out; planes.csv in the work folder has all of
them, and a person may label the rest for crossval.py. Then every network goes on from the program's own weights.
--replay adds shards of `phantom dataset`, so that what the networks knew stays. Run again, the same command goes on
where it was stopped.

Nothing here says whether the new weights are better: keep some labelled bones apart and ask `gppi eval`.
"""

import argparse
import csv
import glob
import json
import os
import shutil
import statistics
import sys
import time

import crossval

SUFFIXES = (".nii", ".nii.gz")
LEAST = 10  # bones


def target(heavy, own, within):
    """The plane that networks agree on, and how many of them; None where they do not."""
    heavy = sorted(p for p in heavy if p is not None)
    groups = [[p for p in heavy if low <= p <= low + within] for low in heavy]
    best = max(groups, key=len, default=[])
    if len(best) > 1:
        return statistics.fmean(best), len(best)
    near = [p for p in heavy if own is not None and abs(p - own) <= within]
    return (min(near, key=lambda p: abs(p - own)), 1) if near else (None, 0)


def opinions(w, scans):
    """Results of gppi with second opinions, by scan."""
    a, out = w.a, w.path("opinions.jsonl")
    if not os.path.exists(out):
        crossval.run([os.path.join(a.build, "gppi"), "detect", "--second-opinion", a.heavy, "--when", "always",
                      "--json=" + out, "--resume", "--weights", a.start, "--device", a.device,
                      *(["--ort", a.ort] if a.ort else []), *(["--exhaustive"] if a.exhaustive else []),
                      *(["--voxel-um", a.voxel_um] if a.voxel_um else [])]
                     + scans, w.log, (0, 1))
    with open(out) as f:
        return [json.loads(line) for line in f]


def targets(results, within):
    """Rows (name, target or None, networks that agree, gppi's plane, heavy planes)."""
    rows = []
    for r in results:
        said = {o["solution"]: o["plane"] for o in (r.get("second_opinion") or {}).get("solutions", [])}
        name = os.path.basename(r["input"])
        name = next((name[:-len(s)] for s in sorted(SUFFIXES, key=len, reverse=True) if name.endswith(s)), name)
        plane, n = target(said.values(), r.get("gppi_exact"), within)
        rows.append((name, plane, n, r.get("gppi_exact"), said))
    return rows


def write_all(path, rows):
    solutions = sorted({s for row in rows for s in row[4]})
    with open(path, "w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["Image Name", "Growth Plate Index", "networks", "gppi"] + solutions)
        for name, plane, n, own, said in rows:
            table.writerow([name] + ["" if v is None else "%g" % v
                                     for v in [plane, n, own] + [said.get(s) for s in solutions]])


class Distil(crossval.Work):
    def prepare(self, replay):
        """The lab's bones as one shard, synthetic ones beside it."""
        if not os.path.exists(os.path.join(self.shards, "s-lab.csv")):
            table = self.path("targets.csv")
            crossval.write_csv(table, self.rows)
            crossval.run([os.path.join(self.a.build, "prepare"), "--images", self.a.images, "--truth", table, "--out",
                          os.path.join(self.shards, "s-lab")]
                         + (["--voxel-um", self.a.voxel_um] if self.a.voxel_um else []), self.log, (0, 1))
        for path in glob.glob(os.path.join(glob.escape(replay), "s*.csv")) if replay else []:
            for file in (path, path[:-4] + ".u8"):
                link = os.path.join(self.shards, os.path.basename(file))
                if not os.path.exists(link):
                    os.symlink(os.path.abspath(file), link)

    def learn(self, name, fold):
        """One network goes on from its own weights."""
        kind = "sv-regressor" if name.startswith("sv-regressor") else name
        samples, batch, rate = crossval.RECIPE[kind]
        out, start = self.path("networks", name + ".pt"), self.path("start", name + ".pt")
        if os.path.exists(out[:-3] + ".json"):
            return
        if not os.path.exists(start):
            self.tool("unfold", os.path.join(self.a.start, name + ".gppiw"), "--data", self.shards, "--out", start)
        began = time.time()
        self.tool("train", kind, "--data", self.shards, "--start", start,
                  "--samples", max(batch, int(samples * self.a.effort)), "--batch", batch, "--rate", rate,
                  "--threads", self.a.threads, "--out", out, "--fold", fold,
                  *(["--bfloat16"] if self.a.bfloat16 else []))
        print("%s: %.0f s" % (name, time.time() - began), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--images", required=True, help="folder of NIfTI files")
    p.add_argument("--heavy", required=True, help="folder of converted heavy networks")
    p.add_argument("--out", required=True, help="folder for the weights")
    p.add_argument("--replay", help="folder of shards of `phantom dataset` to train on as well")
    p.add_argument("--agree", type=float, default=2, help="slices")
    p.add_argument("--exhaustive", action="store_true", help="BM and SN search the whole bone, not near gppi's plane")
    p.add_argument("--device", default="auto", help="of the heavy networks")
    p.add_argument("--ort", help="ONNX Runtime")
    p.add_argument("--work", help="folder for everything in between; OUT-work where not given")
    p.add_argument("--build", default="build", help="where gppi and prepare are")
    p.add_argument("--start", default="weights", help="weights to begin with")
    p.add_argument("--effort", type=float, default=1.0, help="factor on the length of every training")
    p.add_argument("--only", action="append", choices=list(crossval.RECIPE),
                   help="train this network and leave the others as they are; may be given again")
    p.add_argument("--threads", type=int, default=0, help="of PyTorch; 0: as many as it likes")
    p.add_argument("--width", type=int, default=32, help="of the CW network in --start")
    p.add_argument("--bfloat16", action="store_true", help="faster where the processor has it")
    p.add_argument("--voxel-um", help="size of a voxel where the scans do not state it")
    p.add_argument("--note", default="own bones by planes of heavy networks, from synthetic femurs",
                   help="said by `gppi models`")
    a = p.parse_args()
    a.only = a.only or list(crossval.RECIPE)
    a.work = a.work or a.out.rstrip("/") + "-work"

    scans = sorted(s for ending in SUFFIXES for s in glob.glob(os.path.join(glob.escape(a.images), "*" + ending)))
    if not scans:
        sys.exit("%s: has no *.nii or *.nii.gz" % a.images)
    w = Distil(a, [])
    rows = targets(opinions(w, scans), a.agree)
    write_all(w.path("planes.csv"), rows)
    w.rows = [(name, plane, i % crossval.FOLDS, None) for i, (name, plane, *_) in enumerate(r for r in rows if r[2])]
    print("%d of %d bones have a plane that networks agree on (%s)"
          % (len(w.rows), len(scans), w.path("planes.csv")), flush=True)
    if len(w.rows) < LEAST:
        sys.exit("too few to learn from; %d are needed" % LEAST)
    w.prepare(a.replay)
    for kind in a.only:
        for fold in range(crossval.FOLDS) if kind == "sv-regressor" else [-1]:
            w.learn(kind if fold < 0 else "%s-%d" % (kind, fold), fold)
    w.export(None, w.path("networks", "x")[:-2], a.out)
    w.complete(a.out)
    print("%s: weights for `gppi detect --weights`" % a.out)


if __name__ == "__main__":
    main()
