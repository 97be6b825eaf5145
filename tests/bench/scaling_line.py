# SPDX-License-Identifier: GPL-3.0-or-later
"""One line of `tests/bench/scaling`: reads `syconn report --json` from stdin; arguments: the run folder and its threads."""
import json
import os
import sys

run, threads = sys.argv[1], int(sys.argv[2])
cost = json.load(sys.stdin)
stages = cost["stages"]
voxels = max(s["voxels"] for s in stages)
seconds = 3600 * cost["total"]["core_h"]
wall = sum(s["wall_s"] for s in stages)
files = [os.path.join(folder, name) for folder, _, names in os.walk(run) for name in names]
print(
    f"{voxels / 1e6:6.1f} Mvx, {threads} thread(s): {1e9 * seconds / voxels:6.0f} ns/vx, {voxels / 1e9 / seconds * 3600:5.2f} Gvx/h/core, "
    f"wall {wall:6.1f} s, peak {max(s['peak_rss_bytes'] for s in stages) / 1e9:.2f} GB, {len(files)} files, "
    f"{sum(map(os.path.getsize, files)) / voxels:.2f} bytes/vx; "
    + ", ".join(f"{s['name']} {1e9 * 3600 * s['core_h'] / voxels:.0f}" for s in stages),
    flush=True,
)
