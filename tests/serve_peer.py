#!/usr/bin/env python3
"""What the tests of `gppi serve` need besides dcmtk's programs.

    serve_peer.py port                          a free TCP port
    serve_peer.py clone FOLDER NEW NUMBER [FIRST COUNT]   slices of a series under other UIDs (NUMBER: 0 to 899)
    serve_peer.py garbage PORT                  nonsense of several kinds, each on a connection of its own
    serve_peer.py drip PORT SECONDS             one byte now and then, for that long or until cut off
    serve_peer.py pacs PORT LOG [CLASS=STATUS[*N]]...   a PACS that answers objects of an SOP class (the end of its
                                                UID) with this status, hexadecimal, or hangs up (drop), N times
                                                or always; others with success. LOG gets "UID STATUS" for each
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


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def port():
    print(free_port())


def clone(folder, new, number, first=0, count=None):
    """All UIDs of synthetic scans begin with 2.25. and keep their length; the study stays the same."""
    os.makedirs(new, exist_ok=True)
    names = sorted(os.listdir(folder))[int(first) :]
    root = b"%d.%d." % (int(number) // 90, 10 + int(number) % 90)
    for name in names[: int(count) if count else None]:
        with open(os.path.join(folder, name), "rb") as f:
            data = f.read()
        copy = data.replace(b"2.25.", root)
        at = data.index(b"\x20\x00\x0d\x00UI")  # StudyInstanceUID, explicit little endian
        end = at + 8 + int.from_bytes(data[at + 6 : at + 8], "little")
        with open(os.path.join(new, name), "wb") as f:
            f.write(copy[:at] + data[at:end] + copy[end:])


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


def items(data):
    """(type, value) of the items of an association request."""
    while len(data) >= 4:
        n = int.from_bytes(data[2:4], "big")
        yield data[0], data[4 : 4 + n]
        data = data[4 + n :]


def item(kind, value):
    return bytes([kind, 0]) + len(value).to_bytes(2, "big") + value


def elements(data):
    """A command set: {element of group 0000: value}."""
    found = {}
    while len(data) >= 8:
        n = int.from_bytes(data[4:8], "little")
        found[int.from_bytes(data[2:4], "little")] = data[8 : 8 + n]
        data = data[8 + n :]
    return found


def element(number, value):
    value += b"\0" * (len(value) % 2)
    return b"\0\0" + number.to_bytes(2, "little") + len(value).to_bytes(4, "little") + value


def read(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def accept(s, request):
    accepted = item(0x10, b"1.2.840.10008.3.1.1.1")
    for kind, value in items(request[68:]):
        if kind == 0x20:  # with the first of its transfer syntaxes
            syntax = next(v for k, v in items(value[4:]) if k == 0x40)
            accepted += item(0x21, value[:1] + b"\0\0\0" + item(0x40, syntax))
    accepted += item(0x50, item(0x51, (16384).to_bytes(4, "big")) + item(0x52, b"2.25.1"))
    body = request[:68] + accepted
    s.sendall(b"\x02\0" + len(body).to_bytes(4, "big") + body)


def answer(s, context, command, status):
    body = element(0x0002, command[0x0002]) + element(0x0100, b"\x01\x80") + element(0x0120, command[0x0110])
    body += element(0x0800, b"\x01\x01") + element(0x0900, status.to_bytes(2, "little"))
    body += element(0x1000, command[0x1000])
    body = element(0, len(body).to_bytes(4, "little")) + body
    pdv = (len(body) + 2).to_bytes(4, "big") + bytes([context, 3]) + body
    s.sendall(b"\x04\0" + len(pdv).to_bytes(4, "big") + pdv)


def judge(rules, sop_class):
    for rule in rules:
        if sop_class.endswith(rule["class"]) and rule["left"] != 0:
            rule["left"] -= 1
            return rule["status"]
    return "0000"


def talk(s, log, rules):
    command, data = b"", b""
    while True:
        head = read(s, 6)
        body = read(s, int.from_bytes(head[2:6], "big"))
        if head[0] == 1:
            accept(s, body)
        elif head[0] == 5:
            s.sendall(b"\x06\0\0\0\0\x04\0\0\0\0")
        elif head[0] != 4:
            return
        while head[0] == 4 and body:
            n, context, flags = int.from_bytes(body[:4], "big"), body[4], body[5]
            if flags & 1:
                command += body[6 : 4 + n]
            else:
                data += body[6 : 4 + n]
            body = body[4 + n :]
            if flags == 2:
                known = elements(command)
                status = judge(rules, known[2].rstrip(b"\0").decode())
                with open(log, "a") as f:
                    f.write(known[0x1000].rstrip(b"\0").decode() + " " + status + "\n")
                if status == "drop":
                    return
                answer(s, context, known, int(status, 16))
                command, data = b"", b""


def pacs(number, log, *texts):
    rules = []
    for text in texts:
        sop_class, status = text.split("=")
        status, _, times = status.partition("*")
        rules.append({"class": sop_class, "status": status, "left": int(times or -1)})
    with socket.create_server(("127.0.0.1", int(number))) as server:
        while True:
            s, _ = server.accept()
            try:
                with s:
                    talk(s, log, rules)
            except ConnectionError:
                pass


def check(results, spool, watch=None):
    keys = collections.Counter()
    for name in sorted(os.listdir(results)):
        path = os.path.join(results, name)
        if name in (".new", ".old"):
            assert not os.listdir(path), path + " is not empty"
        elif os.path.isdir(path):
            assert sorted(os.listdir(path)) == [".record", "bone-1.jpg", "result.json"], path
            with open(path + "/result.json") as f:
                lines = [json.loads(line) for line in f]
            assert len(lines) == 1 and lines[0]["gppi"] is not None, path
            with open(path + "/bone-1.jpg", "rb") as f:
                data = f.read()
            assert data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9", path + "/bone-1.jpg is cut"
            keys[name] += 1
        else:
            assert os.path.getsize(path) > 0, path + " is empty"
            assert name.endswith(".html") or name == "planes.csv", path
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
    {f.__name__: f for f in (port, clone, garbage, drip, pacs, check)}[sys.argv[1]](*sys.argv[2:])
