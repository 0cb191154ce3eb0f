"""DICOM's network protocol by hand, for peers that do not keep to it: PDUs, command sets, small objects."""
import socket
import struct

CT = b"1.2.840.10008.5.1.4.1.1.2"
CAPTURE = b"1.2.840.10008.5.1.4.1.1.7"
VERIFICATION = b"1.2.840.10008.1.1"
EXPLICIT = b"1.2.840.10008.1.2.1"
IMPLICIT = b"1.2.840.10008.1.2"
APPLICATION = b"1.2.840.10008.3.1.1.1"

RQ, AC, RJ, DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)


def item(kind, value):
    return bytes([kind, 0]) + struct.pack(">H", len(value)) + value


def pdu(kind, body):
    return bytes([kind, 0]) + struct.pack(">I", len(body)) + body


def part(context, flags, data):
    return struct.pack(">I", len(data) + 2) + bytes([context, flags]) + data


def data_pdu(context, flags, data):
    return pdu(DATA, part(context, flags, data))


def association(calling=b"SCANNER", called=b"GPPI", contexts=None, longest=16384, user=b""):
    """The body of a request; contexts: (number, SOP class, [transfer syntaxes])."""
    body = struct.pack(">HH", 1, 0) + called.ljust(16) + calling.ljust(16) + bytes(32) + item(0x10, APPLICATION)
    for number, sop_class, syntaxes in contexts or [(1, CT, [EXPLICIT]), (3, VERIFICATION, [IMPLICIT])]:
        body += item(0x20, bytes([number, 0, 0, 0]) + item(0x30, sop_class) + b"".join(item(0x40, s) for s in syntaxes))
    return body + item(0x50, item(0x51, struct.pack(">I", longest)) + item(0x52, b"1.2.3") + user)


def acceptance(request, longest=16384):
    """The body of an answer to the body of a request: all contexts, each with its first transfer syntax."""
    body, at = request[:68] + item(0x10, APPLICATION), 68
    while at + 4 <= len(request):
        n = struct.unpack(">H", request[at + 2 : at + 4])[0]
        value = request[at + 4 : at + 4 + n]
        if request[at] == 0x20:
            syntax = 4 + 4 + struct.unpack(">H", value[6:8])[0]
            length = struct.unpack(">H", value[syntax + 2 : syntax + 4])[0]
            body += item(0x21, value[:1] + bytes(3) + value[syntax : syntax + 4 + length])
        at += 4 + n
    return body + item(0x50, item(0x51, struct.pack(">I", longest)) + item(0x52, b"1.2.3"))


def command_element(number, value):
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", 0, number, len(value)) + value


def command(field, sop_class, instance=b"", message=1, data=True, status=None):
    answer = field & 0x8000
    body = command_element(0x0002, sop_class) + command_element(0x0100, struct.pack("<H", field))
    body += command_element(0x0120 if answer else 0x0110, struct.pack("<H", message))
    if not answer:
        body += command_element(0x0700, b"\0\0")
    body += command_element(0x0800, b"\0\0" if data else b"\1\1")
    if status is not None:
        body += command_element(0x0900, struct.pack("<H", status))
    if instance:
        body += command_element(0x1000, instance)
    return command_element(0, struct.pack("<I", len(body))) + body


def store(instance, sop_class=CT, message=1):
    return command(0x0001, sop_class, instance, message)


def element(group, number, kind, value, explicit=True):
    value += (b"\0" if kind in (b"UI", b"OB") else b" ") * (len(value) % 2)
    head = struct.pack("<HH", group, number)
    if not explicit:
        return head + struct.pack("<I", len(value)) + value
    if kind in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
        return head + kind + b"\0\0" + struct.pack("<I", len(value)) + value
    return head + kind + struct.pack("<H", len(value)) + value


def nested(depth):
    """Sequences within each other, none with a length."""
    begin = struct.pack("<HH", 0x0008, 0x1140) + b"SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return begin * depth + (b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0") * depth


def image(instance, series=b"1.2.3.9", sop_class=CT, side=64, within=b""):
    """The data set of one slice, explicit; `within` comes behind the elements of group 8."""
    u16 = lambda v: struct.pack("<H", v)
    data = (element(8, 0x16, b"UI", sop_class) + element(8, 0x18, b"UI", instance) + element(8, 0x60, b"CS", b"CT")
            + within)
    data += (element(0x10, 0x10, b"PN", b"Test") + element(0x20, 0x0D, b"UI", b"1.2.3.8")
             + element(0x20, 0x0E, b"UI", series))
    data += element(0x28, 2, b"US", u16(1)) + element(0x28, 4, b"CS", b"MONOCHROME2")
    data += element(0x28, 0x10, b"US", u16(side)) + element(0x28, 0x11, b"US", u16(side))
    for number, value in ((0x100, 16), (0x101, 16), (0x102, 15), (0x103, 1)):
        data += element(0x28, number, b"US", u16(value))
    return data + element(0x7FE0, 0x10, b"OW", bytes(i * 7 & 0xFF for i in range(2 * side * side)))


def file(instance, data, sop_class=CT, syntax=EXPLICIT):
    meta = element(2, 1, b"OB", b"\0\1") + element(2, 2, b"UI", sop_class) + element(2, 3, b"UI", instance)
    meta += element(2, 0x10, b"UI", syntax) + element(2, 0x12, b"UI", b"1.2.3")
    return bytes(128) + b"DICM" + element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta + data


# ---- connections ----


def read(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise ConnectionError("the peer hangs up")
        data += more
    return data


def read_pdu(s):
    head = read(s, 6)
    return head[0], read(s, struct.unpack(">I", head[2:])[0])


def connect(port, source="127.0.0.1", timeout=10):
    return socket.create_connection(("127.0.0.1", int(port)), timeout=timeout, source_address=(source, 0))


def associate(port, **what):
    s = connect(port)
    s.sendall(pdu(RQ, association(**what)))
    kind, body = read_pdu(s)
    if kind != AC:
        raise ConnectionError(f"the association is not accepted: PDU {kind} {body[:4].hex()}")
    return s


def status(body):
    at = body.find(struct.pack("<HHI", 0, 0x0900, 2))
    return struct.unpack("<H", body[at + 8 : at + 10])[0] if at >= 0 else None


def send(s, instance, data, sop_class=CT, context=1, piece=15000):
    """Stores an object; the status."""
    s.sendall(data_pdu(context, 3, store(instance, sop_class)))
    for at in range(0, len(data), piece):
        last = at + piece >= len(data)
        s.sendall(data_pdu(context, 2 if last else 0, data[at : at + piece]))
    return status(read_pdu(s)[1])


def echo(port):
    s = associate(port)
    s.sendall(data_pdu(3, 3, command(0x0030, VERIFICATION, data=False)))
    kind, body = read_pdu(s)
    if kind != DATA or status(body) != 0:
        raise ConnectionError("no answer to C-ECHO")
    s.sendall(pdu(RELEASE_RQ, bytes(4)))
    if read_pdu(s)[0] != RELEASE_RP:
        raise ConnectionError("no answer to the release")
    s.close()
