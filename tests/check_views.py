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
import pictures
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


def volumes(bones, rng):
    x, row = views.long_views(bones, 0, rng)
    assert x.shape == (views.VIEWS, 6, views.ROWS, data.SIDE // 2) and x.min() >= 0 and x.max() <= 1
    return x, row


def of_pictures(bones, rng):
    x, row = pictures.pictures_batch(bones, [0], 1, rng)
    assert x.shape == (pictures.VIEWS, pictures.CHANNELS, views.ROWS, data.SIDE // 2) and x.min() >= 0 and x.max() <= 1
    assert set(np.unique(x[:, 3])) <= {0, 1} and not x[:, 2][x[:, 3] == 0].any()
    return x[:, :2], row[0]


def rows_are_right(name, draw, bones, rng):
    seen = unseen = 0
    worst = 0.0
    for _ in range(DRAWS):
        x, row = draw(bones, rng)
        if np.isnan(row):
            unseen += 1
        elif 16 <= row < views.ROWS - 16:
            seen += 1
            worst = max(worst, abs(step(x.mean((0, 1, 3))) - row))
    assert worst <= 2, "%s: the plane is %.1f rows from where training is told" % (name, worst)
    assert seen > DRAWS / 2 and unseen > 0, "%s: %d windows with the plane, %d without" % (name, seen, unseen)
    print("%s: %d windows, the plane %.1f rows off at most" % (name, seen, worst))


def distances_are_right(bones, rng):
    """How far a plane passes the middle, as the one across it shows: of a round bone, its distance from the axis."""
    worst = 0.0
    for _ in range(DRAWS // 4):
        look = pictures.Look(bones, 0, rng)
        angle, point = rng.uniform(0, 2 * np.pi), rng.normal(0, 6, 2)
        if look.cut or look.lean.any() or look.bend(1.0, 2.0) != (1.0, 2.0):
            continue
        across = angle + np.pi / 2
        _, middles, width = look.one(across, point, rng)
        beside = abs(point[1] * np.cos(angle) - point[0] * np.sin(angle))
        worst = max(worst, np.abs(abs(middles - look.crossing(across)) - beside).max())
        assert 40 < width < 80
    assert 0 < worst < 1.5, "%.1f pixels from where the plane is" % worst


def main():
    bones, rng = Tube(), np.random.default_rng(5)
    rows_are_right("volumes", volumes, bones, rng)
    rows_are_right("pictures", of_pictures, bones, rng)
    distances_are_right(bones, rng)
    lean = views.sheared(bones.pixels[0][:101], np.array([0.1, 0]))
    middle = [(s > 50).nonzero()[0].mean() for s in (lean[0], lean[-1])]
    assert abs(middle[0] - middle[1] - 10) < 0.5, "a slice moves by %.1f pixels, not 10" % (middle[0] - middle[1])


if __name__ == "__main__":
    main()
