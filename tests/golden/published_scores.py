"""Writes tests/unit/metric/published_golden.h: scores of real digits and of the published generator,
by PyTorch and NumPy on the published networks and MNIST.

Independent of the C code from the files on: networks and latents by PyTorch and NumPy, all distances
at once in f64. Run in the root of the project: /usr/bin/python3 tests/golden/published_scores.py DATA
where DATA is the folder with MNIST's four files, unpacked.
"""
import sys
import numpy as np
import torch
from torch import nn

SHARED = "../shared/data/"


def idx(name, skip):
    return np.fromfile("%s/%s" % (sys.argv[1], name), np.uint8)[skip:]


def digits(half, n):
    x = idx(half + "-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[:n]
    return torch.tensor(x.astype(np.float32) / 255)


def lenet(pictures):
    conv = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten())
    f6, f7 = nn.Linear(120, 84), nn.Linear(84, 10)
    d = torch.load(SHARED + "lenet/lenet_epoch=12_test_acc=0.991.pth", map_location="cpu")
    for module, key in ((conv[0], "convnet.c1"), (conv[3], "convnet.c3"), (conv[6], "convnet.c5"),
                        (f6, "fc.f6"), (f7, "fc.f7")):
        module.load_state_dict({k: d[key + "." + k] for k in ("weight", "bias")})
    features, logits = [], []
    for part in pictures.split(500):
        x = nn.functional.interpolate(part, size=(32, 32), mode="bilinear", align_corners=False)
        features.append(torch.relu(f6(conv(x))))
        logits.append(f7(features[-1]))
    return torch.cat(features).double().numpy(), torch.cat(logits).double().numpy()


def generator(n, seed):
    z = torch.tensor(np.random.RandomState(seed).standard_normal((n, 5)).astype(np.float32))
    layers = []
    for i, (ic, oc, stride) in enumerate(((0, 256, 0), (256, 128, 1), (128, 64, 2), (64, 1, 2))):
        f = nn.Linear(5, 12544) if i == 0 else nn.ConvTranspose2d(ic, oc, 5, stride, 2, stride - 1)
        d = torch.load(SHARED + "mnist-gan/g_layer_%d.zip" % i, map_location="cpu")["state_dict"]
        key = "fc." if i == 0 else "conv."
        f.load_state_dict({k: d[key + k] for k in ("weight", "bias")})
        layers.append(f)
        if i == 0:
            layers.append(nn.Unflatten(1, (256, 7, 7)))
        if i < 3:
            bn = nn.BatchNorm2d(oc)
            bn.load_state_dict({k[3:]: v for k, v in d.items() if k.startswith("bn.")})
            layers += [bn, nn.LeakyReLU(0.2)]
        else:
            layers.append(nn.Tanh())
    net = nn.Sequential(*layers).eval()
    return torch.cat([net(part) for part in z.split(500)]) / 2 + 0.5


def frechet(a, b):
    c1, c2 = np.cov(a.T), np.cov(b.T)
    root = np.sqrt(np.linalg.eigvals(c1 @ c2).astype(complex)).real.sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * root


def squares(x, y):
    return np.maximum((x * x).sum(1)[:, None] + (y * y).sum(1) - 2 * x @ y.T, 0)


def balls(real, fake, k=3):
    fr = squares(fake, real)
    real_ball = np.partition(squares(real, real), k, 1)[:, k]
    fake_ball = np.partition(squares(fake, fake), k, 1)[:, k]
    return [(fr <= real_ball).any(1).mean(), (fr <= fake_ball[:, None]).any(0).mean(),
            (fr <= real_ball).sum() / (k * len(fake)), (fr.min(0) <= real_ball).mean()]


def kernel(x, y):
    """The unbiased squared discrepancy of all points, to which subsets tend."""
    def within(a):
        k = (a @ a.T / 84 + 1) ** 3
        return (k.sum() - np.trace(k)) / (len(a) * (len(a) - 1))
    return within(x) + within(y) - 2 * ((x @ y.T / 84 + 1) ** 3).mean()


def inception(logits, splits=10):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    i = np.arange(len(p))
    parts = [p[(i - i // splits) % splits == s] for s in range(splits)]
    return np.mean([np.exp((q * np.log(q / q.mean(0))).sum(1).mean()) for q in parts])


def shares(logits):
    return np.bincount(logits.argmax(1), minlength=10) / len(logits)


with torch.no_grad():
    test, test_logits = lenet(digits("t10k", 10000))
    text = "/* Made by tests/golden/published_scores.py with PyTorch %s, NumPy %s:\n" % (
        torch.__version__, np.__version__)
    text += " * frechet, kernel, precision, recall, density, coverage, inception, balance, shift against\n"
    text += " * the first n test digits; samples are rows 0 .. n-1 of RandomState(1). */\n"
    for name, pictures in (("real", digits("train", 10000)), ("running", generator(10000, 1))):
        fake, logits = lenet(pictures)
        for n in (10000, 5000):
            s, t = shares(logits[:n]), shares(test_logits[:n])
            values = [frechet(fake[:n], test[:n]), kernel(fake[:n], test[:n])]
            values += balls(test[:n], fake[:n]) + [inception(logits[:n])]
            values += [abs(s - 0.1).sum() / 2, abs(s - t).sum() / 2]
            text += "static const double %s_%d[] = {\n    %s};\n" % (
                name, n, ",\n    ".join("%.9g" % v for v in values))
open("tests/unit/metric/published_golden.h", "w").write(text)
