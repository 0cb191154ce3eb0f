#!/usr/bin/env python3
"""Chooses the constants of src/plane/combine.c and confidence.c on bones for choosing.

    beliefs 102001 90 all > beliefs.jsonl        (seeds from 100000: no training, no test bones)
    fit.py beliefs.jsonl

Weights: the greatest mean likelihood of the true plane. Confidence: logistic regression of
"|error| <= 3 slices" on the features of confidence.c, all coefficients <= 0. Prints both as C, and a
reliability table with every bone judged by a fit on the others (ten parts).
"""

import json
import math
import sys

import numpy as np

BELL = 1.5
CAPS = dict(F_WIDE=6, F_SV_APART=8, F_CW_APART=20, F_BLUNT=1, F_FAINT=1, F_END=1, F_MISSED=1)
SCORE = np.array([math.erfc(abs(d) / (3 * math.sqrt(2))) for d in range(-40, 41)])


def at(belief, slices):
    logit = np.array(belief["logit"])
    return logit[np.clip(slices - belief["first"], 0, len(logit) - 1)]


def total(bone, w):
    """Log-odds of the slices of the long-axis belief; as plane_combine()."""
    along = bone["belief_longaxis"]
    slices = along["first"] + np.arange(len(along["logit"]))
    sum_ = w[0] * np.array(along["logit"])
    for weight, name in zip(w[1:], ("belief_sv", "belief_inner", "belief_cw")):
        if bone[name]["logit"]:
            v = at(bone[name], slices)
            sum_ = sum_ + weight * (v - max(bone[name]["logit"]))
    p = np.exp(sum_ - sum_.max())
    return slices, p / p.sum()


def verdict(bone, w):
    slices, p = total(bone, w)
    plane = slices[np.convolve(p, SCORE, "same").argmax()]
    return plane, p[np.abs(slices - plane) <= 3].sum()


def loss(bones, w):
    sum_ = 0.0
    for bone in bones:
        slices, p = total(bone, w)
        bell = np.exp(-0.5 * ((slices - bone["truth"]) / BELL) ** 2)
        sum_ -= math.log((p * bell).sum() / 3.76 + 1e-6)
    return sum_ / len(bones)


def fit_weights(bones):
    w, best = [1.0, 0.5, 0.5, 0.1], None
    for step in (2.0, 1.4, 1.2, 1.1):
        moved = True
        while moved:
            moved = False
            for i in range(len(w)):
                for factor in (step, 1 / step):
                    trial = list(w)
                    trial[i] = min(trial[i] * factor, 6.0)
                    value = loss(bones, trial)
                    if best is None or value < best - 1e-5:
                        w, best, moved = trial, value, True
    return w, best


def features(bone, w):
    plane, near = verdict(bone, w)
    near = min(max(near, 1e-4), 1 - 1e-4)

    def apart(name):
        return abs(bone[name] - plane) if bone[name] is not None else 0.0
    sv, cw = bone["sv"] is not None, bone["cw"] is not None
    end = min(plane - bone["bone_first"], bone["bone_last"] - plane)
    f = dict(F_WIDE=math.log((1 - near) / near), F_CW_APART=apart("cw"),
             F_SV_APART=apart("sv") if bone["inner"] is None else (apart("sv") + apart("inner")) / 2,
             F_BLUNT=1 - bone["sharpness"] if cw else 0, F_FAINT=1 - bone["peak"] if sv else 0,
             F_END=max(0, 1 - max(0, end) / 40),
             F_MISSED=1.0 if not sv or bone["longaxis"] is None else 0.0 if cw else 0.5)
    return np.array([min(f[k], CAPS[k]) for k in CAPS]), abs(plane - round(bone["truth"]))


def fit_logistic(x, y, strength=0.02):
    """Projected gradient: coefficients <= 0, bias free; a mild ridge on scaled features."""
    scale = np.abs(x).max(0) + 1e-9
    z, c, bias = x / scale, np.zeros(x.shape[1]), 1.0
    for step in range(20000):
        p = 1 / (1 + np.exp(-(bias + z @ c)))
        g = z.T @ (p - y) / len(y) + strength * c / 10
        c = np.minimum(c - 0.5 * g, 0)
        bias -= 0.5 * (p - y).mean()
    return bias, c / scale


def main(path):
    with open(path) as f:
        bones = [json.loads(line) for line in f]
    seen = [b for b in bones if b["longaxis"] is not None]
    w, best = fit_weights(seen)
    print("%d bones, %d with a plate seen along the bone" % (len(bones), len(seen)))
    print("#define LONG_WEIGHT %.2f\n#define SV_WEIGHT %.2f\n#define INNER_WEIGHT %.2f\n"
          "#define CW_WEIGHT %.3f   /* mean loss %.3f */" % (*w, best))
    for name, trial in (("all", w), ("along alone", [1, 0, 0, 0]), ("along, SV", [w[0], w[1], 0, 0]),
                        ("along, inner", [w[0], 0, w[2], 0]), ("without CW", [*w[:3], 0])):
        e = np.array([abs(verdict(b, trial)[0] - b["truth"]) for b in seen])
        print("%-14s MAE %.2f, within 3: %.1f %%" % (name, e.mean(), 100 * (e <= 3).mean()))
    x, e = zip(*(features(b, w) for b in seen))
    x, y = np.array(x), (np.array(e) <= 3).astype(float)
    bias, c = fit_logistic(x, y)
    print("#define BIAS (%.2f)" % bias)
    for k, v in zip(CAPS, c):
        print("\t[%s] = { %.3f, %g }," % (k, v, CAPS[k]))
    held = np.empty(len(y))
    for part in range(10):
        out = np.arange(len(y)) % 10 == part
        b, k = fit_logistic(x[~out], y[~out])
        held[out] = 1 / (1 + np.exp(-(b + x[out] @ k)))
    print("confidence | bones | within 3")
    for lo, hi in ((0, .5), (.5, .7), (.7, .8), (.8, .9), (.9, .95), (.95, 1.01)):
        m = (held >= lo) & (held < hi)
        if m.any():
            print("%.2f-%.2f | %d | %.0f %%" % (lo, min(hi, 1), m.sum(), 100 * y[m].mean()))


if __name__ == "__main__":
    main(sys.argv[1])
