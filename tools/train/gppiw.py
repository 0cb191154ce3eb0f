"""The .gppiw weight file and its .gppif float copy (weights/README.md): writer, reader and a bit-exact model of
the int8 engine. A network is a dict with kind, name, meta (a dict) and nodes; a node is a dict with
the fields of the file and, for layers with weights, numpy arrays:

  weights    int8 [out][in][ky][kx] (conv), [out][1][ky][kx] (depthwise), int16 [out][in] (dense)
  bias       int32 [out] (dense: float32)
  requant    float32 [out]
  weights32  float32, bias32 float32: the same layer for the fp32 engine; from a .gppif, of half precision
"""

import hashlib
import json
import os
import struct

import numpy as np

MAGIC = b"GPPIW\r\n\x1a"
VERSION = 2
VERSION_WITH_FLOATS = 1  # holds its float copy itself
ALIGN = 64
NONE = 0xFFFFFFFF
OPS = ["input", "conv", "depthwise", "maxpool", "avgpool", "add", "gap", "dense", "softmax", "sigmoid",
       "fold"]
HEADER = struct.Struct("<8sIIQIIIII5I32s64s")
NODE = struct.Struct("<11I3f2I5Q6I")
FLOATS_MAGIC = b"GPPIF\r\n\x1a"
FLOATS_HEADER = struct.Struct("<8sIIQ32s2I")
ARRAYS = ["weights", "bias", "requant", "weights32", "bias32"]


def _channels_last(weights):
    """[out][in][ky][kx] -> the file's [out][ky][kx][in]; dense stays [out][in]."""
    return weights.transpose(0, 2, 3, 1) if weights.ndim == 4 else weights


def pack(net, with_floats=False):
    """The bytes of the file; with_floats: of version 1, which needs no file of floats beside it."""
    nodes = net["nodes"]
    meta = json.dumps(net["meta"], sort_keys=True).encode() + b"\0"
    size = HEADER.size + NODE.size * len(nodes) + len(meta)
    arrays, records = [], []
    for node in nodes:
        places = [0] * 5
        if "weights" in node:
            for i, key in enumerate(ARRAYS if with_floats else ARRAYS[:3]):
                raw = np.ascontiguousarray(_channels_last(node[key])).tobytes()
                size = -(-size // ALIGN) * ALIGN
                places[i] = size
                arrays.append((size, raw))
                size += len(raw)
        inputs = list(node["inputs"]) + [NONE] * (2 - len(node["inputs"]))
        mul = list(node.get("mul", [])) + [0.0, 0.0]
        records.append(NODE.pack(
            OPS.index(node["op"]), *inputs, int(node.get("relu", 0)), node["c"], node["h"], node["w"],
            node.get("kernel", 0), node.get("stride", 0), node.get("pad", 0), node.get("zero", 0),
            node.get("step", 0.0), mul[0], mul[1], 0, 0, *places, 0, 0, 0, 0, 0, 0))
    size = -(-size // ALIGN) * ALIGN
    out = bytearray(size)
    first, last = nodes[0], nodes[-1]
    out[:HEADER.size] = HEADER.pack(
        MAGIC, VERSION_WITH_FLOATS if with_floats else VERSION, len(nodes), size + 32,
        first["c"], first["h"], first["w"], last["c"] * last["h"],
        len(meta), 0, 0, 0, 0, 0, net["kind"].encode(), net["name"].encode())
    body = b"".join(records) + meta
    out[HEADER.size:HEADER.size + len(body)] = body
    for place, raw in arrays:
        out[place:place + len(raw)] = raw
    return bytes(out) + hashlib.sha256(out).digest()


def pack_floats(net, weights):
    """The bytes of the float copy that belongs to the bytes of a weight file."""
    size, arrays = FLOATS_HEADER.size, []
    layers = [n for n in net["nodes"] if "weights" in n]
    for node in layers:
        half = _channels_last(node["weights32"]).astype("<f2")
        if not np.isfinite(half).all():
            raise ValueError("a weight is too large for half precision")
        for raw in (half.tobytes(), node["bias32"].astype("<f4").tobytes()):
            arrays.append((size, raw))
            size += -(-len(raw) // ALIGN) * ALIGN
    out = bytearray(size)
    out[:FLOATS_HEADER.size] = FLOATS_HEADER.pack(FLOATS_MAGIC, 1, len(layers), size + 32,
                                                  hashlib.sha256(weights).digest(), 0, 0)
    for place, raw in arrays:
        out[place:place + len(raw)] = raw
    return bytes(out) + hashlib.sha256(out).digest()


def unpack_floats(data, net, weights):
    """Gives a network the float copy in these bytes, which must belong to the bytes of its weight file."""
    head = FLOATS_HEADER.unpack_from(data)
    if head[:2] != (FLOATS_MAGIC, 1) or head[3] != len(data) or hashlib.sha256(data[:-32]).digest() != data[-32:]:
        raise ValueError("not a usable float copy")
    if head[4] != hashlib.sha256(weights).digest():
        raise ValueError("the float copy belongs to other weights")
    at = FLOATS_HEADER.size
    for node in net["nodes"]:
        if "weights" not in node:
            continue
        shape = _channels_last(node["weights"]).shape
        values = np.frombuffer(data, "<f2", int(np.prod(shape)), at).reshape(shape).astype(np.float32)
        at += -(-values.size * 2 // ALIGN) * ALIGN
        node["weights32"] = values.transpose(0, 3, 1, 2) if values.ndim == 4 else values
        node["bias32"] = np.frombuffer(data, "<f4", node["c"], at)
        at += -(-node["c"] * 4 // ALIGN) * ALIGN


def floats_path(path):
    return os.path.splitext(path)[0] + ".gppif"


def read(path):
    """The network of a file, with its float copy."""
    with open(path, "rb") as f:
        weights = f.read()
    net = unpack(weights)
    if not all("weights32" in n for n in net["nodes"] if "weights" in n):
        with open(floats_path(path), "rb") as f:
            unpack_floats(f.read(), net, weights)
    return net


def write(path, net):
    """Both files, the floats first; a program that reads the old ones goes on with them. Returns the bytes of the
    weight file."""
    weights = pack(net)
    for name, data in ((floats_path(path), pack_floats(net, weights)), (path, weights)):
        with open(name + ".new", "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.replace(name + ".new", name)
    return len(weights)


def unpack(data):
    """The network in the bytes of a file written by pack()."""
    head = HEADER.unpack_from(data)
    if head[0] != MAGIC or head[1] not in (VERSION_WITH_FLOATS, VERSION) or head[3] != len(data):
        raise ValueError("not a weight file of version %d" % VERSION)
    if hashlib.sha256(data[:-32]).digest() != data[-32:]:
        raise ValueError("the checksum does not match")
    nodes = []
    for i in range(head[2]):
        f = NODE.unpack_from(data, HEADER.size + i * NODE.size)
        keys = ["relu", "c", "h", "w", "kernel", "stride", "pad", "zero", "step"]
        node = dict(zip(keys, f[3:12]), op=OPS[f[0]], inputs=[k for k in f[1:3] if k != NONE],
                    mul=[np.float32(f[12]), np.float32(f[13])])
        if f[16]:
            cin = nodes[node["inputs"][0]]["c"]
            dense, k = node["op"] == "dense", node["kernel"]
            shape = {"conv": (node["c"], k, k, cin), "depthwise": (node["c"], k, k, 1)}.get(
                node["op"], (node["c"], cin))
            kinds = [np.int16 if dense else np.int8, np.float32 if dense else np.int32] + [np.float32] * 3
            for key, place, kind in zip(ARRAYS[:5 if f[19] else 3], f[16:21], kinds):
                dims = shape if "weights" in key else (node["c"],)
                values = np.frombuffer(data, kind, int(np.prod(dims)), place).reshape(dims)
                node[key] = values.transpose(0, 3, 1, 2) if values.ndim == 4 else values
        nodes.append(node)
    start = HEADER.size + NODE.size * head[2]
    meta = json.loads(data[start:start + head[8] - 1].decode())
    return dict(kind=head[14].rstrip(b"\0").decode(), name=head[15].rstrip(b"\0").decode(),
                meta=meta, nodes=nodes)


def fold_rows(a, rows):
    """(N, C, H, W) -> (N, rows*W*C, H/rows, 1), a pixel's channels together."""
    n, c, h, w = a.shape
    a = a.reshape(n, c, h // rows, rows, w).transpose(0, 3, 4, 1, 2)
    return np.ascontiguousarray(a).reshape(n, rows * w * c, h // rows, 1)


def requantise(value, zero):
    """float32 -> u7: nearest, ties to even, then zero point and clamp."""
    return np.clip(np.rint(value.astype(np.float32)) + zero, 0, 127).astype(np.uint8)


def accumulate(node, q, zero_in, chunk=16):
    """Yields the exact sums of weight * q, without bias, a few images at a time (float32 tensors:
    every partial sum is an integer below 2^24). The halo is the input's zero point."""
    import torch
    import torch.nn.functional as F
    pad = node["pad"]
    groups = node["c"] if node["op"] == "depthwise" else 1
    w = torch.from_numpy(np.array(node["weights"], np.float32))
    for first in range(0, len(q), chunk):
        a = torch.from_numpy(q[first:first + chunk].astype(np.float32))
        a = F.pad(a, (pad, pad, pad, pad), value=float(zero_in))
        y = F.conv2d(a, w, stride=node["stride"], groups=groups)
        if first == 0:  # a convolution algorithm that is not a plain sum would show here
            exact = F.conv2d(a[:1].double(), w.double(), stride=node["stride"], groups=groups)
            if not torch.equal(exact, y[:1].double()):
                raise ArithmeticError("this PyTorch does not add integers exactly in float32")
        yield y


def run_node(node, inputs, zeros):
    """The value of one node for a batch: uint8 u7, int64 sums or float32."""
    op = node["op"]
    a = inputs[0]
    if op in ("conv", "depthwise"):
        bias, factor = (node[k].astype(np.float32)[:, None, None] for k in ("bias", "requant"))
        return np.concatenate([requantise((y.numpy() + bias) * factor, node["zero"])
                               for y in accumulate(node, a, zeros[0])])
    if op == "maxpool":
        import torch
        import torch.nn.functional as F
        y = F.max_pool2d(torch.from_numpy(a).float(), node["kernel"], node["stride"], node["pad"])
        return y.numpy().astype(np.uint8)
    if op == "avgpool":
        h, w = node["h"] * 2, node["w"] * 2
        s = a[:, :, :h, :w].astype(np.int64).reshape(len(a), node["c"], h // 2, 2, w // 2, 2).sum((3, 5))
        return requantise((s - 4 * zeros[0]).astype(np.float32) * np.float32(node["mul"][0]), node["zero"])
    if op == "add":
        va = (a.astype(np.float32) - np.float32(zeros[0])) * np.float32(node["mul"][0])
        vb = (inputs[1].astype(np.float32) - np.float32(zeros[1])) * np.float32(node["mul"][1])
        return requantise(va + vb, node["zero"])
    if op == "gap":
        return (a.astype(np.int64) - zeros[0]).sum((2, 3))
    if op == "fold":
        return fold_rows(a, node["kernel"])
    if op == "dense":
        if a.ndim == 4:  # one set of outputs per row of an image one pixel wide
            rows = (a[..., 0].astype(np.int64) - zeros[0]).transpose(0, 2, 1)
            return run_node(node, [rows.reshape(-1, rows.shape[2])], zeros).reshape(len(a), -1)
        acc = a @ node["weights"].astype(np.int64).T
        return (acc.astype(np.float64) * node["requant"].astype(np.float64)
                + node["bias"].astype(np.float64)).astype(np.float32)
    raise ValueError(op)


def simulate(net, images):
    """What the int8 engine gives for u7 images (N, C, H, W), bit for bit."""
    values = [images]
    for node in net["nodes"][1:]:
        zeros = [net["nodes"][i].get("zero", 0) for i in node["inputs"]]
        values.append(run_node(node, [values[i] for i in node["inputs"]], zeros))
    return values[-1]
