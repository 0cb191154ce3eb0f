#!/usr/bin/env python3
"""Cross-validation of the picture networks by bone: every labelled real bone is judged by networks that did not see it.

    real_folds.py --real sets.json --labelled FOLDER [--panels FOLDER] --work build/train --weights weights

Each fold goes on from the synthetic network (WORK/synthetic/picture.pt, which all.sh leaves where REAL is set), as
all.sh does for the networks that are released. Young and adult bones are dealt out evenly. Prints what
tools/validate/real.py prints for each fold, then all bones together. A run that was stopped goes on.
"""

import argparse
import concurrent.futures
import json
import os
import shutil

import real_mix
import real_pictures


def folds_of(sets, count):
    """Names of the bones of each fold."""
    bones = sorted({(s["young"], s["bone"]) for s in sets})
    return [[bone for _, bone in bones[k::count]] for k in range(count)]


def train_fold(a, k, bones):
    """A folder of weights whose picture networks have not seen `bones`."""
    folder = os.path.join(a.work, "folds", str(k))
    weights = os.path.join(folder, "weights")
    if os.path.exists(os.path.join(weights, "done")):
        return weights
    os.makedirs(folder, exist_ok=True)
    real_mix.mix(a.real, a.data, os.path.join(a.work, "synthetic", "picture.pt"), os.path.join(folder, "picture.pt"),
                 bones, a.seeds, a.samples, ["--threads", 1, "--reports", 1])
    shutil.copytree(a.weights, weights, dirs_exist_ok=True)
    real_mix.run("release.py", "--data", a.data, "--checkpoints", folder, "--only", "picture", "--out", weights)
    open(os.path.join(weights, "done"), "w").close()
    return weights


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--real", required=True, help="sets of real_pictures.py")
    p.add_argument("--labelled", required=True)
    p.add_argument("--panels")
    p.add_argument("--work", required=True, help="work folder of all.sh")
    p.add_argument("--weights", required=True, help="all other networks")
    p.add_argument("--gppi", default="build/gppi")
    p.add_argument("--folds", type=int, default=5)
    p.add_argument("--samples", type=int, default=real_mix.SAMPLES)
    p.add_argument("--seeds", type=lambda text: [int(s) for s in text.split(",")], default=real_mix.SEEDS,
                   help="of the trainings that are averaged")
    a = p.parse_args()
    a.data = os.path.join(a.work, "data")
    with open(a.real) as f:
        folds = folds_of(json.load(f), a.folds)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        weights = list(pool.map(lambda k: train_fold(a, k, folds[k]), range(a.folds)))
    rows = []
    for k, bones in enumerate(folds):
        rows += real_pictures.real.judge(a.gppi, a.labelled, a.panels, weights[k], bones)
    real_pictures.real.summaries(rows)


if __name__ == "__main__":
    main()
