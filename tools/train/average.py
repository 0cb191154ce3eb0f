#!/usr/bin/env python3
"""The mean of networks that were trained on from the same one, on other draws: less chance than in each of them.

    average.py A.pt B.pt ... --out MEAN.pt

Averages all parameters and the batch norms' statistics. The recipe of the first goes along, with the seeds of the
others.
"""

import argparse
import json
import os

import torch


def mean(paths):
    states = [torch.load(p, map_location="cpu", weights_only=True) for p in paths]
    for s, p in zip(states, paths):
        if {k: v.shape for k, v in s.items()} != {k: v.shape for k, v in states[0].items()}:
            raise SystemExit("%s: is another network than %s" % (p, paths[0]))
    return {k: sum(s[k].double() for s in states).div(len(states)).to(v.dtype) if v.is_floating_point() else v
            for k, v in states[0].items()}


def recipe(paths):
    out = []
    for p in paths:
        with open(os.path.splitext(p)[0] + ".json") as f:
            out.append(json.load(f)["training"])
    out[0][-1]["averaged_with_seeds"] = [t[-1]["seed"] for t in out[1:]]
    return {"training": out[0]}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("networks", nargs="+")
    p.add_argument("--out", required=True)
    a = p.parse_args()
    torch.save(mean(a.networks), a.out)
    with open(os.path.splitext(a.out)[0] + ".json", "w") as f:
        json.dump(recipe(a.networks), f)


if __name__ == "__main__":
    main()
