#!/usr/bin/env python3
"""What the tests of `gppi serve` need besides dcmtk's programs.

    serve_peer.py port                          a free TCP port
    serve_peer.py clone FOLDER NEW NUMBER [FIRST COUNT]   slices of a series under other UIDs (NUMBER: 0 to 899)
    serve_peer.py garbage PORT                  nonsense of several kinds, each on a connection of its own
    serve_peer.py drip PORT SECONDS             one byte now and then, for that long or until cut off
    serve_peer.py check RESULTS SPOOL [WATCH]   results whole and single, nothing left over; prints the keys
"""
import collections
import csv
import json
import os
import random
import socket
import sys
import time


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        print(s.getsockname()[1])


def clone(folder, new, number, first=0, count=None):
    """All UIDs of synthetic scans begin with 2.25. and keep their length."""
    os.makedirs(new, exist_ok=True)
    names = sorted(os.listdir(folder))[int(first) :]
    root = b"%d.%d." % (int(number) // 90, 10 + int(number) % 90)
    for name in names[: int(count) if count else None]:
        with open(os.path.join(folder, name), "rb") as f:
            data = f.read()
        with open(os.path.join(new, name), "wb") as f:
            f.write(data.replace(b"2.25.", root))


def connect(number):
    s = socket.create_connection(("127.0.0.1", int(number)), timeout=10)
    return s


def closed(s):
    """True once the other side has hung up."""
    try:
        while s.recv(4096):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


def garbage(number):
    random.seed(1)
    head = b"\x01\x00"
    pieces = [
        random.randbytes(5000),
        b"GET / HTTP/1.0\r\n\r\n",
        b"\x00" * 3000,
        head + b"\x00\x00\x00\x44" + b"\xff" * 68,          # a request of nonsense
        head + b"\xff\xff\xff\xff" + b"A" * 1000,           # 4 GB announced
        head + b"\x00\x00\x20\x00" + random.randbytes(8192),
        b"\x04\x00\x00\x00\x00\x10" + b"B" * 16,            # data before any association
        b"",
    ]
    for piece in pieces:
        s = connect(number)
        try:
            s.sendall(piece)
            s.shutdown(socket.SHUT_WR)
            assert closed(s), "the connection stays open"
        except ConnectionError:
            pass
        s.close()


def drip(number, seconds):
    s = connect(number)
    end = time.time() + float(seconds)
    data = b"\x01\x00\x00\x00\x40\x00" + b"\x00\x01" * 8000
    for i in range(len(data)):
        if time.time() > end:
            break
        try:
            s.sendall(data[i : i + 1])
        except ConnectionError:
            break
        time.sleep(0.2)
    s.close()


def check(results, spool, watch=None):
    keys = collections.Counter()
    for name in sorted(os.listdir(results)):
        path = os.path.join(results, name)
        assert os.path.getsize(path) > 0, path + " is empty"
        if name.endswith(".json"):
            with open(path) as f:
                lines = [json.loads(line) for line in f]
            assert len(lines) == 1 and lines[0]["gppi"] is not None, path
            keys[name[:-5]] += 1
        else:
            assert name.endswith(".jpg") or name == "planes.csv", path
    for key in keys:
        with open(os.path.join(results, key + ".jpg"), "rb") as f:
            data = f.read()
        assert data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9", key + ".jpg is cut"
    with open(os.path.join(results, "planes.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    table = collections.Counter(row["Key"] for row in rows)
    assert table == keys, (table - keys, keys - table)
    for root in filter(None, (spool, watch)):
        for room in ("incoming", "queue", "work"):
            left = os.listdir(os.path.join(root, room))
            assert not left, (root, room, left)
    print(" ".join(sorted(keys)))


if __name__ == "__main__":
    {f.__name__: f for f in (port, clone, garbage, drip, check)}[sys.argv[1]](*sys.argv[2:])
