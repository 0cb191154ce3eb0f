"""Small files that ask for much: hours, gigabytes, an end that never comes. make(folder) writes all of them and returns
(name, path, command of gppi, exit status that is right) for each; what a program called for them must be installed."""
import os
import shutil
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests"))
import dicom_net as net  # noqa: E402


def packed(pieces, wbits=15):
    """Compressed, without the whole in memory."""
    c = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join([c.compress(p) for p in pieces] + [c.flush()])


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)
    return path


# ---- pictures ----


def shared_strip(path, side, pages):
    """Pages that are all the same strip of zeros."""
    strip = packed(bytes(side * 64) for _ in range(side // 64))
    first = 8 + len(strip) + len(strip) % 2
    tags = [(256, 4, side), (257, 4, side), (258, 3, 8), (259, 3, 8), (262, 3, 1), (273, 4, 8), (277, 3, 1),
            (278, 4, side), (279, 4, len(strip))]
    size = 2 + 12 * len(tags) + 4
    data = b"II*\0" + struct.pack("<I", first) + strip.ljust(first - 8, b"\0")
    entries = b"".join(struct.pack("<HHI", t, kind, 1) + struct.pack("<I", value) for t, kind, value in tags)
    for page in range(pages):
        after = first + size * (page + 1) if page + 1 < pages else 0
        data += struct.pack("<H", len(tags)) + entries + struct.pack("<I", after)
    return put(path, data)


def png(path, side, depth):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = bytes(1 + side * depth // 8)
    return put(path, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, 0, 0, 0, 0))
               + chunk(b"IDAT", packed(row for _ in range(side))) + chunk(b"IEND", b""))


def pngs(path, side):
    os.makedirs(path)
    first = png(path + "/s_000.png", side, 16)
    for i in range(1, 12):
        shutil.copy(first, f"{path}/s_{i:03}.png")
    return path


def many_scans(path, width, height, components, scans):
    """A progressive JPEG whose scans say in a few bytes that nothing changes anywhere."""
    def segment(kind, data):
        return bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data

    blocks = (width + 7) // 8 * ((height + 7) // 8)
    frame = struct.pack(">BHHB", 8, height, width, components) + b"".join(
        bytes([c + 1, 0x11, 0]) for c in range(components))
    data = b"\xff\xd8" + segment(0xDB, b"\0" + bytes([1] * 64)) + segment(0xC2, frame)
    # one code of one bit each: no difference; the end of so many blocks in 14 bits more
    data += segment(0xC4, b"\0\1" + bytes(15) + b"\0") + segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")
    data += segment(0xDA, bytes([components]) + b"".join(bytes([c + 1, 0]) for c in range(components)) + bytes(3))
    data += bytes((blocks * components + 7) // 8)
    bits = ""
    while blocks > 0:
        run = min(max(blocks, 16384), 32767)
        bits += "0" + format(run - 16384, "014b")
        blocks -= run
    bits += "1" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    passes = [(band, high, low) for band in range(1, 64) for high, low in ((0, 3), (3, 2), (2, 1), (1, 0))]
    wanted = [(c, p) for p in passes for c in range(components)][:scans]
    for c, (band, high, low) in wanted:
        data += segment(0xDA, bytes([1, c + 1, 0, band, band, high << 4 | low])) + body
    return put(path, data + b"\xff\xd9")


# ---- volumes ----


def rod(path, side, slices, um):
    """A tube with a wider end, metres long by what its header says."""
    header = bytearray(544)
    struct.pack_into("<i", header, 0, 540)
    header[4:12] = b"n+2\0\r\n\x1a\n"
    struct.pack_into("<hh", header, 12, 2, 8)
    struct.pack_into("<8q", header, 16, 3, side, side, slices, 1, 1, 1, 1)
    struct.pack_into("<8d", header, 104, 1, *[um / 1000] * 3, 0, 0, 0, 0)
    struct.pack_into("<q", header, 168, 544)
    struct.pack_into("<i", header, 500, 2)

    def ring(inner, outer, marrow):
        r = [((x - side / 2 + 0.5) ** 2 + (y - side / 2 + 0.5) ** 2) ** 0.5 / side
             for y in range(side) for x in range(side)]
        return bytes(200 if inner < v < outer else marrow if v <= inner else 0 for v in r)

    wide, thin = ring(0.4, 0.45, 120), ring(0.28, 0.38, 60)
    return put(path, packed([bytes(header)] + [wide if z < slices // 5 else thin for z in range(slices)], 31))


def nrrd(path, lines, data=None):
    with open(path, "w") as f:
        f.write(f"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 64 64 64\nencoding: raw\n{lines}\n")
    if data:
        with open(os.path.dirname(path) + "/" + data, "wb") as f:
            f.truncate(2 << 30)  # takes no room on disk
    return path


# ---- DICOM ----


def image(rows, columns, frames, pixels, before=b"", syntax=net.EXPLICIT):
    """A file of so many frames; `before` comes in front of the rows."""
    u16 = lambda v: struct.pack("<H", v)  # noqa: E731
    data = net.element(8, 0x16, b"UI", net.CT) + net.element(8, 0x18, b"UI", b"1.2.3.4.5") + before
    data += net.element(0x20, 0x0D, b"UI", b"1.2.3.8") + net.element(0x20, 0x0E, b"UI", b"1.2.3.9")
    data += net.element(0x28, 2, b"US", u16(1)) + net.element(0x28, 4, b"CS", b"MONOCHROME2 ")
    data += net.element(0x28, 8, b"IS", b"%d" % frames)
    data += net.element(0x28, 0x10, b"US", u16(rows)) + net.element(0x28, 0x11, b"US", u16(columns))
    for number, value in ((0x100, 16), (0x101, 16), (0x102, 15), (0x103, 0)):
        data += net.element(0x28, number, b"US", u16(value))
    return net.file(b"1.2.3.4.5", data + pixels, syntax=syntax)


def item(data=b""):
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(data)) + data


def empty_items(path, count):
    pixels = net.element(0x5200, 0x9230, b"SQ", item() * count) + net.element(0x7FE0, 0x10, b"OW", bytes(8 * count))
    return put(path, image(2, 2, count, pixels))


def deep(path, depth):
    return put(path, image(64, 64, 1, net.element(0x7FE0, 0x10, b"OW", bytes(64 * 64 * 2)), net.nested(depth)))


def one_frame_of_zeros(folder, rows, columns):
    """A frame of equal voxels as JPEG-LS, by dcmtk's program: some hundred bytes."""
    plain, small, size = folder + "/plain.dcm", folder + "/small.dcm", rows * columns * 2
    head = image(rows, columns, 1, struct.pack("<HH", 0x7FE0, 0x10) + b"OW\0\0" + struct.pack("<I", size))
    with open(plain, "wb") as f:
        f.write(head)
        f.truncate(len(head) + size)
    subprocess.run(["dcmcjpls", plain, small], check=True)
    with open(small, "rb") as f:
        data = f.read()
    os.remove(plain)
    os.remove(small)
    at = data.rindex(b"\xff\xd8\xff")
    return data[at : at + struct.unpack("<I", data[at - 4 : at])[0]]


def packed_frames(path, frame, rows, columns, count):
    pixels = struct.pack("<HH", 0x7FE0, 0x10) + b"OB\0\0\xff\xff\xff\xff" + item() + item(frame) * count
    return put(path, image(rows, columns, count, pixels + b"\xfe\xff\xdd\xe0\0\0\0\0",
                           syntax=b"1.2.840.10008.1.2.4.80"))


def jpeg_in_dicom(folder, side, scans, claimed):
    """Two slices that say they are claimed x claimed: each a progressive JPEG of side x side."""
    os.makedirs(folder)
    with open(many_scans(folder + "/frame.jpg", side, side, 1, scans), "rb") as f:
        frame = f.read()
    os.remove(folder + "/frame.jpg")
    pixels = struct.pack("<HH", 0x7FE0, 0x10) + b"OB\0\0\xff\xff\xff\xff" + item() + item(frame + bytes(len(frame) % 2))
    for i in range(2):
        put(f"{folder}/{i}.dcm", image(claimed, claimed, 1, pixels + b"\xfe\xff\xdd\xe0\0\0\0\0",
                                       syntax=b"1.2.840.10008.1.2.4.50"))
    return folder


def many_frames(folder, files):
    """Files of some hundred bytes with 65,535 frames each, by what they say."""
    os.makedirs(folder)
    for i in range(files):
        put(f"{folder}/{i}.dcm", image(2, 2, 65535, net.element(0x7FE0, 0x10, b"OW", bytes(8))))
    return folder


def empty_elements(path, count, frames):
    """Frames of nothing, and so many elements that are looked through for each."""
    before = b"".join(net.element(0x11 + i // 60000 * 2, 0x1000 + i % 60000, b"LO", b"") for i in range(count))
    return put(path, image(16, 16, frames, net.element(0x7FE0, 0x10, b"OW", bytes(512 * frames)), before))


def wide_voxels(path, side, slices):
    """Zeros of 64 bits, deflated."""
    strip = packed(bytes(side * 8) for _ in range(side))
    data, pages = b"II*\0" + bytes(4) + strip + bytes(len(strip) % 2), []
    for _ in range(slices):
        pages.append(len(data))
        tags = [(256, 4, side), (257, 4, side), (258, 3, 64), (259, 3, 8), (262, 3, 1), (273, 4, 8), (277, 3, 1),
                (278, 4, side), (279, 4, len(strip)), (339, 3, 3)]
        entries = b"".join(struct.pack("<HHII", t, kind, 1, value) for t, kind, value in tags)
        data += struct.pack("<H", len(tags)) + entries + bytes(4)
        data += strip + bytes(len(strip) % 2)  # so that every page has bytes of its own
    data = bytearray(data)
    size = 2 + 12 * 10
    for page, after in zip([4 - size] + pages, pages):
        struct.pack_into("<I", data, page + size, after)
    return put(path, bytes(data))


def make(folder):
    at = lambda name: folder + "/" + name  # noqa: E731
    os.symlink("/dev/zero", at("zero"))
    os.mkfifo(at("pipe"))
    frame, small_frame = one_frame_of_zeros(folder, 2047, 65535), one_frame_of_zeros(folder, 1024, 1024)
    files = [
        ("TIFF, 4,000 pages of one strip, 16384 x 16384", shared_strip(at("shared.tif"), 16384, 4000), "detect", 1),
        ("TIFF, 4,000 pages of one strip, 4096 x 4096", shared_strip(at("shared_small.tif"), 4096, 4000), "detect", 1),
        ("TIFF, 4,000 pages of one strip, 512 x 512", shared_strip(at("shared_least.tif"), 512, 4000), "detect", 1),
        ("12 PNG of 16384 x 16384, 16 bits", pngs(at("pngs"), 16384), "detect", 1),
        ("12 PNG of 8192 x 8192, 16 bits", pngs(at("pngs_less"), 8192), "detect", 1),
        ("PNG of 16384 x 16384, 16 bits", png(at("one.png"), 16384, 16), "longaxis", 1),
        ("progressive JPEG, 252 scans, 16384 x 16384", many_scans(at("scans1.jpg"), 16384, 16384, 1, 252),
         "longaxis", 1),
        ("progressive JPEG, 252 scans, 8192 x 8192", many_scans(at("scans2.jpg"), 8192, 8192, 1, 252), "longaxis", 1),
        ("progressive JPEG, 250 scans, three components", many_scans(at("scans3.jpg"), 16384, 10000, 3, 250),
         "longaxis", 1),
        ("NRRD, line skip in 2 GB without a line",
         nrrd(at("lines.nhdr"), "line skip: 1\ndata file: sparse.raw", "sparse.raw"), "detect", 1),
        ("NRRD, line skip in /dev/zero", nrrd(at("endless.nhdr"), "line skip: 3\ndata file: zero"), "detect", 1),
        ("NRRD, data in a pipe", nrrd(at("pipe.nhdr"), "data file: pipe"), "detect", 1),
        ("a pipe as picture", at("pipe"), "longaxis", 1),
        ("60,000 empty items for frames", empty_items(at("items.dcm"), 60000), "detect", 1),
        ("10,000 sequences within each other", deep(at("deep.dcm"), 10000), "detect", 1),
        ("100,000 sequences within each other", deep(at("deeper.dcm"), 100000), "detect", 1),
        ("JPEG frames of 16384 x 16384 in slices of 16 x 16", jpeg_in_dicom(at("sizes"), 16384, 60, 16), "detect", 1),
        ("progressive JPEG, 252 scans, in DICOM", jpeg_in_dicom(at("scans"), 4096, 252, 4096), "detect", 1),
        ("100 DICOM files of 65,535 frames each", many_frames(at("claims"), 100), "detect", 1),
        ("300,000 empty elements beside 2,560 frames", empty_elements(at("beside.dcm"), 300000, 2560), "detect", 1),
        ("TIFF, 11 pages of 3400 x 3400 zeros of 64 bits", wide_voxels(at("wide.tif"), 3400, 11), "detect", 1),
    ]
    for count in (8, 100, 1600):
        name = f"JPEG-LS, {count} frames of 65535 x 2047 equal voxels"
        files.append((name, packed_frames(at(f"frames{count}.dcm"), frame, 2047, 65535, count), "detect", 1))
    files.append(("JPEG-LS, 4,000 frames of 1024 x 1024 equal voxels",
                  packed_frames(at("frames.dcm"), small_frame, 1024, 1024, 4000), "detect", 1))
    for i, (side, slices, um) in enumerate([(32, 5900, 10), (32, 2000, 100), (32, 20000, 100), (24, 65535, 100),
                                            (96, 65535, 10), (32, 65535, 200)]):
        files.append((f"rod of {slices * um / 1e3:g} mm in .nii.gz, {side} x {side} x {slices}",
                      rod(at(f"rod{i + 1}.nii.gz"), side, slices, um), "detect", 1))
    return files
