#!/usr/bin/env python3
"""The rule of the plane against labelled pictures of real bones, without any network.

    floor.py LABELLED

The rule: the lower edge of the rim under the floor of the central valley. Read in every picture of full size
(labels.csv as real.py reads it): in each column of the middle 40 % of the bone, the first run of bone from the shaft
that is at least as long as the rim and the cartilage are thick (struts are thinner or leave the column); of these
edges the median of the deepest third. A view beside the valley sees a mound's flank, so that the shallower of two
views counts. Needs Pillow.
"""

import os
import sys

import numpy as np
from PIL import Image
from scipy.ndimage import median_filter, uniform_filter

import real

ABOVE, BELOW = 70, 40   # rows around the label that are searched
RUN = 9                 # rows of bone in a row that are no strut
GREY = 70               # of 255 in means over 5 x 7 pixels: rim, not noise
MIDDLE = (0.3, 0.7)     # of the bone's width


def edge(path, row):
    """Rows by which the floor's lower edge lies below the label."""
    grey = np.array(Image.open(path).convert("L"), np.float32)
    columns = np.flatnonzero((grey[row + 10:row + BELOW] > 140).mean(0) > 0.3)
    width = columns[-1] - columns[0]
    lo, hi = (int(columns[0] + share * width) for share in MIDDLE)
    bone = uniform_filter(grey, (5, 7))[row - ABOVE:row + BELOW + 1, lo:hi] > GREY
    runs = np.lib.stride_tricks.sliding_window_view(bone, RUN, 0).all(2)
    found = np.flatnonzero(runs.any(0))
    last = len(runs) - 1 - runs[::-1, found].argmax(0) + RUN - 1
    edges = np.sort(median_filter(last, 15)) - ABOVE
    return float(np.median(edges[len(edges) * 2 // 3:]))


def main():
    below = []
    for name, bone, young, files, row, per_row in real.groups(sys.argv[1], None):
        if per_row != 1 or len(files) != 2:
            continue
        seen = [edge(f, int(row)) for f in files]
        print("%-12s %-5s %s -> %+.0f" % (bone, "young" if young else "adult",
                                          ", ".join("%s %+.0f" % (os.path.basename(f), e) for f, e in zip(files, seen)),
                                          min(seen)))
        if not young:
            below.append(min(seen))
    print("adults: mean %+.1f, s.d. %.1f slices below the label" % (np.mean(below), np.std(below)))


if __name__ == "__main__":
    main()
