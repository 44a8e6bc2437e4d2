#!/usr/bin/env python3
"""Makes and re-checks the answers of independent tools that the tests in domain/src/scoring compare with.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install krippendorff==0.9.0 pingouin==0.7.0
    /tmp/peers/bin/python tests/peers/agreement.py          # asks the tools again and compares with the kept answers
    /tmp/peers/bin/python tests/peers/agreement.py --write  # makes the file of answers anew

200 seeded tables of marks with missing ones: PyPI `krippendorff` answers alpha at four levels of measurement, PyPI
`pingouin` the six ICCs (it leaves out every bid that misses a mark). 100 seeded matrices of votes: numpy answers the
principal eigenvector and its eigenvalue. The tests read the kept answers, so that CI needs no Python.
"""

import importlib.metadata
import json
import math
import pathlib
import random
import sys
import warnings

import krippendorff
import numpy as np
import pandas as pd
import pingouin

ANSWERS = pathlib.Path(__file__).with_suffix(".json")
LEVELS = ["nominal", "ordinal", "interval", "ratio"]
FORMS = ["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"]
TABLES = 200
MATRICES = 100


def table(rng):
    """Bids x evaluators: an own quality of each bid, a lean of each evaluator, noise, and missing marks."""
    bids, evaluators = rng.randint(5, 14), rng.randint(2, 6)
    top = rng.choice([3, 5, 10, 100])
    missing = rng.choice([0.0, 0.05, 0.15, 0.3])
    noise = rng.uniform(0.05, 0.6) * top
    lean = [rng.gauss(0, 0.1 * top) for _ in range(evaluators)]
    rows = []
    for _ in range(bids):
        quality = rng.uniform(0, top)
        row = []
        for evaluator in range(evaluators):
            mark = min(max(round(quality + lean[evaluator] + rng.gauss(0, noise)), 0), top)
            row.append(None if rng.random() < missing else mark)
        rows.append(row)
    return rows


def usable(rows):
    """Both tools have an answer: five bids or more with every mark, and marks that differ."""
    whole = [row for row in rows if None not in row]
    means = {sum(row) for row in whole}
    paired = {mark for row in rows if sum(m is not None for m in row) > 1 for mark in row if mark is not None}
    return len(whole) >= 5 and len(means) > 1 and len(paired) > 1


def agreement(rows):
    data = np.array([[math.nan if mark is None else mark for mark in row] for row in rows], dtype=float).T
    alpha = [float(krippendorff.alpha(data, level_of_measurement=level)) for level in LEVELS]
    marks = [(bid, who, mark) for bid, row in enumerate(rows) for who, mark in enumerate(row)]
    frame = pd.DataFrame(marks, columns=["bid", "evaluator", "mark"]).astype({"mark": float})
    pingouin.options["round"] = None
    answer = pingouin.intraclass_corr(frame, "bid", "evaluator", "mark", nan_policy="omit")
    by_form = answer.set_index("Type")["ICC"]
    return alpha, [float(by_form[form]) for form in FORMS]


def votes(rng):
    """The upper triangle of a reciprocal matrix by rows: whole numbers 1 to 9, negative where the later one is preferred."""
    size = rng.randint(2, 10)
    strength = [rng.uniform(1, 6) for _ in range(size)]
    triangle = []
    for a in range(size):
        for b in range(a + 1, size):
            ratio = strength[a] / strength[b] * math.exp(rng.gauss(0, rng.choice([0.1, 0.4, 0.9])))
            vote = min(max(round(max(ratio, 1 / ratio)), 1), 9)
            triangle.append(vote if ratio >= 1 else -vote)
    return size, triangle


def priorities(size, triangle):
    matrix, given = np.ones((size, size)), iter(triangle)
    for a in range(size):
        for b in range(a + 1, size):
            vote = next(given)
            matrix[a, b] = vote if vote > 0 else 1 / -vote
            matrix[b, a] = 1 / matrix[a, b]
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    vector = np.abs(vectors[:, first].real)
    return (vector / vector.sum()).tolist(), float(values[first].real)


def ask():
    tables, seed = [], 0
    while len(tables) < TABLES:
        rows = table(random.Random(seed))
        if usable(rows):
            alpha, icc = agreement(rows)
            if all(math.isfinite(value) for value in alpha + icc):
                tables.append({"seed": seed, "marks": rows, "alpha": alpha, "icc": icc})
        seed += 1
    matrices = []
    for seed in range(MATRICES):
        size, triangle = votes(random.Random(seed))
        weights, eigenvalue = priorities(size, triangle)
        matrices.append({"seed": seed, "size": size, "votes": triangle, "weights": weights, "eigenvalue": eigenvalue})
    return tables, matrices


def text(tables, matrices):
    lines = lambda rows: ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    made_with = json.dumps({tool: importlib.metadata.version(tool) for tool in ("krippendorff", "pingouin", "numpy")})
    return f'{{"made_with":{made_with},\n"tables":[\n{lines(tables)}\n],\n"matrices":[\n{lines(matrices)}\n]}}\n'


def numbers(row):
    return [value for key in ("alpha", "icc", "weights", "eigenvalue") if key in row for value in np.ravel(row[key])]


def main():
    warnings.simplefilter("ignore")
    tables, matrices = ask()
    if "--write" in sys.argv[1:]:
        ANSWERS.write_text(text(tables, matrices))
        print(f"wrote {len(tables)} tables and {len(matrices)} matrices to {ANSWERS.name}")
        return
    kept = json.loads(ANSWERS.read_text())
    largest = 0.0
    for name, asked in (("tables", tables), ("matrices", matrices)):
        if len(asked) != len(kept[name]):
            sys.exit(f"{name}: {len(kept[name])} kept, {len(asked)} made")
        for new, old in zip(asked, kept[name]):
            inputs = [key for key in new if key in ("seed", "marks", "size", "votes")]
            if any(new[key] != old[key] for key in inputs):
                sys.exit(f"{name}, seed {old['seed']}: the generator makes another table")
            largest = max(largest, *(abs(a - b) for a, b in zip(numbers(new), numbers(old))))
    print(f"{len(tables)} tables and {len(matrices)} matrices, largest difference from the kept answers {largest:.3g}")
    if largest > 1e-9:
        sys.exit("the tools no longer give the kept answers")


if __name__ == "__main__":
    main()
