#!/usr/bin/env python3
"""`run.py [PART…] [--runs N] [--peers NAME,…]`: measures and writes docs/benchmarks.md. Parts: sync, scale, crowd, photos; none
named is all of them, in one run. What was measured before and not again keeps its figures."""

import argparse
import datetime
import json

import crowd
import machine
import peers
import photos
import report
import scale
import syncing

PARTS = ["sync", "scale", "crowd", "photos"]
RUNS = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--peers", default=",".join(peers.VERSIONS))
    parser.add_argument("--no-build", action="store_true")
    chosen = parser.parse_args()
    chosen.parts = chosen.parts or PARTS
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    names = chosen.peers.split(",")
    machine.CACHE.mkdir(parents=True, exist_ok=True)
    if not chosen.no_build:
        peers.build_ours()
        if "sync" in chosen.parts and names != [peers.OURS]:
            peers.build_peers()
    proxy = machine.Proxy()
    measured = {
        "sync": lambda: syncing.part(proxy, chosen.runs, names),
        "scale": lambda: scale.part(proxy),
        "crowd": crowd.part,
        "photos": photos.part,
    }
    known_path = machine.CACHE / "results.json"
    known = json.loads(known_path.read_text()) if known_path.exists() else {}
    for part in chosen.parts:
        when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        known[part] = {"when": when, "runs": chosen.runs, "machine": machine.description(), "figures": measured[part]()}
        known_path.write_text(json.dumps(known, ensure_ascii=False, indent=1))
    if names == list(peers.VERSIONS):
        report.write(known)


if __name__ == "__main__":
    main()
