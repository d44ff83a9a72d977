"""Writes tests/unit/stat/scores_golden.h: the scores of two clouds of points by NumPy.

Independent of the C code: all distances at once, in f64, sorted or compared as they stand. The
clouds come from a linear congruential generator that the tests have too (tests/unit/stat/cloud.h),
so that the golden file holds results only.
Run in the root of the project: python3 tests/golden/scores.py
"""
import numpy as np

D, N, M = 7, 700, 530  # more than one strip and one chunk of the C code, and odd


def cloud(seed, n, d, shift):
    x, values = seed, []
    for _ in range(n * d):
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append((x >> 40) / 2**24)  # exact in f32
    return np.array(values).reshape(n, d) + shift


def distances(x, y):
    return np.sqrt(((x[:, None, :] - y[None, :, :]) ** 2).sum(2))


real, fake = cloud(1, N, D, 0.0), cloud(2, M, D, 0.125)
rr, ff, fr = distances(real, real), distances(fake, fake), distances(fake, real)
out = []


def number(name, value):
    out.append("static const double %s = %.17g;\n" % (name, value))


def row(name, values):
    out.append("static const double %s[] = {%s};\n" % (name, ", ".join("%.17g" % v for v in values)))


near = np.sort(rr + np.diag([np.inf] * N), 1)
for k in (1, 5):
    number("neighbour_%d_sum" % k, near[:, k - 1].sum())
    row("neighbour_%d_some" % k, near[[0, 47, 48, 511, 512, 699], k - 1])
for k in (3, 5):
    real_ball = np.sort(rr, 1)[:, k]  # the point itself is the 0th
    fake_ball = np.sort(ff, 1)[:, k]
    row("manifold_%d" % k, [
        (fr <= real_ball).any(1).mean(), (fr <= fake_ball[:, None]).any(0).mean(),
        (fr <= real_ball).sum() / (k * M), (fr.min(0) <= real_ball).mean()])
number("nearest_index_sum", fr.argmin(1).sum())
number("nearest_distance_sum", fr.min(1).sum())
upper = rr[np.triu_indices(N, 1)]
for name, radius in (("close_few", 0.25), ("close_many", 0.75)):
    number(name, (upper <= radius).sum())


def kernel_distance(x, y):
    k = lambda a, b: (a @ b.T / D + 1) ** 3
    within = lambda a: (k(a, a).sum() - np.trace(k(a, a))) / (len(a) * (len(a) - 1))
    return within(x) + within(y) - 2 * k(x, y).mean()


number("kernel_distance", kernel_distance(real[:M], fake))
number("kernel_self", (lambda a: ((a @ a.T / D + 1) ** 3).mean())(real))

p = cloud(3, 100, 5, 0.0) ** 3
p = (p / p.sum(1, keepdims=True)).astype(np.float32).astype(np.float64)
out.append("static const float softmax[] = {\n")
for r in p:
    out.append("    %s,\n" % ", ".join("%.9gf" % v for v in r))
out.append("};\n")
for splits in (1, 7):
    scores = []
    for s in range(splits):
        i = np.arange(len(p))
        part = p[(i - i // splits) % splits == s]
        scores.append(np.exp((part * np.log(part / part.mean(0))).sum(1).mean()))
    row("inception_%d" % splits, [np.mean(scores), np.std(scores, ddof=1) if splits > 1 else 0])

a, b = np.floor(cloud(4, 40, 1, 0.0).ravel() * 16), np.floor(cloud(5, 31, 1, 0.0).ravel() * 16) - 2
number("rank_share", ((a[:, None] < b).sum() + 0.5 * (a[:, None] == b).sum()) / (40 * 31))
row("quantiles_of_a", np.quantile(a, [0, 0.05, 0.5, 0.99, 1]))

text = "/* Made by tests/golden/scores.py with NumPy %s: (%d,%d) reals, (%d,%d) fakes. */\n" % (
    np.__version__, N, D, M, D)
open("tests/unit/stat/scores_golden.h", "w").write(text + "".join(out))
