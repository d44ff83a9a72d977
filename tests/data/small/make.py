#!/usr/bin/python3
"""Makes the small networks that the tests of the command use: a generator of 4 numbers -> 12x12 and
a classifier of ten classes, with pseudo-random weights as bare safetensors, and latents for them;
and a generator of three classes.
Run by hand; the tests read the files."""
import json
import random
import struct

random.seed(2)

GENERATOR = [
    ("layer0.fc", "Linear", {"in_features": 4, "out_features": 54}),
    ("layer0.view", "Unflatten", {"unflattened_size": [6, 3, 3]}),
    ("layer0.bn", "BatchNorm2d", {"num_features": 6}),
    ("layer0", "LeakyReLU", {"negative_slope": 0.2}),
    ("layer1.conv", "ConvTranspose2d", {"in_channels": 6, "out_channels": 8, "kernel_size": 5,
                                        "padding": 2}),
    ("layer1.bn", "BatchNorm2d", {"num_features": 8}),
    ("layer1", "LeakyReLU", {"negative_slope": 0.2}),
    ("layer2.conv", "ConvTranspose2d", {"in_channels": 8, "out_channels": 5, "kernel_size": 5,
                                        "stride": 2, "padding": 2, "output_padding": 1}),
    ("layer2.bn", "BatchNorm2d", {"num_features": 5}),
    ("layer2", "LeakyReLU", {"negative_slope": 0.2}),
    ("layer3.conv", "ConvTranspose2d", {"in_channels": 5, "out_channels": 1, "kernel_size": 4,
                                        "stride": 2, "padding": 1}),
    ("layer3", "Tanh", {}),
]
CONDITIONAL = [
    ("label.code", "Embedding", {"inputs": ["label"], "num_embeddings": 3, "embedding_dim": 2}),
    ("z.label", "Concat", {"inputs": ["z", "label.code"]}),
    ("layer0.fc", "Linear", {"in_features": 6, "out_features": 54}),
] + GENERATOR[1:]
CLASSIFIER = [
    ("flat", "Flatten", {}),
    ("fc1", "Linear", {"in_features": 144, "out_features": 16}),
    ("features", "ReLU", {}),
    ("fc2", "Linear", {"in_features": 16, "out_features": 10}),
]


def shapes(layers):
    for name, kind, o in layers:
        if kind == "Linear":
            yield name + ".weight", (o["out_features"], o["in_features"])
            yield name + ".bias", (o["out_features"],)
        elif kind == "Embedding":
            yield name + ".weight", (o["num_embeddings"], o["embedding_dim"])
        elif kind == "ConvTranspose2d":
            k = o["kernel_size"]
            yield name + ".weight", (o["in_channels"], o["out_channels"], k, k)
            yield name + ".bias", (o["out_channels"],)
        elif kind == "BatchNorm2d":
            for part in ("weight", "bias", "running_mean", "running_var"):
                yield name + "." + part, (o["num_features"],)


def number(key):
    if key.endswith("running_var") or key.endswith("bn.weight"):
        return random.uniform(0.5, 1.5)
    return random.uniform(-0.5, 0.5)


def write(name, head, layers):
    arch = {"format": "ganatomy-arch-1", "name": name, **head,
            "layers": [{"name": n, "type": t, **o} for n, t, o in layers]}
    with open(name + ".json", "w") as f:
        json.dump(arch, f, indent=1)
        f.write("\n")
    header, data = {}, b""
    for key, shape in shapes(layers):
        count = 1
        for d in shape:
            count *= d
        part = struct.pack("<%de" % count, *(number(key) for _ in range(count)))
        header[key] = {"dtype": "F16", "shape": list(shape),
                       "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(name + ".safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def write_npy(name, rows, columns):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, columns)
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        f.write(struct.pack("<%df" % (rows * columns),
                            *(random.gauss(0, 1) for _ in range(rows * columns))))


write("generator", {"input": {"name": "z", "size": 4, "law": "normal"},
                    "output": {"range": [-1, 1]}}, GENERATOR)
write("classifier", {"input": {"name": "image", "shape": [1, 12, 12], "range": [0, 1]},
                     "output": {"kind": "logits"}}, CLASSIFIER)
write_npy("three.npy", 3, 4)
write_npy("donors.npy", 3, 4)
with open("latents.json", "w") as f:
    kinds = ["zeros", "ones", "threes", "fours", "fives", "sevens", "crossed_sevens"]
    json.dump({k: [[round(random.gauss(0, 1), 4) for _ in range(4)] for _ in range(5)]
               for k in kinds}, f)
    f.write("\n")
# last, so that the numbers of those before it stay as they are
write("conditional", {"input": [{"name": "z", "size": 4, "law": "normal"},
                                {"name": "label", "classes": 3}],
                      "output": {"range": [-1, 1]}}, CONDITIONAL)
