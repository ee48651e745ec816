"""Part `sync`: 10,000 documents from A to B, edits on both, back; then a fresh C, and C once more with nothing new."""

import json
import re
import shutil
import statistics

from machine import CACHE, Served, run, say, size
from peers import OURS, VERSIONS, data, peer

DELTA = ["sync B", "sync A", "sync B again"]


def steps(files):
    return [
        ("create", "create", "A", files / "docs.jsonl"),
        ("first push", "sync", "A"),
        ("pull B", "sync", "B"),
        ("edit B", "edit", "B", files / "edits-b.json"),
        ("edit A", "edit", "A", files / "edits-a.json"),
        ("sync B", "sync", "B"),
        ("sync A", "sync", "A"),
        ("sync B again", "sync", "B"),
        ("bootstrap", "sync", "C"),
        ("no-op", "sync", "C"),
    ]


def once(name, proxy):
    folder = CACHE / "run" / name
    shutil.rmtree(folder, ignore_errors=True)
    one, files, measured = peer(name, folder, proxy.url), data(), {}
    with Served(one.server(), folder / "server.log") as server:
        one.prepare()
        for label, step, device, *given in steps(files):
            server_before = server.cpu_s()
            measured[label] = run(one.step(step, device, *given), proxy)
            measured[label]["server_cpu_s"] = server.cpu_s() - server_before
        dumps = [run(one.step("dump", device))["out"].splitlines()[-1] for device in "ABC"]
        found = [re.fullmatch(r"docs=(\d+) conflicts=(\d+) digest=(\w+)", line).groups() for line in dumps]
        return {
            "steps": measured,
            "dumps": dumps,
            "docs": int(found[2][0]),
            "conflicts": int(found[2][1]),
            "agree": len(set(found)) == 1,
            "server_mib": server.peak_mib(),
            "disk_device": size(folder / "C"),
            "disk_server": size(folder / "server"),
        }


def median(runs, pick):
    return statistics.median(pick(one) for one in runs)


def summary(runs):
    """The medians of several runs."""
    step = lambda label, what: median(runs, lambda r: r["steps"][label][what])
    bytes_of = lambda label: step(label, "up") + step(label, "down")
    delta = lambda what: median(runs, lambda r: sum(r["steps"][s][what] for s in DELTA))
    every = [label for label, *_ in steps(data())]
    out = {f"{label} s": step(label, "s") for label in every}
    out |= {f"{label} bytes": bytes_of(label) for label in every}
    out |= {f"{label} up": step(label, "up") for label in every}
    out |= {"delta s": delta("s"), "delta bytes": delta("up") + delta("down")}
    out |= {"create MiB": step("create", "mib"), "sync MiB": max(step(s, "mib") for s in every if s[0] not in "ce")}
    out |= {"no-op connections": step("no-op", "connections"), "bytes an edit": step("sync B", "up") / 1000}
    for what in ("server_mib", "disk_device", "disk_server", "conflicts", "docs"):
        out[what] = median(runs, lambda r: r[what])
    out["agree"] = all(r["agree"] for r in runs)
    reports = [json.loads(r["steps"]["no-op"]["out"]) for r in runs if r["steps"]["no-op"]["out"].startswith("{")]
    if reports:
        out["no-op body"] = reports[0]["bytes_up"] + reports[0]["bytes_down"]
        out["no-op round trips"] = reports[0]["round_trips"]
    return out


def part(proxy, runs, names=tuple(VERSIONS)):
    """Every peer in turn, and again: a machine that drifts drifts for all."""
    results = {name: [] for name in names}
    for number in range(runs):
        for name in names:
            result = once(name, proxy)
            results[name].append(result)
            brief = ", ".join(f"{label} {one['s']:.2f}" for label, one in result["steps"].items())
            say(f"sync {number + 1}/{runs} {name}: {brief}; {result['dumps'][2]}{'' if result['agree'] else ' DIFFERENT'}")
    summaries = {name: summary(runs) for name, runs in results.items()}
    (CACHE / "sync.json").write_text(json.dumps({"runs": results, "medians": summaries}, ensure_ascii=False, indent=1))
    return summaries


__all__ = ["OURS", "part"]
