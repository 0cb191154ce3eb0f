#!/usr/bin/env python3
"""Notes in the weights what bones of the training's kind look like to the long-axis networks.

    beliefs 106001 90 all WEIGHTS > beliefs.jsonl     (seeds from 100000: no training, no test bones)
    familiar.py WEIGHTS/longaxis-rows.gppiw beliefs.jsonl

Means and standard deviations of the numbers "around" the planes found (src/plane/familiar.c), and as limit the distance
that 99 of 100 of these bones do not exceed, each judged by the means of the others.
"""

import json
import sys

import numpy as np

import gppiw

LEAST = 1.0  # standard deviation, u7: constant numbers say nothing of small differences


def statistics(around):
    return around.mean(0), np.maximum(around.std(0), LEAST)


def distance(around, mean, sd):
    return np.sqrt((((around - mean) / sd) ** 2).mean(-1))


def main(weights, path):
    with open(path) as f:
        bones = [json.loads(line) for line in f]
    around = np.array([b["around"] for b in bones if "around" in b])
    parts = np.arange(len(around)) % 10
    held = np.empty(len(around))
    for part in range(10):
        held[parts == part] = distance(around[parts == part], *statistics(around[parts != part]))
    mean, sd = statistics(around)
    limit = float(np.quantile(held, 0.99))
    net = gppiw.read(weights)
    net["meta"]["familiar"] = {"mean": [round(float(v), 2) for v in mean], "sd": [round(float(v), 2) for v in sd],
                               "limit": round(limit, 3)}
    gppiw.write(weights, net)
    print("%s: %d bones, distances %.2f (median), %.2f (limit), %.2f (greatest)" % (
        weights, len(around), np.median(held), limit, held.max()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
