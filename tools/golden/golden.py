"""Writes .golden files, which tests/golden/golden.h reads.

A text header, one thing a line, then an empty line, then all arrays as little-endian f32:

    ganatomy-golden-1
    # free words: which script, which version of PyTorch, which seed
    case NAME TYPE key=value ...     a line that the test takes apart itself
    array NAME COUNT                 in the order of the data
"""
import numpy as np
import torch


class Golden:
    def __init__(self, script, seed):
        self.lines = ["ganatomy-golden-1", f"# {script}, PyTorch {torch.__version__}, seed {seed}"]
        self.arrays = []
        torch.manual_seed(seed)

    def case(self, *words):
        self.lines.append("case " + " ".join(str(w) for w in words))

    def add(self, name, tensor):
        data = np.ascontiguousarray(tensor.detach().numpy().astype("<f4")).ravel()
        self.lines.append(f"array {name} {data.size}")
        self.arrays.append(data)

    def write(self, path):
        with open(path, "wb") as f:
            f.write(("\n".join(self.lines) + "\n\n").encode())
            for data in self.arrays:
                f.write(data.tobytes())


def spread(*shape):
    """Numbers -1..1, all different and none near 0, so that no kink or tie is close."""
    n = int(np.prod(shape))
    x = 2 * (torch.randperm(n).double() + 0.5) / n - 1
    if n % 2 == 1:
        x = x + 0.3 / n
    # As the f32 that the test will read, so that both start from the same numbers.
    return x.float().double().reshape(shape)
