"""What netfuzz.py sends: PDUs, associations and messages, some of their lengths, types, orders and bytes wrong."""
import os
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests"))
import dicom_net as net  # noqa: E402
import serve_peer  # noqa: E402


class Maker:
    """Makes what goes over the wire; `rate` is how often something is wrong."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.rate = self.r.choice([0, 0.01, 0.03, 0.1, 0.4])

    def off(self, factor=1):
        return self.r.random() < self.rate * factor

    def number(self, n, most):
        """A length or a field, sometimes another one."""
        if not self.off():
            return n
        return self.r.choice([0, 1, n - 1, n + 1, n * 2, most, most - 1, most >> 1, self.r.randrange(most + 1)]) & most

    def garble(self, data):
        data = bytearray(data)
        while data and self.off(2):
            at = self.r.randrange(len(data))
            what = self.r.randrange(4)
            if what == 0:
                data[at] = self.r.choice([0, 1, 0x7F, 0x80, 0xFF, self.r.randrange(256)])
            elif what == 1:
                del data[at : at + self.r.randrange(1, 20)]
            elif what == 2:
                data[at:at] = self.r.randbytes(self.r.randrange(1, 20))
            else:
                data[at:at] = data[at : at + self.r.randrange(1, 60)] * self.r.choice([1, 2, 50])
        return bytes(data)

    def item(self, kind, value):
        kind = self.r.choice([0x10, 0x20, 0x21, 0x30, 0x40, 0x50, 0x51, 0x54, 0x58, kind ^ 1]) if self.off() else kind
        value = value[:0xFFFF]
        made = bytes([kind, 0]) + struct.pack(">H", self.number(len(value), 0xFFFF)) + value
        return made * self.r.choice([0, 2, 3, 200]) if self.off() else made

    def pdu(self, kind, body):
        kind = self.r.choice([1, 2, 3, 4, 5, 6, 7, 0, 8, 255]) if self.off() else kind
        return bytes([kind, 0]) + struct.pack(">I", self.number(len(body), 0xFFFFFFFF)) + body

    def part(self, context, flags, data):
        context = self.r.choice([1, 3, 2, 0, 255]) if self.off() else context
        flags = self.r.randrange(256) if self.off() else flags
        return struct.pack(">I", self.number(len(data) + 2, 0xFFFFFFFF)) + bytes([context, flags]) + data

    def text(self, value):
        return self.garble(value) if self.off() else value

    # ---- associations ----

    def user(self, answer):
        more = b""
        for make in (
            lambda: self.item(0x53, struct.pack(">HH", 1, 1)),
            lambda: self.item(0x54, struct.pack(">H", 5) + b"1.2.3" + b"\1\0"),
            lambda: self.item(0x55, b"NAME"),
            lambda: self.item(0x56, struct.pack(">H", self.number(5, 0xFFFF)) + b"1.2.3" + self.r.randbytes(6)),
            lambda: self.item(0x59, b"\0\2ab") if answer else self.item(
                0x58, b"\1\0" + struct.pack(">H", self.number(2, 0xFFFF)) + b"ab\0\1c"),
            lambda: self.item(0x57, self.r.randbytes(9)),
        ):
            if self.r.random() < 0.3:
                more += make()
        longest = self.r.choice([0, 16384, 131072, 1, 13, 14, 4096, 0xFFFFFFFF, 0xA500005A]) if self.off(3) else 16384
        return self.item(0x50, self.item(0x51, struct.pack(">I", longest)) + self.item(0x52, b"1.2.3") + more)

    def request(self):
        body = (struct.pack(">HH", self.number(1, 0xFFFF), 0) + self.text(b"GPPI".ljust(16))
                + self.text(b"SCANNER".ljust(16)) + bytes(32))
        body += self.item(0x10, self.text(net.APPLICATION))
        for number, sop_class in ((1, net.CT), (3, net.VERIFICATION)):
            syntaxes = b"".join(self.item(0x40, self.text(s))
                                for s in self.r.choice([[net.EXPLICIT], [net.EXPLICIT, net.IMPLICIT]]))
            head = bytes([self.number(number, 0xFF), 0, self.number(0, 0xFF), 0])
            body += self.item(0x20, head + self.item(0x30, self.text(sop_class)) + syntaxes)
        return self.pdu(net.RQ, self.garble(body + self.user(False)))

    def answer(self, request):
        """To a request of the sender: accepted, mostly."""
        if self.off(0.5):
            return self.pdu(self.r.choice([net.RJ, net.ABORT]), self.r.randbytes(4))
        body, at = request[:68] + self.item(0x10, self.text(net.APPLICATION)), 68
        while at + 4 <= len(request):
            n = struct.unpack(">H", request[at + 2 : at + 4])[0]
            if request[at] == 0x20:
                value = request[at + 4 : at + 4 + n]
                syntax = 8 + struct.unpack(">H", value[6:8])[0]
                length = struct.unpack(">H", value[syntax + 2 : syntax + 4])[0]
                head = bytes([self.number(value[0], 0xFF), 0, self.number(0, 0xFF), 0])
                body += self.item(0x21, head + self.item(0x40, self.text(value[syntax + 4 : syntax + 4 + length])))
            at += 4 + n
        return self.pdu(net.AC, self.garble(body + self.user(True)))

    # ---- messages ----

    def data_pdus(self, pieces):
        """(context, flags, data) as PDUs of one to five parts."""
        made, parts, size = b"", b"", 0
        for piece in pieces:
            part = self.part(*piece)
            if parts and (size >= 5 or len(parts) + len(part) > 100000 or self.r.random() < 0.5):
                made += self.pdu(net.DATA, parts)
                parts, size = b"", 0
            parts += part
            size += 1
        return made + (self.pdu(net.DATA, parts) if parts else b"")

    def pieces(self, context, command, data):
        """Cut at random, evenly, sometimes into nothing; the last one is marked."""
        flags, found = (1 if command else 0), []
        while len(data) > 2 and self.r.random() < 0.8 and len(found) < 12:
            n = self.r.choice([0, 2, 2 * self.r.randrange(1, 30), 2 * self.r.randrange(1, len(data) // 2 + 1)])
            found.append((context, flags, data[:n]))
            data = data[n:]
        return found + [(context, flags | 2, data)]

    def nested(self):
        return net.nested(self.r.choice([1, 3, 60, 70, 2000]))

    def data_set(self, instance, series):
        within = self.nested() if self.off(2) else b""
        return self.garble(net.image(instance, series, side=8, within=within))

    def message(self, instance, series):
        """One message, and whether it is a legal one to store."""
        kind = "store" if not self.off(2) else self.r.choice(["echo", "other", "bytes", "answer"])
        if kind == "bytes":
            return self.pdu(net.DATA, self.r.randbytes(self.r.randrange(200))), False
        if kind == "store":
            command, data = net.store(instance), self.data_set(instance, series)
        else:
            field = {"echo": 0x0030, "other": self.r.choice([0x0020, 0x0021, 0x0FFF, 0x0140]), "answer": 0x8001}[kind]
            command, data = net.command(field, net.CT, instance, data=self.off(), status=0), b""
        sent = self.pieces(1, True, self.garble(command))
        if kind == "store" or self.off():
            sent += self.pieces(1, False, data)
        if self.off():
            self.r.shuffle(sent)
        return self.data_pdus(sent), kind == "store" and self.rate == 0

    def response(self, command):
        """What a PACS answers to a command of the sender."""
        elements = serve_peer.elements(command)
        made = net.command(0x8001, elements.get(2, b"").rstrip(b"\0"), elements.get(0x1000, b"").rstrip(b"\0"),
                           int.from_bytes(elements.get(0x0110, b"\1\0"), "little"), data=self.off(),
                           status=self.r.choice([0, 0, 0xB000, 0xA700, 0xC000]))
        sent = self.pieces(1, True, self.garble(made))
        if self.off():
            sent += self.pieces(1, False, self.nested())
        return self.garble(self.data_pdus(sent)) if self.off() else self.data_pdus(sent)
