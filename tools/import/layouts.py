"""Puts published weights into networks as tools/train has them: shapes are checked array by array.

Every function gives a models.Net whose input is still what the authors' network saw; see set_input().
"""

import os
import sys
import warnings

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "train"))
import models  # noqa: E402

KERAS_EPSILON = 1e-3   # of batch norm, where nobody chose another
FILE_MAX = 1 << 30     # bytes of a checkpoint
HU_LO, HU_HI = -1417.0, 3171.0   # the window of u7 (src/slices/slices.h)


class Mismatch(Exception):
    """The file holds another network; the message names the array."""


# ---- CW: a ResNet-18 of torchvision ----

def load_state(path):
    """{name: tensor} of a checkpoint: bare or under state_dict or the like, without a common prefix."""
    if not os.path.isfile(path):
        raise Mismatch("%s: is no file" % path)
    if os.path.getsize(path) > FILE_MAX:
        raise Mismatch("%s: is far larger than a ResNet-18" % path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # whatever a garbled file makes of the unpickler
        raise Mismatch("%s: is no checkpoint that can be read safely (it is damaged, or holds more than tensors); "
                       "save model.state_dict() with torch.save" % path) from None
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict):
        raise Mismatch("%s: holds no dictionary of tensors; save model.state_dict()" % path)
    state = {k: v for k, v in state.items() if isinstance(k, str) and isinstance(v, torch.Tensor)}
    stem = [k for k in state if k == "conv1.weight" or k.endswith(".conv1.weight") and ".layer" not in "." + k]
    if len(stem) != 1:
        raise Mismatch("%s: tensor conv1.weight is missing; this is no ResNet-18 of torchvision" % path)
    prefix = stem[0][:-len("conv1.weight")]
    return {k[len(prefix):]: v for k, v in state.items() if k.startswith(prefix)}


def _torchvision_names():
    """(convolution, norm) of a ResNet-18 in the order of models.cw_classifier()."""
    names = [("conv1", "bn1")]
    for stage in range(1, 5):
        for block in range(2):
            at = "layer%d.%d." % (stage, block)
            names += [(at + "conv1", at + "bn1"), (at + "conv2", at + "bn2")]
            if stage > 1 and block == 0:
                names.append((at + "downsample.0", at + "downsample.1"))
    return names


def _take(state, name, shape, path):
    value = state.get(name)
    if value is None:
        raise Mismatch("%s: tensor %s is missing; this is no ResNet-18 with batch norm" % (path, name))
    if tuple(value.shape) != tuple(shape):
        raise Mismatch("%s: tensor %s is %s, expected %s" % (
            path, name, "x".join(map(str, value.shape)) or "one number", "x".join(map(str, shape))))
    value = value.detach().float()
    if not torch.isfinite(value).all():
        raise Mismatch("%s: tensor %s holds values that are no numbers" % (path, name))
    return value


def cw_classifier(path, after_class):
    """The network, with `after` as its second class, and the number of channels of its first layer."""
    state = load_state(path)
    stem = state["conv1.weight"]
    if stem.dim() != 4 or stem.shape[1] not in (1, 3) or not 8 <= stem.shape[0] <= 128:
        raise Mismatch("%s: tensor conv1.weight is %s, expected 64x1x7x7 or 64x3x7x7" % (
            path, "x".join(map(str, stem.shape))))
    width, channels = int(stem.shape[0]), int(stem.shape[1])
    net = models.cw_classifier(width)
    # The first layer gets its channels back in set_input(), which adds them up.
    net.conv[0] = torch.nn.Conv2d(channels, width, 7, 2, 3, bias=False)
    with torch.no_grad():
        for k, (conv, norm) in enumerate(_torchvision_names()):
            net.conv[k].weight.copy_(_take(state, conv + ".weight", net.conv[k].weight.shape, path))
            for role in ("weight", "bias", "running_mean", "running_var"):
                getattr(net.norm[k], role).copy_(_take(state, "%s.%s" % (norm, role), [net.norm[k].num_features], path))
            _check_variance(net.norm[k].running_var, "%s: tensor %s.running_var" % (path, norm))
        order = [0, 1] if after_class == 1 else [1, 0]
        net.dense[0].weight.copy_(_take(state, "fc.weight", net.dense[0].weight.shape, path)[order])
        net.dense[0].bias.copy_(_take(state, "fc.bias", [2], path)[order])
    return net.eval(), channels


# ---- SV: Keras ----

def sv_regressor():
    """The published regressor: (N, 51, 96, 96) -> position of the plane among the 51 slices."""
    net = models.Net("sv-regressor", models.STACK)
    x = net.add_conv(0, 51, 51, 3, groups=51, norm=False, relu=False, bias=False)
    x = net.add_conv(x, 51, 32, 1)
    x = net.add_conv(x, 32, 32, 3)
    x = net.add_conv(x, 32, 32, 3)
    x = net._add("avgpool2", [x])
    x = net.add_conv(x, 32, 64, 3, norm=False, relu=False)
    x = net._add("gap", [x])
    net.add_dense(x, 64, 1)
    return net


SV_CLASSIFIER = [("conv", 1, 32), ("norm", 32), ("conv", 32, 32), ("norm", 32), ("conv", 32, 32), ("norm", 32),
                 ("conv", 32, 64), ("dense", 64, 2)]
SV_REGRESSOR = [("separable", 51, 32), ("norm", 32), ("conv", 32, 32), ("norm", 32), ("conv", 32, 32), ("norm", 32),
                ("conv", 32, 64), ("dense", 64, 1)]


def _expected(entry):
    """Shapes of a layer's arrays by role, as Keras has them."""
    kind, size = entry[0], entry[1:]
    if kind == "norm":
        return {role: size for role in ("gamma", "beta", "mean", "var")}
    shapes = {"bias": (size[1],)}
    if kind == "separable":
        shapes.update(depthwise=(3, 3, size[0], 1), pointwise=(1, 1) + size)
    else:
        shapes["kernel"] = size if kind == "dense" else (3, 3) + size
    return shapes


def _check_variance(var, what):
    if float(var.min()) < 0:
        raise Mismatch("%s is negative" % what)


def _match(layers, expected, path):
    """Tensors by role for every expected layer, in the order of the list."""
    for kind in sorted({e[0] for e in expected} | {layer["type"] for layer in layers}):
        have = sum(layer["type"] == kind for layer in layers)
        want = sum(e[0] == kind for e in expected)
        if have != want:
            raise Mismatch("%s: holds %d layers of type %s, expected %d; this is another network"
                           % (path, have, kind, want))
    queue = {}
    for layer in layers:
        queue.setdefault(layer["type"], []).append(layer)
    out = []
    for entry in expected:
        layer, tensors = queue[entry[0]].pop(0), {}
        for role, shape in _expected(entry).items():
            what = "%s: tensor %s of layer %s" % (path, role, layer["name"])
            value = layer.get(role)
            if value is None:
                raise Mismatch("%s is missing" % what)
            if value.shape != tuple(shape):
                raise Mismatch("%s is %s, expected %s" % (what, "x".join(map(str, value.shape)),
                                                          "x".join(map(str, shape))))
            if not np.isfinite(value).all():
                raise Mismatch("%s holds values that are no numbers" % what)
            tensors[role] = torch.from_numpy(np.array(value, np.float32))
        if "var" in tensors:
            _check_variance(tensors["var"], "%s: the variance of layer %s" % (path, layer["name"]))
        out.append(tensors)
    return out


def sv(layers, path, epsilon=KERAS_EPSILON):
    """Classifier or regressor, whichever the layers are."""
    regressor = any(layer["type"] == "separable" for layer in layers)
    expected = SV_REGRESSOR if regressor else SV_CLASSIFIER
    net = sv_regressor() if regressor else models.sv_classifier()
    conv = norm = 0
    with torch.no_grad():
        for entry, t in zip(expected, _match(layers, expected, path)):
            if entry[0] == "norm":
                n = net.norm[norm]
                n.eps = epsilon
                n.weight.copy_(t["gamma"])
                n.bias.copy_(t["beta"])
                # Keras's convolutions have a bias before the batch norm; ours have none there.
                n.running_mean.copy_(t["mean"] - bias)
                n.running_var.copy_(t["var"])
                norm += 1
                continue
            bias = t["bias"]
            if entry[0] == "dense":
                net.dense[0].weight.copy_(t["kernel"].t())
                net.dense[0].bias.copy_(bias)
                continue
            if entry[0] == "separable":
                net.conv[conv].weight.copy_(t["depthwise"].permute(2, 3, 0, 1))
                conv += 1
                t["kernel"] = t["pointwise"]
            net.conv[conv].weight.copy_(t["kernel"].permute(3, 2, 0, 1))
            if net.conv[conv].bias is not None:
                net.conv[conv].bias.copy_(bias)
            conv += 1
    return net.eval()


# ---- what the authors' network saw ----

VALUES = {"hu": (HU_LO, HU_HI), "byte": (0.0, 255.0), "unit": (0.0, 1.0)}
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def set_input(net, values):
    """Changes the first layer so that it takes u7: answers the byte that stands for the network's own 0,
    which its padding is made of. values: a key of VALUES, "imagenet", or (value at 0, value at 127)."""
    first = net.conv[0]
    grouped = first.groups > 1
    channels = 1 if grouped else first.weight.shape[1]
    if values == "imagenet":
        mean, sd = (np.resize(v, channels) for v in IMAGENET)
        lo, hi = -mean / sd, (1 - mean) / sd
    else:
        lo, hi = (np.full(channels, v) for v in (VALUES[values] if isinstance(values, str) else values))
    gain = torch.tensor(hi - lo, dtype=torch.float64)
    zero = int(np.clip(np.rint(np.mean(-lo / (hi - lo)) * 127), 0, 127))
    rest = torch.tensor(lo + (hi - lo) * zero / 127, dtype=torch.float64)  # what the nearest byte leaves over
    with torch.no_grad():
        w = first.weight.double()
        if grouped:
            if float(rest.abs().max()) > 1e-9:
                raise ValueError("a depthwise first layer takes values that begin at 0")
            first.weight.copy_(w * gain[0])
            return zero
        constant = (w.sum((2, 3)) * rest).sum(1)
        conv = torch.nn.Conv2d(1, first.out_channels, first.kernel_size, first.stride, first.padding, bias=False)
        conv.weight.copy_((w * gain[None, :, None, None]).sum(1, keepdim=True))
        net.conv[0] = conv
        net.norm[0].running_mean.sub_(constant.float())
    return zero
