"""PyTorch's side of the jobs on convolutional families: a conditional DCGAN's step, a step with the
gradient penalty, a classifier's step. Networks as `ganatomy model archs cdcgan`, `dcgan-d:norm=none`
and `cnn` print them; each in a plain form (written) and the fastest we know (best): channels_last,
and transposed convolutions of 4x4 with stride 2 as one 3x3 convolution to four sub-pixels.
"""
import torch
import torch.nn.functional as F
from torch import nn

Z, PICTURES = 64, 2000


def sub_pixel(x, w, bias):
    """ConvTranspose2d k4 s2 p1 as a 3x3 convolution to four phases: tap t of phase a is 3-2t+a,
    where that is one of 0..3."""
    ic, oc = w.shape[:2]
    padded = F.pad(w, (1, 1, 1, 1))  # a tap outside is 0; index + 1
    rows = torch.tensor([[min(max(3 - 2 * t + a, -1), 4) + 1 for t in range(3)] for a in range(2)])
    v = padded[:, :, rows][:, :, :, :, rows]  # (IC,OC,2,3,2,3)
    v = v.permute(1, 2, 4, 0, 3, 5).reshape(oc * 4, ic, 3, 3)
    y = F.pixel_shuffle(F.conv2d(x, v.contiguous(memory_format=torch.channels_last), None, 1, 1), 2)
    return y if bias is None else y + bias.view(1, -1, 1, 1)


class Generator(nn.Module):
    def __init__(self, best, classes, width=64, z=Z):
        super().__init__()
        self.best = best
        self.code = nn.Embedding(classes, 10) if classes else None
        self.conv0 = nn.ConvTranspose2d(z + (10 if classes else 0), 2 * width, 7, bias=False)
        self.bn0 = nn.BatchNorm2d(2 * width)
        self.conv1 = nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.ConvTranspose2d(width, 1, 4, 2, 1)

    def forward(self, z, label=None):
        if self.code is not None:
            z = torch.cat([z, self.code(label)], 1)
        if self.best:  # a 1x1 map under a transposed convolution is a matrix product
            w = self.conv0.weight
            x = (z @ w.reshape(w.shape[0], -1)).view(-1, w.shape[1], 7, 7)
            x = F.relu(self.bn0(x.contiguous(memory_format=torch.channels_last)))
            x = F.relu(self.bn1(sub_pixel(x, self.conv1.weight, None)))
            return torch.tanh(sub_pixel(x, self.conv2.weight, self.conv2.bias))
        x = F.relu(self.bn0(self.conv0(z[:, :, None, None])))
        x = F.relu(self.bn1(self.conv1(x)))
        return torch.tanh(self.conv2(x))


class Discriminator(nn.Module):
    def __init__(self, classes, norm, width=64):
        super().__init__()
        features = 2 * width * 7 * 7
        self.conv0 = nn.Conv2d(1, width, 4, 2, 1)
        self.conv1 = nn.Conv2d(width, 2 * width, 4, 2, 1, bias=not norm)
        self.bn1 = nn.BatchNorm2d(2 * width) if norm else nn.Identity()
        self.fc = nn.Linear(features, 1)
        self.code = nn.Embedding(classes, features) if classes else None

    def forward(self, x, label=None):
        x = F.leaky_relu(self.conv0(x), 0.2)
        h = F.leaky_relu(self.bn1(self.conv1(x)), 0.2).flatten(1)
        out = self.fc(h)
        if self.code is not None:
            out = out + (h * self.code(label)).sum(1, keepdim=True) / h.shape[1] ** 0.5
        return out


class Gan:
    """One batch of fakes for both updates; with r1, E|grad D|^2 on the real pictures every step."""

    def __init__(self, best, classes=0, r1=0, width=64, z=Z, lr=2e-4, betas=(0.5, 0.999)):
        self.classes, self.r1, self.z = classes, r1, z
        self.g = Generator(best, classes, width, z)
        self.d = Discriminator(classes, norm=r1 == 0, width=width)
        if best:
            self.g = self.g.to(memory_format=torch.channels_last)
            self.d = self.d.to(memory_format=torch.channels_last)
        self.g_opt = torch.optim.Adam(self.g.parameters(), lr=lr, betas=betas)
        self.d_opt = torch.optim.Adam(self.d.parameters(), lr=lr, betas=betas)
        self.average = [p.detach().clone() for p in self.g.parameters()]

    def step(self, real, label, decay):
        """real (N,1,28,28) on -1..1; label (N) if there are classes; decay of the average."""
        n, loss = len(real), F.binary_cross_entropy_with_logits
        fake_label = torch.randint(0, 10, (n,)) if self.classes else None
        fake = self.g(torch.randn(n, self.z), fake_label)
        self.d_opt.zero_grad(set_to_none=True)
        real.requires_grad_(self.r1 > 0)
        on_real = self.d(real, label)
        total = loss(on_real, torch.ones(n, 1))
        total = total + loss(self.d(fake.detach(), fake_label), torch.zeros(n, 1))
        if self.r1:
            (grad,) = torch.autograd.grad(on_real.sum(), real, create_graph=True)
            total = total + self.r1 / 2 * grad.square().sum((1, 2, 3)).mean()
        total.backward()
        self.d_opt.step()
        for p in self.d.parameters():
            p.requires_grad_(False)
        self.g_opt.zero_grad(set_to_none=True)
        loss(self.d(fake, fake_label), torch.ones(n, 1)).backward()
        self.g_opt.step()
        for p in self.d.parameters():
            p.requires_grad_(True)
        with torch.no_grad():
            torch._foreach_mul_(self.average, decay)
            torch._foreach_add_(self.average, list(self.g.parameters()), alpha=1 - decay)


class GanStep:
    """A step on batches of 64 random pictures."""

    def __init__(self, best, classes, r1):
        self.gan = Gan(best, classes, r1)
        self.real = torch.rand(PICTURES, 1, 28, 28) * 2 - 1
        self.label = torch.randint(0, 10, (PICTURES,)) if classes else None
        if best:
            self.real = self.real.contiguous(memory_format=torch.channels_last)

    def __call__(self):
        pick = torch.randint(0, PICTURES, (64,))
        self.gan.step(self.real[pick], self.label[pick] if self.label is not None else None, 0.999)


def cnn():
    def block(i, o):
        return [nn.Conv2d(i, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

    drop = [nn.MaxPool2d(2), nn.Dropout2d(0.125)]
    return nn.Sequential(
        *block(1, 32), *drop, *block(32, 64), *block(64, 64), nn.MaxPool2d(2), nn.Dropout2d(0.125),
        *block(64, 128), *block(128, 128), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.25),
        nn.Linear(128, 10),
    )


class Classifier:
    """Batches of 100, moved by up to two pixels each way."""

    def __init__(self, best):
        self.net = cnn()
        self.pixels = torch.randint(0, 256, (PICTURES, 1, 28, 28), dtype=torch.uint8)
        self.label = torch.randint(0, 10, (PICTURES,))
        self.best = best
        if best:
            self.net = self.net.to(memory_format=torch.channels_last)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2e-3)

    def __call__(self):
        pick = torch.randint(0, PICTURES, (100,))
        x = F.pad(self.pixels[pick].float() / 255, (2, 2, 2, 2))
        if self.best:  # one gather for all pictures
            at = torch.randint(0, 5, (2, 100, 1)) + torch.arange(28)
            x = x[torch.arange(100)[:, None, None], 0, at[0][:, :, None], at[1][:, None, :]][:, None]
            x = x.contiguous(memory_format=torch.channels_last)
        else:
            at = torch.randint(0, 5, (100, 2)).tolist()
            x = torch.stack([p[:, dy : dy + 28, dx : dx + 28] for p, (dy, dx) in zip(x, at)])
        self.opt.zero_grad()
        F.cross_entropy(self.net(x), self.label[pick]).backward()
        self.opt.step()


def check():
    torch.manual_seed(3)
    plain, best = Generator(False, 10).eval(), Generator(True, 10).eval()
    best.load_state_dict(plain.state_dict())
    z, label = torch.randn(4, Z), torch.tensor([0, 3, 5, 9])
    with torch.no_grad():
        assert (plain(z, label) - best(z, label)).abs().max() < 1e-5, "the rewritten DCGAN differs"


JOBS = {
    "cgan-step": lambda best: GanStep(best, 10, 0),
    "r1-step": lambda best: GanStep(best, 0, 0.1),
    "classifier-step": Classifier,
}
