"""A ward at an edge without a line: 60 beds with five signals a second and eight ECGs in four pieces a second, QoS 1;
then the signals as fast as acknowledgements come. How soon each is acknowledged, what waits takes on disk, how long the
edge needs to say how much that is, and how fast it goes out once the cloud is there again.

No peer does the same, so absolute figures are kept. Values are invented; the ECGs have noise of their own, so that they
are no smaller on disk than those of patients.
"""

import json
import os
import pathlib
import random
import sqlite3
import statistics
import subprocess
import tempfile
import time

from hospital import BEDS_OF_WARD, SIGNALS, Hospital, lines
from measure import cpu_s, peak_mb, save, version, words
from mqtt import LOAD, build
from ward import ecg

# `quick` is for a first look.
QUICK = bool(words("quick"))
BEDS, ECGS = int(os.environ.get("BENCH_BEDS", str(BEDS_OF_WARD))), int(os.environ.get("BENCH_ECGS", "8"))
ECG_HZ, PIECES_PER_S, TRACE_S, NOISE_MV = 500, 4, 10, 0.01
SECONDS, CLOSED_S = int(os.environ.get("BENCH_SECONDS", "20" if QUICK else "60")), 5 if QUICK else 10
# The edge tries again after half a minute at most.
PATIENCE_S = 1800
DAY_S = 24 * 3600


class Pair:
    """A cloud with a ward, and an edge that has it."""

    def __init__(self):
        self.open = [Hospital()]
        [self.cloud] = self.open
        try:
            self.begin()
        except BaseException:
            self.close()
            raise

    def begin(self) -> None:
        self.signals = self.cloud.devices(range(BEDS * len(SIGNALS)))
        self.ecgs = [self.ecg(bed) for bed in range(ECGS)]
        to = ["--as", "bench.admin", "--to", self.cloud.base]
        token = self.cloud.folder / "edge-token"
        token.write_text(self.cloud.run("edge", "put", "edge-1", "--location", "ward-0", *to))
        self.edge = Hospital("--edge", "--cloud", self.cloud.base, "--cloud-token", str(token))
        self.open.append(self.edge)
        self.wanted = {one["id"] for one in [*self.signals, *self.ecgs]}

    def ecg(self, bed: int) -> dict:
        """An ECG as the load program wants to know it."""
        chance, device = random.Random(bed), f"ecg-{bed}"
        trace = [round(value + chance.gauss(0, NOISE_MV), 3) for value in ecg(ECG_HZ) * TRACE_S]
        return {
            "id": device, "password": self.cloud.register(device, bed), "topic": f"yuanyi/v1/{device}/ecg-ii",
            "code": "131330", "unit": "mV", "middle": 0, "swing": 0,
            "wave": {"values": trace, "period_ms": 1000 // ECG_HZ, "samples": ECG_HZ // PIECES_PER_S},
        }

    def is_known(self) -> bool:
        """Whether the edge has the devices of its ward."""
        rows = self.edge.admin.get(f"{self.edge.base}/api/devices", timeout=600)
        rows.raise_for_status()
        return self.wanted <= {row["id"] for row in rows.json()["devices"] if row["active"]}

    def state(self) -> dict:
        answer = self.edge.admin.get(f"{self.edge.base}/api/edge", timeout=600)
        answer.raise_for_status()
        return answer.json()

    def close(self) -> None:
        for one in reversed(self.open):
            one.close()


def until(holds, what: str) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > patience:
            raise RuntimeError(f"waited in vain until {what}")
        time.sleep(0.05)


def on_disk(edge: Hospital) -> dict:
    """What waits, as SQLite has it: pages in use with what stands beside the bodies, and the files as they are."""
    file = edge.data / "edge.sqlite"
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        one = lambda query: database.execute(query).fetchone()[0]  # noqa: E731
        pages = one("SELECT page_count FROM pragma_page_count") - one("SELECT freelist_count FROM pragma_freelist_count")
        return {
            "used": pages * one("SELECT page_size FROM pragma_page_size"),
            "bodies": one("SELECT coalesce(sum(length(body)), 0) FROM waiting"),
            "rows": one("SELECT count(*) FROM waiting"),
            "files": sum(part.stat().st_size for part in edge.data.glob("edge.sqlite*")),
        }
    finally:
        database.close()


def asked_ms(pair: Pair) -> float:
    """How long the edge needs to say how it stands."""
    found = []
    for _ in range(20):
        began = time.monotonic()
        pair.state()
        found.append((time.monotonic() - began) * 1000)
    return round(statistics.median(found), 2)


def load(pair: Pair, devices: list[dict], pace: list[str], seconds: int, acknowledged: dict) -> dict:
    """Has devices send for so long; what became of it, and what it took on disk."""
    process = pair.edge.process.pid
    nobody = {"id": "nobody", "user": "nobody", "password": "", "filter": "#"}
    before, cpu = on_disk(pair.edge), cpu_s(process)
    with tempfile.TemporaryDirectory(prefix="bench-edge-") as folder:
        times = pathlib.Path(folder) / "times"
        command = [
            LOAD, "--address", f"127.0.0.1:{pair.edge.mqtt}", "--seconds", str(seconds), "--unheard",
            "--acknowledged", times, *pace,
        ]
        done = subprocess.run(command, input=lines(nobody, devices), text=True, capture_output=True, timeout=seconds + 600)
        if done.returncode != 0:
            raise RuntimeError(f"the devices gave up: {done.stderr[-800:]}")
        for line in times.read_text().splitlines():
            device = devices[int(line.split()[0])]["id"]
            acknowledged[device] = acknowledged.get(device, 0) + 1
    found = json.loads(done.stdout)
    if found["devices_lost"]:
        raise RuntimeError(f"devices were put out: {done.stderr[-800:]}")
    after, messages = on_disk(pair.edge), found["acknowledged"]
    keys = ("sent", "acknowledged", "acknowledged_per_s", "ack_p50_ms", "ack_p99_ms", "sender_late_p99_ms")
    figures = {key: round(found[key], 3) for key in keys} | {
        "bytes_per_message": round((after["used"] - before["used"]) / messages, 1),
        "body_bytes_per_message": round((after["bodies"] - before["bodies"]) / messages, 1),
        "messages_per_row": round(messages / max(1, after["rows"] - before["rows"]), 1),
        "cpu_us_per_message": round((cpu_s(process) - cpu) / messages * 1e6, 1),
        "waiting_readings": pair.state()["waiting"]["readings"], "asked_ms": asked_ms(pair),
    }
    print(f"  {figures}", flush=True)
    return figures


def drain(pair: Pair) -> dict:
    """Opens the cloud, and waits until nothing waits."""
    waited = pair.state()["waiting"]
    rows = on_disk(pair.edge)["rows"]
    pair.cloud.serve()
    until(lambda: pair.state()["waiting"]["readings"] < waited["readings"], "something goes out")
    began, first = time.monotonic(), pair.state()["waiting"]["readings"]
    edge, cloud = cpu_s(pair.edge.process.pid), cpu_s(pair.cloud.process.pid)
    half_s = None
    while left := pair.state()["waiting"]["readings"]:
        if half_s is None and left <= first / 2:
            half_s = time.monotonic() - began
        if time.monotonic() - began > PATIENCE_S:
            raise RuntimeError(f"waited in vain until all goes out: {pair.state()['fault']}")
        time.sleep(0.05)
    took = max(time.monotonic() - began, 1e-3)
    return {
        "waited_readings": waited["readings"], "waited_rows": rows, "seconds": round(took, 2),
        "first_half_s": None if half_s is None else round(half_s, 2), "readings_per_s": round(first / took),
        "edge_cores": round((cpu_s(pair.edge.process.pid) - edge) / took, 2),
        "cloud_cores": round((cpu_s(pair.cloud.process.pid) - cloud) / took, 2),
        "not_taken": pair.state()["waiting"]["refused"], "files_after": on_disk(pair.edge)["files"],
    }


def kept_whole(pair: Pair, acknowledged: dict) -> dict:
    """Whether all that the edge acknowledged, and nothing else, is in the cloud."""
    samples = {one["id"]: one["wave"]["samples"] for one in pair.ecgs}
    expected = {device: count * samples.get(device, 1) for device, count in acknowledged.items()}
    found = {device: pair.cloud.kept(device) for device in expected}
    return {
        "readings_acknowledged": sum(expected.values()), "readings_in_the_cloud": sum(found.values()),
        "devices_with_another_count": sum(found[device] != count for device, count in expected.items()),
    }


def main() -> None:
    build()
    pair, acknowledged = Pair(), {}
    try:
        until(pair.is_known, "the edge has the devices of its ward")
        settings = {
            "beds": BEDS, "signals_of_a_bed": len(SIGNALS), "ecgs": ECGS, "ecg_hz": ECG_HZ, "pieces_per_s": PIECES_PER_S,
            "messages_per_s": BEDS * len(SIGNALS) + ECGS * PIECES_PER_S, "steady_s": SECONDS, "closed_s": CLOSED_S,
            "loopback": True, "quick": QUICK, "yuanyi": version([str(pair.edge.program), "--version"]),
        }
        asked_at_first = asked_ms(pair)
        pair.cloud.stop()
        print("── a ward, once a second", flush=True)
        steady = load(pair, [*pair.signals, *pair.ecgs], ["--pace", "steady"], SECONDS, acknowledged)
        a_day = steady["bytes_per_message"] * settings["messages_per_s"] * DAY_S
        print("── signals, as fast as acknowledgements come", flush=True)
        closed = load(pair, pair.signals, ["--pace", "closed"], CLOSED_S, acknowledged)
        many = load(pair, pair.signals, ["--pace", "closed", "--in-flight", "32"], CLOSED_S, acknowledged)
        memory = peak_mb(pair.edge.process.pid)
        files = on_disk(pair.edge)["files"]
        print("── the cloud is there again", flush=True)
        drained = drain(pair)
        whole = kept_whole(pair, acknowledged)
    finally:
        pair.close()
    result = {
        "settings": settings,
        "steady": steady | {"gib_per_ward_day": round(a_day / 2**30, 3), "gib_in_three_days": round(3 * a_day / 2**30, 2)},
        "closed": closed, "closed_with_32_in_flight": many, "asked_ms_while_nothing_waits": asked_at_first,
        "edge_memory_peak_mib": round(memory, 1), "files_before_draining": files, "drained": drained, "kept": whole,
    }
    save("edge", result)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
