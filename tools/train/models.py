"""The networks: the published "SV" classifier, a regressor in its place, the "CW" ResNet-18 and a
network for views along the bone.

Every network is a list of nodes. The same list is walked by forward() and by export.py, so
what is trained and what is exported cannot differ. Inputs are float tensors (N, C, height, width)
of u7 / 127, i.e. 0..1. Works with PyTorch 1.13 and later; fastest on CPU with
model.to(memory_format=torch.channels_last) and inputs in the same layout.
"""

import math

import torch
from torch import nn
import torch.nn.functional as F

SIDE = 96     # pixels per side of a slice
STACK = 51    # slices the regressor sees; its centre is 25


def fold_rows(a, rows):
    """(N, C, H, W) -> (N, rows*W*C, H/rows, 1), a pixel's channels together, as the engine has them."""
    n, c, h, w = a.shape
    a = a.reshape(n, c, h // rows, rows, w).permute(0, 3, 4, 1, 2)
    return a.reshape(n, rows * w * c, h // rows, 1)


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

    def add_along(self, src, cin, cout, rows):
        """Convolution over rows of a one-column image. Kernels are square in the file; all but their
        middle column only ever meet the border and stay zero."""
        node = self.add_conv(src, cin, cout, rows)
        with torch.no_grad():
            w = self.conv[-1].weight
            middle = w[..., rows // 2] * math.sqrt(rows)
            w.zero_()
            w[..., rows // 2] = middle
        return node

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
            elif op == "fold":
                y = fold_rows(a, node["rows"])
            elif op == "dense":
                if a.dim() == 4:  # one set of outputs per row
                    a = a[..., 0].transpose(1, 2)
                y = self.dense[node["dense"]](a).flatten(1)
            else:
                raise ValueError(op)
            values.append(y)
        return values if keep else values[-1]

    def forward(self, x):
        return self.run(x)

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


def sv_regressor(kind="sv-regressor"):
    """Logits (N, 51): where in the stack the plane lies.

    Input (N, 1, 51*48, 48): the slices at half size, one below the other. Every slice goes through the
    same small network; what it leaves is read along the stack. The published network takes the slices
    as channels, has to learn every position of the plane anew and needs far more bones. A wider one
    ("sv-inner") reads the inner halves of the slices at full size.
    """
    first, second, third, rows = (16, 32, 48, 48) if kind == "sv-inner" else (12, 16, 24, 24)
    net = Net(kind, 1)
    x = net.add_conv(0, 1, first, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, first, second, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, second, third, 3)
    x = net._add("avgpool2", [x])
    x = net._add("fold", [x], rows=6)
    x = net.add_conv(x, 6 * 6 * third, rows, 1)
    for _ in range(3):
        x = net.add_along(x, rows, rows, 7)
    net.add_dense(x, rows, 1)
    return net


FEATURES = 64  # numbers the views along the bone leave for every four slices


def longaxis(kind="longaxis"):
    """(N, z / 4 * 64): what one view along the bone shows of every four slices, 1.0 being the most
    longaxis_rows() takes.

    Input (N, channels, z, 48), z a multiple of 4. "longaxis": three parallel planes, even and odd columns as channels.
    "picture": one plane, how far it passes the bone's middle, and whether that is known (pictures.picture_input()).
    """
    channels = 4 if kind == "picture" else 6
    net = Net(kind, channels)
    x = net.add_conv(0, channels, 16, 3)
    x = net.add_conv(x, 16, 16, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, 16, 48, 3)
    x = net.add_conv(x, 48, 48, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, 48, 80, 3)
    for _ in range(3):
        x = net.add_conv(x, 80, 80, 3)
    x = net._add("fold", [x], rows=1)
    x = net.add_conv(x, 12 * 80, FEATURES, 1)
    net.add_dense(x, FEATURES, FEATURES)
    return net


def longaxis_rows(kind="longaxis-rows"):
    """Logits (N, z), one per slice: which is the plane. A further logit of 0 stands for "not in view"
    (plane_loss() in train.py).

    Input (N, 64, z / 4, 1): the mean of what the views left, kept within 0..1.
    """
    net = Net(kind, FEATURES)
    x = 0
    for _ in range(4):
        x = net.add_along(x, FEATURES, FEATURES, 3)
    net.add_dense(x, FEATURES, 4)
    return net


class LongAxis(nn.Module):
    """Views along a bone, and what they say together; kind: "longaxis" of a volume, or "picture"."""

    def __init__(self, kind="longaxis"):
        super().__init__()
        self.kind = kind
        self.view = longaxis(kind)
        self.rows = longaxis_rows(kind + "-rows")

    @staticmethod
    def together(seen):
        """(N, views, z / 4 * 64) of longaxis() -> (N, 64, z / 4, 1) for longaxis_rows(): the mean over the views."""
        mean = seen.mean(1).clamp(0, 1)
        return mean.reshape(len(mean), -1, FEATURES).transpose(1, 2)[..., None]

    def forward(self, x, views, apart=False):
        """x (N * views, channels, z, 48), the views of a bone together: logits (N, z). With apart, also those of views
        at right angles by twos, (N * views / 2, z), where there are more, and of every view alone, (N * views, z):
        pictures are no more."""
        seen = self.view(x)
        seen = seen.reshape(-1, views, seen.shape[1])
        every = self.together(seen)
        if not apart:
            return self.rows(every)
        groups = [every]
        if views > 2:
            groups.append(self.together(seen.unflatten(1, (2, views // 2)).transpose(1, 2).flatten(0, 1)))
        groups.append(self.together(seen.reshape(-1, 1, seen.shape[2])))
        return self.rows(torch.cat(groups)).split([len(s) for s in groups])

    def parameter_count(self):
        return self.view.parameter_count() + self.rows.parameter_count()


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


KINDS = ["sv-classifier", "sv-regressor", "sv-inner", "cw-classifier", "longaxis", "picture"]


def build(kind, width=32):
    """The network of a kind (KINDS), as it is trained."""
    if kind in ("longaxis", "picture"):
        return LongAxis(kind)
    if kind == "sv-classifier":
        return sv_classifier()
    if kind in ("sv-regressor", "sv-inner"):
        return sv_regressor(kind)
    if kind == "cw-classifier":
        return cw_classifier(width)
    raise ValueError("unknown kind of network: " + kind)


def begin_with(net, state):
    """Fills a network with parameters of one of its kind; or one for pictures with those of long-axis networks: a
    picture stands for all three planes, and its place counts for nothing yet."""
    first = "view.conv.0.weight"
    if net.kind == "picture" and state[first].shape[1] == 6:
        planes = state[first].unflatten(1, (3, 2)).sum(1)
        state = dict(state, **{first: torch.cat([planes, torch.zeros_like(planes)], 1)})
    net.load_state_dict(state)


def parts(net):
    """The networks of what build() gave, one for each file."""
    return [net.view, net.rows] if isinstance(net, LongAxis) else [net]
