#!/usr/bin/env python3
"""Writes tests/unit/tensor/pictures: one PNG of every kind that the PNG specification (W3C, second
edition, 11.2.2) allows, by an encoder that shares nothing with src/tensor and needs nothing but
Python. Sample c of pixel (x,y) is (37 x + 91 y + 53 c + 11) * 2654435761 mod 2^32, its top bits;
tests/unit/tensor/test_image.c computes the same numbers. Filters 0 to 4 take turns by row.

    python3 tools/golden/pictures.py
"""
import os
import struct
import zlib

W, H = 13, 9
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def sample(x, y, c, depth):
    return ((37 * x + 91 * y + 53 * c + 11) * 2654435761 % 2**32) >> (32 - depth)


def pack_row(xs, y, kind, depth):
    bits, n = 0, 0
    for x in xs:
        for c in range(CHANNELS[kind]):
            bits = bits << depth | sample(x, y, c, depth)
            n += depth
    pad = -n % 8
    return (bits << pad).to_bytes((n + pad) // 8, "big")


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filtered(row, before, step, kind):
    out = bytearray([kind])
    for i, value in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = before[i] if before else 0
        c = before[i - step] if before and i >= step else 0
        out.append((value - (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) % 256)
    return bytes(out)


def scan(xs, ys, kind, depth):
    step = max(1, CHANNELS[kind] * depth // 8)
    rows, before = b"", None
    for i, y in enumerate(ys):
        row = pack_row(xs, y, kind, depth)
        rows += filtered(row, before, step, i % 5)
        before = row
    return rows


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(kind, depth, interlaced, transparent=b""):
    if interlaced:
        passes = [(range(x, W, dx), range(y, H, dy)) for x, y, dx, dy in ADAM7]
        raw = b"".join(scan(xs, ys, kind, depth) for xs, ys in passes if xs and ys)
    else:
        raw = scan(range(W), range(H), kind, depth)
    out = b"\x89PNG\r\n\x1a\n"
    out += chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, kind, 0, 0, int(interlaced)))
    if kind == 3:
        palette = [(3 * i % 256, 255 - i, 7 * i % 256) for i in range(2**depth)]
        out += chunk(b"PLTE", bytes(v for colour in palette for v in colour))
    if transparent:
        out += chunk(b"tRNS", transparent)
    out += chunk(b"tEXt", b"Comment\0not a pixel")
    packed = zlib.compress(raw, 9)
    for at in range(0, len(packed), 100):  # several IDAT
        out += chunk(b"IDAT", packed[at:at + 100])
    return out + chunk(b"IEND", b"")


def main():
    folder = os.path.join(os.path.dirname(__file__), "../../tests/unit/tensor/pictures")
    os.makedirs(folder, exist_ok=True)
    for kind, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in (False, True):
                name = f"kind{kind}_depth{depth}{'_adam7' if interlaced else ''}.png"
                with open(os.path.join(folder, name), "wb") as f:
                    f.write(png(kind, depth, interlaced))
    with open(os.path.join(folder, "kind3_depth2_transparent.png"), "wb") as f:
        f.write(png(3, 2, False, bytes([0, 128])))


main()
