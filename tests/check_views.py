#!/usr/bin/env python3
"""The views along the bone that training draws: check_views.py

A bone that is solid before the plane and a tube from there on, drawn at random a few hundred times: wherever the
window shows the plane, it must be in the row that training is told.
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "train"))
import data
import views

PLANE, DRAWS = 150, 200


class Tube:
    """One bone in place of data.Bones."""
    plane = np.array([float(PLANE)])
    slices = np.array([data.SLICES])

    def __init__(self):
        y, x = np.mgrid[:data.SIDE, :data.SIDE] - (data.SIDE - 1) / 2
        r = np.hypot(y, x)
        solid = np.where(r < 34, views.BRIGHT, views.DARK).astype(np.uint8)
        self.pixels = [solid[None].repeat(data.SLICES, 0)]
        self.pixels[0][PLANE:, r < 28] = views.DARK

    stack = data.Bones.stack


def step(rows, near=8):
    """First row of what is darker by most than the rows before it."""
    drop = [rows[k - near:k].mean() - rows[k:k + near].mean() for k in range(near, len(rows) - near)]
    return near + int(np.argmax(drop))


def main():
    bones, rng = Tube(), np.random.default_rng(5)
    seen = unseen = 0
    worst = 0.0
    for _ in range(DRAWS):
        x, row = views.long_views(bones, 0, rng)
        assert x.shape == (views.VIEWS, 6, views.ROWS, data.SIDE // 2) and x.min() >= 0 and x.max() <= 1
        if np.isnan(row):
            unseen += 1
        elif 16 <= row < views.ROWS - 16:
            seen += 1
            worst = max(worst, abs(step(x.mean((0, 1, 3))) - row))
    assert worst <= 2, "the plane is %.1f rows from where training is told" % worst
    assert seen > DRAWS / 2 and unseen > 0, "%d windows with the plane, %d without" % (seen, unseen)
    lean = views.sheared(bones.pixels[0][:101], np.array([0.1, 0]))
    middle = [(s > 50).nonzero()[0].mean() for s in (lean[0], lean[-1])]
    assert abs(middle[0] - middle[1] - 10) < 0.5, "a slice moves by %.1f pixels, not 10" % (middle[0] - middle[1])
    print("%d windows, the plane %.1f rows off at most" % (seen, worst))


if __name__ == "__main__":
    main()
