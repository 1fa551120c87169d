"""A monitor stays at its bed when its patient leaves: what it measures then is nobody's, somebody is told at the bed, and
who treats whoever lies there now connects it."""

import json
import pathlib
import time

import pytest
import requests
from fhir.resources.R4B import get_fhir_model_class

from test_edge import OneHospital, furnish, put_all, shipped
from test_mqtt import SPO2, Client, Ward, now_ms

IMPATIENT = {"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}}


@pytest.fixture
def one(tmp_path):
    running = OneHospital(tmp_path)
    yield running
    running.close()


@pytest.fixture
def ward(tmp_path: pathlib.Path):
    data = tmp_path / "data"
    data.mkdir()
    running = Ward(data)
    furnish(running)
    running.put_user("stranger", "nurse")
    running.put_user("technician", "technician")
    team = [{"member": {"reference": "Practitioner/nurse"}}]
    put_all(running, [{"resourceType": "Patient", "id": "q", "name": [{"text": "Q"}]}] + [
        {"resourceType": "CareTeam", "id": f"team-{patient}", "status": "active",
         "subject": {"reference": f"Patient/{patient}"}, "participant": team} for patient in ("p", "q")])
    yield running
    running.process.terminate()
    running.process.wait(timeout=60)


def stay(patient: str, status: str) -> dict:
    return {"resourceType": "Encounter", "id": "stay" if patient == "p" else "stay-q", "status": status,
            "subject": {"reference": f"Patient/{patient}"},
            "location": [{"location": {"reference": "Location/b"}, "status": "active"}]} | IMPATIENT


def until(holds, seconds: float = 60):
    since = time.monotonic()
    while not (found := holds()):
        assert time.monotonic() - since < seconds, "it did not come about"
        time.sleep(0.3)
    return found


def bed(ward: Ward) -> dict:
    return ward.get("/api/wards/w", "nurse")["beds"][0]


def lies(ward: Ward, patient: str) -> bool:
    return (bed(ward)["patient"] or {}).get("id") == patient


def last(ward: Ward, path: str) -> dict:
    """The newest saturation of a patient, or of nobody at a device."""
    rows = ward.get(path, "nurse")
    found = [row["last"] for row in rows if row["code"] == "150456" and ("devices" not in path or row["patient"] is None)]
    return found[0] if found else {"value": None}


def values(ward: Ward) -> dict[str, float | None]:
    of = {patient: f"/api/patients/{patient}/signals" for patient in ("p", "q")} | {"nobody": "/api/devices/monitor-4/streams"}
    return {who: last(ward, path)["value"] for who, path in of.items()}


def alarms(ward: Ward) -> list[dict]:
    found = [one["alarm"] for one in ward.get("/api/wards/w", "nurse")["alarms"]]
    return [one for one in found if one["rule"] == "device-of-another" and one["presence"]["state"] == "present"]


def at_bed(ward: Ward, method: str, user: str, **body) -> int:
    url = f"{ward.base}/api/wards/w/beds/b/devices/monitor-4"
    bearer = {"Authorization": f"Bearer {ward.bearer(user)}"}
    return requests.request(method, url, json=body, headers=bearer, timeout=30).status_code


def test_what_a_monitor_measures_after_its_patient_left_is_nobodys_until_it_is_connected(ward):
    token = ward.run("device", "add", "monitor-4", "--profile", "bedside-monitor", "--patient", "p", "--location", "b")
    client = Client(ward, "monitor-4", token)

    def measures(value: float) -> None:
        sample = SPO2 | {"t": now_ms(), "value": value}
        assert client.send("yuanyi/v1/monitor-4/spo2", sample).value == 0

    until(lambda: lies(ward, "p"))
    measures(97)
    assert values(ward) == {"p": 97, "q": None, "nobody": None}
    # `p` goes home: nobody is told, since nobody lies there, and nobody is given what is measured.
    put_all(ward, [stay("p", "finished")])
    until(lambda: not bed(ward)["occupied"])
    measures(91)
    assert values(ward) == {"p": 97, "q": None, "nobody": 91}
    put_all(ward, [stay("q", "in-progress")])
    until(lambda: lies(ward, "q"))
    measures(70)
    assert values(ward) == {"p": 97, "q": None, "nobody": 70}
    assert [mark["code"] for mark in last(ward, "/api/devices/monitor-4/streams")["marks"]] == ["left-behind"]
    assert ward.device("monitor-4")["left_behind"] and ward.quality("monitor-4")["marks"] == {"left-behind": 2}
    seen = bed(ward)
    assert [one["tie"] for one in seen["devices"]] == ["of-another"]
    assert not [one for one in seen["vitals"] if one["signal"] == "spo2"], "whose they are nobody knows"
    # Somebody is told at the bed, also after a restart, and not of whom it was.
    [wait] = [rule["when"]["absent"]["for-s"] for rule in shipped("ward.toml")["rule"] if rule["id"] == "device-of-another"]
    [told] = until(lambda: alarms(ward), wait + 60)
    assert told["bed"] == "b" and told["patient"] == "q" and '"p"' not in json.dumps(told)
    # A client that is left would come back under the same name, and turn the new one out.
    client.drop()
    ward.kill()
    ward.open()
    client = Client(ward, "monitor-4", token)
    measures(71)
    assert values(ward) == {"p": 97, "q": None, "nobody": 71}
    assert [one["id"] for one in alarms(ward)] == [told["id"]]

    # Who treats `q` connects it, and means `q`.
    assert at_bed(ward, "PUT", "stranger", patient="q") == 403
    assert at_bed(ward, "PUT", "nurse", patient="p") == 409
    assert at_bed(ward, "PUT", "nurse", patient="q") == 204
    until(lambda: [one["tie"] for one in bed(ward)["devices"]] == ["connected"])
    measures(95)
    assert values(ward) == {"p": 97, "q": 95, "nobody": 71}
    until(lambda: [one["value"] for one in bed(ward)["vitals"] if one["signal"] == "spo2"] == [95])
    until(lambda: not alarms(ward))
    device = requests.get(f"{ward.base}/fhir/Device/monitor-4", timeout=30,
                          headers={"Authorization": f"Bearer {ward.bearer('importer')}"}).json()
    assert device["patient"] == {"reference": "Patient/q"}
    said = {one["url"]: one for one in device["extension"]}
    assert said["urn:yuanyi:device-connected-by"]["valueReference"] == {"reference": "Practitioner/nurse"}

    # Disconnected it stands in the ward, is nobody's, and can be connected again: also by who looks after devices.
    assert at_bed(ward, "DELETE", "nurse") == 204
    until(lambda: not bed(ward)["devices"])
    measures(60)
    assert values(ward) == {"p": 97, "q": 95, "nobody": 60}
    [free] = ward.get("/api/wards/w/beds/b/devices", "nurse")["free"]
    assert (free["id"], free["place"]) == ("monitor-4", "w")
    assert at_bed(ward, "DELETE", "nurse") == 409
    assert at_bed(ward, "PUT", "technician") == 204
    until(lambda: [one["tie"] for one in bed(ward)["devices"]] == ["connected"])
    client.close()


def test_who_looks_after_devices_registers_one_and_connects_it(ward):
    def ask(method: str, path: str, user: str = "technician", **body) -> requests.Response:
        bearer = {"Authorization": f"Bearer {ward.bearer(user)}"}
        return requests.request(method, ward.base + path, json=body, headers=bearer, timeout=30)

    until(lambda: lies(ward, "p"))
    path, kind = "/api/devices/monitor-4", {"profile": "bedside-monitor"}
    assert ask("PUT", path, "nurse", **kind).status_code == 403
    # Whose it is, is said at a bed.
    assert ask("PUT", path, **kind, patient="p").status_code == 403
    assert ask("PUT", path, **kind, name="Monitor 4").status_code == 200
    token = ask("POST", path + "/token").json()["token"]
    client = Client(ward, "monitor-4", token)
    assert ask("GET", path + "/beds", "nurse").status_code == 403
    # Where it stands they say too, as long as it is nobody's.
    assert ask("GET", "/api/devices/places", "nurse").status_code == 403
    places = ask("GET", "/api/devices/places").json()["places"]
    assert [(one["id"], one["kind"], one["ward_name"]) for one in places] == [
        ("w", "ward", "w"), ("b", "bed", "w"), ("r", "room", "w")]
    assert ask("POST", path + "/place", "nurse", location="r").status_code == 403
    assert ask("POST", path + "/place", location="nowhere").status_code == 400
    placed = ask("POST", path + "/place", location="r").json()
    assert (placed["location"], placed["name"], placed["nobodys"]) == ("r", "Monitor 4", True)
    assert ask("POST", path + "/place", location=None).json()["location"] is None

    def beds() -> dict:
        found = ask("GET", path + "/beds")
        assert found.status_code == 200 and '"p"' not in found.text
        return {one["bed"]: (one["tie"], one["may_connect"]) for one in found.json()["beds"]}

    assert beds()["b"] == (None, True)
    assert at_bed(ward, "PUT", "technician") == 204
    until(lambda: beds() == {"b": ("connected", False)})
    assert client.send("yuanyi/v1/monitor-4/spo2", SPO2 | {"t": now_ms(), "value": 96}).value == 0
    assert values(ward)["p"] == 96
    # Now it is somebody's: who only looks after devices does not write it anew.
    assert ask("PUT", path, **kind).status_code == 403
    assert ask("POST", path + "/place", location="r").status_code == 403
    assert ask("POST", path + "/place", "admin", location="b").status_code == 200
    assert values(ward)["p"] == 96, "it is its patient's still"
    assert ask("DELETE", path + "/token", "nurse").status_code == 403
    assert ask("DELETE", path + "/token").json() == {"revoked": 1}
    assert client.lost.wait(60)
    client.drop()
    # Out of service and repaired, it comes back as nobody's, with a token that lets it in.
    assert ask("DELETE", path).status_code == 200
    assert ask("PUT", path, **kind).status_code == 403
    assert ask("POST", path + "/place", "admin", location="r").status_code == 409
    assert ask("POST", path + "/reinstate", "nurse").status_code == 403
    token = ask("POST", path + "/reinstate").json()["token"]
    assert ask("POST", path + "/reinstate").status_code == 409
    until(lambda: beds()["b"] == (None, True))
    again = Client(ward, "monitor-4", token)
    assert not again.answer.is_failure
    again.close()


def test_what_a_device_measures_is_told_as_its_metrics(ward):
    ward.run("device", "add", "ox-1", "--profile", "pulse-oximeter", "--patient", "p")
    ward.run("device", "add", "ox-2", "--profile", "pulse-oximeter")
    answer = requests.get(f"{ward.base}/fhir/DeviceMetric?source=Device/ox-1", timeout=30,
                          headers={"Authorization": f"Bearer {ward.bearer('importer')}"})
    answer.raise_for_status()
    found = {entry["resource"]["id"]: entry["resource"] for entry in answer.json()["entry"]}
    assert set(found) == {"ox-1.spo2", "ox-1.pulse", "ox-1.pleth"}, "one for each stream, of this device alone"
    for metric in found.values():
        get_fhir_model_class("DeviceMetric").model_validate(metric)
        assert metric["source"] == {"reference": "Device/ox-1"} and metric["category"] == "measurement"
        assert '"p"' not in json.dumps(metric) and "Patient" not in json.dumps(metric), "it is about the device only"
    codes = {(one["system"], one["code"]) for one in found["ox-1.spo2"]["type"]["coding"]}
    assert codes == {("urn:iso:std:iso:11073:10101", "150456"), ("http://loinc.org", "2708-6"), ("http://loinc.org", "59408-5")}
    units = {name: metric["unit"]["coding"] for name, metric in found.items()}
    assert units["ox-1.spo2"] == [{"system": "http://unitsofmeasure.org", "code": "%"}]
    assert units["ox-1.pulse"] == [{"system": "http://unitsofmeasure.org", "code": "/min"}]


def test_who_treats_a_patient_connects_a_device_at_home_and_disconnects_it(ward):
    def ask(method: str, path: str, user: str = "nurse", **body) -> requests.Response:
        bearer = {"Authorization": f"Bearer {ward.bearer(user)}"}
        return requests.request(method, ward.base + path, json=body, headers=bearer, timeout=30)

    def ids(rows: list[dict]) -> list[str]:
        return [row["id"] for row in rows]

    until(lambda: lies(ward, "p"))
    home = "/api/patients/p/devices"
    assert ask("PUT", "/api/devices/home-1", "technician", profile="pulse-oximeter").status_code == 200
    token = ask("POST", "/api/devices/home-1/token", "technician").json()["token"]
    # One that stands in a place of the hospital does not go home.
    ward.run("device", "add", "ward-1", "--profile", "pulse-oximeter", "--location", "w")
    for user in ("stranger", "technician", "admin"):
        assert ask("GET", home, user).status_code == 403
        assert ask("PUT", home + "/home-1", user).status_code == 403
    assert ids(ask("GET", home).json()["free"]) == ["home-1"]
    assert ask("PUT", home + "/ward-1").status_code == 409
    assert ask("PUT", home + "/nothing").status_code == 404
    assert ask("PUT", home + "/home-1").status_code == 204
    seen = ask("GET", home).json()
    assert ids(seen["devices"]) == ["home-1"] and not seen["devices"][0]["at_bed"] and not seen["free"]
    # It is not taken from them for another.
    assert ask("PUT", "/api/patients/q/devices/home-1").status_code == 409
    assert ask("DELETE", "/api/patients/q/devices/home-1").status_code == 409
    client = Client(ward, "home-1", token)
    assert client.send("yuanyi/v1/home-1/spo2", SPO2 | {"t": now_ms(), "value": 97}).value == 0
    assert last(ward, "/api/patients/p/signals")["value"] == 97
    device = requests.get(f"{ward.base}/fhir/Device/home-1", timeout=30,
                          headers={"Authorization": f"Bearer {ward.bearer('importer')}"}).json()
    assert device["patient"] == {"reference": "Patient/p"} and "location" not in device
    said = {one["url"]: one for one in device["extension"]}
    assert said["urn:yuanyi:device-connected-by"]["valueReference"] == {"reference": "Practitioner/nurse"}
    acts = ask("GET", "/fhir/AuditEvent?subtype=urn:yuanyi:device-act%7Cconnect", "importer").json()["entry"]
    [noted] = [act["resource"] for act in acts]
    assert "Device/home-1" in json.dumps(noted) and "Patient/p" not in json.dumps(noted)

    assert ask("DELETE", home + "/home-1").status_code == 204
    assert client.send("yuanyi/v1/home-1/spo2", SPO2 | {"t": now_ms(), "value": 70}).value == 0
    assert last(ward, "/api/patients/p/signals")["value"] == 97
    assert ids(ask("GET", home).json()["free"]) == ["home-1"]
    assert ask("DELETE", home + "/home-1").status_code == 409
    client.close()
    # What stands at a bed is disconnected there.
    ward.run("device", "add", "monitor-4", "--profile", "bedside-monitor", "--patient", "p", "--location", "b")
    [at_bed] = ask("GET", home).json()["devices"]
    assert (at_bed["id"], at_bed["at_bed"]) == ("monitor-4", True)
    assert ask("DELETE", home + "/monitor-4").status_code == 409


def test_what_is_carried_stays_its_patients_wherever_they_lie(ward):
    token = ward.run("device", "add", "monitor-4", "--profile", "bedside-monitor", "--patient", "p")
    client = Client(ward, "monitor-4", token)
    until(lambda: lies(ward, "p"))
    put_all(ward, [stay("p", "finished"), stay("q", "in-progress")])
    until(lambda: lies(ward, "q"))
    assert client.send("yuanyi/v1/monitor-4/spo2", SPO2 | {"t": now_ms(), "value": 93}).value == 0
    assert values(ward) == {"p": 93, "q": None, "nobody": None}
    # It measures another patient already: it is not taken from them.
    assert at_bed(ward, "PUT", "nurse", patient="q") == 409
    client.close()


def test_at_an_edge_without_a_line_a_device_is_connected_too_and_the_cloud_hears_of_it(one):
    edge, cloud = one.edge, one.cloud
    token = one.add_here("monitor-4", "--patient", "p")
    put_all(cloud, [
        {"resourceType": "CareTeam", "id": "team-q", "status": "active", "subject": {"reference": "Patient/q"},
         "participant": [{"member": {"reference": "Practitioner/nurse"}}]},
        stay("p", "finished"), stay("q", "in-progress")])
    one.until(lambda: lies(edge, "q"))
    # The edge has the device still, though its patient is known there no more.
    one.until(lambda: "monitor-4" in one.known())
    one.line.cut()
    client = Client(edge, "monitor-4", token)

    def measures(value: float) -> None:
        assert client.send("yuanyi/v1/monitor-4/spo2", SPO2 | {"t": now_ms(), "value": value}).value == 0

    measures(70)
    assert last(edge, "/api/devices/monitor-4/streams")["value"] == 70
    one.until(lambda: alarms(edge))
    assert at_bed(edge, "PUT", "nurse", patient="q") == 204
    measures(95)
    assert last(edge, "/api/patients/q/signals")["value"] == 95
    one.until(lambda: not alarms(edge))
    one.line.mend()
    one.until(lambda: one.drained() and last(cloud, "/api/patients/q/signals")["value"] == 95)
    one.until(lambda: not cloud.device("monitor-4")["left_behind"])
    device = one.fhir(cloud, "Device/monitor-4").json()
    assert device["patient"] == {"reference": "Patient/q"}
    assert "Practitioner/nurse" in json.dumps(device["extension"])
    # What the cloud hands down then is what was said at the bed.
    one.until(lambda: [one["tie"] for one in bed(edge)["devices"]] == ["connected"])
    measures(96)
    assert last(edge, "/api/patients/q/signals")["value"] == 96
    client.close()
