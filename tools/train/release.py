#!/usr/bin/env python3
"""Quantises a set of trained networks and writes the weights a detection needs.

    release.py --data DIR --checkpoints DIR --out weights [--note TEXT]

Takes longaxis.pt and picture.pt (two networks each), sv-classifier.pt, sv-inner.pt, cw-classifier.pt and
sv-regressor-0.pt ... -4.pt from the checkpoint folder.
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
import pictures
import views


def long_windows(bones, rng, count):
    """Bones from all sides as a detection sees them, from 24 slices before the bone's end: u7
    (count * VIEWS, 6, 448, 48)."""
    x = np.empty((count, views.VIEWS, 6, data.SLICES, data.SIDE // 2), np.uint8)
    for b in range(count):
        i = rng.integers(len(bones))
        first = 0 if np.isnan(bones.plane[i]) else max(0, int(bones.plane[i]) - int(rng.uniform(130, 240)))
        stack = bones.stack(i, first, data.SLICES)
        for k in range(views.VIEWS):
            x[b, k] = np.rint(views.long_input(np.stack(
                [views.long_view(stack, *views.line(k * np.pi / views.VIEWS, o, thick=2)) for o in views.OFFSETS])))
    return x.reshape(-1, *x.shape[2:])


def seen_together(view, windows, views_each):
    """What the network for rows is shown of these windows, u7 (count, 64, 112, 1)."""
    with torch.no_grad():
        seen = torch.cat([view(torch.from_numpy(w).float() / 127)
                          for w in np.split(windows, len(windows) // views_each)])
    return np.rint(models.LongAxis.together(seen.reshape(-1, views_each, seen.shape[1])).numpy() * 127).astype(np.uint8)


def calibration(net, bones, rng, count=48):
    """u7 inputs of every part of a network: along `count` bones, undistorted as a detection sees them; slices and
    stacks as in training, mostly around the plane."""
    ids = range(len(bones))
    if isinstance(net, models.LongAxis):
        if net.kind == "picture":
            windows = pictures.pictures_windows(bones, rng, 2 * count)
            return [windows[::2], seen_together(net.view, windows, 2)]
        windows = long_windows(bones, rng, count)
        return [windows[::views.VIEWS - 1], seen_together(net.view, windows, views.VIEWS)]
    kind = net.kind
    if kind in ("sv-regressor", "sv-inner"):
        x, _ = data.regressor_batch(bones, ids, 32, rng, spread=4.0, inner=kind == "sv-inner")
    else:
        make = data.classifier_batch if kind == "sv-classifier" else data.cw_batch
        x, _ = make(bones, ids, 384, rng)
    return [np.rint(x * 127).astype(np.uint8)]


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
        net.eval()
        recipe = {}
        side = path[:-3] + ".json"
        if os.path.exists(side):
            with open(side) as f:
                recipe = json.load(f)
        for part, images in zip(models.parts(net), calibration(net, bones, np.random.default_rng(11),
                                                               min(48, a.calibrate_on or 48))):
            meta = {"trained_on": a.note, "bones": len(bones), "parameters": part.parameter_count(), **recipe}
            file = part.kind if isinstance(net, models.LongAxis) else name
            wanted, given = export.export(part, part.kind, file, images[:a.calibrate_on], meta,
                                          os.path.join(a.out, file + ".gppiw"))
            print("%s: int8 against float, mean |difference| %.4f" % (file, np.abs(wanted - given).mean()))


if __name__ == "__main__":
    main()
