"""The networks: the published "SV" classifier and regressor and the "CW" ResNet-18.

Every network is a list of nodes. The same list is walked by forward() and by export.py, so
what is trained and what is exported cannot differ. Inputs are float tensors (N, C, 96, 96)
of u7 / 127, i.e. 0..1. Works with PyTorch 1.13 and later; fastest on CPU with
model.to(memory_format=torch.channels_last) and inputs in the same layout.
"""

import torch
from torch import nn
import torch.nn.functional as F

SIDE = 96     # pixels per side of a slice
STACK = 51    # slices the regressor sees; its centre is 25
CHANNELS = 52 # and behind them the centre map (plane.h)


class Net(nn.Module):
    """A graph of nodes; node i is a dict with "op", "inputs" (earlier nodes; 0 is the image)
    and the parameters of the operator. Modules are found as self.conv[<conv>] and so on."""

    def __init__(self, kind, channels):
        super().__init__()
        self.kind = kind
        self.channels = channels
        self.nodes = [{"op": "input", "inputs": [], "channels": channels}]
        self.conv = nn.ModuleList()
        self.norm = nn.ModuleList()
        self.dense = nn.ModuleList()
        # The output is out_shift + out_scale * dense; folded into dense on export.
        self.out_scale = 1.0
        self.out_shift = 0.0

    def _add(self, op, inputs, **params):
        self.nodes.append(dict(op=op, inputs=inputs, **params))
        return len(self.nodes) - 1

    def add_conv(self, src, cin, cout, k, stride=1, groups=1, norm=True, relu=True, bias=None):
        """k x k convolution with zero padding k//2, optional batch norm and ReLU."""
        conv = nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups,
                         bias=(not norm) if bias is None else bias)
        nn.init.kaiming_normal_(conv.weight, mode="fan_in", nonlinearity="relu" if relu else "linear")
        if conv.bias is not None:
            nn.init.zeros_(conv.bias)
        self.conv.append(conv)
        index = -1
        if norm:
            self.norm.append(nn.BatchNorm2d(cout))
            index = len(self.norm) - 1
        return self._add("conv", [src], conv=len(self.conv) - 1, norm=index, relu=relu)

    def add_dense(self, src, cin, cout):
        self.dense.append(nn.Linear(cin, cout))
        return self._add("dense", [src], dense=len(self.dense) - 1)

    def run(self, x, keep=False):
        """The last node's value; with keep, the list of every node's value."""
        values = [x]
        for node in self.nodes[1:]:
            a = values[node["inputs"][0]]
            op = node["op"]
            if op == "conv":
                y = self.conv[node["conv"]](a)
                if node["norm"] >= 0:
                    y = self.norm[node["norm"]](y)
                if node["relu"]:
                    y = F.relu(y)
            elif op == "avgpool2":
                y = F.avg_pool2d(a, 2)
            elif op == "maxpool":  # 3x3, stride 2, padding 1
                y = F.max_pool2d(a, 3, 2, 1)
            elif op == "add":
                y = F.relu(a + values[node["inputs"][1]])
            elif op == "gap":
                y = a.mean(dim=(2, 3))
            elif op == "dense":
                y = self.dense[node["dense"]](a)
            else:
                raise ValueError(op)
            values.append(y)
        return values if keep else values[-1]

    def forward(self, x):
        return self.out_shift + self.out_scale * self.run(x)

    def parameter_count(self):
        return sum(p.numel() for p in self.parameters())


def sv_classifier():
    """Logits (N, 2): slice without / with four blobs."""
    net = Net("sv-classifier", 1)
    x = net.add_conv(0, 1, 32, 3)
    x = net.add_conv(x, 32, 32, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, 32, 32, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, 32, 64, 3, norm=False, relu=False)
    x = net._add("gap", [x])
    net.add_dense(x, 64, 2)
    return net


def sv_regressor():
    """(N, 1): position of the plane inside the stack, 0..50; 25 is the centre.

    The published layers behind a 2x2 mean of the slices: the plane is a structure along z, which
    the channels keep in full; halving x and y costs it little and saves three quarters of the time.
    """
    net = Net("sv-regressor", CHANNELS)
    x = net._add("avgpool2", [0])
    x = net.add_conv(x, CHANNELS, CHANNELS, 3, groups=CHANNELS, norm=False, relu=False, bias=False)
    x = net.add_conv(x, CHANNELS, 32, 1)
    x = net.add_conv(x, 32, 32, 3)
    x = net.add_conv(x, 32, 32, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, 32, 64, 3, norm=False, relu=False)
    x = net._add("gap", [x])
    net.add_dense(x, 64, 1)
    net.out_scale = 10.0
    net.out_shift = float(STACK // 2)
    return net


def cw_classifier(width=32):
    """Logits (N, 2): slice before / after the plane. ResNet-18 topology; published width 64."""
    net = Net("cw-classifier", 1)
    x = net.add_conv(0, 1, width, 7, stride=2)
    x = net._add("maxpool", [x])
    cin = width
    for stage in range(4):
        cout = width << stage
        for block in range(2):
            stride = 2 if stage > 0 and block == 0 else 1
            skip = x
            y = net.add_conv(x, cin, cout, 3, stride=stride)
            y = net.add_conv(y, cout, cout, 3, relu=False)
            if stride != 1 or cin != cout:
                skip = net.add_conv(x, cin, cout, 1, stride=stride, relu=False)
            x = net._add("add", [y, skip])
            cin = cout
    x = net._add("gap", [x])
    net.add_dense(x, cin, 2)
    return net


def build(kind, width=32):
    """The network of a kind: "sv-classifier", "sv-regressor" or "cw-classifier"."""
    if kind == "sv-classifier":
        return sv_classifier()
    if kind == "sv-regressor":
        return sv_regressor()
    if kind == "cw-classifier":
        return cw_classifier(width)
    raise ValueError("unknown kind of network: " + kind)
