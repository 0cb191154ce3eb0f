#!/usr/bin/env python3
"""The numbers that tests/check_heavy.c compares src/heavy with: planes and answers by prepare.py.

    reference.py probes tests/heavy                small networks with the inputs and outputs of the heavy ones
    reference.py numbers tests/heavy VOLUME.nii=NEAR ... > tests/heavy/expected.txt
    reference.py numbers weights/heavy VOLUME.nii=NEAR ... > tests/heavy/trained.txt

A probe averages its input over blocks and weighs every block, so that its answers depend on each one's place. NEAR is
the plane about which BM searches; all others see the whole bone. Needs onnx (probes), numpy and onnxruntime.
"""
import argparse
import hashlib
import json
import os

import numpy as np

import nifti
import prepare


def probes(folder):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(5)

    def write(name, shape, pool, tail, outputs, weights, **more):
        nodes, initial = [], []
        constant = lambda key, value: initial.append(numpy_helper.from_array(np.float32(value), key))
        for key, value in weights.items():
            constant(key, value)
        nodes += pool + tail
        symbols = ["n"] + list(shape)
        graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("input", TensorProto.FLOAT, symbols)],
                                  [helper.make_tensor_value_info(o, TensorProto.FLOAT, ["n", k]) for o, k in outputs],
                                  initial)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        data = model.SerializeToString()
        with open(os.path.join(folder, name + "-0.onnx"), "wb") as f:
            f.write(data)
        manifest = {"solution": name, "parameters": sum(np.size(v) for v in weights.values()),
                    "trained_on": "probe of tests",
                    "members": [{"file": name + "-0.onnx", "sha256": hashlib.sha256(data).hexdigest()}], **more}
        with open(os.path.join(folder, name + ".json"), "w") as f:
            json.dump(manifest, f, indent=1)
            f.write("\n")

    def averaged(*kernel):
        return [helper.make_node("AveragePool", ["input"], ["p"], kernel_shape=kernel, strides=kernel),
                helper.make_node("Flatten", ["p"], ["f"])]

    node, random = helper.make_node, lambda n, k, scale: rng.normal(0, scale, (n, k))
    write("bm", (64, 224, 224), averaged(16, 16), [node("Gemm", ["f", "w", "b"], ["logit"])], [("logit", 1)],
          {"w": random(64 * 14 * 14, 1, 0.05), "b": [0.1]})
    write("sn", (1, 32, 224, 224), averaged(4, 16, 16),
          [node("Gemm", ["f", "w1", "b"], ["inside"]), node("Gemm", ["f", "w2", "b"], ["g"]),
           node("Sigmoid", ["g"], ["place"])],
          [("inside", 1), ("place", 1)], {"w1": random(1568, 1, 0.02), "w2": random(1568, 1, 0.02), "b": [0.0]})
    write("mh", (9, 300, 300), averaged(20, 20),
          [node("Gemm", ["f", "w", "b"], ["g"]), node("Tanh", ["g"], ["t"]), node("Add", ["t", "one"], ["u"]),
           node("Mul", ["u", "half"], ["row"])], [("row", 1)],
          {"w": random(9 * 15 * 15, 1, 0.02), "b": [0.0], "one": [1.0], "half": [150.0]})
    write("ek", (3, 512, 512), averaged(32, 32),
          [node("Gemm", ["f", "w", "b"], ["g"]), node("Sigmoid", ["g"], ["share"])],
          [("share", 1)], {"w": random(768, 1, 0.02), "b": [0.0]})
    write("cw", (1, "x", "y"),
          [node("Conv", ["input", "k"], ["c"], kernel_shape=[7, 7], strides=[3, 3]), node("Relu", ["c"], ["r"]),
           node("GlobalAveragePool", ["r"], ["p"]), node("Flatten", ["p"], ["f"])],
          [node("Gemm", ["f", "w", "b"], ["logits"])], [("logits", 2)],
          {"k": rng.normal(0, 0.001, (4, 1, 7, 7)), "w": -random(4, 2, 0.5), "b": [2.2, 0.0]})


def numbers(folder, volumes):
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    for volume in volumes:
        path, near = volume.split("=")
        v = nifti.read(path)
        for name, plane in sorted(prepare.PLANES.items()):
            if not os.path.exists(os.path.join(folder, name + ".json")):
                continue
            session = onnxruntime.InferenceSession(os.path.join(folder, name + "-0.onnx"),
                                                   providers=["CPUExecutionProvider"])
            network = lambda x: session.run(None, {"input": np.ascontiguousarray(x, np.float32)})
            with open(os.path.join(folder, name + ".json")) as f:
                manifest = json.load(f)
            more = {"near": float(near), "pixels": manifest.get("pixels", 224)} if name == "bm" else {}
            found, answers = plane(v, network, **more)
            print(os.path.basename(path), near if name == "bm" else "nan", name, "%.6f" % found, len(answers),
                  " ".join("%.7g" % a for a in answers), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["probes", "numbers"])
    p.add_argument("folder")
    p.add_argument("volumes", nargs="*")
    a = p.parse_args()
    if a.what == "probes":
        probes(a.folder)
    else:
        numbers(a.folder, a.volumes)


if __name__ == "__main__":
    main()
