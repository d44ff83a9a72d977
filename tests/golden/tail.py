"""Writes tests/unit/stat/tail_golden.h: numpy.quantile of three units' values.

The values come from the generator of tests/unit/stat/cloud.h: image i is cloud(100 + i, UNITS, COUNT);
unit 1 is coarse (many equal values), unit 2 mostly 0, as after a ReLU.
Run in the root of the project: python3 tests/golden/tail.py
"""
import numpy as np

UNITS, COUNT, IMAGES = 3, 97, 31
QS = [0, 1e-4, 1e-3, 0.005, 0.01, 0.0123, 0.04, 0.05]


def cloud(seed, n, d):
    x, values = seed, []
    for _ in range(n * d):
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append((x >> 40) / 2**24)  # exact in f32
    return np.array(values).reshape(n, d)


v = np.stack([cloud(100 + i, UNITS, COUNT) for i in range(IMAGES)])
v[:, 1] = np.floor(v[:, 1] * 16) / 16
v[:, 2] = np.maximum(v[:, 2] - 0.96875, 0)
v = v.transpose(1, 0, 2).reshape(UNITS, -1)  # f64 holds every f32
with open("tests/unit/stat/tail_golden.h", "w") as f:
    f.write("/* Written by tests/golden/tail.py with NumPy %s. */\n" % np.__version__)
    f.write("enum { UNITS = %d, COUNT = %d, IMAGES = %d, QUANTILES = %d };\n" % (UNITS, COUNT, IMAGES, len(QS)))
    f.write("static const double asked_at[QUANTILES] = {%s};\n" % ", ".join(repr(float(q)) for q in QS))
    f.write("static const double quantile[QUANTILES][UNITS] = {\n")
    for q in QS:
        f.write("    {%s},\n" % ", ".join("%.17g" % x for x in np.quantile(v, 1 - q, axis=1)))
    f.write("};\n")
