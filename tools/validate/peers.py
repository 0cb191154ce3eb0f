"""gppi measure beside other software of PyPI: do the numbers agree as far as the conventions do, and how fast is
local thickness?

peers.py GPPI [--speed] (Python with numpy, edt, numba, SimpleITK, scikit-image, porespy, localthickness)

Agreement: struts in an elliptic tube, 96 x 80 x 72 voxels, with an empty margin. The limits stand in `main`, each with
its reason. --speed: Tb.Th and Tb.Sp of the body of `gppi bench`, 300 x 300 x 100 voxels, everybody in turn in this
run, on two threads where there is a choice: the best of two, seconds of the wall and of processors; on a busy machine
the latter count. No package of PyPI has the exact numbers; edt and numba put together have (`painted`), as somebody
would who needs them.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import edt
import numba
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
    print(f"{'ok  ' if good else 'FAIL'} {name:42s} gppi {own:.6g}, other {other:.6g}, {100 * off:+.2f} % {text}",
          flush=True)


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


@numba.njit(parallel=True, cache=False)
def centres(r2):
    """Voxels whose ball lies in that of no neighbour: by the triangle inequality, so that none is left out that
    matters."""
    nz, ny, nx = r2.shape
    keep = np.zeros(r2.shape, np.bool_)
    for z in numba.prange(nz):
        for y in range(ny):
            for x in range(nx):
                r = r2[z, y, x]
                if r == 0:
                    continue
                good = True
                for c in range(max(z - 1, 0), min(z + 2, nz)):
                    for b in range(max(y - 1, 0), min(y + 2, ny)):
                        for a in range(max(x - 1, 0), min(x + 2, nx)):
                            d2 = (a - x) ** 2 + (b - y) ** 2 + (c - z) ** 2
                            if d2 and np.sqrt(r2[c, b, a]) >= np.sqrt(r) + np.sqrt(d2):
                                good = False
                keep[z, y, x] = good
    return keep


@numba.njit(parallel=True, cache=False)
def paint(r2, at, radii, out):
    """Balls around `at` (by z) of squared radii, into slices of their own: the larger one stays."""
    nz, ny, nx = r2.shape
    for z in numba.prange(nz):
        for i in range(len(radii)):
            left = radii[i] - (at[i, 0] - z) ** 2
            if left <= 0:
                continue
            h = int(np.sqrt(left))
            for y in range(max(at[i, 1] - h, 0), min(at[i, 1] + h + 1, ny)):
                s = left - (y - at[i, 1]) ** 2
                if s <= 0:
                    continue
                w = int(np.sqrt(s))
                w -= w * w == s
                for x in range(max(at[i, 2] - w, 0), min(at[i, 2] + w + 1, nx)):
                    out[z, y, x] = max(out[z, y, x], radii[i])


def painted(shape):
    """The same as exact(): distances of edt, and every ball that matters painted."""
    r2 = np.rint(edt.edtsq(shape, parallel=2)).astype(np.int32)
    at = np.argwhere(centres(r2)).astype(np.int32)
    out = np.zeros(shape.shape, np.int32)
    paint(r2, at, r2[tuple(at.T)], out)
    return 2 * np.sqrt(np.where(shape, out, 0))


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
    check("Tb.Th, edt and numba", m["tb_th_mm"], painted(bone)[bone].mean() * MM, -1e-6, 1e-6, "(the same convention)")
    check("Tb.Sp, edt and numba", m["tb_sp_mm"], painted(marrow)[marrow & tv].mean() * MM, -1e-6, 1e-6)
    euler = skmeasure.euler_number(bone, connectivity=3)
    check("Conn.D of the block, scikit-image", whole["conn_d_per_mm3"], -euler / (bone.size * MM ** 3), -1e-6, 1e-6)
    smooth = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(
        sitk.GetImageFromArray(bone.astype(np.float32)), 0.8))
    vertices, faces, _, _ = skmeasure.marching_cubes(smooth, 0.5, spacing=(MM, MM, MM))
    check("BS of the block, scikit-image", whole["bs_mm2"], skmeasure.mesh_surface_area(vertices, faces), -0.15, 0.02,
          "(marching cubes; smoothed by 0.8 voxels, which takes from thin struts)")
    import localthickness
    import porespy
    th = porespy.filters.local_thickness(bone, method="bf")
    check("Tb.Th, porespy", m["tb_th_mm"], 2 * th[bone].mean() * MM, -0.25, 0.0, "(whole radii, rounded down)")
    th = localthickness.local_thickness(bone)
    check("Tb.Th, localthickness", m["tb_th_mm"], 2 * th[bone].mean() * MM, -0.02, 0.12, "(approximate)")


def seconds():
    """Of processors, so far: of this process and of those it has waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(r.ru_utime + r.ru_stime for r in both)


def best(what, runs=2):
    """Seconds of the wall and of processors, the least of each."""
    wall, busy = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), seconds()
        what()
        wall.append(time.perf_counter() - start)
        busy.append(seconds() - used)
    return np.array([min(wall), min(busy)])


def speed(program):
    import localthickness
    import porespy
    numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
    bone, tv, marrow = large()

    def show(name, took, text=""):
        print(f"     {name:44s} {took[0]:8.2f} s, {took[1]:8.2f} s of processors {text}", flush=True)

    def bench():
        out = subprocess.run([program, "bench", "--json", "--seconds", "0.2"], check=True,
                             capture_output=True).stdout.decode()
        line = next(json.loads(x) for x in out.splitlines() if '"measure"' in x)
        return line["thickness"]["ns_min"] / 1e9, line["threads"]

    peers = {
        "edt and numba (exact)": painted,
        "porespy, bf (whole radii)": lambda s: porespy.filters.local_thickness(s, method="bf"),
        "porespy, dt (whole radii)": lambda s: porespy.filters.local_thickness(s, method="dt"),
        "localthickness (approximate)": lambda s: localthickness.local_thickness(s),
        "edt alone, a map for each radius (exact)": exact,
    }
    own, threads = bench()
    took = {}
    for name, run in peers.items():
        runs = 1 if run is exact else 2
        run(bone[:40, 130:200, 130:200])  # what is compiled is compiled
        took[name] = best(lambda: run(bone), runs) + best(lambda: run(marrow), runs)
        show(name, took[name])
    whole = best(lambda: gppi(program, bone, tv))
    own = min(own, bench()[0])
    show("gppi measure --mask --tv, whole command", whole, "(all numbers, and both masks written and read)")
    print(f"     {'gppi, Tb.Th and Tb.Sp alone, ' + str(threads) + ' threads':44s} {own:8.2f} s", flush=True)
    name = "edt and numba (exact)"
    for what, ratio in (("of the wall", took[name][0] / own),
                        ("of processors, whole command", took[name][1] / whole[1])):
        good = ratio >= 5
        if not good:
            failures.append(f"speed, seconds {what}")
        print(f"{'ok  ' if good else 'FAIL'} {ratio:.1f} times as fast as {name}, seconds {what}", flush=True)


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
