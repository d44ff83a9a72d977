"""Numbers of tests/unit/data/test_select.c: middle square and antialiased resizing by PyTorch.

    /usr/bin/python3 tests/golden/antialias.py        (PyTorch 1.13, Debian 12)
"""
import torch
import torch.nn.functional as F


def picture(h, w, c):
    i = torch.arange(h * w * c, dtype=torch.float64).reshape(h, w, c)
    return (i * 37 + (i / 11).floor() * 5) % 256


def show(h, w, c, side, resized):
    x = picture(h, w, c).permute(2, 0, 1)[None]
    y = F.interpolate(x, size=resized, mode="bilinear", antialias=True)
    top, left = (resized[0] - side) // 2, (resized[1] - side) // 2
    y = y[0, :, top:top + side, left:left + side].permute(1, 2, 0)
    b = (y + 0.5).floor().flatten().int().tolist()
    near = ((y - y.floor() - 0.5).abs() < 1e-4).sum().item()
    at = [(k * 7919) % len(b) for k in range(12)]
    print(f"{h} x {w} x {c} -> {side}: sum {sum(b)}, on the edge of rounding {near}")
    print("  at", at, "\n  ", [b[k] for k in at])


show(28, 28, 1, 13, (13, 13))
show(30, 60, 3, 10, (10, 20))
show(28, 28, 1, 64, (64, 64))
show(40, 16, 3, 24, (60, 24))
