"""Pairs of pictures along the bone for the picture networks, cut from shards of slices (data.py) and prepared as
src/flat/strip.c prepares a picture."""

import math

import numpy as np

import data
import views
from data import SIDE

PAIRS = 2        # of a bone at a time, each two planes at right angles through a point of their own
VIEWS = 2 * PAIRS
CHANNELS = 4     # even and odd columns; how far the plane passes the bone's middle, and whether that is known
FAR = 16         # of SIDE pixels: as far off the middle as a network is told (PLACE_FAR in src/flat/flat_plane.c)
BEFORE, BEHIND = 15, 5  # rows that show where the middle of the bone is, as in src/flat/strip.c


def _cut(sums, share):
    """First index where running sums along the last axis reach a share of the whole."""
    return (sums >= share * sums[..., -1:]).argmax(-1)


def _split(hist):
    """Otsu's threshold."""
    i = np.arange(len(hist))
    below, low = np.cumsum(hist)[:-1], np.cumsum(hist * i)[:-1]
    n, total = below[-1] + hist[-1], low[-1] + hist[-1] * i[-1]
    apart = low / np.maximum(below, 1) - (total - low) / np.maximum(n - below, 1)
    return int((below * (n - below) * apart ** 2).argmax())


def _located(view):
    """Levels and outline of a view (z, SIDE), 0..127: dark, bright, middle and width; None without bone."""
    grey = np.clip(np.rint(view * 2), 0, 255).astype(np.uint8)
    hist = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    threshold = _split(hist)
    dark = _cut(np.cumsum(hist[:threshold + 1]), 0.5)
    bright = threshold + 1 + _cut(np.cumsum(hist[threshold + 1:]), 0.7)
    bone = grey > threshold
    if bone.sum() < 400 or bright - dark < 8:
        return None
    first, last = _cut(np.cumsum(bone.sum(1)), np.array([[0.002], [0.998]]))
    left, right = _cut(np.cumsum(bone[first:min(first + 330, last + 1)].sum(0)), np.array([[0.01], [0.99]]))
    return dark / 2, bright / 2, (left + right) / 2, right - left + 1


def _middles(bone):
    """Columns of the outline's middle at every row of (z, SIDE) bool; nan where there is too little bone."""
    n = len(bone)
    sums = np.concatenate([np.zeros((1, SIDE)), np.cumsum(bone, 0, dtype=np.float64)])
    sums = sums[np.clip(np.arange(n) + BEHIND + 1, 0, n)] - sums[np.clip(np.arange(n) - BEFORE, 0, n)]
    sums = np.cumsum(sums, 1)
    return np.where(sums[:, -1] >= 7, (_cut(sums, 0.01) + _cut(sums, 0.99)) / 2, np.nan)


def _leaning(view, per_row, about):
    """Rows of (z, SIDE) moved sideways by per_row pixels for each row from row `about` on."""
    at = np.clip(np.arange(SIDE) + (np.arange(len(view)) - about)[:, None] * per_row, 0, SIDE - 1.001)
    k = at.astype(np.int64)
    f = (at - k).astype(np.float32)
    return np.take_along_axis(view, k, 1) * (1 - f) + np.take_along_axis(view, k + 1, 1) * f


def _window(rng):
    """Greys below and above which an export shows nothing, u7."""
    if rng.random() < 0.6:  # -500..1500 HU
        return rng.normal(25, 4), rng.normal(81, 6)
    return (rng.uniform(18, 48), rng.uniform(68, 100)) if rng.random() < 0.7 else (0, 127)


class Look:
    """How one bone is looked at: which rows, cut where, leaning and bent how; or, whole, as a detection looks at it."""

    def __init__(self, bones, i, rng, whole=False):
        plane, end = bones.plane[i], min(bones.slices[i], data.SLICES)
        none = math.isnan(plane)
        self.at = np.arange(data.SLICES, dtype=np.float64) if whole else views.rows_of_window(rng, rng.random() < 0.5)
        self.need = int(self.at[-1]) + 2
        if whole:
            self.first = 0 if none else max(0, int(plane) - int(rng.uniform(130, 240)))
        elif none or rng.random() < 0.1:
            self.first = int(rng.integers(-20, max(1, end - self.need // 2)))
        else:
            self.first = int(round(plane - self.at[rng.integers(8, views.ROWS - 8)]))
        self.cut = 0 if whole or none or rng.random() >= 0.12 else int(rng.uniform(0, max(1, plane - 20)))
        self.slices = bones.stack(i, 0, end)
        self.about = self.first + self.need / 2
        self.lean = np.zeros(2) if whole or rng.random() >= 0.4 else rng.normal(0, 0.04, 2)
        self.bend = (lambda x, y: (x, y)) if whole or rng.random() >= 0.5 else views.bent(rng)
        self.window = _window(rng)
        self.coarse = rng.uniform(*views.COARSE) if not whole and rng.random() < 0.25 else 0
        self.rough = not whole and rng.random() < 0.25  # located badly
        self.row = np.interp(plane - self.first, self.at, np.arange(len(self.at)), np.nan, np.nan)

    def one(self, angle, point, rng):
        """A plane through `point`: the strip (rows, SIDE), where its bone's middle is in every row and how wide it
        is, in pixels of the slices; None without bone."""
        c, s = math.cos(angle), math.sin(angle)
        (dx, dy), thick = point, int(rng.integers(1, 3))
        plane = views.line(angle, dy * c - dx * s, thick, 1.0, dx * c + dy * s)
        full = views.long_view(self.slices, *self.bend(*plane))[self.cut:]
        if self.lean.any():
            full = _leaning(full, self.lean[0] * c + self.lean[1] * s, self.about - self.cut)
        full = np.clip(views.noisy(full, 8, rng), *self.window)
        place = _located(full)
        if place is None:
            return None
        view = full[np.clip(self.first + np.arange(self.need) - self.cut, 0, len(full) - 1)]
        middles = np.interp(self.at, np.arange(self.need), _middles(view > (place[0] + place[1]) / 2))
        far = (3, 0.075, 0.08) if self.rough else (1, 0.025, 0.04)
        seen = views.decimated(view, self.at, self.coarse, rng) if self.coarse else views.stretched(view, self.at)
        strip = views.laid_around(views.softened(seen, rng), place[2:], place[:2], far, rng)
        return strip[:, ::-1] if rng.random() < 0.5 else strip, middles, place[3]

    def crossing(self, angle):
        """Columns of every row where a plane through the same point is crossed."""
        lean = self.lean[0] * math.cos(angle) + self.lean[1] * math.sin(angle)
        return (SIDE - 1) / 2 - (self.at + self.first - self.about) * lean


def picture_input(strip, off):
    """(z, SIDE) u7 and pixels of SIDE by which every row passes the bone's middle, nan: unknown; -> (CHANNELS, z,
    SIDE / 2), 0..1."""
    known = np.isfinite(off)
    place = np.where(known, np.clip(np.nan_to_num(off) / FAR, 0, 1), 0)
    x = np.empty((CHANNELS, len(strip), SIDE // 2), np.float32)
    x[0], x[1] = strip[:, 0::2] / 127, strip[:, 1::2] / 127
    x[2], x[3] = place[:, None], known[:, None]
    return x


def _pair(look, rng):
    """Inputs of two planes at right angles; None without bone."""
    turn = rng.uniform(0, 2 * math.pi)
    point = rng.normal(0, 6.5 if rng.random() < 0.75 else 11, 2)
    known = rng.random() < 0.75
    angles = (turn, turn + math.pi / 2)
    seen = [look.one(angle, point, rng) for angle in angles]
    if None in seen:
        return None
    out = []
    for k, (strip, _, _) in enumerate(seen):
        _, middles, width = seen[1 - k]  # the other one shows how far this one passes the middle
        off = abs(middles - look.crossing(angles[1 - k])) * SIDE / (views.MARGIN * width) * np.exp(rng.normal(0, 0.1))
        out.append(picture_input(np.clip(np.rint(strip), 0, 127), off if known else np.full(len(off), np.nan)))
    return out


def _draw(bones, ids, rng, pairs, whole=False):
    """Inputs (pairs, 2, ...) of a bone, and the row of its plane."""
    while True:
        look = Look(bones, ids[rng.integers(len(ids))], rng, whole)
        seen = [_pair(look, rng) for _ in range(pairs)]
        if None not in seen:
            return seen, look.row


def pictures_batch(bones, ids, n, rng):
    """Picture networks: (n * VIEWS, CHANNELS, ROWS, SIDE / 2) float, the pictures of a pair together, and rows (n,)
    of the plane in the window, nan: not in it."""
    x = np.empty((n, PAIRS, 2, CHANNELS, views.ROWS, SIDE // 2), np.float32)
    y = np.empty(n, np.float32)
    for b in range(n):
        x[b], y[b] = _draw(bones, ids, rng, PAIRS)
    return x.reshape(n * VIEWS, *x.shape[3:]), y


def pictures_windows(bones, rng, count):
    """Pairs of pictures of bones as a detection sees them: u7 (2 * count, CHANNELS, 448, SIDE / 2)."""
    x = np.empty((count, 2, CHANNELS, data.SLICES, SIDE // 2), np.uint8)
    for b in range(count):
        (pair,), _ = _draw(bones, range(len(bones)), rng, 1, whole=True)
        x[b] = np.rint(np.array(pair) * 127)
    return x.reshape(2 * count, *x.shape[2:])
