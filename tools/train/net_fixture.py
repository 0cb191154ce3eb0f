#!/usr/bin/env python3
"""Writes tests/data/net-*.gppiw and .bin: small networks with random weights that use every
operator, images for them, and what the int8 engine (bit for bit) and the float model must give.

  net_fixture.py tests/data

.bin: COUNT images u8 [C][H][W], then COUNT x outputs f32 of the int8 engine, then of the float model.
"""

import sys

import numpy as np
import torch

import export
import gppiw
import models

COUNT = 6


def residual():
    """7x7/2 stem, maximum pooling, residual blocks with and without a 1x1 in the skip."""
    net = models.Net("cw-classifier", 1)
    x = net.add_conv(0, 1, 8, 7, stride=2)
    x = net._add("maxpool", [x])
    for cin, cout, stride in ((8, 8, 1), (8, 13, 2)):
        y = net.add_conv(x, cin, cout, 3, stride=stride)
        y = net.add_conv(y, cout, cout, 3, relu=False)
        skip = x if cin == cout else net.add_conv(x, cin, cout, 1, stride=stride, relu=False)
        x = net._add("add", [y, skip])
    x = net._add("gap", [x])
    net.add_dense(x, 13, 2)
    return net


def separable():
    """Depthwise + 1x1, average pooling of odd sizes, signed tensors, a shifted output."""
    net = models.Net("sv-regressor", 5)
    x = net.add_conv(0, 5, 5, 3, groups=5, norm=False, relu=False, bias=True)
    x = net.add_conv(x, 5, 8, 1)
    x = net.add_conv(x, 8, 8, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, 8, 6, 3, norm=False, relu=False)
    x = net._add("avgpool2", [x])
    x = net._add("gap", [x])
    net.add_dense(x, 6, 1)
    with torch.no_grad():
        net.dense[-1].weight *= 10
        net.dense[-1].bias.mul_(10).add_(25)
    return net


def folding():
    """Rows folded into one pixel, kernels along one column, a dense layer for every row."""
    net = models.Net("longaxis", 2)
    x = net.add_conv(0, 2, 6, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, 6, 5, 3, norm=False, relu=False)
    x = net._add("fold", [x], rows=2)
    x = net.add_conv(x, 2 * 7 * 5, 9, 1)
    x = net.add_along(x, 9, 9, 7)
    x = net.add_along(x, 9, 8, 3)
    net.add_dense(x, 8, 3)
    return net


def images(rng, channels, height, width, count):
    """Random, with full and empty areas so that padding and clamping matter."""
    a = rng.integers(0, 128, (count, channels, height, width))
    a[:, :, : height // 3] = np.minimum(a[:, :, : height // 3] * 2, 127)
    a[0], a[1] = 127, 0
    return a.astype(np.uint8)


def main(folder):
    torch.manual_seed(7)
    rng = np.random.default_rng(7)
    for name, net, size, merge in (("net-residual", residual(), (23, 18), True),
                                   ("net-separable", separable(), (15, 13), False),
                                   ("net-merged", separable(), (15, 13), True),
                                   ("net-folding", folding(), (36, 14), True)):
        for norm in net.norm:
            torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
            torch.nn.init.uniform_(norm.bias, -0.2, 0.4)
            torch.nn.init.uniform_(norm.running_mean, -0.3, 0.3)
            torch.nn.init.uniform_(norm.running_var, 0.3, 1.5)
        calib = images(rng, net.channels, *size, 24)
        path = "%s/%s.gppiw" % (folder, name)
        packed, _, _ = export.quantised(net, net.kind, name, calib, {"recipe": "random weights for tests"}, merge)
        with open(path, "wb") as f:  # with its own floats: they are compared with PyTorch's
            f.write(gppiw.pack(packed, with_floats=True))
        shown = images(rng, net.channels, *size, COUNT)
        with torch.no_grad():
            wanted = net(torch.from_numpy(shown).float() / 127).numpy()
        with open("%s/%s.bin" % (folder, name), "wb") as f:
            f.write(shown.tobytes())
            f.write(gppiw.simulate(packed, shown).astype("<f4").tobytes())
            f.write(wanted.astype("<f4").tobytes())
    with open("%s/net-residual.gppiw" % folder, "rb") as f:
        packed = gppiw.unpack(f.read())
    last = len(packed["nodes"]) - 1
    for op in ("softmax", "sigmoid"):
        nodes = packed["nodes"] + [dict(op=op, inputs=[last], c=2, h=1, w=1)]
        with open("%s/net-%s.gppiw" % (folder, op), "wb") as f:
            f.write(gppiw.pack(dict(packed, name="net-" + op, nodes=nodes), with_floats=True))


if __name__ == "__main__":
    main(sys.argv[1])
