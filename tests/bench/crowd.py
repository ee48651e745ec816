"""Part `crowd`: 500 devices with 20 records each sync at once, as when the cars come down the mountain."""

import json
import shutil

import workload
from machine import CACHE, SERVER_PORT, Served, run, say
from peers import DEVICE, FORM, add_user, code, data, serve, town_codes

DEVICES = 500
RECORDS_EACH = 20


def records(path):
    """The workload with all records of a device in one township: 25 devices and 500 records in each of twenty."""
    with (data() / "docs.jsonl").open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as out:
        for number, line in zip(range(DEVICES * RECORDS_EACH), lines):
            town = workload.TOWNSHIPS[number // RECORDS_EACH % len(workload.TOWNSHIPS)]
            document = json.loads(line) | {"township": town}
            out.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    return path


def part():
    folder = CACHE / "run/crowd"
    shutil.rmtree(folder, ignore_errors=True)
    store, towns = folder / "server", town_codes()
    (store / "forms").mkdir(parents=True)
    shutil.copy(FORM, store / "forms")
    for town in towns:
        add_user(store, f"officer-{town}", [town])
    codes = [code(store, f"officer-{towns[number % len(towns)]}") for number in range(DEVICES)]
    (folder / "codes").write_text("\n".join(codes))
    file = records(folder / "docs.jsonl")
    with Served(serve(store), folder / "server.log") as server:
        url = f"http://127.0.0.1:{SERVER_PORT}"
        # Homes are prepared and synced by one program; the last line it prints is of the sync alone.
        lines = run([DEVICE, "crowd", url, folder / "codes", file, FORM, folder / "homes"])["out"].splitlines()
        out = json.loads(lines[-1]) | {"server_mib": server.peak_mib()}
    shutil.rmtree(folder / "homes")
    say(f"crowd: {out}")
    (CACHE / "crowd.json").write_text(json.dumps(out, indent=1))
    return out
