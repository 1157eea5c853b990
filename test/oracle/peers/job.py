"""Reads the folder that python.ts writes: job.json, codes.u8 (feature-major), labels.f64, and of each split the
numbers of its training and test rows and the lengths of its training slates, one split after the other."""

import json
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
job = json.loads((folder / "job.json").read_text())
options = job.get("options", {})


def array(name, dtype):
    return np.fromfile(folder / name, dtype=dtype)


def codes():
    """One row per row, one column per feature."""
    return np.ascontiguousarray(array("codes.u8", np.uint8).reshape(job["features"], job["rows"]).T)


def labels():
    return array("labels.f64", np.float64)


def splits():
    """Training rows, lengths of training slates, test rows of each split."""
    train, groups, test = (array(name, np.uint32) for name in ("train.u32", "groups.u32", "test.u32"))
    for split in job["splits"]:
        yield train[: split["train"]], groups[: split["groups"]], test[: split["test"]]
        train, groups, test = train[split["train"] :], groups[split["groups"] :], test[split["test"] :]


def leave(scores):
    np.concatenate(scores).astype(np.float64).tofile(folder / "scores.f64")
    print(json.dumps({}))
