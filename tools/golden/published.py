#!/usr/bin/env python3
"""Golden numbers of published networks: tests/golden/published/*.f32 (raw little-endian float32).

Plain PyTorch modules (made with 1.13, CPU, one thread, nothing seeded: nothing is random) on the
weights of ../shared/data. Run from the root of the source tree; tests/unit/model/test_published.c
says what each file holds and compares.
"""
import os
import numpy as np
import torch
from torch import nn

DATA = '../shared/data'
OUT = 'tests/golden/published'
SOURCE = [0.1785, 1.2583, 0.0501, 0.6782, -0.1833]
DONOR = [0.3420, -1.7319, 0.7826, -0.0266, 0.0961]


def write(name, tensor):
    values = np.ascontiguousarray(tensor.detach().numpy(), dtype='<f4')
    values.tofile(os.path.join(OUT, name + '.f32'))
    print(name, values.shape)


def load(path):
    return torch.load(os.path.join(DATA, path), map_location='cpu')


class Fc(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.bn = nn.Linear(5, 12544), nn.BatchNorm2d(256)

    def forward(self, z):
        return nn.functional.leaky_relu(self.bn(self.fc(z).view(-1, 256, 7, 7)), 0.2)


class Up(nn.Module):
    def __init__(self, ic, oc, stride, norm):
        super().__init__()
        self.conv = nn.ConvTranspose2d(ic, oc, 5, stride, 2, stride - 1)
        if norm:
            self.bn = nn.BatchNorm2d(oc)

    def forward(self, x):
        x = self.conv(x)
        return nn.functional.leaky_relu(self.bn(x), 0.2) if hasattr(self, 'bn') else torch.tanh(x)


def mnist_gan():
    def fresh():
        net = nn.Sequential(Fc(), Up(256, 128, 1, True), Up(128, 64, 2, True), Up(64, 1, 2, False))
        for i, layer in enumerate(net):
            layer.load_state_dict(load(f'mnist-gan/g_layer_{i}.zip')['state_dict'])
        return net

    z = torch.tensor([SOURCE, DONOR])
    net = fresh().train()  # the study never calls eval(), and draws one picture at a time
    write('mnist-gan-image', torch.cat([net(z[i:i + 1]) for i in range(2)]))
    write('mnist-gan-batch', net(z))
    net = fresh().eval()
    write('mnist-gan-running', net(z))
    write('mnist-gan-layer2', net[:3](z)[:, ::8])  # every eighth of 64 units, 14x14


def pattern(h, w):
    """A picture in [0,1] that C and Python make alike: every value is k/31."""
    y, x = np.mgrid[0:h, 0:w]
    return torch.tensor(((7 * y + 13 * x + y * x) % 32).astype(np.float32) / np.float32(31))


def lenet():
    conv = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten())
    f6, f7 = nn.Linear(120, 84), nn.Linear(84, 10)
    d = load('lenet/lenet_epoch=12_test_acc=0.991.pth')
    for module, key in ((conv[0], 'convnet.c1'), (conv[3], 'convnet.c3'), (conv[6], 'convnet.c5'),
                        (f6, 'fc.f6'), (f7, 'fc.f7')):
        module.load_state_dict({k: d[key + '.' + k] for k in ('weight', 'bias')})
    features = torch.relu(f6(conv(pattern(32, 32)[None, None])))
    write('lenet-features', features)
    write('lenet-logits', f7(features))


class HomeworkGenerator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(100, 3136)
        for i, (ic, oc, s) in enumerate(((64, 64, 2), (64, 32, 1), (32, 16, 1), (16, 1, 2)), 1):
            setattr(self, f'trans_conv{i}', nn.ConvTranspose2d(ic, oc, 3, s, 1, s - 1))
            if i < 4:
                setattr(self, f'batch_norm{i}', nn.BatchNorm2d(oc))

    def forward(self, z):
        x = self.fc(z).view(-1, 64, 7, 7)
        x = torch.relu(self.batch_norm1(self.trans_conv1(x)))
        x = torch.relu(self.batch_norm2(self.trans_conv2(x)))
        x = torch.relu(self.batch_norm3(self.trans_conv3(x)))
        return torch.tanh(self.trans_conv4(x))


class HomeworkDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        for i, (ic, oc, s) in enumerate(((1, 32, 2), (32, 64, 1), (64, 128, 1), (128, 128, 2))):
            setattr(self, f'conv{i}', nn.Conv2d(ic, oc, 3, s, 1))
        self.drop = nn.Dropout2d(0.25)
        self.fc = nn.Linear(6272, 1)

    def forward(self, x):
        for i in range(4):
            x = self.drop(nn.functional.leaky_relu(getattr(self, f'conv{i}')(x), 0.2))
        return self.fc(x.flatten(1))


class HomeworkCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(1, 16, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))
        self.conv2 = nn.Sequential(nn.Conv2d(16, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))
        self.out = nn.Sequential(nn.Linear(1568, 10))

    def forward(self, x):
        return self.out(self.conv2(self.conv1(x)).flatten(1))


def homework():
    nets = []
    for net, path in ((HomeworkGenerator(), 'Generator_digit'),
                      (HomeworkDiscriminator(), 'Discriminator_digit'),
                      (HomeworkCnn(), 'CNN_digit')):
        net.load_state_dict(load('homework/' + path))
        nets.append(net.eval())
    generator, discriminator, cnn = nets
    z = load('homework/LatentVectorsdigit').float()
    x = generator(z)
    write('homework-generator', x[[0, 7]])
    write('homework-discriminator', discriminator(x))
    logits = cnn(x)
    write('homework-cnn', logits)
    certainty = torch.softmax(3 * logits / logits.std(1, keepdim=True), 1).max(1)
    print(certainty.values.numpy().round(4), certainty.indices.numpy())
    print(load('homework/LatentVectorsdigit').norm(dim=1).numpy().round(3))


if __name__ == '__main__':
    torch.set_num_threads(1)
    os.makedirs(OUT, exist_ok=True)
    with torch.no_grad():
        mnist_gan()
        lenet()
        homework()
