#!/usr/bin/env python3
"""Checks tools/import: checkpoints with random weights in the published layouts are imported, run by the
engine and compared with a plain PyTorch computation of the same layers.

    check_import.py BUILD      (BUILD/run_net is made by `make check-import`)
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.join(HERE, "..", "tools", "import")
sys.path.insert(0, TOOL)
import import_weights  # noqa: E402
import keras_files  # noqa: E402
import tf_table  # noqa: E402

passed = failed = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("%s %s" % ("ok    " if good else "FAILED", what), flush=True)


# ---- slices ----

def images(rng, count, side=96):
    """u7: a ring of bone in dark surroundings, with a mottled inside (before the plane) or a dark one (after)."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    out = np.empty((count, side, side), np.float32)
    for k in range(count):
        r = np.hypot(y * rng.uniform(0.8, 1.2), x * rng.uniform(0.8, 1.2))
        coarse = rng.normal(0, 1, (rng.integers(3, 16),) * 2).astype(np.float32)
        mottle = F.interpolate(torch.from_numpy(coarse)[None, None], (side, side), mode="bicubic")[0, 0].numpy()
        inside = 34 + 14 * rng.random() * mottle if rng.random() < 0.6 else 4
        a = 14 + 12 * rng.random() + (r < 0.42) * inside + (abs(r - 0.4) < 0.03) * 60
        out[k] = a + rng.normal(0, 2, (side, side))
    return np.clip(np.rint(out), 0, 127).astype(np.uint8)


def write_shard(prefix, rng, bones=2):
    pixels = np.repeat(images(rng, bones * 56), 8, 0)
    pixels.tofile(prefix + ".u8")
    with open(prefix + ".csv", "w") as f:
        f.write("name,condition,plane,blobs_from,slices,fold\n")
        for k in range(bones):
            f.write("bone%d,scan,%d,%d,448,\n" % (k, 180 + 5 * k, 140))


# ---- a ResNet-18 with torchvision's names ----

class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        skip = x if self.downsample is None else self.downsample(x)
        return F.relu(skip + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class ResNet18(nn.Module):
    def __init__(self, channels, width):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        cin = width
        for k in range(4):
            cout = width << k
            setattr(self, "layer%d" % (k + 1),
                    nn.Sequential(Block(cin, cout, 1 if k == 0 else 2), Block(cout, cout, 1)))
            cin = cout
        self.fc = nn.Linear(cin, 2)

    def features(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for k in range(4):
            x = getattr(self, "layer%d" % (k + 1))(x)
        return x.mean((2, 3))

    def forward(self, x):
        return self.fc(self.features(x))


def separate(v):
    """A last layer that tells images apart by what differs most between their features v, as a trained one would:
    weight (2, n) and bias (2,), with both classes among the images."""
    main = torch.linalg.svd(v - v.mean(0), full_matrices=False)[2][0]
    lead, skip = (v @ main * 6).sort()[0], len(v) // 5
    gap = skip + int((lead[1:] - lead[:-1])[skip:-skip].argmax())
    return torch.stack([-main, main]) * 3, torch.stack([(lead[gap] + lead[gap + 1]) / 2, torch.tensor(0.0)])


def settle(net, x):
    """Random batch norms whose statistics belong to x, and a last layer that separates."""
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.weight, 0.6, 1.4)
            nn.init.uniform_(m.bias, -0.3, 0.3)
            m.momentum = None
    with torch.no_grad():
        net.train()(x)
        weight, bias = separate(net.eval().features(x))
        net.fc.weight.copy_(weight)
        net.fc.bias.copy_(bias)
    return net


# ---- Keras layers, computed as Keras does ----

def keras_weights(rng, regressor):
    """[(layer name, {role: array})] in the model's order."""
    first = 51 if regressor else 1
    layers, norms, convs = [], 0, 0

    def suffix(n):
        return "_%d" % n if n else ""
    for cin, cout in ((first, 32), (32, 32), (32, 32), (32, 64)):
        scale = np.sqrt(2 / (9 * cin)) / (255 if cin == first else 1)
        if cin == 51:
            layers.append(("separable_conv2d", {
                "depthwise_kernel": rng.normal(0, 1 / 255, (3, 3, 51, 1)),
                "pointwise_kernel": rng.normal(0, 0.14, (1, 1, 51, cout)), "bias": rng.normal(0, 0.2, cout)}))
        else:
            layers.append(("conv2d" + suffix(convs), {"kernel": rng.normal(0, scale, (3, 3, cin, cout)),
                                                      "bias": rng.normal(0, 0.2, cout)}))
            convs += 1
        if cout == 32:
            layers.append(("batch_normalization" + suffix(norms), {
                "gamma": rng.uniform(0.6, 1.4, cout), "beta": rng.uniform(-0.3, 0.3, cout),
                "moving_mean": rng.normal(0, 0.2, cout), "moving_variance": rng.uniform(0.01, 0.5, cout)}))
            norms += 1
    layers.append(("dense", {"kernel": rng.normal(0, 3 if not regressor else 6, (64, 1 if regressor else 2)),
                             "bias": rng.normal(25 if regressor else 0, 0.3, 1 if regressor else 2)}))
    return [(name, {k: np.float32(v) for k, v in arrays.items()}) for name, arrays in layers]


def keras_forward(layers, x, regressor):
    """x: (N, C, 96, 96), 0..255. Pools behind the second and third convolution; the regressor behind the third."""
    done = 0
    with torch.no_grad():
        for k, (name, w) in enumerate(layers):
            t = {role: torch.from_numpy(v) for role, v in w.items()}
            if name.startswith("separable"):
                depth = t["depthwise_kernel"].permute(2, 3, 0, 1)
                x = F.conv2d(F.pad(x, (1, 1, 1, 1)), depth, groups=51)
                x = F.conv2d(x, t["pointwise_kernel"].permute(3, 2, 0, 1), t["bias"])
            elif name.startswith("conv"):
                x = F.conv2d(F.pad(x, (1, 1, 1, 1)), t["kernel"].permute(3, 2, 0, 1), t["bias"])
            elif name.startswith("batch"):
                x = x - t["moving_mean"][:, None, None]
                x = x / torch.sqrt(t["moving_variance"][:, None, None] + 1e-3) * t["gamma"][:, None, None]
                x = F.relu(x + t["beta"][:, None, None])
                done += 1
                if done > (2 if regressor else 1):
                    x = F.avg_pool2d(x, 2)
            else:
                x = x.mean((2, 3)) @ t["kernel"] + t["bias"]
    return x.numpy()


def save_keras(folder, layers, form):
    """One of the forms in which Keras leaves weights."""
    if form == "checkpoint":
        variables = {}
        for k, (name, arrays) in enumerate(layers):
            for role, value in arrays.items():
                variables["layer_with_weights-%d/%s/.ATTRIBUTES/VARIABLE_VALUE" % (k, role)] = value
        os.makedirs(folder + "/Fold0")
        tf_table.write(folder + "/Fold0/", variables)
        return folder + "/Fold0/"
    import h5py
    path = "%s/%s" % (folder, {"h5": "old.h5", "weights.h5": "new.weights.h5", "keras": "new.keras"}[form])
    name_h5 = path if form != "keras" else folder + "/model.weights.h5"
    with h5py.File(name_h5, "w") as f:
        for name, arrays in layers:
            for k, (role, value) in enumerate(arrays.items()):
                f["%s/%s/%s:0" % (name, name, role) if form == "h5" else "layers/%s/vars/%d" % (name, k)] = value
        if form != "h5":
            f["optimizer/vars/0"] = np.zeros(3, np.float32)
    if form == "keras":
        with zipfile.ZipFile(path, "w") as z:
            z.write(name_h5, "model.weights.h5")
    return path


# ---- the checks ----

def run_import(*args):
    """Exit status and words of import_weights.py. In this process: starting PyTorch takes longer than the work."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            import_weights.main(list(args))
    except SystemExit as end:
        return 1, said.getvalue() + str(end.code) + "\n"
    return 0, said.getvalue()


def engine(build, path, x, *options):
    out = subprocess.run([os.path.join(build, "run_net"), *options, path], input=x.tobytes(), capture_output=True,
                         check=True).stdout
    return np.frombuffer(out, "<f4").reshape(len(x), -1)


def compare(build, path, x, wanted, what, tolerance=1e-3):
    """Both engines against the framework. wanted: logits or a number for every image."""
    fp32, int8 = engine(build, path, x, "--fp32"), engine(build, path, x)
    off = np.abs(fp32 - wanted).max() / np.abs(wanted).max()
    lead = [v[:, 1] - v[:, 0] if v.shape[1] == 2 else v[:, 0] for v in (wanted, int8)]
    r = np.corrcoef(*lead)[0, 1]
    check(off < tolerance, "%s: fp32 differs by %.1e relative" % (what, off))
    check(r > 0.99, "%s: int8 correlates by %.4f" % (what, r))
    if wanted.shape[1] == 2:
        both = min((wanted.argmax(1) == k).mean() for k in (0, 1))
        same = (wanted.argmax(1) == int8.argmax(1)).mean()
        check(same > 0.97 and both > 0.05,
              "%s: same class in %.1f %%, the rarer one %.0f %%" % (what, 100 * same, 100 * both))


def check_cw(build, folder, rng):
    # Byte 39 is 0 in the first scale; in true HU it is -8, of which the padding at the border is made.
    scale = {"-1404:3168": -1404 + 36.0 * np.arange(128), "hu": -1417 + 4588 * np.arange(128) / 127}
    for name, channels, width, size, wrap, options in (
            ("published", 1, 32, (96, 96), lambda s: s, []),
            ("even", 1, 32, (96, 96), lambda s: s, ["--values=-1404:3168"]),
            ("native", 1, 16, (322, 307),
             lambda s: {"epoch": 3, "state_dict": {"module." + k: v for k, v in s.items()}},
             ["--size", "322x307", "--values=-1404:3168"]),
            ("coloured", 3, 32, (96, 96), lambda s: {"model.net." + k: v for k, v in s.items()},
             ["--values=-1404:3168", "--after-class", "1"])):
        q = images(rng, 160 if size[0] == 96 else 40)
        if size[0] != 96:
            q = F.interpolate(torch.from_numpy(q)[:, None].float(), size,
                              mode="bilinear")[:, 0].numpy().astype(np.uint8)
        x = torch.from_numpy(scale["-1404:3168" if options else "hu"].astype(np.float32)[q])[:, None].repeat(
            1, channels, 1, 1)
        net = settle(ResNet18(channels, width), x[:40])
        path = "%s/%s.pt" % (folder, name)
        torch.save(wrap(net.state_dict()), path)
        status, said = run_import("cw", path, "--data", folder, "--out", "%s/%s" % (folder, name), "--images", "48",
                                  *options)
        check(status == 0, "cw %s is imported%s" % (name, "" if status == 0 else ": " + said))
        with torch.no_grad():
            wanted = net(x).numpy()
        if "--after-class" not in options:
            wanted = wanted[:, ::-1]  # `before` was class 1
        compare(build, "%s/%s/cw-classifier.gppiw" % (folder, name), q, wanted, "cw " + name,
                1e-3 if "--values=-1404:3168" in options else 1e-2)


def check_sv(build, folder, rng):
    for form in ("h5", "weights.h5", "keras", "checkpoint"):
        layers = keras_weights(rng, False)
        q = images(rng, 200)[:, None]
        x = torch.from_numpy(q.astype(np.float32)) * (255 / 127)
        weight, bias = separate(torch.from_numpy(keras_forward(layers[:-1], x, False)).mean((2, 3)))
        layers[-1][1].update(kernel=weight.t().numpy().copy(), bias=bias.numpy())
        path = save_keras(folder, layers, form)
        out = folder + "/sv-" + form
        status, said = run_import("sv", path, "--data", folder, "--out", out, "--images", "48")
        check(status == 0, "sv classifier as %s is imported%s" % (form, "" if status == 0 else ": " + said))
        compare(build, out + "/sv-classifier.gppiw", q, keras_forward(layers, x, False), "sv classifier, " + form)
    layers = keras_weights(rng, True)
    q = np.stack([images(rng, 51) for _ in range(10)])
    folder2 = tempfile.mkdtemp(dir=folder)
    path = save_keras(folder2, layers, "checkpoint")
    status, said = run_import("sv", path, path, "--data", folder, "--out", folder2, "--images", "12")
    check(status == 0, "two sv regressors are imported%s" % ("" if status == 0 else ": " + said))
    wanted = keras_forward(layers, torch.from_numpy(q.astype(np.float32)) * (255 / 127), True)
    compare(build, folder2 + "/sv-regressor-1.gppiw", q, wanted, "sv regressor")


def check_refusals(folder, rng):
    """Other networks and damaged files: one sentence that names the file, and nothing else."""
    class Evil:
        def __reduce__(self):
            return os.mkdir, (folder + "/owned",)
    import pickle
    state = ResNet18(1, 16).state_dict()
    files = {}
    for name, change in (("wide.pt", {"fc.weight": torch.zeros(3, 128)}),
                         ("nan.pt", {"fc.bias": torch.tensor([0, float("nan")])}),
                         ("var.pt", {"bn1.running_var": -torch.ones(16)})):
        torch.save(dict(state, **change), "%s/%s" % (folder, name))
        files[name] = {"wide.pt": "fc.weight is 3x128, expected 2x128", "nan.pt": "no numbers",
                       "var.pt": "negative"}[name]
    torch.save({k: v for k, v in state.items() if "layer3.1.bn2" not in k}, folder + "/short.pt")
    files["short.pt"] = "layer3.1.bn2.weight is missing"
    with open(folder + "/evil.pt", "wb") as f:
        pickle.dump(Evil(), f)
    with open(folder + "/noise.pt", "wb") as f:
        f.write(rng.bytes(5000))
    files.update({"evil.pt": "no checkpoint", "noise.pt": "no checkpoint", "absent.pt": "no file"})
    layers = keras_weights(rng, False)
    layers[0][1]["kernel"] = np.zeros((5, 5, 1, 32), np.float32)
    save_keras(folder, layers, "h5")
    with open(folder + "/old.h5", "rb") as f:
        whole = f.read()
    with open(folder + "/cut.h5", "wb") as f:
        f.write(whole[:len(whole) // 3])
    files.update({"old.h5": "kernel of layer conv2d/conv2d is 5x5x1x32, expected 3x3x1x32", "cut.h5": "cannot be read"})
    for name, word in files.items():
        status, said = run_import("sv" if name.endswith("h5") else "cw", "%s/%s" % (folder, name), "--data", folder,
                                  "--out", folder + "/no")
        check(status == 1 and word in said and name in said and said.count("\n") == 1,
              "%s is refused: %s" % (name, said.strip()[-200:]))
    check(not os.path.exists(folder + "/owned") and not os.listdir(folder + "/no"),
          "nothing was run and nothing written")


def check_damage(folder, rng):
    """Garbled TensorFlow checkpoints are read or refused, nothing else."""
    path = save_keras(tempfile.mkdtemp(dir=folder), keras_weights(rng, False), "checkpoint")
    with open(path + ".index", "rb") as f:
        whole = f.read()
    refused = 0
    for k in range(300):
        b = bytearray(whole[:rng.integers(1, len(whole) + 1)] if k % 4 == 0 else whole)
        for _ in range(rng.integers(1, 5)):
            b[rng.integers(len(b))] = rng.integers(256)
        with open(path + ".index", "wb") as f:
            f.write(b)
        try:
            keras_files.read(path)
        except keras_files.Damaged:
            refused += 1
    check(refused > 150, "of 300 garbled checkpoints %d are refused, none does harm" % refused)


def main(build):
    torch.manual_seed(5)
    torch.set_num_threads(1)
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as folder:
        write_shard(folder + "/s0", rng)
        check_refusals(folder, rng)
        check_damage(folder, rng)
        check_sv(build, folder, rng)
        check_cw(build, folder, rng)
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
