"""Do the masks of `gppi measure` lie on the scan? Geometry and voxels of the NIfTI label map, the Slicer segmentation
and the DICOM Segmentation, as SimpleITK and highdicom read them, against the scan as SimpleITK reads it, for several
formats and turned axes.

masks.py GPPI FOLDER (Python with SimpleITK, highdicom; FOLDER is written to)
"""
import math
import os
import subprocess
import sys

import highdicom
import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

GPPI, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
NX, NY, NZ, PLANE = 140, 150, 200, 100
INNER, OUTER = 40, 50
ORIGIN = (3.5, -21.25, 7.75)


def tube():
    """HU, z first; not in the middle, and with a strut to one side, so that no mirror image is the same."""
    y, x = np.mgrid[:NY, :NX]
    r = np.hypot(x - 68.5, y - 76.5)
    inside, wall = np.clip(OUTER - r + 0.5, 0, 1), np.clip(r - INNER + 0.5, 0, 1)
    wall[(np.abs(y - 76.5) < 5) & (x > 68) & (x < 112)] = 1
    plane = np.round(-1000 * (1 - inside) + inside * (wall * 1500 + (1 - wall) * -400)).astype(np.int16)
    return np.repeat(plane[None], NZ, axis=0)


def turned(a, b, c):
    """Rotation about x, y and z, degrees."""
    out = np.eye(3)
    for axis, angle in enumerate((a, b, c)):
        s, k = math.sin(math.radians(angle)), math.cos(math.radians(angle))
        r = np.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        r[i, i] = r[j, j] = k
        r[i, j], r[j, i] = -s, s
        out = r @ out
    return out


def image(direction):
    img = sitk.GetImageFromArray(tube())
    img.SetSpacing((0.01, 0.01, 0.01))
    img.SetOrigin(ORIGIN)
    img.SetDirection(np.asarray(direction, float).ravel().tolist())
    return img


def write_dicom(folder, direction, frames=False):
    os.makedirs(folder, exist_ok=True)
    study, series, space = generate_uid(), generate_uid(), generate_uid()
    for z, plane in enumerate(tube()):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
        meta.MediaStorageSOPInstanceUID = generate_uid()
        d = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        d.SOPClassUID, d.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        d.PatientName = d.PatientID = "tube"
        d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = study, series, space
        d.Modality, d.SeriesNumber, d.InstanceNumber = "CT", 7, z + 1
        d.ImagePositionPatient = [f"{v:.8g}" for v in np.array(ORIGIN) + 0.01 * z * direction[:, 2]]
        d.ImageOrientationPatient = [f"{v:.8g}" for v in (*direction[:, 0], *direction[:, 1])]
        d.PixelSpacing, d.SliceThickness = ["0.01", "0.01"], "0.01"
        d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = NY, NX, 1, "MONOCHROME2"
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 1
        d.RescaleIntercept, d.RescaleSlope, d.RescaleType = "0", "1", "HU"
        d.PixelData = plane.tobytes()
        d.save_as(os.path.join(folder, f"IM{z:04d}.dcm"), enforce_file_format=True)


def read_series(folder):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    return reader.Execute()


def worst(scan, mask):
    """Largest distance, in voxels, between the places of the same voxel."""
    corners = [(i, j, k) for i in (0, NX - 1) for j in (0, NY - 1) for k in (0, NZ - 1)]
    return max(np.linalg.norm(np.subtract(scan.TransformIndexToPhysicalPoint(c), mask.TransformIndexToPhysicalPoint(c)))
               for c in corners) / 0.01


def right_voxels(labels):
    """Cortex, spongiosa and marrow lie where the tube has them."""
    zs = np.flatnonzero(labels.any(axis=(1, 2)))
    middle = labels[zs[len(zs) // 2]]
    y, x = np.mgrid[:NY, :NX]
    r = np.hypot(x - 68.5, y - 76.5)
    wall = (r > INNER + 1) & (r < OUTER - 1)
    # the end of the strut in the wall may be either
    wall &= ~((np.abs(y - 76.5) < 8) & (x > 100))
    return (len(zs) == 50 and (middle[wall] == 1).all() and middle[76, 85] == 2 and middle[76, 45] == 3
            and middle[60, 85] == 3)


def check(name, good, text=""):
    print("ok  " if good else "FAIL", name, text)
    return good


def main():
    os.makedirs(FOLDER, exist_ok=True)
    oblique = turned(20, -35, 10)
    flipped = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], float)
    scans, good = {}, True
    for kind, ending in (("nifti", ".nii.gz"), ("nrrd", ".nrrd"), ("mha", ".mha")):
        for how, direction in (("plain", np.eye(3)), ("oblique", oblique), ("flipped", flipped)):
            path = os.path.join(FOLDER, f"{kind}-{how}{ending}")
            sitk.WriteImage(image(direction), path)
            scans[path] = sitk.ReadImage(path)
    formless = os.path.join(FOLDER, "nifti-formless.nii")
    sitk.WriteImage(image(np.eye(3)), formless)
    with open(formless, "r+b") as f:
        f.seek(252)
        f.write(b"\0\0\0\0")
    scans[formless] = sitk.ReadImage(formless)
    for how, direction in (("plain", np.eye(3)), ("oblique", oblique)):
        folder = os.path.join(FOLDER, "dicom-" + how)
        write_dicom(folder, direction)
        scans[folder] = read_series(folder)
    for path, scan in scans.items():
        name = os.path.basename(path).replace(".nii.gz", "").rsplit(".", 1)[0]
        out = os.path.join(FOLDER, "out-" + os.path.basename(path))
        command = [GPPI, "measure", "--gppi", str(PLANE), "--voi", "300um,500um", "--masks", out, "--slicer", out, path]
        if os.path.isdir(path):
            command[2:2] = ["--dicom-results", out]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        files = sorted(os.listdir(out))
        for ending in (".nii.gz", ".seg.nrrd"):
            mask = sitk.ReadImage(os.path.join(out, next(f for f in files if f.endswith(ending))))
            off = worst(scan, mask)
            good &= check(f"{name}{ending}", off < 0.01 and mask.GetSize() == scan.GetSize() and
                          right_voxels(sitk.GetArrayFromImage(mask)), f"{off:.4f} voxels off")
        if os.path.isdir(path):
            seg = highdicom.seg.segread(os.path.join(out, next(f for f in files if f.endswith("segments.dcm"))))
            volume = seg.get_volume(combine_segments=True)
            labels = np.zeros((NZ, NY, NX), int)
            want = {n: i for i, n in enumerate(("", "Cortical bone", "Trabecular bone", "Marrow"))}
            numbers = [want[seg.get_segment_description(n).segment_label] for n in seg.segment_numbers]
            at = volume.affine @ [0, 0, 0, 1]
            first = min(range(NZ), key=lambda z: np.linalg.norm(at[:3] - scan.TransformIndexToPhysicalPoint((0, 0, z))))
            off = np.linalg.norm(at[:3] - scan.TransformIndexToPhysicalPoint((0, 0, first))) / 0.01
            n, rows, columns = volume.array.shape
            far = (volume.affine @ [n - 1, rows - 1, columns - 1, 1])[:3]
            # highdicom stacks frames along the normal of rows and columns, up or down
            step = 1 if np.dot(far - at[:3], scan.TransformIndexToPhysicalPoint((0, 0, NZ - 1)) -
                               np.array(scan.TransformIndexToPhysicalPoint((0, 0, 0)))) > 0 else -1
            off = max(off, np.linalg.norm(far - scan.TransformIndexToPhysicalPoint(
                (columns - 1, rows - 1, first + step * (n - 1)))) / 0.01)
            labels[[first + step * i for i in range(n)]] = np.array([0] + numbers)[volume.array]
            good &= check(f"{name} SEG", off < 0.01 and right_voxels(labels), f"{off:.4f} voxels off")
            ds = pydicom.dcmread(os.path.join(out, next(f for f in files if f.endswith("report.dcm"))))
            good &= check(f"{name} SR", ds.StudyInstanceUID == seg.StudyInstanceUID)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
