#!/usr/bin/env python3
"""Draws bones, trains the network of the growth plate (src/measure/plate_net.c) and writes its weights.

    plate.py --program build/plate_samples --work build/train-plate --out weights/growth-plate.f32

Stopped at any time, the same command goes on. The bones that plates.c is judged by have other seeds (961001 to
969999). Loss: for each column of the network's voxels that meets the layer, cross-entropy between a narrow bell around
the true middle and what the network says of the slices.
"""
import argparse
import os
import subprocess

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SLICES = 80          # of a volume: PLATE_SLICES of plate_seen.h
BEFORE, PLACE = 60, 25
BELL = 0.7           # s.d. of the target, slices
SHIFT = 4            # slices by which the plane is off at most: that of a detection is not exact
CHANNELS = [(4, 8), (8, 16), (16, 16), (16, 32), (32, 32), (32, 32),
            (32, 32), (32, 32), (32, 16), (16, 16), (16, 8), (8, 8)]
LEVELS = 3
# Name of a shard, its first seed, bones, arguments of plate_samples.
SHARDS = [(f"typical{i}", 972001 + 20 * i, 20, []) for i in range(7)]
SHARDS += [(f"coarse{i}", 973001 + 20 * i, 20, ["typical", "coarse"]) for i in range(3)]
SHARDS += [(name, 974001 + 100 * i, 10, [name])
           for i, name in enumerate(["young", "adult", "osteoporotic", "noisy", "wide", "unseen", "tilt"])]
CHOOSING = ("choosing", 975001, 24, [])


class PlateNet(nn.Module):
    """Convolutions of 3 x 3 x 3, in the order of the file; at each level two on the way down, two on the way back."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv3d(a, b, 3, padding=1) for a, b in CHANNELS)
        self.answer = nn.Conv3d(CHANNELS[-1][1], 1, 1)
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def two(self, first, x):
        for layer in self.layers[first:first + 2]:
            x = F.relu(layer(x))
        return x

    def level(self, k, above):
        here = self.two(2 * k - 1, F.avg_pool3d(above, 2))
        if k < LEVELS:
            below = self.level(k + 1, here)
            here = self.two(len(CHANNELS) - 1 - 2 * k, here + F.interpolate(below, scale_factor=2, mode="nearest"))
        return here

    def forward(self, x):
        full = F.relu(self.layers[0](x))
        full = full + F.interpolate(self.level(1, full), scale_factor=2, mode="nearest")
        return self.answer(F.relu(self.layers[-1](full)))[:, 0]

    def write(self, path):
        """Weights [z][y][x][in][out] and biases of every layer, float32."""
        parts = []
        for layer in self.layers:
            parts += [layer.weight.permute(2, 3, 4, 1, 0).reshape(-1), layer.bias]
        parts += [self.answer.weight.reshape(-1), self.answer.bias]
        torch.cat(parts).detach().float().numpy().astype("<f4").tofile(path + ".new")
        os.replace(path + ".new", path)


def draw(args, shard):
    """Path of a shard, drawn if it is not there."""
    name, seed, count, how = shard
    path = os.path.join(args.work, name + ".bones")
    if not os.path.exists(path):
        subprocess.run([args.program, path + ".new", str(seed), str(count), *how], check=True)
        os.replace(path + ".new", path)
    return path


def read(path):
    """Bones of a shard: channels uint8 (3, z, y, x), and the middle (y, x) in slices."""
    with open(path, "rb") as f:
        data = f.read()
    bones, at = [], 0
    while at < len(data):
        nx, ny, nz = (int(v) for v in np.frombuffer(data, "<i4", 3, at))
        voxels = np.frombuffer(data, np.uint8, 3 * nx * ny * nz, at + 12).reshape(nz, ny, nx, 3)
        at += 12 + voxels.size
        middle = np.frombuffer(data, "<f4", nx * ny, at).reshape(ny, nx)
        at += middle.size * 4
        bones.append((torch.from_numpy(voxels.transpose(3, 0, 1, 2).copy()), torch.from_numpy(middle.copy())))
    return bones


def sample(bone, rng):
    """Input (4, z, y, x), middle (y, x) and which columns count; rng None: as it is."""
    seen, middle = bone[0].float() / 100, bone[1]
    if rng is not None:
        if rng.random() < 0.5:
            seen, middle = seen.flip(3), middle.flip(1)
        if rng.random() < 0.5:
            seen, middle = seen.flip(2), middle.flip(0)
        if rng.random() < 0.5:
            seen, middle = seen.transpose(2, 3), middle.T
        by = int(rng.integers(-SHIFT, SHIFT + 1))
        seen, middle = torch.roll(seen, by, 1), middle + by
        if by > 0:
            seen[:, :by] = 0
        elif by < 0:
            seen[:, by:] = 0
        seen[:2] *= rng.uniform(0.85, 1.15)
    place = (torch.arange(SLICES) - BEFORE + 0.25) / PLACE
    seen = torch.cat([seen, place[None, :, None, None].expand(1, *seen.shape[1:])])
    counts = (middle > 0) & (middle < SLICES - 1)
    return seen.contiguous(), torch.nan_to_num(middle), counts


def logits(net, seen):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return net(seen[None])[0].float()


def loss_of(net, bone, rng):
    seen, middle, counts = sample(bone, rng)
    bell = torch.exp(-0.5 * ((torch.arange(SLICES)[:, None, None] - middle) / BELL) ** 2)
    bell = bell / bell.sum(0).clamp(min=1e-9)
    return -(bell * F.log_softmax(logits(net, seen), 0)).sum(0)[counts].mean()


def far(net, bones):
    """Mean share of columns whose likeliest slice is more than 50 um off."""
    shares = []
    with torch.no_grad():
        for bone in bones:
            seen, middle, counts = sample(bone, None)
            off = (logits(net, seen).argmax(0) - middle).abs()[counts]
            shares.append((off > 2.5).float().mean().item())
    return float(np.mean(shares))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--program", required=True, help="plate_samples")
    p.add_argument("--work", required=True, help="folder of bones and checkpoint")
    p.add_argument("--out", required=True)
    p.add_argument("--epochs", type=int, default=20)
    p.add_argument("--rate", type=float, default=5e-3)
    args = p.parse_args()
    os.makedirs(args.work, exist_ok=True)
    torch.manual_seed(1)
    bones = [b for shard in SHARDS for b in read(draw(args, shard))]
    choosing = read(draw(args, CHOOSING))
    net = PlateNet().to(memory_format=torch.channels_last_3d)
    steps = args.epochs * (len(bones) // 2)
    adam = torch.optim.AdamW(net.parameters(), args.rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, args.rate, total_steps=steps, pct_start=0.1)
    checkpoint, first = os.path.join(args.work, "checkpoint.pt"), 0
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, weights_only=False)
        net.load_state_dict(state["net"])
        adam.load_state_dict(state["adam"])
        schedule.load_state_dict(state["schedule"])
        first = state["epoch"]
    for epoch in range(first, args.epochs):
        rng, sum_ = np.random.default_rng(epoch), 0.0
        order = rng.permutation(len(bones))
        for pair in order[:len(order) // 2 * 2].reshape(-1, 2):
            adam.zero_grad()
            for i in pair:
                loss = loss_of(net, bones[i], rng) / 2
                loss.backward()
                sum_ += loss.item()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            adam.step()
            schedule.step()
        state = {"net": net.state_dict(), "adam": adam.state_dict(), "schedule": schedule.state_dict(),
                 "epoch": epoch + 1}
        torch.save(state, checkpoint + ".new")
        os.replace(checkpoint + ".new", checkpoint)
        print(f"epoch {epoch + 1}: loss {2 * sum_ / len(bones):.3f}, more than 50 um off {far(net, choosing):.4f}",
              flush=True)
    net.write(args.out)


if __name__ == "__main__":
    main()
