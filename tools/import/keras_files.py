"""Reads the weights of Keras models without TensorFlow: .h5, .weights.h5, .keras (through h5py) and
TensorFlow checkpoints.

Every reader gives the layers that have weights as a list of dicts: "type" (conv, separable, norm, dense),
"name", and the arrays by role (kernel, depthwise, pointwise, bias, gamma, beta, mean, var), layers of one
type in the model's order.
"""

import io
import os
import re
import zipfile

import numpy as np

import tf_checkpoint
from tf_checkpoint import Damaged

FILE_MAX = 256 << 20   # bytes; the published files have 1 MB at most
ARRAY_MAX = 1 << 24    # numbers in one array
ROLES = {"kernel": "kernel", "depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise", "bias": "bias",
         "gamma": "gamma", "beta": "beta", "moving_mean": "mean", "moving_variance": "var"}
# Keras 3 numbers the arrays of a layer: roles in this order, by the number of axes of each array.
NUMBERED = {(4, 1): ("conv", ["kernel", "bias"]), (4,): ("conv", ["kernel"]),
            (2, 1): ("dense", ["kernel", "bias"]), (4, 4, 1): ("separable", ["depthwise", "pointwise", "bias"]),
            (1, 1, 1, 1): ("norm", ["gamma", "beta", "mean", "var"])}


def natural(name):
    """Sorts conv2d, conv2d_2, conv2d_10 in this order."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _layer(name, arrays):
    """A layer from its arrays by file name; None where it is none of those known."""
    if all(key.isdigit() for key in arrays):
        keys = sorted(arrays, key=int)
        found = NUMBERED.get(tuple(arrays[k].ndim for k in keys))
        return found and dict(zip(found[1], (arrays[k] for k in keys)), type=found[0], name=name)
    layer = {ROLES[key]: value for key, value in arrays.items() if key in ROLES}
    kernel = layer.get("kernel")
    if "depthwise" in layer and "pointwise" in layer:
        kind = "separable"
    elif "gamma" in layer:
        kind = "norm"
    elif kernel is not None and kernel.ndim in (2, 4):
        kind = "conv" if kernel.ndim == 4 else "dense"
    else:
        return None
    return dict(layer, type=kind, name=name)


def _layers(arrays):
    """Layers from {path of an array: array}; the last part of a path is the role."""
    groups = {}
    for path, value in arrays.items():
        group, _, role = path.rpartition("/")
        groups.setdefault(group, {})[role.split(":")[0]] = value
    layers = [_layer(name, groups[name]) for name in sorted(groups, key=natural)]
    return [layer for layer in layers if layer]


def _hdf5(file, label):
    try:
        import h5py
    except ImportError:
        raise Damaged("%s: reading HDF5 needs h5py (Debian: python3-h5py)" % label) from None
    arrays = {}
    try:
        with h5py.File(file, "r") as f:
            def visit(path, item):
                if not isinstance(item, h5py.Dataset) or "optimizer" in path or item.dtype.kind != "f":
                    return
                if item.size > ARRAY_MAX or item.external or item.is_virtual:
                    raise Damaged("%s: array %s is larger than any of these networks has, or lies elsewhere"
                                  % (label, path))
                arrays[path.replace("/vars/", "/")] = np.array(item, np.float32)
            f.visititems(visit)
    except (OSError, KeyError, RuntimeError, ValueError) as problem:
        raise Damaged("%s: cannot be read as HDF5 (%s); save the weights again" % (label, problem)) from None
    return _layers(arrays)


def _keras_archive(path):
    try:
        with zipfile.ZipFile(path) as z:
            info = z.getinfo("model.weights.h5")
            if info.file_size > FILE_MAX:
                raise Damaged("%s: is far larger than any of these networks" % path)
            with z.open(info) as f:
                return _hdf5(io.BytesIO(f.read(FILE_MAX)), path)
    except (zipfile.BadZipFile, KeyError):
        raise Damaged("%s: is no Keras archive with model.weights.h5 in it; save the weights again"
                      % path) from None


def _checkpoint(path):
    ending = "/.ATTRIBUTES/VARIABLE_VALUE"
    arrays = {}
    for name, value in tf_checkpoint.read(path).items():
        if name.endswith(ending) and ".OPTIMIZER_SLOT" not in name and value.dtype.kind == "f":
            arrays[name[:-len(ending)]] = value
    return _layers(arrays)


def read(path):
    """Layers of a file (or of a checkpoint's prefix or folder); Damaged where it is none."""
    if os.path.isfile(path) and not path.endswith(".index"):
        if os.path.getsize(path) > FILE_MAX:
            raise Damaged("%s: is far larger than any of these networks" % path)
        with open(path, "rb") as f:
            head = f.read(8)
        if head[:4] == b"PK\3\4":
            layers = _keras_archive(path)
        elif head == b"\x89HDF\r\n\x1a\n":
            layers = _hdf5(path, path)
        else:
            raise Damaged("%s: is neither HDF5 (.h5) nor a Keras archive (.keras)" % path)
    else:
        layers = _checkpoint(path)
    if not layers:
        raise Damaged("%s: holds no weights of layers" % path)
    return layers
