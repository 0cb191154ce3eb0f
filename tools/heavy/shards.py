"""Windows for BM from the training shards of the int8 networks (train/samples.h): 96x96 slices around the bone.

A shard does not say how large its square is, so that every window is scaled at random over the range of real
squares. Values are u7 of -1417..3171 HU; the step of 36 HU is filled with noise.
"""
import csv
import glob
import math
import os

import numpy as np
import torch
from torch.nn import functional as F

SIDE, SLICES, DEEP = 96, 448, 64
HU_LOW, HU_HIGH = -1417.0, 3171.0


NOISE = torch.rand(1 << 21, generator=torch.Generator().manual_seed(7)) - 0.5  # a piece of it fills a window's steps


class Shards:
    def __init__(self, folder, pattern):
        self.pixels, self.plane, self.slices = [], [], []
        for table in sorted(glob.glob(os.path.join(folder, pattern + ".csv"))):
            pixels = np.memmap(table[:-4] + ".u8", np.uint8, "r").reshape(-1, SLICES, SIDE, SIDE)
            with open(table, newline="") as f:
                for i, row in enumerate(csv.DictReader(f)):
                    plane = float(row["plane"])
                    if plane == -1 or int(row["slices"]) < DEEP:
                        continue  # not usable
                    self.pixels.append(pixels[i])
                    self.plane.append(plane)
                    self.slices.append(int(row["slices"]))
        if not self.plane:
            raise SystemExit("%s: no shard %s.csv here; make some with `phantom dataset`" % (folder, pattern))

    def __len__(self):
        return len(self.plane)


def target(plane, start):
    """P of a window: 1 where the plane is its middle, falling to 0 at its ends."""
    if math.isnan(plane):
        return 0.0
    return max(0.0, 1 - abs(plane - (start + (DEEP - 1) / 2)) / (DEEP / 2))


def place(u7, pixels, scale, turn=0.0, shift=(0, 0), mirror=False):
    """A window of 96x96 slices (float u7) in an image of `pixels`, as BM's preparation has it: 0..1 of
    -100..3171 HU."""
    c, s = math.cos(turn) * pixels / (SIDE * scale), math.sin(turn) * pixels / (SIDE * scale)
    affine = torch.tensor([[-c if mirror else c, -s, shift[0]], [s if not mirror else -s, c, shift[1]]])
    grid = F.affine_grid(affine[None].float(), (1, DEEP, pixels, pixels), align_corners=False)
    hu = HU_LOW + u7 * ((HU_HIGH - HU_LOW) / 127)
    v = ((hu + 100) / 3271).clamp(0, 1)
    return F.grid_sample(v[None], grid, mode="bilinear", padding_mode="zeros", align_corners=False)[0]


def draw(shards, rng, pixels):
    """One window disturbed at random and its target."""
    i = rng.integers(len(shards))
    plane, last = shards.plane[i], shards.slices[i] - DEEP
    kind = rng.random()
    if math.isnan(plane) or kind < 0.25:
        start = rng.integers(0, last + 1)
    else:
        reach = 34 if kind < 0.75 else 10
        start = int(np.clip(round(plane - 31.5 + rng.uniform(-reach, reach)), 0, last))
    u7 = torch.from_numpy(shards.pixels[i][start:start + DEEP].astype(np.float32))
    at = rng.integers(len(NOISE) - u7.numel())
    u7 += NOISE[at:at + u7.numel()].view(u7.shape)
    if rng.random() < 0.5:  # another calibration
        u7 = u7 * math.exp(rng.normal(0, 0.08)) + rng.normal(0, 2)
    if rng.random() < 0.25:
        u7 = u7 + torch.randn(u7.shape) * rng.uniform(0, 4)
    turn = rng.integers(4) * math.pi / 2 + rng.uniform(-1, 1) * math.pi / 18
    x = place(u7, pixels, rng.uniform(0.85, 1.22) * pixels / 112, turn, tuple(rng.uniform(-0.08, 0.08, 2)),
              rng.random() < 0.5)
    return x, target(plane, start)


def windows(shards, i, starts, pixels, scale=1.06):
    """Undisturbed windows of a bone, for validation."""
    u7 = torch.from_numpy(np.asarray(shards.pixels[i]).astype(np.float32))
    return torch.stack([place(u7[s:s + DEEP], pixels, scale * pixels / 112) for s in starts])
