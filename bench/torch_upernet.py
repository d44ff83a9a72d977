"""One picture of 256 pixels into label maps of 128 by UPerNet-ResNet50: as the published segmenter does it (softmax of
object and material, of each owner's parts, and the scene head), and the same labels with batch norms folded into the
convolutions, channels_last, no softmax and no scene; for bf16 under autocast."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

FPN, OWNERS, LABELS = 512, [2, 24, 15, 386], 128


def block(c_in, c_out, kernel, stride=1, relu=True):
    parts = [nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(c_out)]
    return nn.Sequential(*parts, *([nn.ReLU(inplace=True)] if relu else []))


class Bottleneck(nn.Module):
    def __init__(self, c_in, planes, stride):
        super().__init__()
        self.body = nn.Sequential(block(c_in, planes, 1), block(planes, planes, 3, stride),
                                  block(planes, 4 * planes, 1, relu=False))
        self.short = nn.Identity()
        if stride != 1 or c_in != 4 * planes:
            self.short = block(c_in, 4 * planes, 1, stride, False)

    def forward(self, x):
        return F.relu(self.body(x) + self.short(x), inplace=True)


def pool_matrix(inside, outs):
    """(outs, inside): weights of precise pooling, by the area below tents."""
    def area(x):
        return torch.where(x < 0, (1 + x.clamp(min=-1)) ** 2 / 2, 1 - (1 - x.clamp(max=1)) ** 2 / 2)
    border = torch.arange(outs + 1) * inside / outs
    cell = torch.arange(inside)
    upto = area(border[:, None] - cell[None, :])
    return (upto[1:] - upto[:-1]) * outs / inside


class Parser(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(block(3, 64, 3, 2), block(64, 64, 3), block(64, 128, 3), nn.MaxPool2d(3, 2, 1))
        self.levels, have = nn.ModuleList(), 128
        for level, n in enumerate([3, 4, 6, 3]):
            layers = []
            for k in range(n):
                layers.append(Bottleneck(have, 64 << level, 2 if k == 0 and level > 0 else 1))
                have = 256 << level
            self.levels.append(nn.Sequential(*layers))
        self.pools = [pool_matrix(8, k) for k in (1, 2, 3, 6)]
        self.ppm = nn.ModuleList([block(2048, FPN, 1) for _ in range(4)])
        self.last = block(2048 + 4 * FPN, FPN, 3)
        self.inner = nn.ModuleList([block(256 << k, FPN, 1) for k in range(3)])
        self.outer = nn.ModuleList([block(FPN, FPN, 3) for _ in range(3)])
        self.fusion = block(4 * FPN, FPN, 3)
        self.scene = nn.Sequential(block(FPN, FPN, 3), nn.AdaptiveAvgPool2d(1), nn.Conv2d(FPN, 365, 1))
        self.object, self.part, self.material = [nn.Sequential(block(FPN, FPN, 3), nn.Conv2d(FPN, n, 1))
                                                 for n in (336, 427, 26)]

    def forward(self, x, scene):
        def resize(x, size):
            return F.interpolate(x, size=size, mode="bilinear", align_corners=False)
        maps, x = [], self.stem(x)
        for level in self.levels:
            x = level(x)
            maps.append(x)
        size = x.shape[2:]
        pooled = [conv(resize(torch.einsum("oh,nchw,pw->ncop", m.to(x.dtype), x, m.to(x.dtype)), size))
                  for m, conv in zip(self.pools, self.ppm)]
        f = self.last(torch.cat([x] + pooled, 1))
        if scene:
            self.scene(f).softmax(1)
        levels = [f]
        for k in [2, 1, 0]:
            lateral = self.inner[k](maps[k])
            f = lateral + resize(f, lateral.shape[2:])
            levels.insert(0, self.outer[k](f))
        size = levels[0].shape[2:]
        fused = self.fusion(torch.cat([levels[0]] + [resize(m, size) for m in levels[1:]], 1))
        return self.object(fused), self.part(fused), self.material(levels[0])


def fold(module):
    """Batch norms into the convolutions before them."""
    for name, child in module.named_children():
        if isinstance(child, nn.Sequential) and len(child) > 1 and isinstance(child[1], nn.BatchNorm2d):
            setattr(module, name, nn.Sequential(fuse_conv_bn_eval(child[0], child[1]), *child[2:]))
        else:
            fold(child)
    return module


class Segment:
    def __init__(self, best, bf16):
        self.net, self.best, self.bf16 = Parser().eval(), best, bf16
        self.x = torch.rand(1, 3, 256, 256) * 2 - 1
        if best:
            self.net = fold(self.net).to(memory_format=torch.channels_last)

    @torch.no_grad()
    def __call__(self):
        x = torch.flip((self.x + 1) / 2 * 255, (1,)) - torch.tensor([102.9801, 115.9465, 122.7717])[:, None, None]
        if self.best:
            x = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            heads = self.net(x, not self.best)

        def up(logits):
            return F.interpolate(logits.float(), size=(LABELS, LABELS), mode="bilinear", align_corners=False)
        if self.best:
            object_, material = up(heads[0]).argmax(1), up(heads[2]).argmax(1)
            return object_, material, [up(p).argmax(1) for p in heads[1].split(OWNERS, 1)[:3]]
        parts = [up(p).softmax(1) for p in up(heads[1]).split(OWNERS, 1)]
        return up(heads[0]).softmax(1).argmax(1), up(heads[2]).softmax(1).argmax(1), [p.argmax(1) for p in parts[:3]]


JOBS = {"upernet": lambda best: Segment(best, False), "upernet-bf16": lambda best: Segment(best, True)}


@torch.no_grad()
def check():
    """The folded form computes the same."""
    plain = block(3, 8, 3).eval()
    plain[1].running_mean.normal_()
    want = plain(x := torch.randn(1, 3, 8, 8))
    assert (fold(nn.Sequential(plain))(x) - want).abs().max() < 1e-5, "the folded segmenter differs"
