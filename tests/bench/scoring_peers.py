#!/usr/bin/env python3
"""Compares the weighted sum and the weight sweep of `domain/benches/scoring.rs` with numpy, pymcdm and scikit-criteria.

Ten thousand bids on fifty criteria, the same marks on both sides. Peers and ours alternate; each pair is the least of some
runs, and a ratio is the median of the pairs: the peer's seconds over ours, so that more than 1 is faster than the peer.
Answers are compared first. Prints `name ratio limit` lines, seconds on standard error, and ends with 1 below a limit.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy pymcdm scikit-criteria
    cargo bench --package commonweal-domain --bench scoring --no-run    # prints the program's path
    /tmp/peers/bin/python tests/bench/scoring_peers.py target/release/deps/scoring-HASH
"""

import json
import statistics
import subprocess
import sys
import time

import numpy as np
import pymcdm.methods
import skcriteria
from skcriteria.agg.simple import WeightedSumModel

BIDS, CRITERIA, STEPS = 10_000, 50, 20
PAIRS, REPEATS = 5, 5


def spread(bids, criteria, below):
    """The marks of the bench: the same mixing in 32 bits."""
    bid = np.arange(bids, dtype=np.uint64)[:, None]
    criterion = np.arange(criteria, dtype=np.uint64)[None, :]
    mask = np.uint64(0xFFFFFFFF)
    mixed = ((bid * np.uint64(2654435761)) & mask) ^ ((criterion * np.uint64(40503)) & mask)
    turned = ((mixed << np.uint64(13)) | (mixed >> np.uint64(19))) & mask
    return ((turned * np.uint64(2246822519)) & mask) % np.uint64(below)


def least(work):
    best, answer = float("inf"), None
    for _ in range(REPEATS):
        start = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - start)
    return best, answer


def numpy_sum(marks, weights):
    return np.argsort(-(marks @ weights), kind="stable")


def numpy_sweep(columns, weights):
    """Incremental: each total is a line in the moving weight."""
    total = weights @ columns
    leaders = []
    for own, weight in zip(columns, weights):
        rest = (total - weight * own) / (1 - weight)
        leaders.append([int(np.argmax(x * own + (1 - x) * rest)) for x in np.linspace(0, 1, STEPS + 1)])
    return leaders


def ours(program):
    done = subprocess.run([program, "--peer", str(REPEATS)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main():
    program = sys.argv[1]
    marks = spread(BIDS, CRITERIA, 1_000_001).astype(float) / 1_000_000
    columns = np.ascontiguousarray(marks.T)
    weights = np.full(CRITERIA, 1 / CRITERIA)
    benefit = np.ones(CRITERIA)
    decision = skcriteria.mkdm(marks, [max] * CRITERIA, weights=weights)
    aggregate = WeightedSumModel()
    # The marks are parts of one scale already: nothing is left to normalise.
    weighted = pymcdm.methods.WSM(normalization_function=lambda column, cost: column)
    peers = {
        "weighted-sum-over-scikit-criteria": ("weighted_sum", 1.0, lambda: aggregate.evaluate(decision).rank_),
        "weighted-sum-over-pymcdm": ("weighted_sum", 1.0, lambda: weighted(marks, weights, benefit)),
        "weighted-sum-over-numpy": ("weighted_sum", 0.0, lambda: numpy_sum(marks, weights)),
        "weight-sweep-over-numpy": ("weight_sweep", 1.0, lambda: numpy_sweep(columns, weights)),
    }
    answer = ours(program)
    assert numpy_sum(marks, weights)[:100].tolist() == answer["first"], "the same order"
    assert numpy_sweep(columns, weights) == answer["leaders"], "the same leaders"
    met = True
    for name, (what, limit, work) in peers.items():
        ratios = []
        for _ in range(PAIRS):
            theirs, _ = least(work)
            mine = ours(program)[what]
            print(f"{name}: theirs {theirs:.6f} s, ours {mine:.6f} s", file=sys.stderr)
            ratios.append(theirs / mine)
        ratio = statistics.median(ratios)
        print(f"{name} {ratio:.3f} {limit}")
        met = met and ratio >= limit
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
