#!/usr/bin/env python3
"""Real bones above, synthetic ones below, at the same scale, green marks at the plane: is there a difference at first
sight?

    sheet.py LABELLED --phantom build/phantom [--condition typical] [--seed N] [--bones 7] --out sheet.png

LABELLED: as tools/validate/real.py reads it; only pictures of 10 um a row are shown, adult ones, or with --young young
ones. Needs Pillow.
"""

import argparse
import csv
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image, ImageDraw

import real

ABOVE, BELOW, WIDE = 140, 110, 300  # rows before and behind the plane, columns


def crop(grey, row):
    """The plane at row ABOVE, the bone in the middle, black beyond the picture."""
    columns = np.nonzero((grey > 140).sum(0) > 8)[0]
    middle = int(columns.mean()) if len(columns) else grey.shape[1] // 2
    out = np.zeros((ABOVE + BELOW, WIDE), np.uint8)
    y, x = int(round(row)) - ABOVE, middle - WIDE // 2
    seen = grey[max(0, y):y + ABOVE + BELOW, max(0, x):x + WIDE]
    out[max(0, -y):max(0, -y) + seen.shape[0], max(0, -x):max(0, -x) + seen.shape[1]] = seen
    return out


def stretched(grey):
    low, high = np.percentile(grey, 1), np.percentile(grey, 99.7)
    return np.clip((grey - low) * 255.0 / max(high - low, 1), 0, 255).astype(np.uint8)


def real_views(folder, young, count):
    sets = [s for s in real.groups(folder, None) if s[2] == young]
    for i in range(count):
        _, _, _, pictures, row, _ = sets[i % len(sets)]
        yield crop(stretched(np.array(Image.open(pictures[i // len(sets) % len(pictures)]).convert("L"))), row)


def phantom_views(phantom, condition, seed, count):
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            picture, truth = os.path.join(folder, "%d.pgm" % i), os.path.join(folder, "%d.csv" % i)
            subprocess.run([phantom, "picture", "--seed", str(seed + i), "--condition", condition,
                            "--axis", "xy"[i % 2], "--out", picture, "--truth", truth], check=True)
            with open(truth, newline="") as f:
                last = list(csv.reader(f))[-1]
            yield crop(stretched(np.array(Image.open(picture))), float(last[-1]))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("labelled")
    p.add_argument("--phantom", default="build/phantom")
    p.add_argument("--condition")
    p.add_argument("--seed", type=int, default=650001)
    p.add_argument("--bones", type=int, default=7)
    p.add_argument("--young", action="store_true")
    p.add_argument("--out", required=True)
    a = p.parse_args()
    condition = a.condition or ("young" if a.young else "typical")
    rows = [list(real_views(a.labelled, a.young, a.bones)), list(phantom_views(a.phantom, condition, a.seed, a.bones))]
    sheet = Image.fromarray(np.vstack([np.hstack(row) for row in rows])).convert("RGB")
    draw = ImageDraw.Draw(sheet)
    for r in range(len(rows)):
        y = r * (ABOVE + BELOW) + ABOVE
        for k in range(a.bones):
            for x in (k * WIDE, (k + 1) * WIDE - 20):
                draw.line((x, y, x + 19, y), fill=(0, 255, 0))
    sheet.save(a.out)


if __name__ == "__main__":
    main()
