#!/usr/bin/env python3
"""Trains a heavy network on synthetic bones; goes on where it was stopped.

    train.py bm --shards DIR --out bm.pt --pixels 112 --minutes 60 --bfloat16
    train.py bm --shards DIR --out bm.pt --start other.pt --device cuda --batch 32 --steps 40000

The published recipe of BM: windows of 64 slices, half of them with the plane, binary cross-entropy on P, flips, turns
by 90 degrees and by up to 10, shifts, Adam. Here the learning rate follows one cycle, and what is kept is a running
mean of the weights. --pixels 112 trains the same network on voxels of 40 um instead of 20: a quarter of the time.
The checkpoint has the published names (convert.py reads it).
"""
import argparse
import copy
import json
import math
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

import shards
from models import BM

DECAY, KEEP, CHECK, RELOAD = 0.99, 120, 900, 300  # seconds between copies, validations, looks for new shards


def rate(done, most):
    """One cycle: a tenth of the way up, the rest down along a cosine."""
    return most * (done / 0.1 if done < 0.1 else 0.5 * (1 + math.cos(math.pi * (done - 0.1) / 0.9)) + 1e-3)


def validate(network, bones, pixels, device, bfloat16, most=24):
    """Mean |error| in slices over windows within 40 slices of the plane, for bones with one."""
    network.eval()
    errors = []
    for i in range(min(most, len(bones))):
        plane = bones.plane[i]
        if math.isnan(plane):
            continue
        starts = [s for s in range(int(plane) - 72, int(plane) + 9, 4) if 0 <= s <= bones.slices[i] - 64]
        with torch.no_grad(), torch.autocast(device, torch.bfloat16, enabled=bfloat16):
            logit = network(shards.windows(bones, i, starts, pixels).to(device)).float()[:, 0]
        errors.append(abs(starts[int(logit.argmax())] + 31.5 - plane))
    network.train()
    return float(np.mean(errors)), float(np.median(errors))


def save(path, state):
    torch.save(state, path + ".part")
    os.replace(path + ".part", path)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("solution", choices=["bm"])
    p.add_argument("--shards", required=True)
    p.add_argument("--pattern", default="s*")
    p.add_argument("--out", required=True)
    p.add_argument("--start", help="weights to begin with")
    p.add_argument("--pixels", type=int, default=224, choices=[112, 224])
    p.add_argument("--steps", type=int, default=10**9)
    p.add_argument("--minutes", type=float, default=10**9, help="of wall time, all runs together")
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--bfloat16", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    network = BM().to(a.device, memory_format=torch.channels_last)
    if a.start:
        network.load_state_dict(torch.load(a.start, map_location="cpu", weights_only=True)["model_state_dict"])
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=a.rate, weight_decay=0.01)
    step, before = 0, 0.0
    if os.path.exists(a.out):
        old = torch.load(a.out, map_location="cpu", weights_only=True)
        network.load_state_dict(old["last"])
        mean.load_state_dict(old["model_state_dict"])
        optimiser.load_state_dict(old["optimizer_state_dict"])
        step, before = old["step"], old["seconds"]
    rng = np.random.default_rng(a.seed + step)
    bones, held = shards.Shards(a.shards, a.pattern), shards.Shards(a.shards, "val")
    began = kept = loaded = checked = time.time()
    losses = []
    while True:
        seconds = before + time.time() - began
        done = max(step / a.steps, seconds / 60 / a.minutes)
        if done >= 1 or time.time() - kept > KEEP:
            save(a.out, {"model_state_dict": mean.state_dict(), "last": network.state_dict(),
                         "optimizer_state_dict": optimiser.state_dict(), "step": step, "seconds": seconds,
                         "pixels": a.pixels, "bones": len(bones)})
            kept = time.time()
        if done >= 1 or time.time() - checked > CHECK:
            checked = time.time()
            print(json.dumps({"step": step, "minutes": round(seconds / 60, 1), "bones": len(bones),
                              "loss": round(float(np.mean(losses[-50:])), 4),
                              "mae,median": validate(mean, held, a.pixels, a.device, a.bfloat16)}), flush=True)
            if done >= 1:
                break
        if time.time() - loaded > RELOAD:
            bones, loaded = shards.Shards(a.shards, a.pattern), time.time()
        x, y = zip(*[shards.draw(bones, rng, a.pixels) for _ in range(a.batch)])
        kind = torch.bfloat16 if a.bfloat16 else torch.float32
        x, y = torch.stack(x).to(a.device, kind, memory_format=torch.channels_last), torch.tensor(y, device=a.device)
        for group in optimiser.param_groups:
            group["lr"] = rate(done, a.rate)
        with torch.autocast(a.device, torch.bfloat16, enabled=a.bfloat16):
            logit = network(x)
        loss = F.binary_cross_entropy_with_logits(logit.float()[:, 0], y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        step += 1
        decay = min(DECAY, step / (step + 9))
        with torch.no_grad():
            for m, v in zip(mean.state_dict().values(), network.state_dict().values()):
                m.copy_(decay * m + (1 - decay) * v if m.is_floating_point() else v)


if __name__ == "__main__":
    main()
