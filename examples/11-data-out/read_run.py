"""A folder that `sottovoce run --out DIR` has left, in Python: standard library, and NumPy where it is there."""

import csv
import json
import math
from pathlib import Path


def read_run(folder):
    """A dict: summary, manifest, trace (columns by name), agents (a dict each), x (agents x dim, or None)."""
    folder = Path(folder)
    table = lambda name: list(csv.DictReader((folder / name).open(newline="", encoding="utf-8")))
    rows = table("trace.csv")
    run = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("summary", "manifest")}
    # An empty field is a number that the run cannot know.
    run["trace"] = {name: [float(row[name] or math.nan) for row in rows] for name in (rows[0] if rows else ())}
    run["agents"] = table("agents.csv") if (folder / "agents.csv").exists() else []
    run["x"] = None
    try:
        import numpy
    except ImportError:
        return run
    run["trace"] = {name: numpy.array(column) for name, column in run["trace"].items()}
    if (folder / "x.npy").exists():
        run["x"] = numpy.load(folder / "x.npy")
    return run
