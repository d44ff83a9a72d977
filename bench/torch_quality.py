"""PyTorch's side of `make bench-quality`, driven by bench/quality.py as bench/quality.c is.

    torch_quality.py RECIPE CHECKPOINT FORM IMAGES LABELS

Trains the DCGAN that RECIPE, a JSON object, describes, on two IDX files. Goes on from CHECKPOINT
if that is a file. FORM: written or best, as in bench/torch_dcgan.py. Says "ready STEPS"
and reads lines on stdin:
    train N                  N steps; answers with their seconds
    save CHECKPOINT MODEL    writes both, MODEL as a state dict with the keys of the architecture
                             dcgan and with its statistics settled; answers "saved"
"""
import json
import os
import sys
import time

import numpy
import torch
from torch import nn

import torch_dcgan

SETTLE = 100  # batches that measure the batch-norm statistics of the average


def idx(path):
    """The bytes of an IDX file, in its shape."""
    with open(path, "rb") as f:
        magic = f.read(4)
        if magic[:3] != b"\0\0\x08":
            raise SystemExit(f"torch_quality: {path} is no IDX file of bytes")
        shape = numpy.frombuffer(f.read(4 * magic[3]), ">i4")
        return numpy.frombuffer(f.read(), numpy.uint8).reshape(shape)


def start_as_dcgan(net):
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.weight, 1, 0.02)
        elif isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(m.weight, 0, 0.02)
            if m.bias is not None:
                nn.init.zeros_(m.bias)


class Training:
    def __init__(self, recipe, best, images, labels):
        torch.manual_seed(recipe["seed"])
        self.recipe, self.best, self.done, self.epoch = recipe, best, 0, None
        betas = (recipe["beta1"], recipe["beta2"])
        self.gan = torch_dcgan.Gan(
            best, recipe["classes"], 0, recipe["width"], recipe["z"], recipe["lr"], betas
        )
        start_as_dcgan(self.gan.g)
        start_as_dcgan(self.gan.d)
        self.gan.average = [p.detach().clone() for p in self.gan.g.parameters()]
        self.parts = (self.gan.g, self.gan.d, self.gan.g_opt, self.gan.d_opt)
        pixels = torch.from_numpy(idx(images) / numpy.float32(127.5) - 1)
        self.real, self.labels = pixels[:, None], torch.from_numpy(idx(labels).astype(numpy.int64))
        if best:
            self.real = self.real.contiguous(memory_format=torch.channels_last)

    def step(self):
        batch = self.recipe["batch"]
        epoch, at = divmod(self.done, len(self.real) // batch)
        if epoch != self.epoch:
            rng = torch.Generator().manual_seed(self.recipe["seed"] * 100000 + epoch)
            self.order, self.epoch = torch.randperm(len(self.real), generator=rng), epoch
        decay = min(self.recipe["ema"], (1 + self.done) / (10 + self.done))
        pick = self.order[at * batch : (at + 1) * batch]
        self.gan.step(self.real[pick], self.labels[pick], decay)
        self.done += 1

    def train(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            self.step()
        return time.perf_counter() - start

    def save(self, checkpoint):
        state = {"parts": [p.state_dict() for p in self.parts], "average": self.gan.average}
        torch.save(dict(state, recipe=self.recipe, done=self.done, rng=torch.get_rng_state()), checkpoint)

    def load(self, checkpoint):
        state = torch.load(checkpoint)
        if state["recipe"] != self.recipe:
            raise SystemExit(f"torch_quality: {checkpoint} is of another recipe")
        for part, saved in zip(self.parts, state["parts"]):
            part.load_state_dict(saved)
        self.gan.average, self.done = state["average"], state["done"]
        torch.set_rng_state(state["rng"])

    @torch.no_grad()
    def export(self, path):
        """The average as a generator; draws of its own, so that looking changes nothing."""
        kept, r = torch.get_rng_state(), self.recipe
        torch.manual_seed(r["seed"])
        g = torch_dcgan.Generator(self.best, r["classes"], r["width"], r["z"])
        for p, average in zip(g.parameters(), self.gan.average):
            p.copy_(average)
        for m in g.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.momentum = None  # the mean over all batches
        for b in range(SETTLE):
            in_turn = torch.arange(b * r["batch"], (b + 1) * r["batch"]) % r["classes"]
            g(torch.randn(r["batch"], r["z"]), in_turn)
        names = {f"{kind}{i}": f"layer{i}.{kind}" for kind in ("conv", "bn") for i in range(3)}
        names["code"] = "label.code"
        state = {}
        for key, value in g.state_dict().items():
            layer, rest = key.split(".", 1)
            state[f"{names[layer]}.{rest}"] = value.contiguous()
        torch.save(state, path)
        torch.set_rng_state(kept)


def main():
    if len(sys.argv) != 6 or sys.argv[3] not in ("written", "best"):
        raise SystemExit(__doc__)
    recipe, checkpoint, form, images, labels = json.loads(sys.argv[1]), *sys.argv[2:]
    torch.set_num_threads(recipe["threads"])
    training = Training(recipe, form == "best", images, labels)
    if os.path.exists(checkpoint):
        training.load(checkpoint)
    print("ready", training.done, flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "train":
            print(training.train(int(words[1])), flush=True)
        else:
            training.save(words[1])
            training.export(words[2])
            print("saved", flush=True)


main()
