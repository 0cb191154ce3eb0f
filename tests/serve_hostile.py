#!/usr/bin/env python3
"""Peers that mean harm, or are only unlucky, for tests/serve_net.sh.

    serve_hostile.py parts PORT SPOOL      legal PDUs of several unequal parts: stored byte for byte
    serve_hostile.py shapes PORT           what is not in order: an A-ABORT with its reason each time, and C-ECHO
                                           after it
    serve_hostile.py nested PORT           an object of 10,000 sequences within each other is refused by its status
    serve_hostile.py object FILE           a finished result, for the folder of what waits to be sent
    serve_hostile.py pacs PORT SHAPE       a PACS that accepts one association and then sends SHAPE; prints what it gets
    serve_hostile.py names GPPI            the service where a name server never answers; in namespaces of its own
    serve_hostile.py deaf GPPI             the service stops while a PACS drops what asks for a connection
    serve_hostile.py unread GPPI           the service goes on, and stops, while nobody reads its log
"""
import contextlib
import fcntl
import glob
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from dicom_net import *  # noqa: E402,F403

CRASH = part(1, 1, bytes(4)) + part(1, 1, b"\x7f" * 400) * 2 + part(1, 3, b"\x7f" * 400)


def parts(port, spool):
    instance, series = b"1.2.826.0.1.55.1", b"1.2.826.0.1.55"
    data = image(instance, series)
    rq = store(instance)
    s = associate(port)
    s.sendall(pdu(DATA, part(1, 1, rq[:20]) + part(1, 1, b"") + part(1, 3, rq[20:]) + part(1, 0, data[:6])))
    s.sendall(pdu(DATA, part(1, 0, data[6:46]) + part(1, 0, data[46:246]) + part(1, 0, b"")
                  + part(1, 0, data[246:250])))
    s.sendall(pdu(DATA, part(1, 0, data[250:1250]) + part(1, 0, data[1250:1252]) + part(1, 2, data[1252:])))
    kind, body = read_pdu(s)
    assert kind == DATA and status(body) == 0, (kind, body)
    s.sendall(pdu(RELEASE_RQ, bytes(4)))
    assert read_pdu(s)[0] == RELEASE_RP
    s.close()
    whole = False
    for _ in range(150):  # a single slice is no scan: it ends in quarantine
        for name in glob.glob(f"{spool}/quarantine/**", recursive=True):
            if os.path.isfile(name):
                with open(name, "rb") as f:
                    whole = whole or f.read().endswith(data)
        if whole:
            break
        time.sleep(0.2)
    assert whole, "not the bytes that were sent"


def shapes(port):
    head = store(b"1.2.3.4")
    endless = struct.pack("<HHI", 0, 0x1000, 0xFFFFFFF0)
    wrong = [
        (6, data_pdu(1, 1, endless) + data_pdu(1, 1, b"A" * 16000) * 100),  # a command set without an end
        (6, pdu(DATA, CRASH)),
        (6, data_pdu(1, 3, endless)),
        (6, pdu(DATA, part(1, 3, head)[:-1])),
        (6, pdu(DATA, struct.pack(">I", 1) + b"\1\3\0\0")),
        (6, pdu(DATA, b"")),
        (6, bytes([DATA, 0]) + struct.pack(">I", 1 << 30) + bytes(100)),
        (6, data_pdu(1, 3, struct.pack("<HHI", 8, 0x1140, 0xFFFFFFFF))),
        (2, data_pdu(1, 2, nested(10000)[:60000])),  # data that would be read as a command
        (2, data_pdu(1, 3, head) + data_pdu(1, 3, head)),
        (2, pdu(RQ, association())),
        (2, pdu(AC, association())),
        (1, pdu(77, bytes(4))),
    ]
    for reason, what in wrong:
        s = associate(port)
        try:
            s.sendall(what)
        except ConnectionError:
            pass
        kind, body = read_pdu(s)
        while kind == DATA:
            kind, body = read_pdu(s)
        assert (kind, body) == (ABORT, bytes([0, 0, 2, reason])), (kind, body, what[:40])
        s.close()
        echo(port)
    for body in (association()[:-3], association(user=item(0x58, b"\1\0\xff\xff")),
                 association(contexts=[(1, b"1" * 65, [EXPLICIT])])):
        s = connect(port)
        s.sendall(pdu(RQ, body))
        assert read_pdu(s) == (ABORT, b"\0\0\2\6")
        s.close()
        echo(port)


def nested_object(port):
    s = associate(port)
    answer = send(s, b"1.2.3.4.77", image(b"1.2.3.4.77", within=nested(10000)))
    assert answer == 0xC000, answer
    s.close()
    echo(port)


def result(path):
    with open(path, "wb") as f:
        f.write(file(b"1.2.3.4.5.6", image(b"1.2.3.4.5.6", sop_class=CAPTURE), CAPTURE))


def pacs(port, shape):
    bodies = {
        "parts": pdu(DATA, CRASH),
        "data": data_pdu(1, 2, nested(10000)[:60000]),
        "command": data_pdu(1, 1, b"A" * 16000) * 10,
        "association": None,
    }
    with socket.create_server(("127.0.0.1", int(port))) as server:
        server.settimeout(30)
        s, _ = server.accept()
    s.settimeout(10)
    request = read_pdu(s)[1]
    if bodies[shape] is None:
        s.sendall(pdu(AC, acceptance(request)[:-2]))
    else:
        s.sendall(pdu(AC, acceptance(request)))
        flags = 0
        while flags != 2:  # the whole object
            flags = read_pdu(s)[1][5]
        s.sendall(bodies[shape])
    kind, body = read_pdu(s)
    print("PDU", kind, body.hex())
    s.close()


# ---- a silent name server ----


def loopback_up():
    flags = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, flags)  # SIOCSIFFLAGS


def silent_name_server(folder):
    """In namespaces of our own: what was asked, a list that grows; None where names are not looked up as usual here."""
    loopback_up()
    with open(folder + "/resolv.conf", "w") as f:
        f.write("nameserver 127.0.0.77\n")
    with open(folder + "/nsswitch.conf", "w") as f:
        f.write("hosts: files dns\n")
    for name in ("resolv.conf", "nsswitch.conf"):
        if not os.path.exists("/etc/" + name):
            print("skipped: there is no /etc/" + name)
            return None
        subprocess.run(["mount", "--bind", f"{folder}/{name}", "/etc/" + name], check=True)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.77", 53))
    asked = []
    threading.Thread(target=lambda: [asked.append(server.recv(512)) for _ in iter(int, 1)], daemon=True).start()
    return asked


@contextlib.contextmanager
def running(gppi, folder, *lines, log=None):
    """The service and the port at which it listens; killed where it does not end. log: where its log goes."""
    port = free_port()
    with open(folder + "/gppi.conf", "w") as f:
        f.write(f"[service]\nspool = {folder}/spool\nresults = {folder}/results\nmin_free = 1M\n"
                f"[dicom]\nport = {port}\naddress = 127.0.0.1\nallow_ae = *\nany_called_title = yes\n"
                + "".join(line + "\n" for line in lines))
    service = subprocess.Popen([gppi, "serve", "--config", folder + "/gppi.conf"],
                               stderr=subprocess.DEVNULL if log is None else log)
    try:
        assert until(lambda: service.poll() is not None or listens(port)) and service.poll() is None
        yield service, port
    finally:
        service.kill()
        service.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def until(true, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def listens(port):
    try:
        connect(port).close()
    except ConnectionError:
        return False
    return True


def names(gppi):
    with tempfile.TemporaryDirectory() as folder:
        asked = silent_name_server(folder)
        if asked is None:
            return
        with running(gppi, folder) as (_, port):
            for source in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
                began = time.time()
                s = connect(port, source)
                s.sendall(pdu(RQ, association()))
                assert read_pdu(s)[0] == AC
                s.close()
                assert time.time() - began < 5, (source, time.time() - began)
            assert not asked, asked
        ends(gppi, folder, "host = pacs.example", "port = 104", lambda: asked)
        for file in ("resolv.conf", "nsswitch.conf"):
            subprocess.run(["umount", "/etc/" + file], check=True)


def deaf(gppi):
    """A PACS whose machine drops what asks for a connection: as many as it has room for wait there already."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as pacs, socket.socket() as other:
        pacs.bind(("127.0.0.1", 0))
        pacs.listen(0)
        port = pacs.getsockname()[1]
        other.connect(("127.0.0.1", port))
        ends(gppi, folder, "host = 127.0.0.1", f"port = {port}", lambda: syn_sent(port))


def syn_sent(port):
    with open("/proc/net/tcp") as f:
        return any(row.split()[2].endswith(f":{port:04X}") and row.split()[3] == "02" for row in f)


def ends(gppi, folder, host, port, waits):
    """The sender waits inside of a library; a stop is obeyed none the less, and what was to be sent is still there."""
    os.makedirs(folder + "/spool/send/waiting", exist_ok=True)
    one = folder + "/spool/send/waiting/one.dcm"
    result(one)
    with running(gppi, folder, "[send]", host, port, "called_title = PACS") as (service, _):
        assert until(waits)
        stops(service)
    assert os.path.exists(one)
    assert subprocess.run([gppi, "serve", "--config", folder + "/gppi.conf", "--status"],
                          capture_output=True).returncode == 1


def stops(service):
    began = time.time()
    service.terminate()
    assert service.wait(5) == 0
    print("ended after %.1f s" % (time.time() - began))


def unread(gppi):
    """Nobody reads the log: the service goes on, stops, and tells how many lines were lost once somebody reads."""
    out, into = os.pipe()
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096)
    with tempfile.TemporaryDirectory() as folder, running(gppi, folder, "[send]", log=into) as (service, port):
        for _ in range(60):
            visit(port)
        read_some(out)
        visit(port)
        assert until(lambda: b"event=log_lost lines=" in read_some(out))
        for _ in range(60):
            visit(port)
        stops(service)


def visit(port):
    s = associate(port)
    s.sendall(pdu(RELEASE_RQ, bytes(4)))
    assert read_pdu(s)[0] == RELEASE_RP
    s.close()


def read_some(fd):
    os.set_blocking(fd, False)
    with contextlib.suppress(BlockingIOError):
        return os.read(fd, 65536)
    return b""


if __name__ == "__main__":
    {"parts": parts, "shapes": shapes, "nested": nested_object, "object": result, "pacs": pacs, "names": names,
     "deaf": deaf, "unread": unread}[sys.argv[1]](*sys.argv[2:])
