"""Two years of consultations through the doors, while the machine's clock goes on: each site's charts say month by
month what was found, with the limits and sums of the textbook."""

import math
import os
import pathlib
import subprocess
import time

import pytest
import requests
from conftest import ROOT, free_port

PROGRAM = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
PEOPLE = {
    "li.terminal": "terminal-doctor", "ma.terminal": "terminal-doctor", "chen.expert": "expert",
    "sun.manager": "manager", "importer": "system",
}
# For each month from 2024-01 on: the county's cases and those of them that deviate. From the 17th month on more do.
COUNTY = [
    (4, 0), (5, 1), (4, 1), (5, 0), (4, 0), (5, 1), (4, 0), (4, 1), (5, 0), (4, 1), (5, 1), (4, 0),
    (4, 1), (5, 0), (4, 0), (5, 1), (4, 2), (5, 3), (4, 2), (5, 3), (4, 3), (5, 4), (4, 2), (5, 3),
]
# The town's: few, and as before.
TOWN = [(1, 0), (2, 0), (1, 1), (1, 0)] * 6
# The month of the county in which a request stays without an answer: the clock alone makes that a deviation.
UNANSWERED = 11


def month(at: int) -> str:
    return f"{2024 + at // 12}-{at % 12 + 1:02}"


class Clinic:
    """A hospital whose machine's clock is told what time it is."""

    def __init__(self, folder: pathlib.Path):
        self.data, self.clock = folder / "data", folder / "clock"
        self.log = open(folder / "hospital.log", "w+", encoding="utf-8")
        for who, role in PEOPLE.items():
            put = [PROGRAM, "user", "put", who, "--name", who, "--role", role, "--data", str(self.data)]
            subprocess.run(put, input=b"a password of some length 7", check=True, capture_output=True)
        self.set("2024-01-01 08:00:00")
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--http", f"127.0.0.1:{port}", "--dicom", "off", "--data", str(self.data)],
            stdout=self.log, stderr=subprocess.STDOUT, cwd=ROOT,
            env=os.environ | {
                "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "TZ": "UTC",
            },
        )
        while "ready: " not in pathlib.Path(self.log.name).read_text(encoding="utf-8"):
            assert self.process.poll() is None, pathlib.Path(self.log.name).read_text(encoding="utf-8")
            time.sleep(0.05)
        self.sessions: dict[str, requests.Session] = {}
        for who in PEOPLE:
            token = [PROGRAM, "token", "new", "--as", who, "--ttl", "12h", "--data", str(self.data)]
            said = subprocess.run(token, check=True, capture_output=True, text=True).stdout.strip()
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {said}"
            self.sessions[who] = session

    def set(self, moment: str) -> None:
        # In one step, so that nobody reads half of it.
        new = self.clock.with_suffix(".new")
        new.write_text(moment + "\n", encoding="utf-8")
        new.rename(self.clock)

    def ask(self, who: str, method: str, path: str, body: object = None) -> object:
        answer = self.sessions[who].request(method, self.base + path, json=body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.text else None

    def consult(self, doctor: str, deviates: bool, is_answered: bool = True) -> None:
        scenario = "/api/scenarios/remote-consult"
        request = {"patient": "p", "expert": "chen.expert", "reason": "a nodule"}
        case = self.ask(doctor, "POST", f"{scenario}/requests", request)["id"]
        if not is_answered:
            return
        self.ask("chen.expert", "POST", f"{scenario}/cases/{case}/accept", {})
        # A mean diameter larger than the longest one is by no guideline's rule.
        answers = {"mean_diameter_mm": 9.0, "diameter_mm": 8.0 if deviates else 10.0}
        self.ask(doctor, "PUT", f"{scenario}/cases/{case}/answers", {"answers": answers})

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


def filled(clinic: Clinic) -> None:
    """Patients, doctors and their houses."""
    def put(resource: dict) -> None:
        clinic.ask("importer", "PUT", f"/fhir/{resource['resourceType']}/{resource['id']}", resource)

    put({"resourceType": "Patient", "id": "p", "name": [{"text": "赵敏"}]})
    put({
        "resourceType": "CareTeam", "id": "team", "status": "active", "subject": {"reference": "Patient/p"},
        "participant": [{"member": {"reference": f"Practitioner/{who}"}} for who in ("li.terminal", "ma.terminal")],
    })
    for who, house, alias in (("li.terminal", "county", "县医院"), ("ma.terminal", "town", "镇卫生院")):
        put({"resourceType": "Organization", "id": house, "name": house.capitalize(), "alias": [alias]})
        put({
            "resourceType": "PractitionerRole", "id": house, "practitioner": {"reference": f"Practitioner/{who}"},
            "organization": {"reference": f"Organization/{house}"},
        })


def until(clinic: Clinic, found: int) -> dict:
    """What is answered about quality once so many deviations are known: they come by themselves."""
    for _ in range(1200):
        quality = clinic.ask("sun.manager", "GET", "/api/quality")
        if len(quality["deviations"]) >= found:
            return quality
        time.sleep(0.05)
    raise AssertionError(f"{len(quality['deviations'])} deviations, not {found}: {quality['deviations'][-3:]}")


@pytest.fixture(scope="module")
def two_years(tmp_path_factory):
    if FAKETIME is None:
        pytest.skip("the Debian package faketime is not installed")
    clinic = Clinic(tmp_path_factory.mktemp("months"))
    try:
        filled(clinic)
        found = 0
        for at, ((cases, bad), (few, odd)) in enumerate(zip(COUNTY, TOWN)):
            clinic.set(f"{month(at)}-05 09:00:00")
            for n in range(cases):
                clinic.consult("li.terminal", n < bad, is_answered=not (at == UNANSWERED and n == cases - 1))
            for n in range(few):
                clinic.consult("ma.terminal", n < odd)
            found += bad + odd
            until(clinic, found)
            if at == UNANSWERED:
                # Nobody touches it: after the hours that the hospital has set it stands there all the same.
                clinic.set(f"{month(at)}-08 09:00:00")
                found += 1
                until(clinic, found)
        yield until(clinic, found)
    finally:
        clinic.close()


def with_unanswered(months: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(cases, bad + (at == UNANSWERED)) for at, (cases, bad) in enumerate(months)]


def site(quality: dict, name: str) -> dict:
    return next(site for site in quality["sites"] if site["id"] == name)


def test_each_month_counts_its_own_cases(two_years):
    for name, months in (("county", with_unanswered(COUNTY)), ("town", TOWN)):
        here = site(two_years, name)
        assert here["cases"] == sum(cases for cases, _ in months)
        points = here["shares"]["points"]
        assert [(p["period"], p["cases"], p["found"]) for p in points] == [
            (month(at), cases, bad) for at, (cases, bad) in enumerate(months)
        ]
    late = [one for one in two_years["deviations"] if one["rule"] == "reply-late"]
    assert [one["opened_at"][:10] for one in late] == [f"{month(UNANSWERED)}-08"]
    rule = next(rule for rule in two_years["rules"] if rule["id"] == "reply-late")
    assert rule["needs_confirmation"] is True


def test_limits_and_sums_are_those_of_the_textbook(two_years):
    everywhere = with_unanswered(COUNTY) + TOWN
    target = sum(bad for _, bad in everywhere) / sum(cases for cases, _ in everywhere)
    for name, months in (("county", with_unanswered(COUNTY)), ("town", TOWN)):
        here = site(two_years, name)
        centre = sum(bad for _, bad in months) / sum(cases for cases, _ in months)
        assert here["shares"]["centre"] == pytest.approx(centre)
        assert here["target"] == pytest.approx(target)
        above = below = 0.0
        for (cases, bad), point, total in zip(months, here["shares"]["points"], here["sums"], strict=True):
            half = 3 * math.sqrt(centre * (1 - centre) / cases)
            low, high = max(0.0, centre - half), min(1.0, centre + half)
            assert (point["low"], point["high"]) == (pytest.approx(low), pytest.approx(high))
            assert point["is_outside"] == (not low <= bad / cases <= high)
            z = (bad - cases * target) / math.sqrt(cases * target * (1 - target))
            above = max(0.0, z - two_years["allowance"] + above)
            below = max(0.0, -z - two_years["allowance"] + below)
            assert (total["above"], total["below"]) == (pytest.approx(above), pytest.approx(below))
            assert total["is_signal"] == (max(above, below) > two_years["decision"])


def test_a_shift_that_no_single_month_shows_is_a_signal_of_the_sums(two_years):
    county = site(two_years, "county")
    outside = [point["period"] for point in county["shares"]["points"] if point["is_outside"]]
    signals = [total["period"] for total in county["sums"] if total["is_signal"]]
    assert outside == []
    assert signals, county["sums"]
    assert signals[0] > month(16), "the shift comes with the 17th month, not before"
    assert not any(total["is_signal"] for total in site(two_years, "town")["sums"])
    assert len(county["shares"]["points"]) >= two_years["whole"], "these are no trial limits any more"
