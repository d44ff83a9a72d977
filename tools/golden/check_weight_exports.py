#!/usr/bin/python3
"""Shows that PyTorch and NumPy read the weight files that Ganatomy writes: tests/data/weights/ours.*,
which the test model.write_weights compares with what the writers make, byte for byte. Wants
PyTorch 1.13 and NumPy (Debian 12: python3-torch, python3-numpy); with the package safetensors it
reads that file too. Run it from the root of the repository after writing the files anew with
GA_WRITE_GOLDEN=1 set for that test."""
import json
import struct

import numpy as np
import torch

ROOT = "tests/data/weights/ours."


def table():
    """The arrays of tests/unit/model/test_write_weights.c, said again in PyTorch's words."""
    f32 = [0.5, -1, 2, 3e38, 4, 5]

    def bits(dtype, *values):
        raw = np.array(values, dtype=np.uint16).view(np.int16)
        return torch.from_numpy(raw).view(dtype).reshape(2, 3)

    def plain(dtype, *values):
        return torch.tensor(values, dtype=dtype).reshape(2, 3)
    return {
        "flag": plain(torch.bool, 1, 0, 0, 1, 1, 0),
        "layer.f64": plain(torch.float64, 0.1, -1, 2, 1e300, 4, 5),
        "layer.f32": plain(torch.float32, *f32),
        "layer.f16": bits(torch.float16, 0x3c00, 0xbc00, 0x7bff, 1, 0x8000, 0x3555),
        "layer.bf16": bits(torch.bfloat16, 0x3f80, 0xbf80, 0x7f7f, 1, 0x8000, 0x3eab),
        "i64": plain(torch.int64, -1, 1 << 62, 0, 3, 4, 5),
        "i32": plain(torch.int32, -1, 2**31 - 1, 0, 3, 4, 5),
        "i16": plain(torch.int16, -1, 2**15 - 1, 0, 3, 4, 5),
        "i8": plain(torch.int8, -1, 127, 0, 3, 4, 5),
        "u8 \"\\/\u00e9": plain(torch.uint8, 1, 255, 0, 3, 4, 5),
        "scalar": torch.tensor(0.5),
        "empty": torch.zeros(0, 3),
        "row": torch.tensor(f32),
    }


def check_torch(want):
    got = torch.load(ROOT + "pt", weights_only=True)
    assert list(got) == list(want)
    for name, t in want.items():
        g = got[name]
        assert g.dtype == t.dtype and g.shape == t.shape and g.stride() == t.stride(), name
        assert torch.equal(g, t), name
    module = torch.nn.Module()
    module.row = torch.nn.Parameter(torch.zeros(6))
    module.load_state_dict(got, strict=False)
    assert torch.equal(module.row, want["row"])


def check_numpy(want):
    got = np.load(ROOT + "npz", allow_pickle=False)
    assert got.files == list(want)
    for name, t in want.items():
        wide = t.float() if t.dtype == torch.bfloat16 else t
        assert got[name].dtype == wide.numpy().dtype and got[name].shape == tuple(t.shape), name
        assert np.array_equal(got[name], wide.numpy()), name
    alone = np.load(ROOT + "npy", allow_pickle=False)
    assert np.array_equal(alone, want["layer.bf16"].float().numpy())


def check_safetensors(want):
    try:
        import safetensors.torch
        got = safetensors.torch.load_file(ROOT + "safetensors")
        assert set(got) == set(want) and all(torch.equal(got[k], want[k]) for k in want)
        with safetensors.safe_open(ROOT + "safetensors", "pt") as f:
            assert f.metadata() == {"origin": 'a "test"\n', "z": "5"}
        return "with the package safetensors"
    except ImportError:
        pass
    data = open(ROOT + "safetensors", "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    assert n % 8 == 0 and header.pop("__metadata__") == {"origin": 'a "test"\n', "z": "5"}
    assert list(header) == list(want)
    spans = sorted(v["data_offsets"] for v in header.values())
    assert spans[0][0] == 0 and spans[-1][1] == len(data) - 8 - n
    assert all(a[1] == b[0] for a, b in zip(spans, spans[1:]))
    for name, t in want.items():
        begin, end = header[name]["data_offsets"]
        raw = (t.view(torch.int16) if t.dtype == torch.bfloat16 else t).numpy().tobytes()
        assert data[8 + n + begin:8 + n + end] == raw, name
    return "by hand"


WANT = table()
check_torch(WANT)
check_numpy(WANT)
print("PyTorch %s, NumPy %s and safetensors (%s) read what was written"
      % (torch.__version__, np.__version__, check_safetensors(WANT)))
