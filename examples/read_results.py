"""Results of ganatomy in Python: pictures by NumPy, weights by safetensors, lists by json.

    ganatomy generate mnist-gan --ids 0-9 --npy digits.npy
    ganatomy swap mnist-gan --layer layer1 --source id:3 --donor id:8 --search most --json > swap.json
    python3 read_results.py digits.npy swap.json mnist-gan.safetensors
"""
import json
import sys

import numpy as np

pictures = np.load(sys.argv[1])  # f32 (N,C,H,W), in the model's own range
print("pictures", pictures.shape, "from", pictures.min(), "to", pictures.max())

with open(sys.argv[2]) as f:
    swap = json.load(f)
print("the five units that change the picture most:", swap["units"][:5])

try:  # pip install safetensors, or Debian's python3-safetensors where there is one
    from safetensors.numpy import load_file

    weights = load_file(sys.argv[3])
except ImportError:  # the format is simple enough to read by hand
    with open(sys.argv[3], "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        data = f.read()
    kinds = {"F16": np.float16, "F32": np.float32}
    weights = {
        name: np.frombuffer(data[e["data_offsets"][0] : e["data_offsets"][1]], kinds[e["dtype"]]).reshape(e["shape"])
        for name, e in header.items()
        if name != "__metadata__"
    }
for name, w in weights.items():
    print(f"{name:24s} {str(w.shape):20s} mean {w.astype(np.float64).mean():+.4f}")
