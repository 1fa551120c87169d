"""The ten functions of the medical Internet of Things, each driven from end to end over the public doors, and counted."""

import base64
import hashlib
import json
import subprocess
import time
from datetime import datetime, timezone

import pytest
import requests

from test_mqtt import Client, now_ms

WARD = "/api/wards/ward-respiratory"
# What makes NEWS2 high, by its table.
ILL = {"consciousness": "V", "on_oxygen": True, "spo2_scale_2": False, "respiratory_rate_per_min": 26, "spo2_percent": 90,
       "systolic_mmhg": 95, "pulse_per_min": 118, "temperature_c": 38.6}


class People:
    """The demo's people, each with a session of their own."""

    def __init__(self, hospital):
        self.hospital, self.base, self.mqtt = hospital, hospital.base, hospital.mqtt_port
        self.sessions: dict[str, requests.Session] = {}

    def call(self, method: str, path: str, user: str, **more):
        if user not in self.sessions:
            self.sessions[user] = self.hospital.as_(user)
        return self.sessions[user].request(method, self.base + path, timeout=60, **more)

    def get(self, path: str, user: str):
        answer = self.call("GET", path, user)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def post(self, path: str, user: str, body: dict, status: int = 200):
        answer = self.call("POST", path, user, json=body)
        assert answer.status_code == status, (path, answer.text)
        return answer.json()

    def register(self, device: str, profile: str, **more) -> str:
        """Registers a device; its token."""
        put = self.call("PUT", f"/api/devices/{device}", "admin", json={"profile": profile} | more)
        assert put.status_code == 200, put.text
        return self.post(f"/api/devices/{device}/token", "admin", {})["token"]

    def figures(self, function: str) -> dict:
        functions = self.get("/api/functions", "sun.manager")["functions"]
        one = next(one for one in functions if one["id"] == function)
        return {figure["name"]: figure["value"] for figure in one["figures"]}

    def alarm(self, bed: str, user: str = "wang.nurse"):
        alarms = self.get(WARD, user)["alarms"]
        return next((one for one in alarms if one["alarm"]["bed"] == bed and one["alarm"]["rule"] == "news2-high"), None)


def until(holds, seconds: float = 90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError("it did not come about")


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture(scope="module")
def people(hospital):
    return People(hospital)


@pytest.fixture(scope="module")
def alarm(people):
    """A nurse writes down how a patient of hers is; the alarm that comes of it, and its bed."""
    before = people.figures("alarms")
    beds = [bed for bed in people.get(WARD, "wang.nurse")["beds"] if bed.get("patient")]
    for bed in beds:
        if people.alarm(bed["id"]):
            continue
        seen = people.call("POST", f"{WARD}/beds/{bed['id']}/seen", "wang.nurse", json=ILL)
        if seen.status_code == 200:
            break
    else:
        pytest.fail("no patient of the ward is the nurse's")
    raised = until(lambda: people.alarm(bed["id"]))
    return {"id": raised["id"], "bed": bed["id"], "raised": raised, "before": before}


def test_01_online_monitoring(people):
    before = people.figures("monitoring")
    token = people.register("fn-oximeter", "pulse-oximeter", location="bed-6")
    device = Client(people, "fn-oximeter", token)
    measured = device.send("yuanyi/v1/fn-oximeter/spo2", {"t": now_ms(), "code": "150456", "value": 96.5, "unit": "%"})
    assert not measured.is_failure
    stream = people.get("/api/devices/fn-oximeter/streams", "wang.nurse")
    assert [(row["stream"], row["last"]["value"]) for row in stream] == [("spo2", 96.5)]
    after = people.figures("monitoring")
    assert after["devices"] == before["devices"] + 1
    assert after["connected"] >= 1 and after["values"] > before["values"]
    device.paho.disconnect()


def test_02_location_and_tracing(people):
    before = people.figures("tracing")
    token = people.register("fn-tag", "location-tag", location="bed-5")
    tag = Client(people, "fn-tag", token)
    start = now_ms() - 30_000
    way = [(0.0, 0.0), (2.5, 0.5), (5.0, 1.0), (7.5, 4.0)]
    for step, (x, y) in enumerate(way):
        t = start + step * 5_000
        point = [{"t": t, "code": f"tag-{axis}", "value": value, "unit": "m"} for axis, value in (("x", x), ("y", y), ("z", 0.9))]
        assert not tag.send("yuanyi/v1/fn-tag/position", point).is_failure
    # The way that it went, by the call that the plan of the ward draws.
    traced = until(lambda: (one := people.get(f"/api/tags/fn-tag/trace?from={iso(start)}", "wang.nurse")) and one["points"] and one)
    assert [tuple(point[1:]) for point in traced["points"]] == way
    assert (traced["places"], traced["next"]) == ([], None)
    after = until(lambda: (one := people.figures("tracing"))["placed"] == before["placed"] + 1 and one)
    assert after["tags"] == before["tags"] + 1
    assert after["tags-heard"] == before["tags-heard"] + 1
    tag.paho.disconnect()


def test_02_a_tag_that_names_its_room_is_there(people):
    people.register("fn-trolley", "infusion-pump", location="room-2")
    tag = Client(people, "fn-room-tag", people.register("fn-room-tag", "location-tag", carrier="Device/fn-trolley"))

    def says(place: str) -> None:
        assert not tag.send("yuanyi/v1/fn-room-tag/state", {"online": True, "place": place}, retain=True).is_failure

    def drawn() -> dict:
        return next((one for one in people.get(f"{WARD}/command", "wang.nurse")["equipment"] if one["id"] == "fn-trolley"), None)

    begin = now_ms()
    says("room-1")
    there = until(lambda: (one := drawn()) and one["position"] and one)
    assert (there["position"]["place"], there["outside"]) == ("room-1", False)
    assert there["room"] == people.get("/fhir/Location/room-1", "wang.nurse")["name"]
    assert there["position"]["at"] >= iso(begin)
    # The trace says it too, with its time; and the page of devices.
    traced = people.get(f"/api/tags/fn-room-tag/trace?from={iso(begin)}", "wang.nurse")
    assert [(one["id"], one["name"]) for one in traced["places"]] == [("room-1", there["room"])]
    seen = people.get("/api/devices/fn-room-tag", "wang.nurse")
    assert (seen["place_name"], seen["quality"]["marks"]) == (there["room"], {})
    # What is no location of the hospital moves nothing, and is seen where the quality of devices is.
    says("moon")
    seen = people.get("/api/devices/fn-room-tag", "wang.nurse")
    assert (seen["place_name"], seen["quality"]["marks"]) == (None, {"place-unknown": 1})
    assert drawn()["position"]["place"] == "room-1"
    tag.paho.disconnect()
    assert people.call("DELETE", "/api/devices/fn-room-tag", "admin").status_code == 200


def test_02_who_was_in_a_room_with_whom(people):
    patient = people.get("/api/home", "li.terminal")["patients"][0]["id"]
    people.register("fn-scope", "infusion-pump", location="room-2")
    tags = [Client(people, name, people.register(name, "location-tag", **of))
            for name, of in (("fn-patient-tag", {"patient": patient}), ("fn-scope-tag", {"carrier": "Device/fn-scope"}))]
    begin = now_ms()
    for tag, name in zip(tags, ("fn-patient-tag", "fn-scope-tag")):
        assert not tag.send(f"yuanyi/v1/{name}/state", {"online": True, "place": "room-1"}, retain=True).is_failure
    path = f"/api/tags/fn-patient-tag/contacts?from={iso(begin - 60_000)}"
    decisions = people.figures("security")["decisions"]

    def met():
        found = people.get(path, "li.terminal")
        return next((one for one in found["contacts"] if one["id"] == "fn-scope"), None)

    with_it = until(met)
    room = people.get("/fhir/Location/room-1", "wang.nurse")["name"]
    assert (with_it["kind"], [one["place"] for one in with_it["stretches"]]) == ("thing", [room])
    # Each question is written down; who is no doctor of the patient is told nothing.
    assert people.figures("security")["decisions"] > decisions
    for user in ("wang.nurse", "sun.manager", "he.technician", "admin"):
        assert people.call("GET", path, user).status_code == 403, user
    assert people.call("GET", path + "&near_m=-1", "li.terminal").status_code == 400
    for tag, name in zip(tags, ("fn-patient-tag", "fn-scope-tag")):
        tag.paho.disconnect()
        assert people.call("DELETE", f"/api/devices/{name}", "admin").status_code == 200


def test_02_equipment_that_leaves_the_ward_is_told(people):
    people.register("fn-pump", "infusion-pump", location="room-2")
    token = people.register("fn-pump-tag", "location-tag", carrier="Device/fn-pump")
    tag = Client(people, "fn-pump-tag", token)

    def is_at(x: float, y: float) -> None:
        point = [{"t": now_ms(), "code": f"tag-{axis}", "value": value, "unit": "m"} for axis, value in (("x", x), ("y", y))]
        assert not tag.send("yuanyi/v1/fn-pump-tag/position", point).is_failure

    def drawn() -> dict:
        return next(one for one in people.get(f"{WARD}/command", "wang.nurse")["equipment"] if one["id"] == "fn-pump")

    def told():
        is_at(25.0, 4.0)
        alarms = people.get(WARD, "wang.nurse")["alarms"]
        return next((one for one in alarms if one["alarm"]["rule"] == "thing-outside"), None)

    # The ward is 18 m long.
    is_at(9.0, 4.0)
    inside = until(lambda: (one := drawn())["position"] and one)
    assert inside["outside"] is False and inside["alarm"] is None
    raised = until(told)
    assert raised["alarm"]["bed"] == "Device/fn-pump" and raised["alarm"]["priority"] == "low"
    assert raised["sources"]["thing-outside"]["device"] == "fn-pump-tag"
    assert raised["called"], "somebody is called"
    assert (drawn()["outside"], drawn()["alarm"]) == (True, "low")
    # It comes back, and somebody ends the alarm.
    people.post(f"/api/alarms/{raised['id']}/act", "wang.nurse", {"act": "take"})
    is_at(9.0, 4.0)
    closed = people.post(f"/api/alarms/{raised['id']}/act", "wang.nurse", {"act": "close", "outcome": "technical"})
    assert closed["alarm"]["closed"]["by"] == "wang.nurse"
    tag.paho.disconnect()
    assert people.call("DELETE", "/api/devices/fn-pump-tag", "admin").status_code == 200


def test_03_alarm_linkage(people, alarm):
    raised = alarm["raised"]
    assert raised["alarm"]["priority"] == "high" and raised["mine"] is True
    # It calls who is on duty at the bed, and is a fact that says what it stands on.
    assert [one["id"] for one in raised["called"]] == ["wang.nurse"]
    assert raised["sources"]["spo2"]["device"].startswith("Observation/")
    flag = people.get(f"/fhir/Flag/{raised['id']}", "wang.nurse")
    assert flag["status"] == "active"
    taken = people.post(f"/api/alarms/{alarm['id']}/act", "wang.nurse", {"act": "take"})
    assert taken["alarm"]["taken"]["by"] == "wang.nurse" and taken["calls"] is False
    assert people.figures("alarms")["day"] > alarm["before"]["day"]


def test_04_command_and_dispatch(people, alarm):
    before = people.figures("dispatch")
    planned = people.post(f"/api/alarms/{alarm['id']}/act", "wang.nurse",
                          {"act": "start-plan", "plan": "emergency-response", "drill": True})
    assert planned["sent"], "somebody is asked to come"
    asked = until(lambda: (one := people.alarm(alarm["bed"], "li.terminal")) and one["asked"] and one)
    before_answer = people.figures("dispatch")
    comes = people.post(f"/api/alarms/{asked['id']}/answer", "li.terminal", {"accepts": True})
    assert comes["asked"] is False
    after = people.figures("dispatch")
    assert after["asked"] > before["asked"] and after["accepted"] == before_answer["accepted"] + 1
    # Who was not asked cannot answer.
    refused = people.call("POST", f"/api/alarms/{alarm['id']}/answer", "chen.expert", json={"accepts": True})
    assert refused.status_code == 404


def test_05_plan_management(people, alarm):
    plans = people.get(WARD, "wang.nurse")["plans"]
    plan = next(one for one in plans if one["id"] == "emergency-response")
    assert plan["steps"] and all(step["text"]["zh"] and step["text"]["en"] for step in plan["steps"])
    before = people.figures("plans")
    done = people.post(f"/api/alarms/{alarm['id']}/steps/at-bed", "wang.nurse", {})
    assert [step["step"] for step in done["run"]["done"]] == ["at-bed"] and done["run"]["drill"] is True
    after = people.figures("plans")
    assert after["steps"] == before["steps"] + 1
    assert after["plans"] == len(plans) and after["drills"] >= 1
    ended = people.post(f"/api/alarms/{alarm['id']}/act", "wang.nurse", {"act": "close", "outcome": "treated"})
    assert ended["alarm"]["closed"]["outcome"] == "treated"


def test_06_security_and_privacy(people):
    before = people.figures("security")
    home = people.get("/api/home", "li.terminal")
    patient = home["patients"][0]["id"]
    # Who does not treat the patient, runs the hospital or maintains devices sees nothing of them.
    for user in ("sun.manager", "he.technician", "admin", "zhou.trainee"):
        assert people.call("GET", f"/fhir/Patient/{patient}", user).status_code in (403, 404), user
    assert people.call("GET", f"/fhir/Patient/{patient}", "li.terminal").status_code == 200
    # A device that claims another's name is turned away, and seen.
    token = people.register("fn-honest", "scale")
    people.register("fn-other", "scale")
    assert Client(people, "fn-other", token).answer.is_failure
    after = people.figures("security")
    assert after["turned-away"] > before["turned-away"] or after["turned-away"] == 100
    assert after["decisions"] > before["decisions"] and after["ledger"] > before["ledger"]
    # The ledger proves an entry to whoever computes it (RFC 6962).
    checkpoint = requests.get(f"{people.base}/api/ledger/checkpoint", timeout=30).json()
    size = checkpoint["size"]
    proof = people.get(f"/api/ledger/inclusion/{size // 2}?size={size}", "li.terminal")
    assert root_of(proof) == root_in(checkpoint["note"], size)


def root_of(proof: dict) -> bytes:
    """The root that an inclusion proof leads to: RFC 9162, section 2.1.3.2."""
    node, last, found = proof["index"], proof["size"] - 1, bytes.fromhex(proof["leaf"])
    for sibling in map(bytes.fromhex, proof["path"]):
        if node % 2 == 1 or node == last:
            found = hashlib.sha256(b"\x01" + sibling + found).digest()
            while node % 2 == 0 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + sibling).digest()
        node, last = node >> 1, last >> 1
    assert last == 0
    return found


def root_in(note: str, size: int) -> bytes:
    lines = note.split("\n")
    assert int(lines[1]) == size
    return base64.b64decode(lines[2])


def test_07_remote_maintenance(people):
    before = people.figures("maintenance")
    token = people.register("fn-pump", "infusion-pump")
    pump = Client(people, "fn-pump", token)
    pump.subscribe("yuanyi/v1/fn-pump/command")
    state = {"online": True, "battery": {"percent": 12}, "calibration_due": "2020-01-01T00:00:00Z",
             "faults": ["door open"], "self_check": {"passed": False, "reason": "door open"}}
    pump.send("yuanyi/v1/fn-pump/state", state, retain=True)
    seen = people.get("/api/devices/fn-pump", "he.technician")["quality"]["state"]
    assert seen["faults"] == ["door open"] and seen["battery"]["percent"] == 12
    after = people.figures("maintenance")
    for name in ("faults", "self-check", "calibration"):
        assert after[name] == before[name] + 1, name
    # A technician asks for its log from afar, and gets it.
    people.post("/api/devices/fn-pump/commands", "he.technician", {"command": "send-log"})
    command = json.loads(until(lambda: pump.heard and pump.heard[0]).payload)
    assert command["command"] == "send-log"
    answer = {"id": command["id"], "answer": "done", "detail": {"lines": ["08:00 door opened"]}}
    assert not pump.send("yuanyi/v1/fn-pump/command/ack", answer).is_failure
    commands = people.get("/api/devices/fn-pump/commands", "he.technician")["commands"]
    assert commands[0]["state"] == "done" and commands[0]["detail"]["lines"] == ["08:00 door opened"]
    pump.send("yuanyi/v1/fn-pump/state", {"online": True}, retain=True)
    pump.paho.disconnect()
    assert people.figures("maintenance")["faults"] == before["faults"]


def test_08_online_upgrade(people, tmp_path):
    before = people.figures("upgrades")
    token = people.register("fn-scale", "scale")
    scale = Client(people, "fn-scale", token)
    scale.subscribe("yuanyi/v1/fn-scale/command")
    scale.send("yuanyi/v1/fn-scale/state", {"online": True, "software": "2.0.0"}, retain=True)
    (tmp_path / "software").write_bytes(b"what a scale runs")
    command = [people.hospital.program, "device", "pack", str(tmp_path / "software"), "--contents", "software", "--profile",
               "scale", "--version", "2.1.0", "--out", str(tmp_path / "package"), "--data", str(people.hospital.data)]
    subprocess.run(command, check=True, capture_output=True)
    taken = people.call("POST", "/api/devices/packages", "he.technician", data=(tmp_path / "package").read_bytes())
    assert taken.status_code == 201, taken.text
    plan = {"stages": [{"percent": 100}], "answer_within_s": 60, "watch_s": 1, "most_failed": 0}
    begun = people.post("/api/devices/rollouts", "he.technician",
                        {"package": taken.json()["id"], "devices": ["fn-scale"], "plan": plan}, 201)
    # The device does what its maker would have it do: it fetches in parts, checks, installs, reports, answers.
    told = json.loads(until(lambda: scale.heard and scale.heard[0]).payload)
    assert told["command"] == "install" and "yuanyi device package v1" in told["parameters"]["note"]
    bearer, parts = {"Authorization": f"Bearer {token}"}, b""
    while len(parts) < told["parameters"]["bytes"]:
        part = requests.get(people.base + told["parameters"]["path"], timeout=30,
                            headers=bearer | {"Range": f"bytes={len(parts)}-{len(parts) + 4}"})
        assert part.status_code == 206
        parts += part.content
    assert parts == b"what a scale runs"
    state = {"online": True, "software": "2.1.0", "self_check": {"passed": True}}
    scale.send("yuanyi/v1/fn-scale/state", state, retain=True)
    scale.send("yuanyi/v1/fn-scale/command/ack", {"id": told["id"], "answer": "done"})
    path = f"/api/devices/rollouts/{begun['id']}"
    until(lambda: people.get(path, "he.technician")["standing"] == "done")
    after = people.figures("upgrades")
    assert (after["packages"], after["upgraded"]) == (before["packages"] + 1, before["upgraded"] + 1)
    scale.paho.disconnect()


def test_09_leadership_desktop(people):
    wards = people.get("/api/ward-figures", "sun.manager")
    desktop = people.figures("desktop")
    assert desktop["wards"] == len(wards) and desktop["beds"] == sum(ward["beds"] for ward in wards)
    assert desktop["occupied"] == sum(ward["occupied"] for ward in wards) > 0
    assert desktop["per-bed-day"] == pytest.approx(sum(ward["alarms"] for ward in wards) / desktop["occupied"])
    # Of follow-up at home as many as the doctor's work list has who go on, at least: others' are counted too.
    go_on = [row for row in people.get("/api/scenarios/follow-up/courses", "li.terminal") if row["state"] != "ended"]
    home = {one["name"]: one["value"] for one in people.get("/api/scenarios/follow-up/figures", "sun.manager")["figures"]}
    assert desktop["followed"] == home["followed"] >= len(go_on) and desktop["home-alerts"] == home["home-alerts"]
    assert people.call("GET", "/api/scenarios/follow-up/figures", "wang.nurse").status_code == 403
    # Ten functions, in their order, each with figures and a way; none names a patient.
    answer = people.get("/api/functions", "sun.manager")
    assert [one["id"] for one in answer["functions"]] == [
        "monitoring", "tracing", "alarms", "dispatch", "plans", "security", "maintenance", "upgrades", "desktop", "decision"]
    assert all(one["figures"] for one in answer["functions"])
    # Accounts are for who administers: a manager is led to counts, which name none.
    assert [one["path"] for one in answer["functions"] if one["id"] == "security"] == ["/security"]
    assert people.call("GET", "/api/security", "sun.manager").status_code == 403
    counts = people.get("/api/security/counts", "sun.manager")
    assert counts["granted"] > 0 and counts["actions"]
    whole = people.get("/api/security", "admin")
    text = json.dumps(counts)
    assert not any(f'"{account}"' in text for account in whole["accounts"])
    for user in ("wang.nurse", "zhao.patient", "he.technician", "admin"):
        assert people.call("GET", "/api/security/counts", user).status_code == 403, user
    # The way of each is one that the caller has: a manager's page, a doctor's ward.
    ways = {user: {one["id"]: one["path"] for one in people.get("/api/functions", user)["functions"]}
            for user in ("sun.manager", "li.terminal")}
    of_wards = ("tracing", "dispatch", "plans")
    assert [ways["sun.manager"][one] for one in of_wards] == [f"/scenarios/ward-twin#{part}" for part in ("floor", "dispatch", "plans")]
    ward = WARD.removeprefix("/api/wards/")
    assert [ways["li.terminal"][one] for one in of_wards] == [
        f"/scenarios/ward-twin/{ward}?part={part}" for part in ("command", "command", "plans")]
    # What stands behind them names nobody to a manager.
    floor = people.get(f"{WARD}/command", "sun.manager")
    assert floor["drawn"] and floor["equipment"] and floor["people"] and floor["patients"] == []
    assert all(one["position"] is None and not one["name"] and not one["id"] for one in floor["people"])
    text = json.dumps([answer, floor], ensure_ascii=False)
    for patient in people.get("/api/home", "li.terminal")["patients"]:
        # Who came unconscious has no name yet.
        assert patient["id"] not in text and (patient["name"] or patient["id"]) not in text
    for user in ("wang.nurse", "zhao.patient", "he.technician", "admin"):
        assert people.call("GET", "/api/functions", user).status_code == 403, user


def test_10_statistics_and_decision(people):
    quality = people.get("/api/quality", "sun.manager")
    decision = people.figures("decision")
    standings = [one["state"] for one in quality["deviations"]]
    assert decision["deviations"] == standings.count("open")
    assert decision["mended"] == standings.count("mended")
    # How care at home runs is there too; what nobody can know yet is none.
    at_home = ("minutes-to-taken", "referred-up", "referred-down", "unanswered", "hours-to-answer")
    assert all(decision[name] is None or decision[name] >= 0 for name in at_home) and decision["unanswered"] is not None
    assert quality["rules"] and "sites" in quality
    # A decision by a guideline as data: with its trace, its source, and what is missing for it.
    ids = [one["id"] for one in people.get("/api/assess", "li.terminal")]
    assert "news2" in ids
    known = people.post("/api/assess/news2", "li.terminal", ILL)
    missing = people.post("/api/assess/news2", "li.terminal", {"spo2_percent": 90})
    assert known != missing and "missing" in json.dumps(missing)
