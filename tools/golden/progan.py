#!/usr/bin/python3
"""The progressive generator at 256 pixels with weights that both sides draw: in key order (layerK.conv.weight,
layerK.wscale.b, the output's last) from RandomState(1).standard_normal, times FACTOR, as f32. Of every layer some
fixed numbers, mean and deviation; no weights. usage: progan.py OUT.golden"""
import math
import sys
import numpy as np
import torch
import torch.nn.functional as F
from golden import Golden

FACTOR, SIZES, PICKED = 0.7, [512, 512, 512, 512, 256, 128, 64, 32], 97
gold = Golden("tools/golden/progan.py", 1)
draw = np.random.RandomState(1)


def drawn(*shape):
    return torch.from_numpy((draw.standard_normal(shape) * FACTOR).astype("f4")).double()


def norm(x):
    return x / torch.sqrt((x ** 2).mean(1, keepdim=True) + 1e-8)


def note(name, x):
    flat = x.reshape(-1)
    gold.add(f"{name}.picked", flat[torch.arange(PICKED) * 7919 % flat.numel()])
    gold.add(f"{name}.moments", torch.stack([flat.mean(), flat.std(unbiased=False), flat.abs().max()]))


def conv(x, c_in, c_out, kernel, padding, gain):
    scale = torch.tensor(gain / (kernel * math.sqrt(c_in)))
    y = F.conv2d(x, drawn(c_out, c_in, kernel, kernel), padding=padding) * scale.double()
    return y + drawn(c_out)[:, None, None]


with torch.no_grad():
    x = torch.from_numpy(np.random.RandomState(2).standard_normal((1, 512)).astype("f4")).double()[:, :, None, None]
    for k in range(1, 2 * (len(SIZES) - 1) + 1):
        c_in, c_out = SIZES[(k + 1) // 2 - k % 2], SIZES[(k + 1) // 2]
        x = norm(x)
        if k % 2 == 1 and k > 1:
            x = F.interpolate(x, scale_factor=2)
        x = F.leaky_relu(conv(x, c_in, c_out, 4 if k == 1 else 3, 3 if k == 1 else 1, math.sqrt(2)), 0.2)
        note(f"layer{k}", x)
    note("output_256x256", conv(norm(x), SIZES[-1], 3, 1, 0, 1))
gold.write(sys.argv[1])
