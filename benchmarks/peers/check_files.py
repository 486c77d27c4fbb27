#!/usr/bin/env python3
"""Reads the matrices of one run of `nngeometry compare` or `fim` with the safetensors package alone and
checks them against each other: representations with the exact diagonal have the same trace in every layer.

    python3 benchmarks/peers/check_files.py compare
"""
import json
import pathlib
import sys

import numpy as np
from safetensors import safe_open

EXACT = {"dense", "block-diag", "diag", "quasi-diag", "ekfac", "low-rank"}


def traces(t, side):
    """Those of a factor, by group: stored as a root R of R R^T, as its diagonal, or whole."""
    if side + "_root" in t:
        return (t[side + "_root"].astype(np.float64) ** 2).sum((1, 2))
    factor = t[side].astype(np.float64)
    return factor.sum(1) if factor.ndim == 2 else np.trace(factor, axis1=1, axis2=2)


def trace(part, t):
    """Trace of one block from what is stored of it."""
    kind = part["kind"]
    if kind == "dense":
        return np.trace(t["matrix"], dtype=np.float64)
    if kind in ("diagonal", "quasi-diagonal"):
        return t["diagonal"].sum(dtype=np.float64)
    if kind == "kronecker":
        return (traces(t, "left") * traces(t, "right")).sum()
    if kind == "eigen-kronecker":
        for name in ("left_basis", "right_basis"):
            for u in t[name].astype(np.float64):
                square = u * u if u.ndim == 1 else u.T @ u
                assert np.allclose(square, np.eye(u.shape[1]) if u.ndim > 1 else 1, atol=1e-4), name + " is not orthonormal"
        # what the bases do not span has one eigenvalue
        others = (part["size"] - t["coefficients"].size) * part.get("rest", 0)
        return t["coefficients"].sum(dtype=np.float64) + others
    if kind == "low-rank":
        return (t["rows"].astype(np.float64) ** 2).sum()
    raise ValueError("unknown kind of block: " + kind)


def read(path):
    """The representation, and the trace of every part; no representation if it is no matrix."""
    with safe_open(path, framework="numpy") as f:
        meta = f.metadata()
        if meta["format"] != "nngeometry-pmat":
            return None, {}  # the network's weights lie beside the matrices
        assert meta["version"] == "1", meta
        tensors = {key: f.get_tensor(key) for key in f.keys()}
    parts = json.loads(meta["parts"])
    assert sum(p["size"] for p in parts) == sum(l["size"] for l in json.loads(meta["layers"]))
    found, seen = {}, set()
    for part in parts:
        own = {}
        for key in tensors:
            if len(parts) == 1 or key.rpartition("/")[0] == part["name"]:
                own[key.rpartition("/")[2]] = tensors[key]
                seen.add(key)
        for name, tensor in own.items():
            assert np.isfinite(tensor).all(), (path, name)
        found[part["name"]] = trace(part, own)
    assert seen == set(tensors), "tensors of no part: %s" % (set(tensors) - seen)
    return meta["representation"], found


def main(folder):
    files = sorted(pathlib.Path(folder).glob("*.safetensors"))
    if not files:
        sys.exit("no .safetensors files in %s: run ./nngeometry compare first" % folder)
    found = {}
    for path in files:
        name, traces = read(path)
        if name is None:
            continue
        found[name] = traces
        print("%-12s %2d parts, trace %.6g" % (name, len(traces), sum(traces.values())))
    exact = {k: v for k, v in found.items() if k in EXACT}
    totals = [sum(v.values()) for v in exact.values()]
    assert np.allclose(totals, totals[0], rtol=1e-3), "traces differ: %s" % dict(zip(exact, totals))
    layered = [v for v in exact.values() if len(v) > 1]
    for layer in layered[0]:
        values = [v[layer] for v in layered]
        assert np.allclose(values, values[0], rtol=1e-3), (layer, values)
    print("ok: %d exact traces agree, in each of %d layers" % (len(exact), len(layered[0])))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
