"""Writes tests/unit/stat/frechet_golden.h: means, covariances and Frechet distances by NumPy.

Independent of the C code: numpy.mean, numpy.cov, and the trace of the root of C1 C2 from the
eigenvalues of that product as it stands (numpy.linalg.eigvals of a matrix that is not symmetric).
Run in the root of the project: python3 tests/golden/frechet.py
"""
import numpy as np

rng = np.random.RandomState(7)


def rows(name, a):
    flat = ", ".join("%.17g" % v for v in np.asarray(a).ravel())
    lines, line = [], "    "
    for word in flat.split(" "):
        if len(line) + len(word) > 98:
            lines.append(line.rstrip())
            line = "    "
        line += word + " "
    lines.append(line.rstrip())
    return "%s[] = {\n%s};\n" % (name, "\n".join(lines))


def distance(a, b):
    c1, c2 = np.cov(a.T), np.cov(b.T)
    root = np.sqrt(np.linalg.eigvals(c1 @ c2).astype(complex)).real.sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * root


mix = rng.standard_normal((5, 5))
a = np.maximum(rng.standard_normal((12, 5)) @ mix + 0.3, 0).astype(np.float32)
b = np.maximum(rng.standard_normal((17, 5)) @ mix[::-1] - 0.2, 0).astype(np.float32)
text = "/* Made by tests/golden/frechet.py with NumPy %s, RandomState(7); (12,5) and (17,5). */\n" % (
    np.__version__)
text += "static const float " + rows("sample_a", a) + "static const float " + rows("sample_b", b)
for name, x in (("a", a), ("b", b)):
    x = x.astype(np.float64)
    text += "static const double " + rows("mean_" + name, x.mean(0))
    text += "static const double " + rows("covariance_" + name, np.cov(x.T))
text += "static const double distance_a_b = %.17g;\n" % distance(a.astype(float), b.astype(float))
open("tests/unit/stat/frechet_golden.h", "w").write(text)
