#!/usr/bin/env python3
"""Picture networks that learn from labelled real bones, mixed with synthetic ones.

    real_mix.py --real sets.json --data DIR --start synthetic.pt --out picture.pt [--without BONE,...]

Trained on several times from the same synthetic network, on other draws, half of the bones real ones; what is kept
is the mean (average.py). The parts lie beside it, OUT-SEED.pt; a run that was stopped goes on.
"""

import argparse
import os
import subprocess
import sys

TRAIN = os.path.dirname(os.path.abspath(__file__))
SEEDS = (22, 23, 24)
SAMPLES = 2000   # bones shown in each
SHARE = 0.5      # of them real
RATE = 4e-4


def mix(real, data, start, out, without=(), seeds=SEEDS, samples=SAMPLES, options=()):
    """Writes `out` and its recipe; `without`: real bones that are left out. `options` go to train.py."""
    parts = ["%s-%d.pt" % (os.path.splitext(out)[0], seed) for seed in seeds]
    for seed, part in zip(seeds, parts):
        if not os.path.exists(os.path.splitext(part)[0] + ".json"):
            run("train.py", "picture", "--data", data, "--validate", "val*", "--out", part, "--samples", samples,
                "--batch", 8, "--rate", RATE, "--seed", seed, "--start", start, "--real", real, "--real-share", SHARE,
                "--real-without", ",".join(without), *options)
    run("average.py", *parts, "--out", out)


def run(script, *arguments):
    subprocess.run([sys.executable, os.path.join(TRAIN, script)] + [str(a) for a in arguments], check=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--real", required=True, help="sets of real_pictures.py")
    p.add_argument("--data", required=True, help="folder of shards")
    p.add_argument("--start", required=True, help="a picture network that knows synthetic bones")
    p.add_argument("--out", required=True)
    p.add_argument("--without", default="", help="real bones to leave out, by name, with commas between")
    p.add_argument("--samples", type=int, default=SAMPLES, help="bones shown in each training")
    p.add_argument("--threads", type=int, default=0)
    p.add_argument("--bfloat16", action="store_true", help="as of train.py")
    a = p.parse_args()
    mix(a.real, a.data, a.start, a.out, [b for b in a.without.split(",") if b], samples=a.samples,
        options=["--threads", a.threads] + ["--bfloat16"] * a.bfloat16)


if __name__ == "__main__":
    main()
