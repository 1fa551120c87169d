"""Fan-out of poses to 10 rooms of 50 people who move 20 times a second."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import requests

from measure import BUILT, PEERS, ROOT, TARGET, free_port, interleave, report, version, wait_for_port, words

ROOMS, PEOPLE, SECONDS, ROUNDS = 10, 50, 10, 5
# Where the load itself was later than this, the machine was too busy, and the round says nothing.
LATE_MS, LEAST_ROUNDS = 25, 3
LOAD = BUILT / "examples/rooms"
# What is compared with the peer.
KEPT = {
    "share_delivered", "deliveries_per_s", "delay_p50_ms", "delay_p99_ms", "cpu_s_per_million", "cores", "sender_late_p99_ms",
    "memory_mib",
}
PASSWORD = "bench-password-1"


class Yuanyi:
    """The demo hospital, with ten consultations for each round: a room is what two doctors are asked to."""

    program = BUILT / "yuanyi"
    kind = "merged"

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=TARGET))
        self.address = f"127.0.0.1:{free_port()}"
        self.log = open(self.folder / "log", "w+")
        command = [
            str(self.program), "demo", "--demo-password", PASSWORD, "--data", str(self.folder / "data"),
            "--demo-files", str(ROOT / "demo"), "--http", self.address, "--mqtt", "off", "--dicom", f"127.0.0.1:{free_port()}",
        ]
        # Two accounts stand for all who are in a room.
        environment = os.environ | {"YUANYI_ROOM_SEATS_EACH": str(PEOPLE)}
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.DEVNULL, env=environment)
        wait_for_line(self, "ready after")
        self.people = {who: self.sign_in(who) for who in ("li.terminal", "chen.expert")}

    def sign_in(self, user: str) -> requests.Session:
        session = requests.Session()
        session.headers["X-Yuanyi-Client"] = "1"
        answer = session.post(f"http://{self.address}/api/session", json={"user": user, "password": PASSWORD})
        answer.raise_for_status()
        # Nobody enters a room who has not agreed to the rules of conduct.
        conduct = f"http://{self.address}/api/conduct"
        agreed = session.post(conduct, json={"version": session.get(conduct).json()["version"]})
        agreed.raise_for_status()
        return session

    def rooms(self) -> list[str]:
        asking, asked = self.people.values()
        api = f"http://{self.address}/api"
        patient = asking.get(f"{api}/home").json()["patients"][0]["id"]
        scenario = f"{api}/scenarios/remote-consult"
        paths = []
        for _ in range(ROOMS):
            ask = {"patient": patient, "expert": "chen.expert", "reason": "bench"}
            case = asking.post(f"{scenario}/requests", json=ask)
            case.raise_for_status()
            case = case.json()
            asked.post(f"{scenario}/cases/{case['id']}/accept").raise_for_status()
            paths.append(f"/api/rooms/{case['room']}/socket")
        return paths

    def connections(self) -> list[str]:
        cookies = [f"yuanyi_session={one.cookies['yuanyi_session']}" for one in self.people.values()]
        return [f"{path} {cookies[seat % 2]}" for path in self.rooms() for seat in range(PEOPLE)]

    def close(self) -> None:
        close(self)
        shutil.rmtree(self.folder, ignore_errors=True)


class Bun:
    """A relay that passes on every pose as it comes."""

    folder = PEERS / "bun"
    program = folder / "node_modules/.bin/bun"
    kind = "relayed"

    def __init__(self):
        if not self.program.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["npm", "install", "--silent", "--prefix", str(self.folder), "bun@1"], check=True)
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        # The link starts another program, whose cost is the one to count.
        program = self.program.resolve()
        self.process = subprocess.Popen([program, ROOT / "bench/peers/relay.js", str(port)], stdout=subprocess.DEVNULL)
        wait_for_port(port)

    def connections(self) -> list[str]:
        return [f"/rooms/{room} none=0" for room in range(ROOMS) for _ in range(PEOPLE)]

    def close(self) -> None:
        close(self)


def wait_for_line(server: Yuanyi, line: str) -> None:
    until = time.monotonic() + 300
    while line not in pathlib.Path(server.log.name).read_text():
        if time.monotonic() > until or server.process.poll() is not None:
            raise RuntimeError("the demo hospital does not open")
        time.sleep(0.2)


def close(server) -> None:
    server.process.terminate()
    server.process.wait(timeout=60)


def contender(server):
    def run(_round: int) -> dict:
        command = [LOAD, server.kind, server.address, str(server.process.pid), str(SECONDS)]
        lines = "\n".join(server.connections()) + "\n"
        done = subprocess.run(command, input=lines, text=True, capture_output=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"the people in the rooms gave up: {done.stderr[-500:]}")
        found = json.loads(done.stdout)
        if found["people_lost"]:
            raise RuntimeError(f"{found['people_lost']} people were put out: {done.stderr[-500:]}")
        return {key: round(value, 4) for key, value in found.items() if key in KEPT}

    return run


def main() -> None:
    servers = {}
    try:
        servers["yuanyi"] = Yuanyi()
        servers["bun"] = Bun()
        figures = interleave(ROUNDS, {name: contender(server) for name, server in servers.items()})
    finally:
        for server in servers.values():
            server.close()
    sound = [number for number in range(ROUNDS) if all(
        rows[number]["sender_late_p99_ms"] <= LATE_MS for rows in figures.values())]
    if len(sound) < LEAST_ROUNDS:
        sys.exit(f"{len(sound)} of {ROUNDS} rounds kept time: this machine is too busy for a result")
    figures = {name: [rows[number] for number in sound] for name, rows in figures.items()}
    settings = {
        "rooms": ROOMS, "people": PEOPLE, "poses_per_s": 20, "seconds": SECONDS, "loopback": True,
        "yuanyi": version([str(Yuanyi.program), "--version"]) + ", a merged packet each tick of 50 ms",
        "bun": version([str(Bun.program), "--version"]) + ", a naive relay",
    }
    report("rooms", settings, figures, "yuanyi", "bun")


if __name__ == "__main__":
    words()
    main()
