"""What a device held while it had no line comes late: it is in the record with its time, and tells nobody of what is
over; what it measures then does."""

import json
import pathlib
import time

import pytest
import requests

from test_edge import furnish, shipped
from test_mqtt import Client, Ward, now_ms

HOUR_MS = 3_600_000
EACH_MS = 30_000
# So many held back moments go out between two values of now.
AT_ONCE = 5


@pytest.fixture
def ward(tmp_path: pathlib.Path):
    data = tmp_path / "data"
    data.mkdir()
    running = Ward(data)
    furnish(running)
    yield running
    running.process.terminate()
    running.process.wait(timeout=60)


@pytest.mark.parametrize("was_live", [True, False], ids=["after live values", "first of all"])
def test_an_hour_that_was_held_back_raises_no_alarm_of_now(ward, was_live):
    # A device of the bed, since what is older than its assignment to a patient is refused as maybe another's.
    token = ward.run("device", "add", "monitor-4", "--profile", "bedside-monitor", "--location", "b")
    client = Client(ward, "monitor-4", token)
    bearer = {"Authorization": f"Bearer {ward.bearer('nurse')}"}
    rules = shipped("ward.toml")
    [delay] = [rule["delay-s"] for rule in rules["rule"] if rule["id"] == "no-heart-beat"]
    raised = set()

    def sends(at: int, heart_rate: int, spo2: int) -> None:
        for stream, code, value, unit in (("heart-rate", "147842", heart_rate, "/min"), ("spo2", "150456", spo2, "%")):
            sample = {"t": at, "code": code, "value": value, "unit": unit}
            assert client.send(f"yuanyi/v1/monitor-4/{stream}", sample).value == 0

    def looks() -> set[str]:
        answer = requests.get(f"{ward.base}/api/wards/w", headers=bearer, timeout=30).json()
        raised.update(one["alarm"]["rule"] for one in answer["alarms"])
        return raised

    def live(seconds: int, heart_rate: int, spo2: int) -> None:
        for _ in range(seconds):
            began = time.monotonic()
            sends(now_ms(), heart_rate, spo2)
            looks()
            time.sleep(max(0.0, began + 1 - time.monotonic()))

    if was_live:
        live(3, 72, 97)
    # An hour without a heart beat and at 70 %: whoever had looked would have been called.
    begin = now_ms() - HOUR_MS
    held = range(begin, begin + HOUR_MS - 5 * 60_000, EACH_MS)
    first, rest = held[:AT_ONCE], held[AT_ONCE:]
    for at in first:
        sends(at, 0, 70)
    # Longer than the rules wait for late samples: what is old is known by now, and that nothing newer was measured.
    for _ in range(0 if was_live else rules["lateness-s"] + 5):
        looks()
        time.sleep(1)
    # A device that catches up goes on measuring.
    for number, at in enumerate(rest):
        if number % AT_ONCE == 0:
            sends(now_ms(), 72, 97)
            looks()
        sends(at, 0, 70)
    live(delay + rules["lateness-s"] + 5, 72, 97)
    assert not raised, "nobody is told of what is over, or of what only just came"
    quality = ward.quality("monitor-4")
    assert not quality["refusals"] and quality["accepted"] >= 2 * len(held)
    if was_live:
        assert quality["marks"]["late"] == 2 * len(held), quality["marks"]
    # The same values, measured now, do call somebody: the rules were on.
    until = time.monotonic() + 60
    while "no-heart-beat" not in looks():
        assert time.monotonic() < until, json.dumps(ward.get("/api/wards/w"))
        live(1, 0, 70)
    client.close()
