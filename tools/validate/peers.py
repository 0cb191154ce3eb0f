"""gppi measure beside other software of PyPI: do the numbers agree as far as the conventions do, and how fast is local thickness?

peers.py GPPI [--speed] (Python with numpy, edt, SimpleITK, scikit-image, porespy, localthickness)

Agreement: struts in an elliptic tube, 96 x 80 x 72 voxels, with an empty margin. The limits stand in `main`, each with its
reason. --speed: Tb.Th and Tb.Sp of the body of `gppi bench`, 300 x 300 x 100 voxels, everybody in turn in this run; times are
those of the wall, the best of two; on a busy machine look at the seconds of processors as well. None of these peers is exact.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import edt
import numpy as np
import SimpleITK as sitk
from skimage import measure as skmeasure

os.environ.setdefault("TQDM_DISABLE", "1")
MM = 0.01
failures = []


def check(name, own, other, low, high, text=""):
    """other / own - 1 within low .. high."""
    off = other / own - 1
    good = low <= off <= high
    if not good:
        failures.append(name)
    print(f"{'ok  ' if good else 'FAIL'} {name:42s} gppi {own:.6g}, other {other:.6g}, {100 * off:+.2f} % {text}", flush=True)


def texture(x, y, z, cell):
    k = 2 * np.pi / cell
    return np.sin(k * x) * np.cos(k * y) + np.sin(k * y) * np.cos(k * z) + np.sin(k * z) * np.cos(k * x)


def small():
    """Bone and TV; nothing touches the block's faces. z first."""
    z, y, x = np.mgrid[:72, :80, :96].astype(float)
    tv = (((x - 47) / 40) ** 2 + ((y - 39) / 33) ** 2 < 1) & (z > 5) & (z < 66)
    return tv & (texture(x, y, z, 23.0) + 0.3 * np.sin(0.11 * x + 0.07 * z) > 0.75), tv


def large():
    """The body of gppi bench: bone, TV, and the marrow that Tb.Sp is that of."""
    z, y, x = np.mgrid[:100, :300, :300].astype(float)
    r = np.hypot(x - 150, y - 150)
    tv = r < 125
    bone = (tv & (texture(x, y, z, 32.0) > 0.9)) | ((r < 140) & ~tv)
    return bone, tv, tv & ~bone


def gppi(program, bone, tv=None):
    """The measures of a bone within TV; without it, of the whole block."""
    with tempfile.TemporaryDirectory() as folder:
        for name, mask in (("bone.mha", bone), ("tv.mha", bone if tv is None else tv)):
            image = sitk.GetImageFromArray(mask.astype(np.uint8))
            image.SetSpacing((MM, MM, MM))
            sitk.WriteImage(image, os.path.join(folder, name))
        command = [program, "measure", "--json", "--mask", os.path.join(folder, "bone.mha")]
        command += [] if tv is None else ["--tv", os.path.join(folder, "tv.mha")]
        out = subprocess.run(command, check=True, capture_output=True).stdout
    return json.loads(out)["measures"]


def exact(shape):
    """Diameter 2r of the largest ball within `shape` at each of its voxels, in voxels: for every radius that occurs the
    voxels nearer than it to such a centre, by distance maps. Outside of the block there is nothing."""
    r2 = np.rint(edt.edtsq(shape)).astype(int)
    out = np.zeros(shape.shape)
    for level in np.unique(r2[shape])[::-1]:
        covered = edt.edtsq(r2 != level, parallel=2) < level
        out[covered & shape & (out == 0)] = 2 * np.sqrt(level)
    return out


def agreement(program):
    bone, tv = small()
    m, whole = gppi(program, bone, tv), gppi(program, bone)
    marrow = ~bone
    check("BV/TV, numpy", m["bv_tv"], bone[tv].sum() / tv.sum(), -1e-6, 1e-6)
    distance = edt.edt(bone)
    check("largest ball, edt", m["tb_th_max_mm"], 2 * distance.max() * MM, -1e-6, 1e-6)
    inverse = sitk.GetImageFromArray((~bone).astype(np.uint8))
    maurer = sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(inverse, squaredDistance=False, useImageSpacing=False,
                                                                 insideIsPositive=False))
    check("the same, SimpleITK", m["tb_th_max_mm"], 2 * maurer[bone].max() * MM, -1e-5, 1e-5)
    th = exact(bone)[bone]
    check("Tb.Th, distance maps of edt", m["tb_th_mm"], th.mean() * MM, -1e-6, 1e-6, "(the same convention)")
    check("its s.d.", m["tb_th_sd_mm"], th.std() * MM, -1e-6, 1e-6)
    sp = exact(marrow)[marrow & tv]
    check("Tb.Sp, distance maps of edt", m["tb_sp_mm"], sp.mean() * MM, -1e-6, 1e-6, "(the same convention)")
    euler = skmeasure.euler_number(bone, connectivity=3)
    check("Conn.D of the block, scikit-image", whole["conn_d_per_mm3"], -euler / (bone.size * MM ** 3), -1e-6, 1e-6)
    smooth = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(sitk.GetImageFromArray(bone.astype(np.float32)), 0.8))
    vertices, faces, _, _ = skmeasure.marching_cubes(smooth, 0.5, spacing=(MM, MM, MM))
    check("BS of the block, scikit-image", whole["bs_mm2"], skmeasure.mesh_surface_area(vertices, faces), -0.15, 0.02,
          "(marching cubes; smoothed by 0.8 voxels, which takes from thin struts)")
    import localthickness
    import porespy
    th = porespy.filters.local_thickness(bone, method="bf")
    check("Tb.Th, porespy", m["tb_th_mm"], 2 * th[bone].mean() * MM, -0.25, 0.0, "(whole radii, rounded down)")
    th = localthickness.local_thickness(bone)
    check("Tb.Th, localthickness", m["tb_th_mm"], 2 * th[bone].mean() * MM, -0.02, 0.12, "(approximate)")


def best(what, runs=3):
    """Seconds of the wall and of processors, the least of each."""
    wall, busy = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), time.process_time()
        what()
        wall.append(time.perf_counter() - start)
        busy.append(time.process_time() - used)
    return np.array([min(wall), min(busy)])


def speed(program):
    import localthickness
    import porespy
    bone, _, marrow = large()

    def gppi_once():
        out = subprocess.run([program, "bench", "--json", "--seconds", "0.2"], check=True, capture_output=True).stdout.decode()
        line = next(json.loads(x) for x in out.splitlines() if '"measure"' in x)
        return line["thickness"]["ns_min"] / 1e9, line["threads"]

    peers = {
        "porespy, bf": lambda s: porespy.filters.local_thickness(s, method="bf"),
        "porespy, dt": lambda s: porespy.filters.local_thickness(s, method="dt"),
        "localthickness (approximate)": lambda s: localthickness.local_thickness(s),
    }
    own, threads = gppi_once()
    took = {}
    for name, run in peers.items():
        took[name] = best(lambda: run(bone), 2) + best(lambda: run(marrow), 2)
        print(f"     {name:32s} {took[name][0]:8.2f} s, {took[name][1]:.2f} s of processors", flush=True)
    again, _ = gppi_once()
    own = min(own, again)
    print(f"     {'gppi, ' + str(threads) + ' threads':32s} {own:8.2f} s")
    fastest = min((t[0], n) for n, t in took.items())
    good = fastest[0] >= 5 * own
    print(f"{'ok  ' if good else 'FAIL'} {fastest[0] / own:.1f} times as fast as the fastest of these, {fastest[1]}")
    if not good:
        failures.append("speed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gppi")
    parser.add_argument("--speed", action="store_true")
    args = parser.parse_args()
    agreement(args.gppi)
    if args.speed:
        speed(args.gppi)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
