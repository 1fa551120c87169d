"""A hospital's own rules, plans and kinds of devices: checked, refused with their lines, and in force."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from conftest import ROOT, Hospital
from test_mqtt import Client, now_ms
from test_ten_functions import WARD, People, until

EXAMPLE = ROOT / "docs/guides/own-settings"
PROGRAM = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
# A limit of this test, and a delay that it can wait for.
WARM = """
[[rule]]
id = "room-too-warm"
title = { zh = "室温过高", en = "Room too warm" }
priority = "low"
kind = "environmental"
when = { at-least = { signal = "room-temperature", value = 40 } }
delay-s = 1
needs-confirmation = false
confirmed-by = "this test"

[[off]]
rule = "temperature-high"
why = { zh = "测试停用", en = "Switched off by this test" }
"""


def settings(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAM, "settings", *words], capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path):
    own = tmp_path / "own-settings"
    shutil.copytree(EXAMPLE, own)
    (own / "rules/warm.toml").write_text(WARM, encoding="utf-8")
    return own


def test_check_says_what_a_folder_does(folder):
    done = settings("check", str(folder))
    assert done.returncode == 0, done.stderr
    assert "adds the rule room-too-warm (rules/warm.toml)" in done.stdout
    assert "adds the plan change-bedding (plans/change-bedding.toml)" in done.stdout
    assert "adds the kind of device mattress (profiles/mattress.toml)" in done.stdout
    assert "adds the plan of follow-up after-pneumonia (follow-up/after-pneumonia.toml)" in done.stdout
    assert "switches off the rule temperature-high (rules/warm.toml)" in done.stdout


@pytest.mark.parametrize("file, change, said", [
    ("rules/warm.toml", ("value = 40", "value = 400"), "rules/warm.toml:2: in the rule `room-too-warm`, its limit 400 lies outside"),
    ("rules/warm.toml", ("room-temperature", "room-heat"), "there is no signal `room-heat`"),
    ("rules/warm.toml", ("delay-s", "delays"), "rules/warm.toml:8: unknown field `delays`"),
    ("rules/environment.toml", ("change-bedding", "change-nothing"), "there is no plan `change-nothing`"),
    ("profiles/mattress.toml", ("unit = \"1\"", "unit = \"one\""), "profiles/mattress.toml:10: in the kind of device `mattress`"),
    ("follow-up/after-pneumonia.toml", ("temperature_c", "mood"), "follow-up/after-pneumonia.toml:5: in the plan `after-pneumonia`"),
    ("plans/change-bedding.toml", ("id = \"look\"", "id = \"change\""), "each with a name of its own"),
])
def test_each_fault_is_named_by_the_command_and_keeps_the_hospital_from_starting(folder, tmp_path, file, change, said):
    text = (folder / file).read_text(encoding="utf-8")
    assert change[0] in text
    (folder / file).write_text(text.replace(*change), encoding="utf-8")
    done = settings("check", str(folder))
    assert done.returncode == 1 and said in done.stdout, (done.stdout, done.stderr)
    started = subprocess.run([PROGRAM, "serve", "--data", str(tmp_path / "data"), "--http", "127.0.0.1:0"], timeout=120,
                             capture_output=True, text=True, env=os.environ | {"YUANYI_OWN_SETTINGS": str(folder)}, cwd=tmp_path)
    assert started.returncode == 1 and said in started.stderr, started.stderr


def test_what_is_shipped_can_be_printed_and_used_as_ones_own(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    printed = settings("shipped", "escalation").stdout
    (own / "escalation.toml").write_text(printed, encoding="utf-8")
    done = settings("check", str(own))
    assert done.returncode == 0 and "replaces the escalation" in done.stdout, (done.stdout, done.stderr)


def test_own_settings_are_in_force_and_say_whose_they_are():
    with tempfile.TemporaryDirectory(prefix="yuanyi-own-") as place:
        own = pathlib.Path(place) / "own"
        shutil.copytree(EXAMPLE, own)
        (own / "rules/warm.toml").write_text(WARM, encoding="utf-8")
        data = pathlib.Path(place) / "data"
        data.mkdir()
        os.environ["YUANYI_OWN_SETTINGS"] = str(own)
        try:
            hospital = Hospital(data)
        finally:
            del os.environ["YUANYI_OWN_SETTINGS"]
        try:
            in_force(People(hospital))
            taken_in_while_it_runs(People(hospital), own)
        finally:
            hospital.close()


def in_force(people: People) -> None:
    plans = people.get("/api/plans", "sun.manager")
    whose = {rule["id"]: rule["origin"] for rule in plans["rules"]}
    assert whose["room-too-warm"] == {"from": "hospital", "file": "rules/warm.toml", "replaces": False}
    assert whose["spo2-low"] == {"from": "shipped"}
    assert "temperature-high" not in whose and [off["rule"] for off in plans["off"]] == ["temperature-high"]
    assert {plan["id"]: plan["origin"]["from"] for plan in plans["plans"]}["change-bedding"] == "hospital"
    kinds = {kind["id"]: kind["origin"]["from"] for kind in people.get("/api/devices/profiles", "admin")["profiles"]}
    assert kinds["mattress"] == "hospital" and kinds["scale"] == "shipped"
    # A device of a kind that the program does not know raises an alarm by a rule that it does not know.
    beds = people.get(WARD, "wang.nurse")["beds"]
    bed = next(bed for bed in beds if bed["room"])
    token = people.register("own-mattress", "mattress", location=bed["id"])
    mattress = Client(people, "own-mattress", token)
    sent = {"code": "mattress-wet", "value": 1, "unit": "1"}

    def alarms(rule: str) -> list[dict]:
        return [one for one in people.get(WARD, "wang.nurse")["alarms"] if one["alarm"]["rule"] == rule]

    def wet():
        assert not mattress.send("yuanyi/v1/own-mattress/wet", sent | {"t": now_ms()}).is_failure
        return alarms("mattress-wet")

    [raised] = until(wet)
    assert raised["alarm"]["bed"] == bed["id"] and raised["plan"]["id"] == "change-bedding"
    assert raised["alarm"]["version"] == plans["version"] and "+" in plans["version"]
    mattress.paho.disconnect()
    # A room is warm once, however many beds are in it.
    of_room = [one["id"] for one in beds if one["room"] == bed["room"]]
    token = people.register("own-room", "room-sensor", location=bed["room"])
    sensor = Client(people, "own-room", token)

    def warm():
        value = {"t": now_ms(), "code": "room-temperature", "value": 41, "unit": "Cel"}
        assert not sensor.send("yuanyi/v1/own-room/temperature", value).is_failure
        return alarms("room-too-warm")

    [raised] = until(warm)
    assert raised["alarm"]["bed"] in of_room and raised["alarm"]["kind"] == "environmental"
    sensor.paho.disconnect()


def taken_in_while_it_runs(people: People, own: pathlib.Path) -> None:
    reload = "/api/settings/reload"
    assert people.call("POST", reload, "wang.nurse", json={}).status_code == 403
    assert people.call("GET", "/api/settings", "sun.manager").status_code == 403
    before = people.get("/api/settings", "admin")
    assert before["folder"] and before["taken"] is None
    assert before["kept_days"]["images"] > 0 and before["kept_days"]["rollups"] is None
    assert "adds the rule room-too-warm (rules/warm.toml)" in before["own"]
    open_before = {one["id"]: one["alarm"] for one in people.get(WARD, "wang.nurse")["alarms"]}
    warm = next(one for one in open_before.values() if one["rule"] == "room-too-warm")
    # A file that cannot be used changes nothing, and says why.
    text = (own / "rules/warm.toml").read_text(encoding="utf-8")
    (own / "rules/warm.toml").write_text(text + "\n[[rule]]\nid = 1\n", encoding="utf-8")
    refused = people.post(reload, "admin", {})
    assert refused["faults"] and refused["faults"][0].startswith("rules/warm.toml:")
    assert refused["version"] == before["version"] and refused["taken"] is None
    # Another title and priority: in force at once, and the open alarm keeps what it was raised with.
    (own / "rules/warm.toml").write_text(text.replace('priority = "low"', 'priority = "medium"'), encoding="utf-8")
    taken = people.post(reload, "admin", {})
    assert taken["faults"] == [] and taken["by"] == "admin" and taken["version"] != before["version"]
    rules = {rule["id"]: rule for rule in people.get("/api/plans", "sun.manager")["rules"]}
    assert rules["room-too-warm"]["priority"] == "medium"
    still = {one["id"]: one["alarm"] for one in people.get(WARD, "wang.nurse")["alarms"]}
    assert next(one for one in still.values() if one["rule"] == "room-too-warm")["priority"] == warm["priority"] == "low"
    # A plan of follow-up of the hospital's own is offered as such, and so is another one of it.
    def offered() -> dict:
        plans = people.get("/api/scenarios/follow-up/plans", "li.terminal")["plans"]
        return {plan["id"]: (plan["every_days"], plan["own"]) for plan in plans}

    mine = own / "follow-up/after-pneumonia.toml"
    assert offered()["after-pneumonia"] == (2, "follow-up/after-pneumonia.toml") and offered()["copd"][1] is None
    mine.write_text(mine.read_text(encoding="utf-8").replace("every-days = 2", "every-days = 3"), encoding="utf-8")
    assert people.post(reload, "admin", {})["faults"] == []
    assert offered()["after-pneumonia"][0] == 3
    # A plan goes out as a file, and comes in as one; what cannot be used is not written.
    def take(text: str, user: str = "admin"):
        return people.call("PUT", "/api/settings/plans", user, json={"text": text})

    mine = people.get("/api/settings/plans/change-bedding", "admin")
    assert mine == {"name": "plans/change-bedding.toml", "text": (own / "plans/change-bedding.toml").read_text(encoding="utf-8")}
    wrong = take(mine["text"].replace('id = "look"', 'id = "change"')).json()
    assert "each with a name of its own" in wrong["faults"][0] and people.get("/api/settings/plans/change-bedding", "admin") == mine
    fall = people.get("/api/settings/plans/fall", "admin")["text"]
    ours = fall.replace('version = "1"', 'version = "1-ours"')
    assert ours != fall and take(ours).json()["faults"] == []
    assert (own / "plans/fall.toml").read_text(encoding="utf-8") == ours
    assert "replaces the plan fall (plans/fall.toml)" in people.get("/api/settings", "admin")["own"]
    plans = {plan["id"]: plan["version"] for plan in people.get("/api/plans", "sun.manager")["plans"]}
    assert plans["fall"] == "1-ours"
    assert take("no plan").status_code == 422 and take('id = "../fall"').status_code == 422
    assert take(ours, "wang.nurse").status_code == people.call("GET", "/api/settings/plans/fall", "sun.manager").status_code == 403
    # A rule that is none any more holds its alarm no longer; a person ends it.
    (own / "rules/warm.toml").unlink()
    gone = people.post(reload, "admin", {})
    assert gone["faults"] == [] and "rules/warm.toml" not in str(gone["own"])
    alarms = people.get(WARD, "wang.nurse")["alarms"]
    left = next(one for one in alarms if one["alarm"]["rule"] == "room-too-warm")
    assert "gone" in str(left["alarm"]["presence"]).lower()
    # A new kind of device waits for a restart, and nothing else is taken in before.
    kind = (own / "profiles/mattress.toml").read_text(encoding="utf-8")
    (own / "profiles/mattress.toml").write_text(kind.replace("messages-per-s = ", "messages-per-s = 1"), encoding="utf-8")
    assert people.call("POST", reload, "admin", json={}).status_code == 409
