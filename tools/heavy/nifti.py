"""Reads the NIfTI-1 files of the challenge and of `phantom make`: uncompressed, little-endian, int16 or float32."""
import numpy as np


def read(path):
    """float32 values, [x, y, z]."""
    head = np.fromfile(path, np.uint8, 352)
    number = lambda kind, at, n=1: head[at:at + n * np.dtype(kind).itemsize].view(kind)
    if len(head) < 352 or bytes(head[344:347]) != b"n+1" or number("<i4", 0)[0] != 348:
        raise SystemExit("%s: not an uncompressed NIfTI-1 file" % path)
    kinds = {4: "<i2", 16: "<f4"}
    nx, ny, nz = (int(n) for n in number("<i2", 42, 3))
    if int(number("<i2", 70)[0]) not in kinds or min(nx, ny, nz) < 1:
        raise SystemExit("%s: its voxels are neither int16 nor float32" % path)
    slope, intercept = (float(v) for v in number("<f4", 112, 2))
    voxels = np.fromfile(path, kinds[int(number("<i2", 70)[0])], nx * ny * nz, offset=int(number("<f4", 108)[0]))
    values = voxels.astype(np.float32) * np.float32(slope or 1) + np.float32(intercept if slope else 0)
    return values.reshape(nz, ny, nx).transpose(2, 1, 0)
