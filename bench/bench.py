#!/usr/bin/python3
"""make bench: every job side by side with PyTorch on the same two cores, alternating in one run.

Prints a table of ratios and writes build/bench.json. PyTorch runs with OpenBLAS in front of
Debian's reference BLAS (which is some 20 times slower: never compare with that). A round is ours,
written, best; a figure is the median over the rounds; a ratio is the median of the rounds' ratios.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

# job, repetitions in a round for ours, written, best
JOBS = [
    ("train-f32", 5, 3, 3),
    ("train-bf16", 5, 3, 3),
    ("generate-128", 10, 4, 4),
    ("generate-1", 200, 100, 100),
    ("search", 10, 1, 1),
    ("frechet", 1, 1, 1),
    ("classifier-step", 5, 3, 3),
    ("cgan-step", 10, 5, 5),
    ("r1-step", 10, 5, 5),
    ("progan", 10, 5, 5),
    ("progan-bf16", 10, 5, 5),
    ("upernet", 2, 1, 1),
    ("upernet-bf16", 2, 1, 1),
    ("counts", 200, 1, 1),
    ("iqr", 20, 1, 1),
    ("quantiles", 10, 10, 10),
]
NEED_BF16 = {"progan-bf16", "upernet-bf16"}  # PyTorch's bf16 without the instructions is no contest
LONG = {"frechet": 3}  # rounds at most; their making has warmed them up
OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp:/usr/lib/x86_64-linux-gnu/openblas-pthread"
HERE = os.path.dirname(os.path.abspath(__file__))


class Worker:
    def __init__(self, command, extra=None):
        env = dict(os.environ, OMP_NUM_THREADS="2", **(extra or {}))
        env.pop("OPENBLAS_CORETYPE", None)  # some images set Haswell, which halves sgemm
        self.p = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )
        assert self.p.stdout.readline().strip() == "ready", command

    def ask(self, job, variant, reps):
        self.p.stdin.write(f"{job} {variant} {reps}\n")
        self.p.stdin.flush()
        return float(self.p.stdout.readline())

    def stop(self):
        self.p.stdin.close()
        self.p.wait()


def torch_worker():
    return Worker(
        ["/usr/bin/python3", os.path.join(HERE, "torch_worker.py")], {"LD_LIBRARY_PATH": OPENBLAS}
    )


def foreign_load():
    """Cores that other processes used during 0.5 s."""

    def busy():
        with open("/proc/stat") as f:
            v = [int(x) for x in f.readline().split()[1:]]
        return sum(v) - v[3] - v[4], sum(v)

    a = busy()
    time.sleep(0.5)
    b = busy()
    return (b[0] - a[0]) / max(1, b[1] - a[1]) * (os.cpu_count() or 1)


def has_bf16():
    with open("/proc/cpuinfo") as f:
        return "avx512_bf16" in f.read()


def measure(ours, torch, rounds, only):
    rows = []
    for job, n_ours, n_written, n_best in JOBS:
        if only and job not in only:
            continue
        if job in NEED_BF16 and not has_bf16():
            print(f"  {job:14s} left out: this processor has no bf16 products")
            continue
        for w, v in ((ours, "ours"), (torch, "written"), (torch, "best")):
            if job not in LONG:
                w.ask(job, v, 1)  # warm up, outside the rounds
        t = {"ours": [], "written": [], "best": []}
        for _ in range(min(rounds, LONG.get(job, rounds))):
            t["ours"].append(ours.ask(job, "ours", n_ours))
            t["written"].append(torch.ask(job, "written", n_written))
            t["best"].append(torch.ask(job, "best", n_best))
        row = {"job": job, "rounds": len(t["ours"]), "all_ms": t}
        for k in t:
            row[k + "_ms"] = statistics.median(t[k])
        for k in ("written", "best"):
            row["ratio_" + k] = statistics.median(p / o for p, o in zip(t[k], t["ours"]))
        rows.append(row)
        print(
            f"  {job:14s} {row['ours_ms']:10.3f} {row['written_ms']:10.3f} {row['best_ms']:10.3f}"
            f" {row['ratio_written']:10.2f}x {row['ratio_best']:8.2f}x",
            flush=True,
        )
    return rows


def training_memory(worker_command):
    """Peak resident memory of a process that only trains (20 steps)."""
    out = {}
    for name, w in (("ours", Worker(worker_command)), ("written", torch_worker()), ("best", torch_worker())):
        w.ask("train-f32", name, 20)
        out[name] = w.ask("memory", "-", 1)
        w.stop()
    return out


def loader_busy(ours, rounds):
    """Percent of a training's time in which it does not wait for pictures (worker.c: share_busy)."""
    networks = {"cnn": 10, "lenet5": 50}
    return {
        name: statistics.median(ours.ask(f"loader-{name}", "ours", reps) for _ in range(rounds))
        for name, reps in networks.items()
    }


def seconds_of(command, times):
    """Median wall-clock time of a command that runs with two threads."""
    env = dict(os.environ, GANATOMY_THREADS="2")
    env.setdefault("GANATOMY_DATA", os.path.join(HERE, "..", "build", "npm"))
    all_s = []
    for _ in range(times):
        start = time.perf_counter()
        done = subprocess.run(command + ["--quiet"], env=env, capture_output=True, text=True)
        all_s.append(time.perf_counter() - start)
        if done.returncode != 0:
            raise SystemExit(f"bench: {' '.join(command)} failed: {done.stderr.strip()}")
    return statistics.median(all_s)


def first_picture(command, model):
    with tempfile.TemporaryDirectory() as d:
        picture = os.path.join(d, "x.png")
        return seconds_of([command, "generate", model, "--ids", "0", "-o", picture], 7)


def evaluation(command, model):
    """The program from its start to the Fréchet distance of 10,000 samples, generation included."""
    return seconds_of([command, "evaluate", model, "--data", "mnist", "--scores", "frechet"], 3)


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("worker", help="bench_worker, as built")
    p.add_argument("ganatomy", help="the program")
    p.add_argument("model", help="the shipped generator")
    p.add_argument("--rounds", type=int, default=5)
    names = [job[0] for job in JOBS] + ["loader"]
    p.add_argument("--only", action="append", choices=names, help="one job; may be given again")
    p.add_argument("--json", default="build/bench.json")
    a = p.parse_args()
    load = foreign_load()
    if load > 0.2:
        print(f"note: other processes use {load:.1f} cores; ratios suffer", file=sys.stderr)
    ours, torch = Worker([a.worker]), torch_worker()
    print("  job               ours ms  written ms    best ms    written      best  (2 threads)")
    result = {"foreign_cores": load, "jobs": measure(ours, torch, a.rounds, a.only)}
    if not a.only or "loader" in a.only:
        result["loader_busy_percent"] = busy = loader_busy(ours, a.rounds)
        print("  trainer busy beside its loader: " + ", ".join(f"{k} {v:.1f} %" for k, v in busy.items()))
    ours.stop()
    torch.stop()
    if not a.only or "frechet" in a.only:
        result["evaluate_s"] = s = evaluation(a.ganatomy, a.model)
        print(f"  program's start to the Fréchet distance of 10,000 samples: {s:.1f} s")
    if not a.only:
        result["training_peak_bytes"] = m = training_memory([a.worker])
        print("  peak memory of training: " + ", ".join(f"{k} {v / 2**20:.0f} MiB" for k, v in m.items()))
        result["first_picture_s"] = s = first_picture(a.ganatomy, a.model)
        print(f"  start of the program to the first picture: {s:.3f} s")
    with open(a.json, "w") as f:
        json.dump(result, f, indent=1)
    print(f"  wrote {a.json}")


main()
