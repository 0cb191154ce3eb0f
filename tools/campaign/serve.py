#!/usr/bin/env python3
"""The long test of `gppi serve`: many series from several senders, some of them twice, while the service is killed
(kill -9) at random moments, the disk is full for a while, senders stop midway, strangers knock, its clock is set
and the PACS comes and goes, and workers are killed (hostile.py). As root all of it happens where a name server
never answers. Files of every kind are dropped into a watch folder and left in a share
(drops.py). Then counts: every series must have one result, whole, of all its slices, one row, one place on the study
page, and all three DICOM results at the PACS; every drop one result with its own data.

    serve.py --gppi build/gppi --phantom build/phantom [--series 200] [--senders 4] [--kills 50] [--seed 1]

As root the spool lies on a small tmpfs, which really gets full; otherwise free space is asked for in vain
(min_free). Exit status 0 when nothing was lost, doubled or half-written.
"""
import argparse
import collections
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests"))
import drops as neighbours  # noqa: E402
import hostile  # noqa: E402
import serve_hostile  # noqa: E402
import serve_peer  # noqa: E402

SLICES = 200


class Service:
    def __init__(self, args, folder, pacs, clock, drops):
        self.args, self.folder, self.pacs, self.clock, self.drops = args, folder, pacs, clock, drops
        self.config = folder + "/gppi.conf"
        self.log = open(folder + "/log", "ab")
        self.process = None
        self.lock = threading.Lock()
        self.kills = 0

    def write_config(self, port, min_free="0"):
        with open(self.config, "w") as f:
            f.write(
                f"[service]\nspool = {self.folder}/disk/spool\nresults = {self.folder}/disk/results\n"
                f"min_free = {min_free}\nkeep_done_days = 30\nmax_attempts = 100\nqueue = 32\n"
                f"[send]\nhost = 127.0.0.1\nport = {self.pacs}\ncalled_title = PACS\nretry_max = 5\ntimeout = 10\n"
                f"[dicom]\nport = {port}\naddress = 127.0.0.1\nallow_ae = SCANNER\nallow_address = 127.0.0.1\n"
                "complete = release\n"
                "quiet_time = 20\nabort_wait = 6\nidle_timeout = 5\nobject_timeout = 20\nmax_associations = 16\n"
                + self.drops.config()
            )

    def start(self):
        self.process = subprocess.Popen([self.args.gppi, "serve", "--config", self.config], stderr=self.log,
                                        env=self.clock.environment())

    def holds(self, folder):
        """Has this process the lock of the folder?"""
        fds = f"/proc/{self.process.pid}/fd"
        try:
            return any(os.readlink(f"{fds}/{fd}") == folder + "/.gppi-lock" for fd in os.listdir(fds))
        except OSError:
            return False

    def kill(self):
        with self.lock:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.kills += 1
            self.start()

    def status(self):
        run = subprocess.run(
            [self.args.gppi, "serve", "--status", "--json", "--config", self.config], capture_output=True, check=False
        )
        return json.loads(run.stdout) if run.returncode == 0 else None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait()


def prepare(args, folder):
    """The first small synthetic bone that gives a plane."""
    for seed in range(1, 40):
        for name in ("whole", "base"):
            shutil.rmtree(f"{folder}/{name}", ignore_errors=True)
        subprocess.run(
            [args.phantom, "make", "--seed", str(seed), "--size", "64", "--dicom", folder + "/whole", "--nifti",
             folder + "/bone.nii"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        serve_peer.clone(folder + "/whole", folder + "/base", 195, 80, SLICES)  # the same UIDs
        run = subprocess.run([args.gppi, "detect", folder + "/base", folder + "/bone.nii"], capture_output=True,
                             check=False)
        if run.returncode == 0:
            return
    sys.exit("no small bone gives a plane")


class Senders:
    def __init__(self, args, folder, port):
        self.args, self.folder, self.port = args, folder, port
        self.unsent = list(range(90, 90 + args.series))  # numbers of clones
        self.lock = threading.Lock()
        self.tries = self.cut = self.again = 0
        self.random = random.Random(args.seed)
        self.done = 0

    def next(self):
        with self.lock:
            return self.unsent.pop(0) if self.unsent else None

    def command(self, folder):
        return ["storescu", "-aet", "SCANNER", "-aec", "GPPI", "127.0.0.1", str(self.port), "+sd", folder]

    def run(self, index):
        while (number := self.next()) is not None:
            folder = f"{self.folder}/send{index}"
            shutil.rmtree(folder, ignore_errors=True)
            serve_peer.clone(self.folder + "/base", folder, number)
            with self.lock:
                stops = index == 0 and self.random.random() < 0.3
                twice = self.random.random() < 0.1
                wait = self.random.uniform(0.05, 0.5)
            if stops:  # a sender that dies midway, and tries again later
                process = subprocess.Popen(
                    self.command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                time.sleep(wait)
                process.kill()
                process.wait()
                self.cut += 1
            while True:
                self.tries += 1
                run = subprocess.run(
                    self.command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
                )
                if run.returncode == 0:
                    if not twice:
                        break
                    twice = False  # the whole series once more, at once or after its result
                    self.again += 1
                    time.sleep(wait * 10)
                    continue
                time.sleep(0.5)
            self.done += 1


def disk_full(service, folder, port, tmpfs):
    """Three times ten seconds without space."""
    for _ in range(3):
        time.sleep(25)
        if tmpfs:
            try:
                with open(folder + "/disk/ballast", "wb") as f:
                    while True:
                        f.write(bytes(1 << 16))
                        f.flush()
            except OSError:
                pass
            time.sleep(10)
            os.unlink(folder + "/disk/ballast")
        else:
            service.write_config(port, "4000T")
            service.process.send_signal(signal.SIGHUP)
            time.sleep(10)
            service.write_config(port)
            service.process.send_signal(signal.SIGHUP)


def keys(folder, numbers):
    """SeriesInstanceUIDs of the clones."""
    with open(folder + "/base/" + sorted(os.listdir(folder + "/base"))[0], "rb") as f:
        data = f.read()
    at = data.index(b"\x20\x00\x0e\x00UI") + 6  # explicit little endian
    uid = data[at + 2 : at + 2 + int.from_bytes(data[at : at + 2], "little")].rstrip(b"\0").decode()
    return {f"{n // 90}.{10 + n % 90}." + uid.split(".", 2)[2] for n in numbers}


def not_sent(folder, numbers, stored):
    """Of each series' last report, key object and picture: those that the PACS does not have."""
    last = {}
    with open(folder + "/log") as f:
        for line in f:
            if "event=sent object=" in line:
                name, _, uid = line.strip().partition("object=")[2].removesuffix(".dcm").partition("@")
                last[name] = uid
    names = [f"{key}-bone-1-{kind}" for key in keys(folder, numbers) for kind in ("report", "key", "picture")]
    return [name for name in names if last.get(name) not in stored]


def count(folder, numbers):
    results, spool = folder + "/disk/results", folder + "/disk/spool"
    expected = keys(folder, numbers)
    found = collections.Counter()
    half = []
    shown = 0  # bones on study pages
    for name in os.listdir(results):
        path = results + "/" + name
        if name in (".new", ".old"):
            half += [f"{name}/{n}" for n in os.listdir(path)]
        elif os.path.isdir(path):
            try:
                with open(path + "/result.json") as f:
                    lines = [json.loads(line) for line in f]
                with open(path + "/bone-1.jpg", "rb") as f:
                    picture = f.read()
                if len(lines) != 1 or lines[0]["gppi"] is None or \
                   picture[:2] != b"\xff\xd8" or picture[-2:] != b"\xff\xd9":
                    half.append(name)
            except (ValueError, OSError):
                half.append(name)
            if name[0].isdigit():
                found[name] += 1
        elif name.endswith(".html"):
            with open(path, "rb") as f:
                page = f.read()
            if not page.rstrip().endswith(b"</html>"):
                half.append(name)
            if name.startswith("study-"):
                shown += page.count(b'class="bone"')
        elif name != "planes.csv":
            half.append(name)
    rows = collections.Counter()
    planes = set()
    with open(results + "/planes.csv", newline="") as f:
        for row in csv.DictReader(f):
            rows[row["Key"]] += 1
            if row["Key"][0].isdigit():
                planes.add(row["Growth Plate Index"])
    lost = [key for key in expected if not found[key]]
    rowless = [key for key in expected if not rows[key]]
    double = [key for key in rows if rows[key] > 1] + [key for key in found if key not in expected]
    partial = []
    for key in expected - set(lost):
        try:
            if len(os.listdir(f"{spool}/done/{key}/data")) != SLICES:
                partial.append(key)
        except FileNotFoundError:
            partial.append(key)
    rooms = ("incoming", "queue", "work", "quarantine", "send/staged", "send/waiting", "send/refused")
    left = [f"{room}/{n}" for room in rooms for n in os.listdir(f"{spool}/{room}")]
    return lost, rowless, double, half, partial, left, planes, shown


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gppi", default="build/gppi")
    parser.add_argument("--phantom", default="build/phantom")
    parser.add_argument("--series", type=int, default=200)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder")
    args = parser.parse_args()
    args.gppi, args.phantom = os.path.abspath(args.gppi), os.path.abspath(args.phantom)
    if os.geteuid() == 0 and not os.environ.get("CAMPAIGN_APART"):
        os.environ["CAMPAIGN_APART"] = "yes"
        os.execvp("unshare", ["unshare", "-mn", sys.executable, *sys.argv])

    folder = tempfile.mkdtemp(prefix="gppi-serve-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    os.mkdir(folder + "/disk")
    size = 160 + args.series * 5  # MB: all series and their results, and some air
    tmpfs = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}m", "none", folder + "/disk"], check=False, capture_output=True
    ).returncode == 0
    asked = serve_hostile.silent_name_server(folder) if os.environ.get("CAMPAIGN_APART") else None
    prepare(args, folder)
    port, pacs_port = serve_peer.free_port(), serve_peer.free_port()
    clock = hostile.Clock(folder)
    starts, bad_starts = neighbours.missing(args.gppi, folder, port)
    drops = neighbours.Drops(args.gppi, folder, args.seed)
    drops.load()
    service = Service(args, folder, pacs_port, clock, drops)
    service.write_config(port)
    service.start()
    senders = Senders(args, folder, port)
    strangers, pacs, memory = hostile.Hostile(port, args.seed), hostile.Pacs(folder, pacs_port), hostile.Memory(service)
    workers = hostile.WorkerKills(service)
    threads = [threading.Thread(target=senders.run, args=(i,)) for i in range(args.senders)]
    stop, over = threading.Event(), threading.Event()
    threads_beside = [
        threading.Thread(target=hostile.drip, args=(port, stop)),
        threading.Thread(target=strangers.run, args=(stop,)),
        threading.Thread(target=clock.run, args=(stop, args.seed)),
        threading.Thread(target=pacs.run, args=(stop, args.seed)),
        threading.Thread(target=disk_full, args=(service, folder, port, tmpfs)),
        threading.Thread(target=drops.run, args=(stop, service)),
        threading.Thread(target=workers.run, args=(stop, args.seed)),
    ]
    watcher = threading.Thread(target=memory.run, args=(over,))
    watcher.start()
    begin = time.time()
    for t in threads + threads_beside:
        t.start()
    rng = random.Random(args.seed)
    while service.kills < args.kills:
        # over the first part of all series; the rest shows how one process does in the long run
        time.sleep(rng.uniform(0.3, 4.0))
        if senders.done < 0.6 * args.series * service.kills / args.kills and any(t.is_alive() for t in threads):
            continue
        service.kill()
        if service.kills % 10 == 0:
            print(f"{time.time() - begin:.0f} s: {service.kills} kills, {senders.done} series sent", flush=True)
    for t in threads:
        t.join()
    stop.set()
    for t in threads_beside:
        t.join()
    quiet = 0
    while quiet < 3:
        time.sleep(2)
        status = service.status()
        quiet = quiet + 1 if status and not any(status["now"].values()) else 0
    took = time.time() - begin
    over.set()
    watcher.join()
    status = service.status()["since_start"]
    end = service.stop()
    pacs.stop()
    with open(folder + "/log", "rb") as f:
        events = collections.Counter(
            word.split("=", 1)[1] for line in f.read().decode().splitlines() for word in line.split()[:1]
        )
    lost, rowless, double, half, partial, left, planes, shown = count(folder, range(90, 90 + args.series))
    print(f"{args.series} series of {SLICES} slices from {args.senders} senders in {took:.0f} s, "
          f"{service.kills} kills, disk {'full' if tmpfs else 'refused'} three times, "
          f"{senders.cut} senders cut midway, {senders.again} series sent twice, {senders.tries} transfers, "
          f"clock set {clock.changes if clock.works else 0} times (+-3 days, -1 and +20 years)")
    print(f"workers killed: {workers.count}; name server:",
          "the usual one" if asked is None else f"silent, asked {len(asked)} times")
    print("events:", ", ".join(f"{k} {v}" for k, v in sorted(events.items())))
    for what, list_ in (("lost", lost), ("without a row", rowless), ("double", double), ("half-written", half),
                        ("not of all slices", partial), ("left over", left)):
        print(f"{what}: {len(list_)} {' '.join(list_[:5])}")
    print(f"planes given: {' '.join(sorted(planes))}; exit status of the service {end}")
    print(f"bones on study pages: {shown}")
    lost_drops, double_drops, changed, failed, left_drops = drops.check(folder + "/disk/results")
    print(f"starts with one thing missing: {starts}, without a sentence and status 1: "
          f"{len(bad_starts)} {bad_starts[:3]}")
    print("watch folders:", ", ".join(f"{n} {k}" for k, n in sorted(drops.count.items())))
    for what, list_ in (("drops lost", lost_drops), ("drops double", double_drops),
                        ("changed in the share", changed), ("drops that failed", failed),
                        ("drops left over", left_drops), ("second services", drops.wrong)):
        print(f"{what}: {len(list_)} {list_[:5]}")
    for what, answers in sorted(strangers.answers.items()):
        print(f"{what}:", ", ".join(f"{n} {k}" for k, n in answers.items() if n))
    print(f"answers to strangers that are no rejection: {len(strangers.wrong)} {strangers.wrong[:3]}")
    stored = pacs.count()
    again = sum(n - 1 for n in stored.values())
    unsent = not_sent(folder, range(90, 90 + args.series), stored)
    print(f"PACS, started {pacs.starts} times: {len(stored)} objects stored, {again} of them once more; "
          f"of the last answers {len(unsent)} are missing {unsent[:3]}; last process: {status['sent']} sent, "
          f"{status['send_retries']} rounds tried again")
    most, seconds, parts = memory.report()
    print(f"memory: at most {most} MB; the last process, {seconds} s, in six parts: {parts} MB")
    bad = lost or rowless or double or half or partial or left or len(planes) != 1 or end or strangers.wrong
    bad = bad or shown != args.series or unsent or again > service.kills
    bad = bad or bad_starts or lost_drops or double_drops or changed or failed or left_drops or drops.wrong
    if bad:
        shutil.copy(folder + "/log", "/dev/shm/gppi-serve-last.log")
    if tmpfs:
        subprocess.run(["umount", folder + "/disk"], check=False)
    if args.keep:
        print("kept:", folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
