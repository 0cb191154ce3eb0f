#!/usr/bin/env python3
"""Femurs of another kind than tools/phantom draws, to see what the networks have learnt beyond its bones.

    other.py FOLDER [--count 24] [--seed 9000]
    gppi detect --csv -o planes.csv FOLDER/*.nii && gppi eval --truth FOLDER/truth.csv planes.csv

A round shaft that flares, a dome, bells for mounds, filtered noise for spongy bone; nothing is shared with
tools/phantom, and the plane follows a rule of its own: half of the plate within 0.24 mm of the axis, half the
cartilage, the rim. Voxels of 20 x 20 x 10 um; 50 MB and five seconds each. Needs numpy, scipy and nibabel.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

import generated

SIDE = 200        # voxels of 20 um across
UM10 = 2          # of 10 um in one of them: all lengths below are in 10 um, as are slices
AXIS = 24         # within which the plate counts for the plane
SHARE = 0.5       # of it that ends before the plane


def plate(r, x, y, radius, z0):
    """Height of the plate's middle over the plane: a dome or bowl, four bells towards the knee, a tilt."""
    amplitude, out, width = r.uniform(20, 50), r.uniform(0.48, 0.6) * radius, r.uniform(0.17, 0.26) * radius
    turn, mounds = r.uniform(0, 2 * np.pi), np.zeros_like(x)
    for k in range(4):
        a = turn + k * np.pi / 2 + r.normal(0, 0.1)
        d2 = (x - out * np.cos(a)) ** 2 + (y - out * np.sin(a)) ** 2
        mounds = np.maximum(mounds, amplitude * r.uniform(0.7, 1.2) * np.exp(-d2 / (2 * width * width)))
    bowl = r.uniform(-10, 25) * (x * x + y * y) / radius ** 2
    return z0 - mounds - bowl + x * r.normal(0, 0.06) + y * r.normal(0, 0.06)


def spongy(r, depth):
    """Filtered noise, unit variance."""
    half = gaussian_filter(r.standard_normal((depth // 2 + 1, SIDE, SIDE)).astype(np.float32),
                           (r.uniform(2, 3.5), *2 * (r.uniform(2.5, 4),)))
    return np.repeat(half, UM10, 0)[:depth] / half.std()


def bone(seed):
    """A volume (z, y, x) in HU and its plane."""
    r = np.random.default_rng(seed)
    depth, z0, radius = int(r.choice([500, 600, 642])), r.uniform(140, 240), r.uniform(85, 120)
    x, y = np.meshgrid(*((np.arange(SIDE) - SIDE / 2 - r.normal(0, 8)) * UM10 for _ in range(2)))
    z = np.arange(depth)[:, None, None]
    high, aspect, shaft = z - z0, r.uniform(0.85, 1.2), r.uniform(0.5, 0.7)
    dome = np.sqrt(np.clip(1 - (high / r.uniform(100, 160)) ** 2, 0, 1)) ** 0.6 * r.uniform(0.95, 1.1)
    flare = shaft + (1 - shaft) * np.exp(-np.clip(high, 0, None) / r.uniform(70, 140))
    surface = radius * np.where(high < 0, dome, flare) - np.hypot(x / aspect, y * aspect)  # depth below it
    inside = surface > 0
    wall = np.where(high < 0, r.uniform(6, 12), np.clip(6 + high * 0.06, 6, r.uniform(12, 20)))
    cortex = inside & (surface < wall)

    middle, cartilage, rim = plate(r, x, y, radius, z0), r.uniform(4, 10), r.uniform(3, 10)
    above, texture = z - middle, spongy(r, depth)
    thick = np.where(above < 0, r.uniform(0.3, 0.6),
                     r.uniform(0.05, 0.25) * np.exp(-np.clip(high, 0, None) / r.uniform(60, 200)))
    solid = cortex | inside & (np.abs(texture) < thick)
    solid |= inside & (above < -cartilage / 2) & (above > -cartilage / 2 - r.uniform(4, 14))
    solid |= inside & (above > cartilage / 2) & (above < cartilage / 2 + rim) & (texture > r.uniform(-1, 0.2))
    dark = np.abs(above) < cartilage / 2
    solid &= ~dark | cortex & (r.random() < 0.5)

    marrow = r.uniform(-700, 100)
    hu = np.full((depth, SIDE, SIDE), r.uniform(-1000, 0), np.float32)
    hu[inside] = marrow
    hu[inside & dark] += r.uniform(0, 300)
    hu[solid] = r.uniform(1100, 2200)
    hu = gaussian_filter(hu, (r.uniform(0.4, 1.2), 0.6, 0.6))
    hu += r.normal(0, r.uniform(30, 250), hu.shape).astype(np.float32)
    near = x * x + y * y < AXIS * AXIS
    return hu, np.quantile(middle[near], SHARE) + cartilage / 2 + rim


if __name__ == "__main__":
    generated.write_all(__doc__, "other", 9000, bone)
