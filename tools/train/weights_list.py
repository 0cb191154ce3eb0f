#!/usr/bin/env python3
"""The list of released weights (weights/SHA256SUMS), and what a release changes.

    weights_list.py            compares the folder with the list: prints what came, went or changed; status 1 if any
    weights_list.py --since REV    the same against the files of a git revision: recipe, bones and integer weights, too
    weights_list.py --write    writes the list anew, to be committed with the files
    weights_list.py --split    splits files of version 1 into weights and float copy first (needs numpy)
"""

import argparse
import hashlib
import json
import pathlib
import struct
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "weights"
LIST = "SHA256SUMS"
SUFFIXES = (".gppiw", ".gppif", ".f32")


def read_list(text):
    """File name -> hash."""
    return {line[66:]: line[:64] for line in text.splitlines() if line}


def hashes(files):
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def files_here():
    return {p.name: p.read_bytes() for p in sorted(FOLDER.iterdir()) if p.suffix in SUFFIXES}


def files_of(revision):
    def git(*args):
        return subprocess.run(["git", "-C", str(FOLDER), *args], check=True, stdout=subprocess.PIPE).stdout
    names = git("ls-tree", "--name-only", revision, ".").decode().splitlines()
    return {n: git("show", "%s:./%s" % (revision, n)) for n in names if n.endswith(SUFFIXES)}


def describe(data):
    """Nodes, description and the bytes of all integer weights of a weight file (weights/README.md)."""
    count, = struct.unpack_from("<I", data, 12)
    meta_size, = struct.unpack_from("<I", data, 40)
    start = 160 + 128 * count
    arrays = []
    for i in range(count):
        places = struct.unpack_from("<5Q", data, 160 + 128 * i + 64)
        if places[0]:
            arrays.append(data[places[0]:places[1]])
    return count, json.loads(data[start:start + meta_size - 1]), b"".join(arrays)


def difference(old, new):
    """Sentences about two weight files of one name."""
    (nodes0, meta0, ints0), (nodes1, meta1, ints1) = describe(old), describe(new)
    if nodes0 != nodes1 or len(ints0) != len(ints1):
        yield "another shape: %d nodes and %d bytes of weights, before %d and %d" % (
            nodes1, len(ints1), nodes0, len(ints0))
    else:
        other = sum(a != b for a, b in zip(ints0, ints1))
        yield "%.1f %% of its integer weights differ" % (100 * other / max(1, len(ints1))) if other else \
            "the same integer weights"
    for key in sorted(set(meta0) | set(meta1)):
        if meta0.get(key) != meta1.get(key):
            yield "%s: %s, before %s" % (key, *(json.dumps(m.get(key)) for m in (meta1, meta0)))


def compare(old, new, old_files=None, new_files=None):
    """Prints what differs between two lists; returns how many files do."""
    changed = [n for n in sorted(set(old) | set(new)) if old.get(n) != new.get(n)]
    for name in changed:
        print("%s: %s" % (name, "new" if name not in old else "gone" if name not in new else "changed"))
        if name.endswith(".gppiw") and old_files and name in old_files and name in new_files:
            for sentence in difference(old_files[name], new_files[name]):
                print("    " + sentence)
    return len(changed)


def split():
    import gppiw
    for path in sorted(FOLDER.glob("*.gppiw")):
        data = path.read_bytes()
        if struct.unpack_from("<I", data, 8)[0] == gppiw.VERSION_WITH_FLOATS:
            gppiw.write(str(path), gppiw.unpack(data))
            print("%s: split" % path.name)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--since", metavar="REV")
    p.add_argument("--write", action="store_true")
    p.add_argument("--split", action="store_true")
    a = p.parse_args()
    if a.split:
        split()
    files = files_here()
    now = hashes(files)
    if a.since:
        old = files_of(a.since)
        changed = compare(hashes(old), now, old, files)
    else:
        changed = compare(read_list((FOLDER / LIST).read_text()) if (FOLDER / LIST).exists() else {}, now)
    if a.write:
        (FOLDER / LIST).write_text("".join("%s  %s\n" % (h, name) for name, h in now.items()))
    return 1 if changed and not a.write and not a.since else 0


if __name__ == "__main__":
    sys.exit(main())
