#!/usr/bin/env python3
"""Which planes tools/train/distill.py takes for the truth: by hand, from the rule in its head."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "train"))

import distill

CASES = [  # heavy planes, gppi's, slices; plane and networks
    ([200.0], 201.5, 2, (200.0, 1)),
    ([200.0], 202.5, 2, (None, 0)),
    ([200.0], None, 2, (None, 0)),
    ([None], 200.0, 2, (None, 0)),
    ([], 200.0, 2, (None, 0)),
    ([200.0, 201.0], 150.0, 2, (200.5, 2)),      # among themselves
    ([201.0, None, 200.0], 150.0, 2, (200.5, 2)),
    ([200.0, 205.0], 204.0, 2, (205.0, 1)),      # one of them with gppi's
    ([198.5, 201.5], 200.5, 2, (201.5, 1)),      # the nearer one
    ([100.0, 200.0, 201.0, 202.0], 100.0, 2, (201.0, 3)),
    ([200.0, 201.5, 203.0], 300.0, 2, (200.75, 2)),
    ([200.0, 201.5, 203.0], 300.0, 3, (201.5, 3)),
]

results = [
    {"input": "lab/a.b.nii.gz", "gppi_exact": 100.4,
     "second_opinion": {"solutions": [{"solution": "bm", "plane": 101.0}]}},
    {"input": "lab/c.nii", "gppi_exact": None, "second_opinion": None},
    {"input": "lab/d.nii", "gppi": None, "error": "d.nii: is no scan"},
]
wanted = [("a.b", 101.0, 1, 100.4, {"bm": 101.0}), ("c", None, 0, None, {}), ("d", None, 0, None, {})]

wrong = [(c, got) for c in CASES if (got := distill.target(*c[:3])) != c[3]]
wrong += [(w, got) for w, got in zip(wanted, distill.targets(results, 2)) if w != got]
for case in wrong:
    print("FAIL", case)
print("%d passed, %d failed" % (len(CASES) + len(wanted) - len(wrong), len(wrong)))
sys.exit(bool(wrong))
