#!/usr/bin/env python3
"""Labelled long-axis pictures of real bones for the picture networks.

    real_pictures.py --labelled FOLDER [--panels FOLDER] --build build --out sets.json

FOLDER as tools/validate/real.py reads it. sets.json says where the bone lies in every picture, as `gppi longaxis` finds
it; train.py picture --real sets.json mixes pairs of them into the batches.
"""

import argparse
import json
import math
import os
import subprocess
import sys

import numpy as np

import pictures
import views
from data import SIDE

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "validate"))
import real  # noqa: E402

FINE = 3      # columns between which greys are averaged over, for each of SIDE
MIXED = 0.25  # of the pairs are put together of two bones: they agree in nothing but the plane
YOUNG = 2     # times as often as adult ones: there are few


class Sets:
    """The sets of a file, but those of some bones."""

    def __init__(self, path, without=()):
        from PIL import Image  # only where real pictures are learned from
        with open(path) as f:
            self.sets = [s for s in json.load(f) if s["bone"] not in without]
        bones = [s["bone"] for s in self.sets]
        self.weight = np.array([(YOUNG if s["young"] else 1) / bones.count(s["bone"]) for s in self.sets])
        self.weight /= self.weight.sum()
        for s in self.sets:
            for p in s["pictures"]:
                p["grey"] = np.array(Image.open(p["file"]).convert("L"), np.float32)
                p["beside"] = np.array([np.nan if b is None else b for b in p["beside"]], np.float64)

    def pick(self, rng, young=None):
        while True:
            s = self.sets[rng.choice(len(self.sets), p=self.weight)]
            if young in (None, s["young"]):
                return s


def strip_of(picture, per_row, slices, rng):
    """What slices (fractional numbers) of a picture show, u7 (n, SIDE), laid around the bone not exactly."""
    wide = views.WIDTHS[rng.integers(len(views.WIDTHS))] * views.MARGIN * picture["width"] * np.exp(rng.normal(0, 0.04))
    centre = picture["centre"] + rng.normal(0, 0.012) * picture["width"]
    grey, (h, w) = picture["grey"], picture["grey"].shape
    rows = np.clip((slices + 0.5) / per_row - 0.5, 0, h - 1.001)
    lean = rng.normal(0, 0.03) if rng.random() < 0.4 else 0.0
    edges = centre - 0.5 + ((np.arange(SIDE * FINE) + 0.5) / (SIDE * FINE) - 0.5) * wide
    columns = edges[None] + (lean * (slices - slices.mean()) / per_row)[:, None]
    line = views.stretched(grey, rows)
    at = np.clip(columns, 0, w - 1.001)
    k = at.astype(np.int64)
    f = (at - k).astype(np.float32)
    seen = np.take_along_axis(line, k, 1) * (1 - f) + np.take_along_axis(line, k + 1, 1) * f
    seen = np.where((columns < 0) | (columns > w - 1), picture["dark"], seen).reshape(len(slices), SIDE, FINE).mean(2)
    gain = (views.BRIGHT - views.DARK) / (picture["bright"] - picture["dark"])
    bright = np.clip((seen - picture["dark"]) * gain / (views.BRIGHT - views.DARK), 0, None)
    bright = bright ** np.exp(rng.normal(0, 0.15))  # other windows of greys
    return views.DARK + bright * (views.BRIGHT - views.DARK) * np.exp(rng.normal(0, 0.06))


def plane_of(s):
    return (s["row"] + 0.5) * s["per_row"] - 0.5


def look(s, picture, slices, rng):
    """strip_of() a picture, now and then by way of coarser rows."""
    if s["per_row"] < 1.5 and rng.random() < 0.25:
        low, high = math.floor(slices[0]) - 4, math.ceil(slices[-1]) + 5
        strip = strip_of(picture, s["per_row"], np.arange(low, high, dtype=np.float64), rng)
        return views.decimated(strip, slices - low, rng.uniform(*views.COARSE), rng)
    return strip_of(picture, s["per_row"], slices, rng)


def joined(left, right, rng):
    """Two strips side by side, with a soft border."""
    share = 1 / (1 + np.exp((np.arange(SIDE) - rng.uniform(0.25, 0.75) * SIDE) / 2))
    return left * share + right * (1 - share)


def real_pairs(sets, rng):
    """Two pairs of pictures of one bone over the same rows: (PAIRS, 2, CHANNELS, ROWS, SIDE / 2), and the row of the
    plane."""
    s = sets.pick(rng)
    plane = plane_of(s)
    at = views.rows_of_window(rng, rng.random() < 0.4)
    first = plane - at[rng.integers(8, views.ROWS - 8)] if rng.random() < 0.93 else rng.uniform(-20, plane + 60)
    slices = first + at
    other = sets.pick(rng, s["young"]) if rng.random() < MIXED else None
    out = []
    for _ in range(pictures.PAIRS):
        chosen = rng.choice(len(s["pictures"]), 2, replace=len(s["pictures"]) < 2)
        known = other is None and rng.random() < 0.75
        pair = []
        for picture in (s["pictures"][i] for i in chosen):
            strip = look(s, picture, slices, rng)
            if other is not None:
                second = other["pictures"][rng.integers(len(other["pictures"]))]
                strip = joined(strip, look(other, second, slices - plane + plane_of(other), rng), rng)
            strip = views.noisy(views.softened(strip, rng), 6, rng)
            if rng.random() < 0.5:
                strip = strip[:, ::-1]
            at_slice = np.clip(np.rint(slices), 0, len(picture["beside"]) - 1).astype(np.int64)
            off = picture["beside"][at_slice] if known else np.full(len(slices), np.nan)
            pair.append(pictures.picture_input(np.clip(np.rint(strip), 0, 127), off))
        out.append(pair)
    return np.array(out), np.interp(plane, slices, np.arange(views.ROWS), np.nan, np.nan)


def mixed_batch(sets, share, bones, ids, n, rng):
    """As pictures.pictures_batch(), a share of the bones being real ones."""
    x, y = pictures.pictures_batch(bones, ids, n, rng)
    x = x.reshape(n, pictures.VIEWS, *x.shape[1:])
    for b in range(n):
        if rng.random() < share:
            pairs, y[b] = real_pairs(sets, rng)
            x[b] = pairs.reshape(pictures.VIEWS, *pairs.shape[2:])
    return x.reshape(n * pictures.VIEWS, *x.shape[2:]), y


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--labelled", required=True)
    p.add_argument("--panels")
    p.add_argument("--build", default="build")
    p.add_argument("--out", required=True)
    a = p.parse_args()
    sets = []
    for name, bone, young, files, row, per_row in real.groups(a.labelled, a.panels):
        files = [os.path.abspath(f) for f in files]
        found = subprocess.run([os.path.join(a.build, "locate_pictures"), str(real.UM * per_row)] + files,
                               capture_output=True, text=True)
        if found.returncode:
            sys.exit(found.stderr.strip())
        sets.append({"name": name, "bone": bone, "young": young, "row": row, "per_row": per_row,
                     "pictures": json.loads(found.stdout)})
    with open(a.out, "w") as f:
        json.dump(sets, f)
    print("%s: %d sets of %d bones" % (a.out, len(sets), len({s["bone"] for s in sets})))


if __name__ == "__main__":
    main()
