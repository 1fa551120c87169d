"""The description of the calls is OpenAPI by others' reading, every call that it names is there, and answers are what it says."""

import time

import jsonschema
import pytest
import requests
from openapi_spec_validator import validate

DOCTOR = "li.terminal"


@pytest.fixture(scope="module")
def document(hospital):
    answer = requests.get(f"{hospital.base}/api/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def test_the_document_is_openapi(document):
    validate(document)
    assert len(document["paths"]) > 60


def test_every_call_that_is_described_is_there(hospital, document):
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            address = hospital.base + path.replace("{", "").replace("}", "")
            # Nobody is signed in: what exists says so, or answers; what does not exist says that there is no such call.
            answer = requests.request(method, address, json={}, headers={"X-Yuanyi-Client": "1"})
            assert answer.status_code != 405, (method, path)
            assert "no such call" not in answer.text, (method, path)
            if "security" not in call:
                assert answer.status_code == 401, (method, path, answer.status_code)


def answers(hospital):
    """Calls without a body that the demo can answer, as the path that is described and the one that is called."""
    doctor = hospital.as_(DOCTOR)
    home = doctor.get(f"{hospital.base}/api/home").json()
    # Other tests store patients and studies of their own.
    patient = next(row for row in home["patients"] if row["mrn"] == "YY100001")
    scans = [(series["images"], study, series["uid"]) for study in patient["studies"] if study["modality"] == "CT" for series in study["series"]]
    _, study, series = max(scans, key=lambda scan: scan[0])
    names = {"id": patient["id"], "uid": series, "study": study["uid"]}
    yield from (
        (path, path.format(**names))
        for path in (
            "/api/session", "/api/home", "/api/staff", "/api/patients/{id}/twin", "/api/patients/{id}/timeline",
            "/api/patients/{id}/nodules", "/api/imaging/permissions", "/api/imaging/studies/{study}",
            "/api/imaging/studies/{study}/presentation-states", "/api/imaging/studies/{study}/segmentations",
            "/api/series/{uid}/volume", "/api/series/{uid}/nodules", "/api/models", "/api/assess", "/api/ledger/checkpoint",
            "/api/research/projects", "/api/teaching/cases", "/api/pacs", "/api/pacs/jobs",
            "/api/devices", "/api/devices/profiles", "/api/devices/packages", "/api/devices/rollouts",
            "/api/scenarios/screening/programmes",
        )
    )
    yield "/api/devices/{id}", "/api/devices/monitor-3"


def test_answers_are_what_is_described(hospital, document):
    doctor = hospital.as_(DOCTOR)
    for described, called in answers(hospital):
        answer = doctor.get(hospital.base + called)
        while answer.status_code in (202, 409):
            # What is being made says when to come again.
            time.sleep(float(answer.headers.get("Retry-After", 0.25)))
            answer = doctor.get(hospital.base + called)
        responses = document["paths"][described]["get"]["responses"]
        assert str(answer.status_code) in responses, (called, answer.status_code)
        assert answer.status_code == 200, (called, answer.text)
        schema = responses["200"]["content"]["application/json"]["schema"] | {"components": document["components"]}
        errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(answer.json()), key=lambda error: list(error.path))
        assert not errors, (described, [(list(error.path), error.message[:200]) for error in errors[:3]])


def test_a_refusal_is_the_problem_that_is_described(hospital, document):
    doctor = hospital.as_(DOCTOR)
    answer = doctor.get(f"{hospital.base}/api/patients/nobody/twin")
    assert answer.status_code == 403
    schema = document["components"]["schemas"]["Problem"]
    jsonschema.validate(answer.json(), schema)
