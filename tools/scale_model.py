#!/usr/bin/env python3
"""How long an array of shards takes, and what it costs: a simulation of gppi on a cluster.

    tools/scale_model.py                     the tables of packaging/doc/scale.md
    tools/scale_model.py --check build       two tasks measured here beside the same two simulated

A task takes its shard bone by bone: the bytes come from a share that all tasks divide evenly (and no task gets more
than its own link), then one core computes. A bone's computing scatters; some tasks run on slow nodes; tasks fail and
begin again where they were. Shards are those of `gppi list`: the largest input first, to the shard that has least."""

import argparse
import csv
import heapq
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

# Bones of 429 x 429 x 642 voxels (236 MB), one thread; measured: see packaging/doc/scale.md. Seconds of one core for a
# bone, and bytes read.
FORMATS = {
    "nii": (0.24, 236e6),
    "isq": (0.24, 236e6),
    "nii.gz": (1.19, 161e6),
    "dicom": (0.31, 238e6),
}
LINK = 1.25e9  # bytes a second that a task gets at most: 10 Gbit/s of its node
START = 10.0  # seconds from submission of a task to its first byte


def shard(sizes, n):
    """The bones of each shard."""
    heap = [(0, 0, i) for i in range(n)]
    shards = [[] for _ in range(n)]
    for k in sorted(range(len(sizes)), key=lambda k: (-sizes[k], k)):
        total, count, i = heapq.heappop(heap)
        shards[i].append(k)
        heapq.heappush(heap, (total + sizes[k], count + 1, i))
    return [sorted(s) for s in shards]


class Task:
    def __init__(self, bones, slow):
        self.bones, self.slow, self.at = bones, slow, 0


def simulate(bones, shards, cores, share, *, arrival=0.0, failures=0.0, stragglers=0.0, slow=2.0, spread=0.15,
             start=START, link=LINK, seed=1):
    """bones: (seconds, bytes) each; share: bytes a second. arrival: mean seconds between cores that become free at
    first. failures: chance that a task is killed once, on its way. Returns hours of clock and of cores, and the part of
    the time of cores that is spent on waiting for bytes."""
    rng = random.Random(seed)
    waiting = []
    for s in shard([b[1] for b in bones], shards):
        waiting.append(Task(s, slow if rng.random() < stragglers else 1.0))
    waiting.reverse()
    die = {id(t): rng.randrange(len(t.bones)) for t in waiting if t.bones and rng.random() < failures}
    now, used, starved, events, order = 0.0, 0.0, 0.0, [], 0
    # All readers get the same rate: `given` is what one that was there from the start has got, and a reader is done
    # when it reaches the number that it has in the heap.
    readers, given = [], 0.0

    def later(when, what, task):
        nonlocal order
        order += 1
        heapq.heappush(events, (when, order, what, task))

    free = 0.0
    for _ in range(min(cores, shards)):
        later(free, "core", None)
        free += rng.expovariate(1 / arrival) if arrival else 0.0
    while events or readers:
        rate = min(link, share / len(readers)) if readers else 0.0
        finish = now + max(readers[0][0] - given, 0.0) / rate if readers else float("inf")
        read = readers and (not events or finish <= events[0][0])
        when = finish if read else events[0][0]
        given += rate * (when - now)
        starved += len(readers) * (when - now)
        now = when
        if read:
            t = heapq.heappop(readers)[2]
            seconds = bones[t.bones[t.at]][0] * t.slow * rng.lognormvariate(-spread * spread / 2, spread)
            used += seconds
            later(now + seconds, "computed", t)
            continue
        _, _, what, t = heapq.heappop(events)
        if what == "core":
            if not waiting:
                continue
            t = waiting.pop()
            used += start
            later(now + start, "next", t)
            continue
        if what == "computed" and die.get(id(t)) == t.at:  # killed: the last bone is done again, after another start
            del die[id(t)]
            used += start
            later(now + start, "next", t)
            continue
        t.at += what == "computed"
        if t.at < len(t.bones):
            order += 1
            heapq.heappush(readers, (given + bones[t.bones[t.at]][1], order, t))
        else:
            later(now, "core", None)
    return now / 3600, (used + starved) / 3600, starved / max(used + starved, 1e-9)


# ---- tables ----

def archive(n, kind, seed=1):
    """Bones from half to twice the measured size: by voxels, so computing and bytes go together."""
    rng = random.Random(seed)
    seconds, size = FORMATS[kind]
    factor = [2 ** rng.uniform(-1, 1) for _ in range(n)]
    mean = statistics.fmean(factor)
    return [(seconds * f / mean, size * f / mean) for f in factor]


def tables(n, price):
    print(f"| {n} bones | cores | 1 Gbit/s | 10 Gbit/s | 40 Gbit/s |\n|---|---:|---:|---:|---:|")
    for kind in FORMATS:
        bones = archive(n, kind)
        for cores in (1, 16, 256):
            cells = []
            for gbit in (1, 10, 40):
                hours, _, starved = simulate(bones, 4 * cores if cores > 1 else 1, cores, gbit * 1.25e8,
                                             arrival=0.5, failures=0.02, stragglers=0.05)
                text = f"{hours * 60:.0f} min" if hours < 2 else f"{hours:.1f} h"
                cells.append(text + (" *" if starved > 0.5 else ""))
            print(f"| {kind} | {cores} | " + " | ".join(cells) + " |")
    print("\n\\* more than half of the cores' time is waiting for the share.\n")
    print(f"| 1,000 bones at {price} a core-hour | core-hours, fast disks | cost | 16 cores, 10 Gbit/s | cost |\n"
          "|---|---:|---:|---:|---:|")
    for kind in FORMATS:
        bones = archive(1000, kind)
        used = [simulate(bones, 4 * cores, cores, share, link=link, failures=0.02, stragglers=0.05)[1]
                for cores, share, link in ((1, 1e11, 1e11), (16, 1.25e9, LINK))]
        print(f"| {kind} | " + " | ".join(f"{u:.2f} | {u * price:.3f}" for u in used) + " |")


# ---- beside a measured run ----

def run(argv, cwd):
    begin = time.monotonic()
    process = subprocess.run(argv, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begin, process.returncode


def make_bones(build, folder, size):
    """Three synthetic bones of different sizes that have a plane."""
    made = []
    for seed in range(1, 60):
        name = f"b{len(made)}.nii"
        subprocess.run([f"{build}/phantom", "make", "--seed", str(seed), "--size", str(size + 24 * len(made)),
                        "--nifti", name], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        if run([f"{build}/gppi", "detect", "-q", name], folder)[1] == 0:
            made.append(name)
        if len(made) == 3:
            return made
    sys.exit("scale_model: no synthetic bone has a plane")


def check(build, count, size):
    """Each of the bones is timed alone, twice; from these the run of two tasks side by side is predicted."""
    build, folder = os.path.abspath(build), tempfile.mkdtemp()
    gppi = f"{build}/gppi"
    try:
        made = make_bones(build, folder, size)
        subprocess.run([gppi, "detect", "-q", "none.nii"], cwd=folder, stderr=subprocess.DEVNULL)
        with open(f"{folder}/list.csv", "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["path"])
            for i in range(count):
                os.symlink(made[i % 3], f"{folder}/n{i:03d}.nii")
                writer.writerow([f"n{i:03d}.nii"])
        tasks = [[gppi, "detect", "-q", "--threads", "1", "--list", "list.csv", "--shard", f"{i}/2",
                  "--csv", f"{i}.csv"] for i in (1, 2)]
        alone = {name: pair(folder, [gppi, "detect", "-q", "--threads", "1"] + [name] * 10) / 10 for name in made}
        begin = time.monotonic()
        running = [subprocess.Popen(t, cwd=folder, stdout=subprocess.DEVNULL) for t in tasks]
        codes = [p.wait() for p in running]
        measured = time.monotonic() - begin
        bones = [(alone[made[i % 3]], float(os.path.getsize(f"{folder}/{made[i % 3]}"))) for i in range(count)]
        # files are in memory: reading is part of the seconds
        hours, _, _ = simulate(bones, 2, 2, 1e12, link=1e12, start=0.0, spread=0.05)
        simulated = hours * 3600
        print(f"two tasks, {count} bones: measured {measured:.2f} s, simulated {simulated:.2f} s "
              f"({100 * (simulated / measured - 1):+.1f} %)")
        if any(codes):
            sys.exit("scale_model: a task failed")
        sys.exit(0 if abs(simulated / measured - 1) <= 0.15 else 1)
    finally:
        shutil.rmtree(folder)


def pair(folder, argv):
    """Seconds of a command while a second one like it runs, as in the array."""
    begin = time.monotonic()
    both = [subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL) for _ in range(2)]
    for p in both:
        p.wait()
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", metavar="BUILD",
                        help="measure two tasks with BUILD/gppi and compare; status 1 above 15 %%")
    parser.add_argument("--bones", type=int, help="of the check (default 120), or of the tables (10000)")
    parser.add_argument("--size", type=int, default=80, help="voxels across the smallest bone of the check")
    parser.add_argument("--price", type=float, default=0.05, help="of a core-hour")
    args = parser.parse_args()
    if args.check:
        check(args.check, args.bones or 120, args.size)
    tables(args.bones or 10000, args.price)


if __name__ == "__main__":
    main()
