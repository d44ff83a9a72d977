#!/usr/bin/python3
"""Ten steps of a whole GAN, in double: a small form of the MNIST GAN, non-saturating loss on logits,
one fake batch for both updates, Adam 2e-4 with betas 0.5 and 0.999. usage: gan.py OUT.golden"""
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from golden import Golden, spread

STEPS, BATCH, Z, SEED = 10, 6, 5, 3
gold = Golden("tools/golden/gan.py", SEED)


class View(nn.Module):
    def forward(self, x):
        return x.reshape(-1, 8, 7, 7)


G = nn.Sequential()
for key, m in [("fc", nn.Linear(Z, 8 * 7 * 7)), ("view", View()), ("bn0", nn.BatchNorm2d(8)),
               ("act0", nn.LeakyReLU(0.2)), ("conv1", nn.ConvTranspose2d(8, 6, 5, padding=2)),
               ("bn1", nn.BatchNorm2d(6)), ("act1", nn.LeakyReLU(0.2)),
               ("conv2", nn.ConvTranspose2d(6, 4, 5, 2, 2, 1)), ("bn2", nn.BatchNorm2d(4)),
               ("act2", nn.LeakyReLU(0.2)), ("conv3", nn.ConvTranspose2d(4, 1, 5, 2, 2, 1)),
               ("out", nn.Tanh())]:
    G.add_module(key, m)
D = nn.Sequential()
for key, m in [("conv0", nn.Conv2d(1, 4, 5, 2, 2)), ("act0", nn.LeakyReLU(0.2)),
               ("conv1", nn.Conv2d(4, 6, 5, 2, 2)), ("bn1", nn.BatchNorm2d(6)),
               ("act1", nn.LeakyReLU(0.2)), ("flat", nn.Flatten()), ("fc", nn.Linear(6 * 49, 1))]:
    D.add_module(key, m)
real = spread(BATCH, 1, 28, 28)
z = torch.randn(STEPS, BATCH, Z).double()
gold.add("real", real)
gold.add("z", z)
for name, net in (("g", G), ("d", D)):
    net.double().train()
    for key, p in net.named_parameters():
        with torch.no_grad():
            p.copy_(p.float().double())
        gold.add(f"{name}.start.{key}", p)
opt_g = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999))
one, zero = torch.ones(BATCH, 1).double(), torch.zeros(BATCH, 1).double()
losses = []
for step in range(STEPS):
    fake = G(z[step])
    opt_d.zero_grad()
    loss_d = (F.binary_cross_entropy_with_logits(D(real), one) +
              F.binary_cross_entropy_with_logits(D(fake.detach()), zero))
    loss_d.backward()
    opt_d.step()
    opt_g.zero_grad()
    loss_g = F.binary_cross_entropy_with_logits(D(fake), one)
    loss_g.backward()
    opt_g.step()
    losses.append(torch.stack([loss_d.detach(), loss_g.detach()]))
gold.add("losses", torch.stack(losses))
for name, net in (("g", G), ("d", D)):
    for key, p in list(net.named_parameters()) + list(net.named_buffers()):
        if "num_batches" not in key:
            gold.add(f"{name}.end.{key}", p)
gold.write(sys.argv[1])
