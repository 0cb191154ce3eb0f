#!/usr/bin/env python3
"""Trains one network on shards of slices.

    train.py sv-classifier --data DIR --out sv-classifier.pt --samples 60000
    train.py cw-classifier --data DIR --out cw-classifier.pt --samples 120000
    train.py sv-regressor  --data DIR --out base.pt --samples 30000
    train.py sv-regressor  --data DIR --out fold0.pt --start base.pt --fold 0 --samples 12000

Losses: cross-entropy for the classifiers; for the regressor minus the challenge's score (Eq. 1) plus
a small Huber term, which has a gradient where the score has none. AdamW, cosine learning rate after a
short warm-up, L2 on the weights. With --fold k, bones of fold k are left out and used for validation.
"""

import argparse
import json
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import data
import models


def score_loss(p, t):
    e = (p - t).abs()
    return F.smooth_l1_loss(p, t, beta=1.0) * 0.1 - torch.erfc(e / (3 * math.sqrt(2))).mean()


def rate(step, steps, peak):
    warm = max(1, steps // 20)
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))))


def evaluate(net, kind, bones, ids, rng, batch=16, batches=12):
    """One line of figures on bones not trained on."""
    net.eval()
    good, total, err = 0, 0, []
    with torch.no_grad():
        for _ in range(batches):
            if kind == "sv-regressor":
                x, y = data.regressor_batch(bones, ids, batch, rng, spread=6.0)
                err += list(abs(net(to_input(x))[:, 0].numpy() - y))
            else:
                make = data.classifier_batch if kind == "sv-classifier" else data.cw_batch
                x, y = make(bones, ids, batch * 4, rng)
                good += int((net(to_input(x)).argmax(1).numpy() == y).sum())
                total += len(y)
    net.train()
    if err:
        err = np.array(err)
        return "MAE %.2f, within 3: %.0f %%" % (err.mean(), 100 * (err <= 3).mean())
    return "accuracy %.1f %%" % (100 * good / total)


def settle_norms(net, make_batch, batches=60):
    """Batch norm means and variances over many batches at the final weights: the running ones of
    small batches are noisy, and their error is a bias of the plane."""
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    kept = [m.momentum for m in norms]
    for m in norms:
        m.reset_running_stats()
        m.momentum = None  # the plain mean over all batches
    net.train()
    with torch.no_grad():
        for _ in range(batches):
            net(to_input(make_batch()[0]))
    for m, momentum in zip(norms, kept):
        m.momentum = momentum


def to_input(x):
    return torch.from_numpy(x).contiguous(memory_format=torch.channels_last)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("kind", choices=["sv-classifier", "sv-regressor", "cw-classifier"])
    p.add_argument("--data", required=True, help="folder of shards")
    p.add_argument("--pattern", default="s*", help="names of the shards to use")
    p.add_argument("--validate", help="names of shards to validate on; else the fold left out")
    p.add_argument("--out", required=True, help="where the trained parameters go")
    p.add_argument("--start", help="parameters to start from")
    p.add_argument("--fold", type=int, default=-1, help="fold to leave out (0..4)")
    p.add_argument("--samples", type=int, default=60000, help="slices or stacks shown")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--width", type=int, default=32, help="of the CW network (published: 64)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=0)
    a = p.parse_args()

    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rng = np.random.default_rng(a.seed)
    net = models.build(a.kind, a.width).to(memory_format=torch.channels_last)
    if a.start:
        net.load_state_dict(torch.load(a.start, map_location="cpu"))
    decay = [w for w in net.parameters() if w.dim() > 1]
    plain = [w for w in net.parameters() if w.dim() <= 1]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 1e-2},
                             {"params": plain, "weight_decay": 0.0}], lr=a.rate)
    steps = a.samples // a.batch
    bones, loaded, began, total, shown = None, 0.0, time.time(), 0.0, 0
    make = {"sv-regressor": data.regressor_batch, "sv-classifier": data.classifier_batch,
            "cw-classifier": data.cw_batch}[a.kind]

    def make_batch():
        return make(bones, train, a.batch, rng)

    for step in range(steps):
        if bones is None or (time.time() - loaded > 120 and time.time() - began < 1800):
            bones = data.load(a.data, a.pattern)  # shards may still be arriving
            train = [i for i in range(len(bones)) if bones.fold(i) != a.fold]
            held, test = bones, [i for i in range(len(bones)) if bones.fold(i) == a.fold]
            if a.validate:
                held = data.load(a.data, a.validate)
                test = list(range(len(held)))
            loaded = time.time()
        for group in opt.param_groups:
            group["lr"] = rate(step, steps, a.rate)
        x, y = make_batch()
        if a.kind == "sv-regressor":
            loss = score_loss(net(to_input(x))[:, 0], torch.from_numpy(y))
        else:
            loss = F.cross_entropy(net(to_input(x)), torch.from_numpy(y))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        total += float(loss.detach())
        shown += 1
        if (step + 1) % max(1, steps // 20) == 0:
            print("%s %6d/%d samples, %d bones, %.0f s: loss %.4f, %s" % (
                a.kind, (step + 1) * a.batch, a.samples, len(train), time.time() - began, total / shown,
                evaluate(net, a.kind, held, test, np.random.default_rng(7)) if test else "not validated"), flush=True)
            total, shown = 0.0, 0
            torch.save(net.state_dict(), a.out)
    settle_norms(net, make_batch)
    if test:
        print("final: " + evaluate(net, a.kind, held, test, np.random.default_rng(7), batches=24), flush=True)
    torch.save(net.state_dict(), a.out)
    # The recipe travels with the weights (release.py).
    history = []
    if a.start and os.path.exists(os.path.splitext(a.start)[0] + ".json"):
        with open(os.path.splitext(a.start)[0] + ".json") as f:
            history = json.load(f)["training"]
    history.append({"samples": steps * a.batch, "batch": a.batch, "rate": a.rate, "seed": a.seed,
                    "fold": a.fold, "bones": len(train)})
    with open(os.path.splitext(a.out)[0] + ".json", "w") as f:
        json.dump({"training": history}, f)


if __name__ == "__main__":
    main()
