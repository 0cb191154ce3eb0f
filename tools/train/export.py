"""Trained network -> .gppiw: folds batch norm, chooses number ranges on calibration images,
quantises to u7 activations and s8 weights, corrects the systematic error, writes the file.

Calibration images: uint8 (N, C, height, width), values 0..127, typical inputs, some hundred for a classifier
and some dozen stacks for a regressor. Layer by layer the quantised network runs beside the float
one; each layer's ranges and biases are set on what the quantised layers before it really give.
"""

import numpy as np
import torch
import torch.nn.functional as F

import gppiw
import models

ACC_MAX = 1 << 24      # sums below this are exact as float32
SAMPLE = 400000        # values looked at when a range is chosen


def fold(conv, norm):
    """float64 weights and bias of a convolution with its batch norm folded in."""
    w = conv.weight.detach().double()
    b = conv.bias.detach().double() if conv.bias is not None else torch.zeros(w.shape[0]).double()
    if norm is not None:
        gain = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
        w = w * gain[:, None, None, None]
        b = norm.bias.detach().double() + (b - norm.running_mean.double()) * gain
    return w, b


def flatten(model, height, width, merge_separable=True):
    """The model's nodes with folded weights "w", "b" (float64 tensors) and output shapes."""
    nodes = []
    for node in model.nodes:
        n = {"op": node["op"], "inputs": list(node["inputs"])}
        if n["op"] == "input":
            n.update(c=model.channels, h=height, w_=width)
            nodes.append(n)
            continue
        src = nodes[n["inputs"][0]]
        if n["op"] == "conv":
            conv = model.conv[node["conv"]]
            n["w"], n["b"] = fold(conv, model.norm[node["norm"]] if node["norm"] >= 0 else None)
            n.update(kernel=conv.kernel_size[0], stride=conv.stride[0], pad=conv.padding[0],
                     relu=int(node["relu"]), c=conv.out_channels)
            if conv.groups > 1:
                n["op"] = "depthwise"
        elif n["op"] == "maxpool":
            n.update(kernel=3, stride=2, pad=1, c=src["c"])
        elif n["op"] == "avgpool2":
            n.update(op="avgpool", c=src["c"], h=src["h"] // 2, w_=src["w_"] // 2)
        elif n["op"] == "add":
            n.update(relu=1, c=src["c"], h=src["h"], w_=src["w_"])
        elif n["op"] == "gap":
            n.update(c=src["c"], h=1, w_=1)
        elif n["op"] == "dense":
            dense = model.dense[node["dense"]]
            n["w"] = dense.weight.detach().double()
            n["b"] = dense.bias.detach().double()
            n.update(c=dense.out_features, h=src["h"], w_=1)
        elif n["op"] == "fold":
            n.update(kernel=node["rows"], c=src["c"] * src["w_"] * node["rows"],
                     h=src["h"] // node["rows"], w_=1)
        if "h" not in n:
            n["h"], n["w_"] = [(v + 2 * n["pad"] - n["kernel"]) // n["stride"] + 1
                               for v in (src["h"], src["w_"])]
        nodes.append(n)
    return merge(nodes) if merge_separable else nodes


def merge(nodes):
    """A depthwise layer without ReLU read only by a 1x1 convolution is one full convolution:
    no rounding in between."""
    out, new_index = [], {}
    for i, n in enumerate(nodes):
        readers = [m for m in nodes if i in m["inputs"]]
        if (n["op"] == "depthwise" and not n["relu"] and len(readers) == 1
                and readers[0]["op"] == "conv" and readers[0]["kernel"] == 1
                and readers[0]["stride"] == 1):
            point = readers[0]
            point["b"] = point["b"] + point["w"][:, :, 0, 0] @ n["b"]
            point["w"] = point["w"] * n["w"][:, 0][None]
            point.update(kernel=n["kernel"], stride=n["stride"], pad=n["pad"], inputs=n["inputs"])
            continue
        new_index[i] = len(out)
        out.append(n)
    for n in out:
        n["inputs"] = [new_index[k] for k in n["inputs"]]
    return out


def float_node(n, inputs):
    """The float value of a node, before its ReLU."""
    a = inputs[0]
    op = n["op"]
    if op in ("conv", "depthwise"):
        return F.conv2d(a, n["w"].float(), n["b"].float(), n["stride"], n["pad"],
                        groups=n["c"] if op == "depthwise" else 1)
    if op == "maxpool":
        return F.max_pool2d(a, n["kernel"], n["stride"], n["pad"])
    if op == "avgpool":
        return F.avg_pool2d(a, 2)
    if op == "add":
        return a + inputs[1]
    if op == "gap":
        return a.mean(dim=(2, 3))
    if op == "fold":
        return models.fold_rows(a, n["kernel"])
    if a.dim() == 4:
        a = a[..., 0].transpose(1, 2).reshape(-1, a.shape[1])
    return F.linear(a, n["w"].float(), n["b"].float())


def choose_step(values, signed, rng):
    """The step whose clipping and rounding together cost least (mean square error)."""
    v = np.asarray(values).reshape(-1)
    if v.size > SAMPLE:
        v = v[rng.integers(0, v.size, SAMPLE)]
    lo, hi = (-64, 63) if signed else (0, 127)
    top = max(float(v.max()) / hi, float(v.min()) / lo if signed else 0.0, 1e-9)
    best = None
    for part in np.linspace(1.0, 0.25, 40):
        step = top * part
        error = float(np.mean((np.clip(np.rint(v / step), lo, hi) * step - v) ** 2))
        if best is None or error < best[0]:
            best = (error, step)
    return best[1]


def quantise_weights(w):
    """s8 weights and float64 step per output channel; the clip with the least square error."""
    flat = w.reshape(len(w), -1)
    top = np.maximum(np.abs(flat).max(1), 1e-12) / 127
    best = np.full(len(w), np.inf)
    step = top.copy()
    for part in np.linspace(1.0, 0.6, 21):
        s = top * part
        error = ((np.clip(np.rint(flat / s[:, None]), -127, 127) * s[:, None] - flat) ** 2).sum(1)
        better = error < best
        best[better], step[better] = error[better], s[better]
    return step


def integer_layer(n, step_in, zero_in, step_out, zero_out, bias):
    """Weights, bias and factors of the int8 layer; steps grow where sums would leave 24 bits."""
    w = n["w"].numpy()
    step = quantise_weights(w)
    while True:
        q = np.clip(np.rint(w / step[:, None, None, None]), -127, 127)
        sums = q.reshape(len(q), -1)
        b = np.rint(bias / (step * step_in)) - zero_in * sums.sum(1)
        up = np.where(sums > 0, sums, 0).sum(1) * 127 + np.maximum(b, 0)
        down = np.where(sums < 0, sums, 0).sum(1) * 127 + np.minimum(b, 0)
        wide = np.maximum(up, -down) >= ACC_MAX - 1
        if not wide.any():
            break
        step[wide] *= 1.05
    return dict(weights=q.astype(np.int8), bias=b.astype(np.int32),
                requant=(step * step_in / step_out).astype(np.float32),
                weights32=w.astype(np.float32), bias32=n["b"].numpy().astype(np.float32),
                zero=zero_out, step=step_out), step


def quantise(nodes, calib, rng, input_zero=0):
    """The integer nodes, set layer by layer on the calibration images."""
    out = []
    real, quant = [], []
    for i, n in enumerate(nodes):
        node = {k: n[k] for k in ("op", "inputs", "c", "h", "kernel", "stride", "pad", "relu") if k in n}
        node["w"] = n["w_"]
        if n["op"] == "input":
            node.update(step=1.0 / 127, zero=input_zero)
            out.append(node)
            real.append((torch.from_numpy(calib).float() - input_zero) / 127)
            quant.append(calib)
            continue
        pre = float_node(n, [real[k] for k in n["inputs"]])
        y = F.relu(pre) if n.get("relu") else pre
        src = out[n["inputs"][0]]
        zeros = [out[k].get("zero", 0) for k in n["inputs"]]
        if n["op"] in ("conv", "depthwise"):
            signed = not n["relu"]
            step_out = choose_step(y, signed, rng)
            args = (n, src["step"], zeros[0], step_out, 64 if signed else 0)
            layer, step_w = integer_layer(*args, n["b"].numpy())
            node.update(layer)
            # Mean of what the integer layer gives before rounding against the float layer.
            acc = sum(y.double().sum(dim=(0, 2, 3)).numpy()
                      for y in gppiw.accumulate(node, quant[n["inputs"][0]], zeros[0]))
            given = (acc / (len(calib) * n["h"] * n["w_"]) + layer["bias"]) * step_w * src["step"]
            wanted = pre.double().mean(dim=(0, 2, 3)).numpy()
            node.update(integer_layer(*args, n["b"].numpy() + wanted - given)[0])
        elif n["op"] == "maxpool":
            node.update(zero=0, step=src["step"])
        elif n["op"] == "avgpool":
            step_out = choose_step(y, bool(zeros[0]), rng)
            node.update(zero=zeros[0], step=step_out, mul=[np.float32(src["step"] / 4 / step_out)])
        elif n["op"] == "add":
            step_out = choose_step(y, False, rng)
            node.update(zero=0, step=step_out,
                        mul=[np.float32(out[k]["step"] / step_out) for k in n["inputs"]])
        elif n["op"] == "fold":
            node.update(zero=zeros[0], step=src["step"])
        elif n["op"] == "gap":
            node["step"] = src["step"] / (src["h"] * src["w"])
        elif n["op"] == "dense":
            q = quant[n["inputs"][0]]
            if q.ndim == 4:
                q = q[..., 0].transpose(0, 2, 1).reshape(-1, q.shape[1]).astype(np.int64) - zeros[0]
            node.update(integer_dense(n, src["step"], q, y.double().numpy()))
            y = y.reshape(len(calib), -1)
        out.append(node)
        real.append(y)
        quant.append(gppiw.run_node(node, [quant[k] for k in n["inputs"]], zeros))
        for k in range(i):  # values nobody reads again
            if not any(k in m["inputs"] for m in nodes[i + 1:]):
                real[k] = quant[k] = None
    return out, real[-1].numpy(), quant[-1]


def integer_dense(n, step_in, sums, wanted):
    """int16 weights; gain and offset are fitted so that the int8 outputs meet the float ones."""
    w = n["w"].numpy()
    step = np.maximum(np.abs(w).max(1), 1e-12) / 32767
    q = np.rint(w / step[:, None])
    given = sums.astype(np.float64) * step_in @ (q * step[:, None]).T
    gain, offset = np.ones(len(w)), np.empty(len(w))
    for o in range(len(w)):
        spread = given[:, o].var()
        if len(given) >= 8 and spread > 1e-12:
            fit = ((given[:, o] - given[:, o].mean()) * (wanted[:, o] - wanted[:, o].mean())).mean() / spread
            gain[o] = np.clip(fit, 0.8, 1.25)
        offset[o] = (wanted[:, o] - gain[o] * given[:, o]).mean()
    return dict(weights=q.astype(np.int16), bias=offset.astype(np.float32),
                requant=(gain * step * step_in).astype(np.float32),
                weights32=w.astype(np.float32), bias32=n["b"].numpy().astype(np.float32))


def quantised(model, kind, name, calib, meta, merge_separable=True, seed=1, input_zero=0):
    """The network as gppiw.py has it. Returns (network, float outputs, int8 outputs) on the calibration images.

    input_zero: the byte that stands for 0 and lies outside of the image; the model's input is then
    (u7 - input_zero) / 127."""
    if kind != model.kind:
        raise ValueError("the network is a %s, not a %s" % (model.kind, kind))
    calib = np.ascontiguousarray(calib)
    if calib.dtype != np.uint8 or calib.ndim != 4 or calib.shape[1] != model.channels or calib.max() > 127:
        raise ValueError("calibration images must be uint8 (N, %d, height, width), 0..127" % model.channels)
    model.eval()
    with torch.no_grad():
        nodes, wanted, given = quantise(
            flatten(model, *calib.shape[2:], merge_separable), calib, np.random.default_rng(seed), input_zero)
    difference = np.abs(wanted - given)
    meta = dict(meta, calibration={"images": len(calib),
                                   "mean_abs_difference": round(float(difference.mean()), 5),
                                   "max_abs_difference": round(float(difference.max()), 5)})
    return dict(kind=kind, name=name, meta=meta, nodes=nodes), wanted, given


def export(model, kind, name, calib, meta, path, **how):
    """Writes the network and its float copy. Returns (float outputs, int8 outputs) on the calibration images."""
    net, wanted, given = quantised(model, kind, name, calib, meta, **how)
    size = gppiw.write(path, net)
    difference = np.abs(wanted - given)
    print("%s: %d bytes; int8 against float on %d calibration images: mean |d| %.4f, max |d| %.4f, "
          "spread of outputs %.3f" % (path, size, net["meta"]["calibration"]["images"], difference.mean(),
                                      difference.max(), wanted.std()))
    return wanted, given
