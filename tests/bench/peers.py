"""Ours and the libraries people would pick instead: how each is set up, served and driven."""

import json
import os
import shutil
import subprocess

import workload
from machine import CACHE, HERE, RELEASE, ROOT, SERVER_PORT, TARGET, run, say

TOWNS = 20  # the workload's townships, each a scope of the user
OURS = "Shanxun"
VERSIONS = {
    OURS: "everything on",
    "yrs": "0.28.1",
    "automerge": "0.12.0",
    "loro": "1.17.1",
    "PouchDB": "9.0.0 + express-pouchdb 4.2.0",
    "Anki": "26.9.3 and its server",
}
PYTHON = CACHE / "venv/bin/python"
POUCHDB = CACHE / "pouchdb"
PEERS_TARGET = CACHE / "target"
FORM = HERE / "form/bench.toml"
DEVICE, SERVER = RELEASE / "bench-device", RELEASE / "sync-server"


def build_ours():
    say("building sync-server, shanxun and bench-device (release)")
    command = ["cargo", "build", "--release", "--quiet", "-p", "device", "-p", "sync-server", "-p", "shanxun-tests", "--bins"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"CARGO_TARGET_DIR": str(TARGET)}, check=True)


def build_peers():
    """Builds and installs what is missing of the others, once."""
    say("building the peers (release), installing PouchDB and Anki")
    env = os.environ | {"CARGO_TARGET_DIR": str(PEERS_TARGET)}
    subprocess.run(["cargo", "build", "--release", "--quiet", "--locked"], cwd=HERE / "rust", env=env, check=True)
    POUCHDB.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "pouchdb").iterdir():
        shutil.copy(file, POUCHDB)
    if not (POUCHDB / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=POUCHDB, check=True)
    if not PYTHON.exists():
        subprocess.run(["python3", "-m", "venv", CACHE / "venv"], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "anki==26.9.3"], check=True)


def data(documents=workload.DOCUMENTS):
    """The folder of the workload's files."""
    folder = CACHE / f"data-{documents}"
    if not (folder / "edits-a.json").exists():
        workload.write(folder, documents)
    return folder


class Peer:
    """One peer in one run: the commands of its server and of its devices A, B and C."""

    ACTORS = {"A": "1", "B": "2", "C": "3"}

    def __init__(self, name, folder, url):
        self.name, self.folder, self.url = name, folder, url

    def server(self):
        store = self.folder / "server"
        store.mkdir(parents=True)
        if self.name == "PouchDB":
            return ["node", POUCHDB / "server.mjs", SERVER_PORT, store]
        if self.name == "Anki":
            return ["env", "SYNC_USER1=user:pass", f"SYNC_BASE={store}", "SYNC_HOST=127.0.0.1", f"SYNC_PORT={SERVER_PORT}",
                    "RUST_LOG=warn", PYTHON, "-m", "anki.syncserver"]
        return [PEERS_TARGET / "release/peer-relay", SERVER_PORT, store / "relay.db"]

    def prepare(self):
        """What is done once in a device's life, before the clock runs."""

    def step(self, step, device, *given):
        home = self.folder / device
        if self.name == "PouchDB":
            start = ["node", "--max-old-space-size=4096", POUCHDB / "device.mjs"]
        elif self.name == "Anki":
            start = [PYTHON, HERE / "anki/device.py"]
        else:
            start = [PEERS_TARGET / "release/peer-device", self.name]
        if step == "sync":
            given = (self.url,)
        return [*start, step, home, self.ACTORS[device], *given]


class Ours(Peer):
    """The real server and the real device library; the devices are enrolled and have the form before the clock runs."""

    def server(self):
        self.store = self.folder / "server"
        (self.store / "forms").mkdir(parents=True)
        shutil.copy(FORM, self.store / "forms")
        add_user(self.store, "officer", town_codes())
        return serve(self.store)

    def prepare(self):
        for device in self.ACTORS:
            enrol(self.store, self.folder / device, "officer", self.url)

    def step(self, step, device, *given):
        return [DEVICE, step, self.folder / device, *given]


def peer(name, folder, url):
    return (Ours if name == OURS else Peer)(name, folder, url)


def serve(store, port=SERVER_PORT):
    return ["env", "RUST_LOG=warn", SERVER, "serve", "--listen", f"127.0.0.1:{port}", "--data", store]


def town_codes():
    """The first townships of the district's list: what the workload's invented ones stand for."""
    lines = (ROOT / "forms/places/towns.toml").read_text(encoding="utf-8").splitlines()
    return [line.split('"')[1] for line in lines if line.startswith("code = ")][:TOWNS]


def add_user(store, name, towns):
    run([SERVER, "user", "add", name, "--role", "inspector", "--town", ",".join(towns), "--data", store])


def code(store, name):
    return json.loads(run([SERVER, "enrol", name, "--json", "--data", store])["out"])["code"]


def enrol(store, home, name, url):
    (home / "forms").mkdir(parents=True)
    shutil.copy(FORM, home / "forms")
    run([DEVICE, "enrol", home, url, code(store, name)])
