#!/usr/bin/env python3
"""Compares gppi's speed with that of other software, in one run on one machine.

    bench_peers.py --gppi build/gppi --phantom build/phantom [--threads 2] [--slices 642] [--json]
    bench_peers.py --gppi build/gppi --nifti bone.nii --dicom folder

Networks: all slices of a bone through the SV and the CW classifier, by gppi bench, ONNX Runtime (fp32, and int8 by
its own static quantisation) and PyTorch. The same topologies (tools/train/models.py) and the same slices; weights
are random, or those of --checkpoints, which changes no speed. Each of the others may choose: one slice at a time
on every thread, or batches on all threads together; the faster way counts.

Whole program: gppi detect, from process start to exit, against merely reading the same files: cat, decompressors,
pydicom.

Everybody takes turns, --rounds times, so that what else the machine does meets all alike. The minimum is the
figure to compare; the median tells how disturbed the run was. Needs numpy, torch, onnx, onnxruntime, pydicom; what
is missing is left out with a sentence.
"""

import argparse
import concurrent.futures
import gzip
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime is loaded

SIDE = 96
PASSES = 5    # timed passes per round, as gppi bench does at least
BATCH = 32
CALIBRATION = 32  # slices
KINDS = ["sv-classifier", "cw-classifier"]


def say(text):
    print("bench_peers: " + text, file=sys.stderr)


def optional(name, use):
    """The module, or None after a sentence."""
    try:
        return importlib.import_module(name)
    except ImportError as e:
        say(f"{use} is left out: {e}")
        return None


class Times:
    """Times in ms of one contestant."""

    def __init__(self, group, name, note=""):
        self.group, self.name, self.note = group, name, note
        self.lowest, self.medians = float("inf"), []

    def add(self, ms):
        self.lowest = min(self.lowest, min(ms))
        self.medians.append(statistics.median(ms))

    def row(self):
        return {"group": self.group, "name": self.name, "note": self.note, "ms_min": round(self.lowest, 2),
                "ms_median": round(statistics.median(self.medians), 2)}


def timed(fn, passes=1):
    """Milliseconds of every pass."""
    ms = []
    for _ in range(passes):
        start = time.perf_counter()
        fn()
        ms.append((time.perf_counter() - start) * 1e3)
    return ms


# ---- networks ----

def slices(np, count):
    """Those of gppi bench (src/bench/bench.h), as the fp32 networks take them: 0..1."""
    k = np.arange(count * SIDE * SIDE, dtype=np.uint64)
    u7 = (k * np.uint64(2654435761) >> np.uint64(7)) % np.uint64(128)
    return (u7.astype(np.float32) / 127).reshape(count, 1, SIDE, SIDE)


class Singly:
    """One slice at a time, shared out to threads."""

    def __init__(self, forward, x, threads):
        self.pool = concurrent.futures.ThreadPoolExecutor(threads)
        self.forward, self.x, self.threads = forward, x, threads

    def part(self, first):
        for i in range(first, len(self.x), self.threads):
            self.forward(self.x[i:i + 1])

    def __call__(self):
        list(self.pool.map(self.part, range(self.threads)))


class Batches:
    """Batches, each on all threads."""

    def __init__(self, forward, x):
        self.forward, self.x = forward, x

    def __call__(self):
        for i in range(0, len(self.x), BATCH):
            self.forward(self.x[i:i + BATCH])


def faster(group, name, ways):
    """(Times, fn) of the faster way; ways: {note: fn}."""
    best = None
    for note, fn in ways.items():
        fn()
        ms = min(timed(fn, 2))
        if best is None or ms < best[0]:
            best = (ms, note, fn)
    return Times(group, name, best[1]), best[2]


def onnx_file(torch, net, path):
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(1, 1, SIDE, SIDE),), path, dynamo=False, input_names=["x"],
                          output_names=["y"], dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})


def quantise(x, path, out, vnni):
    """ONNX Runtime's static quantisation, as its documentation advises for x86: QDQ, u8 activations, s8 weights
    per channel, of seven bits where the processor has no VNNI."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rest = iter(x[i:i + 1] for i in range(min(CALIBRATION, len(x))))

        def get_next(self):
            one = next(self.rest, None)
            return None if one is None else {"x": one}

    quant_pre_process(path, path + ".pre")
    quantize_static(path + ".pre", out, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                    reduce_range=not vnni, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)


def ort_ways(ort, path, x, threads):
    def session(n):
        options = ort.SessionOptions()
        options.intra_op_num_threads = n
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        s = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda a: s.run(None, {"x": a})
    return {f"batch 1 on each of {threads} threads": Singly(session(1), x, threads),
            f"batches of {BATCH} on {threads} threads": Batches(session(threads), x)}


def torch_ways(torch, net, x, threads):
    net = net.to(memory_format=torch.channels_last)
    t = torch.from_numpy(x).contiguous(memory_format=torch.channels_last)

    def forward(a):
        with torch.inference_mode():
            net(a)
    return {f"batches of {BATCH} on {threads} threads": Batches(forward, t)}


def peers(a, folder, vnni):
    """[(Times, fn)] of everybody but gppi."""
    np, torch = optional("numpy", "every other engine"), optional("torch", "PyTorch")
    if not np or not torch:
        say("ONNX Runtime is left out too: its networks are exported by PyTorch")
        return []
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "train"))
    models = importlib.import_module("models")
    onnx, ort = optional("onnx", "the export to ONNX"), optional("onnxruntime", "ONNX Runtime")
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    x, found = slices(np, a.slices), []
    for kind in KINDS:
        net = models.build(kind)
        if a.checkpoints:
            net.load_state_dict(torch.load(os.path.join(a.checkpoints, kind + ".pt"), map_location="cpu"))
        net.eval()
        if onnx and ort:
            path = os.path.join(folder, kind + ".onnx")
            onnx_file(torch, net, path)
            quantise(x, path, path + ".int8", vnni)
            found.append(faster(kind, f"ONNX Runtime {ort.__version__}, fp32", ort_ways(ort, path, x, a.threads)))
            found.append(faster(kind, f"ONNX Runtime {ort.__version__}, int8",
                                ort_ways(ort, path + ".int8", x, a.threads)))
        found.append(faster(kind, f"PyTorch {torch.__version__}, fp32", torch_ways(torch, net, x, a.threads)))
    return found


def bench(a):
    """The objects gppi bench prints: one machine, one of each network."""
    text = subprocess.run([a.gppi, "bench", "--json", "--seconds", "0.001", "--slices", str(a.slices), "--threads",
                           str(a.threads)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def search(a):
    """ms that gppi detect spends from the slices to the plane: views along the bone, both classifiers, all
    regressors."""
    text = subprocess.run([a.gppi, "detect", "--json", "--quiet", "--threads", str(a.threads), a.nifti], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    spent = json.loads(text)["seconds"]
    return 1e3 * sum(spent[stage] for stage in ("longaxis", "sv", "regress", "cw"))


def networks(a, folder, isa):
    others, ours = peers(a, folder, "vnni" in isa), {}
    whole_search = Times("sv-classifier", "gppi, default search by all networks", "reading of the slices included")
    for _ in range(a.rounds):
        if a.nifti:
            whole_search.add([search(a) for _ in range(PASSES)])
        for one in bench(a)[1:]:
            if one["name"] in KINDS:
                times = ours.setdefault(one["name"], Times(one["name"], "gppi, int8",
                                                           f"slices shared out to {a.threads} threads"))
                times.lowest = min(times.lowest, one["time"]["ns_min"] / 1e6)
                times.medians.append(one["time"]["ns_median"] / 1e6)
        for times, fn in others:
            times.add(timed(fn, PASSES))
    if a.nifti:
        others.append((whole_search, None))
    return [t for kind in KINDS for t in [ours[kind]] + [o for o, _ in others if o.group == kind] if kind in ours]


# ---- the whole program ----

def process(*words):
    """Runs a program from start to exit, what it prints thrown away."""
    return lambda: subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def zlib_all(path):
    unpacker = zlib.decompressobj(31)
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            unpacker.decompress(block)


def have(program):
    if any(os.access(os.path.join(d, program), os.X_OK) for d in os.environ.get("PATH", "").split(":")):
        return True
    say(f"{program} is left out: there is no such program")
    return False


def whole(a):
    detect = [a.gppi, "detect", "--threads", str(a.threads)]
    found = []

    def contest(group, *entries):
        found.extend((Times(group, name), fn) for name, fn in entries if fn)

    if a.nifti:
        contest(".nii", ("gppi detect", process(*detect, a.nifti)), ("cat", process("cat", a.nifti)))
    if a.packed:
        contest(".nii.gz", ("gppi detect", process(*detect, a.packed)),
                *((p, process(p, *words, a.packed)) for p, words in (
                    ("gzip", ["-dc"]), ("libdeflate-gunzip", ["-c"]), ("igzip", ["-dc"])) if have(p)),
                ("zlib in Python", lambda: zlib_all(a.packed)))
    if a.dicom:
        files = sorted(os.path.join(d, f) for d, _, names in os.walk(a.dicom) for f in names)
        pydicom = optional("pydicom", "pydicom")
        contest("DICOM folder", ("gppi detect", process(*detect, a.dicom)),
                ("cat of all files", process("cat", *files)),
                ("pydicom, pixel_array of all files",
                 pydicom and (lambda: [pydicom.dcmread(f).pixel_array for f in files])))
    for _, fn in found:
        fn()  # into the page cache
    for _ in range(a.rounds):
        for times, fn in found:
            times.add(timed(fn, 2))
    return [t for t, _ in found]


def draw(a, folder):
    """Files that were not given, by the phantom; the packed one from the plain one."""
    if a.phantom and not (a.nifti and a.dicom):
        nifti, dicom = os.path.join(folder, "femur.nii"), os.path.join(folder, "femur")
        subprocess.run([a.phantom, "make", "--seed", "11", "--condition", "typical", "--nifti", nifti,
                        "--dicom", dicom], check=True, stdout=subprocess.DEVNULL)
        a.nifti, a.dicom = a.nifti or nifti, a.dicom or dicom
    if a.nifti and not a.packed:
        a.packed = os.path.join(folder, "packed.nii.gz")
        with open(a.nifti, "rb") as f, gzip.open(a.packed, "wb", 6) as g:
            while block := f.read(1 << 20):
                g.write(block)


# ---- report ----

def machine(a, isa):
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    sizes = {what: sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(p) for f in fs) if os.path.isdir(p)
             else os.path.getsize(p) for what, p in (("nii", a.nifti), ("nii_gz", a.packed), ("dicom", a.dicom)) if p}
    return {"what": "machine", "cpu": model, "processors": os.cpu_count(), "isa": isa, "threads": a.threads,
            "slices": a.slices, "rounds": a.rounds, "load": round(os.getloadavg()[0], 1), "bytes": sizes}


def markdown(m, rows):
    mb = ", ".join(f"{k.replace('_', '.')} {v / 1e6:.0f} MB" for k, v in m["bytes"].items())
    print(f"{m['cpu']}, {m['processors']} processors, gppi on {m['isa']}, {m['threads']} threads, {m['slices']} slices"
          f"{', ' + mb if mb else ''}; load {m['load']} while measured. Times in ms; "
          "\"of gppi\": minimum against gppi's.\n")
    print("| task | by | minimum | median | of gppi | |\n|---|---|---|---|---|---|")
    first = {}
    for r in rows:
        base = first.setdefault(r["group"], r["ms_min"])
        print(f"| {r['group']} | {r['name']} | {r['ms_min']:.0f} | {r['ms_median']:.0f} "
              f"| {r['ms_min'] / base:.2f} | {r['note']} |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--gppi", default="build/gppi")
    p.add_argument("--phantom", help="draws the scans that are not given")
    p.add_argument("--nifti")
    p.add_argument("--packed", help="a .nii.gz; default: --nifti packed at level 6")
    p.add_argument("--dicom", help="a folder")
    p.add_argument("--checkpoints", help="folder with sv-classifier.pt and cw-classifier.pt")
    p.add_argument("--slices", type=int, default=642)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--json", action="store_true")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        draw(a, folder)
        isa = bench(argparse.Namespace(gppi=a.gppi, slices=1, threads=1))[0]["cpu"]
        rows = [t.row() for t in networks(a, folder, isa) + whole(a)]
        m = machine(a, isa)
    if a.json:
        for one in [m] + [dict(what="time", **r) for r in rows]:
            print(json.dumps(one))
    else:
        markdown(m, rows)


if __name__ == "__main__":
    main()
