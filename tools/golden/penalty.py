#!/usr/bin/python3
"""R1 on a projection discriminator, in double: the step on real pictures, softplus(-D) averaged plus
gamma/2 times the mean of |dD/dx|^2, differentiated twice. usage: penalty.py OUT.golden"""
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from golden import Golden, spread

N, CLASSES, GAMMA, SEED = 5, 3, 10.0, 5
gold = Golden("tools/golden/penalty.py", SEED)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv0, self.conv1 = nn.Conv2d(2, 6, 5, 2, 2), nn.Conv2d(6, 8, 5, 2, 2)
        self.conv2, self.fc = nn.Conv2d(8, 8, 3, 1, 1), nn.Linear(8, 1)
        self.word = nn.Embedding(CLASSES, 8)
        self.ones = nn.Linear(8, 1, bias=False)

    def forward(self, x, label):
        a = F.leaky_relu(self.conv0(x), 0.2)
        b = F.leaky_relu(self.conv1(a), 0.2)
        c = F.leaky_relu(b + self.conv2(b), 0.2)
        pool = c.mean((2, 3))
        return self.fc(pool) + self.ones(pool * self.word(label))


D = Discriminator().double()
for p in D.parameters():
    with torch.no_grad():
        p.copy_(p.float().double())
x = spread(N, 2, 12, 12).requires_grad_()
label = torch.tensor([2, 0, 2, 1, 0])
out = D(x, label)
grad, = torch.autograd.grad(out.sum(), x, create_graph=True)
penalty = GAMMA / 2 * grad.square().sum((1, 2, 3)).mean()
parts = torch.autograd.grad(penalty, list(D.parameters()), retain_graph=True, allow_unused=True)
(F.softplus(-out).mean() + penalty).backward()
gold.add("x", x)
gold.add("label", label.double())
gold.add("out", out)
gold.add("penalty", penalty.reshape(1))
for (key, p), part in zip(D.named_parameters(), parts):
    gold.add(f"weight.{key}", p)
    gold.add(f"penalty.{key}", part if part is not None else torch.zeros_like(p))
    gold.add(f"total.{key}", p.grad)
gold.write(sys.argv[1])
