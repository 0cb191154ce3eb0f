"""What generators of other bones (other.py, struts.py) share: a folder of volumes and their truth."""
import argparse
import csv
import os

import nibabel
import numpy as np


def write_all(description, name, seed, bone):
    """The command line of a generator: bones NAME00.nii ... of bone(seed), which gives HU and the plane; truth.csv."""
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder")
    p.add_argument("--count", type=int, default=24)
    p.add_argument("--seed", type=int, default=seed)
    a = p.parse_args()
    os.makedirs(a.folder, exist_ok=True)
    with open(os.path.join(a.folder, "truth.csv"), "w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["Image Name", "Growth Plate Index"])
        for i in range(a.count):
            hu, plane = bone(a.seed + i)
            image = nibabel.Nifti1Image(np.clip(hu, -32768, 32767).astype(np.int16).T, np.diag([0.02, 0.02, 0.01, 1]))
            image.header.set_xyzt_units("mm")
            nibabel.save(image, os.path.join(a.folder, "%s%02d.nii" % (name, i)))
            table.writerow(["%s%02d" % (name, i), "%.1f" % plane])
