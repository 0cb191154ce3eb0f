#!/usr/bin/env python3
"""Parameters to go on training from, out of a finished weight file.

    unfold.py weights/longaxis.gppiw --data SHARDS --out longaxis.pt

In a .gppiw the batch norms are folded into the convolutions. Here every norm gets the statistics of its
input on a batch as train.py draws it, and the gain and offset that undo them: the same function, with norms that a
training can go on with as it left them.
"""

import argparse
import json
import os

import numpy as np
import torch

import data
import gppiw
import models
import train


def load_part(net, path):
    """Fills a network from a file, its batch norms doing nothing but adding the bias; returns the file's content."""
    packed = gppiw.read(path)
    nodes = packed["nodes"]
    convs = [n for n in nodes if n["op"] == "conv"]
    dense = [n for n in nodes if n["op"] == "dense"]
    wanted = [n for n in net.nodes if n["op"] == "conv"]
    shapes = [tuple(net.conv[n["conv"]].weight.shape) for n in wanted]
    if packed["kind"] != net.kind or shapes != [n["weights32"].shape for n in convs] or len(dense) != len(net.dense) \
            or nodes[0]["zero"]:
        raise SystemExit("%s: is not the %s that tools/train trains" % (path, net.kind))
    with torch.no_grad():
        for n, have in zip(wanted, convs):
            net.conv[n["conv"]].weight.copy_(torch.from_numpy(have["weights32"].copy()))
            bias = torch.from_numpy(have["bias32"].copy())
            if n["norm"] < 0:
                net.conv[n["conv"]].bias.copy_(bias)
                continue
            norm = net.norm[n["norm"]]
            norm.bias.copy_(bias)
            norm.running_var.fill_(1 - norm.eps)
        for layer, have in zip(net.dense, dense):
            layer.weight.copy_(torch.from_numpy(have["weights32"].copy()))
            layer.bias.copy_(torch.from_numpy(have["bias32"].copy()))
    return packed


def load(path):
    """The network of a file, or of both where it is one of two, and the file's description."""
    packed = gppiw.read(path)
    kind = packed["kind"]
    if kind not in models.KINDS:
        raise SystemExit("%s: networks of kind %s are unknown here" % (path, kind))
    net = models.build(kind, [n for n in packed["nodes"] if n["op"] == "conv"][0]["c"])
    for part in models.parts(net):
        load_part(part, path if part.kind == kind else os.path.join(os.path.dirname(path), part.kind + ".gppiw"))
    return net.eval(), packed["meta"]


def unfold(net, look):
    """Gives the norms the statistics of what look(), a pass through the network, shows them, without changing its
    answers."""
    seen = {}

    def note(norm, inputs):
        seen[norm] = (inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3), unbiased=False))
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    with torch.no_grad():
        look()
        for norm in norms:
            mean, var = seen[norm]
            var = var + 1e-4 * var.mean() + 1e-8  # a channel that is always the same keeps a small gain
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(var)
            norm.weight.copy_(torch.sqrt(var + norm.eps))
            norm.bias.add_(mean)
    for hook in hooks:
        hook.remove()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file")
    p.add_argument("--data", required=True)
    p.add_argument("--pattern", default="s*")
    p.add_argument("--out", required=True)
    a = p.parse_args()
    net, meta = load(a.file)
    bones = data.load(a.data, a.pattern)
    batch = {"sv-classifier": 96, "cw-classifier": 96}.get(net.kind, 8)
    x = train.to_input(train.MAKE[net.kind](bones, range(len(bones)), batch, np.random.default_rng(3))[0])

    def look():
        with torch.no_grad():
            return torch.cat([y.flatten() for y in train.answers(net, train.TOGETHER.get(net.kind), x)])
    before = look()
    unfold(net, look)
    apart = float((before - look()).abs().max() / before.abs().max())
    if not apart < 1e-3:
        raise SystemExit("%s: unfolding changed the answers by %.1e; please report this" % (a.file, apart))
    torch.save(net.state_dict(), a.out)
    with open(os.path.splitext(a.out)[0] + ".json", "w") as f:  # the recipe so far, which train.py adds to
        json.dump({"training": meta.get("training", [])}, f)
    print("%s: from %s" % (a.out, os.path.basename(a.file)))


if __name__ == "__main__":
    main()
