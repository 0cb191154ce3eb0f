"""What happens to the watch folders during the campaign: names of every kind, slow writers, headers with data, strays
in the service's own rooms, jobs that are deleted while they wait, a share that goes away and comes back, scans left in
place, a second service. Before it, starts with each thing missing."""
import collections
import hashlib
import json
import os
import random
import shutil
import subprocess
import threading
import time

NAMES = ["temp-7.nii", "temp-x", "a", "a.txt", "a.nii", "planes.csv", "study-1.html", "two words.nii", "quote\"'`.nii",
         "line\nend.nii", "100%s%n.nii", "-rf.nii", "кость.nii", "骨.nii", "2024.03.01_m1.nii", "2024.03.02_m2.nii",
         "data", "state", "reason.txt", "result.json", "n" * 251 + ".nii", "$(touch pwned).nii", "lock",
         "x.rec.Ab12Cd", "planes.csv.Backup", "KEY-2.nii", "bone-1.jpg", ".gppi"]


def missing(gppi, folder, port):
    """Starts that cannot be: sentences without end status 1, or none."""
    base = folder + "/starts"
    os.makedirs(base + "/drop")
    with open(base + "/file", "w") as f:
        f.write("x")
    usual = {"spool": base + "/spool", "results": base + "/results", "weights": "", "tls": "", "port": port,
             "folder": base + "/drop"}
    bad = []
    cases = [("spool", base + "/none/spool"), ("spool", base + "/file"), ("results", base + "/none/results"),
             ("results", base + "/file"), ("weights", base + "/none"), ("tls", base + "/none.pem"),
             ("tls", base + "/file"), ("folder", base + "/file"), ("port", 1 if os.geteuid() else -1)]
    for what, value in cases:
        c = usual | {what: value}
        if c["port"] == -1:
            continue
        with open(base + "/gppi.conf", "w") as f:
            f.write(f"[service]\nspool = {c['spool']}\nresults = {c['results']}\n")
            f.write(f"weights = {c['weights']}\n" if c["weights"] else "")
            f.write(f"[dicom]\nport = {c['port']}\naddress = 127.0.0.1\nallow_ae = SCANNER\n")
            f.write(f"tls_certificate = {c['tls']}\ntls_key = {c['tls']}\n" if c["tls"] else "")
            f.write(f"[watch drop]\nfolder = {c['folder']}\n")
        try:
            run = subprocess.run([gppi, "serve", "--config", base + "/gppi.conf"], capture_output=True, timeout=30,
                                 check=False)
            lines = run.stderr.decode(errors="replace").splitlines()
            if run.returncode != 1 or not lines or not lines[-1].startswith("gppi: "):
                bad.append((what, value, run.returncode, lines[-1:]))
        except subprocess.TimeoutExpired:
            bad.append((what, value, "runs"))
    return len(cases), bad


class Drops:
    def __init__(self, gppi, folder, seed):
        self.gppi, self.root = gppi, folder
        self.drop, self.share = folder + "/drop", folder + "/share"
        os.mkdir(self.drop)
        os.mkdir(self.share)
        self.random = random.Random(seed)
        self.count = collections.Counter()
        self.expected = {}   # of drops: SHA-256 of the content, and the name
        self.placed = {}     # of what is left in place: path, SHA-256
        self.number = 0
        self.threads, self.lock = [], threading.Lock()
        self.wrong = []

    def config(self):
        return (f"[watch drop]\nfolder = {self.drop}\nquiet_time = 1\npoll = 1\n"
                f"[watch share]\nfolder = {self.share}\nquiet_time = 1\npoll = 1\nleave_in_place = yes\n")

    def load(self):
        with open(self.root + "/bone.nii", "rb") as f:
            self.bone = f.read()

    def content(self):
        """The bone, with a number in its last voxels: no two are the same."""
        self.number += 1
        return self.bone[:-8] + self.number.to_bytes(4, "little") + self.bone[-4:]

    def add(self, name, data):
        self.expected[hashlib.sha256(data).hexdigest()] = name

    def put(self, path, data):
        with open(path + ".part", "wb") as f:
            f.write(data)
        os.rename(path + ".part", path)

    def name(self):
        names = [n for n in NAMES if not n.startswith(".")]
        while True:
            name = self.random.choice(names)
            if len(name) > 240 or not os.path.lexists(self.drop + "/" + name):
                return name

    def any_name(self):
        name, data = self.name(), self.content()
        temp = self.drop + "/.new.part"
        with open(temp, "wb") as f:
            f.write(data)
        if os.path.lexists(self.drop + "/" + name):
            return
        os.rename(temp, self.drop + "/" + name)
        self.add(name, data)
        self.count["names of every kind"] += 1

    def slow(self):
        """In three pieces, with pauses longer than quiet_time."""
        data, name = self.content(), f"slow{self.number}.nii"
        self.add(name, data)

        def write():
            with open(self.drop + "/" + name, "wb") as f:
                for part in range(3):
                    f.write(data[part * len(data) // 3 : (part + 1) * len(data) // 3])
                    f.flush()
                    time.sleep(3)
        thread = threading.Thread(target=write)
        thread.start()
        self.threads.append(thread)
        self.count["slow writers"] += 1

    def pair(self):
        data, stem = self.content(), f"2024.{self.number}.pair"
        dims = [int.from_bytes(data[42 + 2 * i : 44 + 2 * i], "little") for i in range(3)]
        kind = {2: "MET_UCHAR", 4: "MET_SHORT", 512: "MET_USHORT",
                16: "MET_FLOAT"}[int.from_bytes(data[70:72], "little")]
        voxels = data[352:]
        self.put(f"{self.drop}/{stem}.raw", voxels)
        with open(f"{self.drop}/{stem}.mhd.part", "w") as f:
            f.write(f"ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = {dims[0]} {dims[1]} {dims[2]}\n"
                    f"ElementSpacing = 0.01 0.01 0.01\nElementType = {kind}\nElementDataFile = {stem}.raw\n")
        os.rename(f"{self.drop}/{stem}.mhd.part", f"{self.drop}/{stem}.mhd")
        self.add(stem + ".raw", voxels)
        self.count["headers with data"] += 1

    def stray(self):
        room = self.random.choice(["work", "queue", "incoming"])
        try:
            with open(f"{self.drop}/{room}/stray{self.number}", "w") as f:
                f.write("x")
            self.number += 1
            self.count["strays"] += 1
        except OSError:
            pass

    def delete(self):
        """A job that waits, in one step; then nobody can answer it."""
        try:
            keys = [k for k in os.listdir(self.drop + "/queue")
                    if os.path.isdir(f"{self.drop}/queue/{k}/data") and k[0] != "."]
            if not keys:
                return
            key = self.random.choice(keys)
            away = f"{self.root}/deleted{self.number}"
            self.number += 1
            os.rename(f"{self.drop}/queue/{key}", away)
        except OSError:
            return
        for name in os.listdir(away + "/data"):
            with open(f"{away}/data/{name}", "rb") as f:
                self.expected.pop(hashlib.sha256(f.read()).hexdigest(), None)
        self.count["deleted"] += 1

    def vanish(self):
        for thread in self.threads:
            thread.join()
        self.threads.clear()
        os.rename(self.drop, self.root + "/away")
        time.sleep(self.random.uniform(0.5, 3))
        os.rename(self.root + "/away", self.drop)
        self.count["share away"] += 1

    def place(self):
        data = self.content()
        folder = f"{self.share}/D{self.number % 7}/M{self.number}"
        os.makedirs(folder)
        path = f"{folder}/C 01.nii"
        self.put(path, data)
        self.placed[path] = (hashlib.sha256(data).hexdigest(), os.stat(path).st_mtime_ns)
        self.count["left in place"] += 1

    def second(self, service_config):
        """Another service, with a spool of its own, on the same folder."""
        config = self.root + "/second.conf"
        with open(config, "w") as f:
            f.write(f"[service]\nspool = {self.root}/second\nresults = {self.root}/second-results\n"
                    f"[watch drop]\nfolder = {self.drop}\n")
        run = subprocess.run([self.gppi, "serve", "--config", config], capture_output=True, timeout=60, check=False)
        if run.returncode != 1 or b"another gppi serve uses this watch folder" not in run.stderr:
            self.wrong.append(("second", run.returncode, run.stderr[-200:]))
        self.count["second service refused"] += 1

    def run(self, stop, service):
        while not stop.is_set():
            waiting = [n for room in ("", "/queue") if os.path.isdir(self.drop + room)
                       for n in os.listdir(self.drop + room)]
            if len(waiting) > 20:
                stop.wait(1)  # faster than they are answered
                continue
            what = self.random.choices([self.any_name, self.slow, self.pair, self.stray, self.delete, self.vanish,
                                        self.place], [8, 2, 2, 1, 1, 1, 3])[0]
            what()
            if self.random.random() < 0.05:
                with service.lock:  # not while it is being killed: then the folder is nobody's
                    deadline = time.time() + 20
                    while time.time() < deadline and not service.holds(self.drop):
                        time.sleep(0.1)
                    if service.holds(self.drop):
                        self.second(service.config)
            stop.wait(self.random.uniform(0.1, 1.0))
        for thread in self.threads:
            thread.join()

    def check(self, results):
        """What is lost, double, changed in the share; what lies in quarantine but strays."""
        found = collections.Counter()
        for key in os.listdir(results):
            path = f"{results}/{key}/result.json"
            if os.path.exists(path):
                with open(path) as f:
                    found[json.loads(f.readline())["input"]] += 1
        hashes = collections.Counter()
        for key in os.listdir(self.drop + "/done"):
            for name in os.listdir(f"{self.drop}/done/{key}/data"):
                with open(f"{self.drop}/done/{key}/data/{name}", "rb") as f:
                    hashes[hashlib.sha256(f.read()).hexdigest()] += 1
        lost = [self.expected[h] for h in self.expected if not hashes[h]]
        lost += [p for p in self.placed if not found[p]]
        double = [h for h in hashes if hashes[h] > 1 and h in self.expected] + [p for p in found if found[p] > 1]
        changed = [p for p, (digest, when) in self.placed.items()
                   if os.stat(p).st_mtime_ns != when or hashlib.sha256(open(p, "rb").read()).hexdigest() != digest]
        here = {os.path.join(folder, f) for folder, _, files in os.walk(self.share) for f in files}
        changed += sorted(here ^ set(self.placed))
        failed = []
        for key in os.listdir(self.drop + "/quarantine"):
            if not key.startswith("stray"):
                with open(f"{self.drop}/quarantine/{key}/reason.txt") as f:
                    failed.append((key, f.read().strip()))
        left = [f"{room}/{n}" for room in ("incoming", "queue", "work") for n in os.listdir(f"{self.drop}/{room}")
                if not n.startswith("stray")]
        left += [n for n in os.listdir(self.drop)
                 if n not in ("incoming", "queue", "work", "done", "quarantine", ".gppi-lock", ".new.part")]
        return lost, double, changed, failed, left
