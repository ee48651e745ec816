"""Part `scale`: a ledger of 100,000 records: how long a new device takes to get it, to open it, to list and search it."""

import json
import random
import shutil

import workload
from machine import CACHE, Served, run, say, size
from peers import DEVICE, FORM, add_user, data, enrol, serve, town_codes

RECORDS = 100_000
ROUNDS = 200
MIDDLE, SPREAD = (40.45, 117.0), 0.25  # as in bench-device's questions


def records():
    """The workload, larger, and every record somewhere."""
    path = CACHE / f"data-{RECORDS}-placed.jsonl"
    if path.exists():
        return path
    draw = random.Random(workload.SEED)
    plain = (data(RECORDS) / "docs.jsonl").open(encoding="utf-8")
    with plain, path.with_suffix(".part").open("w", encoding="utf-8") as out:
        for line in plain:
            lat, lon = (middle + draw.uniform(-SPREAD / 2, SPREAD / 2) for middle in MIDDLE)
            document = json.loads(line) | {"position": f"{lat:.6f},{lon:.6f}"}
            out.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    path.with_suffix(".part").rename(path)
    return path


def part(proxy):
    file, folder, out = records(), CACHE / "run/scale", {}
    shutil.rmtree(folder, ignore_errors=True)
    store = folder / "server"
    (store / "forms").mkdir(parents=True)
    add_user(store, "officer", town_codes())
    shutil.copy(FORM, store / "forms")
    with Served(serve(store), folder / "server.log") as server:
        for device in "AB":
            enrol(store, folder / device, "officer", proxy.url)
        for label, command in (
            ("create", [DEVICE, "create", folder / "A", file]),
            ("push", [DEVICE, "sync", folder / "A"]),
            ("bootstrap", [DEVICE, "sync", folder / "B"]),
            ("no-op", [DEVICE, "sync", folder / "B"]),
        ):
            out[label] = run(command, proxy)
            say(f"scale {label}: {out[label]['s']:.2f} s, {out[label]['mib']:.0f} MiB")
        out["server_mib"] = server.peak_mib()
    out["floor"] = json.loads(run([DEVICE, "floor", file, folder / "floor"])["out"])
    out["look"] = json.loads(run([DEVICE, "look", folder / "B", ROUNDS])["out"])
    out["disk_device"], out["disk_server"] = size(folder / "B"), size(store)
    say(f"scale floor: {out['floor']['s']:.2f} s; {out['look']}")
    (CACHE / "scale.json").write_text(json.dumps(out, ensure_ascii=False, indent=1))
    return out
