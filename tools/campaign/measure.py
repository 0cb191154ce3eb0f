#!/usr/bin/env python3
"""Times of `gppi serve`, in memory (/dev/shm), for a quiet machine.

    measure.py latency GPPI PHANTOM [TIMES]   from the last object of a 642-slice series to its result
    measure.py drops GPPI PHANTOM             5,000 files dropped at once: loose DICOM files, then useless files
    measure.py pages GPPI PHANTOM [BONES]     writing a study page again and again while bones come
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests"))
import serve_peer  # noqa: E402


class Service:
    def __init__(self, gppi, folder, sections):
        self.folder = folder
        self.config = folder + "/gppi.conf"
        with open(self.config, "w") as f:
            f.write(f"[service]\nspool = {folder}/spool\nresults = {folder}/results\nmin_free = 1M\n{sections}")
        self.log = folder + "/log"
        self.process = subprocess.Popen([gppi, "serve", "--config", self.config], stderr=open(self.log, "wb"))
        self.wait("event=started")

    def text(self):
        with open(self.log) as f:
            return f.read()

    def wait(self, what, count=1, limit=1800):
        end = time.time() + limit
        while self.text().count(what) < count:
            if time.time() > end or self.process.poll() is not None:
                sys.exit(f"{what}: not {count} times\n" + self.text()[-1000:])
            time.sleep(0.05)

    def peak(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return next(int(line.split()[1]) // 1024 for line in f if line.startswith("VmHWM"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


def small(gppi, phantom, folder):
    """200 slices of a small bone that gives a plane."""
    for seed in range(1, 40):
        shutil.rmtree(folder + "/whole", ignore_errors=True)
        shutil.rmtree(folder + "/base", ignore_errors=True)
        subprocess.run([phantom, "make", "--seed", str(seed), "--size", "64", "--dicom", folder + "/whole"], check=True,
                       capture_output=True)
        serve_peer.clone(folder + "/whole", folder + "/base", 195, 80, 200)
        if subprocess.run([gppi, "detect", folder + "/base"], capture_output=True, check=False).returncode == 0:
            return folder + "/base"
    sys.exit("no small bone gives a plane")


def latency(folder, gppi, phantom, times="5"):
    port = serve_peer.free_port()
    subprocess.run([phantom, "make", "--seed", "500005", "--dicom", folder + "/base"], check=True, capture_output=True)
    service = Service(gppi, folder, f"[dicom]\nport = {port}\naddress = 127.0.0.1\nallow_ae = S\ncomplete = release\n")
    for i in range(int(times)):
        clone = folder + "/clone"
        serve_peer.clone(folder + "/base", clone, 90 + i)
        subprocess.run(["storescu", "-aet", "S", "-aec", "GPPI", "127.0.0.1", str(port), "+sd", clone], check=True)
        service.wait("event=done", i + 1)
        key = re.findall(r"event=done key=(\S+)", service.text())[-1]
        seconds, page = map(float, re.findall(r"event=done .*seconds=(\S+) page=(\S+)", service.text())[-1])
        done = f"{folder}/spool/done/{key}/data"
        last = max(os.stat(f"{done}/{name}").st_mtime for name in os.listdir(done) if name.endswith(".dcm"))
        whole = os.stat(f"{folder}/results/{key}/result.json").st_mtime - last
        begin = time.time()
        subprocess.run([gppi, "detect", "--json", "--qc", folder + "/qc", clone], check=True, capture_output=True)
        alone = time.time() - begin
        print(f"{len(os.listdir(done))} slices: result {whole:.2f} s after the last object, {seconds - page:.2f} s "
              f"of it reading, detection and picture; gppi detect --qc by itself {alone:.2f} s; "
              f"study page {page:.2f} s later", flush=True)
        shutil.rmtree(clone)
        shutil.rmtree(done)
    service.stop()


def drops(folder, gppi, phantom):
    base = small(gppi, phantom, folder)
    for kind in ("loose DICOM files of 25 series", "useless files"):
        here = f"{folder}/{kind.split()[0]}"
        os.makedirs(here + "/drop")
        os.mkdir(here + "/ready")
        for i in range(25 if kind[0] == "l" else 0):
            serve_peer.clone(base, f"{here}/clone", 100 + i)
            for name in os.listdir(here + "/clone"):
                os.rename(f"{here}/clone/{name}", f"{here}/ready/{i}-{name}")
        for i in range(0 if kind[0] == "l" else 5000):
            with open(f"{here}/ready/{i}.nii", "wb") as f:
                f.write(b"useless")
        count = len(os.listdir(here + "/ready"))
        service = Service(gppi, here, f"[watch drop]\nfolder = {here}/drop\nquiet_time = 2\npoll = 2\n")
        begin = time.time()
        for name in os.listdir(here + "/ready"):
            os.rename(f"{here}/ready/{name}", f"{here}/drop/{name}")
        service.wait("event=done" if kind[0] == "l" else "event=quarantined", 25 if kind[0] == "l" else 5000)
        took = time.time() - begin
        time.sleep(6)  # the status is written every 5 s
        left = [n for n in os.listdir(here + "/drop") if n not in ("incoming", "queue", "work", "done", "quarantine")]
        inside = sum(len([f for f in files if f not in ("reason.txt", "state")]) for room in ("done", "quarantine")
                     for _, _, files in os.walk(f"{here}/drop/{room}"))
        status = json.loads(subprocess.run([gppi, "serve", "--status", "--json", "--config", service.config],
                                           capture_output=True, check=True).stdout)
        print(f"{count} {kind}: {took:.1f} s, {len(left)} left, {inside} in done and quarantine, "
              f"{status['since_start']['results']} results, at most {service.peak()} MB", flush=True)
        service.stop()


def pages(folder, gppi, phantom, bones="100"):
    base, port = small(gppi, phantom, folder), serve_peer.free_port()
    service = Service(gppi, folder, f"[dicom]\nport = {port}\naddress = 127.0.0.1\nallow_ae = S\ncomplete = release\n")
    for i in range(int(bones)):
        serve_peer.clone(base, folder + "/clone", 100 + i)
        subprocess.run(["storescu", "-aet", "S", "-aec", "GPPI", "127.0.0.1", str(port), "+sd", folder + "/clone"],
                       check=True)
        shutil.rmtree(folder + "/clone")
    service.wait("event=done", int(bones))
    time.sleep(10)
    written = [(int(n), float(s)) for n, s in re.findall(r"event=page .*parts=(\d+) seconds=(\S+)", service.text())]
    size = max(os.stat(f"{folder}/results/{n}").st_size for n in os.listdir(folder + "/results") if n.endswith(".html"))
    print(f"{bones} bones: page written {len(written)} times in {sum(s for _, s in written):.2f} s together, "
          f"the last one with {written[-1][0]} bones in {written[-1][1]:.2f} s, {size / 1e6:.1f} MB; "
          f"at most {service.peak()} MB of memory")
    service.stop()


if __name__ == "__main__":
    work = tempfile.mkdtemp(prefix="gppi-measure-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    try:
        {f.__name__: f for f in (latency, drops, pages)}[sys.argv[1]](
            work, *map(os.path.abspath, sys.argv[2:4]), *sys.argv[4:])
    finally:
        shutil.rmtree(work, ignore_errors=True)
