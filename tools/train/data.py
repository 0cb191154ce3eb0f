"""Training data as written by `phantom dataset` and `prepare`: shards of 96x96 slices.

A shard PREFIX has PREFIX.u8 (bones x 200 x 96 x 96, u7), PREFIX.i16 (bones x 200 slice numbers:
first 151 consecutive ones around the plane, then 49 from elsewhere) and PREFIX.csv (seed or name,
condition, plane, blobs_from; plane -1 marks a bone that was not usable).
"""

import csv
import glob
import os

import numpy as np

SIDE = 96
DENSE = 151
SLICES = 200
STACK = 51
CHANNELS = 52
FOLDS = 5


class Bones:
    """All usable bones of the shards in a folder (or of the prefixes given)."""

    def __init__(self, prefixes):
        self.pixels, self.index, self.rows = [], [], []
        for prefix in prefixes:
            with open(prefix + ".csv", newline="") as f:
                rows = list(csv.DictReader(f))
            pixels = np.memmap(prefix + ".u8", np.uint8, "r").reshape(-1, SLICES, SIDE, SIDE)
            index = np.fromfile(prefix + ".i16", np.int16).reshape(-1, SLICES)
            for i, row in enumerate(rows):
                if float(row["plane"]) < 0:
                    continue
                self.pixels.append(pixels[i])
                self.index.append(index[i])
                self.rows.append(row)
        self.plane = np.array([float(r["plane"]) for r in self.rows])
        self.blobs = np.array([float(r["blobs_from"]) for r in self.rows])

    def __len__(self):
        return len(self.rows)

    def fold(self, i):
        """Fold of bone i: the one of the CSV, or by order."""
        return int(self.rows[i].get("fold") or i % FOLDS)


def load(folder, pattern="s*"):
    prefixes = sorted(p[:-4] for p in glob.glob(os.path.join(folder, pattern + ".csv")))
    if not prefixes:
        raise SystemExit("%s: no shard %s.csv here; make some with `phantom dataset` or `prepare`"
                         % (folder, pattern))
    return Bones(prefixes)


def _turn(x, rng):
    """One of the eight views of a square, and a shift of up to 3 pixels, of (..., 96, 96)."""
    x = np.rot90(x, rng.integers(4), axes=(-2, -1))
    if rng.integers(2):
        x = x[..., ::-1]
    dy, dx = rng.integers(-3, 4, 2)
    return np.roll(x, (dy, dx), axis=(-2, -1))


def _grey(x, rng):
    """Another calibration: gain and offset, in the u7 range."""
    x = x.astype(np.float32) * np.exp(rng.normal(0, 0.1)) + rng.normal(0, 3)
    if rng.random() < 0.2:
        x += rng.normal(0, rng.uniform(0, 5), x.shape).astype(np.float32)
    return np.clip(np.rint(x), 0, 127) / np.float32(127)


def _pick_slice(bones, i, rng, near, centre):
    """Position in the bone's 200 slices: near a slice, anywhere dense, or from elsewhere."""
    kind = rng.random()
    if kind < near:
        k = int(round(centre + rng.normal(0, 10))) - int(bones.index[i][0])
        return min(max(k, 0), DENSE - 1)
    if kind < near + 0.25:
        return rng.integers(DENSE)
    return rng.integers(DENSE, SLICES)


def classifier_batch(bones, ids, n, rng):
    """SV classifier: (n,1,96,96) float, labels (n,): 1 where four blobs show."""
    x = np.empty((n, 1, SIDE, SIDE), np.float32)
    y = np.empty(n, np.int64)
    for b in range(n):
        i = ids[rng.integers(len(ids))]
        centre = bones.plane[i] if rng.random() < 0.7 else bones.blobs[i]
        k = _pick_slice(bones, i, rng, 0.6, centre)
        x[b, 0] = _grey(_turn(bones.pixels[i][k], rng), rng)
        y[b] = bones.blobs[i] <= bones.index[i][k] <= round(bones.plane[i])
    return x, y


def cw_batch(bones, ids, n, rng):
    """CW: (n,1,96,96) float, labels (n,): 1 from the plane on."""
    x = np.empty((n, 1, SIDE, SIDE), np.float32)
    y = np.empty(n, np.int64)
    for b in range(n):
        i = ids[rng.integers(len(ids))]
        k = _pick_slice(bones, i, rng, 0.6, bones.plane[i])
        x[b, 0] = _grey(_turn(bones.pixels[i][k], rng), rng)
        y[b] = bones.index[i][k] >= round(bones.plane[i])
    return x, y


def centre_map():
    """Last channel of the regressor's input, u7, as plane_centre_map() in src/plane/views.c."""
    d = 2 * np.arange(SIDE) - (SIDE - 1)
    return np.maximum(127 - 127 * (d[:, None] ** 2 + d[None] ** 2) // (4 * 30 * 30), 0).astype(np.uint8)


def regressor_batch(bones, ids, n, rng, spread=7.0):
    """SV regressor: (n,52,96,96) float, positions (n,) of the plane inside the stack."""
    x = np.empty((n, CHANNELS, SIDE, SIDE), np.float32)
    x[:, STACK] = centre_map() / np.float32(127)
    y = np.empty(n, np.float32)
    for b in range(n):
        i = ids[rng.integers(len(ids))]
        off = rng.normal(0, spread) if rng.random() < 0.75 else rng.uniform(-22, 22)
        first = DENSE // 2 - STACK // 2 + int(np.clip(round(off), -45, 45))
        x[b, :STACK] = _grey(_turn(bones.pixels[i][first:first + STACK], rng), rng)
        y[b] = bones.plane[i] - bones.index[i][first]
    return x, y
