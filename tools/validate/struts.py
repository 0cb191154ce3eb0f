#!/usr/bin/env python3
"""Femurs of a third kind, apart from tools/phantom and other.py: struts drawn as lines, a plate like an egg-box.

    struts.py FOLDER [--count 24] [--seed 7000]
    gppi detect --csv -o planes.csv FOLDER/*.nii && gppi eval --truth FOLDER/truth.csv planes.csv

An outline of joined ellipsoids, trabeculae as a net of line segments made thick by a distance map, a rim of grains,
noise that grows with what lies in the beam. The plane is the lower edge of the rim under the floor of the cross-shaped
valley: the median of the least raised third of the plate within 0.28 mm of the axis, half the cartilage, the rim.
Voxels of 20 x 20 x 10 um; 50 MB and twenty seconds each. Needs numpy, scipy and nibabel.
"""

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

import generated

SIDE = 200           # voxels of 20 um across
STEP = (1, 2, 2)     # slices of 10 um in a voxel along z, y, x: all lengths below are in 10 um
AXIS = 28            # radius of the floor
LIFTED = 1 / 3       # of it that counts: the least raised


def plate(r, x, y, radius):
    """Height of the plate's middle, towards the shaft; and how far mounds lift it."""
    turn = r.uniform(0, 2 * np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    pu, pv = radius * r.uniform(0.9, 1.25, 2)
    egg = np.abs(np.sin(np.pi * np.clip(u / pu, -1, 1)) * np.sin(np.pi * np.clip(v / pv, -1, 1))) ** r.uniform(0.6, 1.6)
    uneven = 1 + r.normal(0, 0.15) * np.sign(u) + r.normal(0, 0.15) * np.sign(v)
    lift = r.uniform(30, 65) * egg * uneven
    out = np.clip(np.hypot(x, y) / radius, 0, 1)
    side = 0.5 + 0.5 * np.cos(np.arctan2(y, x) - r.uniform(0, 2 * np.pi))
    trough = r.uniform(0, 30) * side ** 2 * out ** 3
    wave = gaussian_filter(r.standard_normal(x.shape), 8)
    return (trough - lift + x * r.normal(0, 0.05) + y * r.normal(0, 0.07) + r.uniform(0, 1.5) * wave / wave.std()), lift


def lines(r, shape, points, reach):
    """Voxels of line segments between each point (n, 3) and its nearest ones within `reach`."""
    mark = np.zeros(shape, bool)
    near = cKDTree(points).query(points, k=4, distance_upper_bound=reach)[1]
    for a, row in zip(points, near):
        for j in row[1:]:
            if j < len(points) and r.random() < 0.8:
                b = points[j]
                n = int(np.abs(b - a).max()) + 2
                at = np.rint((a + (b - a) * np.linspace(0, 1, n)[:, None]) / STEP).astype(int)
                at = at[((at >= 0) & (at < shape)).all(1)]
                mark[tuple(at.T)] = True
    return mark


def thick(mark, width):
    """Voxels within half of `width` of the marked ones."""
    return distance_transform_edt(~mark, sampling=STEP) <= width / 2


def scattered(r, count, box):
    return r.uniform(0, 1, (int(count), 3)) * box


def bone(seed):
    """A volume (z, y, x) in HU and its plane."""
    r = np.random.default_rng(seed)
    depth, z0, radius = 480, r.uniform(140, 210), r.uniform(88, 115)
    grid = (np.arange(SIDE) - SIDE / 2) * 2.0
    x, y = np.meshgrid(grid - r.normal(0, 15), grid - r.normal(0, 15))
    z = np.arange(depth)[:, None, None] - z0
    lean = r.normal(0, 0.05, 2)
    xs, ys = x + lean[0] * z, y + lean[1] * z

    def ball(cx, cy, cz, rx, ry, rz):
        return 1 - np.sqrt(((xs - cx) / rx) ** 2 + ((ys - cy) / ry) ** 2 + ((z - cz) / rz) ** 2)
    tube = radius * (r.uniform(0.55, 0.72) + 0.35 / (1 + np.exp((z - r.uniform(25, 60)) / r.uniform(18, 35))))
    body = np.minimum(1 - np.hypot(xs / r.uniform(0.9, 1.1), ys) / tube, (z + r.uniform(105, 140)) / 40)
    parts = [body] + [ball(s * radius * 0.5, -radius * r.uniform(0.5, 0.8), -r.uniform(45, 70), radius * 0.5,
                           radius * 0.6, r.uniform(55, 75)) for s in (-1, 1)]
    inside = np.log(sum(np.exp(14 * p) for p in parts)) > 0

    height, lift = plate(r, x, y, radius)
    above = z - height
    cartilage, rim = r.uniform(4, 8), r.uniform(3, 8)
    deep = distance_transform_edt(inside, sampling=STEP)
    wall = np.where(z < 0, r.uniform(5, 10), np.clip(6 + z * 0.07, 6, r.uniform(11, 18)))
    cortex = inside & (deep < wall)

    box = np.array([depth, 2 * SIDE, 2 * SIDE])
    cell = r.uniform(16, 26)
    net = thick(lines(r, (depth, SIDE, SIDE), scattered(r, min(box.prod() / cell ** 3, 9000), box), 1.8 * cell),
                r.uniform(5, 7))
    upright = np.zeros((depth, SIDE, SIDE), bool)
    for _ in range(int(r.uniform(150, 700))):
        s, length = z0 + r.exponential(r.uniform(30, 90)), r.uniform(10, 60)
        px, py = r.integers(0, SIDE, 2)
        upright[max(0, int(s - 15)):int(s + length), py, px] = True
    struts = thick(upright, r.uniform(3, 4.5))
    grain = gaussian_filter(r.standard_normal((depth, SIDE, SIDE)).astype(np.float32), (1.3, 0.7, 0.7))
    grain /= grain.std()
    solid = cortex | inside & np.where(above < 0, net, struts)
    solid |= inside & (above < -cartilage / 2) & (above > -cartilage / 2 - r.uniform(6, 12)) & (grain > -1.2)
    fade = np.clip((above - cartilage / 2) / rim, 0, 1.6)
    solid |= (inside & (above > cartilage / 2) & (fade < 1.5)
              & (grain > r.uniform(-0.6, 0.3) + np.clip(4 * (fade - 0.7), 0, 4)))
    dark = inside & (np.abs(above) < cartilage / 2)
    solid &= ~dark | (grain > r.uniform(1, 2.5))

    hu = np.full((depth, SIDE, SIDE), r.choice([-1000, 0]) + r.normal(0, 50), np.float32)
    hu[inside] = r.choice([-760, -100, 0]) + r.normal(0, 40)
    hu[dark] += r.uniform(0, 250)
    hu[solid] = r.uniform(1200, 2000)
    hu = gaussian_filter(hu, (r.uniform(0.5, 1.3), r.uniform(0.4, 0.8), r.uniform(0.4, 0.8)))
    load = np.sqrt(np.clip(inside.mean((1, 2)) / inside.mean((1, 2)).max(), 0.2, 1))[:, None, None].astype(np.float32)
    hu += r.normal(0, r.uniform(60, 220), hu.shape).astype(np.float32) * load
    floor = (x * x + y * y < AXIS * AXIS)
    low = floor & (lift <= np.quantile(lift[floor], LIFTED) + 2)
    return hu, z0 + np.median(height[low]) + cartilage / 2 + rim - 1


if __name__ == "__main__":
    generated.write_all(__doc__, "struts", 7000, bone)
