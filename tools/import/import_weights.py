#!/usr/bin/env python3
"""Turns checkpoints of two published solutions into int8 weights (.gppiw).

    import_weights.py cw CHECKPOINT --data SHARDS --out DIR [--size 322x307] [--values hu] [--after-class 0]
    import_weights.py sv FILE... --data SHARDS --out DIR

cw: the ResNet-18 of torchvision with two classes, saved by torch.save, first layer of 1 or 3 channels. As
    published it takes HU as they are, sees 322x307 pixels of 10 um and calls `before` its class 1.
sv: Keras weights (.h5, .weights.h5, .keras) or TensorFlow checkpoints (prefix or folder) of the classifier and
    of the regressors; which one a file holds is seen from its layers.

SHARDS is a folder written by build/prepare from your own scans: number ranges are chosen on their slices, and
the networks are tried on them. --base DIR copies the networks that are not replaced, so that
`gppi detect --weights` finds a complete set.
"""

import argparse
import glob
import os
import re
import shutil
import sys

try:
    import numpy as np
    import torch
except ImportError as problem:
    sys.exit("%s; importing needs numpy and PyTorch (Debian: python3-torch)" % problem)

import keras_files
import layouts

import data  # of tools/train, which layouts puts on the path
import export
import gppiw

PIXEL_UM = 10.0          # of networks whose input is not 96x96 (src/plane/axial.c)
SLICE_UM = (28.0, 36.0)  # typical size of a pixel of our slices, for calibration only


def resample(slices, height, width, um):
    """(N, 96, 96) u7 of `um` a pixel -> (N, height, width) of PIXEL_UM, the same centre; as the program does."""
    def places(n):
        at = (data.SIDE - 1) / 2 + (np.arange(n) - (n - 1) / 2) * PIXEL_UM / um
        at = np.clip(at, 0, data.SIDE - 1)
        k = np.minimum(at.astype(np.int64), data.SIDE - 2)
        return k, (at - k).astype(np.float32)
    (y, v), (x, u) = places(height), places(width)
    a = slices.astype(np.float32)
    rows = a[:, y] * (1 - v[:, None]) + a[:, y + 1] * v[:, None]
    return np.floor(rows[:, :, x] * (1 - u) + rows[:, :, x + 1] * u + 0.5).astype(np.uint8)


def slices_of(bones, kind, count, size, rng):
    """u7 slices (count, 1, height, width) as a detection shows them, and their labels."""
    make = data.classifier_batch if kind == "sv-classifier" else data.cw_batch
    x, y = make(bones, range(len(bones)), count, rng)
    x = np.rint(x * 127).astype(np.uint8)
    if size != (data.SIDE, data.SIDE):
        x = np.stack([resample(s, *size, rng.uniform(*SLICE_UM)) for s in x])
    return x, y


def stacks_of(bones, count, rng):
    """u7 stacks (count, 51, 96, 96) around the plane, and its position in each."""
    ids = np.flatnonzero(~np.isnan(bones.plane))
    x = np.empty((count, data.STACK, data.SIDE, data.SIDE), np.uint8)
    y = np.empty(count)
    for b in range(count):
        i = ids[rng.integers(len(ids))]
        first = int(round(bones.plane[i] + rng.normal(0, 4))) - data.STACK // 2
        x[b] = np.rot90(bones.stack(i, first, data.STACK), rng.integers(4), (1, 2))
        y[b] = bones.plane[i] - first
    return x, y


def judge(wanted, given, y):
    """Figures of the imported network on slices or stacks of the shards, float and int8."""
    if wanted.shape[1] == 1:
        figures = {"mae_float": float(abs(wanted[:, 0] - y).mean()), "mae_int8": float(abs(given[:, 0] - y).mean())}
    else:
        figures = {"accuracy_float": float((wanted.argmax(1) == y).mean()),
                   "accuracy_int8": float((given.argmax(1) == y).mean()),
                   "same_class": float((wanted.argmax(1) == given.argmax(1)).mean())}
    return {k: round(v, 4) for k, v in figures.items()}


def convert(net, name, size, values, source, bones, count, out, **about):
    """Quantises and writes one network; its figures go into its description."""
    rng = np.random.default_rng(11)
    zero = layouts.set_input(net, values)
    if net.kind == "sv-regressor":
        calib, y = stacks_of(bones, count, rng)
    else:
        calib, y = slices_of(bones, net.kind, count, size, rng)
    path = os.path.join(out, name + ".gppiw")
    meta = dict(about, imported_from=os.path.basename(os.path.normpath(source)), values=str(values),
                parameters=net.parameter_count(), calibrated_on_bones=len(bones))
    wanted, given = export.export(net, net.kind, name, calib, meta, path, input_zero=zero)
    figures = judge(wanted, given, y)
    packed = gppiw.read(path)
    packed["meta"]["on_own_bones"] = figures
    gppiw.write(path, packed)
    print("%s: %s" % (name, ", ".join("%s %g" % pair for pair in figures.items())))


def values_of(text):
    if text in layouts.VALUES or text == "imagenet":
        return text
    found = re.fullmatch(r"(-?[\d.]+):(-?[\d.]+)", text)
    if not found or not float(found[1]) < float(found[2]):
        raise argparse.ArgumentTypeError("give hu, byte, unit, imagenet, or LOW:HIGH, the values at -1417 and 3171 HU")
    return float(found[1]), float(found[2])


def size_of(text):
    found = re.fullmatch(r"(\d{2,3})x(\d{2,3})", text)
    if not found or not all(32 <= int(v) <= 512 for v in found.groups()):
        raise argparse.ArgumentTypeError("give the network's input as 96x96 or 322x307 (32 to 512 pixels a side)")
    return int(found[1]), int(found[2])


def copy_base(base, out, kinds):
    """The networks of `base` that were not imported."""
    for path in sorted(glob.glob(os.path.join(base, "*.gppiw"))):
        with open(path, "rb") as f:
            head = f.read(96)
        kind = head[64:96].rstrip(b"\0").decode("ascii", "replace")
        if kind not in kinds and os.path.abspath(os.path.dirname(path)) != os.path.abspath(out):
            for file in (path, gppiw.floats_path(path)):
                if os.path.exists(file):
                    shutil.copy(file, out)


def main(args=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("solution", choices=["cw", "sv"])
    p.add_argument("files", nargs="+", metavar="FILE")
    p.add_argument("--data", required=True, help="folder of shards of your own bones (build/prepare)")
    p.add_argument("--pattern", default="s*", help="names of the shards")
    p.add_argument("--out", required=True, help="folder for the weights")
    p.add_argument("--base", help="folder of weights to complete the set from, for example weights")
    p.add_argument("--size", type=size_of, default=None,
                   help="of CW's input: 96x96 (the default), or as published 322x307")
    p.add_argument("--values", type=values_of, help="what the network was fed: hu (CW's default), byte (SV's "
                   "default: the window -1417..3171 HU as 0..255), unit (the window as 0..1), imagenet, or LOW:HIGH")
    p.add_argument("--after-class", type=int, choices=[0, 1], default=0,
                   help="CW's class for slices after the plane; 0 as published")
    p.add_argument("--epsilon", type=float, default=layouts.KERAS_EPSILON, help="of SV's batch norm")
    p.add_argument("--images", type=int, help="calibration slices or stacks")
    a = p.parse_args(args)

    torch.manual_seed(1)
    bones = data.load(a.data, a.pattern)
    os.makedirs(a.out, exist_ok=True)
    kinds = set()
    try:
        if a.solution == "cw":
            if len(a.files) != 1:
                p.error("cw takes one checkpoint")
            net, channels = layouts.cw_classifier(a.files[0], a.after_class)
            size = a.size or (data.SIDE, data.SIDE)
            count = a.images or max(16, 384 * data.SIDE ** 2 // (size[0] * size[1]))
            convert(net, "cw-classifier", size, a.values or "hu", a.files[0], bones, count, a.out,
                    channels=channels, after_class=a.after_class)
            kinds.add(net.kind)
        folds = 0
        for path in a.files if a.solution == "sv" else []:
            net = layouts.sv(keras_files.read(path), path, a.epsilon)
            name, count = net.kind, a.images or 384
            if net.kind == "sv-regressor":
                name, count, folds = "sv-regressor-%d" % folds, a.images or 40, folds + 1
            elif net.kind in kinds:
                raise layouts.Mismatch("%s: is a second classifier; give one" % path)
            values = a.values or "byte"
            if net.kind == "sv-regressor" and values not in ("byte", "unit"):
                p.error("SV's regressor takes --values byte or unit")
            convert(net, name, (data.SIDE, data.SIDE), values, path, bones, count, a.out)
            kinds.add(net.kind)
    except (layouts.Mismatch, keras_files.Damaged) as problem:
        sys.exit(str(problem))
    if a.base:
        copy_base(a.base, a.out, kinds)


if __name__ == "__main__":
    main()
