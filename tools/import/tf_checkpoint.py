"""Reads TensorFlow checkpoints (PREFIX.index and PREFIX.data-00000-of-00001) without TensorFlow.

The index is a sorted table of keys in blocks (LevelDB's layout) whose values are small protocol
buffers: type, shape, file, place and size of each variable; the data file is the bare numbers. Every
length that a file states is checked before it is used.
"""

import glob
import os
import struct

import numpy as np

MAGIC = 0xDB4775248B80FB57
INDEX_MAX = 16 << 20       # bytes; the published checkpoints have a few kB
TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}  # those of weights and counters


class Damaged(Exception):
    """The file is not what it should be; the message says how."""


def find(path):
    """(index, data) files of a checkpoint named by its prefix, its index file or its folder."""
    if path.endswith(".index"):
        path = path[:-len(".index")]
    if os.path.isdir(path):
        found = sorted(glob.glob(os.path.join(glob.escape(path), "*.index")) +
                       glob.glob(os.path.join(glob.escape(path), ".index")))
        if len(set(found)) != 1:
            raise Damaged("%s: holds %d checkpoints (*.index); name one of them" % (path, len(set(found))))
        path = found[0][:-len(".index")]
    data = path + ".data-00000-of-00001"
    for name in (path + ".index", data):
        if not os.path.isfile(name):
            raise Damaged("%s: is missing; a TensorFlow checkpoint is the files PREFIX.index and "
                          "PREFIX.data-00000-of-00001" % name)
    return path + ".index", data


def _varint(b, at):
    value = shift = 0
    while True:
        if at >= len(b) or shift > 63:
            raise Damaged("a number runs over the end")
        value |= (b[at] & 127) << shift
        shift += 7
        at += 1
        if b[at - 1] < 128:
            return value, at


def _block(b, offset, size):
    """The (key, value) pairs of one block of the index."""
    if offset + size + 5 > len(b):
        raise Damaged("a block lies outside of the file")
    if b[offset + size] != 0:
        raise Damaged("its index is compressed, which this reader does not undo; load it in TensorFlow and "
                      "save the weights as .h5")
    block = b[offset:offset + size]
    if size < 4:
        raise Damaged("a block is too short")
    end = size - 4 - 4 * struct.unpack_from("<I", block, size - 4)[0]
    if end < 0:
        raise Damaged("a block is too short")
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        fresh, at = _varint(block, at)
        length, at = _varint(block, at)
        if shared > len(key) or at + fresh + length > end:
            raise Damaged("an entry runs over the end of its block")
        key = key[:shared] + block[at:at + fresh]
        yield key, block[at + fresh:at + fresh + length]
        at += fresh + length


def _message(b):
    """Fields of a protocol buffer: (number, value), value an int or bytes."""
    at = 0
    while at < len(b):
        tag, at = _varint(b, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(b, at)
        elif kind in (1, 5):
            n = 8 if kind == 1 else 4
            value, at = int.from_bytes(b[at:at + n], "little"), at + n
        elif kind == 2:
            n, at = _varint(b, at)
            value, at = b[at:at + n], at + n
        else:
            raise Damaged("an entry has an unknown form")
        if at > len(b):
            raise Damaged("an entry runs over its end")
        yield tag >> 3, value


def _entry(b):
    """(type, shape, file number, offset, size) of a variable."""
    field = {1: 0, 3: 0, 4: 0, 5: 0}
    shape = []
    for number, value in _message(b):
        if number == 2 and isinstance(value, bytes):
            for k, dim in _message(value):
                if k == 2 and isinstance(dim, bytes):
                    shape.append(dict(_message(dim)).get(1, 0))
        elif isinstance(value, int):
            field[number] = value
    return field[1], tuple(shape), field[3], field[4], field[5]


def read(path):
    """{name: array} of all variables of known types; strings and the like are left out."""
    index, data = find(path)
    try:
        if os.path.getsize(index) > INDEX_MAX:
            raise Damaged("its index is too large")
        with open(index, "rb") as f:
            b = f.read()
        if len(b) < 48 or struct.unpack_from("<Q", b, len(b) - 8)[0] != MAGIC:
            raise Damaged("is no index of a TensorFlow checkpoint")
        at = len(b) - 48
        _, at = _varint(b, at)  # place and size of a table that is not needed
        _, at = _varint(b, at)
        offset, at = _varint(b, at)
        size, at = _varint(b, at)
        out = {}
        total = os.path.getsize(data)
        with open(data, "rb") as f:
            for _, handle in _block(b, offset, size):
                place, k = _varint(handle, 0)
                length, k = _varint(handle, k)
                for key, value in _block(b, place, length):
                    if not key:
                        continue  # the header: version and number of files
                    kind, shape, shard, start, n = _entry(value)
                    if kind not in TYPES:
                        continue
                    dtype = np.dtype(TYPES[kind])
                    count = 1
                    for dim in shape:
                        count *= dim
                    if shard != 0 or count * dtype.itemsize != n or start + n > total:
                        raise Damaged("variable %s does not fit in the data file" % key.decode("ascii", "replace"))
                    f.seek(start)
                    out[key.decode("utf-8", "replace")] = np.frombuffer(f.read(n), dtype).reshape(shape)
        return out
    except Damaged as problem:
        raise Damaged("%s: %s" % (index, problem)) from None
