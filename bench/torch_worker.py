"""PyTorch's side of the benchmark: the jobs of bench/worker.c as a good PyTorch user writes them.

Reads lines "JOB VARIANT REPS" on stdin, answers with milliseconds per repetition. Variants:
  written  the mnist-gan study's module as it stands, f32
  best     the fastest form of the same mathematics we know: transposed convolutions as convolutions
           (stride 1: flipped weights; stride 2: one 3x3 convolution to four sub-pixels and
           pixel_shuffle), channels_last; train-bf16: under autocast to bfloat16
Both train the same recipe as our side: one fake batch for both updates, Adam, a moving average.
Put OpenBLAS in front of the reference BLAS (LD_LIBRARY_PATH), as bench/bench.py does.
"""
import resource
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn

import torch_dcgan
import torch_progan
import torch_stat
import torch_upernet

torch.set_num_threads(2)
torch.manual_seed(1)
Z, BATCH = 5, 100


class Written(nn.Module):
    """The generator as the study wrote it."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(Z, 256 * 7 * 7)
        self.bn0 = nn.BatchNorm2d(256)
        self.conv1 = nn.ConvTranspose2d(256, 128, 5, 1, 2)
        self.bn1 = nn.BatchNorm2d(128)
        self.conv2 = nn.ConvTranspose2d(128, 64, 5, 2, 2, 1)
        self.bn2 = nn.BatchNorm2d(64)
        self.conv3 = nn.ConvTranspose2d(64, 1, 5, 2, 2, 1)

    def up1(self, x):
        return self.conv1(x)

    def up2(self, x):
        return self.conv2(x)

    def up3(self, x):
        return self.conv3(x)

    def to_maps(self, z):
        x = F.leaky_relu(self.bn0(self.fc(z).view(-1, 256, 7, 7)), 0.2)
        return F.leaky_relu(self.bn1(self.up1(x)), 0.2)

    def from_maps(self, x):
        x = F.leaky_relu(self.bn2(self.up2(x)), 0.2)
        return torch.tanh(self.up3(x))

    def forward(self, z):
        return self.from_maps(self.to_maps(z))


def sub_pixel(x, conv):
    """ConvTranspose2d k5 s2 p2 op1 as a 3x3 convolution to four phases: tap t of phase a is 4-2t+a."""
    w = F.pad(conv.weight, (0, 1, 0, 1))  # (IC,OC,6,6), the sixth tap is 0
    ic, oc = w.shape[:2]
    rows = torch.tensor([[4 - 2 * t + a for t in range(3)] for a in range(2)])
    w = w[:, :, rows][:, :, :, :, rows]  # (IC,OC,2,3,2,3)
    w = w.permute(1, 2, 4, 0, 3, 5).reshape(oc * 4, ic, 3, 3)
    y = F.conv2d(x, w.contiguous(memory_format=torch.channels_last), None, 1, 1)
    return F.pixel_shuffle(y, 2) + conv.bias.view(1, -1, 1, 1)


class Best(Written):
    def to_maps(self, z):
        x = self.fc(z).view(-1, 256, 7, 7).contiguous(memory_format=torch.channels_last)
        x = F.leaky_relu(self.bn0(x), 0.2)
        return F.leaky_relu(self.bn1(self.up1(x)), 0.2)

    def up1(self, x):
        return F.conv2d(x, self.conv1.weight.transpose(0, 1).flip(2, 3), self.conv1.bias, 1, 2)

    def up2(self, x):
        return sub_pixel(x, self.conv2)

    def up3(self, x):
        return sub_pixel(x, self.conv3)


class Frozen(nn.Module):
    """Best for inference: the weights are rearranged once, batch norm is folded into them."""

    def __init__(self, g):
        super().__init__()
        self.g = g
        with torch.no_grad():
            w1 = g.conv1.weight.transpose(0, 1).flip(2, 3)
            self.w1, self.b1 = self.fold(w1, g.conv1.bias, g.bn1)
            self.w2, self.b2 = self.phases(g.conv2)
            s2 = g.bn2.weight / torch.sqrt(g.bn2.running_var + g.bn2.eps)
            self.w2 = self.w2 * s2.repeat_interleave(4).view(-1, 1, 1, 1)
            self.b2 = ((g.conv2.bias - g.bn2.running_mean) * s2 + g.bn2.bias).repeat_interleave(4)
            self.w3, _ = self.phases(g.conv3)
            self.b3 = g.conv3.bias.repeat_interleave(4)
            self.w1, self.w2, self.w3 = (
                w.contiguous(memory_format=torch.channels_last) for w in (self.w1, self.w2, self.w3)
            )

    @staticmethod
    def fold(w, b, bn):
        s = bn.weight / torch.sqrt(bn.running_var + bn.eps)
        return w * s.view(-1, 1, 1, 1), (b - bn.running_mean) * s + bn.bias

    @staticmethod
    def phases(conv):
        w = F.pad(conv.weight, (0, 1, 0, 1))
        ic, oc = w.shape[:2]
        rows = torch.tensor([[4 - 2 * t + a for t in range(3)] for a in range(2)])
        w = w[:, :, rows][:, :, :, :, rows]
        return w.permute(1, 2, 4, 0, 3, 5).reshape(oc * 4, ic, 3, 3), None

    def forward(self, z):
        g = self.g
        x = g.fc(z).view(-1, 256, 7, 7).contiguous(memory_format=torch.channels_last)
        x = F.leaky_relu(g.bn0(x), 0.2)
        x = F.leaky_relu(F.conv2d(x, self.w1, self.b1, 1, 2), 0.2)
        x = F.pixel_shuffle(F.leaky_relu(F.conv2d(x, self.w2, self.b2, 1, 1), 0.2), 2)
        return torch.tanh(F.pixel_shuffle(F.conv2d(x, self.w3, self.b3, 1, 1), 2))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv0 = nn.Conv2d(1, 64, 5, 2, 2)
        self.conv1 = nn.Conv2d(64, 128, 5, 2, 2)
        self.bn1 = nn.BatchNorm2d(128)
        self.fc = nn.Linear(128 * 7 * 7, 1)

    def forward(self, x):
        x = F.leaky_relu(self.conv0(x), 0.2)
        x = F.leaky_relu(self.bn1(self.conv1(x)), 0.2)
        return self.fc(x.reshape(x.shape[0], -1))


class Training:
    def __init__(self, best, bf16):
        self.bf16 = bf16
        self.g, self.d = (Best() if best else Written()), Discriminator()
        self.real = torch.rand(2000, 1, 28, 28) * 2 - 1
        if best:
            self.g = self.g.to(memory_format=torch.channels_last)
            self.d = self.d.to(memory_format=torch.channels_last)
            self.real = self.real.contiguous(memory_format=torch.channels_last)
        adam = dict(lr=2e-4, betas=(0.5, 0.999))
        self.g_opt = torch.optim.Adam(self.g.parameters(), **adam)
        self.d_opt = torch.optim.Adam(self.d.parameters(), **adam)
        self.average = [p.detach().clone() for p in self.g.parameters()]

    def __call__(self):
        loss = F.binary_cross_entropy_with_logits
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            real = self.real[torch.randint(0, 2000, (BATCH,))]
            fake = self.g(torch.randn(BATCH, Z))
            self.d_opt.zero_grad()
            on_real, on_fake = self.d(real).float(), self.d(fake.detach()).float()
        (loss(on_real, torch.ones(BATCH, 1)) + loss(on_fake, torch.zeros(BATCH, 1))).backward()
        self.d_opt.step()
        for p in self.d.parameters():
            p.requires_grad_(False)
        self.g_opt.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            on_fake = self.d(fake).float()
        loss(on_fake, torch.ones(BATCH, 1)).backward()
        self.g_opt.step()
        for p in self.d.parameters():
            p.requires_grad_(True)
        with torch.no_grad():
            torch._foreach_mul_(self.average, 0.999)
            torch._foreach_add_(self.average, list(self.g.parameters()), alpha=0.001)


class Generate:
    def __init__(self, best, n):
        self.net = Written().eval()
        if best:
            self.net = Frozen(self.net).eval()
        self.z = torch.randn(n, Z)

    @torch.no_grad()
    def __call__(self):
        self.net(self.z)


class Search:
    """20 of the 128 maps of layer1, most change first."""

    def __init__(self, best):
        self.best, self.net = best, Written()
        self.source = self.maps(torch.randn(1, Z))
        self.donor = self.maps(torch.randn(1, Z))

    @torch.no_grad()
    def maps(self, z):
        return self.net.to_maps(z)

    @torch.no_grad()
    def render(self, x):  # the statistics of each image alone
        n = self.net
        x = F.instance_norm(n.conv2(x), weight=n.bn2.weight, bias=n.bn2.bias)
        return torch.tanh(n.conv3(F.leaky_relu(x, 0.2)))

    @torch.no_grad()
    def __call__(self):
        reference, now, left = self.net.from_maps(self.source), self.source.clone(), list(range(128))
        for _ in range(20):
            if self.best:  # one batch a step
                tries = now.repeat(len(left), 1, 1, 1)
                rows = torch.arange(len(left))
                tries[rows, left] = self.donor[0, left]
                scores = ((self.render(tries) - reference) ** 2).mean((1, 2, 3)).tolist()
            else:  # one candidate at a time, as the notebook does
                scores = []
                for u in left:
                    t = now.clone()
                    t[0, u] = self.donor[0, u]
                    scores.append(((self.net.from_maps(t) - reference) ** 2).mean().item())
            u = left.pop(max(range(len(left)), key=scores.__getitem__))
            now[0, u] = self.donor[0, u]


def lenet():
    """Up to the 84 features; ganatomy model archs lenet5."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten(), nn.Linear(120, 84), nn.ReLU(),
    )


def frechet(x, y):
    """Of features (N,D); tr (C C')^1/2 from the eigenvalues of the symmetric C^1/2 C' C^1/2."""
    x, y = x.astype(numpy.float64), y.astype(numpy.float64)
    c, d = numpy.cov(x.T), numpy.cov(y.T)
    values, vectors = numpy.linalg.eigh(c)
    root = vectors * numpy.sqrt(values.clip(0)) @ vectors.T
    both = numpy.linalg.eigvalsh(root @ d @ root).clip(0)
    apart = x.mean(0) - y.mean(0)
    return apart @ apart + numpy.trace(c) + numpy.trace(d) - 2 * numpy.sqrt(both).sum()


class Frechet:
    """10,000 pictures of the generator against 10,000 others, as LeNet-5 sees them."""

    def __init__(self, best):
        self.net = Written().eval()
        self.eye = lenet().eval()
        if best:
            self.net = Frozen(self.net).eval()
            self.eye = self.eye.to(memory_format=torch.channels_last)
        self.real = torch.randint(0, 256, (10000, 1, 28, 28), dtype=torch.uint8)

    def look(self, pictures):
        return self.eye(F.interpolate(pictures, size=(32, 32), mode="bilinear", align_corners=False))

    @torch.no_grad()
    def __call__(self):
        z = torch.randn(10000, Z)
        fake = [self.look((self.net(z[i : i + 100]) + 1) / 2) for i in range(0, 10000, 100)]
        real = [self.look(self.real[i : i + 100].float() / 255) for i in range(0, 10000, 100)]
        frechet(torch.cat(fake).numpy(), torch.cat(real).numpy())


def make(job, best):
    for jobs in (torch_dcgan.JOBS, torch_progan.JOBS, torch_stat.JOBS, torch_upernet.JOBS):
        if job in jobs:
            return jobs[job](best)
    if job.startswith("train"):
        return Training(best, best and job == "train-bf16")
    if job.startswith("generate"):
        return Generate(best, int(job.split("-")[1]))
    if job == "frechet":
        return Frechet(best)
    return Search(best)


def check():
    """The fast forms compute the same as the plain ones."""
    torch.manual_seed(2)
    plain, best = Written().eval(), Best().eval()
    best.load_state_dict(plain.state_dict())
    z = torch.randn(4, Z)
    with torch.no_grad():
        want = plain(z)
        for net in (best, Frozen(plain)):
            assert (net(z) - want).abs().max() < 1e-5, "the rewritten generator differs"


def main():
    check()
    torch_dcgan.check()
    torch_progan.check()
    torch_stat.check()
    torch_upernet.check()
    jobs = {}
    print("ready", flush=True)
    for line in sys.stdin:
        job, variant, reps = line.split()
        if job == "memory":
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)
            continue
        key = (job, variant)
        if key not in jobs:
            jobs[key] = make(job, variant == "best")
            jobs[key]()
        start = time.perf_counter()
        for _ in range(int(reps)):
            jobs[key]()
        print((time.perf_counter() - start) * 1000 / int(reps), flush=True)


main()
