#!/usr/bin/python3
"""make bench-quality: seconds from random weights to a Fréchet distance, beside PyTorch.

One recipe, a conditional DCGAN on MNIST, is trained by this program's library (bench/quality.c) and by PyTorch
(bench/torch_quality.py, in the faster of its two forms on this machine), in segments that alternate.
After each segment 10,000 samples of the moving average are held against the 10,000 test digits by
`ganatomy evaluate`, the same yardstick for both; only training counts as time. A side is done when
it is at or below the target. All of it is repeated with other seeds.

DIR gets curves.csv, a line a segment, and result.json. The same command goes on where it was
stopped or killed, at most one segment of a side is done again.
"""
import argparse
import csv
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PUBLISHED = os.path.join(ROOT, "..", "shared", "data", "lenet", "lenet_epoch=12_test_acc=0.991.pth")
SHIPPED = os.path.join(ROOT, "models", "lenet5.safetensors")
OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp:/usr/lib/x86_64-linux-gnu/openblas-pthread"
WIDTH, Z, CLASSES = 32, 64, 10
RECIPE = {
    "generator": f"dcgan:classes={CLASSES},width={WIDTH},z={Z}",
    "discriminator": f"dcgan-d:classes={CLASSES},width={WIDTH}",
    "classes": CLASSES,
    "width": WIDTH,
    "z": Z,
    "batch": 64,
    "lr": 4e-4,  # of both networks; it does not fall, so that no length has to be chosen
    "beta1": 0.5,
    "beta2": 0.999,
    "ema": 0.999,
    "most_steps": 1000000,
}
SIDES = ("ours", "pytorch")
COLUMNS = ["seed", "side", "steps", "seconds", "frechet", "other_cores"]


def fail(sentence):
    raise SystemExit(f"bench-quality: {sentence}")


# ---- programs -----------------------------------------------------------------------------------


class Worker:
    """A trainer that is asked through pipes; dies with its standard input."""

    def __init__(self, command, extra=None):
        env = dict(os.environ, **(extra or {}))
        env.pop("OPENBLAS_CORETYPE", None)  # some images set Haswell, which halves sgemm
        self.command = command
        self.p = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )
        self.done = int(self.answer().split()[1])

    def answer(self):
        line = self.p.stdout.readline()
        if not line:
            fail(f"{os.path.basename(self.command[0])} ended with exit code {self.p.wait()}; "
                 "its own words are above")
        return line

    def ask(self, request):
        try:
            self.p.stdin.write(request + "\n")
            self.p.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; answer() says so
        return self.answer()

    def cpu_seconds(self):
        with open(f"/proc/{self.p.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def train(self, steps):
        """Seconds, and how many cores other processes used meanwhile."""
        start, own, busy = time.perf_counter(), self.cpu_seconds(), machine_cpu_seconds()
        seconds = float(self.ask(f"train {steps}"))
        others = (machine_cpu_seconds() - busy) - (self.cpu_seconds() - own)
        return seconds, max(0.0, others / (time.perf_counter() - start))

    def stop(self):
        self.p.stdin.close()
        self.p.wait()


def machine_cpu_seconds():
    with open("/proc/stat") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return (sum(v) - v[3] - v[4]) / os.sysconf("SC_CLK_TCK")


class Bench:
    """What both sides are started with, and the yardstick."""

    def __init__(self, a):
        self.a = a
        os.environ.setdefault("GANATOMY_DATA", os.path.join(ROOT, "build", "npm"))
        os.environ["GANATOMY_THREADS"] = str(a.threads)
        self.lenet = a.lenet
        if not a.lenet.endswith(".safetensors"):
            self.lenet = os.path.join(a.dir, "lenet.safetensors")
            self.ganatomy("model", "import", "--arch", "lenet5", a.lenet, "-o", self.lenet)
        self.digits = [self.find_digits("images", 3), self.find_digits("labels", 1)]

    def ganatomy(self, *words):
        command = [self.a.ganatomy, *words, "--json", "--home", os.path.join(self.a.dir, "home")]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            fail(f"`ganatomy {' '.join(words)}` failed: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def find_digits(self, what, rank):
        """The IDX file of the training split, unpacked: for PyTorch."""
        folder = self.ganatomy("data", "info", "mnist")["train"]["folder"]
        for name in (f"train-{what}-idx{rank}-ubyte", f"train-{what}.idx{rank}-ubyte"):
            path = os.path.join(folder, name)
            if os.path.exists(path):
                return path
            if os.path.exists(path + ".gz"):
                plain = os.path.join(self.a.dir, name)
                with gzip.open(path + ".gz") as f, open(plain, "wb") as g:
                    shutil.copyfileobj(f, g)
                return plain
        fail(f"no training digits in {folder}: expected train-{what}-idx{rank}-ubyte")

    def recipe(self, seed):
        return json.dumps(dict(RECIPE, seed=seed, threads=self.a.threads), sort_keys=True)

    def start(self, side, form, seed, checkpoint):
        if side == "ours":
            return Worker([self.a.worker, self.recipe(seed), checkpoint])
        return Worker(
            ["/usr/bin/python3", os.path.join(HERE, "torch_quality.py"), self.recipe(seed),
             checkpoint, form, *self.digits],
            {"LD_LIBRARY_PATH": OPENBLAS, "OMP_NUM_THREADS": str(self.a.threads)},
        )

    def faster_form(self):
        """written or best, after a few steps of each, twice."""
        workers = {form: self.start("pytorch", form, 1, "") for form in ("written", "best")}
        times = {form: [] for form in workers}
        for w in workers.values():
            w.train(5)
        for _ in range(2):
            for form, w in workers.items():
                times[form].append(w.train(10)[0])
        for w in workers.values():
            w.stop()
        form = min(times, key=lambda f: min(times[f]))
        print("PyTorch's forms, seconds of 10 steps: "
              + ", ".join(f"{f} {min(t):.2f}" for f, t in times.items()) + f"; {form} is taken")
        return form

    def frechet(self, side, model):
        if side == "pytorch":
            imported = model + ".safetensors"
            self.ganatomy("model", "import", "--arch", RECIPE["generator"], model, "-o", imported)
            model = imported
        result = self.ganatomy("evaluate", model, "--features", self.lenet, "--data", "mnist",
                               "--scores", "frechet", "--n", str(self.a.samples))
        return result["scores"]["frechet"]["value"]


# ---- the record ---------------------------------------------------------------------------------


class Record:
    """curves.csv in the folder, with what its numbers depend on beside it."""

    def __init__(self, folder, plan):
        self.path = os.path.join(folder, "curves.csv")
        self.plan_path = os.path.join(folder, "plan.json")
        self.rows = []
        os.makedirs(folder, exist_ok=True)
        if os.path.exists(self.path):
            self.read()
        else:
            self.append(COLUMNS)
        self.plan = dict(plan)
        if self.rows:
            self.keep_plan(folder)
        self.write_plan()

    def keep_plan(self, folder):
        """That of the measurements, which may not be mixed with others."""
        with open(self.plan_path) as f:
            kept = json.load(f)
        for key, value in self.plan.items():
            if kept.get(key) != value:
                fail(f"{folder} has measurements with {key} {kept.get(key)}, this asks for "
                     f"{value}: take another --dir, or remove that folder")
        self.plan = kept

    def write_plan(self):
        with open(self.plan_path + ".part", "w") as f:
            json.dump(self.plan, f, indent=1, sort_keys=True)
        os.replace(self.plan_path + ".part", self.plan_path)

    def read(self):
        with open(self.path, "r+") as f:
            text = f.read()
            whole = text[: text.rfind("\n") + 1]  # a kill may leave half a line
            f.truncate(len(whole.encode()))
        for row in csv.DictReader(whole.splitlines()):
            self.rows.append({
                "seed": int(row["seed"]), "side": row["side"], "steps": int(row["steps"]),
                "seconds": float(row["seconds"]), "frechet": float(row["frechet"]),
                "other_cores": float(row["other_cores"]),
            })

    def append(self, values):
        with open(self.path, "a") as f:
            f.write(",".join(str(v) for v in values) + "\n")
            f.flush()
            os.fsync(f.fileno())

    def add(self, row):
        self.append([row["seed"], row["side"], row["steps"], f"{row['seconds']:.3f}",
                     f"{row['frechet']:.4f}", f"{row['other_cores']:.2f}"])
        self.rows.append(row)

    def of(self, seed, side):
        return [r for r in self.rows if (r["seed"], r["side"]) == (seed, side)]

    def reached(self, seed, side, target):
        """The first row at or below the target, or None."""
        return next((r for r in self.of(seed, side) if r["frechet"] <= target), None)


# ---- a run --------------------------------------------------------------------------------------


class Side:
    """One trainer with one seed; goes on from the last row of the record."""

    def __init__(self, bench, record, seed, side):
        self.bench, self.record, self.seed, self.side = bench, record, seed, side
        rows = record.of(seed, side)
        self.last = rows[-1] if rows else {"steps": 0, "seconds": 0.0, "frechet": float("inf")}
        checkpoint = self.checkpoint(self.last["steps"]) if rows else ""
        if rows and not os.path.exists(checkpoint):
            fail(f"{checkpoint} is gone, so that seed {seed} of {side} cannot go on: "
                 f"take another --dir, or remove {bench.a.dir}")
        self.worker = bench.start(side, record.plan["form"], seed, checkpoint)
        if self.worker.done != self.last["steps"]:
            fail(f"{checkpoint} is of step {self.worker.done}, expected {self.last['steps']}")

    def checkpoint(self, steps):
        return os.path.join(self.bench.a.dir, f"{self.side}-{self.seed}-{steps:06d}.checkpoint")

    def finished(self):
        a = self.bench.a
        return self.last["frechet"] <= a.target or self.last["steps"] >= a.most_steps

    def segment(self):
        model = os.path.join(self.bench.a.dir, f"{self.side}-{self.seed}.model")
        old, steps = self.checkpoint(self.last["steps"]), self.last["steps"] + self.bench.a.segment
        seconds, others = self.worker.train(self.bench.a.segment)
        self.worker.ask(f"save {self.checkpoint(steps)} {model}")
        self.last = {
            "seed": self.seed, "side": self.side, "steps": steps,
            "seconds": self.last["seconds"] + seconds,
            "frechet": self.bench.frechet(self.side, model), "other_cores": others,
        }
        self.record.add(self.last)
        if os.path.exists(old):
            os.remove(old)
        print(f"  {self.seed:4d}  {self.side:8s} {steps:6d} {self.last['seconds']:9.1f}"
              f" {self.last['frechet']:9.2f} {others:12.1f}", flush=True)


def run_seed(bench, record, seed):
    waiting = [s for s in SIDES if record.reached(seed, s, bench.a.target) is None]
    sides = [Side(bench, record, seed, s) for s in waiting]
    while any(not s.finished() for s in sides):
        for s in sides:
            if not s.finished():
                s.segment()
    for s in sides:
        s.worker.stop()


def conclude(record, a):
    """Prints the times and their ratio, writes result.json."""
    result = {"target": a.target, "plan": record.plan, "seeds": []}
    for seed in range(1, a.seeds + 1):
        row = {s: record.reached(seed, s, a.target) for s in SIDES}
        if None in row.values():
            late = ", ".join(s for s in SIDES if row[s] is None)
            print(f"seed {seed}: {late} did not reach {a.target} in {a.most_steps} steps")
            continue
        ratio = row["pytorch"]["seconds"] / row["ours"]["seconds"]
        result["seeds"].append({"seed": seed, "ratio": ratio, **row})
        print(f"seed {seed}: " + ", ".join(
            f"{s} {r['seconds']:.1f} s ({r['steps']} steps)" for s, r in row.items()
        ) + f": {ratio:.2f}x")
    others = max((r["other_cores"] for r in record.rows), default=0)
    if others > 0.2:
        print(f"note: other processes used up to {others:.1f} cores while it was trained")
    if len(result["seeds"]) == a.seeds:
        for s in SIDES:
            result[s + "_s"] = statistics.median(r[s]["seconds"] for r in result["seeds"])
        result["ratio"] = result["pytorch_s"] / result["ours_s"]
        print(f"to a Fréchet distance of {a.target}, medians of {a.seeds} seeds: ours "
              f"{result['ours_s']:.1f} s, PyTorch {result['pytorch_s']:.1f} s, "
              f"{result['ratio']:.2f} times as long")
    path = os.path.join(a.dir, "result.json")
    with open(path, "w") as f:
        json.dump(result, f, indent=1)
    print(f"curves: {record.path}; result: {path}")
    return 0 if len(result["seeds"]) == a.seeds else 1


def arguments():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("worker", help="bench_quality, as built")
    p.add_argument("ganatomy", help="the program")
    p.add_argument("--dir", default="build/quality", help="record and checkpoints (%(default)s)")
    p.add_argument("--target", type=float, default=15.5, help="Fréchet distance (%(default)s)")
    p.add_argument("--seeds", type=int, default=3, help="how many times (%(default)s)")
    p.add_argument("--segment", type=int, default=100, help="steps (%(default)s)")
    p.add_argument("--most-steps", type=int, default=6000, help="a side gives up (%(default)s)")
    p.add_argument("--samples", type=int, default=10000, help="that are scored (%(default)s)")
    p.add_argument("--threads", type=int, default=2, help="of both sides (%(default)s)")
    p.add_argument("--lenet", help="the LeNet-5 that looks (the published one of ../shared/data if "
                   "that is there, else the shipped one)")
    a = p.parse_args()
    if a.lenet is None:
        a.lenet = PUBLISHED if os.path.exists(PUBLISHED) else SHIPPED
    for name in ("worker", "ganatomy", "lenet"):
        if not os.path.exists(getattr(a, name)):
            fail(f"{name} {getattr(a, name)} is not there: --help says what it is")
    for name in ("seeds", "segment", "most_steps", "threads"):
        if getattr(a, name) < 1:
            fail(f"--{name.replace('_', '-')} is {getattr(a, name)}: expected at least 1")
    if any(c.isspace() for c in a.dir):
        fail(f"--dir '{a.dir}' has a space in it: the workers read words")
    return a


def main():
    a = arguments()
    plan = {"recipe": RECIPE, "segment": a.segment, "samples": a.samples, "threads": a.threads,
            "lenet": os.path.basename(a.lenet)}
    record = Record(a.dir, plan)
    bench = Bench(a)
    if "form" not in record.plan:
        record.plan["form"] = bench.faster_form()
        record.write_plan()
    print(f"as {a.lenet} sees it; Fréchet distance to reach: {a.target}")
    print("  seed  side      steps   seconds   frechet  other cores")
    for seed in range(1, a.seeds + 1):
        run_seed(bench, record, seed)
    return conclude(record, a)


sys.stdout.reconfigure(line_buffering=True)  # a log shows at once what has happened
try:
    sys.exit(main())
except KeyboardInterrupt:
    fail("stopped; the same command goes on")
