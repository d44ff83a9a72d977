"""Dissection's statistics in PyTorch: the jobs of bench/worker_stat.c.

  written  what the published 2018 programme does, operation by operation: one image at a time is
           enlarged by grid_sample, every label that is present is a boolean mask, quantiles come from
           a sketch of sorted buffers (per unit; for the IQR rule also per label and per category)
  best     the fastest form of the same mathematics that we know: all counts as one matrix product with
           the one-hot labels; exact levels by a histogram over a float's leading bits, and one bincount
           over (unit, set of labels, level); the tail by topk
"""
import math

import torch
import torch.nn.functional as F

UNITS, SIDE, LABELS, PLANES = 512, 16, 336, 3
IMAGES, BATCH, SAMPLE, TOP = 8, 100, 1000, 20


def wavy_labels(side):
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    wave = 0.05 * side * torch.sin(12.0 * (x + y) / side)
    v, h = (y + wave).clamp(0, side - 1), (x + wave).clamp(0, side - 1)
    row, column = (2 * v / side).long(), (3 * h / side).long()
    parts = torch.where((v > side / 4) & (v < side * 3 / 4), 101 + column, torch.zeros_like(column))
    return torch.stack([1 + 3 * row + column, parts, 201 + row])


def category(label):
    return label // 100 % 3


def enlarging_grid(side):
    """Half-pixel centres, in the coordinates of align_corners=True."""
    at = ((torch.arange(side) + 0.5) * SIDE / side - 0.5) * 2 / (SIDE - 1) - 1
    return torch.stack([at[None, :].expand(side, side), at[:, None].expand(side, side)], 2)[None]


def enlarge(maps, grid):
    return F.grid_sample(maps[None], grid, padding_mode="border", align_corners=True)[0]


class Counts:
    def __init__(self, best, side=256):
        self.best, self.labels, self.grid = best, wavy_labels(side), enlarging_grid(side)
        self.maps = torch.randn(IMAGES, UNITS, SIDE, SIDE)
        self.level = torch.full((UNITS,), 2.326)
        self.both = torch.zeros(LABELS, UNITS, dtype=torch.int64)
        self.label = torch.zeros(LABELS, dtype=torch.int64)
        self.active = torch.zeros(3, UNITS, dtype=torch.int64)
        self.pixels = torch.zeros(3, dtype=torch.int64)
        self.next = 0

    def __call__(self):
        maps = self.maps[self.next % IMAGES]
        self.next += 1
        active = enlarge(maps, self.grid) > self.level[:, None, None]
        counts = torch.bincount(self.labels.flatten(), minlength=LABELS)
        counts[0] = 0
        self.label += counts
        present = counts.nonzero()[:, 0]
        total = active.flatten(1).sum(1)
        for k in set(category(present).tolist()):
            self.active[k] += total
            self.pixels[k] += active[0].numel()
        if self.best:
            hot = (self.labels.flatten(1)[:, None] == present[None, :, None]).any(0)
            self.both[present] += (hot.float() @ active.flatten(1).float().T).long()
            return
        for c in present:
            mask = (self.labels == c).any(0)
            self.both[c] += (active & mask[None]).flatten(1).sum(1)


class Sketch:
    """Quantiles of many rows (n,U) in little memory, buffers (U,capacity): an item of buffer i stands for 2^i. A full buffer is
    sorted and every second item goes on to the next; the last has `resolution` items, each before it
    0.67 of the next."""

    def __init__(self, resolution):
        self.resolution, self.least = resolution, min(128, (resolution + 7) // 8)
        self.buffers, self.used = [self.empty(0)], [0]

    def capacity(self, from_last):
        return max(self.least, math.ceil(self.resolution * 0.67**from_last / 8) * 8)

    def empty(self, from_last):
        return torch.empty(UNITS, self.capacity(from_last))

    def make_room(self, i):
        if i + 1 == len(self.buffers):
            self.buffers.append(self.empty(0))
            self.used.append(0)
        n = self.used[i]
        half = self.buffers[i][:, :n].sort(1)[0][:, int(torch.randint(2, ())) :: 2]
        if self.used[i + 1] + half.shape[1] > self.buffers[i + 1].shape[1]:
            self.make_room(i + 1)
        to = self.used[i + 1]
        self.buffers[i + 1][:, to : to + half.shape[1]] = half
        self.used[i + 1] = to + half.shape[1]
        self.used[i] = 0
        wanted = self.capacity(len(self.buffers) - 1 - i)
        if wanted != self.buffers[i].shape[1]:
            self.buffers[i] = torch.empty(UNITS, wanted)

    def add(self, rows):
        at = 0
        while at < len(rows):
            free = self.buffers[0].shape[1] - self.used[0]
            if free == 0:
                self.make_room(0)
                continue
            n = min(free, len(rows) - at)
            self.buffers[0][:, self.used[0] : self.used[0] + n] = rows[at : at + n].T
            self.used[0] += n
            at += n


class Iqr:
    def __init__(self, best, side=128):
        self.best, self.labels, self.grid = best, wavy_labels(side), enlarging_grid(side)
        self.maps = torch.randn(IMAGES, UNITS, SIDE, SIDE)
        self.sketches, self.next = {}, 0
        if best:
            values = torch.stack([enlarge(m, self.grid) for m in self.maps]).transpose(0, 1).flatten(1)
            share = 10 ** (-3 + 3 * torch.arange(100) / 99)
            rank = ((1 - share) * (values.shape[1] - 1)).long().flip(0)
            self.levels = values.sort(1)[0][:, rank].contiguous()  # ascending
            self.histogram = torch.zeros(UNITS * 2**17, dtype=torch.int32)
            self.tables = {}

    def exactly(self, maps):
        values = enlarge(maps, self.grid).flatten(1)
        unit = torch.arange(UNITS)[:, None]
        step = (values.view(torch.int32) >> 15) & 0x1FFFF  # sign, exponent and 8 bits
        self.histogram += torch.bincount((unit * 2**17 + step).flatten(), minlength=UNITS * 2**17).int()
        sets, set_of = self.labels.flatten(1).unique(dim=1, return_inverse=True)
        level = torch.searchsorted(self.levels, values)
        n = sets.shape[1]
        key = (unit * n + set_of[None]) * 101 + level
        table = torch.bincount(key.flatten(), minlength=UNITS * n * 101).view(UNITS, n, 101)
        for c in sets.unique().tolist():
            if c != 0:
                now = table[:, (sets == c).any(0)].sum(1)
                self.tables[c] = self.tables.get(c, 0) + now
        self.tables["all"] = self.tables.get("all", 0) + table.sum(1)

    def __call__(self):
        maps = self.maps[self.next % IMAGES]
        self.next += 1
        if self.best:
            return self.exactly(maps)
        values = enlarge(maps, self.grid)
        rows = values.flatten(1).T.contiguous()
        present = self.labels.unique()
        present = present[present != 0]
        conditions = [("all",)] + [("cat", k) for k in set(category(present).tolist())]
        for condition in conditions:
            self.sketches.setdefault(condition, Sketch(2048)).add(rows)
        for c in present.tolist():
            mask = (self.labels == c).any(0).flatten()
            self.sketches.setdefault(("label", c), Sketch(2048)).add(rows[mask])


class Quantiles:
    """100 images a call; after 1,000 a new dissection begins."""

    def __init__(self, best):
        self.best, self.seen = best, 0
        self.maps = torch.randn(BATCH, UNITS, SIDE, SIDE)
        self.kept = int(SAMPLE * SIDE * SIDE * 0.005) + 2

    def __call__(self):
        if self.seen % SAMPLE == 0:
            self.sketch, self.largest = Sketch(1024), torch.empty(UNITS, 0)
            self.top, self.image = torch.empty(0, UNITS), torch.empty(0, UNITS, dtype=torch.int64)
        if self.best:
            cells = torch.cat([self.largest, self.maps.transpose(0, 1).flatten(1)], 1)
            self.largest = cells.topk(min(self.kept, cells.shape[1]), 1, sorted=False)[0]
        else:
            self.sketch.add(self.maps.permute(0, 2, 3, 1).reshape(-1, UNITS))
        number = torch.arange(self.seen, self.seen + BATCH)[:, None].expand(BATCH, UNITS)
        most = torch.cat([self.top, self.maps.flatten(2).max(2)[0]])
        number = torch.cat([self.image, number])
        self.top, which = most.topk(min(TOP, len(most)), 0)
        self.image = number.gather(0, which)
        self.seen += BATCH


JOBS = {"counts": Counts, "iqr": Iqr, "quantiles": Quantiles}


def check():
    """Both forms count the same, and the sketch is a sketch of the quantiles."""
    torch.manual_seed(3)
    written, best = Counts(False, 32), Counts(True, 32)
    best.maps = written.maps
    for c in (written, best):
        c()
    assert (written.both == best.both).all() and written.both.sum() > 0, "the counts differ"
    s, x = Sketch(1024), torch.rand(20000, UNITS)
    for part in x.split(3000):
        s.add(part)
    held = sum(u * 2**i for i, u in enumerate(s.used))
    assert abs(held - 20000) < 2000, "the sketch loses items"
    items = [b[:, :u].repeat_interleave(2**i, 1) for i, (b, u) in enumerate(zip(s.buffers, s.used))]
    assert (torch.cat(items, 1).median(1)[0] - 0.5).abs().max() < 0.05, "the sketch is wrong"
