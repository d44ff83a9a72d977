#!/usr/bin/python3
"""Every op: outputs and all gradients, by PyTorch in double. usage: ops.py OUT.golden"""
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from golden import Golden, spread

SEED = 1
g = Golden("tools/golden/ops.py", SEED)


def text(value):
    return ",".join(str(v) for v in value) if isinstance(value, (tuple, list)) else str(value)


def case(name, kind, inputs, n, module, options, mode=1, fill=None):
    """mode: 0 running, 1 batch, 2 image, as ga_bn_mode. module: a torch module or a function of the
    inputs; its parameters are drawn anew."""
    sources = [fill if fill is not None else spread(n, *shape) for shape in inputs]
    for s in sources:
        s.requires_grad_(fill is None)
    params = []
    if isinstance(module, nn.Module):
        module = module.double()
        for key, p in list(module.named_parameters()) + list(module.named_buffers()):
            if key == "num_batches_tracked":
                continue
            with torch.no_grad():
                p.copy_(spread(*p.shape) * (0.5 if "running" in key else 1) +
                        (1 if "running" in key else 0))
                p.copy_(p.float().double())
            params.append((key, p))
        module.train(mode == 1)
    words = [f"{key}={text(value)}" for key, value in options.items()]
    shapes = ["in=" + ",".join(str(d) for d in shape) for shape in inputs]
    g.case(name, kind, f"n={n}", f"bn={mode}", *shapes, *words)
    for key, p in params:
        g.add(f"{name}.{key}", p)
    if mode == 2 and isinstance(module, nn.BatchNorm2d):
        out = F.instance_norm(sources[0], weight=module.weight, bias=module.bias, eps=module.eps)
    else:
        out = module(*sources)
    diff = spread(*out.shape)
    (out * diff).sum().backward()
    for i, s in enumerate(sources):
        g.add(f"{name}.in{i}", s)
    g.add(f"{name}.out", out)
    g.add(f"{name}.diff_out", diff)
    for i, s in enumerate(sources):
        g.add(f"{name}.diff_in{i}", s.grad if s.grad is not None else torch.zeros_like(s))
    for key, p in params:
        if isinstance(p, nn.Parameter):
            g.add(f"{name}.diff_{key}", p.grad)
        elif mode == 1:
            g.add(f"{name}.after_{key}", p)


def conv(name, kind, ic, oc, h, w, n, **o):
    case(name, kind, [(ic, h, w)], n, getattr(nn, kind)(ic, oc, **o),
         {"in_channels": ic, "out_channels": oc, **{k: int(v) if isinstance(v, bool) else v
                                                    for k, v in o.items()}})


def simple(name, kind, shape, n, **o):
    case(name, kind, [shape], n, getattr(nn, kind)(**o), {k: int(v) if isinstance(v, bool) else v
                                                          for k, v in o.items()})


class Vector(nn.Module):
    """Linear and BatchNorm1d on (N,C,1,1)."""

    def __init__(self, inner):
        super().__init__()
        for key, p in inner.named_parameters():
            self.register_parameter(key, p)
        for key, b in inner.named_buffers():
            self.register_buffer(key, b)
        self.kind, self.inner = type(inner), [inner]

    def forward(self, x):
        v = x.flatten(1)
        if self.kind is nn.Linear:
            y = F.linear(v, self.weight, getattr(self, "bias", None))
        elif self.kind is nn.Embedding:
            y = F.embedding(v[:, 0].long(), self.weight)
        elif self.kind is nn.BatchNorm1d:
            y = F.batch_norm(v, self.running_mean, self.running_var, self.weight, self.bias,
                             self.training, 0.1, 1e-5)
        else:
            y = F.layer_norm(v, self.weight.shape, self.weight, self.bias, 1e-5)
        return y[:, :, None, None]


case("linear", "Linear", [(7, 1, 1)], 5, Vector(nn.Linear(7, 9)),
     {"in_features": 7, "out_features": 9})
case("linear_nobias", "Linear", [(33, 1, 1)], 3, Vector(nn.Linear(33, 18, bias=False)),
     {"in_features": 33, "out_features": 18, "bias": 0})
conv("conv", "Conv2d", 3, 5, 7, 6, 2, kernel_size=3, padding=1)
conv("conv_stride", "Conv2d", 1, 17, 9, 9, 3, kernel_size=5, stride=2, padding=2)
conv("conv_all", "Conv2d", 4, 6, 9, 8, 2, kernel_size=(3, 2), stride=(2, 3), padding=(2, 1),
     dilation=(2, 1), groups=2, bias=False)
conv("transposed", "ConvTranspose2d", 16, 5, 3, 4, 2, kernel_size=5, padding=2)
conv("transposed_stride", "ConvTranspose2d", 4, 1, 4, 4, 3, kernel_size=5, stride=2, padding=2,
     output_padding=1)
conv("transposed_all", "ConvTranspose2d", 4, 6, 4, 3, 2, kernel_size=(2, 3), stride=(3, 2),
     padding=(1, 0), output_padding=(1, 0), dilation=(2, 1), groups=2, bias=False)
for mode, word in enumerate(["running", "batch", "image"]):
    case("bn_" + word, "BatchNorm2d", [(5, 4, 3)], 3, nn.BatchNorm2d(5, eps=1e-3, momentum=0.2),
         {"num_features": 5, "eps": 1e-3, "momentum": 0.2}, mode)
case("bn1d", "BatchNorm1d", [(6, 1, 1)], 9, Vector(nn.BatchNorm1d(6)), {"num_features": 6})
case("bn1d_running", "BatchNorm1d", [(6, 1, 1)], 9, Vector(nn.BatchNorm1d(6)), {"num_features": 6}, 0)
case("layer_norm", "LayerNorm", [(3, 4, 5)], 2, nn.LayerNorm([3, 4, 5]),
     {"normalized_shape": (3, 4, 5)})
case("layer_norm_vector", "LayerNorm", [(8, 1, 1)], 3, Vector(nn.LayerNorm([8])),
     {"normalized_shape": 8})
case("instance_norm", "InstanceNorm2d", [(4, 5, 3)], 3, nn.InstanceNorm2d(4, affine=True),
     {"num_features": 4, "affine": 1})
case("instance_norm_plain", "InstanceNorm2d", [(4, 5, 3)], 3, nn.InstanceNorm2d(4), {"num_features": 4})
case("pixel_norm", "PixelNorm", [(19, 2, 3)], 2,
     lambda x: x / torch.sqrt((x ** 2).mean(1, keepdim=True) + 1e-8), {})
simple("relu", "ReLU", (5, 3, 4), 2)
simple("leaky_relu", "LeakyReLU", (5, 3, 4), 2, negative_slope=0.2)
simple("tanh", "Tanh", (5, 3, 4), 2)
simple("sigmoid", "Sigmoid", (5, 3, 4), 2)
simple("softmax", "Softmax", (11, 2, 2), 3, dim=1)
simple("elu", "ELU", (5, 3, 4), 2, alpha=0.6)
simple("silu", "SiLU", (5, 3, 4), 2)
simple("dropout_none", "Dropout", (5, 3, 4), 2, p=0.0)
simple("dropout2d_none", "Dropout2d", (5, 3, 4), 2, p=0.0)
simple("max_pool", "MaxPool2d", (3, 6, 8), 2, kernel_size=2)
simple("max_pool_all", "MaxPool2d", (3, 9, 8), 2, kernel_size=(3, 2), stride=(2, 3), padding=(1, 1),
       dilation=(2, 1), ceil_mode=True)
simple("avg_pool", "AvgPool2d", (3, 6, 8), 2, kernel_size=2)
simple("avg_pool_all", "AvgPool2d", (3, 9, 8), 2, kernel_size=(3, 2), stride=(2, 3), padding=(1, 1),
       ceil_mode=True, count_include_pad=False)
simple("avg_pool_pad", "AvgPool2d", (2, 7, 8), 2, kernel_size=3, stride=2, padding=1, ceil_mode=True)
simple("adaptive_avg", "AdaptiveAvgPool2d", (3, 7, 5), 2, output_size=(3, 2))
simple("adaptive_avg_one", "AdaptiveAvgPool2d", (3, 7, 5), 2, output_size=1)
simple("adaptive_max", "AdaptiveMaxPool2d", (3, 7, 5), 2, output_size=(3, 2))
simple("nearest", "Upsample", (3, 4, 5), 2, scale_factor=2)
simple("nearest_size", "Upsample", (2, 5, 7), 2, size=(8, 3))
simple("bilinear", "Upsample", (3, 4, 5), 2, scale_factor=2, mode="bilinear")
simple("bilinear_part", "Upsample", (2, 5, 4), 1, scale_factor=1.7, mode="bilinear")
simple("bilinear_corners", "Upsample", (3, 4, 5), 2, size=(7, 3), mode="bilinear", align_corners=True)
case("zero_pad", "ZeroPad2d", [(3, 4, 5)], 2, nn.ZeroPad2d((1, 0, 2, 3)), {"padding": (1, 0, 2, 3)})
case("reflection_pad", "ReflectionPad2d", [(3, 4, 5)], 2, nn.ReflectionPad2d((1, 4, 2, 3)),
     {"padding": (1, 4, 2, 3)})
case("replication_pad", "ReplicationPad2d", [(3, 4, 5)], 2, nn.ReplicationPad2d((1, 7, 2, 0)),
     {"padding": (1, 7, 2, 0)})
case("pad", "Pad", [(3, 4, 5)], 2, lambda x: F.pad(x, (2, 1, 0, 3), mode="replicate"),
     {"padding": (2, 1, 0, 3), "mode": "replicate"})
case("flatten", "Flatten", [(3, 4, 5)], 2, lambda x: x.flatten(1)[:, :, None, None], {})
case("unflatten", "Unflatten", [(60, 1, 1)], 2, lambda x: x.reshape(-1, 3, 4, 5),
     {"unflattened_size": (3, 4, 5)})
case("reshape", "Reshape", [(4, 3, 2)], 2, lambda x: x.reshape(-1, 2, 3, 4), {"shape": (2, 3, 4)})
case("concat", "Concat", [(3, 2, 4), (5, 2, 4)], 2, lambda x, y: torch.cat([x, y], 1), {})
case("slice", "Slice", [(9, 2, 3)], 2, lambda x: x[:, 2:7], {"start": 2, "stop": 7})
case("add", "Add", [(3, 2, 4)] * 3, 2, lambda x, y, z: x + y + z, {})
case("multiply", "Multiply", [(3, 2, 4)] * 2, 2, lambda x, y: x * y, {})
case("multiply_channels", "Multiply", [(17, 3, 2), (17, 1, 1)], 2, lambda x, y: x * y, {})
case("scale", "Scale", [(3, 2, 4)], 2, lambda x: -0.3 * x + 2, {"scale": -0.3, "bias": 2})
case("identity", "Identity", [(3, 2, 4)], 2, nn.Identity(), {})


class ScaleBias(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))

    def forward(self, x):
        return x * self.weight[:, None, None] + self.bias[:, None, None]


case("scale_bias", "ScaleBias", [(6, 3, 2)], 3, ScaleBias(6), {"num_features": 6})
case("embedding", "Embedding", [(1, 1, 1)], 5, Vector(nn.Embedding(4, 6)),
     {"num_embeddings": 4, "embedding_dim": 6},
     fill=torch.tensor([3., 0., 3., 1., 3.]).double().reshape(5, 1, 1, 1))
case("add_channels", "Add", [(17, 3, 2), (17, 1, 1)], 2, lambda x, y: x + y, {})


class WScale(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.b = nn.Parameter(torch.zeros(c))

    def forward(self, x):
        return x * -0.3 + self.b[:, None, None]


case("wscale", "WScale", [(6, 3, 2)], 3, WScale(6), {"num_features": 6, "scale": -0.3})


def minibatch_stddev(size):
    def run(x):
        n, c, h, w = x.shape
        y = x.reshape(size, n // size, c, h, w)
        s = torch.sqrt(((y - y.mean(0)) ** 2).mean(0) + 1e-8).mean((1, 2, 3))
        return torch.cat([x, s.repeat(size).reshape(n, 1, 1, 1).expand(n, 1, h, w)], 1)
    return run


case("minibatch_stddev", "MinibatchStddev", [(5, 2, 3)], 6, minibatch_stddev(3), {"group_size": 3})


def precise(inside, outs):
    """(outs, inside): mean over each piece of [0, inside] of the line that joins numbers at 0, 1, ... and falls to 0
    behind the last; straight between whole numbers, so that a trapezoid between them is its integral."""
    m = torch.zeros(outs, inside).double()
    for o in range(outs):
        begin, end = o * inside / outs, (o + 1) * inside / outs
        cuts = [begin] + [c for c in range(inside + 1) if begin < c < end] + [end]
        for x, y in zip(cuts, cuts[1:]):
            for i in range(inside):
                m[o, i] += (y - x) / 2 * (max(0, 1 - abs(x - i)) + max(0, 1 - abs(y - i))) / (end - begin)
    return m


def prroi(height, width):
    return lambda x: torch.einsum("oh,nchw,pw->ncop", precise(x.shape[2], height), x, precise(x.shape[3], width))


case("prroi", "PrRoIPool2d", [(3, 8, 8)], 2, prroi(3, 3), {"output_size": 3})
case("prroi_pair", "PrRoIPool2d", [(2, 7, 5)], 2, prroi(2, 6), {"output_size": (2, 6)})


def gather_taps(base, *maps):
    """conv of resized maps by its parts: F.interpolate, then a shift by padding, for each of nine taps."""
    (n, c, h, w), out = base.shape, base
    for m in maps:
        up = F.pad(F.interpolate(m, size=(h, w), mode="bilinear", align_corners=False), (1, 1, 1, 1))
        for tap in range(9):
            y, x = divmod(tap, 3)
            out = out + up[:, tap * c:(tap + 1) * c, y:y + h, x:x + w]
    return out


case("gather_taps", "GatherTaps", [(3, 5, 4), (27, 3, 2), (27, 2, 1)], 2, gather_taps, {})
g.write(sys.argv[1])
