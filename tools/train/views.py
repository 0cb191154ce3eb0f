"""Views along the bone for the long-axis networks, cut from shards of slices (data.py)."""

import math

import numpy as np

from data import SIDE

ROWS = 160             # rows of a window in training
OFFSETS = (-4, 0, 4)   # pixels between the parallel planes of a view
VIEWS = 8              # directions a detection sees a bone from, 22.5 degrees apart
DARK, BRIGHT = 23, 82  # where a picture's marrow and bone are brought to, as in src/flat/strip.c
MARGIN = 1.15                       # of the square around the bone in a picture, as there
COARSE = (1.5, 4)                   # slices a row of a coarse picture stands for
WIDTHS = (1.0, 1.15, 1.3)           # a picture is looked at in, as in src/flat/flat_plane.c


def line(angle, offset, thick=1, scale=1.0, shift=0.0):
    """Where a plane along the bone cuts a slice: x, y (thick, SIDE) in pixels, lines one pixel apart.

    angle: of the plane about z, 0..2 pi; offset: pixels from the square's centre; scale and shift
    (pixels) place the columns."""
    c, s = math.cos(angle), math.sin(angle)
    t = (np.arange(SIDE) - (SIDE - 1) / 2) * scale + shift
    o = offset + np.arange(thick)[:, None] - (thick - 1) / 2
    return (SIDE - 1) / 2 + t * c - o * s, (SIDE - 1) / 2 + t * s + o * c


def long_view(stack, x, y):
    """The plane over x, y of line(): (z, 96, 96) -> (z, 96), the mean of its lines."""
    x, y = np.clip(x, 0, SIDE - 1.001), np.clip(y, 0, SIDE - 1.001)
    x0, y0 = x.astype(np.int64), y.astype(np.int64)
    fx, fy = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    at = y0 * SIDE + x0
    index = np.stack([at, at + 1, at + SIDE, at + SIDE + 1]).reshape(-1, SIDE)
    weight = np.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy]).reshape(-1, SIDE)
    pixels = np.take(stack.reshape(len(stack), -1), index, axis=1)
    return np.einsum("zkx,kx->zx", pixels, weight / np.float32(len(x)))


def long_input(planes):
    """Three parallel planes (3, z, 96) -> (6, z, 48): even and odd columns as channels."""
    return np.stack([p[:, k::2] for p in planes for k in range(2)])


def sheared(stack, per_slice):
    """A bone that leans: slices moved sideways by per_slice (y, x) pixels a slice, nothing else changed in
    them, so that the plane stays where it is."""
    out = np.empty(stack.shape, np.float32)
    for z in range(len(stack)):
        dy, dx = (z - len(stack) / 2) * per_slice
        y0, x0 = math.floor(dy), math.floor(dx)
        rows = np.clip(np.arange(y0, y0 + SIDE + 1), 0, SIDE - 1)
        columns = np.clip(np.arange(x0, x0 + SIDE + 1), 0, SIDE - 1)
        s = stack[z][rows][:, columns].astype(np.float32)
        s = s[:-1] + np.float32(dy - y0) * (s[1:] - s[:-1])
        out[z] = s[:, :-1] + np.float32(dx - x0) * (s[:, 1:] - s[:, :-1])
    return out


def bent(rng):
    """A smooth map of the slice onto itself, the same for all slices: another outline, the same plane."""
    wave = rng.uniform(-1, 1, (2, 2)) * math.pi / 48
    phase, far = rng.uniform(0, 2 * math.pi, 2), rng.uniform(0, 4, 2)

    def bend(x, y):
        a, b = (np.sin(w[0] * x + w[1] * y + p) for w, p in zip(wave, phase))
        return x + far[0] * a, y + far[1] * b
    return bend


def rows_of_window(rng, plain):
    """Slices (ROWS,) the rows of a window show, counted from its first: plain ones, or stretched, not
    evenly, as no two bones are."""
    r = np.arange(ROWS, dtype=np.float64)
    if plain:
        return r
    length = rng.uniform(80, 300)
    wave = np.sin(2 * math.pi * (r / length + rng.random())) * length / (2 * math.pi)
    wave = r + rng.uniform(0, 0.18) * wave
    return (wave - wave.min()) * rng.uniform(0.85, 1.18)


def stretched(view, at):
    """Rows `at` of (..., z, 96), linearly interpolated."""
    k = at.astype(np.int64)
    f = (at - k).astype(np.float32)[:, None]
    return view[..., k, :] * (1 - f) + view[..., k + 1, :] * f


def decimated(view, at, step, rng):
    """Rows `at` (rising) of (z, SIDE) in a picture of which only every step-th row was kept, without smoothing."""
    kept = np.clip(np.rint(np.arange(len(view) / step) * step + rng.uniform(0, step)), 0,
                   len(view) - 1).astype(np.int64)
    return stretched(view[kept], np.clip(np.interp(at, kept, np.arange(len(kept))), 0, len(kept) - 1.001))


def softened(view, rng):
    """Soft, as a coarser scan or a picture scaled up, or sharp, as a thinner plane; mostly as it is."""
    if rng.random() < 0.3:
        soft = rng.uniform(-0.12, 0.3)
        view = view.copy()
        view[..., 1:-1] += soft * (view[..., :-2] + view[..., 2:] - 2 * view[..., 1:-1])
        view[..., 1:-1, :] += soft * (view[..., :-2, :] + view[..., 2:, :] - 2 * view[..., 1:-1, :])
    return view


def noisy(view, far, rng):
    """With the noise of thin planes, up to `far`."""
    if rng.random() < 0.5:
        view = view + np.float32(rng.uniform(0, far)) * rng.standard_normal(view.shape, np.float32)
    return view


def _slow_field(shape, rng, shortest):
    """A smooth field of mean 0 and |values| <= 1 over the last two axes of a shape, another one for each view: two
    waves, none shorter than `shortest` pixels."""
    z, x = np.arange(shape[-2], dtype=np.float32)[:, None], np.arange(shape[-1], dtype=np.float32)[None]
    field = np.empty((shape[0], 1) + tuple(shape[-2:]), np.float32)
    for k in range(shape[0]):
        waves = [np.sin(z * np.float32(2 * math.pi * math.cos(a) / n) + x * np.float32(2 * math.pi * math.sin(a) / n)
                        + np.float32(p))
                 for a, n, p in zip(rng.uniform(0, math.pi, 2), shortest * np.exp(rng.uniform(0, 1.5, 2)),
                                    rng.uniform(0, 6.3, 2))]
        field[k] = (waves[0] + waves[1]) / 2
    return field


def restyled(planes, rng):
    """Views (views, 3, z, 96), u7, as if another hand had drawn the bone: a bent scale of greys, thicker or thinner
    struts, bone that is brighter here than there, a coarser grain. None of that moves the plane."""
    dark = np.float32(20)  # marrow
    if rng.random() < 0.4:
        planes = dark + np.sign(planes - dark) * 70 * (np.abs(planes - dark) / 70) ** np.float32(
            np.exp(rng.normal(0, 0.25)))
    for axis, often, most in ((-1, 0.4, 0.9), (-2, 0.2, 0.4)):
        if rng.random() < often:
            a, b = np.roll(planes, 1, axis), np.roll(planes, -1, axis)
            extreme = np.maximum if rng.random() < 0.5 else np.minimum
            planes = planes + np.float32(rng.uniform(0, most)) * (extreme(planes, extreme(a, b)) - planes)
    if rng.random() < 0.4:
        planes = dark + (planes - dark) * (1 + np.float32(rng.uniform(0, 0.45)) * _slow_field(planes.shape, rng, 25))
    if rng.random() < 0.3:
        grain = rng.standard_normal((planes.shape[0], 1) + planes.shape[2:], np.float32)
        grain = (grain + np.roll(grain, 1, -1) + np.roll(grain, 1, -2) + np.roll(grain, (1, 1), (-1, -2))) / 2
        planes = planes + np.float32(rng.uniform(0, 0.18)) * grain * np.maximum(planes - dark, 0)
    return planes


def _other_grey(view, rng):
    """Another calibration, in the u7 range."""
    return np.clip(np.rint((view - 20) * np.exp(rng.normal(0, 0.16)) + 20 + rng.normal(0, 6)), 0, 127)


def laid_around(view, outline, levels, far, rng):
    """A view (z, 96) as a picture is prepared, not exactly: columns laid around the outline (middle, width) of its
    bone, its levels (dark, bright) brought to DARK and BRIGHT. far: s.d. of the middle (pixels), the width and the
    contrast (shares)."""
    (middle, width), (dark, bright) = outline, levels
    wide = WIDTHS[rng.integers(len(WIDTHS))] * MARGIN * width * np.exp(rng.normal(0, far[1]))
    at = middle + rng.normal(0, far[0]) + ((np.arange(SIDE) + 0.5) / SIDE - 0.5) * wide
    out = np.where((at < 0) | (at > SIDE - 1), dark, stretched(view.T, np.clip(at, 0, SIDE - 1.001)).T)
    return DARK + (out - dark) * (BRIGHT - DARK) / (bright - dark) * np.exp(rng.normal(0, far[2]))


def long_views(bones, i, rng, count=VIEWS):
    """A bone from `count` sides, evenly apart as a detection takes them, with everything about them at random:
    (count, 6, ROWS, 48) float, and the row of the plane."""
    at = rows_of_window(rng, rng.random() < 0.5)
    need = int(at[-1]) + 2
    if math.isnan(bones.plane[i]) or rng.random() < 0.12:
        first = int(rng.integers(-20, max(1, bones.slices[i] - need // 2)))
    else:
        first = int(round(bones.plane[i] - at[rng.integers(8, ROWS - 8)]))
    stack = bones.stack(i, first, need)
    if rng.random() < 0.4:
        stack = sheared(stack, rng.normal(0, 0.04, 2))
    bend = bent(rng) if rng.random() < 0.5 else lambda x, y: (x, y)
    apart = rng.uniform(0.7, 1.25) * np.array(OFFSETS)
    thick, scale = int(rng.integers(1, 4)), np.exp(rng.normal(0, 0.14))
    turn, (dx, dy) = rng.uniform(0, 2 * math.pi), rng.normal(0, 3, 2)
    planes = []
    for angle in turn + np.arange(count) * math.pi / count:
        c, s = math.cos(angle), math.sin(angle)
        planes.append([long_view(stack, *bend(*line(angle, o + dy * c - dx * s, thick, scale, dx * c + dy * s)))
                       for o in apart])
    planes = noisy(softened(restyled(stretched(np.array(planes), at), rng), rng), 9, rng)
    if rng.random() < 0.35:  # -500..1500 HU
        planes = np.clip(planes, rng.normal(25, 4), rng.normal(81, 6))
    planes = _other_grey(planes, rng)
    for k in range(count):
        if rng.random() < 0.5:
            planes[k] = planes[k][..., ::-1]
        if rng.random() < 0.5:
            planes[k] = planes[k][::-1]
    row = np.interp(bones.plane[i] - first, at, np.arange(ROWS), np.nan, np.nan)
    return np.stack([long_input(p) for p in planes]) / np.float32(127), row


def longaxis_batch(bones, ids, n, rng, count=VIEWS):
    """Long-axis networks: (n * count,6,160,48) float, the views of a bone together, and rows (n,) of the
    plane in the window, nan: not in it."""
    x = np.empty((n, count, 6, ROWS, SIDE // 2), np.float32)
    y = np.empty(n, np.float32)
    for b in range(n):
        x[b], y[b] = long_views(bones, ids[rng.integers(len(ids))], rng, count)
    return x.reshape(n * count, 6, ROWS, SIDE // 2), y
