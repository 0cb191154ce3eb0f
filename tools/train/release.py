#!/usr/bin/env python3
"""Quantises a set of trained networks and writes the weights a detection needs.

    release.py --data DIR --checkpoints DIR --out weights [--note TEXT]

Takes longaxis.pt, sv-classifier.pt, sv-inner.pt, cw-classifier.pt and sv-regressor-0.pt ... -4.pt from the
checkpoint folder.
Number ranges are chosen on slices of the training shards. The recipe that train.py left beside a
checkpoint goes into the file's description.
"""

import argparse
import glob
import json
import os

import numpy as np
import torch

import data
import export
import models


def long_windows(bones, rng, count):
    """Views along the bone as a detection takes them, from 24 slices before the bone's end."""
    x = np.empty((count, 6, data.SLICES, data.SIDE // 2), np.uint8)
    for b in range(count):
        i = rng.integers(len(bones))
        first = 0 if np.isnan(bones.plane[i]) else max(0, int(bones.plane[i]) - int(rng.uniform(130, 240)))
        stack = bones.stack(i, first, data.SLICES)
        angle = rng.integers(8) * np.pi / 8
        x[b] = np.rint(data.long_input(np.stack(
            [data.long_view(stack, angle, o, thick=2) for o in data.OFFSETS])))
    return x


def calibration(kind, bones, rng):
    """u7 inputs as they occur in a detection: undistorted, around the plane and along the bone."""
    ids = range(len(bones))
    if kind == "longaxis":
        return long_windows(bones, rng, 48)
    if kind in ("sv-regressor", "sv-inner"):
        x, _ = data.regressor_batch(bones, ids, 32, rng, spread=4.0, inner=kind == "sv-inner")
    else:
        make = data.classifier_batch if kind == "sv-classifier" else data.cw_batch
        x, _ = make(bones, ids, 384, rng)
    return np.rint(x * 127).astype(np.uint8)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", required=True)
    p.add_argument("--pattern", default="s*")
    p.add_argument("--checkpoints", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--width", type=int, default=32)
    p.add_argument("--only", help="one network, by name")
    p.add_argument("--cw-offset", type=float, default=0.0,
                   help="added to CW's logit of `after`: takes a mean error of its plane away")
    p.add_argument("--calibrate-on", type=int, help="images at most; fewer are faster and less exact")
    p.add_argument("--note", default="synthetic femurs (tools/phantom)", help="what it was trained on")
    a = p.parse_args()

    bones = data.load(a.data, a.pattern)
    for path in sorted(glob.glob(os.path.join(a.checkpoints, "*.pt"))):
        name = os.path.basename(path)[:-3]
        kind = "sv-regressor" if name.startswith("sv-regressor") else name
        if kind not in models.KINDS:
            continue
        if a.only and name != a.only:
            continue
        net = models.build(kind, a.width)
        net.load_state_dict(torch.load(path, map_location="cpu"))
        if kind == "cw-classifier":
            with torch.no_grad():
                net.dense[-1].bias[1] += a.cw_offset
        meta = {"trained_on": a.note, "bones": len(bones), "parameters": net.parameter_count()}
        side = path[:-3] + ".json"
        if os.path.exists(side):
            with open(side) as f:
                meta.update(json.load(f))
        images = calibration(kind, bones, np.random.default_rng(11))[:a.calibrate_on]
        wanted, given = export.export(net, kind, name, images,
                                      meta, os.path.join(a.out, name + ".gppiw"))
        print("%s: int8 against float, mean |difference| %.4f" % (name, np.abs(wanted - given).mean()))


if __name__ == "__main__":
    main()
