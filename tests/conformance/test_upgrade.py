"""Upgrades of devices: packages, staged roll-outs, and devices that install, fail, go back; over the public doors."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

import pytest
import requests

from conftest import ROOT
from test_mqtt import Client, Ward, now_ms

RECORDING = ROOT / "demo/devices/icu-s25047.json"
KIND = "bedside-monitor"
QUICK = {"stages": [{"devices": 1}, {"percent": 50}, {"percent": 100}], "answer_within_s": 60, "watch_s": 3,
         "most_failed": 0}


class Devices(Ward):
    """A hospital with simulated devices that can be upgraded."""

    def __init__(self, folder: pathlib.Path, **settings: object):
        self.running: list[subprocess.Popen] = []
        super().__init__(folder, **settings)
        self.put_user("technician", "technician")
        self.folder = folder.parent
        # What is signed with the hospital's own key.
        self.trust = self.call("GET", "/api/devices/packages").json()["publishers"][0]

    def call(self, method: str, path: str, user: str = "technician", **more):
        header = {"Authorization": f"Bearer {self.bearer(user)}"}
        return requests.request(method, self.base + path, headers=header, timeout=60, **more)

    def simulate(self, device: str, token: str, **more: str) -> None:
        command = [self.program, "device", "simulate", str(RECORDING), "--device", device, "--token", token,
                   "--mqtt", f"127.0.0.1:{self.mqtt}", "--http", self.base, "--trust", self.trust,
                   "--memory", str(self.folder / f"{device}.json")]
        for name, value in more.items():
            command += [f"--{name}", value]
        self.running.append(subprocess.Popen(command, stdout=self.log, stderr=self.log))

    def ward_of(self, prefix: str, count: int) -> list[str]:
        """Registers devices and switches them on; waits until each says what runs on it."""
        names = [f"{prefix}-{n}" for n in range(count)]
        for name in names:
            self.simulate(name, self.add(name, KIND))
        self.until(lambda: all(self.software(name) == "1.0.0" for name in names))
        return names

    def software(self, device: str):
        return (self.quality(device)["state"] or {}).get("software")

    def until(self, holds, seconds: float = 120):
        """Waits until something holds; what it is then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = holds()
            if found:
                return found
            time.sleep(0.3)
        raise AssertionError("it did not come about: " + json.dumps(self.call("GET", "/api/devices/rollouts").json()))

    def pack(self, program: dict | bytes, version: str, *key: str, contents="software", kind=KIND) -> bytes:
        source, made = self.folder / "source", self.folder / "package"
        source.write_bytes(program if isinstance(program, bytes) else json.dumps(program).encode())
        command = [self.program, "device", "pack", str(source), "--contents", contents, "--profile", kind,
                   "--version", version, "--news-en", "Mends what was wrong", "--news-zh", "修复问题", "--out", str(made)]
        subprocess.run(command + (list(key) or ["--data", str(self.data)]), check=True, capture_output=True)
        return made.read_bytes()

    def publish(self, package: bytes) -> str:
        taken = self.call("POST", "/api/devices/packages", data=package)
        assert taken.status_code == 201, taken.text
        return taken.json()["id"]

    def begin(self, package: str, devices: list[str], **more):
        body = {"package": package, "devices": devices, "plan": QUICK} | more
        begun = self.call("POST", "/api/devices/rollouts", json=body)
        assert begun.status_code == 201, begun.text
        return begun.json()["id"]

    def rollout(self, id: str) -> dict:
        return self.call("GET", f"/api/devices/rollouts/{id}").json()

    def act(self, id: str, act: str, **more):
        return self.call("POST", f"/api/devices/rollouts/{id}/act", json={"act": act} | more)

    def close(self) -> None:
        for one in self.running:
            one.kill()
            one.wait()
        self.process.terminate()
        self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def devices():
    with tempfile.TemporaryDirectory(prefix="yuanyi-upgrade-") as folder:
        data = pathlib.Path(folder) / "data"
        data.mkdir()
        running = Devices(data)
        yield running
        running.close()


def standings(rollout: dict) -> dict[str, str]:
    return {member["device"]: member["standing"] for member in rollout["members"]}


def test_a_package_reaches_one_device_then_some_then_all_and_is_taken_back(devices):
    names = devices.ward_of("go", 4)
    package = devices.publish(devices.pack({}, "1.1.0"))
    before = devices.ledger()
    rollout = devices.begin(package, names)
    asked = []

    def is_over():
        now = devices.rollout(rollout)
        count = sum(member["orders"] > 0 for member in now["members"])
        if count not in asked:
            asked.append(count)
        return now["standing"] == "done" and now

    over = devices.until(is_over)
    assert asked == [1, 2, 4]
    assert [step["what"] for step in over["steps"]] == ["began", "next-stage", "next-stage", "done"]
    assert {devices.software(name) for name in names} == {"1.1.0"}
    # Each order and each step is in the ledger.
    assert devices.ledger() > before + 4 + 4

    # One act takes all of it back.
    assert devices.act(rollout, "roll-back", why="to see that it can").status_code == 200
    devices.until(lambda: devices.rollout(rollout)["standing"] == "rolled-back")
    assert {devices.software(name) for name in names} == {"1.0.0"}
    assert devices.act(rollout, "roll-back").status_code == 409


def test_a_device_that_fails_halts_the_rollout_before_the_next_stage(devices):
    names = devices.ward_of("halt", 4)
    package = devices.publish(devices.pack({"fails_on": ["halt-1"], "reason": "the pump does not turn"}, "1.1.1"))
    rollout = devices.begin(package, names)
    halted = devices.until(lambda: (now := devices.rollout(rollout))["standing"] == "halted" and now)
    assert standings(halted) == {"halt-0": "healthy", "halt-1": "failed", "halt-2": "waiting", "halt-3": "waiting"}
    # It halted by itself, and says why; the device went back by itself.
    last = halted["steps"][-1]
    assert last["by"] is None and "halt-1" in last["why"]["en"] and "the pump does not turn" in last["why"]["en"]
    assert devices.software("halt-1") == "1.0.0"
    assert [devices.software(name) for name in names[2:]] == ["1.0.0", "1.0.0"]

    # A technician looks at it and lets it go on.
    assert devices.act(rollout, "go-on").status_code == 200
    over = devices.until(lambda: (now := devices.rollout(rollout))["standing"] == "done" and now)
    assert standings(over) == {"halt-0": "healthy", "halt-1": "failed", "halt-2": "healthy", "halt-3": "healthy"}


def test_a_device_that_falls_ill_while_it_is_watched_halts_it_too(devices):
    names = devices.ward_of("ill", 2)
    package = devices.publish(devices.pack({"faulty_on": ["ill-0"], "reason": "sensor 2 is dry"}, "1.1.2"))
    rollout = devices.begin(package, names)
    halted = devices.until(lambda: (now := devices.rollout(rollout))["standing"] == "halted" and now)
    assert standings(halted) == {"ill-0": "failed", "ill-1": "waiting"}
    assert "sensor 2 is dry" in halted["steps"][-1]["why"]["en"]
    assert devices.act(rollout, "roll-back").status_code == 200
    devices.until(lambda: devices.rollout(rollout)["standing"] == "rolled-back")
    assert devices.software("ill-0") == "1.0.0"
    assert standings(devices.rollout(rollout)) == {"ill-0": "back", "ill-1": "left-out"}


def test_what_nobody_trusted_signed_is_refused_and_seen(devices):
    good = devices.pack({}, "1.2.0")
    key = devices.folder / "stranger.key"
    stranger = devices.pack({}, "1.2.0", "--key", str(key), "--publisher", "stranger.example")
    changed = good.replace(b'"version":"1.2.0"', b'"version":"9.2.0"')
    before = devices.ledger()
    for bad in (stranger, changed, good + b" ", good[:-1], b"", b"no package"):
        refused = devices.call("POST", "/api/devices/packages", data=bad)
        assert refused.status_code == 422, refused.text
    assert devices.ledger() >= before + 6
    seen = devices.call("GET", "/api/devices/packages").json()
    assert len(seen["refused"]) >= 6 and all(one["by"] == "technician" for one in seen["refused"])
    assert not any(package["version"] in ("1.2.0", "9.2.0") for package in seen["packages"])


def test_a_device_checks_the_signature_itself(devices):
    """The hospital trusts its own key; this device trusts another one only."""
    other = subprocess.run([devices.program, "device", "key", str(devices.folder / "other.key"), "--publisher",
                            "other.example"], check=True, capture_output=True, text=True).stdout.strip()
    token = devices.add("wary-0", KIND)
    trust, devices.trust = devices.trust, other
    devices.simulate("wary-0", token)
    devices.trust = trust
    devices.until(lambda: devices.software("wary-0") == "1.0.0")
    rollout = devices.begin(devices.publish(devices.pack({}, "1.3.0")), ["wary-0"])
    halted = devices.until(lambda: (now := devices.rollout(rollout))["standing"] == "halted" and now)
    assert "trust the package" in halted["members"][0]["why"]["en"]
    assert devices.software("wary-0") == "1.0.0"
    devices.act(rollout, "roll-back")
    devices.until(lambda: devices.rollout(rollout)["standing"] == "rolled-back")


def test_who_may_not_and_what_is_not_there(devices):
    package = devices.pack({}, "1.4.0")
    for user in ("nurse", "admin"):
        assert devices.call("POST", "/api/devices/packages", user, data=package).status_code == 403
        body = {"package": "0" * 64}
        assert devices.call("POST", "/api/devices/rollouts", user, json=body).status_code == 403
        assert devices.call("POST", "/api/devices/rollouts/r-1/act", user, json={"act": "halt"}).status_code == 403
    id = devices.publish(package)
    start = lambda body: devices.call("POST", "/api/devices/rollouts", json=body)
    assert start({"package": "0" * 64}).status_code == 404
    unknown = start({"package": id, "devices": ["nobody-1"]})
    assert unknown.status_code == 404, unknown.text
    devices.add("scale-1", "scale")
    assert start({"package": id, "devices": ["scale-1"]}).status_code == 422
    assert start({"package": id, "plan": {"stages": [{"percent": 10}]}}).status_code == 409
    assert devices.call("GET", "/api/devices/rollouts/r-none").status_code == 404
    # Nobody but a device of a roll-out fetches its bytes; a person's token is none of a device.
    path = f"/api/devices/packages/{id}/bytes"
    assert devices.call("GET", path).status_code == 401
    token = devices.add("idle-1", KIND)
    header = {"Authorization": f"Bearer {token}"}
    assert requests.get(devices.base + path, headers=header, timeout=30).status_code == 404
    assert requests.get(devices.base + path, timeout=30).status_code == 401


def test_a_device_is_in_one_rollout_at_a_time_and_old_software_is_not_rolled_out(devices):
    names = devices.ward_of("one", 1)
    newer, older = devices.publish(devices.pack({}, "1.6.0")), devices.publish(devices.pack({}, "1.0.0"))
    rollout = devices.begin(newer, names, plan=QUICK | {"watch_s": 600})
    again = devices.call("POST", "/api/devices/rollouts", json={"package": newer, "devices": names})
    assert again.status_code == 409 and rollout in again.json()["detail"]
    assert devices.act(rollout, "halt", why="enough for today").status_code == 200
    assert devices.rollout(rollout)["steps"][-1]["why"]["en"] == "enough for today"
    devices.act(rollout, "roll-back")
    devices.until(lambda: devices.rollout(rollout)["standing"] == "rolled-back")
    refused = devices.call("POST", "/api/devices/rollouts", json={"package": older, "devices": names})
    assert refused.status_code == 422 and "newer" in refused.json()["detail"]


def test_a_server_that_is_killed_in_the_middle_loses_nothing(devices):
    names = devices.ward_of("kill", 3)
    package = devices.publish(devices.pack({}, "1.7.0"))
    rollout = devices.begin(package, names, plan=QUICK | {"watch_s": 4})
    devices.until(lambda: standings(devices.rollout(rollout))["kill-0"] in ("watched", "healthy"))
    devices.kill()
    devices.open()
    now = devices.rollout(rollout)
    assert now["standing"] == "running" and standings(now)["kill-0"] in ("watched", "healthy")
    assert package in [one["id"] for one in devices.call("GET", "/api/devices/packages").json()["packages"]]
    over = devices.until(lambda: (now := devices.rollout(rollout))["standing"] == "done" and now, 180)
    assert set(standings(over).values()) == {"healthy"}
    # Each device was told once.
    for name in names:
        commands = devices.call("GET", f"/api/devices/{name}/commands").json()["commands"]
        assert [one["command"] for one in commands] == ["install"]


def test_a_device_that_is_switched_off_hears_of_it_when_it_comes(devices):
    token = devices.add("late-0", KIND)
    rollout = devices.begin(devices.publish(devices.pack({}, "1.8.0")), ["late-0"])
    time.sleep(2)
    assert standings(devices.rollout(rollout)) == {"late-0": "asked"}
    devices.simulate("late-0", token)
    devices.until(lambda: devices.rollout(rollout)["standing"] == "done")
    assert devices.software("late-0") == "1.8.0"


def test_a_profile_goes_out_in_stages_says_so_in_its_readings_and_comes_back(devices):
    text = (ROOT / "crates/devices/profiles/pulse-oximeter.toml").read_text(encoding="utf-8")
    # The second version holds less of what an oximeter of this kind shows to be true.
    second = text.replace("version = 1", "version = 2", 1).replace("range = [0, 350]", "range = [20, 300]", 1)
    assert second != text
    kind = {"contents": "profile", "kind": "pulse-oximeter"}
    package = devices.publish(devices.pack(second.encode(), "2", **kind))
    tokens = {name: devices.add(name, "pulse-oximeter") for name in ("ox-0", "ox-1")}
    clients = {name: Client(devices, name, token) for name, token in tokens.items()}

    def measure(name: str, value: float):
        body = {"t": now_ms(), "code": "149530", "value": value, "unit": "/min"}
        return clients[name].send(f"yuanyi/v1/{name}/pulse", body)

    def marks(name: str) -> list[list[str]]:
        series = devices.get(f"/api/devices/{name}/streams", "nurse")
        path = f"/api/devices/{name}/streams/{series[0]['series']}?readings=100"
        span = devices.get(path, "nurse")
        return [[mark["code"] + mark.get("text", "") for mark in one.get("marks", [])] for one in span["readings"]]

    version = lambda name: devices.device(name)["profile"]["version"]
    assert not measure("ox-0", 10).is_failure and not measure("ox-1", 71).is_failure
    plan = {"stages": [{"devices": 1}, {"percent": 100}], "answer_within_s": 30, "watch_s": 2, "most_failed": 0}
    rollout = devices.begin(package, list(tokens), plan=plan)
    devices.until(lambda: version("ox-0") == 2)
    assert version("ox-1") == 1
    # It is read by the second version now, which refuses what the first took: the roll-out halts by itself.
    assert not measure("ox-0", 72).is_failure
    assert measure("ox-0", 10).is_failure
    halted = devices.until(lambda: (now := devices.rollout(rollout))["standing"] == "halted" and now)
    assert "refused" in halted["steps"][-1]["why"]["en"]
    assert version("ox-1") == 1
    assert not measure("ox-1", 10).is_failure
    assert marks("ox-0") == [[], ["profile2"]]
    assert marks("ox-1") == [[], []]

    assert devices.act(rollout, "roll-back").status_code == 200
    devices.until(lambda: devices.rollout(rollout)["standing"] == "rolled-back")
    assert version("ox-0") == 1
    assert not measure("ox-0", 11).is_failure
    assert marks("ox-0") == [[], ["profile2"], []]

    # The same version again, and all goes well.
    again = devices.begin(package, list(tokens), plan=plan)
    def goes_on():
        for name in tokens:
            measure(name, 70)
        return devices.rollout(again)["standing"] == "done"
    devices.until(goes_on)
    assert (version("ox-0"), version("ox-1")) == (2, 2)
    for client in clients.values():
        client.paho.disconnect()
    # After a restart they are read by it still.
    devices.kill()
    devices.open()
    assert (version("ox-0"), version("ox-1")) == (2, 2)
    devices.act(again, "roll-back")
    devices.until(lambda: devices.rollout(again)["standing"] == "rolled-back")


def test_a_profile_that_could_not_be_used_is_refused(devices):
    text = (ROOT / "crates/devices/profiles/pulse-oximeter.toml").read_text(encoding="utf-8")
    kind = {"contents": "profile", "kind": "pulse-oximeter"}
    another = text.replace("version = 1", "version = 3", 1)
    for bad in (
        # A stream that would be measured in another unit, and one that is not there any more.
        another.replace('unit = "/min"', 'unit = "/s"', 1),
        another.replace('name = "pleth"', 'name = "wave"', 1),
    ):
        assert bad != another
        refused = devices.call("POST", "/api/devices/packages", data=devices.pack(bad.encode(), "3", **kind))
        assert refused.status_code == 422, refused.text
        assert "设备配置文件" in refused.json()["detail"]


def test_a_technician_asks_a_device_how_it_is(devices):
    name = devices.ward_of("ask", 1)[0]
    for command, detail in (("self-check", "passed"), ("send-log", "lines")):
        asked = devices.call("POST", f"/api/devices/{name}/commands", json={"command": command})
        assert asked.status_code == 200, asked.text

        def answered():
            commands = devices.call("GET", f"/api/devices/{name}/commands").json()["commands"]
            return next((one for one in commands if one["command"] == command and one["state"] == "done"), None)

        assert detail in devices.until(answered)["detail"]
    assert devices.call("POST", f"/api/devices/{name}/commands", "nurse", json={"command": "send-log"}).status_code == 403


def test_a_backup_has_packages_and_rollouts(devices):
    to = devices.folder / "copy"
    subprocess.run([devices.program, "backup", str(to), "--data", str(devices.data)], check=True, capture_output=True)
    packages = {one["sha256"] for one in devices.call("GET", "/api/devices/packages").json()["packages"]}
    assert packages and packages <= {file.name for file in (to / "packages").iterdir()}
    subprocess.run([devices.program, "verify", "--data", str(to)], check=True, capture_output=True)
