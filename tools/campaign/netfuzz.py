#!/usr/bin/env python3
"""Fuzzes the network side of the service, built with the sanitizers: PDUs, associations and messages are made whole,
with some of their lengths, types, orders and bytes wrong. What is legal is also cut into parts at random, and must
then be stored.

    netfuzz.py receiver --program build/asan/gppi [--minutes 5] [--seed 1] [--ledger FOLDER] [--until 17:30]
    netfuzz.py sender --program build/asan/send_loop [--minutes 5] [--seed 1] [--ledger FOLDER] [--until 17:30]
    netfuzz.py seeds FOLDER      streams of PDUs for the target "pdu" of tests/fuzz

Minutes are of processor time, of the program, its children and this script together. FOLDER/receiver.csv or
FOLDER/sender.csv tells what was done: a run that was stopped (SIGTERM, SIGINT) goes on where it was.

Exit status 1 where the program ended, hung, or answered legal messages wrongly; the seeds of the last associations and
what the program said are printed then. An association is the same for the same seed.
"""
import argparse
import collections
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests"))
import dicom_net as net  # noqa: E402
import fuzz  # noqa: E402
import serve_peer  # noqa: E402
from netfuzz_maker import Maker  # noqa: E402

SENDERS = 4
LANES = 16  # of the sender, which mostly waits for answers that were cut


def memory(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) // 1024
    return 0


def program_seconds(pid):
    """User and system time of a process and of its children, also those that have ended."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(") ", 1)[1].split()
    seconds = sum(map(int, fields[11:15])) / fuzz.TICK
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        children = f.read().split()
    for child in children:
        try:
            seconds += fuzz.cpu_seconds(child)
        except OSError:  # it has just ended
            pass
    return seconds


class Run:
    def __init__(self, args):
        self.args = args
        self.stopped = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "stopped", True))
        self.ledger = f"{args.ledger}/{args.role}.csv" if args.ledger else ""
        rows = fuzz.read_ledger(self.ledger, [args.role])
        self.before = rows[args.role]
        self.first_seed = args.seed * 10000000 + int(self.before["runs"])
        self.until = fuzz.end_time(args.until)
        self.used, self.noted, self.process = 0.0, 0.0, None
        self.folder = tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.log = open(self.folder + "/log", "wb")
        self.counts = collections.Counter()
        self.lock = threading.Lock()
        self.last = collections.deque(maxlen=40)
        self.wrong = []

    def start(self, command):
        # dcmtk leaks a little here and there, which is told as memory; the rest is tested by make check-asan
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0:quarantine_size_mb=16")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=self.folder, env=env)

    def alive(self):
        return self.process.poll() is None

    def note(self):
        """What was done, with the runs before, into the ledger."""
        row = dict(self.before)
        row["cpu_seconds"] = round(float(row["cpu_seconds"]) + self.used, 1)
        row["runs"] = int(row["runs"]) + self.counts["associations"] + self.counts["cut"]
        row["findings"] = int(row["findings"]) + (bool(self.wrong) or not self.alive())
        if self.ledger:
            fuzz.write_ledger(self.ledger, {self.args.role: row})
        self.noted = time.time()
        return row

    def going_on(self):
        if not self.alive():
            return False
        self.used = program_seconds(self.process.pid) + sum(os.times()[:2])
        if time.time() > self.noted + 20 and threading.current_thread() is threading.main_thread():
            self.note()
        most = self.args.minutes * 60 - float(self.before["cpu_seconds"])
        return self.used < most and time.time() < self.until and not self.wrong and not self.stopped

    def finish(self, first, last=0):
        found = not self.alive() or bool(self.wrong)
        last = last or (memory(self.process.pid) if self.alive() else 0)
        row = self.note()
        print(f"{self.args.role}: {self.used / 60:.1f} CPU-minutes "
              f"({float(row['cpu_seconds']) / 60:.1f} with those before), "
              f"{self.counts['associations']} associations, {dict(self.counts)}, memory {first} to {last} MB, "
              f"{'FINDING' if found else '0 findings'}")
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(200)
            except subprocess.TimeoutExpired:
                self.wrong.append("it does not stop")
                self.process.kill()
        if found or self.wrong:
            print(self.wrong, "seeds:", list(self.last))
            with open(self.folder + "/log", errors="replace") as f:
                print("".join(line for line in f if "event=" not in line)[-6000:])
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return 1 if found or self.wrong else 0


# ---- against the receiver ----


def speak(run, port, seed):
    """One association from beginning to end."""
    maker = Maker(seed)
    legal = maker.rate == 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        s.settimeout(100 if legal else 0.3)
        request = maker.request()
        s.sendall(request)
        try:
            kind = net.read_pdu(s)[0]
        except OSError:
            kind = 0
        run.counts["accepted"] += kind == net.AC
        if legal and kind != net.AC:
            run.wrong.append((seed, "a legal request gets PDU", kind))
        for i in range(maker.r.randrange(4) if kind == net.AC else maker.off(3)):
            instance, series = b"1.2.%d.%d" % (seed, i), b"1.2.3.%d" % (seed % 50)
            sent, storable = maker.message(instance, series)
            if maker.off():
                sent = sent[: maker.r.randrange(len(sent) + 1)]
            s.sendall(sent)
            try:
                kind, body = net.read_pdu(s)
            except OSError:
                kind, body = 0, b""
            run.counts["answers"] += kind == net.DATA
            run.counts["stored"] += kind == net.DATA and net.status(body) == 0
            if storable and (kind != net.DATA or net.status(body) != 0):
                run.wrong.append((seed, "a legal object gets", kind, body[:40]))
        if legal or maker.r.random() < 0.5:
            s.sendall(maker.pdu(net.RELEASE_RQ, bytes(4)))
            try:
                kind = net.read_pdu(s)[0]
            except OSError:
                kind = 0
            if legal and kind != net.RELEASE_RP:
                run.wrong.append((seed, "a legal release gets PDU", kind))
    run.counts["associations"] += 1


def sender_thread(run, port, first):
    seed = first
    while run.going_on():
        run.last.append(seed)
        try:
            speak(run, port, seed)
        except OSError:
            run.counts["cut"] += 1
        seed += SENDERS


def receiver(args):
    run = Run(args)
    port = serve_peer.free_port()
    with open(run.folder + "/gppi.conf", "w") as f:
        f.write(f"[service]\nspool = {run.folder}/spool\nresults = {run.folder}/results\nmin_free = 1M\n"
                "queue = 10000\npage = no\n"
                f"[dicom]\nport = {port}\naddress = 127.0.0.1\nallow_ae = *\nany_called_title = yes\n"
                "idle_timeout = 60\nmax_associations = 64\nquiet_time = 2\nabort_wait = 2\n")
    run.start([os.path.abspath(args.program), "serve", "--config", run.folder + "/gppi.conf"])
    for _ in range(300):
        try:
            net.echo(port)
            break
        except OSError:
            time.sleep(0.1)
    first = memory(run.process.pid)
    threads = [threading.Thread(target=sender_thread, args=(run, port, run.first_seed + i)) for i in range(SENDERS)]
    for t in threads:
        t.start()
    while run.going_on():
        time.sleep(1)
        try:
            net.echo(port)
        except OSError as e:
            time.sleep(1)
            if run.alive():
                run.wrong.append(("no answer to C-ECHO", repr(e)))
    for t in threads:
        t.join()
    return run.finish(first)


# ---- against the sender ----


def answer_one(run, s, seed):
    maker = Maker(seed)
    s.settimeout(5)
    kind, body = net.read_pdu(s)
    s.sendall(maker.answer(body))
    command = b""
    while True:
        kind, body = net.read_pdu(s)
        if kind != net.DATA:
            run.counts["aborts" if kind == net.ABORT else "releases"] += 1
            if kind == net.RELEASE_RQ:
                s.sendall(maker.pdu(net.RELEASE_RP, bytes(4)))
            return
        flags, data = body[5], body[6:]
        if flags & 1:
            command = command + data
        if flags == 2:
            run.counts["objects"] += 1
            s.sendall(maker.response(command))
            command = b""


def answer_lane(run, server, first):
    seed, came = first, time.time()
    while run.going_on():
        try:
            s, _ = server.accept()
        except TimeoutError:
            if time.time() > came + 180 and run.going_on():  # a niced program on a busy machine may sleep long
                run.wrong.append("it does not come any more")
            continue
        came = time.time()
        run.last.append(seed)
        cut = False
        try:
            with s:
                answer_one(run, s, seed)
        except OSError:
            cut = True
        with run.lock:
            run.counts["cut" if cut else "associations"] += 1
        seed += LANES


def lane_memory(pid):
    """Of the lane that has most."""
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return max([memory(child) for child in f.read().split()], default=0)


def sender(args):
    run = Run(args)
    with open(run.folder + "/one.dcm", "wb") as f:
        f.write(net.file(b"1.2.3.4.5.6", net.image(b"1.2.3.4.5.6", sop_class=net.CAPTURE, side=16), net.CAPTURE))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(2)
        run.start([os.path.abspath(args.program), str(server.getsockname()[1]), run.folder + "/one.dcm", str(LANES)])
        threads = [threading.Thread(target=answer_lane, args=(run, server, run.first_seed + i)) for i in range(LANES)]
        for t in threads:
            t.start()
        first = 0
        while run.going_on():
            time.sleep(0.5)
            first = first or lane_memory(run.process.pid)
        last = lane_memory(run.process.pid) if run.alive() else 0
        for t in threads:
            t.join()
        return run.finish(first, last)


def seeds(folder):
    os.makedirs(folder, exist_ok=True)
    for seed in range(200):
        maker = Maker(seed)
        stream = maker.request() + maker.message(b"1.2.3", b"1.2.4")[0] + maker.pdu(net.RELEASE_RQ, bytes(4))
        side = 1
        if seed % 3 == 0:
            stream, side = maker.answer(net.association()) + maker.response(net.store(b"1.2.3")), 0
        with open(f"{folder}/{seed}", "wb") as f:
            f.write(bytes([side | maker.r.choice([254, 0, 14, 32])]) + stream[:20000])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("role", choices=["receiver", "sender", "seeds"])
    p.add_argument("folder", nargs="?")
    p.add_argument("--program")
    p.add_argument("--minutes", type=float, default=5, help="of processor time")
    p.add_argument("--ledger", default="", help="folder of the ledger")
    p.add_argument("--until", default="", help="HH:MM, the end whatever was done")
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    if args.role == "seeds":
        seeds(args.folder)
        return 0
    return receiver(args) if args.role == "receiver" else sender(args)


if __name__ == "__main__":
    sys.exit(main())
