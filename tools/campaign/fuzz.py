#!/usr/bin/env python3
"""Fuzzes the readers of scans in turn, in slices of equal processor time, until each has had its share. One process
at a time, which may be niced. BUILD/fuzzing/ledger.csv tells what was done: a campaign that was stopped goes on
where it was. The targets and seeds are there already (make campaign-fuzz makes them).

    fuzz.py --build build [--minutes 30] [--slice 4] [--until 17:30] READER...

Exit status 1 where a reader has a finding; its log and input stay in BUILD/fuzzing.
"""
import argparse
import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")
SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "fuzz", "seeds.sh")
FIELDS = ["reader", "cpu_seconds", "runs", "coverage", "corpus", "findings"]
LIMITS = ["-timeout=20", "-rss_limit_mb=1500", "-malloc_limit_mb=400", "-max_len=20000"]


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build")
    p.add_argument("--minutes", type=float, default=30, help="of processor time for each reader")
    p.add_argument("--slice", type=float, default=4, help="minutes of a slice")
    p.add_argument("--until", default="", help="HH:MM, the end whatever was done")
    p.add_argument("readers", nargs="+")
    return p.parse_args()


def end_time(clock):
    if not clock:
        return float("inf")
    now = time.localtime()
    hour, minute = map(int, clock.split(":"))
    end = time.mktime((now.tm_year, now.tm_mon, now.tm_mday, hour, minute, 0, 0, 0, -1))
    return end if end > time.time() else end + 24 * 3600  # past midnight


def cpu_seconds(pid):
    """User and system time of a process, of all its threads."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def seeds(here, reader):
    kinds = subprocess.run(["sh", SEEDS, "kinds", reader], capture_output=True, text=True, check=True).stdout.split()
    return [f"{here}/seeds/{k}" for k in kinds if os.path.isdir(f"{here}/seeds/{k}")]


def run_slice(here, reader, seconds, end):
    """One process until it has used so much processor time. Returns the time, its log, and why it failed."""
    corpus = f"{here}/corpus-{reader}"
    os.makedirs(corpus, exist_ok=True)
    with open(f"{here}/{reader}.log", "w") as log:
        p = subprocess.Popen([f"{here}/fuzz_{reader}", *LIMITS, "-print_final_stats=1",
                              f"-artifact_prefix={here}/{reader}-", corpus, *seeds(here, reader)],
                             stdout=log, stderr=log)
    used, stopped = 0.0, False
    while p.poll() is None:
        time.sleep(0.5)
        try:
            used = cpu_seconds(p.pid)
        except (OSError, IndexError):
            continue
        if not stopped and (used >= seconds or time.time() > end):
            p.send_signal(signal.SIGINT)
            stopped = True
    shutil.rmtree(f"/dev/shm/gppi-fuzz-{p.pid}", ignore_errors=True)
    with open(f"{here}/{reader}.log", errors="replace") as log:
        text = log.read()
    summary = re.search("^SUMMARY.*", text, re.M)
    if summary or (p.returncode != 0 and not stopped):
        return used, text, summary.group() if summary else f"exit status {p.returncode}"
    return used, text, ""


def last(pattern, text):
    found = re.findall(pattern, text, re.M)
    return int(found[-1]) if found else 0


def read_ledger(path, readers):
    rows = {r: dict.fromkeys(FIELDS, 0) | {"reader": r} for r in readers}
    if path and os.path.exists(path):
        with open(path, newline="") as f:
            rows.update({r["reader"]: {k: r[k] for k in FIELDS} for r in csv.DictReader(f)})
    return rows


def write_ledger(path, rows):
    with open(path + ".new", "w", newline="") as f:
        table = csv.DictWriter(f, FIELDS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows.values())
    os.replace(path + ".new", path)


def main():
    args = arguments()
    here, end = args.build + "/fuzzing", end_time(args.until)
    rows = read_ledger(here + "/ledger.csv", args.readers)
    while time.time() < end:
        reader = min(args.readers, key=lambda r: float(rows[r]["cpu_seconds"]))
        row = rows[reader]
        left = args.minutes * 60 - float(row["cpu_seconds"])
        if left < 1:
            break
        used, text, why = run_slice(here, reader, min(args.slice * 60, left), end)
        row["cpu_seconds"] = round(float(row["cpu_seconds"]) + used, 1)
        row["runs"] = int(row["runs"]) + (last(r"^stat::number_of_executed_units: +(\d+)", text)
                                          or last(r"^#(\d+)", text))
        row["coverage"] = last(r" cov: (\d+)", text) or row["coverage"]
        row["corpus"] = last(r" corp: (\d+)", text) or row["corpus"]
        row["findings"] = int(row["findings"]) + bool(why)
        if why:
            os.replace(f"{here}/{reader}.log", f"{here}/{reader}-finding-{row['findings']}.log")
        write_ledger(here + "/ledger.csv", rows)
        print(time.strftime("%H:%M:%S"), reader, f"{row['cpu_seconds']} s, {row['runs']} runs:", why or "clean",
              flush=True)
    return any(int(rows[r]["findings"]) for r in args.readers)


if __name__ == "__main__":
    sys.exit(main())
