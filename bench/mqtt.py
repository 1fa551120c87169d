"""Devices that send over MQTT at QoS 1, one who listens to all, and what the server takes for it: a thousand devices
once a second, as fast as acknowledgements come, and growth to ten thousand, drawn.

The hospital checks, keeps on disk, and watches by its rules before it acknowledges; a broker passes on. Both must have
told the listener everything that they acknowledged, once.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

from hospital import BEDS_OF_WARD, SIGNALS, Hospital, lines  # noqa: E402
from measure import (  # noqa: E402
    PEERS, ROOT, cpu_s, free_port, interleave, medians, rss_mb, save, version, wait_for_port,
    words,
)

# `quick` is for a first look, or a machine that is not one's own for long.
QUICK = bool(words("quick"))
DEVICES, ROUNDS = int(os.environ.get("BENCH_DEVICES", "1000")), 3 if QUICK else 5
STEADY_S, CLOSED_S = (10, 6) if QUICK else (20, 10)
GROWTH = [int(size) for size in os.environ.get("BENCH_GROWTH", "100,300,1000,3000,10000").split(",") if size]
GROWTH_ROUNDS, GROWTH_S = int(os.environ.get("BENCH_GROWTH_ROUNDS", "1" if QUICK else "3")), 8 if QUICK else 15
# Where the devices themselves were later than this, the machine was too busy, and the round says nothing of delays.
LATE_MS = 25
# Once a second; as fast as acknowledgements come; the same with so many under way from each device; and the first of
# these where nobody listens, so that a broker throws all away.
IN_FLIGHT = 32
PACES = {
    "steady": ["--pace", "steady"], "closed": ["--pace", "closed"],
    "many": ["--pace", "closed", "--in-flight", str(IN_FLIGHT)], "unheard": ["--pace", "closed", "--unheard"],
}
WARM_UP_S = 3
COMPARED = ["ack_p50_ms", "ack_p99_ms", "acknowledged_per_s", "heard_per_s", "memory_mib", "cpu_us_per_message"]
LOAD = PEERS / "mqtt-load/release/mqtt-load"
PICTURE = ROOT / "docs/images/mqtt-growth.png"
MOSQUITTO = ["mosquitto", "libcjson1", "libdlt2", "libmosquitto1", "libwebsockets17", "libwrap0"]
MOSQUITTO_CONF = """
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 0
max_inflight_messages 0
persistence true
persistence_location {folder}/
log_dest none
"""
RUMQTTD_CONF = """
id = 0
[router]
id = 0
max_connections = 20010
max_outgoing_packet_count = 1000
max_segment_size = 104857600
max_segment_count = 10
[v4.1]
name = "v4-1"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 20480
max_inflight_count = 1000
dynamic_filters = true
"""


class Yuanyi:
    """The hospital: devices with tokens, five to a bed with a patient in it, rules and storage on."""

    name = "yuanyi"

    def __init__(self):
        self.hospital = Hospital()
        self.process, self.address = self.hospital.process, f"127.0.0.1:{self.hospital.mqtt}"
        self.known: list[dict] = []
        self.acknowledged: dict[str, list[int]] = {}
        self.token = self.hospital.bearer("bench.importer")

    def devices(self, count: int) -> list[dict]:
        if count > len(self.known):
            began = time.monotonic()
            self.known += self.hospital.devices(range(len(self.known), count))
            print(f"  {count} devices registered, {time.monotonic() - began:.0f} s", flush=True)
        return self.known[:count]

    def listener(self) -> dict:
        return {"id": "listener", "user": "bench.importer", "password": self.token, "filter": "yuanyi/v1/#"}

    def note(self, devices: list[dict], times: pathlib.Path) -> None:
        for line in times.read_text().splitlines():
            place, at = line.split()
            self.acknowledged.setdefault(devices[int(place)]["id"], []).append(int(at))

    def close(self) -> None:
        self.hospital.close()


class Broker:
    """What a broker has in common with another: nobody has to show anything, and nothing is to be known of devices."""

    def devices(self, count: int) -> list[dict]:
        found = []
        for number in range(count):
            stream, code, unit, middle, swing = SIGNALS[number % len(SIGNALS)]
            found.append({
                "id": f"dev-{number}", "password": "x", "topic": f"yuanyi/v1/dev-{number}/{stream}",
                "code": code, "unit": unit, "middle": middle, "swing": swing,
            })
        return found

    def listener(self) -> dict:
        return {"id": "listener", "user": "listener", "password": "x", "filter": "yuanyi/v1/#"}

    def note(self, devices: list[dict], times: pathlib.Path) -> None:
        pass

    def start(self, command: list, folder: pathlib.Path, port: int, **more) -> None:
        self.address = f"127.0.0.1:{port}"
        self.log = open(folder / "log", "w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=folder, **more)
        wait_for_port(port)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()


class Mosquitto(Broker):
    name = "mosquitto"
    folder = PEERS / "mosquitto"
    program = folder / "root/usr/sbin/mosquitto"

    def __init__(self):
        if not self.program.exists():
            # Unpacked and not installed: an installed one would run as a service.
            self.folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["apt-get", "download", *MOSQUITTO], cwd=self.folder, check=True)
            for package in self.folder.glob("*.deb"):
                subprocess.run(["dpkg", "-x", package, self.folder / "root"], check=True)
        self.kept = tempfile.TemporaryDirectory(prefix="bench-mosquitto-")
        folder, port = pathlib.Path(self.kept.name), free_port()
        settings = folder / "conf"
        settings.write_text(MOSQUITTO_CONF.format(port=port, folder=folder))
        self.version = version([*self.with_libraries(), str(self.program), "-h"])
        self.start([*self.with_libraries(), self.program, "-c", settings], folder, port)

    def with_libraries(self) -> list[str]:
        found = ":".join(str(one.parent) for one in self.folder.glob("root/**/*.so.*"))
        return ["env", f"LD_LIBRARY_PATH={found}"]


class Rumqttd(Broker):
    name = "rumqttd"
    version = "0.20.0"
    folder = PEERS / "rumqttd"
    program = folder / "bin/rumqttd"

    def __init__(self):
        if not self.program.exists():
            # Not by its own lock file: what that names of `metrics` does not compile any more.
            install = ["cargo", "install", "rumqttd", "--version", self.version, "--root", self.folder]
            subprocess.run([*install, "--target-dir", PEERS / "rumqttd-build"], check=True)
        self.kept = tempfile.TemporaryDirectory(prefix="bench-rumqttd-")
        folder, port = pathlib.Path(self.kept.name), free_port()
        settings = folder / "conf.toml"
        settings.write_text(RUMQTTD_CONF.format(port=port))
        self.start([self.program, "--config", settings], folder, port)


SERVERS = (Yuanyi, Mosquitto, Rumqttd)


class Memory(threading.Thread):
    """The most memory that a process has while this runs, in MiB."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = pid, 0.0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, rss_mb(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def load(server, devices: list[dict], pace: str, seconds: int) -> dict:
    """Has devices send for so long, steady, closed or unheard; what became of it, and what it cost the server."""
    with tempfile.TemporaryDirectory(prefix="bench-mqtt-") as folder:
        times = pathlib.Path(folder) / "times"
        command = [
            LOAD, "--address", server.address, "--seconds", str(seconds), "--acknowledged", times, *PACES[pace],
            "--warm-up", str(WARM_UP_S + len(devices) // 1000),
        ]
        before = cpu_s(server.process.pid)
        with Memory(server.process.pid) as memory:
            done = subprocess.run(
                command, input=lines(server.listener(), devices), text=True, capture_output=True, timeout=1200,
            )
        if done.returncode != 0:
            raise RuntimeError(f"the devices of {server.name} gave up: {done.stderr[-800:]}")
        found = json.loads(done.stdout)
        if found["devices_lost"]:
            raise RuntimeError(f"{server.name} put devices out: {done.stderr[-800:]}")
        server.note(devices, times)
    cost = cpu_s(server.process.pid) - before
    if found["listener_lost"]:
        print(f"  {server.name} put the listener out: {found['listener_lost']}", flush=True)
    found |= {
        "listener_lost": int(found["listener_lost"] is not None),
        "memory_mib": memory.most,
        "cpu_us_per_message": cost / max(found["acknowledged"], 1) * 1e6,
    }
    return {key: round(value, 4) for key, value in found.items()}


def contender(server, count: int, pace: str, seconds: int):
    devices = server.devices(count)
    return lambda _round: load(server, devices, pace, seconds)


def kept_whole(yuanyi: Yuanyi) -> dict:
    """Whether each acknowledged reading, and no other, is in the record, also after the hospital was killed."""
    hospital = yuanyi.hospital
    hospital.crash()
    yuanyi.process = hospital.process
    acknowledged, kept, wrong = 0, 0, []
    for device, times in yuanyi.acknowledged.items():
        count = hospital.kept(device)
        acknowledged, kept = acknowledged + len(times), kept + count
        if count != len(times):
            wrong.append(device)
    # One by one where it takes no hours.
    looked_at = list(yuanyi.acknowledged)[:: max(1, len(yuanyi.acknowledged) // 50)]
    differing = [one for one in looked_at if sorted(yuanyi.acknowledged[one]) != sorted(hospital.times(one))]
    return {
        "acknowledged": acknowledged, "kept": kept, "devices_with_another_count": len(wrong),
        "devices_compared_reading_by_reading": len(looked_at), "of_these_different": len(differing),
    }


def rules_saw(yuanyi: Yuanyi) -> dict:
    """That rules looked at what came: beds whose newest values are of the last seconds, by the ward's own view."""
    beds, fresh = 0, 0
    for number in range((yuanyi.hospital.beds - 1) // BEDS_OF_WARD + 1):
        for bed in yuanyi.hospital.ward(number)["beds"]:
            beds += 1
            fresh += len([one for one in bed["vitals"] if one["fresh"]]) == len(SIGNALS)
    missed = sum("too fast for the wards" in line for line in yuanyi.hospital.said().splitlines())
    return {"beds": beds, "beds_with_all_signals_fresh": fresh, "times_readings_came_too_fast_for_rules": missed}


def growth() -> list[dict]:
    """Once a second by more and more devices, at servers that knew nobody before."""
    rows, servers = [], []
    try:
        servers += [kind() for kind in SERVERS]
        for size in GROWTH:
            runs = {server.name: contender(server, size, "steady", GROWTH_S) for server in servers}
            for name, figures in interleave(GROWTH_ROUNDS, runs).items():
                rows.append({"devices": size, "server": name, **medians(figures)})
    finally:
        for server in servers:
            server.close()
    return rows


def draw(rows: list[dict]) -> None:
    figure, axes = pyplot.subplots(1, 3, figsize=(13, 4.2))
    shown = [
        ("ack_p99_ms", "acknowledged after, 99 of 100, ms"), ("memory_mib", "memory, MiB"),
        ("cpu_us_per_message", "processor time a message, µs"),
    ]
    marks = {"yuanyi": "o", "mosquitto": "s", "rumqttd": "D"}
    for axis, (key, words) in zip(axes, shown):
        for server, mark in marks.items():
            of = [row for row in rows if row["server"] == server]
            axis.plot([row["devices"] for row in of], [row[key] for row in of], marker=mark, label=server)
        axis.set(xscale="log", yscale="log", xlabel="devices at one reading a second", title=words)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    figure.tight_layout()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    print(PICTURE)


def ratios(found: dict) -> dict:
    """Of Yuanyi to each peer, in the same run."""
    ours = found["yuanyi"]
    return {
        f"yuanyi/{peer}": {key: round(ours[key] / theirs[key], 3) for key in COMPARED if theirs.get(key)}
        for peer, theirs in found.items() if peer != "yuanyi"
    }


def build() -> None:
    manifest = ROOT / "bench/mqtt/Cargo.toml"
    target = ["--target-dir", PEERS / "mqtt-load"]
    subprocess.run(["cargo", "build", "--release", "--quiet", "--manifest-path", manifest, *target], check=True)


def main() -> None:
    build()
    servers = []
    try:
        servers += [kind() for kind in SERVERS]
        yuanyi = servers[0]
        figures, rules = {}, {}
        for pace in PACES:
            seconds = STEADY_S if pace == "steady" else CLOSED_S
            print(f"── {DEVICES} devices, {pace}", flush=True)
            runs = {server.name: contender(server, DEVICES, pace, seconds) for server in servers}
            figures[pace] = interleave(ROUNDS, runs)
            load(yuanyi, yuanyi.devices(DEVICES), "steady", 5)
            rules[pace] = rules_saw(yuanyi)
        whole = kept_whole(yuanyi)
    finally:
        for server in servers:
            server.close()
    print("── growth", flush=True)
    grown = growth()
    if grown:
        draw(grown)
    found = {pace: {who: medians(rows) for who, rows in of.items()} for pace, of in figures.items()}
    result = {
        "settings": {
            "devices": DEVICES, "signals_of_a_bed": len(SIGNALS), "steady_s": STEADY_S, "closed_s": CLOSED_S,
            "in_flight": 1, "in_flight_of_many": IN_FLIGHT, "loopback": True, "listeners": 1, "quick": QUICK,
            "yuanyi": version([str(yuanyi.hospital.program), "--version"])
            + ", tokens, rules of every bed, each reading on disk before it is acknowledged",
            "mosquitto": servers[1].version + ", anonymous, TCP_NODELAY, no limit of its queues; keeps nothing on disk before it acknowledges",
            "rumqttd": servers[2].version + ", anonymous; keeps nothing on disk",
        },
        "medians": found, "ratio": {pace: ratios(of) for pace, of in found.items()},
        "too_busy": {
            who: sum(row["sender_late_p99_ms"] > LATE_MS for row in rows) for who, rows in figures["steady"].items()
        },
        "rules": rules, "kept_after_a_kill": whole, "growth": grown, "rounds": figures,
    }
    save("mqtt", result)
    print(json.dumps({key: result[key] for key in ("settings", "medians", "ratio", "too_busy", "rules", "kept_after_a_kill")}, indent=2))


if __name__ == "__main__":
    main()
