"""What a device says of itself over MQTT is an alarm at its bed, in its own words, until it says so no more."""

import pytest

from test_mqtt import Client
from test_ten_functions import WARD, People, until

PUMP = "complaining-pump"


@pytest.fixture(scope="module")
def people(hospital):
    return People(hospital)


@pytest.fixture(scope="module")
def bed(people):
    """A bed in which a patient of the nurse lies."""
    return next(bed["id"] for bed in people.get(WARD, "wang.nurse")["beds"] if bed.get("patient"))


@pytest.fixture(scope="module")
def pump(people, bed):
    """What the pump at that bed says of itself."""
    token = people.register(PUMP, "infusion-pump", location=bed)
    client = Client(people, PUMP, token)

    def say(**state):
        answer = client.send(f"yuanyi/v1/{PUMP}/state", {"online": True} | state, retain=True)
        assert not answer.is_failure

    yield say
    client.close()
    for one in people.get(WARD, "wang.nurse")["alarms"]:
        if one["alarm"].get("device") == PUMP or one["sources"].get("battery", {}).get("device") == PUMP:
            for act in ({"act": "take"}, {"act": "close", "outcome": "technical"}):
                people.post(f"/api/alarms/{one['id']}/act", "wang.nurse", act)
    people.call("DELETE", f"/api/devices/{PUMP}", "admin")


def of_pump(people) -> dict:
    alarms = [one["alarm"] for one in people.get(WARD, "wang.nurse")["alarms"]]
    its = [alarm for alarm in alarms if alarm.get("device") == PUMP]
    by_rule = {alarm["rule"]: alarm for alarm in its}
    assert len(by_rule) == len(its), "one alarm of each kind"
    return by_rule


def test_faults_and_a_failed_self_check_call_at_the_bed_and_are_over_with_them(people, bed, pump):
    pump(faults=["occlusion"], self_check={"passed": False, "reason": "valve stuck"})
    fault = until(lambda: (found := of_pump(people).get("device-fault")) and found["said"] and found)
    assert (fault["bed"], fault["said"], fault["kind"]) == (bed, ["occlusion"], "technical")
    check = until(lambda: (found := of_pump(people).get("device-self-check")) and found["said"] and found)
    assert check["said"] == ["valve stuck"]
    # One that never says the same twice is one alarm, and its history does not grow with each word.
    for number in range(40):
        pump(faults=[f"pressure {number}"], self_check={"passed": True})
    flooded = of_pump(people)["device-fault"]
    assert flooded["id"] == fault["id"]
    assert sum(step["step"] == "said" for step in flooded["steps"]) <= 3
    pump(faults=[], self_check={"passed": True})
    until(lambda: all(alarm["presence"]["state"] == "gone" for alarm in of_pump(people).values()))


def test_the_battery_that_a_state_tells_of_is_a_low_battery_at_the_bed(people, bed, pump):
    pump(battery={"percent": 15})
    low = until(lambda: next(
        (one for one in people.get(WARD, "wang.nurse")["alarms"] if one["alarm"]["rule"] == "battery-low" and one["alarm"]["bed"] == bed), None))
    assert low["sources"]["battery"] == {"device": PUMP, "stream": "state"}
    pump(battery={"percent": 100, "charging": True})
