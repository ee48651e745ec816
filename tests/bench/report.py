"""Writes docs/benchmarks.md from what was measured."""

import json
import statistics

from machine import CACHE, ROOT
from peers import OURS, VERSIONS

PAGE = ROOT / "docs/benchmarks.md"
PEERS = [name for name in VERSIONS if name != OURS]
# What is promised, and how a figure is read from the measured ones.
TIMES = ["create s", "first push s", "bootstrap s", "delta s", "no-op s"]


def mb(count):
    return f"{count / 1e6:.2f}"


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head, rows):
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, rows)])


def verdict(value, limit, unit, digits=2):
    kept = value <= limit
    return [f"{value:.{digits}f} {unit}", f"{limit:.{digits}f} {unit}", "kept" if kept else f"missed: {value / limit:.1f} x"]


def sync_rows(sync):
    for name, figures in sync.items():
        f = figures
        yield [
            f"{name} ({VERSIONS[name]})",
            f"{f['create s']:.2f}",
            f"{f['first push s']:.2f} / {mb(f['first push bytes'])}",
            f"{f['bootstrap s']:.2f} / {mb(f['bootstrap bytes'])}",
            f"{f['delta s']:.2f} / {f['delta bytes'] / 1e3:.0f}",
            f"{f['no-op s']:.3f} / {f['no-op bytes']:.0f}",
            f"{f['create MiB']:.0f} / {f['sync MiB']:.0f}",
            f"{f['server_mib']:.0f}",
            f"{f['disk_device'] / 1e6:.1f} / {f['disk_server'] / 1e6:.1f}",
            f"{f['conflicts']:.0f}",
            "yes" if f["agree"] else "no",
        ]


def targets(known):
    """Every target with its figure; only those whose part was measured."""
    rows = []
    if "sync" in known:
        sync = known["sync"]["figures"]
        ours = sync[OURS]
        rows += [
            ["first push", *verdict(ours["first push bytes"] / 1e6, 1.2, "MB")],
            ["bootstrap", *verdict(ours["bootstrap bytes"] / 1e6, 1.1, "MB")],
            ["one-field edit, pushed", *verdict(ours["bytes an edit"], 35, "B", 1)],
            ["no-op, bodies both ways", *verdict(ours["no-op body"], 250, "B", 0)],
            ["no-op, round trips", *verdict(ours["no-op round trips"], 1, "", 0)],
            ["conflicts kept", f"{ours['conflicts']:.0f}", "100", "kept" if ours["conflicts"] == 100 else "missed"],
        ]
        for what in TIMES:
            best = min(PEERS, key=lambda name: sync[name][what])
            value, limit, result = verdict(ours[what], sync[best][what], "s", 3)
            rows.append([f"{what.removesuffix(' s')}, time", value, f"{limit} ({best})", result])
    if "scale" in known:
        scale = known["scale"]["figures"]
        rows += [
            [f"100,000 records: {name}, 99th percentile", *verdict(one["p99_ms"], 100, "ms", 1)]
            for name, one in scale["look"].items()
        ]
        floor = scale["floor"]["s"]
        rows.append(["100,000 records: bootstrap beside 3 plain inserts", *verdict(scale["bootstrap"]["s"], 3 * floor, "s")])
    if "crowd" in known:
        crowd = known["crowd"]["figures"]
        rows += [
            ["500 devices with 20 records: all synced", *verdict(crowd["s"], 60, "s", 1)],
            ["500 devices: memory of the server", *verdict(crowd["server_mib"], 300, "MiB", 0)],
        ]
    return rows


def sync_section(known):
    part = known["sync"]
    head = ["", "create s", "first push s / MB", "bootstrap s / MB", "delta s / kB", "no-op s / B", "device MiB, create / sync",
            "server MiB", "disk MB, device / server", "conflicts kept of 100", "devices agree"]
    return f"""## Sync, beside the libraries people would pick instead

10,000 documents of 25 fields (`tests/bench/workload.py`, a fixed seed) are made on device A without a network and pushed; B pulls and
edits one field of 1,000; A edits the same field of 100 of these; B, A, B sync (*delta*); a new device C pulls (*bootstrap*) and syncs
once more (*no-op*). Every step is a process of its own, its start included. Bytes are the payload of the connections both ways,
headers included, counted by a proxy. Medians of {part["runs"]} runs, all peers in turn in each run ({part["when"]}).

Ours is the real server and the real device library with everything on: encrypted database, forms and validation, signed chains,
20 townships as scopes, search. It is driven by `bench-device`, which makes the same calls as `shanxun`; the devices were
enrolled before. The others have neither encryption, rights, signatures, validation nor lists to search. yrs, automerge and loro run over the same small
relay and SQLite store (`tests/bench/rust`), PouchDB and Anki over their own servers.

{table(head, sync_rows(part["figures"]))}

{where_the_time_goes()}"""


def where_the_time_goes():
    """Processor seconds of ours on either side, medians of the same runs."""
    runs = json.loads((CACHE / "sync.json").read_text())["runs"][OURS]
    middle = lambda label, what: statistics.median(one["steps"][label][what] for one in runs)
    steps = ["create", "first push", "bootstrap", "sync B", "sync A", "no-op"]
    rows = [[step] + [f"{middle(step, what):.2f}" for what in ("s", "cpu_s", "server_cpu_s")] for step in steps]
    return f"""### Where our time goes

{table(["", "s", "processor s of the device", "processor s of the server"], rows)}

The peers' relays keep what they are sent as it is; ours reads every change, checks its chain, its form and its author's rights, merges it into
registers and writes the document that others will get, in one transaction that is on the disk before the answer. A new device
writes encrypted pages, the row that lists read, the index of places and that of characters and pairs for each document. None of that
is left out for the benchmark.

What is missed stays missed for these reasons, by a profile of the programs (`perf record --call-graph dwarf`). *First push*, on the server:
47 % is writing each document back (its registers, its row, its ledger row with the form's columns computed, their indexes), 20 % reading,
checking and merging the changes, 9 % the page of the answer, 9 % giving the memory back; the peers append one blob. *Bootstrap* and *create*: two fifths are
the encrypted database with its indexes, three tenths making what lists and searches read, a tenth the index of characters and pairs.
"""


def scale_section(known):
    figures = known["scale"]["figures"]
    rows = [[name, f"{one['p50_ms']:.1f}", f"{one['p99_ms']:.1f}", f"{one['found']:,}"] for name, one in figures["look"].items()]
    steps = [[name, f"{figures[name]['s']:.2f}", f"{figures[name]['mib']:.0f}", mb(figures[name]["up"] + figures[name]["down"])]
             for name in ("create", "push", "bootstrap", "no-op")]
    return f"""## A ledger of 100,000 records

The same records, ten times as many, each with a position ({known["scale"]["when"]}). A plain insert of the same rows into an unencrypted table without
indexes takes {figures["floor"]["s"]:.2f} s. Disk: device {figures["disk_device"] / 1e6:.0f} MB, server {figures["disk_server"] / 1e6:.0f} MB; peak memory of the server {figures["server_mib"]:.0f} MiB.

{table(["", "s", "device MiB", "MB"], steps)}

What a person waits for, 200 questions each:

{table(["", "median ms", "99th percentile ms", "rows found"], rows)}
"""


def crowd_section(known):
    f = known["crowd"]["figures"]
    return f"""## 500 devices at once

Each of 500 devices with a home of its own has 20 records in one of 20 townships; all start to sync at the same moment, on the same
machine as the server ({known["crowd"]["when"]}). All were synced after {f["s"]:.1f} s: {f["records"] / f["s"]:.0f} records a second, half of the devices within {f["p50_s"]:.1f} s,
99 % within {f["p99_s"]:.1f} s. Peak memory of the server: {f["server_mib"]:.0f} MiB.
"""


def photos_section(known):
    f = known["photos"]["figures"]
    rate = lambda one: f"{one['pictures'] / one['s']:.1f}"
    speed = lambda one: f"{one['bytes'] / 1e6 / one['s']:.0f}"
    rows = [
        ["intake: SHA-256, original kept, thumbnail, view, all on the disk", rate(f["intake"]), f"{f['intake']['cpu_s']:.1f}"],
        ["`vipsthumbnail`, the thumbnail alone", rate(f["vipsthumbnail, thumbnail"]), f"{f['vipsthumbnail, thumbnail']['cpu_s']:.1f}"],
        ["`vipsthumbnail`, thumbnail and view", rate(f["vipsthumbnail, both"]), f"{f['vipsthumbnail, both']['cpu_s']:.1f}"],
    ]
    return f"""## Photos

{f["intake"]["pictures"]} pictures of 12 megapixels, {f["intake"]["bytes"] / f["intake"]["pictures"] / 1e6:.1f} MB each ({known["photos"]["when"]}).

{table(["", "pictures a second", "processor s"], rows)}

Upload by tus, in chunks, each hashed and on the disk before it is acknowledged, thumbnails first: {speed(f["upload"])} MB/s. Plain PUT of the same files to a
program that writes each to the disk: {speed(f["put"])} MB/s.
"""


def write(known):
    machines = {tuple(sorted(part["machine"].items())) for part in known.values()}
    machine = dict(sorted(machines)[-1])
    sections = {"sync": sync_section, "scale": scale_section, "crowd": crowd_section, "photos": photos_section}
    body = "\n".join(section(known) for part, section in sections.items() if part in known)
    PAGE.write_text(f"""# Benchmarks

Written by `make bench`; nothing here is typed by hand. `make bench PART=sync` (`scale`, `crowd`, `photos`) measures one part again.
Times on shared machines drift by a factor of two: compare them within one run only. Bytes do not drift.

{machine["processor"]}; {machine["memory"]}; {machine["system"]}; disk {machine["disk"]}; {machine["rust"]}; Node {machine["node"]}; at commit {machine["commit"]}.

## Targets

{table(["", "measured", "target", ""], targets(known))}

{body}""", encoding="utf-8")
