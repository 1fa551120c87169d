"""What all benches share: processes and their cost, interleaving, results."""

import json
import os
import pathlib
import platform
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PEERS = TARGET / "bench-peers"
# `debug` measures the development build, to try out a bench; its result says so.
PROFILE = os.environ.get("BENCH_PROFILE", "release")
BUILT = TARGET / PROFILE
# Elsewhere where a bench is only tried out.
RESULTS = pathlib.Path(os.environ.get("BENCH_RESULTS", ROOT / "bench/results"))
TICKS = os.sysconf("SC_CLK_TCK")


def words(*known: str) -> list[str]:
    """What a bench was started with; words that it does not know are refused."""
    for word in sys.argv[1:]:
        if word not in known:
            sys.exit(f"start this bench with {word!r}: it takes {' or '.join(known) or 'no words'}")
    return sys.argv[1:]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += tree(int(child))
    return found


def cpu_s(pid: int) -> float:
    """User and system time of a process and its children so far."""
    total = 0
    for one in tree(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def peak_mb(pid: int) -> float:
    """The most memory that a process has had, in MiB."""
    most = 0
    for one in tree(pid):
        for line in pathlib.Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                most = max(most, int(line.split()[1]))
    return most / 1024


def rss_mb(pid: int) -> float:
    """The memory that a process has now, with its children's, in MiB."""
    pages = 0
    for one in tree(pid):
        pages += int(pathlib.Path(f"/proc/{one}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def wait_for_port(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


def interleave(rounds: int, contenders: dict) -> dict:
    """Runs each contender in turn; answers the list of figures of each."""
    figures = {name: [] for name in contenders}
    for number in range(rounds):
        for name, run in contenders.items():
            figures[name].append(run(number))
            print(f"  round {number + 1}/{rounds} {name}: {figures[name][-1]}", flush=True)
    return figures


def medians(rows: list[dict]) -> dict:
    return {key: round(statistics.median(row[key] for row in rows), 4) for key in rows[0]}


def report(name: str, settings: dict, figures: dict, ours: str, peer: str) -> None:
    """Prints medians and ratios, and keeps them."""
    found = {who: medians(rows) for who, rows in figures.items()}
    ratios = {
        key: round(found[ours][key] / found[peer][key], 3) for key in found[ours] if found[peer].get(key)
    }
    result = {"settings": settings, "medians": found, "ratio": {f"{ours}/{peer}": ratios}, "rounds": figures}
    print(json.dumps({key: result[key] for key in ("settings", "medians", "ratio")}, indent=2))
    save(name, result)


def save(name: str, result: dict) -> None:
    """Keeps a result with when, on what machine and of what build it is."""
    whole = {
        "bench": name, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"cores": os.cpu_count(), "kernel": platform.release(), "load_1_min": round(os.getloadavg()[0], 1)},
        **result, "settings": {"profile": PROFILE, **result["settings"]},
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(whole, indent=1) + "\n")


def version(command: list[str]) -> str:
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    return (out.stdout + out.stderr).strip().splitlines()[0]
