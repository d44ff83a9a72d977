#!/usr/bin/python3
"""Spectral normalisation (torch.nn.utils.spectral_norm): three steps of SGD on a network of all
layers that it knows, in double, and its output in eval mode after them. usage: spectral.py
OUT.golden"""
import sys
import warnings
import torch
import torch.nn as nn
from torch.nn.utils import spectral_norm
from golden import Golden, spread

warnings.filterwarnings("ignore")
N, STEPS, LR, SEED = 4, 3, 0.5, 6
gold = Golden("tools/golden/spectral.py", SEED)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = spectral_norm(nn.Conv2d(2, 6, 3, 1, 1, groups=2))
        self.up = spectral_norm(nn.ConvTranspose2d(6, 4, 3, 2, 1, bias=False))
        self.fc = spectral_norm(nn.Linear(4 * 49, 5))
        self.word = spectral_norm(nn.Embedding(3, 5))

    def forward(self, x, label):
        h = torch.relu(self.up(torch.relu(self.conv(x))))
        return self.fc(h.flatten(1)) * self.word(label)


net = Net().double()
for key, p in list(net.named_parameters()) + list(net.named_buffers()):
    with torch.no_grad():
        p.copy_(p.float().double())
x, label, target = spread(N, 2, 4, 4), torch.tensor([2, 0, 1, 2]), spread(N, 5)
layers = dict(net.named_children())
gold.add("x", x)
gold.add("label", label.double())
gold.add("target", target)
# Our state: u, then v, of each weight in the order of the layers.
gold.add("state", torch.cat([t for m in layers.values() for t in (m.weight_u, m.weight_v)]))
raw = [(key.replace("_orig", ""), p) for name, m in layers.items()
       for key, p in sorted((f"{name}.{k}", q) for k, q in m.named_parameters())]
for key, p in raw:
    gold.add(f"start.{key}", p)
optim = torch.optim.SGD(net.parameters(), LR)
net.train()
for step in range(STEPS):
    optim.zero_grad()
    out = net(x, label)
    (out * target).sum().backward()
    gold.add(f"{step}.out", out)
    gold.add(f"{step}.sigma", torch.stack([(m.weight_orig.flatten() / m.weight.flatten())[0]
                                           for m in layers.values()]))
    for key, p in raw:
        gold.add(f"{step}.grad.{key}", p.grad)
    optim.step()
net.eval()
gold.add("eval.out", net(x, label))
gold.write(sys.argv[1])
