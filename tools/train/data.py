"""Training data as written by `phantom dataset` and `prepare`: shards of 96x96 slices.

A shard PREFIX has PREFIX.u8 (bones x 448 x 96 x 96, u7: canonical slices from 0) and PREFIX.csv
(name, condition, plane, blobs_from, slices, fold); plane is -1 for a bone that was not usable and
nan for a volume without a growth plate.
"""

import csv
import glob
import math
import os

import numpy as np

SIDE = 96
SLICES = 448
STACK = 51
FOLDS = 5


class Bones:
    """All usable bones of the shards in a folder (or of the prefixes given)."""

    def __init__(self, prefixes):
        self.pixels, self.rows = [], []
        for prefix in prefixes:
            with open(prefix + ".csv", newline="") as f:
                rows = list(csv.DictReader(f))
            pixels = np.memmap(prefix + ".u8", np.uint8, "r").reshape(-1, SLICES, SIDE, SIDE)
            for i, row in enumerate(rows):
                if float(row["plane"]) == -1:
                    continue
                self.pixels.append(pixels[i])
                self.rows.append(row)
        self.plane = np.array([float(r["plane"]) for r in self.rows])
        self.blobs = np.array([float(r["blobs_from"]) for r in self.rows])
        self.slices = np.array([int(r["slices"]) for r in self.rows])

    def __len__(self):
        return len(self.rows)

    def fold(self, i):
        """Fold of bone i: the one of the CSV, or by order."""
        return int(self.rows[i].get("fold") or i % FOLDS)

    def stack(self, i, first, n):
        """Slices first..first+n-1 of bone i, the end ones repeated."""
        if 0 <= first and first + n <= self.slices[i]:
            return self.pixels[i][first:first + n]
        return self.pixels[i][np.clip(np.arange(first, first + n), 0, self.slices[i] - 1)]


def load(folder, pattern="s*"):
    prefixes = sorted(p[:-4] for p in glob.glob(os.path.join(folder, pattern + ".csv")))
    if not prefixes:
        raise SystemExit("%s: no shard %s.csv here; make some with `phantom dataset` or `prepare`"
                         % (folder, pattern))
    return Bones(prefixes)


def _turn(x, rng, far=3):
    """One of the eight views of a square, and a shift of up to `far` pixels, of (..., side, side)."""
    x = np.rot90(x, rng.integers(4), axes=(-2, -1))
    if rng.integers(2):
        x = x[..., ::-1]
    dy, dx = rng.integers(-far, far + 1, 2)
    return np.roll(x, (dy, dx), axis=(-2, -1))


def _grey(x, rng):
    """Another calibration: gain and offset, in the u7 range."""
    x = x.astype(np.float32) * np.exp(rng.normal(0, 0.12)) + rng.normal(0, 4)
    if rng.random() < 0.25:
        x += rng.normal(0, rng.uniform(0, 5), x.shape).astype(np.float32)
    return np.clip(np.rint(x), 0, 127) / np.float32(127)


def _pick_slice(bones, i, rng, near, centre):
    """A slice number: near a slice, around the plane, or from anywhere."""
    kind = rng.random()
    if math.isnan(bones.plane[i]) or kind >= near + 0.25:
        return rng.integers(bones.slices[i])
    if kind < near:
        k = int(round(centre + rng.normal(0, 10)))
    else:
        k = int(bones.plane[i]) + rng.integers(-75, 76)
    return min(max(k, 0), bones.slices[i] - 1)


def classifier_batch(bones, ids, n, rng):
    """SV classifier: (n,1,96,96) float, labels (n,): 1 where four blobs show."""
    x = np.empty((n, 1, SIDE, SIDE), np.float32)
    y = np.empty(n, np.int64)
    for b in range(n):
        i = ids[rng.integers(len(ids))]
        centre = bones.plane[i] if rng.random() < 0.7 else bones.blobs[i]
        k = _pick_slice(bones, i, rng, 0.6, centre)
        x[b, 0] = _grey(_turn(bones.stack(i, k, 1)[0], rng), rng)
        y[b] = bones.blobs[i] <= k <= np.rint(bones.plane[i])
    return x, y


def cw_batch(bones, ids, n, rng):
    """CW: (n,1,96,96) float, labels (n,): 1 from the plane on. Bones without a plane are left out."""
    x = np.empty((n, 1, SIDE, SIDE), np.float32)
    y = np.empty(n, np.int64)
    ids = [i for i in ids if not math.isnan(bones.plane[i])]
    for b in range(n):
        i = ids[rng.integers(len(ids))]
        k = _pick_slice(bones, i, rng, 0.6, bones.plane[i])
        x[b, 0] = _grey(_turn(bones.stack(i, k, 1)[0], rng), rng)
        y[b] = k >= np.rint(bones.plane[i])
    return x, y


def stack_image(stack):
    """(51, 96, 96) as the regressor sees it: every slice at half size, (51, 48, 48)."""
    return stack.reshape(STACK, SIDE // 2, 2, SIDE // 2, 2).mean((2, 4))


def inner_image(stack, rng=None):
    """(51, 96, 96) as the network for inner halves sees it: (51, 48, 48), with rng shifted by up to 4 pixels."""
    y, x = SIDE // 4 + (rng.integers(-4, 5, 2) if rng else np.zeros(2, int))
    return stack[:, y:y + SIDE // 2, x:x + SIDE // 2]


def regressor_batch(bones, ids, n, rng, spread=8.0, inner=False):
    """SV regressor: (n,1,51*48,48) float, positions (n,) of the plane inside the stack; nan where
    the stack does not show it. inner: of the inner halves of the slices."""
    x = np.empty((n, 1, STACK * SIDE // 2, SIDE // 2), np.float32)
    y = np.empty(n, np.float32)
    for b in range(n):
        i = ids[rng.integers(len(ids))]
        kind = rng.random()
        if math.isnan(bones.plane[i]) or kind < 0.05:
            first = int(rng.integers(bones.slices[i]))
        else:
            off = rng.normal(0, spread) if kind < 0.8 else rng.uniform(-24, 24)
            first = int(round(bones.plane[i] + off)) - STACK // 2
        stack = bones.stack(i, first, STACK).astype(np.float32)
        seen = _turn(inner_image(stack, rng), rng, 0) if inner else _turn(stack_image(stack), rng)
        x[b, 0] = _grey(seen, rng).reshape(-1, 48)
        y[b] = bones.plane[i] - first
    y[~((y >= 0) & (y <= STACK - 1))] = np.nan
    return x, y
