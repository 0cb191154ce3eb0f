#!/usr/bin/env python3
"""tools/heavy with PyTorch: checkpoints saved as the published ones are load strictly, and run no code of theirs.

    tests/check_heavy_models.py          needs PyTorch 1.13 or later
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "heavy"))

import torch

import checkpoint
from models import SOLUTIONS, SamePad

PARAMETERS = {"sn": 64519234, "mh": 10699929, "ek": 4158673, "bm": 1441989, "cw": 11171266}
passed = failed = 0


def ok(what, held):
    global passed, failed
    passed, failed = passed + bool(held), failed + (not held)
    if not held:
        print("FAIL", what)


class Settings:  # stands for what a Lightning checkpoint holds besides
    def __init__(self):
        self.lr = 1e-3


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, ("touch " + self.path,)


def wrapped(name, state):
    """As the authors' scripts save it."""
    if name == "sn":
        return {"epoch": 3, "state_dict": {"module." + k: v for k, v in state.items()}, "best_acc": 0.6}
    if name == "ek":
        return {"state_dict": dict(state, **{"val_sf_score.score_sum": torch.tensor(0.0)}),
                "hyper_parameters": {"model_name": "efficientnet_es_pruned", "settings": Settings()}}
    if name == "bm":
        return {"epoch": 200, "model_state_dict": state,
                "optimizer_state_dict": {"state": {}, "param_groups": [{"lr": 1e-4}]}}
    return state


def refused(path, name):
    try:
        checkpoint.network(path, name)
    except SystemExit as e:
        return str(e)
    return ""


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, touched = os.path.join(folder, "file.pth"), os.path.join(folder, "touched")
        for name in ("ek", "bm", "cw", "mh") + (("sn",) if "--all" in sys.argv else ()):
            torch.manual_seed(7)
            net = SOLUTIONS[name].network()
            ok(name + ": parameters", sum(p.numel() for p in net.parameters()) == PARAMETERS[name])
            torch.save(wrapped(name, net.state_dict()), path)
            loaded = checkpoint.network(path, name)
            ok(name + ": every weight",
               all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), loaded.state_dict().values())))
        for kernel, stride, size in ((3, 1, 75), (3, 2, 150), (5, 2, 75), (3, 2, 38), (5, 2, 19)):
            conv, x = SamePad(4, 4, kernel, stride, size, groups=4), torch.rand(2, 4, size, size)
            ok("padding of %d by %d" % (kernel, stride), torch.allclose(conv(x), conv.plain()(x), atol=1e-6))
        state = SOLUTIONS["bm"].network().state_dict()
        torch.save(dict(state, evil=Evil(touched)), path)
        ok("an object that is no tensor", "holds no weights" in refused(path, "bm"))
        torch.save({"model_state_dict": state, "note": Evil(touched)}, path)
        ok("weights beside an object with code", refused(path, "bm") == "")
        ok("whose code does not run", not os.path.exists(touched))
        less = dict(state)
        less.pop("class_layers.out.bias")
        torch.save({"model_state_dict": less}, path)
        ok("a weight is missing", "class_layers.out.bias" in refused(path, "bm"))
        torch.save({"model_state_dict": dict(state, more=torch.zeros(1))}, path)
        ok("a weight is left over", "more" in refused(path, "bm"))
        ok("another solution", "holds no weights" in refused(path, "cw") or "not the weights" in refused(path, "cw"))
        with open(path, "wb") as f:
            f.write(b"PK\3\4 but no archive")
        ok("no checkpoint", "not a checkpoint" in refused(path, "bm"))
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
