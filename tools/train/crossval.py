#!/usr/bin/env python3
"""Fine-tunes all networks on a lab's own bones, says how well that works, and writes the weights.

    crossval.py --images FOLDER --truth planes.csv --out my-weights

planes.csv: the challenge's columns `Image Name,Growth Plate Index[,fold]`; names with or without suffix, folds
0..4. Without folds, bones are dealt out by their plane, so that every fold holds low and high ones.

For every fold, the networks are trained on the other folds from the program's own weights, and the bones of the
fold are detected with them: the tables of `gppi eval` then rest on bones that no network has seen. The weights
written in the end: the five regressors of the folds, and long-axis and picture networks and classifiers trained on
all bones.
Everything in between is kept in --work, and a run that was stopped goes on where it ended.
"""

import argparse
import contextlib
import csv
import glob
import importlib
import os
import random
import shutil
import subprocess
import sys
import time

SUFFIXES = ("", ".nii", ".nii.gz")   # as build/prepare tries them
FOLDS = 5   # as data.py has them
# kind: samples shown in a training (along the bone: bones, from eight sides), batch, learning rate; a tenth or
# less of a training from nothing
RECIPE = {"longaxis": (1600, 4, 5e-4), "picture": (1600, 4, 5e-4), "cw-classifier": (8000, 16, 4e-4),
          "sv-classifier": (4000, 16, 4e-4), "sv-regressor": (2400, 8, 4e-4), "sv-inner": (2400, 8, 4e-4)}


def read_truth(path, images):
    """Rows (name, plane, fold or "", file of the scan)."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as f:
            rows = list(csv.DictReader(f))
    except OSError as problem:
        sys.exit("%s: cannot be read: %s" % (path, problem.strerror))
    if not rows or not {"Image Name", "Growth Plate Index"} <= set(rows[0]):
        sys.exit("%s: needs the columns Image Name and Growth Plate Index and a row for each bone" % path)
    out = []
    for row in rows:
        name = (row["Image Name"] or "").strip()
        try:
            plane = float(row["Growth Plate Index"])
        except (TypeError, ValueError):
            sys.exit("%s: the plane of %s is no number" % (path, name))
        scan = next((p for p in (os.path.join(images, name + s) for s in SUFFIXES) if os.path.exists(p)), None)
        if not name or scan is None:
            sys.exit("%s: there is no scan %s in %s; its name may end in %s"
                     % (path, name or "without name", images, ", ".join(SUFFIXES[1:])))
        out.append([name, plane, (row.get("fold") or "").strip(), scan])
    if len({row[0] for row in out}) != len(out):
        sys.exit("%s: names a bone twice" % path)
    return out


def deal(rows, path, seed=1):
    """Folds 0..4: those of the table, or dealt out along the sorted planes."""
    if any(row[2] for row in rows):
        if not all(row[2] in "01234" and len(row[2]) == 1 for row in rows):
            sys.exit("%s: column fold must hold 0 to 4 for every bone, or be left out" % path)
    else:
        rng, order = random.Random(seed), sorted(rows, key=lambda row: row[1])
        for first in range(0, len(order), FOLDS):
            folds = rng.sample(range(FOLDS), FOLDS)
            for row, fold in zip(order[first:first + FOLDS], folds):
                row[2] = str(fold)
    empty = set("01234") - {row[2] for row in rows}
    if empty:
        sys.exit("%s: fold %s holds no bone; at least %d bones are needed, and one in every fold"
                 % (path, min(empty), FOLDS))


def run(args, log, allowed=(0,)):
    with open(log, "a") as f:
        status = subprocess.call([str(a) for a in args], stdout=f, stderr=f)
    if status not in allowed:
        with open(log) as f:
            last = (f.read().strip().splitlines() or ["no message"])[-1]
        sys.exit("%s failed: %s (all of it in %s)" % (os.path.basename(str(args[0])), last, log))


def write_csv(path, rows, fold=True):
    with open(path, "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["Image Name", "Growth Plate Index"] + ["fold"] * fold)
        w.writerows([[row[0], "%g" % row[1]] + [row[2]] * fold for row in rows])


class Work:
    """The files of one cross-validation, each made once."""

    def __init__(self, a, rows):
        self.a, self.rows = a, rows
        self.log = os.path.join(a.work, "log.txt")
        self.shards = os.path.join(a.work, "shards")
        for folder in (a.work, self.shards, a.out):
            os.makedirs(folder, exist_ok=True)

    def path(self, *parts):
        path = os.path.join(self.a.work, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def tool(self, name, *args):
        """main() of another program of this folder, in this process: starting PyTorch takes seconds."""
        before = sys.argv
        sys.argv = [name + ".py"] + [str(a) for a in args]
        try:
            module = importlib.import_module(name)
            with open(self.log, "a") as f, contextlib.redirect_stdout(f):
                module.main()
        except ImportError as problem:
            sys.exit("%s; retraining needs numpy and PyTorch (Debian: python3-torch)" % problem)
        finally:
            sys.argv = before

    def prepare(self):
        """One shard for every fold."""
        for fold in range(FOLDS):
            prefix = os.path.join(self.shards, "s%d" % fold)
            if os.path.exists(prefix + ".csv"):
                continue
            table = self.path("fold%d.csv" % fold)
            write_csv(table, [row for row in self.rows if row[2] == str(fold)])
            said = self.path("prepare%d.txt" % fold)
            run([os.path.join(self.a.build, "prepare"), "--images", self.a.images, "--truth", table, "--out", prefix]
                + (["--voxel-um", self.a.voxel_um] if self.a.voxel_um else []), said, (0, 1))
            with open(said) as f:  # bones without a usable slice are left out of training, not of the tables
                lines = f.read().splitlines()
            if not os.path.exists(prefix + ".csv"):
                sys.exit("prepare failed: %s" % (lines or ["no message"])[-1])
            for line in lines:
                if line.startswith("left out"):
                    print(line, flush=True)

    def start(self, kind):
        """Parameters to begin with."""
        out = self.path("start", kind + ".pt")
        if not os.path.exists(out):
            names = [kind + ".gppiw", kind + "-0.gppiw"]
            found = [n for n in (os.path.join(self.a.start, n) for n in names) if os.path.exists(n)]
            if not found:
                sys.exit("%s: holds no %s to begin with" % (self.a.start, names[kind == "sv-regressor"]))
            self.tool("unfold", found[0], "--data", self.shards, "--out", out)
        return out

    def train(self, kind, fold, out):
        """Trains on all bones but those of the fold (None: on all)."""
        samples, batch, rate = RECIPE[kind]
        batch = batch if self.a.effort > 0.1 else 4  # a try of the plumbing
        if os.path.exists(out[:-3] + ".json"):
            return
        began = time.time()
        self.tool("train", kind, "--data", self.shards, "--pattern", self.pattern(fold), "--start", self.start(kind),
                  "--samples", max(batch, int(samples * self.a.effort)), "--batch", batch, "--rate", rate,
                  "--seed", 1 + (fold or 0), "--threads", self.a.threads, "--out", out)
        print("%s, %s: %.0f s" % (kind, "all bones" if fold is None else "without fold %d" % fold,
                                  time.time() - began), flush=True)

    def pattern(self, fold):
        return "s*" if fold is None else "s[!%d]" % fold

    def export(self, fold, checkpoints, out, only=None):
        os.makedirs(out, exist_ok=True)
        self.tool("release", "--data", self.shards, "--pattern", self.pattern(fold), "--checkpoints", checkpoints,
                  "--out", out, "--width", self.a.width, "--note", self.a.note,
                  "--calibrate-on", 384 if self.a.effort > 0.1 else 16, *(["--only", only] if only else []))

    def complete(self, out):
        """The networks that are not retrained."""
        for path in sorted(glob.glob(os.path.join(glob.escape(self.a.start), "*.gppiw"))):
            if not any(os.path.basename(path).startswith(kind) for kind in self.a.only):
                for file in glob.glob(glob.escape(os.path.splitext(path)[0]) + ".gppi[wf]"):
                    shutil.copy(file, out)

    def detect(self, weights, rows, out):
        """Planes of these bones; bones that cannot be read are left to `gppi eval` to name."""
        options = ["--voxel-um", self.a.voxel_um] if self.a.voxel_um else []
        run([os.path.join(self.a.build, "gppi"), "detect", "--csv", "-o", out, "--weights", weights, *options]
            + [row[3] for row in rows], self.log, (0, 1))


def join(parts, out):
    """Tables with the same columns as one."""
    with open(out, "w") as f:
        for i, part in enumerate(parts):
            with open(part) as g:
                lines = g.read().splitlines(True)
            f.writelines(lines[i > 0:])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--images", required=True, help="folder of the scans")
    p.add_argument("--truth", required=True, help="CSV of their planes")
    p.add_argument("--out", required=True, help="folder for the weights")
    p.add_argument("--work", help="folder for everything in between; OUT-work where not given")
    p.add_argument("--build", default="build", help="where gppi and prepare are")
    p.add_argument("--start", default="weights", help="weights to begin with")
    p.add_argument("--effort", type=float, default=1.0, help="factor on the length of every training")
    p.add_argument("--only", action="append", choices=list(RECIPE), help="retrain this network, and leave the others "
                   "as they are; may be given again")
    p.add_argument("--threads", type=int, default=0, help="of PyTorch; 0: as many as it likes")
    p.add_argument("--width", type=int, default=32, help="of the CW network in --start")
    p.add_argument("--voxel-um", help="size of a voxel where the scans do not state it")
    p.add_argument("--note", default="own bones, from synthetic femurs", help="said by `gppi models`")
    a = p.parse_args()
    a.only = a.only or list(RECIPE)
    a.work = a.work or a.out.rstrip("/") + "-work"
    began = time.time()

    rows = read_truth(a.truth, a.images)
    deal(rows, a.truth)
    w = Work(a, rows)
    write_csv(w.path("folds.csv"), rows)
    write_csv(w.path("truth.csv"), rows, fold=False)
    w.prepare()
    parts = []
    for fold in range(FOLDS):
        held = [row for row in rows if row[2] == str(fold)]
        checkpoints, weights = w.path("fold%d" % fold, "x")[:-2], w.path("fold%d" % fold, "weights", "x")[:-2]
        parts.append(w.path("fold%d" % fold, "planes.csv"))
        for kind in a.only:
            w.train(kind, fold,
                    os.path.join(checkpoints, "sv-regressor-0.pt" if kind == "sv-regressor" else kind + ".pt"))
        if not os.path.exists(parts[-1]):
            w.export(fold, checkpoints, weights)
            w.complete(weights)
            w.detect(weights, held, parts[-1])
    final = w.path("all", "x")[:-2]
    for kind in [k for k in a.only if k != "sv-regressor"]:
        w.train(kind, None, os.path.join(final, kind + ".pt"))
    w.export(None, final, a.out)
    w.complete(a.out)
    for fold in range(FOLDS) if "sv-regressor" in a.only else []:  # calibrated without the fold, as it was trained
        folder, name = w.path("regressor%d" % fold, "x")[:-2], "sv-regressor-%d" % fold
        for ending in (".pt", ".json"):
            shutil.copy(w.path("fold%d" % fold, "sv-regressor-0" + ending), os.path.join(folder, name + ending))
        w.export(fold, folder, a.out)
    join(parts, w.path("planes.csv"))
    w.detect(a.start, rows, w.path("before.csv"))
    gppi = os.path.join(a.build, "gppi")
    for title, planes in (("With the weights to begin with:", "before.csv"),
                          ("Retrained, every bone by networks that did not see it:", "planes.csv")):
        print("\n%s\n" % title, flush=True)
        status = subprocess.call([gppi, "eval", "--truth", w.path("truth.csv"), w.path(planes)])
        if status not in (0, 1):
            sys.exit("gppi eval failed; the planes are in %s" % w.path(planes))
    print("\n%s: weights for `gppi detect --weights`; %d bones, %.0f s in all"
          % (a.out, len(rows), time.time() - began))


if __name__ == "__main__":
    main()
