"""The progressive generator at 256 pixels, one picture: the published module as it stands, and the same with scales
folded into the weights, channels_last; for bf16 under autocast."""
import math

import torch
import torch.nn.functional as F
from torch import nn

SIZES = [512, 512, 512, 512, 256, 128, 64, 32]


class Block(nn.Module):
    def __init__(self, c_in, c_out, kernel, padding, gain, up):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, 1, padding, bias=False)
        nn.init.normal_(self.conv.weight)
        self.b = nn.Parameter(torch.randn(c_out))
        self.scale, self.up, self.last = gain / (kernel * math.sqrt(c_in)), up, kernel == 1

    def forward(self, x):
        x = x / torch.sqrt(torch.mean(x**2, dim=1, keepdim=True) + 1e-8)
        if self.up:
            x = F.interpolate(x, scale_factor=2)
        x = self.conv(x) * self.scale + self.b.view(1, -1, 1, 1)
        return x if self.last else F.leaky_relu(x, 0.2)


def blocks():
    out = [Block(SIZES[0], SIZES[1], 4, 3, math.sqrt(2), False)]
    for k in range(2, 15):
        out.append(Block(SIZES[(k + 1) // 2 - k % 2], SIZES[(k + 1) // 2], 3, 1, math.sqrt(2), k % 2 == 1))
    return nn.Sequential(*out, Block(SIZES[-1], 3, 1, 0, 1, False))


class Folded(nn.Module):
    """The bias in the convolution, the scale in its weights."""

    def __init__(self, block):
        super().__init__()
        c = block.conv
        self.conv = nn.Conv2d(c.in_channels, c.out_channels, c.kernel_size, 1, c.padding)
        with torch.no_grad():
            self.conv.weight.copy_(c.weight * block.scale)
            self.conv.bias.copy_(block.b)
        self.up, self.last = block.up, block.last

    def forward(self, x):
        x = x * torch.rsqrt(torch.mean(x * x, dim=1, keepdim=True) + 1e-8)
        if self.up:
            x = F.interpolate(x, scale_factor=2)
        x = self.conv(x)
        return x if self.last else F.leaky_relu_(x, 0.2)


def fold(plain):
    return nn.Sequential(*[Folded(b) for b in plain]).to(memory_format=torch.channels_last)


class Generate:
    def __init__(self, best, bf16):
        self.net, self.bf16 = blocks().eval(), bf16
        if best:
            self.net = fold(self.net).eval()
        self.z = torch.randn(1, SIZES[0], 1, 1)

    @torch.no_grad()
    def __call__(self):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            self.net(self.z)


JOBS = {"progan": lambda best: Generate(best, False), "progan-bf16": lambda best: Generate(best, True)}


@torch.no_grad()
def check():
    """The folded form computes the same."""
    plain, z = blocks()[:5].eval(), torch.randn(1, SIZES[0], 1, 1)
    assert (fold(plain)(z) - plain(z)).abs().max() < 1e-4, "the folded generator differs"
