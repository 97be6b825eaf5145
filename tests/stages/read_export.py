# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads everything `syconn export neuroglancer` wrote, by the formats' descriptions alone, and compares it with the
run's own tables and volumes.

    read_export.py RUN RAW SV OUT
    RAW, SV: the input volumes as files with the dataset of that name, or "-"
    OUT: folder for the meshes, <id>.manifest and <id>.fragments
"""
import gzip, json, math, os, struct, sys
import h5py
import numpy as np

run, raw_file, sv_file, out_folder = sys.argv[1:5]
root = os.path.join(run, "export", "neuroglancer")
MASK = (1 << 64) - 1


def check(condition, *what):
    if not condition:
        sys.exit("read_export.py: " + " ".join(str(w) for w in what))


def info_of(layer):
    with open(os.path.join(root, layer, "info")) as f:
        return json.load(f)


# --- the sharded container ---------------------------------------------------------------------------------------

def murmur(key):
    m = 0xFFFFFFFF
    rotl = lambda x, r: ((x << r) | (x >> (32 - r))) & m
    h2 = rotl(((key >> 32) * 0xAB0E9789) & m, 16) * 0x38B34AE5 & m
    h1 = rotl(((key & m) * 0x239B961B) & m, 15) * 0xAB0E9789 & m
    h = [h1 ^ 8, h2 ^ 8, 8, 8]

    def mix(h):
        h[0] = (h[0] + h[1] + h[2] + h[3]) & m
        for i in (1, 2, 3):
            h[i] = (h[i] + h[0]) & m

    def final(x):
        x = ((x ^ (x >> 16)) * 0x85EBCA6B) & m
        x = ((x ^ (x >> 13)) * 0xC2B2AE35) & m
        return x ^ (x >> 16)

    mix(h)
    h = [final(x) for x in h]
    mix(h)
    return h[0] | h[1] << 32


assert murmur(42) == 0xC20B94F95119F47A and murmur(MASK) == 0x574F66BD212B5D1A


def morton(cell, grid):
    code = bit = out = 0
    for bit in range(62):
        for axis in range(3):
            if (1 << bit) < grid[axis]:
                code |= (int(cell[axis]) >> bit & 1) << out
                out += 1
    return code


assert morton((335, 438, 1024), (671, 877, 1286)) == 0x434522D9


class Shards:
    """All values of a layer, and the bytes before each."""

    def __init__(self, folder, spec):
        self.values, self.before = {}, {}
        names = [n for n in (os.listdir(folder) if os.path.isdir(folder) else []) if n.endswith(".shard")]
        digits = max(1, (spec["shard_bits"] + 3) // 4)
        for name in names:
            check(len(name) == digits + 6, folder, name, "has a wrong number of digits")
            self.read(os.path.join(folder, name), int(name[:-6], 16), spec)

    def read(self, path, shard, spec):
        with open(path, "rb") as f:
            data = f.read()
        n_mini = 1 << spec["minishard_bits"]
        base = 16 * n_mini
        ranges = np.frombuffer(data, "<u8", 2 * n_mini).reshape(-1, 2)
        used = []
        for mini, (begin, end) in enumerate(ranges):
            if begin == end:
                continue
            index = data[base + int(begin):base + int(end)]
            if spec["minishard_index_encoding"] == "gzip":
                index = gzip.decompress(index)
            rows = np.frombuffer(index, "<u8").reshape(3, -1)
            key = at = 0
            previous = -1
            for k, gap, size in zip(*(r.tolist() for r in rows)):
                key, first = key + k, at + gap
                check(key > previous, path, "keys do not ascend")
                previous = key
                value = data[base + first:base + first + size]
                check(len(value) == size, path, "a value lies beyond the end")
                if spec["data_encoding"] == "gzip":
                    value = gzip.decompress(value)
                h = key >> spec["preshift_bits"]
                h = murmur(h) if spec["hash"] == "murmurhash3_x86_128" else h
                check(h & (n_mini - 1) == mini, path, "key in a wrong minishard")
                check(h >> spec["minishard_bits"] & ((1 << spec["shard_bits"]) - 1) == shard, path, "in a wrong shard")
                check(key not in self.values, path, "a key twice")
                self.values[key] = value
                used.append((first, size, key))
                at = first + size
        used.sort()
        end = 0
        for first, size, key in used:
            self.before[key] = data[base + end:base + first]
            end = first + size


# --- volumes ----------------------------------------------------------------------------------------------------

def decode_labels(data, size, block):
    words = np.frombuffer(data, "<u4")
    check(words[0] == 1, "more than one channel")
    words = words[1:]
    out = np.zeros(size[::-1], "<u8")
    grid = [-(-s // b) for s, b in zip(size, block)]
    n = 0
    for bz in range(grid[2]):
        for by in range(grid[1]):
            for bx in range(grid[0]):
                table, bits, values = int(words[2 * n]) & 0xFFFFFF, int(words[2 * n]) >> 24, int(words[2 * n + 1])
                n += 1
                count = block[0] * block[1] * block[2]
                if bits == 0:
                    index = np.zeros(count, int)
                else:
                    per = 32 // bits
                    packed = words[values:values + -(-count // per)].astype("<u8")
                    shifts = np.arange(per, dtype="<u8") * np.uint64(bits)
                    index = ((packed[:, None] >> shifts) & np.uint64((1 << bits) - 1)).reshape(-1)[:count].astype(int)
                top = int(index.max()) + 1
                labels = words[table:table + 2 * top].copy().view("<u8")
                cube = labels[index].reshape(block[::-1])
                z, y, x = bz * block[2], by * block[1], bx * block[0]
                part = out[z:z + block[2], y:y + block[1], x:x + block[0]]
                part[...] = cube[:part.shape[0], :part.shape[1], :part.shape[2]]
    return out


def decode_png(data):
    """8-bit grey, not interlaced."""
    import zlib
    check(data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG")
    at, packed = 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            check((depth, colour, interlaced) == (8, 0, 0), "not plain grey")
        packed += body if kind == b"IDAT" else b""
        at += 12 + n
    rows = np.frombuffer(zlib.decompress(packed), "u1").reshape(height, width + 1)
    out = np.zeros((height, width), int)
    for y in range(height):
        kind, row = rows[y, 0], rows[y, 1:].astype(int)
        up = out[y - 1] if y else np.zeros(width, int)
        for x in range(width):
            a, b, c = (out[y, x - 1] if x else 0), up[x], (up[x - 1] if x else 0)
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            out[y, x] = (row[x] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
    return out.astype("u1")


def read_scale(layer, scale, dtype):
    size, chunk = scale["size"], scale["chunk_sizes"][0]
    grid = [-(-s // c) for s, c in zip(size, chunk)]
    shards = Shards(os.path.join(root, layer, scale["key"]), scale["sharding"])
    check(len(shards.values) == grid[0] * grid[1] * grid[2], layer, scale["key"], "has", len(shards.values), "chunks")
    out = np.zeros(size[::-1], dtype)
    for z in range(grid[2]):
        for y in range(grid[1]):
            for x in range(grid[0]):
                first = [c * g for c, g in zip(chunk, (x, y, z))]
                part = [min(f + c, s) - f for f, c, s in zip(first, chunk, size)]
                data = shards.values[morton((x, y, z), grid)]
                if scale["encoding"] == "compressed_segmentation":
                    cube = decode_labels(data, part, scale["compressed_segmentation_block_size"])
                else:
                    if scale["encoding"] == "png":
                        data = decode_png(data).tobytes()
                    cube = np.frombuffer(data, dtype).reshape(part[::-1])
                out[first[2]:first[2] + part[2], first[1]:first[1] + part[1], first[0]:first[0] + part[0]] = cube
    return out


def mode(values):
    counts = {}
    for v in values:
        counts[v] = counts.get(v, 0) + 1
    return min(counts, key=lambda v: (-counts[v], v == 0, v))


def halved(fine, fine_offset, factor, offset, size, exists, labels):
    """Mode or mean over the fine voxels that exist (a box in fine voxels)."""
    out = np.zeros(size[::-1], fine.dtype)
    low = [max(a, b) for a, b in zip(fine_offset, exists[0])]
    high = exists[1]
    for z in range(size[2]):
        for y in range(size[1]):
            for x in range(size[0]):
                begin = [(o + v) * f for o, v, f in zip(offset, (x, y, z), factor)]
                a = [max(b, l) - o for b, l, o in zip(begin, low, fine_offset)]
                e = [min(b + f, h) - o for b, f, h, o in zip(begin, factor, high, fine_offset)]
                if any(p >= q for p, q in zip(a, e)):
                    continue
                part = fine[a[2]:e[2], a[1]:e[1], a[0]:e[0]].reshape(-1)
                if labels:
                    first = part[0]
                    out[z, y, x] = first if (part == first).all() else mode(part.tolist())
                else:
                    out[z, y, x] = (2 * int(part.astype(int).sum()) + part.size) // (2 * part.size)
    return out


def check_volume(layer, expected, box, labels):
    """expected: dataset voxels of the box, shape (z, y, x)."""
    info = info_of(layer)
    dtype = "<u8" if labels else "u1"
    check(info["data_type"] == ("uint64" if labels else "uint8"), layer, "data type")
    previous = None
    for scale in info["scales"]:
        got = read_scale(layer, scale, dtype)
        resolution = scale["resolution"]
        mag = [round(r / v) for r, v in zip(resolution, info["scales"][0]["resolution"])]
        exists = [[b // m for b, m in zip(box[0], mag)], [-(-b // m) for b, m in zip(box[1], mag)]]
        offset = scale["voxel_offset"]
        if previous is None:
            want = np.zeros(scale["size"][::-1], dtype)
            d = [b - o for b, o in zip(box[0], offset)]
            want[d[2]:, d[1]:, d[0]:] = expected
        else:
            fine, fine_offset, fine_mag, fine_exists = previous
            factor = [m // f for m, f in zip(mag, fine_mag)]
            want = halved(fine, fine_offset, factor, offset, scale["size"], fine_exists, labels)
        check((got == want).all(), layer, scale["key"], "differs in", int((got != want).sum()), "voxels")
        previous = (got, offset, mag, exists)
    return len(info["scales"])


# --- tables -----------------------------------------------------------------------------------------------------

def table(kind):
    with h5py.File(os.path.join(run, "datasets", kind + ".h5"), "r") as f:
        return {k: f[k][...] for k in f if isinstance(f[k], h5py.Dataset)}, dict(f.attrs)


def ragged(kind, field, part):
    """id -> values; plain parts only."""
    out = {}
    with h5py.File(os.path.join(run, "datasets", kind + ".h5"), "r") as top:
        files = json.loads(top.attrs["files"])
        pattern = files[field]
    folder = os.path.join(run, "datasets")
    names = pattern if isinstance(pattern, list) else [pattern % i for i in range(128)]
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            continue
        with h5py.File(path, "r") as f:
            d = f[field + "/" + part]
            offset = f[(d.attrs["offset"].decode() if isinstance(d.attrs["offset"], bytes) else d.attrs["offset"])][...]
            for i, key in enumerate(f["id"][...].tolist()):
                out[key] = d[int(offset[i]):int(offset[i + 1])]
    return out


def mix64(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


# --- skeletons --------------------------------------------------------------------------------------------------

def check_skeletons():
    info = info_of("skeletons")
    shards = Shards(os.path.join(root, "skeletons"), info["sharding"])
    nodes, edges = ragged("ssv", "skeleton", "nodes_nm"), ragged("ssv", "skeleton", "edges")
    places = {"radius": ("skeleton", "radius_nm"), "compartment": ("skeleton", "compartment"),
              "myelin": ("skeleton", "myelin")}
    attributes = {a["id"]: ragged("ssv", *places[a["id"]]) for a in info["vertex_attributes"]}
    check(set(shards.values) == {k for k in nodes if len(nodes[k])}, "skeletons of other cells")
    for key, data in shards.values.items():
        n, m = struct.unpack("<II", data[:8])
        at = 8
        got = np.frombuffer(data, "<f4", 3 * n, at).reshape(-1, 3)
        check((got == nodes[key]).all(), "nodes of", key)
        at += 12 * n
        check((np.frombuffer(data, "<u4", 2 * m, at).reshape(-1, 2) == edges[key]).all(), "edges of", key)
        at += 8 * m
        for a in info["vertex_attributes"]:
            kind = np.dtype(a["data_type"]).newbyteorder("<")
            check((np.frombuffer(data, kind, n, at) == attributes[a["id"]][key]).all(), a["id"], "of", key)
            at += kind.itemsize * n
        check(at == len(data), "skeleton of", key, "has more bytes")
    return len(shards.values)


# --- meshes: structure here, Draco in the caller ------------------------------------------------------------------

def check_meshes():
    info = info_of("mesh")
    shards = Shards(os.path.join(root, "mesh"), info["sharding"])
    for key, manifest in shards.values.items():
        n = struct.unpack_from("<I", manifest, 24)[0]
        at = 28 + 16 * n
        counts = struct.unpack_from("<%dI" % n, manifest, at)
        at += 4 * n
        total = 0
        for count in counts:
            at += 12 * count
            total += sum(struct.unpack_from("<%dI" % count, manifest, at))
            at += 4 * count
        check(at == len(manifest), "manifest of", key, "has other bytes")
        before = shards.before[key]
        check(len(before) == total, "fragments of", key, "are", len(before), "bytes, not", total)
        for extension, data in ((".manifest", manifest), (".fragments", before)):
            with open(os.path.join(out_folder, str(key) + extension), "wb") as f:
                f.write(data)
    return len(shards.values)


# --- annotations --------------------------------------------------------------------------------------------------

def meets(a, b, low, high):
    enter, leave = 0.0, 1.0
    for p, q, l, h in zip(a, b, low, high):
        if p == q:
            if p < l or p > h:
                return False
            continue
        t = sorted(((l - p) / (q - p), (h - p) / (q - p)))
        enter, leave = max(enter, t[0]), min(leave, t[1])
    return enter <= leave


def cells_of_line(level, lower, a, b):
    cells = []
    grid, size = level["grid_shape"], level["chunk_size"]
    near = [range(max(0, int((min(p, q) - l) / s) - 1), min(g, int((max(p, q) - l) / s) + 2))
            for p, q, l, s, g in zip(a, b, lower, size, grid)]
    for x in near[0]:
        for y in near[1]:
            for z in near[2]:
                low = [l + c * s for l, c, s in zip(lower, (x, y, z), size)]
                high = [l + (c + 1) * s for l, c, s in zip(lower, (x, y, z), size)]
                if meets(a, b, low, high):
                    cells.append((x, y, z))
    return cells


def line_dtype(info):
    fields = [("from", "<f4", 3), ("to", "<f4", 3)]
    for width in (4, 2, 1):
        for p in info["properties"]:
            kind = np.dtype(p["type"]).newbyteorder("<")
            if kind.itemsize == width:
                fields.append((p["id"], kind))
    kind = np.dtype(fields)
    pad = -kind.itemsize % 4
    return np.dtype(fields + [("pad", "V%d" % pad)]) if pad else kind


def read_lists(values, kind):
    out = {}
    for key, data in values.items():
        n = struct.unpack_from("<Q", data)[0]
        lines = np.frombuffer(data, kind, n, 8)
        ids = np.frombuffer(data, "<u8", n, 8 + n * kind.itemsize)
        check(len(data) == 8 + n * (kind.itemsize + 8), "a list of annotations has other bytes")
        out[key] = (lines, ids.tolist())
    return out


def expected_end(labels, box, voxel, rep, cell, reach):
    """The middle of what a cell has near a synapse; labels: cells, shape (z, y, x)."""
    r = [int(reach / v) for v in voxel]
    low = [max(c - k, l) for c, k, l in zip(rep, r, box[0])]
    high = [min(c + k + 1, h) for c, k, h in zip(rep, r, box[1])]
    z, y, x = np.nonzero(labels[low[2] - box[0][2]:high[2] - box[0][2], low[1] - box[0][1]:high[1] - box[0][1],
                                low[0] - box[0][0]:high[0] - box[0][0]] == np.uint64(cell))
    p = np.stack([x + low[0], y + low[1], z + low[2]], 1)
    if len(p):
        p = p[(((p - rep) * voxel) ** 2).sum(1) <= reach ** 2]
    if not len(p):
        return [c + 0.5 for c in rep]
    d = (((p - p.mean(0)) * voxel) ** 2).sum(1)
    near = p[d <= d.min() * (1 + 1e-12)]
    return [(q + 0.5).tolist() for q in near]  # ties are the caller's to allow


def check_annotations(labels, box, voxel, reach):
    info = info_of("synapses")
    kind = line_dtype(info)
    synapses, _ = table("syn_ssv")
    keep = np.isnan(synapses["prob"]) | (synapses["prob"] >= 0.5)
    rows = {int(synapses["id"][i]): i for i in np.nonzero(keep)[0]}
    lower = info["lower_bound"]
    relationships = [r["id"] for r in info["relationships"]]
    check(relationships == ["pre_segment", "post_segment", "cell_a", "cell_b"], "relationships", relationships)

    by_id = Shards(os.path.join(root, "synapses", info["by_id"]["key"]), info["by_id"]["sharding"]).values
    check(set(by_id) == set(rows), "by_id has", len(by_id), "annotations, not", len(rows))
    lines, related = {}, {name: {} for name in relationships}
    for key, data in by_id.items():
        line = np.frombuffer(data, kind, 1)[0]
        lines[key] = line.tobytes()
        at = kind.itemsize
        for name in relationships:
            n = struct.unpack_from("<I", data, at)[0]
            for cell in struct.unpack_from("<%dQ" % n, data, at + 4):
                related[name].setdefault(cell, set()).add(key)
            at += 4 + 8 * n
        check(at == len(data), "annotation", key, "has more bytes")
        i = rows[key]
        pre, post = int(synapses["pre_id"][i]), int(synapses["post_id"][i])
        a, b = (pre, post) if pre and post else (int(synapses["cell_a"][i]), int(synapses["cell_b"][i]))
        first = 0 if pre and post else 2
        for name, cell in zip(relationships[first:first + 2], (a, b)):
            check(key in related[name].get(cell, ()), "annotation", key, "lacks", name, cell)
        for name in ("prob", "area_um2"):
            check(np.array_equal(line[name], np.float32(synapses[name][i]), equal_nan=True), name, "of", key)
        check(line["size_vx"] == synapses["size_vx"][i] and line["sign"] == synapses["sign"][i], "numbers of", key)
        if pre and post:
            for name in ("pre_comp", "post_comp", "pre_type", "post_type"):
                check(line[name] == synapses[name][i], name, "of", key)
        for end, cell in (("from", a), ("to", b)):
            rep = synapses["rep_vx"][i].tolist()
            want = [[c + 0.5 for c in rep]]
            if labels is not None:
                want = expected_end(labels, box, np.array(voxel), rep, cell, reach)
                want = want if isinstance(want[0], list) else [want]
            check(line[end].tolist() in want, end, "of", key, "is", line[end].tolist(), "not", want)

    for r in info["relationships"]:
        lists = read_lists(Shards(os.path.join(root, "synapses", r["key"]), r["sharding"]).values, kind)
        check({k: set(ids) for k, (_, ids) in lists.items()} == related[r["id"]], "relationship", r["id"])
        for got, ids in lists.values():
            check(len(set(ids)) == len(ids), "an annotation twice")
            for line, key in zip(got, ids):
                check(line.tobytes() == lines[key], r["id"], "shows another line of", key)

    # Spatial index: every annotation at one level, there in exactly the cells that its line meets, by the hash's rule.
    hash_of = {key: mix64(mix64(key) ^ 0x616E6E6F74617465) for key in rows}
    level_of, left, below = {}, 1.0, 0
    for number, level in enumerate(info["spatial"]):
        grid = level["grid_shape"]
        check(np.allclose(np.array(grid) * level["chunk_size"], np.array(info["upper_bound"]) - lower), "grid", grid)
        lists = read_lists(Shards(os.path.join(root, "synapses", level["key"]), level["sharding"]).values, kind)
        cells = {morton((x, y, z), grid): (x, y, z) for x in range(grid[0]) for y in range(grid[1])
                 for z in range(grid[2])}
        shown, counts = {}, {}
        for key in rows:
            line = np.frombuffer(lines[key], kind, 1)[0]
            for cell in cells_of_line(level, lower, [float(v) for v in line["from"]], [float(v) for v in line["to"]]):
                counts.setdefault(cell, []).append(key)
        for code, (got, ids) in lists.items():
            check(ids == sorted(ids, key=lambda k: hash_of[k]), "order in a cell")
            for line, key in zip(got, ids):
                shown.setdefault(key, []).append(cells[code])
                check(line.tobytes() == lines[key], level["key"], "shows another line of", key)
        for key, where in shown.items():
            check(key not in level_of, "annotation", key, "at two levels")
            level_of[key] = number
            want = [cell for cell, ids in counts.items() if key in ids]
            check(sorted(where) == sorted(want), "annotation", key, "in cells", where, "not", want)
        fullest = left * max((len(ids) for ids in counts.values()), default=0)
        last = fullest <= level["limit"] or number + 1 == len(info["spatial"])
        check(last == (number + 1 == len(info["spatial"])), "levels after the last")
        if not last:
            left *= 1 - level["limit"] / fullest
        threshold = MASK if last else int(math.ldexp(1 - left, 64))
        for key in rows:
            if below <= hash_of[key] < threshold or (last and hash_of[key] >= below):
                check(level_of.get(key) == number, "annotation", key, "is not at level", number)
        below = threshold
    check(set(level_of) == set(rows), "annotations missing in the spatial index")
    return len(rows), len(info["spatial"])


# --- all ----------------------------------------------------------------------------------------------------------

def check_properties():
    inline = info_of("segment_properties")["inline"]
    cells, attrs = table("ssv")
    order = np.argsort(cells["id"])
    check([int(i) for i in inline["ids"]] == cells["id"][order].tolist(), "ids of the segment properties")
    got = {p["id"]: p for p in inline["properties"]}
    check(len(got) == len(inline["properties"]), "a property twice")
    for p in got.values():
        check(len(p["values"]) == len(inline["ids"]), p["id"], "has another number of values")
        if p["type"] == "number":
            if p["id"] in cells:
                want = np.nan_to_num(cells[p["id"]][order].astype(p["data_type"]), nan=0)
                check((np.array(p["values"], p["data_type"]) == want).all(), "property", p["id"])
    return sorted(got)


def main():
    with open(os.path.join(run, "work", "export", "stage.json")) as f:
        keys = json.load(f)["keys"]
    box = (keys["dataset"]["box_vx"]["min"], keys["dataset"]["box_vx"]["max"])
    voxel = keys["dataset"]["voxel_size_nm"]
    cut = tuple(slice(box[0][a], box[1][a]) for a in (2, 1, 0))
    labels = None
    if sv_file != "-":
        with h5py.File(sv_file, "r") as f:
            sv = f["sv"][cut].astype("<u8")
        supervoxels, _ = table("sv")
        ids, inverse = np.unique(sv, return_inverse=True)
        cell_of = dict(zip(supervoxels["id"].tolist(), supervoxels["cell_id"].tolist()))
        cell_of[0] = 0
        labels = np.array([cell_of[i] for i in ids.tolist()], "<u8")[inverse].reshape(sv.shape)
        print("seg", check_volume("seg", labels, box, True), "scales")
    if raw_file != "-":
        with h5py.File(raw_file, "r") as f:
            print("raw", check_volume("raw", f["raw"][cut], box, False), "scales")
    print("meshes", check_meshes())
    print("skeletons", check_skeletons())
    print("synapses", *check_annotations(labels, box, voxel, keys["export"]["line_reach_nm"]))
    print("properties", *check_properties())


main()
