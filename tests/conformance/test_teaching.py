"""Teaching cases: a trainee gets nothing that says who it is, answers once, and only then sees what is right."""

import io
import time

import pydicom
import pytest

TEACHER, TRAINEE = "li.terminal", "zhou.trainee"
# What the teacher sees on the images, and the record does not say.
SEEN = {"nodule_type": "solid", "nodule_count": 1, "spiculated": False, "upper_lobe": True, "extrathoracic_cancer": False,
        "known_cancer": False, "immunosuppressed": False}


@pytest.fixture(scope="module")
def case(hospital):
    """A case of the demo's nodule, and all values that say whose it is."""
    doctor = hospital.as_(TEACHER)
    home = doctor.get(f"{hospital.base}/api/home").json()
    [row] = [row for row in home["patients"] if row["mrn"] == "YY100001"]
    [study] = [study for study in row["studies"] if study["description"] == "CT chest"]
    [series] = [one for one in study["series"] if one["modality"] == "CT"]
    until = time.monotonic() + 120
    while not doctor.get(f"{hospital.base}/api/patients/{row['id']}/twin").json()["lesions"]:
        assert time.monotonic() < until, "the nodule was not measured"
        time.sleep(0.5)
    wanted = {"patient": row["id"], "series": series["uid"], "answers": SEEN, "pixels_vouched_for": True}
    made = doctor.post(f"{hospital.base}/api/teaching/cases", json=wanted)
    assert made.status_code == 201, made.text
    record = doctor.get(f"{hospital.base}/fhir/Patient/{row['id']}").json()
    names = [part for name in record["name"] for part in [name.get("family"), *name.get("given", [])] if part]
    address = record["address"][0]
    objects = doctor.get(f"{hospital.base}/dicom-web/studies/{study['uid']}/instances").json()
    secrets = {
        row["id"], row["mrn"], row["name"], row["birth_date"], row["birth_date"].replace("-", ""), study["uid"], series["uid"],
        study["date"].replace("-", ""), *names, *address.get("line", []), address["city"],
        *[one["value"] for one in record["identifier"]], *[one["value"] for one in record.get("telecom", [])],
        *[one["00080018"]["Value"][0] for one in objects],
    }
    return made.json()["id"], {secret for secret in secrets if len(secret) >= 4}


def get(hospital, who, path, **asked):
    return hospital.as_(who).get(f"{hospital.base}/api/teaching/cases{path}", params=asked)


def test_nothing_says_who_it_is(hospital, case):
    which, secrets = case
    assert len(secrets) > 50
    shown = get(hospital, TRAINEE, f"/{which}")
    assert shown.status_code == 200, shown.text
    assert shown.json()["images"] == 48
    got = {"list": get(hospital, TRAINEE, "").content, "case": shown.content}
    for number in (1, 24, 48):
        copy = get(hospital, TRAINEE, f"/{which}/objects/{number}")
        assert copy.headers["content-type"] == "application/dicom"
        got[f"object {number}"] = copy.content
        data = pydicom.dcmread(io.BytesIO(copy.content))
        assert data.PatientIdentityRemoved == "YES" and data.PatientID == shown.json()["pseudonym"]
        picture = get(hospital, TRAINEE, f"/{which}/images/{number}", window="-600,1500")
        assert picture.headers["content-type"] == "image/jpeg" and picture.content.startswith(b"\xff\xd8")
        got[f"picture {number}"] = picture.content
    for what, content in got.items():
        for secret in secrets:
            assert secret.lower().encode() not in content.lower(), (what, secret)
    # What the search looks for can be found: it is in what the teacher may read.
    session = hospital.as_(TEACHER)
    twin = session.get(f"{hospital.base}/api/home").text
    assert sum(secret in twin for secret in secrets) > 3


def test_answers_are_hidden_until_somebody_has_answered(hospital, case):
    which, _ = case
    before = get(hospital, TRAINEE, f"/{which}").json()
    asked = [question["id"] for question in before["questions"]]
    assert {"kind", "size", "risk", "next-step"} <= set(asked)
    assert "score" not in before and "answers" not in before and "attempts" not in before
    known = {one["name"]: one["value"] for one in before["facts"]["known"]}
    assert not {"nodule_type", "diameter_mm", "mean_diameter_mm"} & set(known)
    assert known["age_years"] == 56 and known["ever_smoker"] is True
    # The teacher knows them.
    own = get(hospital, TEACHER, f"/{which}").json()
    right = {one["question"]["id"]: one["right"]["value"] for one in own["answers"]}
    assert right["kind"] == "solid" and right["size"] == 13
    for value in ["12.8", "16.3"]:
        assert value not in str(before)

    path = f"{hospital.base}/api/teaching/cases/{which}/answers"
    given = {**right, "size": 12, "unasked": 1}
    teacher = hospital.as_(TEACHER).post(path, json={"answers": given})
    assert teacher.status_code == 403
    after = hospital.as_(TRAINEE).post(path, json={"answers": given})
    assert after.status_code == 201, after.text
    score = after.json()["score"]
    assert (score["points"], score["of"]) == (len(asked) - 1, len(asked))
    judged = {one["question"]["id"]: one for one in score["judged"]}
    assert not judged["size"]["is_right"] and judged["size"]["right"]["value"] == 13
    assert "MacMahon" in judged["size"]["right"]["source"] and judged["next-step"]["right"]["why"]
    again = hospital.as_(TRAINEE).post(path, json={"answers": right})
    assert again.status_code == 409
    assert get(hospital, TRAINEE, f"/{which}").json()["score"]["points"] == len(asked) - 1
    [attempt] = get(hospital, TEACHER, f"/{which}").json()["attempts"]
    assert (attempt["by"], attempt["points"]) == (TRAINEE, len(asked) - 1)


def test_a_case_is_for_its_people(hospital, case):
    which, secrets = case
    for who in ["chen.expert", "qian.researcher", "sun.manager", "wang.nurse", "zhao.patient", "admin"]:
        for path in [f"/{which}", f"/{which}/images/1", f"/{which}/objects/1"]:
            assert get(hospital, who, path).status_code == 403, (who, path)
        assert get(hospital, who, "").json() == []
    assert get(hospital, TRAINEE, f"/{which}/images/49").status_code == 404
    assert get(hospital, TRAINEE, f"/{which}/images/0").status_code == 404
    doctor = hospital.as_(TEACHER)
    home = doctor.get(f"{hospital.base}/api/home").json()
    patient = next(row for row in home["patients"] if row["mrn"] == "YY100001")
    series = next(one["uid"] for study in patient["studies"] for one in study["series"] if one["modality"] == "CT")
    # Other tests ask the expert for advice on this patient, who may make a case from then on.
    for who in ["wang.nurse", TRAINEE, "admin"]:
        wanted = {"patient": patient["id"], "series": series}
        refused = hospital.as_(who).post(f"{hospital.base}/api/teaching/cases", json=wanted)
        assert refused.status_code == 403, (who, refused.text)
    # What people write goes into no case: an answer that is no choice of its list is left out.
    wanted = {"patient": patient["id"], "series": series, "answers": {"nodule_type": "Birgit"}, "pixels_vouched_for": True}
    made = doctor.post(f"{hospital.base}/api/teaching/cases", json=wanted)
    if made.status_code == 201:
        assert "Birgit" not in get(hospital, TRAINEE, f"/{made.json()['id']}").text
    # The record itself tells nobody what a case holds, or whose it is.
    basic = hospital.as_(TRAINEE).get(f"{hospital.base}/fhir/Basic?_count=100")
    for secret in secrets:
        assert secret not in basic.text


def test_a_closed_case_is_gone(hospital, case):
    which, _ = case
    assert hospital.as_(TRAINEE).delete(f"{hospital.base}/api/teaching/cases/{which}").status_code == 403
    assert hospital.as_(TEACHER).delete(f"{hospital.base}/api/teaching/cases/{which}").status_code == 204
    assert get(hospital, TRAINEE, f"/{which}").status_code == 403
    assert which not in get(hospital, TRAINEE, "").text


def test_who_refuses_research_teaches_nobody(hospital):
    doctor = hospital.as_(TEACHER)
    home = doctor.get(f"{hospital.base}/api/home").json()
    patient = next(row for row in home["patients"] if row["mrn"] == "YY100002")
    series = next(one["uid"] for study in patient["studies"] for one in study["series"] if one["modality"] == "CT")
    code = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]}
    consent = {"resourceType": "Consent", "id": "no-teaching", "status": "active", "scope": code,
               "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
               "patient": {"reference": f"Patient/{patient['id']}"},
               "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN"}]},
               "provision": {"type": "deny"}}
    kept = doctor.put(f"{hospital.base}/fhir/Consent/no-teaching", json=consent)
    assert kept.status_code == 201, kept.text
    wanted = {"patient": patient["id"], "series": series, "answers": SEEN, "pixels_vouched_for": True}
    refused = doctor.post(f"{hospital.base}/api/teaching/cases", json=wanted)
    assert refused.status_code == 403, refused.text
    assert doctor.delete(f"{hospital.base}/fhir/Consent/no-teaching").status_code in (200, 204)
