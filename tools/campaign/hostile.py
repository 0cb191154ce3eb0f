"""What goes on around the service during the campaign besides honest senders: strangers, nonsense, port scans,
dripped bytes, a clock that is set, a PACS that comes and goes, workers that are killed. Every stranger must get a
rejection or nothing."""
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

import serve_peer


def request(calling, called):
    """An association request for CT images."""
    context = serve_peer.item(0x30, b"1.2.840.10008.5.1.4.1.1.2") + serve_peer.item(0x40, b"1.2.840.10008.1.2.1")
    body = b"\0\1\0\0" + called.ljust(16).encode() + calling.ljust(16).encode() + bytes(32)
    body += serve_peer.item(0x10, b"1.2.840.10008.3.1.1.1")
    body += serve_peer.item(0x20, b"\1\0\0\0" + context)
    body += serve_peer.item(0x50, serve_peer.item(0x51, (16384).to_bytes(4, "big")) + serve_peer.item(0x52, b"2.25.1"))
    return b"\1\0" + len(body).to_bytes(4, "big") + body


def all_of(s):
    data = b""
    try:
        while more := s.recv(4096):
            data += more
    except OSError:
        pass
    return data


class Hostile:
    def __init__(self, port, seed):
        self.port, self.random = port, random.Random(seed)
        self.answers = {}   # what was tried: how often, and what came back
        self.wrong = []     # answers nobody should get

    def note(self, what, data):
        """data: the answer; only a rejection, an abort or nothing is right."""
        count = self.answers.setdefault(what, {"silence": 0, "rejected": 0, "aborted": 0})
        if not data:
            count["silence"] += 1
        elif data[0] == 3 and len(data) == 10:
            count["rejected"] += 1
        elif data[0] == 7 and len(data) == 10:
            count["aborted"] += 1
        else:
            self.wrong.append((what, data[:64]))

    def try_one(self, what, data, source="127.0.0.1"):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(source, 0)) as s:
            try:
                s.sendall(data)
            except OSError:
                pass
            self.note(what, all_of(s))

    def scan(self):
        """As port scanners do: connect and hang up, politely or not."""
        for i in range(40):
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
                if i % 2:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.answers.setdefault("port scan", {"connections": 0})["connections"] += 40

    def run(self, stop):
        tries = [
            lambda: self.try_one("wrong calling title", request("STRANGER", "GPPI")),
            lambda: self.try_one("wrong called title", request("SCANNER", "OTHER")),
            lambda: self.try_one("wrong address", request("SCANNER", "GPPI"), "127.0.0.2"),
            lambda: self.try_one("web browser", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            lambda: self.try_one("random bytes", self.random.randbytes(self.random.randrange(1, 5000))),
            lambda: self.try_one("broken request", request("STRANGER", "GPPI")[: self.random.randrange(10, 200)]
                                 + self.random.randbytes(300)),
            self.scan,
            lambda: serve_peer.garbage(self.port),
        ]
        while not stop.is_set():
            try:
                self.random.choice(tries)()
            except (OSError, AssertionError):  # killed just now
                pass
            stop.wait(self.random.uniform(0.1, 0.6))


def drip(port, stop):
    while not stop.is_set():
        try:
            serve_peer.drip(port, 8)
        except OSError:
            stop.wait(0.5)


class WorkerKills:
    """Now and then the process of a job is killed, as the kernel does where memory runs out."""

    def __init__(self, service):
        self.service, self.count = service, 0

    def children(self):
        found = []
        try:
            task = f"/proc/{self.service.process.pid}/task"
            for thread in os.listdir(task):
                with open(f"{task}/{thread}/children") as f:
                    found += map(int, f.read().split())
        except OSError:  # killed itself just now
            pass
        return found

    def run(self, stop, seed):
        rng = random.Random(seed)
        while not stop.wait(rng.uniform(25, 60)):
            end = time.time() + 5
            while time.time() < end and not stop.is_set():
                with self.service.lock:
                    children = self.children()
                    if children:
                        os.kill(rng.choice(children), signal.SIGKILL)
                        self.count += 1
                        break
                time.sleep(0.01)


class Clock:
    """The service's wall clock, by libfaketime; its steady clock stays. Set to and fro by hours, days, years."""

    library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

    def __init__(self, folder):
        self.file, self.changes = folder + "/clock", 0
        self.works = os.path.exists(self.library)
        self.set("+0")

    def set(self, offset):
        with open(self.file + ".new", "w") as f:
            f.write(offset + "\n")
        os.rename(self.file + ".new", self.file)

    def environment(self):
        if not self.works:
            return os.environ
        return {**os.environ, "LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": self.file,
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1",
                "NO_FAKE_STAT": "1"}

    def run(self, stop, seed):
        rng = random.Random(seed)
        while not stop.is_set():
            self.set(rng.choice(["+1h", "-1h", "+3d", "-3d", "+400d", "-400d", "+20y", "+0", "+0"]))
            self.changes += 1
            stop.wait(rng.uniform(3, 9))
        self.set("+0")


class Pacs:
    """serve_peer's PACS, away a third of the time, full or breaking off now and then."""

    def __init__(self, folder, port):
        self.log, self.port, self.process, self.starts = folder + "/pacs", port, None, 0

    def start(self, *rules):
        self.starts += 1
        self.process = subprocess.Popen(
            [sys.executable, serve_peer.__file__, "pacs", str(self.port), self.log, *rules], stderr=subprocess.DEVNULL)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def run(self, stop, seed):
        rng = random.Random(seed)
        while not stop.is_set():
            self.start("88.22=A700*2", "88.59=drop*1", "1.7=0110*1", "1.7=B000*1")
            stop.wait(rng.uniform(8, 20))
            self.stop()
            stop.wait(rng.uniform(4, 10))
        self.start()

    def count(self):
        """{instance UID: how often it was stored}."""
        times = {}
        with open(self.log) as f:
            for line in f:
                uid, status = line.split()
                if status in ("0000", "B000"):
                    times[uid] = times.get(uid, 0) + 1
        return times


class Memory:
    """Resident bytes of the service every second: (seconds, number of its process, KB)."""

    def __init__(self, service):
        self.service, self.samples = service, []

    def run(self, stop):
        begin = time.time()
        while not stop.wait(1):
            try:
                with open(f"/proc/{self.service.process.pid}/status") as f:
                    rss = next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
                self.samples.append((time.time() - begin, self.service.kills, rss))
            except (OSError, StopIteration):
                pass

    def report(self):
        """The last process, which nobody killed, in six parts of its life."""
        last = [rss for _, kills, rss in self.samples if kills == self.service.kills]
        step = max(len(last) // 6, 1)
        parts = [max(last[i : i + step]) // 1024 for i in range(0, len(last), step)]
        return max(rss for _, _, rss in self.samples) // 1024, len(last), parts
