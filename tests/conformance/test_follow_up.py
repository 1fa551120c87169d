"""Follow-up at home over HTTP: a patient reports, somebody is told at once, the calendar is one that others read, and
nights come from a card as the machine wrote it."""

import base64
import datetime
import json
import re
import threading
import time

import edfio
import icalendar
import numpy as np
import pyedflib
import pyspiro
import pytest
import requests

from conftest import DATA
from test_mqtt import Client, now_ms
from test_recordings import count_by_itself
from test_ten_functions import People

LI, CHEN, ZHAO, WANG = "li.terminal", "chen.expert", "zhao.patient", "wang.nurse"
PATIENT = "37e97ea5-e2dc-4770-bb7d-93d02cfebb0c"
# Whom the demo's own follow-ups are about.
DIARY, ON_CPAP = "ee9f8dd8-72d2-4769-8020-89e504b1504b", "d78af07c-9cb9-4f31-9b11-c45a28f2eec8"
HERE = "/api/scenarios/follow-up"
HEADERS = {"X-Yuanyi-Client": "1"}
ILL = {"dyspnoea_vas": 8, "spo2_percent": 88, "pulse_per_min": 110, "respiratory_rate_per_min": 28}
CARD = DATA / "sleep" / "cpap-airsense10"


def courses(hospital, who):
    session = hospital.as_(who)
    session.headers.update(HEADERS)
    return session, f"{hospital.base}{HERE}/courses"


def enrol(hospital, plan, **more):
    session, path = courses(hospital, LI)
    answer = session.post(path, json={"patient": PATIENT, "plan": plan, **more})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["id"]


def report(number, answers, days_ago=0):
    # The hospital's days are those of China.
    at = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))) - datetime.timedelta(days=days_ago)
    return {"id": f"conform{number:05d}", "at": at.isoformat(), "day": at.date().isoformat(), "answers": answers}


def test_the_demo_begins_follow_ups_that_ask_for_somebody_and_raise_no_alert(hospital):
    li, path = courses(hospital, LI)
    rows = {(row["plan"]["id"], row["patient"]["id"]): row for row in li.get(path).json() if row["first"]["id"] == LI}
    assert ("nodule", PATIENT) in rows
    diary, therapy = rows["asthma-peak-flow", DIARY], rows["osa", ON_CPAP]
    assert diary["state"] == "overdue" and diary["alert"] is None
    # After midnight the report of the day before is overdue, which stands above the step.
    assert therapy["state"] in ("step", "overdue") and therapy["alert"] is None
    assert therapy["steps"] or therapy["state"] == "overdue"
    # The patient's own page: what is due, and the nights that the machine counted.
    wu, _ = courses(hospital, "wu.patient")
    [own] = wu.get(path).json()
    assert own["next_report"]["due"] in ("now", "overdue") and own["questions"]
    counted = [night for night in own["nights"]["nights"] if night["hours_from"] == "machine"]
    assert len(counted) == 17 and own["nights"]["known"] == 17


def test_a_report_that_tells_of_worse_reaches_a_person_who_takes_it(hospital):
    id = enrol(hospital, "copd", second=CHEN)
    li, path = courses(hospital, LI)
    heard = threading.Event()

    def listen():
        with li.get(f"{hospital.base}/api/events", stream=True) as stream:
            kind = ""
            for line in stream.iter_lines(decode_unicode=True):
                kind = line.removeprefix("event:").strip() if line.startswith("event:") else kind
                if kind == "waiting" and line.startswith("data:") and json.loads(line.removeprefix("data:"))["id"] == id:
                    heard.set()
                    return
                if kind == "waiting" and heard.is_set():
                    return

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    zhao, _ = courses(hospital, ZHAO)
    # Events are not kept for who was not listening yet: the same reports again are no news, so that later ones tell.
    number = 0
    while not heard.wait(1):
        number += 1
        answer = zhao.put(f"{path}/{id}/reports", json={"reports": [report(number, ILL)]})
        assert answer.status_code == 200, answer.text
        waiting = li.get(f"{hospital.base}/api/home").json()["waiting"]
        assert [one["kind"] for one in waiting if one["id"] == id] == ["alert"]
        alert = li.get(f"{path}/{id}").json()["alert"]
        assert li.post(f"{path}/{id}/take", json={"alert": alert["id"]}).status_code == 200
        answer = li.post(f"{path}/{id}/close", json={"alert": alert["id"], "outcome": "seen"})
        assert answer.json()["state"] == "fine", answer.text
    seen = li.get(f"{path}/{id}").json()
    assert len(seen["alerts"]) == number and all(one["taken_by"]["id"] == LI for one in seen["alerts"])
    # What was measured at home lies in the record as others read it.
    query = {"patient": PATIENT, "code": "59408-5", "_sort": "-date", "_count": "1"}
    found = li.get(f"{hospital.base}/fhir/Observation", params=query).json()["entry"][0]["resource"]
    assert found["valueQuantity"]["value"] == 88 and found["valueQuantity"]["code"] == "%"
    plans = li.get(f"{hospital.base}/fhir/CarePlan", params={"patient": PATIENT, "status": "active"}).json()
    assert id in [entry["resource"]["id"] for entry in plans["entry"]]
    # What a patient may report here is written by no other door.
    subject = {"reference": f"Patient/{PATIENT}"}
    body = {"resourceType": "Observation", "status": "final", "code": {"text": "well"}, "subject": subject}
    assert zhao.post(f"{hospital.base}/fhir/Observation", json=body).status_code == 403


@pytest.mark.parametrize(
    "answers", [{"spo2_percent": 500}, {"spo2_percent": -1}, {"pulse_per_min": "fast"}, {"glucose": 5}, {}]
)
def test_what_cannot_be_is_refused_and_says_why_in_both_languages(hospital, answers):
    id = enrol(hospital, "copd")
    zhao, path = courses(hospital, ZHAO)
    answer = zhao.put(f"{path}/{id}/reports", json={"reports": [report(77777, answers)]})
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert " · " in answer.json()["detail"]


def test_nobody_else_sees_or_reports(hospital):
    id = enrol(hospital, "asthma")
    for who, statuses in (("sun.manager", {403}), ("qian.researcher", {403}), (CHEN, {404, 200})):
        session, path = courses(hospital, who)
        assert session.get(f"{path}/{id}").status_code in statuses, who
    anyone = requests.get(f"{hospital.base}{HERE}/courses/{id}")
    assert anyone.status_code == 401
    wang, path = courses(hospital, WANG)
    assert wang.get(f"{path}/{id}").status_code == 200
    zhao, _ = courses(hospital, ZHAO)
    assert zhao.post(f"{path}/{id}/end", json={"reason": "enough"}).status_code == 403


def test_the_calendar_is_one_that_others_read(hospital):
    enrol(hospital, "copd")
    zhao, path = courses(hospital, ZHAO)
    for course in zhao.get(path).json():
        calendar = icalendar.Calendar.from_ical(course["calendar"])
        events = calendar.walk("VEVENT")
        first = events[0]
        rule = {name: value for name, value in first["RRULE"].items() if name != "UNTIL"}
        assert rule == {"FREQ": ["DAILY"], "INTERVAL": [course["every_days"]]}
        assert first["DTSTART"].dt.isoformat() == course["next_report"]["day"]
        assert all(event["UID"] and event["DTSTAMP"].dt and event["SUMMARY"] for event in events)
        assert len(events) == 1 + len(course["orders"])
        for word in (course["plan"]["title"]["zh"], course["plan"]["title"]["en"], course["patient"]["name"]):
            assert word not in course["calendar"]


def test_the_calendar_of_a_plan_with_an_end_ends(hospital):
    id = enrol(hospital, "asthma-peak-flow")
    zhao, path = courses(hospital, ZHAO)
    [course] = [one for one in zhao.get(path).json() if one["id"] == id]
    [phase] = course["phases"]
    [event] = icalendar.Calendar.from_ical(course["calendar"]).walk("VEVENT")
    [last] = event["RRULE"]["UNTIL"]
    first = datetime.date.fromisoformat(phase["from"])
    assert last == first + datetime.timedelta(days=13)
    assert phase["until"] == (last + datetime.timedelta(days=1)).isoformat()


def sent(*paths):
    return [
        {"path": str(path.relative_to(CARD)), "base64": base64.b64encode(path.read_bytes()).decode()} for path in paths
    ]


@pytest.mark.skipif(not CARD.exists(), reason="skipped: no shared data")
def test_nights_are_those_that_the_machine_counted(hospital):
    id = enrol(hospital, "osa")
    li, path = courses(hospital, LI)
    answer = li.post(f"{path}/{id}/nights", json={"files": sent(CARD / "STR.edf", CARD / "Identification.tgt")})
    assert answer.status_code == 200, answer.text
    rows = li.get(
        f"{hospital.base}/fhir/Observation", params={"based-on": f"CarePlan/{id}", "_count": "500"}
    ).json()["entry"]
    found = {}
    for row in rows:
        parts = {part["code"]["text"]: part["valueQuantity"]["value"] for part in row["resource"]["component"]}
        found[row["resource"]["effectiveDateTime"]] = parts
    signals = edfio.read_edf(CARD / "STR.edf").signals
    column = {one.label: one.data for one in signals if one.label in ("Date", "Duration", "AHI")}
    epoch = datetime.date(1970, 1, 1)
    counted = 0
    for day, minutes, ahi in zip(column["Date"], column["Duration"], column["AHI"], strict=True):
        date = (epoch + datetime.timedelta(days=int(round(day)))).isoformat()
        if minutes <= 0 or date not in found:
            continue
        counted += 1
        assert found[date]["Use of the therapy device"] == pytest.approx(minutes / 60, abs=0.01)
        assert found[date]["AHI as the device scores it"] == pytest.approx(ahi, abs=0.01)
    assert counted > 10
    # The same card again is no news; a night's own files add what the statistics do not know, and take nothing away.
    before = li.get(f"{hospital.base}/fhir/Observation", params={"based-on": f"CarePlan/{id}"}).json()["total"]
    assert li.post(f"{path}/{id}/nights", json={"files": sent(CARD / "STR.edf")}).status_code == 200
    after = li.get(f"{hospital.base}/fhir/Observation", params={"based-on": f"CarePlan/{id}"}).json()["total"]
    assert before == after
    for bad in ([], [{"path": "a.edf", "base64": "?"}], [{"path": "a.txt", "base64": "AAAA"}]):
        assert li.post(f"{path}/{id}/nights", json={"files": bad}).status_code == 422
    copd = enrol(hospital, "copd")
    answer = li.post(f"{path}/{copd}/nights", json={"files": sent(CARD / "STR.edf")})
    assert answer.status_code == 409


def test_a_night_of_oximetry_is_what_a_count_of_our_own_finds(hospital, tmp_path):
    rng = np.random.default_rng(63)
    seconds = 6 * 3600
    spo2 = np.clip(np.round(95 + np.cumsum(rng.normal(0, 0.05, seconds)) * 0.02), 90, 98)
    for start in rng.integers(200, seconds - 100, 60):
        spo2[start : start + int(rng.integers(5, 60))] -= float(rng.integers(2, 9))
    # A finger that slips out: no saturation, and no desaturation.
    spo2[8000:8300] = 0
    spo2 = np.maximum(spo2, 0)
    file = tmp_path / "night.edf"
    with pyedflib.EdfWriter(str(file), 1, file_type=pyedflib.FILETYPE_EDF) as writer:
        writer.setStartdatetime(datetime.datetime(2026, 11, 20, 23, 0))
        writer.setSignalHeader(0, {"label": "SpO2", "dimension": "%", "sample_frequency": 1, "physical_min": 0,
                                   "physical_max": 100, "digital_min": 0, "digital_max": 100, "prefilter": "", "transducer": ""})
        writer.writeSamples([spo2])
    id = enrol(hospital, "osa-suspected")
    li, path = courses(hospital, LI)
    before = li.get(f"{path}/{id}").json()
    assert "home-oximetry" not in [step["id"] for step in before["next"]]
    files = [{"path": "night.edf", "base64": base64.b64encode(file.read_bytes()).decode()}]
    answer = li.post(f"{path}/{id}/nights", json={"files": files})
    assert answer.status_code == 200, answer.text
    night = answer.json()["nights"]["oximetry"]
    known = [None if value < 50 else float(value) for value in spo2]
    valid = [value for value in known if value is not None]
    hours = len(valid) / 3600
    assert night["date"] == "2026-11-20" and night["oximetry_h"] == pytest.approx(hours)
    falls = [count_by_itself(known, by) for by in (3, 4)]
    assert falls[0] > falls[1] > 10
    assert night["falls"] == falls[0]
    assert night["odi3"] == pytest.approx(falls[0] / hours) and night["odi4"] == pytest.approx(falls[1] / hours)
    assert night["t90_percent"] == pytest.approx(100 * sum(value < 90 for value in valid) / len(valid))
    assert night["mean_spo2_percent"] == pytest.approx(sum(valid) / len(valid))
    # Each fall can be asked for, with its time and depth.
    events = li.get(f"{path}/{id}/nights/2026-11-20").json()
    assert night["has_events"] and night["incomplete_s"] == 0 and events["scored"] is None
    assert len(events["falls"]) == falls[0]
    assert events["recorded"] == [["2026-11-20T23:00:00", "2026-11-21T05:00:00"]]
    start = datetime.datetime(2026, 11, 20, 23, 0)
    for fall in events["falls"]:
        at = int((datetime.datetime.fromisoformat(fall["at"]) - start).total_seconds())
        assert fall["lowest"] == min(value for value in known[at : at + fall["lasts_s"]] if value is not None)
        assert fall["lowest"] <= fall["baseline"] - 3 + 0.05
    assert li.get(f"{path}/{id}/nights/2026-11-19").status_code == 404
    # An AHI is not made of it: the next step is a sleep study.
    steps = {step["id"]: step["criterion"] for step in answer.json()["next"]}
    assert steps["sleep-study"] == "diagnosis-uncertain"
    assert next(one for one in answer.json()["assess"]["results"] if one["id"] == "osa-severity")["found"] is None


@pytest.mark.skipif(not CARD.exists(), reason="skipped: no shared data")
def test_a_night_s_events_are_those_that_the_machine_wrote_down(hospital):
    id = enrol(hospital, "osa")
    li, path = courses(hospital, LI)
    folder = CARD / "DATALOG" / "20230822"
    parts = [file for file in sorted(folder.iterdir()) if file.name[-7:-4] in ("EVE", "PLD", "SAD")]
    answer = li.post(f"{path}/{id}/nights", json={"files": sent(CARD / "Identification.tgt", *parts)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["read"] == {"broken": []}
    events = li.get(f"{path}/{id}/nights/2023-08-22").json()
    expected = []
    for file in parts:
        if file.name.endswith("EVE.edf"):
            edf = edfio.read_edf(file)
            start = datetime.datetime.combine(edf.startdate, edf.starttime)
            expected += [(start + datetime.timedelta(seconds=int(one.onset)), one.text, float(one.duration or 0))
                         for one in edf.annotations]
    kinds = {"Obstructive Apnea": "obstructive-apnea", "Central Apnea": "central-apnea", "Apnea": "apnea",
             "Hypopnea": "hypopnea", "Arousal": "arousal"}
    expected = sorted((at.isoformat(), kinds[text], length) for at, text, length in expected if text in kinds)
    found = sorted((one["at"], one["kind"], one["lasts_s"]) for one in events["scored"])
    assert found == expected and found
    assert len(events["recorded"]) >= 3 and all(start < end for start, end in events["recorded"])
    # Nobody else sees them.
    wu, _ = courses(hospital, "sun.manager")
    assert wu.get(f"{path}/{id}/nights/2023-08-22").status_code in (403, 404)


def refused_files(admin, hospital):
    return admin.get(f"{hospital.base}/api/devices").json()["files"]["refusals"]


def test_half_a_file_is_told_to_who_sends_it_and_counted_where_devices_are(hospital, tmp_path):
    id = enrol(hospital, "osa-suspected")
    li, path = courses(hospital, LI)
    admin = hospital.as_("admin")
    file = tmp_path / "Zhao Min at home.edf"
    with pyedflib.EdfWriter(str(file), 1, file_type=pyedflib.FILETYPE_EDF) as writer:
        # The newest night is the one that the summary is of.
        last_night = datetime.datetime.combine(datetime.date.today() - datetime.timedelta(days=1), datetime.time(23, 0))
        writer.setStartdatetime(last_night)
        writer.setSignalHeader(0, {"label": "SpO2", "dimension": "%", "sample_frequency": 1, "physical_min": 0,
                                   "physical_max": 100, "digital_min": 0, "digital_max": 100, "prefilter": "", "transducer": ""})
        writer.writeSamples([np.full(5 * 3600, 95.0)])
    whole = file.read_bytes()

    def post(content, **more):
        body = {"files": [{"path": file.name, "base64": base64.b64encode(content).decode()}]} | more
        return li.post(f"{path}/{id}/nights", json=body)

    before = refused_files(admin, hospital)
    torn = post(whole[:-5])
    assert torn.status_code == 200, torn.text
    [broken] = torn.json()["read"]["broken"]
    assert broken["path"] == file.name and broken["code"] == "file-cut"
    assert "3 s that its header promises are missing" in broken["why"]["en"] and "3 秒" in broken["why"]["zh"]
    assert torn.json()["nights"]["oximetry"]["incomplete_s"] == 3
    # What a browser thinned says itself what it left out.
    thinned = post(whole, cut=[{"path": file.name, "missing_s": None, "left_out_s": 0.5}])
    assert "0.5 s are left out" in thinned.json()["read"]["broken"][0]["why"]["en"]
    # Nothing of it can be read: refused, and counted all the same.
    for bad in (whole[:300], b"0       " + b"x" * 400):
        answer = post(bad)
        assert answer.status_code == 422 and " · " in answer.json()["detail"]
    assert post(whole).json()["read"] == {"broken": []}
    after = admin.get(f"{hospital.base}/api/devices").json()["files"]
    counted = {code: after["refusals"].get(code, 0) - before.get(code, 0) for code in ("file-cut", "file-unreadable")}
    assert counted == {"file-cut": 2, "file-unreadable": 2}
    # Neither whose file it was nor how it is called.
    assert "Zhao" not in json.dumps(after) and PATIENT not in json.dumps(after)
    assert after["latest"][0]["topic"] == "recording"
    zhao, _ = courses(hospital, ZHAO)
    assert zhao.get(f"{hospital.base}/api/devices").json()["files"] is None


@pytest.mark.skipif(not CARD.exists(), reason="skipped: no shared data")
def test_half_a_file_of_a_card_is_counted_at_the_machine(hospital):
    id = enrol(hospital, "osa")
    li, path = courses(hospital, LI)
    admin = hospital.as_("admin")
    serial = re.search(r"#SRN (\S+)", (CARD / "Identification.tgt").read_text())[1]
    machine = {"profile": "cpap", "patient": PATIENT, "name": "CPAP at home", "serial": serial}
    assert admin.put(f"{hospital.base}/api/devices/home-cpap", json=machine).status_code == 200
    folder = CARD / "DATALOG" / "20230824"
    parts = sorted(file for file in folder.iterdir() if file.name[-7:-4] in ("EVE", "PLD"))
    files = sent(CARD / "Identification.tgt", *parts)
    cut = next(one for one in files if "PLD" in one["path"])
    cut["base64"] = base64.b64encode(base64.b64decode(cut["base64"])[:-7]).decode()
    flow = {"path": "DATALOG/20230824/20230824_235406_BRP.edf", "missing_s": 60.0, "left_out_s": 12.0}
    answer = li.post(f"{path}/{id}/nights", json={"files": files, "cut": [flow]})
    assert answer.status_code == 200, answer.text
    assert {one["path"] for one in answer.json()["read"]["broken"]} == {cut["path"], flow["path"]}
    quality = admin.get(f"{hospital.base}/api/devices/home-cpap").json()["quality"]
    assert quality["refusals"] == {"file-cut": 2}
    assert {one["topic"] for one in quality["latest"]} == {"_PLD.edf", "_BRP.edf"}
    assert quality["last_heard"] is None, "a file is no message"


def test_lung_function_on_the_page_is_what_pyspiro_expects(hospital):
    id = enrol(hospital, "asthma")
    li, path = courses(hospital, LI)
    patient = li.get(f"{hospital.base}/fhir/Patient/{PATIENT}").json()
    times = np.maximum(np.arange(850) / 100 - 0.5, 0)
    blows = [{"values": [float(value) for value in fvc * (1 - np.exp(-times / 0.9))]} for fvc in (2.8, 2.75, 2.7)]
    body = {"height_cm": 168, "file": {"curve": "volume-l", "per_second": 100, "blows": blows}}
    answer = li.post(f"{path}/{id}/spirometry", json=body)
    assert answer.status_code == 200, answer.text
    last = answer.json()["spirometry"]["last"]
    # Nobody said what was seen: the blows count, and the page says what was not looked at.
    assert all(len(one["judged"]["not_judged"]) == 3 for one in last["before"]["blows"])
    sex = pyspiro.BOWERMAN_2022().Sex[patient["gender"].upper()].value
    equations = {"gli-2022": pyspiro.BOWERMAN_2022(), "jian-2017": pyspiro.JIAN_2017()}
    names = {"fev1": "FEV1", "fvc": "FVC", "ratio": "FEV1FVC"}
    compared = 0
    for one in last["before"]["expected"]:
        if one["equations"] not in equations:
            assert one["result"]["state"] == "not-assessable"
            continue
        reference, found = equations[one["equations"]], one["result"]["value"]
        times_ = 100 if one["equations"] == "jian-2017" and one["measure"] == "ratio" else 1
        z = reference.zscore(sex, last["person"]["age_years"], 168, reference.Parameters[names[one["measure"]]].value, found["value"] * times_)
        assert found["z_score"] == pytest.approx(z, abs=0.005), one
        compared += 1
    assert compared == 6


def test_what_a_spirometer_sends_becomes_a_graded_session(hospital):
    id, by_file = enrol(hospital, "asthma"), enrol(hospital, "copd")
    li, path = courses(hospital, LI)
    nothing = li.post(f"{path}/{id}/spirometry", json={"height_cm": 168, "sent": True})
    assert nothing.status_code == 422 and "no blow came" in nothing.text
    admin = hospital.as_("admin")
    put = admin.put(f"{hospital.base}/api/devices/home-spirometer", json={"profile": "spirometer", "patient": PATIENT})
    assert put.status_code == 200, put.text
    token = admin.post(f"{hospital.base}/api/devices/home-spirometer/token", json={}).json()["token"]
    device = Client(People(hospital), "home-spirometer", token)
    times = np.arange(700) / 100
    rise = np.minimum(times / 0.08, 1)
    curves = [np.round(peak * rise * np.exp(-np.maximum(times - 0.08, 0) / 0.55), 4) for peak in (6.2, 6.1, 6.0)]
    start = now_ms()
    for n, curve in enumerate(curves):
        sent = {"t": start + 12_000 * n, "code": "spirometry-flow", "value": curve.tolist(), "unit": "L/s", "period_ms": 10}
        assert not device.send("yuanyi/v1/home-spirometer/flow", sent).is_failure
    device.paho.disconnect()
    answer = li.post(f"{path}/{id}/spirometry", json={"height_cm": 168, "sent": True})
    assert answer.status_code == 200, answer.text
    last = answer.json()["spirometry"]["last"]
    assert last["device"] == "home-spirometer" and len(last["before"]["blows"]) == 3
    assert last["before"]["fev1"]["grade"] == last["before"]["fvc"]["grade"] == "A"
    # Which of them were blown after a bronchodilator is said by who adds the session.
    listed = li.get(f"{path}/{id}/spirometry/sent").json()
    assert listed["device"] == "home-spirometer" and len(listed["blows"]) == 3
    at = [blow["at_us"] for blow in listed["blows"]]
    assert at == sorted(at) and [blow["fev1_l"] for blow in listed["blows"]] == [
        pytest.approx(blow["measured"]["fev1_l"]) for blow in last["before"]["blows"]
    ]
    split = li.post(f"{path}/{id}/spirometry", json={"height_cm": 168, "sent": {"before": at[:1], "after": at[1:]}})
    assert split.status_code == 200, split.text
    parts = split.json()["spirometry"]["last"]
    assert [len(parts[part]["blows"]) for part in ("before", "after")] == [1, 2]
    for wrong in ({"before": at, "after": at[:1]}, {"after": [at[0] + 1]}, {}):
        assert li.post(f"{path}/{id}/spirometry", json={"height_cm": 168, "sent": wrong}).status_code == 422
    # The same curves from a file are measured alike.
    file = {"curve": "flow-l-s", "per_second": 100, "blows": [{"values": curve.tolist()} for curve in curves]}
    answer = li.post(f"{path}/{by_file}/spirometry", json={"height_cm": 168, "file": file})
    assert answer.status_code == 200, answer.text
    same = answer.json()["spirometry"]["last"]
    assert same["device"] is None
    for one, other in zip(last["before"]["blows"], same["before"]["blows"]):
        assert one["measured"] == pytest.approx(other["measured"], abs=1e-6)
        assert one["judged"] == other["judged"]
    # The patient sees it too; nobody watched these blows.
    zhao, _ = courses(hospital, ZHAO)
    seen = zhao.get(f"{path}/{id}").json()
    assert seen["id"] == id
    newest = seen["spirometry"][:2]
    assert [(one["device"], one["after"]) for one in newest] == [("home-spirometer", True), ("home-spirometer", False)]
    assert newest[0]["checked"] is False
    fev1 = next(one["value"] for one in newest[0]["measures"] if one["measure"] == "fev1")
    assert fev1 == pytest.approx(max(blow["measured"]["fev1_l"] for blow in parts["after"]["blows"]))


def test_what_an_oximeter_sends_is_an_answer_and_what_it_doubts_is_none(hospital):
    copd = enrol(hospital, "copd")
    li, path = courses(hospital, LI)
    admin = hospital.as_("admin")

    def device(id, profile):
        new = {"profile": profile, "patient": PATIENT, "name": f"My {profile}"}
        assert admin.put(f"{hospital.base}/api/devices/{id}", json=new).status_code == 200
        token = admin.post(f"{hospital.base}/api/devices/{id}/token", json={}).json()["token"]
        return Client(People(hospital), id, token)

    def sent(id, name):
        reports = li.get(f"{path}/{id}").json()["reports"]
        return [one["answers"][name] for one in reports if one["device"] and name in one["answers"]]

    def within_a_minute(holds):
        begun = time.monotonic()
        while not holds():
            assert time.monotonic() - begun < 60
            time.sleep(0.5)

    oximeter = device("home-oximeter", "pulse-oximeter")
    spo2 = {"code": "150456", "unit": "%"}
    assert not oximeter.send("yuanyi/v1/home-oximeter/spo2", spo2 | {"t": now_ms(), "value": 91, "status": 1}).is_failure
    assert not oximeter.send("yuanyi/v1/home-oximeter/spo2", spo2 | {"t": now_ms(), "value": 20}).is_failure
    pulse = {"t": now_ms(), "code": "149530", "unit": "/min", "value": 71}
    assert not oximeter.send("yuanyi/v1/home-oximeter/pulse", pulse).is_failure
    within_a_minute(lambda: sent(copd, "pulse_per_min"))
    assert sent(copd, "spo2_percent") == []
    assert not oximeter.send("yuanyi/v1/home-oximeter/spo2", spo2 | {"t": now_ms(), "value": 95}).is_failure
    within_a_minute(lambda: sent(copd, "spo2_percent") == [95])
    oximeter.paho.disconnect()
    zhao, _ = courses(hospital, ZHAO)
    received = zhao.get(f"{path}/{copd}").json()["received"]
    assert {(one["name"], one["device"]) for one in received} == {
        ("pulse_per_min", "My pulse-oximeter"), ("spo2_percent", "My pulse-oximeter")}
