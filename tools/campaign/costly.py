#!/usr/bin/env python3
"""Inputs that cost more than they are worth (costly_files.py), and peers that keep the service waiting. Each file
must end in one sentence, or a right answer, within 5 s of processor time and 300 MB (350 MB for .nii.gz); in a watch
folder it must end in quarantine, and the service must go on; SIGTERM must end the service within 5 s in each of
these states.

    costly.py --gppi build/gppi [--part files|drops|peers] [FILE...]

FILEs are tried besides. Prints a table; exit status 1 where anything is over its limit.
"""
import argparse
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
import costly_files  # noqa: E402
import dicom_net as net  # noqa: E402
import serve_peer  # noqa: E402

SECONDS, MB, MB_PACKED, STOP = 5.0, 300, 350, 5.0
HANGS = 60  # s by the clock


def measure(command):
    """Exit status (None: it had to be killed), processor time, MB, and what it said."""
    with tempfile.TemporaryFile() as out:
        p = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        timer = threading.Timer(HANGS, p.kill)
        timer.start()
        _, status, used = os.wait4(p.pid, 0)
        hung = not timer.is_alive()
        timer.cancel()
        out.seek(0)
        text = out.read().decode(errors="replace").strip().splitlines()
    code = None if hung else os.waitstatus_to_exitcode(status)
    p.returncode = code if code is not None else -9
    return code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text[-1] if text else ""


class Table:
    def __init__(self):
        self.wrong = 0

    def row(self, good, *cells):
        self.wrong += not good
        print("ok  " if good else "BAD ", " | ".join(str(c) for c in cells), flush=True)


def files(gppi, table, inputs):
    for name, path, command, right in inputs:
        code, cpu, mb, said = measure([gppi, command, path])
        most = MB_PACKED if path.endswith(".nii.gz") else MB
        good = (right is None and code in (0, 1) or code == right) and cpu <= SECONDS and mb <= most and said
        table.row(good, name, f"{size_of(path) / 1000:.0f} kB", f"status {code}", f"{cpu:.2f} s", f"{mb:.0f} MB",
                  said[:150])


def size_of(path):
    if os.path.isdir(path):
        return sum(size_of(os.path.join(path, n)) for n in os.listdir(path))
    return os.stat(path).st_size


class Service:
    def __init__(self, gppi, folder, pacs=0):
        self.gppi, self.folder, self.port = gppi, folder, serve_peer.free_port()
        os.makedirs(folder + "/drop", exist_ok=True)
        with open(folder + "/gppi.conf", "w") as f:
            f.write(f"[service]\nspool = {folder}/spool\nresults = {folder}/results\nmin_free = 1M\n"
                    f"[dicom]\nport = {self.port}\naddress = 127.0.0.1\nallow_ae = *\nany_called_title = yes\n"
                    "quiet_time = 1\nabort_wait = 1\nidle_timeout = 20\n"
                    f"[watch drop]\nfolder = {folder}/drop\nquiet_time = 1\npoll = 1\n")
            if pacs:
                f.write(f"[send]\nhost = 127.0.0.1\nport = {pacs}\ncalled_title = PACS\n")
        self.log = open(folder + "/log", "ab")
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.gppi, "serve", "--config", self.folder + "/gppi.conf"], stderr=self.log)
        wait(lambda: self.answers(), 20)

    def answers(self):
        try:
            net.echo(self.port)
            return True
        except OSError:
            return False

    def working(self):
        """Has a job a process?"""
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/children") as f:
                if f.read().strip():
                    return True
        return False

    def stop(self):
        """Seconds from SIGTERM to the end; infinite where it had to be killed."""
        begin = time.time()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return float("inf")
        return time.time() - begin if code == 0 else float("inf")


def wait(condition, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def copy(path, folder):
    """What is dropped: a header with its data, a pipe as a pipe."""
    names = [path]
    if path.endswith(".nhdr"):
        with open(path) as f:
            names += [os.path.join(os.path.dirname(path), line.split(": ")[1].strip())
                      for line in f if line.startswith("data file")]
    for name in names[::-1]:
        subprocess.run(["cp", "-a", "--sparse=always", name, folder + "/"], check=True)
    return os.path.basename(path)


def drops(gppi, table, inputs, folder):
    for name, path, _, _ in inputs:
        where = f"{folder}/drops"
        service = Service(gppi, where)
        service.start()
        dropped = copy(path, where + "/drop")
        under_way = wait(service.working, 15)
        seconds = service.stop()
        service.start()
        ended = wait(lambda: ends(where) or not os.path.exists(f"{where}/drop/{dropped}") and idle(where), 60)
        alive = service.answers()
        again = service.stop()
        table.row(seconds <= STOP and again <= STOP and ended and alive, name,
                  "worker seen" if under_way else "no worker", f"stopped in {seconds:.1f} s",
                  "ended" if ended else "still there", "alive" if alive else "DEAD", reason(where))
        shutil.rmtree(where)


def ends(where):
    return any(os.path.exists(f"{where}/{room}") and os.listdir(f"{where}/{room}")
               for room in ("drop/quarantine", "spool/quarantine", "drop/done"))


def idle(where):
    return not any(os.listdir(f"{where}/{store}/{room}")
                   for store in ("drop", "spool") for room in ("incoming", "queue", "work"))


def reason(where):
    for root, _, names in os.walk(where):
        if "reason.txt" in names:
            with open(root + "/reason.txt", errors="replace") as f:
                return f.read().strip()[:150]
    return "no reason"


# ---- peers ----


def endless_command(s):
    for _ in range(20000):
        s.sendall(net.data_pdu(1, 1, b"A" * 16000))


def endless_object(s):
    s.sendall(net.data_pdu(1, 3, net.store(b"1.2.3.4")))
    for _ in range(20000):
        s.sendall(net.data_pdu(1, 0, bytes(16000)))


def unequal_parts(s):
    s.sendall(net.pdu(net.DATA, net.part(1, 1, bytes(4)) + net.part(1, 1, b"\x7f" * 400) * 3))


def half_a_pdu(s):
    s.sendall(net.data_pdu(1, 3, net.store(b"1.2.3.4"))[:20])
    time.sleep(60)


def dripping(s):
    for byte in net.data_pdu(1, 3, net.store(b"1.2.3.4")) * 100:
        s.sendall(bytes([byte]))
        time.sleep(0.1)


def silent(_):
    time.sleep(60)


def deep_object(s):
    for _ in range(1000):
        net.send(s, b"1.2.3.4", net.image(b"1.2.3.4", within=net.nested(10000)))


def many(s):
    for i in range(100000):
        net.send(s, b"1.2.3.%d" % i, net.image(b"1.2.3.%d" % i, b"1.2.4.%d" % i))


PEERS = [endless_command, endless_object, unequal_parts, half_a_pdu, dripping, silent, deep_object, many]


def rss(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) / 1024


def peers(gppi, table, folder):
    for peer in PEERS:
        where = f"{folder}/peers"
        service = Service(gppi, where)
        service.start()
        for _ in range(4):
            threading.Thread(target=one_peer, args=(peer, service.port), daemon=True).start()
        time.sleep(3)
        alive, mb = service.answers(), rss(service.process.pid)
        seconds = service.stop()
        table.row(alive and seconds <= STOP and mb <= MB, f"four peers: {peer.__name__}".replace("_", " "),
                  f"{mb:.0f} MB", "alive" if alive else "DEAD", f"stopped in {seconds:.1f} s")
        shutil.rmtree(where)
    for silent_at in ("association", "object"):
        where = f"{folder}/pacs"
        with socket.create_server(("127.0.0.1", 0)) as server:
            service = Service(gppi, where, server.getsockname()[1])
            os.makedirs(where + "/spool/send/waiting")
            serve_hostile_result(where + "/spool/send/waiting/one.dcm")
            threading.Thread(target=silent_pacs, args=(server, silent_at), daemon=True).start()
            service.start()
            time.sleep(2)
            alive, seconds = service.answers(), service.stop()
        table.row(alive and seconds <= STOP, f"a PACS that is silent at the {silent_at}", "alive" if alive else "DEAD",
                  f"stopped in {seconds:.1f} s")
        shutil.rmtree(where)


def serve_hostile_result(path):
    with open(path, "wb") as f:
        f.write(net.file(b"1.2.3.4.5.6", net.image(b"1.2.3.4.5.6", sop_class=net.CAPTURE), net.CAPTURE))


def silent_pacs(server, at):
    try:
        s, _ = server.accept()
        if at == "object":
            s.sendall(net.pdu(net.AC, net.acceptance(net.read_pdu(s)[1])))
        time.sleep(60)
    except OSError:
        pass


def one_peer(peer, port):
    try:
        with net.associate(port) as s:
            peer(s)
    except OSError:
        pass


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--gppi", default="build/gppi")
    p.add_argument("--part", choices=["files", "drops", "peers"])
    p.add_argument("more", nargs="*")
    args = p.parse_args()
    gppi, table = os.path.abspath(args.gppi), Table()
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        if args.part != "peers":
            os.makedirs(folder + "/made")
            inputs = costly_files.make(folder + "/made")
            inputs += [(os.path.basename(f), os.path.abspath(f),
                        "longaxis" if f.endswith((".jpg", ".png")) else "detect", None) for f in args.more]
        if args.part in (None, "files"):
            files(gppi, table, inputs)
        if args.part in (None, "drops"):
            drops(gppi, table, inputs, folder)
        if args.part in (None, "peers"):
            peers(gppi, table, folder)
    print(f"{table.wrong} over their limits")
    return 1 if table.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
