#!/usr/bin/env python3
"""Do other programs read the same? Voxels and spacing as gppi has them and as independent readers have them: of the
files of the unit tests for ISQ and AIM, every encoding among them, and of one bone in other formats.

    readers.py BUILD        (make check-readers)

Needs numpy, itk-ioscanco, aimio-py, SimpleITK, nibabel, tifffile and pillow (PyPI); a reader that is not
there is left out. Exit status 1 where a volume differs that another reader reads.
"""
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np

build = os.path.abspath(sys.argv[1])
HU = 1000 / (4096 * 0.7033), -1000 # of the log in the tests' AIM files

def itk_scanco(path):
    import itk
    io = itk.ScancoImageIO.New()
    reader = itk.ImageFileReader[itk.Image[itk.F, 3]].New(FileName=path, ImageIO=io)
    reader.Update()
    image = reader.GetOutput()
    return itk.array_from_image(image), [s * 1e3 for s in image.GetSpacing()]


def aimio(path):
    import py_aimio
    voxels, meta = py_aimio.read_aim(path)
    size = meta.get("element_size") or meta.get("spacing")
    return np.asarray(voxels), size and [s * 1e3 for s in size]


def simple_itk(path):
    import SimpleITK as sitk
    image = sitk.ReadImage(path)
    return sitk.GetArrayFromImage(image), [s * 1e3 for s in image.GetSpacing()]


def nibabel_reader(path):
    import nibabel
    image = nibabel.load(path)
    return np.asarray(image.dataobj).T, None # zooms are without a unit


def tifffile_reader(path):
    import tifffile
    return tifffile.imread(path), None


def pillow(path):
    from PIL import Image
    return np.stack([np.asarray(Image.open(os.path.join(path, f))) for f in sorted(os.listdir(path))
                     if not f.endswith(".log")]), None


READERS = {
    "isq": {"ITK": itk_scanco},
    "aim": {"ITK": itk_scanco, "aimio": aimio},
    "nii": {"nibabel": nibabel_reader, "SimpleITK": simple_itk}, "gz": {"nibabel": nibabel_reader},
    "mha": {"SimpleITK": simple_itk},
    "nrrd": {"SimpleITK": simple_itk},
    "tif": {"tifffile": tifffile_reader},
    "png": {"Pillow": pillow}, "jpg": {"Pillow": pillow}, "bmp": {"Pillow": pillow},
}


def gppi(paths, folder):
    """What gppi says of all files it reads, and where their voxels are now: {path: (info, part)}."""
    def call(*args):
        out = subprocess.run([f"{build}/gppi", *args], capture_output=True, text=True, check=False).stdout
        found = collections.defaultdict(list)
        for line in out.splitlines():
            line = json.loads(line)
            if "error" not in line:
                found[line["input"]].append(line)
        return {path: lines[0] for path, lines in found.items() if len(lines) == 1}
    infos = call("info", "--json", *paths)
    parts = call("split", "--json", "-o", folder + "/parts", *infos)
    return {path: (infos[path], part) for path, part in parts.items()}


def values_of(about, part):
    with open(part["file"], "rb") as f:
        head = f.read(352)
        raw = np.frombuffer(f.read(), np.int16).reshape(about["dims"][::-1]).astype(float)
    return raw * about["slope"] + about["intercept"], raw


def volumes(folder):
    """(kind, path) of all files to compare."""
    seeds, formats = folder + "/seeds", folder + "/formats"
    os.mkdir(seeds)
    os.mkdir(formats)
    for test in ("isq", "aim"):
        subprocess.run([f"{build}/tests/test_scan_{test}"], env=os.environ | {"SEEDS": seeds}, capture_output=True,
                       check=False)
    subprocess.run([f"{build}/tests/cli_formats", formats], check=True)
    for kind in ("isq", "ISQ", "aim"):
        for name in sorted(os.listdir(f"{seeds}/{kind}")):
            path = f"{seeds}/{kind}/{name}.{kind.lower()}"
            os.rename(f"{seeds}/{kind}/{name}", path)
            yield kind.lower(), path
    for name in sorted(os.listdir(formats)):
        path = f"{formats}/{name}"
        kind = name.split("-")[-1] if os.path.isdir(path) else name.rsplit(".", 1)[-1]
        if kind in READERS and not name.startswith("holder"):
            yield kind, path


def agree(ours, theirs, step):
    return ours.shape == theirs.shape and np.abs(ours - theirs).max() <= step


def verdict(values, raw, voxels, about, name):
    # half a step of what is stored as int16, and what float32 rounds
    step = 0.51 * abs(about["slope"]) + 1e-5 * max(abs(about["min"]), abs(about["max"]), 1)
    if agree(values, voxels, step):
        return "equal"
    if agree(raw, voxels, 0.51):
        return "equal as stored, not scaled by the other"
    if name != "ITK" or values.shape != voxels.shape:
        return "different"
    # ITK scales all types of an AIM file to HU, cuts fractions off and keeps the type: 8 bits overflow
    if agree(np.trunc(values), voxels, 1):
        return "equal but for fractions, which ITK cuts off"
    # it finds bits elsewhere, takes lengths of runs for values, and leaves no frame out
    if about["encoding"].startswith(("bits of", "runs of")):
        return "packed otherwise for ITK: aimio decides"
    stored = (values - about["intercept"]) / about["slope"]
    if about["voxel_type"] == "uint16":
        stored = (values - HU[1]) / HU[0]
    elif about["voxel_type"] == "int16":
        stored = raw
    bits = {"8": 256, "6": 65536}.get(about["voxel_type"][-1], 0)
    off = (np.trunc(stored * HU[0] + HU[1]) - voxels) % bits if bits else np.ones(1)
    return "equal where ITK's HU overflow the stored type" if np.minimum(off, bits - off).max() <= 1 else "different"


def compare(kind, path, about, part, counts, failures):
    values, raw = values_of(about, part)
    for name, reader in READERS[kind].items():
        try:
            voxels, spacing = reader(path)
        except ImportError as why:
            counts[kind, name, f"not installed: {why.name}"] += 1
            continue
        except Exception: # whatever it does not like
            counts[kind, name, "refused by the other"] += 1
            continue
        voxels = np.asarray(voxels, float)
        result = verdict(values, raw, voxels, about, name)
        if result == "different":
            failures.append(f"{path} ({about['format']}, {about['voxel_type']}, {about['encoding']}): {name} has "
                            f"{voxels.shape} {voxels.min():.6g}..{voxels.max():.6g}, gppi {values.shape} "
                            f"{values.min():.6g}..{values.max():.6g}")
        counts[kind, name, result] += 1
        if spacing and about["spacing_known"] == "read":
            same = np.allclose(spacing, about["spacing_um"], rtol=1e-5)
            counts[kind, name, "spacing equal" if same else "spacing different"] += 1
            if not same:
                failures.append(f"{path}: spacing of {name} is {spacing}, of gppi {about['spacing_um']} um")


def main():
    counts, failures = collections.Counter(), []
    folder = tempfile.mkdtemp()
    try:
        files = dict((path, kind) for kind, path in volumes(folder))
        read = gppi(list(files), folder)
        for path, kind in files.items():
            if path in read:
                compare(kind, path, *read[path], counts, failures)
            else:
                counts[kind, "-", "not read by gppi: damaged, or several"] += 1
    finally:
        shutil.rmtree(folder)
    for (kind, name, what), n in sorted(counts.items()):
        print(f"{kind:6} {name:10} {what:42} {n:4}")
    for line in failures:
        print(line)
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
