#!/usr/bin/env python3
"""Times every operation of one representation of the Python reference, as benchmarks/timings
does ours: rows of the same shape, one line of JSON each.

    PYTHONPATH=... python timings.py --representation kfac --n 100 --limit 600

Needs torch, numpy, tqdm and NNGeometry on the path. An operation that passes the limit is a row that says
so, and ends the process: what would follow it is not measured. A solve by conjugate gradients makes as many
iterations as ours, for the reference draws labels anew at every product and would not converge.
"""
import argparse
import itertools
import json
import os
import resource
import statistics
import threading
import time
import warnings

import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")

LAMBDA = 1e-2
ITERATIONS = 5
ONCE = {"init", "update", "solve"}  # the first solve, beside those that follow
MOST, ENOUGH = 5, 10  # repetitions at the most, and seconds after which there are no more
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


class Bottleneck(nn.Module):
    """A 3x3 convolution between two 1x1 ones, and the input added."""

    def __init__(self, inputs, middle, stride):
        super().__init__()
        self.down = nn.Conv2d(inputs, middle, 1)
        self.across = nn.Conv2d(middle, middle, 3, stride, 1)
        self.up = nn.Conv2d(middle, 4 * middle, 1)
        same = stride == 1 and inputs == 4 * middle
        self.short = nn.Identity() if same else nn.Conv2d(inputs, 4 * middle, 1, stride)

    def forward(self, x):
        h = F.relu(self.across(F.relu(self.down(x))))
        return F.relu(self.up(h) + self.short(x))


class ResNet50(nn.Module):
    """The paper's: no normalisation, a 7x7 stem of stride 1 and max-pooling."""

    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 7, 1, 3)
        blocks, inputs = [], 64
        for stage, count in enumerate((3, 4, 6, 3)):
            for k in range(count):
                blocks.append(Bottleneck(inputs, 64 << stage, 2 if k == 0 and stage > 0 else 1))
                inputs = 256 << stage
        self.blocks, self.head = nn.Sequential(*blocks), nn.Linear(inputs, classes)

    def forward(self, x):
        h = self.blocks(F.max_pool2d(F.relu(self.stem(x)), 3, 2, 1))
        return self.head(F.adaptive_avg_pool2d(h, 1).flatten(1))


def perceptron(classes):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, classes)
    )


WORKLOADS = {"resnet50-64px": (ResNet50, (3, 64, 64), 200), "mlp": (perceptron, (1, 28, 28), 10)}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--workload", default="resnet50-64px", choices=WORKLOADS)
    options.add_argument("--representation", required=True)
    options.add_argument("--n", type=int, default=100)
    options.add_argument("--batch", type=int, default=20)
    options.add_argument("--classes", type=int, default=0)
    options.add_argument("--clock", default="cpu", choices=CLOCKS)
    options.add_argument("--limit", type=float, default=900, help="seconds by the wall for one operation")
    options = options.parse_args()
    from nngeometry.layercollection import LayerCollection
    from nngeometry.metrics import FIM_MonteCarlo
    from nngeometry.object import PMatDiag, PMatEKFAC, PMatImplicit, PMatKFAC, PMatQuasiDiag
    from nngeometry.object.vector import random_pvector

    torch.set_num_threads(1)
    torch.manual_seed(0)
    make, shape, classes = WORKLOADS[options.workload]
    classes = options.classes or classes
    model = make(classes).eval()
    data = torch.utils.data.TensorDataset(
        torch.randn(options.n, *shape), torch.randint(0, classes, (options.n,))
    )
    loader = torch.utils.data.DataLoader(data, batch_size=options.batch)
    layers = LayerCollection.from_model(model)
    v = random_pvector(layers, dtype=torch.float32)
    clock = CLOCKS[options.clock]

    def forward_and_backward(minibatches=None):
        for x, y in itertools.islice(loader, minibatches):
            model.zero_grad()
            F.cross_entropy(model(x), y).backward()

    forward_and_backward(1)
    begun = clock()
    forward_and_backward()
    unit = clock() - begun

    def row(op, **facts):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        fixed = dict(
            peer="nngeometry", torch=torch.__version__, workload=options.workload,
            op=f"{options.representation} {op}", n=options.n, c=classes, d=layers.numel(), threads=1,
            clock=options.clock,
        )
        print(json.dumps({**fixed, **facts, "peak_rss_mb": peak}), flush=True)

    def timed(op, work):
        def passed():
            row(op, failed=f"passed the limit of {options.limit:g} s")
            os._exit(0)

        guard = threading.Timer(options.limit, passed)
        guard.daemon = True
        guard.start()
        result, times = None, []
        try:
            while not times or (op not in ONCE and len(times) < MOST and sum(times) < ENOUGH):
                begun = clock()
                result = work()
                times.append(clock() - begun)
            guard.cancel()
            median = statistics.median(times)
            row(
                op, op_s=median, op_min=min(times), op_max=max(times), fb_s=unit, ratio=median / unit,
                reps=len(times),
            )
        except NotImplementedError:
            guard.cancel()
            row(op, failed="not implemented")
        except Exception as e:  # what the reference cannot do is a result too
            guard.cancel()
            row(op, failed=f"{type(e).__name__}: {e}"[:200])
        return result

    kind = {
        "implicit": PMatImplicit, "diag": PMatDiag, "quasi-diag": PMatQuasiDiag, "kfac": PMatKFAC, "ekfac": PMatEKFAC,
    }[options.representation]
    matrix = timed(
        "init",
        lambda: FIM_MonteCarlo(
            model=model, loader=loader, representation=kind, trials=1, layer_collection=layers
        ),
    )
    if kind is PMatEKFAC:
        timed("update", lambda: matrix.update_diag(examples=loader))
    timed("Mv", lambda: matrix.mv(v))
    timed("vTMv", lambda: matrix.vTMv(v))
    timed("trace", lambda: matrix.trace())
    timed("norm", lambda: matrix.norm())
    if kind is PMatImplicit:
        timed(
            f"solve, {ITERATIONS} iterations",
            lambda: matrix.solve(v, regul=LAMBDA, rtol=0, max_iter=ITERATIONS),
        )
    else:
        timed("solve", lambda: matrix.solve(v, regul=LAMBDA))
        timed("solve again", lambda: matrix.solve(v, regul=LAMBDA))


if __name__ == "__main__":
    main()
