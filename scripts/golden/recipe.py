"""Makes test/golden/recipe.json: linear algebra of the quantization recipe, by NumPy.

    python3 scripts/golden/recipe.py > test/golden/recipe.json
"""

import json

import numpy as np

ROWS, TAPS, OUTPUTS, LIMIT = 40, 7, 3, 7
RIDGES = [10, 1, 0.1, 0.01, 0.001]

rng = np.random.default_rng(4)


def rounded(values):
    return np.round(values, 4)


def gptq(weights, hessian, steps, rows):
    """GPTQ as its paper has it: the upper Cholesky factor of the inverse, columns by decreasing diagonal."""
    n = len(hessian)
    order = np.argsort(-np.diag(hessian), kind="stable")
    damping = min(0.3, 0.01 + 0.03 * n / rows) * np.mean(np.diag(hessian))
    damped = hessian[np.ix_(order, order)] + damping * np.eye(n)
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    rest = weights[:, order].copy()
    integers = np.zeros_like(rest)
    for j in range(n):
        integers[:, j] = np.clip(np.round(rest[:, j] / steps), -LIMIT, LIMIT)
        error = (rest[:, j] - integers[:, j] * steps) / upper[j, j]
        rest[:, j:] -= np.outer(error, upper[j, j:])
    back = np.empty_like(integers)
    back[:, order] = integers
    return back.astype(int)


def normal_equations(x, r):
    return x.T @ x / len(x), x.T @ r / len(x)


x = rounded(rng.normal(size=(ROWS, TAPS)) @ rng.normal(size=(TAPS, TAPS)))
r = rounded(x @ rng.normal(size=(TAPS, OUTPUTS)) + rng.normal(size=(ROWS, OUTPUTS)) * 2)
held_from = 30
gram, cross = normal_equations(x, r)
weights = rounded(rng.normal(size=(OUTPUTS, TAPS)))
steps = rounded(np.abs(weights).max(axis=1) / LIMIT * 0.9)

errors = {}
for ridge in RIDGES:
    g, c = normal_equations(x[:held_from], r[:held_from])
    change = np.linalg.solve(g + ridge * np.eye(TAPS), c)
    errors[ridge] = float(np.mean((r[held_from:] - x[held_from:] @ change) ** 2))
best = min(RIDGES, key=lambda ridge: errors[ridge])

print(
    json.dumps(
        {
            "rows": ROWS,
            "taps": TAPS,
            "outputs": OUTPUTS,
            "heldFrom": held_from,
            "limit": LIMIT,
            "x": x.ravel().tolist(),
            "r": r.ravel().tolist(),
            "gram": gram.ravel().tolist(),
            "cholesky": np.linalg.cholesky(gram).ravel().tolist(),
            "solution": np.linalg.solve(gram, cross).ravel().tolist(),
            "ridge": best,
            "fitted": np.linalg.solve(gram + best * np.eye(TAPS), cross).ravel().tolist(),
            "weights": weights.ravel().tolist(),
            "steps": steps.tolist(),
            "gptq": gptq(weights, gram, steps, ROWS).ravel().tolist(),
        },
        indent=1,
    )
)
