"""The ward's page on a machine that also runs the hospital: 60 beds with five signals a second and eight ECGs, and
Chromium looking at them as a table, at one bed, and in 3D.

No peer shows the same, so absolute figures are kept. Values are invented; a heart rate tells by itself when it was sent,
so that it is known how old it is when it stands on the screen.
"""

import json
import math
import os
import statistics
import subprocess
import threading
import time

import paho.mqtt.client as paho
import requests

from hospital import NURSE, PASSWORD, Hospital
from measure import ROOT, cpu_s, peak_mb, rss_mb, save, version, words

BEDS, ECGS = int(os.environ.get("BENCH_BEDS", "60")), int(os.environ.get("BENCH_ECGS", "8"))
ECG_HZ, PIECES_PER_S = 500, 4
SECONDS, ROUNDS = (20, 1) if words("quick") else (30, 3)
# Heart rates go up by one each second and begin again: what one stands for is known for half a minute.
LEAST, STEPS = 60, 30


def ecg(hertz: int) -> list[float]:
    """A second of an invented trace at 60 beats a minute, in mV: bumps where P, Q, R, S and T would be."""
    waves = [(0.18, 0.12, 0.025), (0.36, -0.12, 0.01), (0.4, 1.1, 0.012), (0.44, -0.25, 0.012), (0.65, 0.3, 0.045)]
    seconds = [n / hertz for n in range(hertz)]
    return [round(sum(high * math.exp(-(((t - at) / wide) ** 2)) for at, high, wide in waves), 3) for t in seconds]


class Monitor:
    """A bedside monitor: five signals a second in one message, some with an ECG in pieces."""

    def __init__(self, hospital: Hospital, bed: int):
        self.device, self.bed, self.has_ecg = f"monitor-{bed}", f"bed-{bed}", bed < ECGS
        token = hospital.register(self.device, bed)
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=self.device, protocol=paho.MQTTv5)
        self.client.username_pw_set(self.device, token)
        self.client.on_publish = self.acknowledged
        self.client.connect("127.0.0.1", hospital.mqtt, keepalive=600)
        self.client.loop_start()
        # When each heart rate was sent last, and how many messages were acknowledged.
        self.sent_ms, self.taken, self.second, self.began_ms = {}, 0, 0, 0

    def acknowledged(self, *_) -> None:
        self.taken += 1

    def publish(self, stream: str, payload) -> None:
        self.client.publish(f"yuanyi/v1/{self.device}/{stream}", json.dumps(payload, separators=(",", ":")), qos=1)

    def vitals(self) -> None:
        now = int(time.time() * 1000)
        rate = LEAST + (self.second + int(self.bed[4:])) % STEPS
        values = [("147842", rate, "/min"), ("150456", 97, "%"), ("149530", rate, "/min"), ("151562", 15, "/min"), ("150364", 36.9, "Cel")]
        self.sent_ms.setdefault(rate, []).append(now)
        self.publish("vitals", [{"t": now, "code": code, "value": value, "unit": unit} for code, value, unit in values])
        self.second += 1

    def piece(self, trace: list[float], number: int) -> None:
        length = ECG_HZ // PIECES_PER_S
        start = number % PIECES_PER_S * length
        # The monitor's own sampling runs even: the first piece ends now, and each begins where the last one ended.
        self.began_ms = self.began_ms or int(time.time() * 1000) - 1000 // PIECES_PER_S
        at = self.began_ms + number * 1000 // PIECES_PER_S
        self.publish("ecg-ii", {"t": at, "code": "131330", "value": trace[start:start + length], "period_ms": 1000 / ECG_HZ, "unit": "mV"})


class Senders(threading.Thread):
    """Has all monitors send, none in step with another."""

    def __init__(self, monitors: list[Monitor]):
        super().__init__(daemon=True)
        self.monitors, self.over, self.late_ms = monitors, threading.Event(), []

    def run(self) -> None:
        trace = ecg(ECG_HZ)
        begin = time.monotonic() + 0.2
        due = [(begin + place / len(self.monitors), 1.0, one.vitals, ()) for place, one in enumerate(self.monitors)]
        due += [
            (begin + place / ECGS / PIECES_PER_S, 1 / PIECES_PER_S, one.piece, (trace,))
            for place, one in enumerate(self.monitors) if one.has_ecg
        ]
        number = [0] * len(due)
        while not self.over.is_set():
            place = min(range(len(due)), key=lambda place: due[place][0])
            at, period, send, first = due[place]
            time.sleep(max(0.0, at - time.monotonic()))
            self.late_ms.append((time.monotonic() - at) * 1000)
            send(*first, number[place]) if first else send()
            number[place] += 1
            due[place] = (at + period, period, send, first)


def quantiles(values: list[float]) -> dict:
    if not values:
        return {"n": 0}
    ordered = sorted(values)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)  # noqa: E731
    return {"n": len(ordered), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "most_ms": round(ordered[-1], 1)}


def ages(monitors: list[Monitor], shown: list[dict]) -> list[float]:
    """How old each heart rate was when it stood on the screen."""
    by_bed = {one.bed: one.sent_ms for one in monitors}
    found = []
    for picture in shown:
        for bed, rate in picture["changes"]:
            sent = [at for at in by_bed[bed].get(rate, []) if at <= picture["at_ms"]]
            if sent:
                found.append(picture["at_ms"] - sent[-1])
    return found


def look(hospital: Hospital, monitors: list[Monitor]) -> dict:
    """A round: the nurse looks at the ward."""
    session = requests.post(
        f"{hospital.base}/api/session", json={"user": NURSE, "password": PASSWORD.decode()}, headers={"X-Yuanyi-Client": "1"},
    )
    session.raise_for_status()
    address = f"127.0.0.1:{hospital.http}"
    command = ["node", ROOT / "bench/ward/screen.mjs", address, "ward-0", "bed-0", SECONDS, hospital.process.pid]
    done = subprocess.run(
        [str(part) for part in command], input=session.cookies["yuanyi_session"], text=True, stdout=subprocess.PIPE,
        cwd=ROOT, timeout=1800,
    )
    if done.returncode != 0:
        raise RuntimeError("the browser gave up")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    views = found["views"]
    return {
        "settings": found["settings"],
        "views": {name: view["figures"] for name, view in views.items()},
        "sent_to_screen": quantiles(ages(monitors, views["table"]["seen"]["heartRates"])),
        "wave_sent_to_browser": quantiles([one["age_ms"] for one in views["bed"]["seen"]["waves"]]),
    }


def middle(rounds: list, *path: str) -> dict:
    """Medians of the figures at a place of each round."""
    rows = []
    for one in rounds:
        for step in path:
            one = one[step]
        rows.append(one)
    return {key: round(statistics.median(row[key] for row in rows), 3) for key in rows[0]}


def main() -> None:
    hospital = Hospital()
    try:
        hospital.fill(BEDS)
        monitors = [Monitor(hospital, bed) for bed in range(BEDS)]
        # Without anybody looking first, so that it is known what looking costs.
        senders = Senders(monitors)
        senders.start()
        time.sleep(5)
        before = cpu_s(hospital.process.pid)
        time.sleep(SECONDS)
        unwatched = (cpu_s(hospital.process.pid) - before) / SECONDS
        rounds = []
        for number in range(ROUNDS):
            rounds.append(look(hospital, monitors))
            print(f"  round {number + 1}/{ROUNDS}: {json.dumps(rounds[-1]['sent_to_screen'])}", flush=True)
        senders.over.set()
        senders.join()
        time.sleep(2)
        taken = sum(one.taken for one in monitors)
        memory = {"memory_mib": rss_mb(hospital.process.pid), "memory_peak_mib": peak_mb(hospital.process.pid)}
        program = version([str(hospital.program), "--version"])
    finally:
        hospital.close()
    result = {
        "settings": {
            "beds": BEDS, "signals_of_a_bed": 5, "signals_hz": 1, "ecgs": ECGS, "ecg_hz": ECG_HZ, "pieces_per_s": PIECES_PER_S,
            "seconds_of_a_view": SECONDS, "rounds": ROUNDS, "loopback": True, "yuanyi": program, **rounds[0]["settings"],
        },
        "medians": {
            "views": {name: middle(rounds, "views", name) for name in rounds[0]["views"]},
            "sent_to_screen": middle(rounds, "sent_to_screen"), "wave_sent_to_browser": middle(rounds, "wave_sent_to_browser"),
        },
        "server_cores_unwatched": round(unwatched, 4), "server": {key: round(value, 1) for key, value in memory.items()},
        "messages": len(senders.late_ms), "acknowledged": taken, "sender_late": quantiles(senders.late_ms), "rounds": rounds,
    }
    save("ward", result)
    print(json.dumps({key: value for key, value in result.items() if key != "rounds"}, indent=2))


if __name__ == "__main__":
    main()
