"""An edge that falls silent: the cloud calls somebody, goes on with what nobody has taken there, and lets the edge have
its say once it is heard again."""

import json
import pathlib
import time

import pytest

from conftest import ROOT
from test_edge import OneHospital, shipped
from test_mqtt import Client, now_ms

RULES = ROOT / "crates/alarms/rules"
# Times of this test, for the cloud alone; a line says something each five seconds.
SILENT_S = 12
SOONER = [('after-s = 30, to = "ward-nurse"', 'after-s = 6, to = "ward-nurse"'),
          ('after-s = 60, to = "charge-nurse"', 'after-s = 20, to = "charge-nurse"'),
          ('after-s = 120, to = "ward-nurse"', 'after-s = 5, to = "ward-nurse"')]


def own_settings(folder: pathlib.Path) -> pathlib.Path:
    """The shipped rule and escalation, with shorter times."""
    (folder / "rules").mkdir(parents=True)
    whole = (RULES / "ward.toml").read_text(encoding="utf-8")
    rule = "[[rule]]\n" + next(one for one in whole.split("[[rule]]\n") if one.startswith('id = "edge-silent"'))
    assert "for-s = 60" in rule
    (folder / "rules/line.toml").write_text(rule.replace("for-s = 60", f"for-s = {SILENT_S}"), encoding="utf-8")
    escalation = (RULES / "escalation.toml").read_text(encoding="utf-8")
    for shipped_, sooner in SOONER:
        assert shipped_ in escalation
        escalation = escalation.replace(shipped_, sooner)
    (folder / "escalation.toml").write_text(escalation, encoding="utf-8")
    return folder


@pytest.fixture
def one(tmp_path):
    running = OneHospital(tmp_path)
    running.cloud.kill()
    running.cloud.settings["YUANYI_OWN_SETTINGS"] = str(own_settings(tmp_path / "own"))
    running.cloud.open()
    yield running
    running.close()


def test_an_edge_that_falls_silent_calls_somebody_in_the_cloud_and_what_it_left_open_goes_on(one):
    edge, cloud = one.edge, one.cloud
    client = Client(edge, "monitor-1", one.add_here("monitor-1", "--patient", "p"))

    def of(rule: str) -> dict | None:
        found = cloud.get("/api/wards/w", "nurse")["alarms"]
        return next((its for its in found if its["alarm"]["rule"] == rule), None)

    def told(alarm: dict) -> list[str]:
        return [step["to"] for step in alarm["alarm"]["steps"] if step["step"] == "told"]

    def called(alarm: dict) -> list[str]:
        return [who["id"] for who in alarm["called"]]

    def no_beat() -> dict | None:
        sample = {"t": now_ms(), "code": "147842", "unit": "/min", "value": 0}
        assert client.send("yuanyi/v1/monitor-1/heart-rate", sample).value == 0
        time.sleep(0.7)
        return of("no-heart-beat")

    left, _ = one.until(no_beat)
    assert of("edge-silent") is None and not left["last_known"]
    client.drop()
    edge.kill()

    # The cloud tells of it in time, whoever is on duty for the ward.
    silent, after_s = one.until(lambda: of("edge-silent"))
    assert after_s <= SILENT_S + shipped("ward.toml")["lateness-s"] + 10, after_s
    assert silent["alarm"]["kind"] == "technical" and silent["bed_name"] == "edge-1"
    assert silent["calls"] and called(silent) == ["night-nurse"]
    assert all(silent["alarm"]["title"][language] for language in ("zh", "en"))
    one.until(lambda: "ward-nurse" in told(of("edge-silent")))

    # What nobody had taken is marked, and goes on to the next who is on duty here.
    left, _ = one.until(lambda: (its := of("no-heart-beat"))["last_known"] and "charge-nurse" in told(its) and its)
    steps = [step["step"] for step in left["alarm"]["steps"]]
    assert "unheard" in steps and "told" in steps[steps.index("unheard"):]
    assert "night-nurse" in called(left)
    taken = one.act(cloud, left["id"], "night-nurse", "take")
    assert taken.ok and taken.json()["alarm"]["taken"]["by"] == "night-nurse", taken.text
    # A crash of the cloud forgets none of it.
    cloud.kill()
    cloud.open()
    assert of("no-heart-beat")["last_known"] and of("edge-silent")["alarm"]["presence"]["state"] == "present"

    # Heard again: the alarm of the line is over by itself, and the other is as the edge has it, where nobody took it.
    edge.open()
    one.until(lambda: of("edge-silent")["alarm"]["presence"]["state"] == "gone", 90)
    assert not of("edge-silent")["calls"]
    back, _ = one.until(lambda: not (its := of("no-heart-beat"))["last_known"] and its)
    assert "taken" not in back["alarm"]
    done_here = [(step["step"], step.get("by")) for step in back["here"]]
    assert done_here[0] == ("unheard", None) and done_here[-1] == ("heard-again", None)
    assert ("taken", "night-nurse") in done_here
    # What is done at the edge holds in the cloud, and both stay in the record.
    assert one.act(edge, left["id"], "nurse", "take").ok
    now, _ = one.until(lambda: (its := of("no-heart-beat"))["alarm"].get("taken") and its)
    assert now["alarm"]["taken"]["by"] == "nurse" and now["here"] == back["here"]
    history = one.fhir(cloud, f"Flag/{left['id']}/_history").json()["entry"]
    versions = [json.loads(entry["resource"]["extension"][0]["valueString"])["alarm"] for entry in history]
    assert {its["taken"]["by"] for its in versions if "taken" in its} == {"night-nurse", "nurse"}
