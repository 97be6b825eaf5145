#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: compare_runs.py RUN OTHER - exit code 0 if both hold the same volumes, datasets and tables.

Compares every HDF5 dataset with its units and description, every row of connectome.sqlite and every CSV. Left out: the
attributes that tell where results come from, and the hash in names of shards."""
import pathlib
import re
import sqlite3
import sys

import h5py


def files(run, folder, suffix):
    found = {}
    for path in sorted((run / folder).rglob("*" + suffix)):
        found[re.sub(r"-[0-9a-f]{8}_", "-HASH_", str(path.relative_to(run)))] = path
    return found


def contents(path):
    out = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            out[name] = (item[()], {k: str(item.attrs.get(k)) for k in ("units", "description", "enum", "offset_vx")})

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return out


def same_hdf5(name, a, b):
    a, b = contents(a), contents(b)
    assert a.keys() == b.keys(), f"{name}: {a.keys() ^ b.keys()}"
    for key, (values, attributes) in a.items():
        other, others = b[key]
        assert values.dtype == other.dtype and values.shape == other.shape, f"{name}/{key}: {values.shape} {other.shape}"
        assert values.tobytes() == other.tobytes(), f"{name}/{key} differs"
        assert attributes == others, f"{name}/{key}: {attributes} {others}"
    return len(a)


def lines(path):
    return [line for line in path.read_text().splitlines() if not line.startswith("# provenance:")]


def rows(path):
    database = sqlite3.connect(path)
    tables = [t for (t,) in database.execute("select name from sqlite_master where type = 'table' order by name")]
    return {t: database.execute(f'select * from "{t}" order by 1, 2').fetchall() for t in tables if t != "meta"}


def main(one, two):
    one, two = pathlib.Path(one), pathlib.Path(two)
    n = 0
    for folder, suffix in (("volumes", ".h5"), ("datasets", ".h5"), ("export", ".csv")):
        a, b = files(one, folder, suffix), files(two, folder, suffix)
        assert a.keys() == b.keys(), a.keys() ^ b.keys()
        for name in a:
            if suffix == ".csv":
                assert lines(a[name]) == lines(b[name]), name
            else:
                n += same_hdf5(name, a[name], b[name])
    tables = rows(one / "connectome.sqlite")
    assert repr(tables) == repr(rows(two / "connectome.sqlite")), "connectome.sqlite differs"
    print(n, "datasets,", sum(map(len, tables.values())), "rows")
    assert n > 0 and all(tables[t] for t in ("cells", "synapses", "contacts", "organelles"))


main(*sys.argv[1:])
