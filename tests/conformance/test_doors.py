"""What each door says to those who may not come in."""

import requests


def test_nobody_reads_without_signing_in(hospital):
    for path in ["/api/home", "/fhir/Patient", "/dicom-web/studies", "/api/ledger/entry/0", "/api/rooms/x"]:
        answer = requests.get(hospital.base + path, timeout=10)
        assert answer.status_code == 401, path


def test_a_wrong_password_is_refused_without_saying_which(hospital):
    answers = []
    for user in ["chen.expert", "no.such.account"]:
        answer = requests.post(
            hospital.base + "/api/session", json={"user": user, "password": "wrong"},
            headers={"X-Yuanyi-Client": "1"}, timeout=10,
        )
        body = answer.json()
        body.pop("request_id")
        answers.append((answer.status_code, body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


def test_a_stale_token_is_refused(hospital):
    import time

    token = hospital.token("li.terminal", ttl="1s")
    time.sleep(1.2)
    answer = requests.get(
        hospital.base + "/fhir/Patient", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    assert answer.status_code == 401


def test_a_foreign_patient_is_refused_and_the_refusal_is_in_the_ledger(hospital):
    everyone = hospital.as_("importer").get(hospital.base + "/fhir/Patient?_count=100").json()
    all_ids = {entry["resource"]["id"] for entry in everyone["entry"]}
    own = hospital.as_("zhao.patient").get(hospital.base + "/fhir/Patient").json()
    own_ids = {entry["resource"]["id"] for entry in own.get("entry", [])}
    foreign = sorted(all_ids - own_ids)[0]
    answer = hospital.as_("zhao.patient").get(f"{hospital.base}/fhir/Patient/{foreign}")
    assert answer.status_code in (403, 404)
    assert answer.json()["resourceType"] == "OperationOutcome"
    audit = hospital.as_("importer").get(
        f"{hospital.base}/fhir/AuditEvent?patient=Patient/{foreign}&_count=50"
    ).json()
    outcomes = [entry["resource"].get("outcome") for entry in audit.get("entry", [])]
    assert any(outcome not in (None, "0") for outcome in outcomes), outcomes


def test_managers_see_no_patient(hospital):
    found = hospital.as_("sun.manager").get(hospital.base + "/fhir/Patient")
    assert found.status_code == 403 or found.json().get("total") == 0


def test_errors_are_problem_documents_with_a_request_id(hospital):
    answer = hospital.as_("li.terminal").get(hospital.base + "/api/ledger/inclusion/999999999")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_foreign_page_cannot_write(hospital):
    session = requests.Session()
    done = session.post(
        hospital.base + "/api/session", json={"user": "li.terminal", "password": "conformance-pass-1"},
        headers={"X-Yuanyi-Client": "1"}, timeout=10,
    )
    assert done.status_code == 200
    assert session.get(hospital.base + "/api/home", timeout=10).status_code == 200
    assert session.delete(hospital.base + "/api/session", timeout=10).status_code == 403
