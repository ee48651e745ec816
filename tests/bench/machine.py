"""Runs and measures: processes with their time and memory, a proxy that counts bytes, sizes on the disk."""

import os
import pathlib
import platform
import re
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = pathlib.Path(os.environ.get("BENCH_HOME", pathlib.Path.home() / ".cache/shanxun/bench"))
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", pathlib.Path.home() / ".cache/shanxun/target"))
RELEASE = TARGET / "release"
SERVER_PORT, PROXY_PORT = 18431, 18432
SERVER_READY_S = 30


def say(text):
    print(text, file=sys.stderr, flush=True)


class Proxy:
    """Passes connections on to the server and counts the payload both ways, headers included."""

    def __init__(self):
        self.up = self.down = self.connections = 0
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", PROXY_PORT))
        listener.listen(64)
        self.url = f"http://127.0.0.1:{PROXY_PORT}"
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            client, _ = listener.accept()
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", SERVER_PORT))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, sink, way in ((client, server, "up"), (server, client, "down")):
                threading.Thread(target=self._pump, args=(source, sink, way), daemon=True).start()

    def _pump(self, source, sink, way):
        try:
            while data := source.recv(65536):
                setattr(self, way, getattr(self, way) + len(data))
                sink.sendall(data)
        except OSError:
            pass  # one side went away; the other learns it below
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def counts(self):
        return {"up": self.up, "down": self.down, "connections": self.connections}


def run(command, proxy=None, **options):
    """Runs a program to its end: seconds, processor seconds, peak MiB, bytes through the proxy, what it printed."""
    command = [str(part) for part in command]
    before = proxy.counts() if proxy else {}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    printed = {}
    readers = [
        threading.Thread(target=lambda name=name, pipe=pipe: printed.update({name: pipe.read()}))
        for name, pipe in (("out", process.stdout), ("err", process.stderr))
    ]
    for reader in readers:
        reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    for reader in readers:
        reader.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{printed['out'][-2000:]}{printed['err'][-2000:]}")
    counted = {}
    if proxy:
        time.sleep(0.1)  # the last bytes may still be in the proxy's hands
        counted = {name: count - before[name] for name, count in proxy.counts().items()}
    cpu = usage.ru_utime + usage.ru_stime
    return {"s": seconds, "cpu_s": cpu, "mib": usage.ru_maxrss / 1024, "out": printed["out"].strip(), **counted}


class Served:
    """A server for as long as the block lasts."""

    def __init__(self, command, log, port=SERVER_PORT):
        self.command, self.log, self.port = [str(part) for part in command], log, port

    def __enter__(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        until = time.monotonic() + SERVER_READY_S
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return self
            except OSError:
                time.sleep(0.02)
        sys.exit(f"the server did not start: {' '.join(self.command)}\n{pathlib.Path(self.log).read_text()[-2000:]}")

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def size(folder):
    return sum(file.stat().st_size for file in pathlib.Path(folder).rglob("*") if file.is_file())


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def description():
    """This machine in a few lines."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    return {
        "processor": f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores",
        "memory": f"{int(memory.group(1)) // 1024 // 1024} GiB",
        "system": f"{system.group(1) if system else platform.system()}, Linux {platform.release()}",
        "disk": output("findmnt", "-no", "FSTYPE", "-T", str(CACHE)) or "unknown",
        "rust": output("rustc", "--version"),
        "node": output("node", "--version"),
        "commit": output("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
    }
