"""Runs lessons with other seeds, and counts how often each of their statements holds:

    python -m tests.maintain.claims 03 20        lessons with "03" in their name, seeds 1 to 20

By default all lessons, ten seeds. An error if a statement fails for more than one in ten.
"""

import contextlib
import io
import sys

from tests.notebooks import LESSONS, code_cells, read_notebook
import matplotlib.pyplot as plt
import pandas as pd


def claims_of(path, seed):
    """Runs all cells of a lesson with a seed of its own: which statements hold?"""
    namespace = {}
    for cell in code_cells(read_notebook(path), without=["colab"]):
        if cell.source.startswith("%%writefile"):  # What lesson 12's workers import.
            magic, _, text = cell.source.partition("\n")
            with open(magic.split()[-1], "a" if " -a " in magic else "w") as file:
                file.write(text + "\n")
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            exec(cell.source, namespace)
        if "setup" in cell.metadata.get("tags", []):
            namespace["seed"] = seed
        plt.close("all")
        if "claims" in namespace:
            break
    return {text: least < here < most for text, here, least, most, *_ in namespace["claims"]}


def main(part="", seeds="10"):
    plt.switch_backend("Agg")
    missed = []
    for path in LESSONS:
        if part not in path.stem or not code_cells(read_notebook(path), tag="claims"):
            continue
        held = pd.DataFrame([claims_of(path, seed) for seed in range(1, int(seeds) + 1)])
        print(f"\n{path.stem}: held for so many of {seeds} seeds", flush=True)
        for statement, count in held.sum().items():
            print(f"  {count:3}  {statement}", flush=True)
            missed += [statement] * (count < 0.9 * len(held))
    return f"missed: {'; '.join(missed)}" if missed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
