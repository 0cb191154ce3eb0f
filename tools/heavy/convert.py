#!/usr/bin/env python3
"""Makes what `gppi detect --second-opinion DIR` reads of checkpoints of one published solution.

    convert.py bm models/0/model_0200.pth models/1/model_0200.pth --out DIR --trained-on "70 bones of the challenge"

Writes DIR/bm-0.onnx, DIR/bm-1.onnx ... and the manifest DIR/bm.json (packaging/doc/heavy.md). Checkpoints are read
without running code of theirs, and load strictly. With onnxruntime installed each network's answers are compared with
PyTorch's. --half keeps weights in half precision: half the file, the same time, answers that differ in the third
digit; look whether your planes stay. Needs PyTorch 1.13 or later (Debian: python3-torch) and, with PyTorch 2, the
package onnx.
"""
import argparse
import copy
import hashlib
import json
import os
import sys
import warnings

import numpy as np
import torch

import checkpoint
from models import SOLUTIONS, SamePad

OPSET = 17
SMALL = 1000  # numbers of a weight that is kept as it is
NEAR = {False: 1e-3, True: 5e-2}  # of PyTorch's answers, by half precision


def settle(module):
    """Convolutions that pad by a rule of their own become ordinary ones."""
    for key, child in module.named_children():
        if isinstance(child, SamePad):
            setattr(module, key, child.plain())
        else:
            settle(child)
    return module


def export(net, name, path, pixels):
    solution, net = SOLUTIONS[name], settle(copy.deepcopy(net)).eval()
    shape = (64, pixels, pixels) if name == "bm" else solution.shape
    x = torch.rand(1, *shape)
    axes = {"input": {0: "n"}}
    if name == "cw":
        axes["input"].update({2: "x", 3: "y"})
    for output in solution.outputs:
        axes[output] = {0: "n"}
    more = {"dynamo": False} if "dynamo" in torch.onnx.export.__kwdefaults__ or torch.__version__ >= "2.5" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, x, path + ".part", input_names=["input"], output_names=list(solution.outputs),
                          dynamic_axes=axes, opset_version=OPSET, do_constant_folding=True, **more)
    os.replace(path + ".part", path)
    return shape


def halve(path):
    """Large weights in half precision, made single ones when the file is loaded."""
    from onnx import TensorProto, helper, load, numpy_helper, save
    model = load(path)
    graph, casts = model.graph, []
    for weight in graph.initializer:
        value = numpy_helper.to_array(weight)
        if value.dtype == np.float32 and value.size >= SMALL:
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(value.astype(np.float16), name + ".half"))
            casts.append(helper.make_node("Cast", [name + ".half"], [name], to=TensorProto.FLOAT))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    save(model, path + ".part")
    os.replace(path + ".part", path)


def compare(net, path, shape):
    """Greatest difference between PyTorch and ONNX Runtime on two inputs at once; None without ONNX Runtime."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    torch.manual_seed(3)
    x = torch.rand(2, *shape)
    with torch.no_grad():
        wanted = net(x)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    given = session.run(None, {"input": x.numpy()})
    return max(float(np.abs(w.numpy() - g).max()) for w, g in zip(wanted, given))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("solution", choices=sorted(SOLUTIONS))
    p.add_argument("checkpoints", nargs="*")
    p.add_argument("--out", required=True)
    p.add_argument("--trained-on", default="unknown data", help="one line for reports")
    p.add_argument("--pixels", type=int, default=224, choices=[112, 224], help="BM: side of its images")
    p.add_argument("--half", action="store_true", help="weights in half precision")
    p.add_argument("--random", type=int, default=0, metavar="SEED",
                   help="random weights instead of a checkpoint, for tests")
    a = p.parse_args()
    if bool(a.checkpoints) == bool(a.random):
        p.error("name checkpoints, or --random SEED")
    os.makedirs(a.out, exist_ok=True)
    members, parameters = [], 0
    for i, path in enumerate(a.checkpoints or [None]):
        if path:
            net = checkpoint.network(path, a.solution)
        else:
            torch.manual_seed(a.random)
            net = SOLUTIONS[a.solution].network().eval()
        parameters = sum(v.numel() for v in net.parameters())
        name = "%s-%d.onnx" % (a.solution, i)
        target = os.path.join(a.out, name)
        shape = export(net, a.solution, target, a.pixels)
        if a.half:
            halve(target)
        difference = compare(net, target, shape)
        with open(target, "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()
        members.append({"file": name, "sha256": digest})
        print("%s: %d parameters, %s" % (target, parameters, "not compared (no onnxruntime)" if difference is None
                                         else "differs from PyTorch by at most %.2g" % difference))
        if difference is not None and not difference < NEAR[a.half]:
            sys.exit("%s: ONNX Runtime does not answer as PyTorch does" % target)
    manifest = {"solution": a.solution, "parameters": parameters,
                "trained_on": a.trained_on if a.checkpoints else "random weights", "members": members}
    if a.solution == "bm":
        manifest["pixels"] = a.pixels
    with open(os.path.join(a.out, a.solution + ".json"), "w") as f:
        json.dump(manifest, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
