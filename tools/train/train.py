#!/usr/bin/env python3
"""Trains one network on shards of slices.

    train.py sv-classifier --data DIR --out sv-classifier.pt --samples 60000
    train.py cw-classifier --data DIR --out cw-classifier.pt --samples 120000
    train.py longaxis      --data DIR --out longaxis.pt --samples 100000 --batch 4
    train.py picture       --data DIR --out picture.pt --start longaxis.pt --samples 60000
    train.py sv-regressor  --data DIR --out base.pt --samples 30000
    train.py sv-regressor  --data DIR --out fold0.pt --start base.pt --fold 0 --samples 12000

Loss: cross-entropy; against a narrow bell around the true plane for the networks that answer with a
distribution over planes. AdamW, cosine learning rate after a short warm-up, L2 on the weights; what
is kept is a running mean of the weights. With --fold k, bones of fold k are left out and used for
validation.
"""

import argparse
import copy
import functools
import itertools
import json
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import data
import models
import pictures
import real_pictures
import views


MAKE = {"sv-regressor": data.regressor_batch, "sv-inner": functools.partial(data.regressor_batch, inner=True),
        "longaxis": views.longaxis_batch, "picture": pictures.pictures_batch, "sv-classifier": data.classifier_batch,
        "cw-classifier": data.cw_batch}
PLANES = ("sv-regressor", "sv-inner", "longaxis", "picture")  # answer with a distribution over planes
BELL = 1.5    # slices, s.d. of the target around the true plane
TOGETHER = {"longaxis": views.VIEWS, "picture": 2}  # views of a bone; of "longaxis" also --views
# Weights of what the views of a bone say together, by twos and alone; of two views: together, and alone.
APART = {8: (1, 0.3, 0.4), 2: (1, 0.5)}
WARM = 0.05   # share of a training in which the learning rate rises
KEEP = 180    # seconds between two copies of an unfinished training, which the same command goes on from
RELOAD = 120  # seconds after which new shards are looked for
DECAY = 0.998 # of the running mean of the weights


def plane_loss(logits, y):
    """Cross-entropy of the distribution over rows and, last, "not in view" (a logit of 0).

    logits (N, rows); y (N,) true row, nan: not in view."""
    rows = torch.arange(logits.shape[1], dtype=torch.float32)[None]
    out = torch.isnan(y)
    bell = torch.exp(-0.5 * ((rows - torch.nan_to_num(y)[:, None]) / BELL) ** 2) + 1e-6
    bell = bell / bell.sum(1, keepdim=True) * (~out)[:, None]
    target = torch.cat([bell, out[:, None].float()], 1)
    log_p = F.log_softmax(F.pad(logits, (0, 1)), 1)
    return -(target * log_p).sum(1).mean()


def best_plane(logits):
    """The row with the greatest expected score (Eq. 1), (N,), and P(not in view)."""
    p = torch.softmax(F.pad(logits, (0, 1)), 1)
    rows = torch.arange(logits.shape[1], dtype=torch.float32)
    score = torch.erfc((rows[:, None] - rows[None]).abs() / (3 * math.sqrt(2)))
    return (p[:, :-1] @ score).argmax(1), p[:, -1]


def rate(done, peak):
    """Learning rate when a share `done` (0..1) of the training is done."""
    if done < WARM:
        return peak * (0.02 + 0.98 * done / WARM)
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - WARM) / (1 - WARM))))


def maker(kind, together):
    """(bones, ids, count, rng) -> inputs and answers of `count` slices, stacks or bones, `together` views of each."""
    return functools.partial(MAKE[kind], count=together) if kind == "longaxis" else MAKE[kind]


def answers(net, together, x):
    """Logits; where `together` views are one bone's those of all, by twos (of eight) and alone."""
    return net(x, together, apart=True) if together else (net(x),)


def loss_of(kind, together, logits, y):
    y = torch.as_tensor(y)
    if kind not in PLANES:
        return F.cross_entropy(logits[0].float(), y)
    return sum(weight * plane_loss(some.float(), y.repeat_interleave(len(some) // len(y)))
               for weight, some in zip(APART.get(together, (1,)), logits))


def evaluate(net, kind, together, bones, ids, rng, batch=16, batches=16):
    """One line of figures on bones not trained on."""
    make = maker(kind, together)
    if together:
        batch //= 4  # each bone is several views
    net.eval()
    good, total, err = 0, 0, []
    with torch.no_grad():
        for _ in range(batches):
            if kind in PLANES:
                x, y = make(bones, ids, batch, rng)
                row, none = best_plane(answers(net, together, to_input(x))[0])
                y = y.repeat(len(row) // len(y))
                seen = ~np.isnan(y)
                err += list(abs(row.numpy() - y)[seen])
                good += int(((none > 0.5).numpy() != seen).sum())
                total += len(y)
            else:
                x, y = make(bones, ids, batch * 4, rng)
                good += int((net(to_input(x)).argmax(1).numpy() == y).sum())
                total += len(y)
    net.train()
    if err:
        err = np.array(err)
        return "MAE %.2f, median %.2f, within 3: %.1f %%; in view or not: %.1f %% right" % (
            err.mean(), np.median(err), 100 * (err <= 3).mean(), 100 * good / total)
    return "accuracy %.1f %%" % (100 * good / total)


def settle_norms(net, together, make_batch, batches=100):
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
            answers(net, together, to_input(make_batch()[0]))
    for m, momentum in zip(norms, kept):
        m.momentum = momentum


def to_input(x):
    return torch.as_tensor(x).contiguous(memory_format=torch.channels_last)


class Batches(torch.utils.data.Dataset):
    """Batch k of a training, always the same for the same seed and bones, whoever draws it."""

    def __init__(self, a, together):
        self.a, self.bones, self.loaded = a, None, 0.0
        self.make = maker(a.kind, together)
        self.real = real_pictures.Sets(a.real, a.real_without.split(",")) if a.real else None

    def __len__(self):
        return 1 << 40

    def __getitem__(self, k):
        if self.bones is None or time.time() - self.loaded > RELOAD:
            self.bones = data.load(self.a.data, self.a.pattern)  # shards may still be arriving
            self.train = [i for i in range(len(self.bones)) if self.bones.fold(i) != self.a.fold]
            self.loaded = time.time()
        rng = np.random.default_rng((self.a.seed, k))
        if self.real:
            return real_pictures.mixed_batch(self.real, self.a.real_share, self.bones, self.train, self.a.batch, rng)
        return self.make(self.bones, self.train, self.a.batch, rng)


class From(torch.utils.data.Sampler):
    """Batch numbers from one on: a training that goes on draws the batches it has not seen."""

    def __init__(self, first):
        self.first = first

    def __iter__(self):
        return itertools.count(self.first)


def keep_part(path, net, mean, opt, step, seconds, done):
    """All that a training needs to go on, so that it can be stopped at any time."""
    torch.save({"net": net.state_dict(), "mean": mean.state_dict(), "opt": opt.state_dict(), "step": step,
                "seconds": seconds, "done": done}, path + ".new")
    os.replace(path + ".new", path)


def resume(path, net, mean, opt):
    """Fills in what keep_part() kept; step, seconds and share done."""
    kept = torch.load(path, map_location="cpu")
    net.load_state_dict(kept["net"])
    mean.load_state_dict(kept["mean"])
    opt.load_state_dict(kept["opt"])
    return kept["step"], kept["seconds"], kept["done"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("kind", choices=models.KINDS)
    p.add_argument("--data", required=True, help="folder of shards")
    p.add_argument("--pattern", default="s*", help="names of the shards to use")
    p.add_argument("--validate", help="names of shards to validate on; else the fold left out")
    p.add_argument("--out", required=True, help="where the trained parameters go")
    p.add_argument("--start", help="parameters to start from")
    p.add_argument("--views", type=int, choices=sorted(APART), default=views.VIEWS,
                   help="of a bone at once, along the bone; two cost a quarter and teach a view as much")
    p.add_argument("--fold", type=int, default=-1, help="fold to leave out (0..4)")
    p.add_argument("--samples", type=int, default=60000, help="slices, stacks or, along the bone, bones shown")
    p.add_argument("--minutes", type=float, help="train for so long instead, however many are shown")
    p.add_argument("--reports", type=int, default=20,
                   help="reports of a training; each asks about bones not trained on")
    p.add_argument("--workers", type=int, default=0, help="processes that draw batches; 0: this one does")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--real", help="sets of labelled real pictures (real_pictures.py) for the picture networks")
    p.add_argument("--real-share", type=float, default=0.4, help="of the bones of a batch")
    p.add_argument("--real-without", default="", help="real bones to leave out, by name, with commas between")
    p.add_argument("--width", type=int, default=32, help="of the CW network (published: 64)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--bfloat16", action="store_true",
                   help="half the time where the processor has it (AVX512-BF16, AMX)")
    p.add_argument("--threads", type=int, default=0)
    a = p.parse_args()

    together = a.views if a.kind == "longaxis" else TOGETHER.get(a.kind)
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    net = models.build(a.kind, a.width).to(memory_format=torch.channels_last)
    if a.start:
        models.begin_with(net, torch.load(a.start, map_location="cpu"))
    decay = [w for w in net.parameters() if w.dim() > 1]
    plain = [w for w in net.parameters() if w.dim() <= 1]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 1e-2},
                             {"params": plain, "weight_decay": 0.0}], lr=a.rate)
    batches = Batches(a, together)
    held = data.load(a.data, a.validate or a.pattern)
    test = [i for i in range(len(held)) if a.validate or held.fold(i) == a.fold]
    began, step, total, shown, reports, done, spent = time.time(), 0, 0.0, 0, 1, 0.0, 0.0
    mean = copy.deepcopy(net)
    kept_at, part = time.time(), a.out + ".part"
    if os.path.exists(part):
        step, spent, done = resume(part, net, mean, opt)
        reports = int(done * a.reports) + 1
        print("%s: goes on after %d samples" % (a.kind, step * a.batch), flush=True)
    drawn = iter(torch.utils.data.DataLoader(batches, batch_size=None, num_workers=a.workers, sampler=From(step)))
    while done < 1:
        for group in opt.param_groups:
            group["lr"] = rate(done, a.rate)
        x, y = next(drawn)
        with torch.autocast("cpu", torch.bfloat16, enabled=a.bfloat16):
            logits = answers(net, together, to_input(x))
        loss = loss_of(a.kind, together, logits, y)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        step += 1
        keep = min(DECAY, step / (step + 9))
        with torch.no_grad():
            for m, w in zip(mean.state_dict().values(), net.state_dict().values()):
                m.copy_(torch.lerp(w, m, keep) if w.is_floating_point() else w)
        total += float(loss.detach())
        shown += 1
        seconds = spent + time.time() - began
        if time.time() - kept_at > KEEP:
            keep_part(part, net, mean, opt, step, seconds, done)
            kept_at = time.time()
        done = seconds / (60 * a.minutes) if a.minutes else step * a.batch / a.samples
        if done >= reports / a.reports:
            print("%s %6d samples, %3.0f %%, %.0f s: loss %.4f, %s" % (
                a.kind, step * a.batch, 100 * done, seconds, total / shown,
                evaluate(mean, a.kind, together, held, test, np.random.default_rng(7)) if test
                else "not validated"), flush=True)
            total, shown, reports = 0.0, 0, int(done * a.reports) + 1
    settle_norms(mean, together, lambda: next(drawn))
    if test:
        print("final: " + evaluate(mean, a.kind, together, held, test, np.random.default_rng(7), batches=24),
              flush=True)
    torch.save(mean.state_dict(), a.out)
    if os.path.exists(part):
        os.remove(part)
    # The recipe travels with the weights (release.py).
    history = []
    if a.start and os.path.exists(os.path.splitext(a.start)[0] + ".json"):
        with open(os.path.splitext(a.start)[0] + ".json") as f:
            history = json.load(f)["training"]
    seen = data.load(a.data, a.pattern)
    history.append({"samples": step * a.batch, "batch": a.batch, "rate": a.rate, "seed": a.seed, "fold": a.fold,
                    "bones": sum(seen.fold(i) != a.fold for i in range(len(seen)))})
    if batches.real:
        history[-1].update(real_bones=len({s["bone"] for s in batches.real.sets}), real_share=a.real_share)
    with open(os.path.splitext(a.out)[0] + ".json", "w") as f:
        json.dump({"training": history}, f)


if __name__ == "__main__":
    main()
