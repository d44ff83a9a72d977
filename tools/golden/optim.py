#!/usr/bin/python3
"""Optimisers: six steps of each, options on and off, in double. usage: optim.py OUT.golden"""
import sys
import torch
from golden import Golden, spread

STEPS, COUNT, SEED = 6, 37, 2
g = Golden("tools/golden/optim.py", SEED)
cases = [
    ("sgd", "SGD", torch.optim.SGD, dict(lr=0.1)),
    ("sgd_decay", "SGD", torch.optim.SGD, dict(lr=0.1, weight_decay=0.05)),
    ("sgd_momentum", "SGD", torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
    ("sgd_nesterov", "SGD", torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    ("adam", "Adam", torch.optim.Adam, dict()),
    ("adam_gan", "Adam", torch.optim.Adam, dict(lr=2e-4, betas=(0.5, 0.999))),
    ("adam_decay", "Adam", torch.optim.Adam, dict(lr=0.01, eps=1e-4, weight_decay=0.1)),
    ("adamw", "AdamW", torch.optim.AdamW, dict()),
    ("adamw_decay", "AdamW", torch.optim.AdamW, dict(lr=0.02, betas=(0.7, 0.9), weight_decay=0.2)),
    ("rmsprop", "RMSprop", torch.optim.RMSprop, dict()),
    ("rmsprop_all", "RMSprop", torch.optim.RMSprop,
     dict(lr=0.005, alpha=0.9, eps=1e-5, weight_decay=0.1, momentum=0.8)),
]
for name, kind, make, options in cases:
    w = torch.nn.Parameter(spread(COUNT))
    words = [f"{k}={int(v) if isinstance(v, bool) else v}" for k, v in options.items() if k != "betas"]
    if "betas" in options:
        words += [f"beta1={options['betas'][0]}", f"beta2={options['betas'][1]}"]
    g.case(name, kind, f"steps={STEPS}", *words)
    g.add(f"{name}.start", w)
    optim = make([w], **options)
    grads, after = [], []
    for step in range(STEPS):
        w.grad = spread(COUNT) * 10.0 ** -step
        w.grad[step] = 0
        w.grad = w.grad.float().double()
        optim.step()
        grads.append(w.grad.clone())
        after.append(w.detach().clone())
    g.add(f"{name}.grads", torch.stack(grads))
    g.add(f"{name}.after", torch.stack(after))
g.write(sys.argv[1])
