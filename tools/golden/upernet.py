#!/usr/bin/python3
"""UPerNet with weights that both sides draw, the published size at 256 pixels and a narrow one at 72: every float
tensor in the order of the published state dicts, the encoder's and then the decoder's, from
RandomState(1).standard_normal, times FACTOR, as f32; 1 is added to weights of batch norms, and running variances are
1 + |.|. The picture is RandomState(2).standard_normal / 2. Of every convolution, block and resized map some fixed
numbers, mean, deviation and the largest; no weights. usage: upernet.py OUT.golden

upernet.py --pair FOLDER writes the smallest one as the published files are: two state dicts in the older stream
format, of a synchronised batch norm, beside labels.json."""
import json
import sys
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from golden import Golden

PICKED = 17


def conv_bn_relu(c_in, c_out, kernel):
    return nn.Sequential(nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(c_out),
                         nn.ReLU())


class Bottleneck(nn.Module):
    def __init__(self, c_in, planes, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(c_in, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, 4 * planes, 1, bias=False), nn.BatchNorm2d(4 * planes)
        self.downsample = None
        if stride != 1 or c_in != 4 * planes:
            self.downsample = nn.Sequential(nn.Conv2d(c_in, 4 * planes, 1, stride, bias=False),
                                            nn.BatchNorm2d(4 * planes))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Encoder(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 2 * width, 3, 1, 1, bias=False), nn.BatchNorm2d(2 * width)
        have = 2 * width
        for level, n in enumerate(blocks):
            planes, layers = width << level, []
            for k in range(n):
                layers.append(Bottleneck(have, planes, 2 if k == 0 and level > 0 else 1))
                have = 4 * planes
            setattr(self, f"layer{level + 1}", nn.Sequential(*layers))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.relu(self.bn3(self.conv3(x)))
        x = F.max_pool2d(x, 3, 2, 1)
        out = []
        for level in range(4):
            x = getattr(self, f"layer{level + 1}")(x)
            out.append(x)
        return out


def precise(inside, outs):
    """As in ops.py: the trapezoid between whole numbers."""
    m = torch.zeros(outs, inside).double()
    for o in range(outs):
        begin, end = o * inside / outs, (o + 1) * inside / outs
        cuts = [begin] + [c for c in range(inside + 1) if begin < c < end] + [end]
        for x, y in zip(cuts, cuts[1:]):
            for i in range(inside):
                m[o, i] += (y - x) / 2 * (max(0, 1 - abs(x - i)) + max(0, 1 - abs(y - i))) / (end - begin)
    return m


class Decoder(nn.Module):
    def __init__(self, width, fpn, objects, parts, materials, scenes):
        super().__init__()
        deepest = 32 * width
        self.ppm_conv = nn.ModuleList([conv_bn_relu(deepest, fpn, 1) for _ in range(4)])
        self.ppm_last_conv = conv_bn_relu(deepest + 4 * fpn, fpn, 3)
        self.fpn_in = nn.ModuleList([conv_bn_relu(4 * width << k, fpn, 1) for k in range(3)])
        self.fpn_out = nn.ModuleList([nn.Sequential(conv_bn_relu(fpn, fpn, 3)) for _ in range(3)])
        self.conv_fusion = conv_bn_relu(4 * fpn, fpn, 3)
        self.scene_head = nn.Sequential(conv_bn_relu(fpn, fpn, 3), nn.AdaptiveAvgPool2d(1), nn.Conv2d(fpn, scenes, 1))
        self.object_head = nn.Sequential(conv_bn_relu(fpn, fpn, 3), nn.Conv2d(fpn, objects, 1))
        self.part_head = nn.Sequential(conv_bn_relu(fpn, fpn, 3), nn.Conv2d(fpn, parts, 1))
        self.material_head = nn.Sequential(conv_bn_relu(fpn, fpn, 3), nn.Conv2d(fpn, materials, 1))

    def forward(self, maps, note):
        def resize(x, like):
            return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)
        last, all_scales = maps[-1], [maps[-1]]
        for k, scale in enumerate([1, 2, 3, 6]):
            pooled = torch.einsum("oh,nchw,pw->ncop", precise(last.shape[2], scale), last,
                                  precise(last.shape[3], scale))
            note(f"decoder.ppm_pooling.{k}", pooled)
            all_scales.append(self.ppm_conv[k](resize(pooled, last)))
        f = self.ppm_last_conv(torch.cat(all_scales, 1))
        self.scene_head(f)
        levels = [f]
        for k in [2, 1, 0]:
            lateral = self.fpn_in[k](maps[k])
            f = lateral + resize(f, lateral)
            note(f"decoder.sum.{k}", f)
            levels.insert(0, self.fpn_out[k](f))
        ups = [levels[0]] + [resize(level, levels[0]) for level in levels[1:]]
        for k in [1, 2, 3]:
            note(f"decoder.up.{k}", ups[k])
        fused = self.conv_fusion(torch.cat(ups, 1))
        note("logits", torch.cat([self.object_head(fused), self.part_head(fused), self.material_head(levels[0])], 1))


def draw_all(encoder, decoder, factor):
    draw = np.random.RandomState(1)
    for net in [encoder, decoder]:
        norms = {key for key, m in net.named_modules() if isinstance(m, nn.BatchNorm2d)}
        for key, value in net.state_dict().items():
            if key.endswith("num_batches_tracked"):
                continue
            x = draw.standard_normal(tuple(value.shape)) * factor
            if key.endswith("running_var"):
                x = 1 + abs(x)
            elif key.endswith(".weight") and key[:-len(".weight")] in norms:
                x = 1 + x
            value.copy_(torch.from_numpy(x.astype("f4")).double())


def run(gold, name, pixels, width, blocks, fpn, heads, factor):
    taps = []

    def note(tap, x):
        flat = x.reshape(-1)
        taps.append(tap)
        gold.add(f"{name}.{tap}.picked", flat[torch.arange(PICKED) * 7919 % flat.numel()])
        gold.add(f"{name}.{tap}.moments",
                 torch.stack([flat.mean(), flat.std(unbiased=False), flat.abs().max()]))

    encoder, decoder = Encoder(width, blocks).double().eval(), Decoder(width, fpn, *heads).double().eval()
    draw_all(encoder, decoder, factor)
    for prefix, net in [("encoder", encoder), ("decoder", decoder)]:
        for key, m in net.named_modules():
            if isinstance(m, (nn.Conv2d, Bottleneck)) or (isinstance(m, nn.Sequential) and len(m) == 3 and
                                                          isinstance(m[2], nn.ReLU)):
                m.register_forward_hook(lambda _, __, y, tap=f"{prefix}.{key}": note(tap, y))
    x = torch.from_numpy((np.random.RandomState(2).standard_normal((1, 3, pixels, pixels)) / 2).astype("f4")).double()
    x = torch.flip((x + 1) / 2 * 255, (1,)) - torch.tensor([102.9801, 115.9465, 122.7717]).double()[:, None, None]
    decoder(encoder(x), note)
    for tap in taps:
        gold.case(name, tap)


def write_pair(folder):
    labels = {"object": ["-", "wall", "sky", "building", "person", "door"], "material": ["-", "brick", "wood"],
              "scene": ["street", "field"], "part": ["cloud", "roof", "door", "head"],
              "object_part": {"person": ["-", "head"], "sky": ["-", "cloud"], "building": ["-", "roof", "door"]}}
    encoder, decoder = Encoder(1, [1, 1, 1, 1]).double(), Decoder(1, 2, 6, 7, 3, 2).double()
    draw_all(encoder, decoder, 0.5)
    for name, net in [("encoder", encoder), ("decoder", decoder)]:
        state = {}
        for key, value in net.state_dict().items():
            if key.endswith("num_batches_tracked"):
                state[key[:-len("num_batches_tracked")] + "_running_iter"] = torch.ones(1)
            else:
                state[key] = value.float()
        torch.save(state, f"{folder}/{name}.pth", _use_new_zipfile_serialization=False)
    with open(f"{folder}/labels.json", "w") as f:
        json.dump(labels, f, indent=1)


with torch.no_grad():
    if sys.argv[1] == "--pair":
        write_pair(sys.argv[2])
    else:
        gold = Golden("tools/golden/upernet.py", 1)
        run(gold, "narrow", 72, 6, [1, 1, 1, 1], 10, [7, 9, 4, 5], 0.3)
        run(gold, "published", 256, 64, [3, 4, 6, 3], 512, [336, 427, 26, 365], 0.02)
        gold.write(sys.argv[1])
