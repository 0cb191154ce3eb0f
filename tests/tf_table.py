"""Writes TensorFlow checkpoints as far as the checks of tools/import need them."""

import struct

import numpy as np


def _varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def _block(entries):
    """Keys shortened by what they share with the one before, restarting at every 16th."""
    out, restarts, last = bytearray(), [], b""
    for i, (key, value) in enumerate(entries):
        shared = 0
        if i % 16 == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        out += _varint(shared) + _varint(len(key) - shared) + _varint(len(value)) + key[shared:] + value
        last = key
    out += struct.pack("<%dI" % (len(restarts) + 1), *restarts, len(restarts))
    return bytes(out)


def _field(number, value):
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def write(prefix, variables):
    """PREFIX.index and PREFIX.data-00000-of-00001 of {name: float32 array}."""
    data, entries = bytearray(), [(b"", _field(1, 1))]
    for name in sorted(variables):
        value = np.ascontiguousarray(variables[name], "<f4")
        shape = b"".join(_field(2, _field(1, n)) for n in value.shape)
        entry = _field(1, 1) + _field(2, shape) + (_field(4, len(data)) if data else b"") + _field(5, value.nbytes)
        entries.append((name.encode(), entry + _varint(6 << 3 | 5) + struct.pack("<I", 0)))
        data += value.tobytes()
    out, handles = bytearray(), []
    for first in range(0, len(entries), 12):
        part = entries[first:first + 12]
        block = _block(part)
        handles.append((part[-1][0], _varint(len(out)) + _varint(len(block))))
        out += block + b"\0" + struct.pack("<I", 0)
    places = []
    for block in (_block([]), _block(handles)):
        places.append(_varint(len(out)) + _varint(len(block)))
        out += block + b"\0" + struct.pack("<I", 0)
    foot = b"".join(places)
    out += foot + bytes(40 - len(foot)) + struct.pack("<Q", 0xDB4775248B80FB57)
    with open(prefix + ".index", "wb") as f:
        f.write(out)
    with open(prefix + ".data-00000-of-00001", "wb") as f:
        f.write(data)
