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
ROWS = 160             # rows of a long-axis window in training
OFFSETS = (-4, 0, 4)   # pixels between the parallel planes of a long-axis view
VIEWS = 8              # directions a bone is seen from, 22.5 degrees apart
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


def long_view(stack, angle, offset, thick=1, scale=1.0, shift=0.0):
    """One plane along the bone: (z, 96, 96) -> (z, 96), the mean of `thick` lines one pixel apart.

    angle: of the plane about z, 0..2 pi; offset: pixels from the square's centre; scale and shift
    (pixels) place the columns."""
    c, s = math.cos(angle), math.sin(angle)
    t = (np.arange(SIDE) - (SIDE - 1) / 2) * scale + shift
    o = offset + np.arange(thick)[:, None] - (thick - 1) / 2
    x = np.clip((SIDE - 1) / 2 + t * c - o * s, 0, SIDE - 1.001)
    y = np.clip((SIDE - 1) / 2 + t * s + o * c, 0, SIDE - 1.001)
    x0, y0 = x.astype(np.int64), y.astype(np.int64)
    fx, fy = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    at = y0 * SIDE + x0
    index = np.stack([at, at + 1, at + SIDE, at + SIDE + 1]).reshape(-1, SIDE)
    weight = np.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy]).reshape(-1, SIDE)
    pixels = np.take(stack.reshape(len(stack), -1), index, axis=1)
    return np.einsum("zkx,kx->zx", pixels, weight / np.float32(thick))


def long_input(planes):
    """Three parallel planes (3, z, 96) -> (6, z, 48): even and odd columns as channels."""
    return np.stack([p[:, k::2] for p in planes for k in range(2)])


def _stretch(view, first, factor, rows):
    """Rows first, first + factor, ... of (..., z, 96), linearly interpolated."""
    at = np.clip(first + factor * np.arange(rows), 0, view.shape[-2] - 1.001)
    k = at.astype(np.int64)
    f = (at - k).astype(np.float32)[:, None]
    return view[..., k, :] * (1 - f) + view[..., k + 1, :] * f


def _picture(view, rng):
    """As exported pictures are: another window, clipped, noise of thin planes."""
    kind = rng.random()
    if kind < 0.35:  # -500..1500 HU
        lo, hi = rng.normal(25, 4), rng.normal(81, 6)
        view = np.clip(view, lo, hi)
    if rng.random() < 0.25:  # a coarser scan, or a picture scaled up
        soft = rng.uniform(0.1, 0.3)
        view = view.copy()
        view[..., 1:-1] += soft * (view[..., :-2] + view[..., 2:] - 2 * view[..., 1:-1])
        view[..., 1:-1, :] += soft * (view[..., :-2, :] + view[..., 2:, :] - 2 * view[..., 1:-1, :])
    view = (view - 20) * np.exp(rng.normal(0, 0.16)) + 20 + rng.normal(0, 6)
    if rng.random() < 0.5:
        view = view + rng.uniform(0, 9) * rng.standard_normal(view.shape, np.float32)
    return np.clip(np.rint(view), 0, 127)


def long_views(bones, i, rng):
    """A bone from VIEWS sides as a detection takes them, with everything about them at random:
    (VIEWS, 6, ROWS, 48) float, and the row of the plane."""
    factor = rng.uniform(0.85, 1.18) if rng.random() < 0.5 else 1.0
    need = int(ROWS * factor) + 2
    if math.isnan(bones.plane[i]) or rng.random() < 0.12:
        first = int(rng.integers(-20, max(1, bones.slices[i] - need // 2)))
    else:
        first = int(round(bones.plane[i] - rng.uniform(8, ROWS - 8) * factor))
    stack = bones.stack(i, first, need)
    # A picture shows one plane only, and the bone in it lies and is scaled as it likes.
    picture = rng.random() < 0.3
    apart = [0] if picture else rng.uniform(0.7, 1.25) * np.array(OFFSETS)
    thick, scale = int(rng.integers(1, 4)), np.exp(rng.normal(0, 0.2 if picture else 0.14))
    turn, (dx, dy) = rng.uniform(0, 2 * math.pi), rng.normal(0, 4 if picture else 3, 2)
    planes = []
    for angle in turn + np.arange(VIEWS) * math.pi / VIEWS:
        c, s = math.cos(angle), math.sin(angle)
        planes.append([long_view(stack, angle, o + dy * c - dx * s, thick, scale, dx * c + dy * s) for o in apart])
    planes = np.array(planes)
    planes = _picture(_stretch(planes, 0, factor, ROWS), rng)
    if picture:
        planes = planes.repeat(len(OFFSETS), 1)
    for k in range(VIEWS):
        if rng.random() < 0.5:
            planes[k] = planes[k][..., ::-1]
        if rng.random() < 0.5:
            planes[k] = planes[k][::-1]
    return np.stack([long_input(p) for p in planes]) / np.float32(127), (bones.plane[i] - first) / factor


def longaxis_batch(bones, ids, n, rng):
    """Long-axis networks: (n * VIEWS,6,160,48) float, the views of a bone together, and rows (n,) of the
    plane in the window, nan: not in it."""
    x = np.empty((n, VIEWS, 6, ROWS, SIDE // 2), np.float32)
    y = np.empty(n, np.float32)
    for b in range(n):
        x[b], y[b] = long_views(bones, ids[rng.integers(len(ids))], rng)
    y[~((y >= 0) & (y <= ROWS - 1))] = np.nan
    return x.reshape(n * VIEWS, 6, ROWS, SIDE // 2), y
