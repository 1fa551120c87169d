"""Guidelines for other programs: as FHIR, followed by another's FHIRPath, and as CDS Hooks services."""

import functools
import json
import random
import subprocess
import uuid

import pytest
import requests
from conftest import ROOT
from fhir.resources.R4B import get_fhir_model_class
from fhirpathpy import compile as compiled
from fhirpathpy.models import models

SEED = 20261126
# Whole lists of answers that are tried for each guideline.
CASES = 20


@pytest.fixture(scope="session")
def doctor(hospital):
    return hospital.as_("li.terminal")


@pytest.fixture(scope="session")
def cards(hospital, doctor):
    """The questions of each guideline."""
    plans = doctor.get(f"{hospital.base}/fhir/PlanDefinition?_count=100").json()
    ids = {entry["resource"]["id"] for entry in plans["entry"]}
    return {card["id"]: card for card in doctor.get(f"{hospital.base}/api/assess").json() if card["id"] in ids}


def read(hospital, doctor, kind: str, which: str) -> dict:
    answer = doctor.get(f"{hospital.base}/fhir/{kind}/{which}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_guideline_is_valid_fhir_to_another_program(hospital, doctor, cards):
    assert {"fleischner-2017", "consensus-2024", "c-lung-rads-2024"} <= set(cards)
    for kind in ["PlanDefinition", "Questionnaire", "ActivityDefinition"]:
        model = get_fhir_model_class(kind)
        bundle = doctor.get(f"{hospital.base}/fhir/{kind}?_count=1000").json()
        assert bundle["total"] >= len(cards)
        for entry in bundle["entry"]:
            model.model_validate(entry["resource"])


def test_nobody_changes_a_guideline_by_fhir(hospital):
    for who in ["li.terminal", "admin", "importer"]:
        person = hospital.as_(who)
        body = read(hospital, person, "PlanDefinition", "fleischner-2017")
        body["title"] = "other"
        answer = person.put(f"{hospital.base}/fhir/PlanDefinition/fleischner-2017", json=body)
        assert answer.status_code == 403, (who, answer.text)


def numbers(card: dict, name: str) -> list[float]:
    """Numbers on both sides of every limit that the guideline knows, as far as we can guess them."""
    low = next(one for one in card["inputs"] if one["name"] == name)["range"][0]
    found = [0.5, 1, 3, 4.9, 5, 5.4, 5.6, 6, 8, 8.2, 10, 14.9, 15, 20, 30, 31, 40, 60, 64, 75, 100, 300]
    return [one for one in found if low is None or one >= low]


def random_answers(card: dict, chance: random.Random) -> dict:
    answers = {}
    for question in card["inputs"]:
        name = question["name"]
        if question["kind"] == "yes-no":
            answers[name] = chance.random() < 0.3
        elif question["kind"] == "choice":
            answers[name] = chance.choice(question["choices"])["id"]
        else:
            answers[name] = chance.choice(numbers(card, name))
    return answers


@functools.cache
def condition(expression: str):
    """An expression of FHIRPath, read once: reading takes the other's parser far longer than answering."""
    return compiled(expression, models["r4"])


def response(card: dict, answers: dict) -> dict:
    def value(question):
        given = answers[question["name"]]
        if question["kind"] == "yes-no":
            return {"valueBoolean": given}
        if question["kind"] == "choice":
            return {"valueCoding": {"code": given}}
        return {"valueDecimal": float(given)}

    items = [
        {"linkId": one["name"], "answer": [value(one)]} for one in card["inputs"] if one["name"] in answers
    ]
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}


def test_anothers_fhirpath_comes_to_the_same_rule(hospital, doctor, cards):
    """For answers at random, the one action whose conditions hold is the rule that the engine names."""
    chance = random.Random(SEED)
    compared = dict.fromkeys(cards, 0)
    for which, card in cards.items():
        plan = read(hospital, doctor, "PlanDefinition", which)
        for _ in range(CASES):
            answers = random_answers(card, chance)
            said = doctor.post(f"{hospital.base}/api/assess/{which}", json=answers).json()
            if said["result"]["state"] == "not-assessable":
                continue
            asked = response(card, answers)
            holding = [
                action["title"]
                for action in plan["action"]
                if all(
                    condition(one["expression"]["expression"])(asked, {"resource": asked}) == [True]
                    for one in action["condition"]
                )
            ]
            expected = [said["trace"][-1]["rule"]] if said["result"]["state"] == "recommended" else []
            assert holding == expected, (SEED, which, answers, said["result"])
            compared[which] += 1
    assert all(count >= CASES // 4 for count in compared.values()), compared


def call(patient: str, **more) -> dict:
    return {
        "hook": "patient-view", "hookInstance": str(uuid.uuid4()),
        "context": {"userId": "Practitioner/example", "patientId": patient, "encounterId": "89284"}, **more,
    }


def with_nodule(hospital, person) -> str:
    patients = person.get(f"{hospital.base}/api/home").json()["patients"]
    return next(one["id"] for one in patients if any(study["modality"] == "CT" for study in one["studies"]))


def test_discovery_names_a_service_for_each_guideline(hospital, cards):
    services = requests.get(f"{hospital.base}/cds-services", headers={"Accept-Language": "en"}, timeout=10).json()["services"]
    by_id = {one["id"]: one for one in services}
    assert set(by_id) == {"guidelines", *cards}
    for one in services:
        assert one["hook"] == "patient-view" and one["title"] and one["description"] and one["prefetch"]


def check_card(card: dict) -> None:
    """What CDS Hooks 2.0 demands of a card."""
    assert 0 < len(card["summary"]) < 140
    assert card["indicator"] in ("info", "warning", "critical")
    assert card["source"]["label"]
    for suggestion in card.get("suggestions", []):
        assert suggestion["label"]
        for action in suggestion["actions"]:
            assert action["type"] in ("create", "update", "delete") and action["description"]
            get_fhir_model_class(action["resource"]["resourceType"]).model_validate(action["resource"])
    if card.get("suggestions"):
        assert card["selectionBehavior"] in ("at-most-one", "any")
    for reason in card.get("overrideReasons", []):
        assert reason["code"] and reason["system"] and reason["display"]


def test_a_patient_of_ours_gets_cards_from_the_record(hospital, doctor):
    patient = with_nodule(hospital, doctor)
    answer = doctor.post(f"{hospital.base}/cds-services/fleischner-2017", json=call(patient))
    assert answer.status_code == 200, answer.text
    (card,) = answer.json()["cards"]
    check_card(card)
    # What became of it is kept with what was advised.
    outcome = {
        "card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-26T08:00:00Z",
        "overrideReason": {"reason": card["overrideReasons"][0], "userComment": "prefers to wait"},
    }
    feedback = f"{hospital.base}/cds-services/fleischner-2017/feedback"
    assert doctor.post(feedback, json={"feedback": [outcome]}).status_code == 200
    kept = read(hospital, doctor, "GuidanceResponse", card["uuid"])
    assert kept["meta"]["versionId"] == "2"
    said = [json.loads(one["valueString"]) for one in kept["extension"] if one["url"] == "urn:yuanyi:cds-feedback"]
    assert said[0]["by"] == "li.terminal" and said[0]["feedback"]["outcome"] == "overridden"
    # A card that nobody got, and one that the caller may not see.
    assert doctor.post(feedback, json={"feedback": [{**outcome, "card": str(uuid.uuid4())}]}).status_code == 404
    assert hospital.as_("sun.manager").post(feedback, json={"feedback": [outcome]}).status_code == 403
    assert hospital.as_("sun.manager").post(feedback.removesuffix("/feedback"), json=call(patient)).status_code == 403


def stranger(diameter_mm: float) -> dict:
    """Somebody of another hospital, all of whom comes with the call."""
    answers = {
        "mean_diameter_mm": diameter_mm, "diameter_mm": diameter_mm, "nodule_type": "solid", "nodule_count": 1,
        "known_cancer": False, "immunosuppressed": False, "malignancy_probability": 3.0,
    }
    def value(one):
        if isinstance(one, bool):
            return {"valueBoolean": one}
        return {"valueCoding": {"code": one}} if isinstance(one, str) else {"valueDecimal": one}

    items = [{"linkId": name, "answer": [value(one)]} for name, one in answers.items()]
    reply = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}
    return {
        "patient": {"resourceType": "Patient", "id": "elsewhere", "gender": "male", "birthDate": "1961-05-04"},
        "answers": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": reply}]},
    }


def test_prefetched_data_are_enough(hospital, doctor):
    for diameter, months in [(5.0, None), (7.0, "6 to 12")]:
        asked = call("elsewhere", prefetch=stranger(diameter))
        answer = doctor.post(
            f"{hospital.base}/cds-services/fleischner-2017", json=asked, headers={"Accept-Language": "en"}
        )
        assert answer.status_code == 200, answer.text
        (card,) = answer.json()["cards"]
        check_card(card)
        labels = [one["label"] for one in card.get("suggestions", [])]
        assert any(months in one for one in labels) if months else not labels, (diameter, card)
        # Nothing is kept of somebody who is no patient here.
        assert doctor.get(f"{hospital.base}/fhir/GuidanceResponse/{card['uuid']}").status_code in (403, 404)


def test_all_guidelines_together_say_where_they_contradict(hospital, doctor):
    asked = call("elsewhere", prefetch=stranger(9.0))
    cards = doctor.post(f"{hospital.base}/cds-services/guidelines", json=asked).json()["cards"]
    for card in cards:
        check_card(card)
    assert len(cards) >= 1


@pytest.mark.parametrize(("change", "status"), [
    ({"hook": "order-select"}, 400),
    ({"hookInstance": "1"}, 400),
    ({"context": {"userId": "x"}}, 400),
    ({"context": {"patientId": "nobody-here"}}, (403, 412)),
    ({"prefetch": {"patient": {"resourceType": "Patient", "id": "other"}}}, 400),
])
def test_a_call_that_is_not_understood_says_why(hospital, doctor, change, status):
    answer = doctor.post(f"{hospital.base}/cds-services/fleischner-2017", json={**call("elsewhere"), **change})
    assert answer.status_code in (status if isinstance(status, tuple) else (status,)), answer.text
    assert answer.json()["detail"]


def test_without_signing_in_no_card(hospital):
    asked = call("elsewhere", prefetch=stranger(9.0))
    assert requests.post(f"{hospital.base}/cds-services/fleischner-2017", json=asked, timeout=10).status_code == 401
    assert requests.post(f"{hospital.base}/cds-services/nothing", json=asked, timeout=10).status_code in (401, 404)


OWN = """
id = "{id}"
version = "1"
year = 2026
evidence = "our-own"
confidence = "M"
title = {{ zh = "本院结节复查", en = "Our nodule follow-up" }}
population = {{ zh = "本院成人", en = "Adults of this hospital" }}

[source]
citation = "House rule of the lung clinic, 2026"
year = 2026
licence = "ours"
confidence = "M"
checked-against = "nothing yet"

[question.lives_alone]
label = {{ zh = "独居", en = "Lives alone" }}
kind = "yes-no"
source = "asked"

[[table]]
name = "follow-up"
label = {{ zh = "随访", en = "Follow-up" }}

[[table.rule]]
id = "small"
when = {{ mean_diameter_mm = {{ below = {limit} }} }}
is = "none"

[[table.rule]]
id = "large, alone"
when = {{ mean_diameter_mm = {{ from = {limit} }}, lives_alone = true }}
is = "call"

[[table.rule]]
id = "large"
when = {{ mean_diameter_mm = {{ from = {other} }}, lives_alone = false }}
is = "ct"

[outcome.none]
advice = {{ zh = "无需复查", en = "No follow-up" }}
patient = {{ zh = "无需复查。", en = "Nothing to do." }}

[outcome.call]
advice = {{ zh = "电话随访并复查 CT", en = "Call, and CT" }}
patient = {{ zh = "我们会打电话给您。", en = "We will call you." }}
arrange = [{{ step = "ct", months = [3, 3] }}]

[outcome.ct]
advice = {{ zh = "复查 CT", en = "CT" }}
patient = {{ zh = "请复查 CT。", en = "Have a CT." }}
arrange = [{{ step = "ct", months = [6, 12] }}]
"""


def yuanyi(hospital, *words) -> subprocess.CompletedProcess:
    return subprocess.run([hospital.program, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)


def test_an_author_adds_a_guideline_without_programming(hospital, tmp_path):
    own = tmp_path / "own.toml"
    # A gap between 6 and 7 mm is found and said.
    own.write_text(OWN.format(id="our-own", limit=6, other=7))
    found = yuanyi(hospital, "guideline", "check", own)
    assert found.returncode == 1 and "no rule of its table `follow-up` holds" in found.stdout, found.stdout
    own.write_text(OWN.format(id="our-own", limit=6, other=6))
    found = yuanyi(hospital, "guideline", "check", own)
    assert found.returncode == 0 and "complete" in found.stdout, found.stdout + found.stderr
    answers = tmp_path / "answers.json"
    answers.write_text('{"mean_diameter_mm": 9, "lives_alone": true}')
    said = yuanyi(hospital, "assess", "our-own", "--input", answers, "--guidelines", own)
    assert json.loads(said.stdout)["result"]["outcome"] == "call", said.stderr
    # As FHIR, which another program finds valid.
    bundle = json.loads(yuanyi(hospital, "guideline", "fhir", own).stdout)
    for entry in bundle["entry"]:
        get_fhir_model_class(entry["resource"]["resourceType"]).model_validate(entry["resource"])
    # A clash with what is there is refused.
    own.write_text(OWN.format(id="fleischner-2017", limit=6, other=6))
    said = yuanyi(hospital, "assess", "our-own", "--input", answers, "--guidelines", own)
    assert said.returncode == 1 and "already" in said.stderr


def test_a_change_shows_which_past_cases_it_decides_otherwise(hospital, tmp_path):
    shipped = (ROOT / "crates/knowledge/guidelines/bts-2015-growth.toml").read_text()
    draft = tmp_path / "draft.toml"
    draft.write_text(shipped)
    cases = tmp_path / "cases"
    cases.mkdir()
    for number, grown in enumerate([10.0, 24.0, 26.0, 60.0]):
        items = [
            {"linkId": name, "answer": [{"valueDecimal": value}]}
            for name, value in {
                "volume_before_mm3": 100.0, "volume_now_mm3": 100.0 + grown, "days_between_scans": 365.0,
                "slice_thickness_mm": 1.0,
            }.items()
        ]
        items.append({"linkId": "nodule_type", "answer": [{"valueCoding": {"code": "solid"}}]})
        body = {"resourceType": "QuestionnaireResponse", "id": f"case-{number}", "item": items}
        (cases / f"{number}.json").write_text(json.dumps(body))
    same = json.loads(yuanyi(hospital, "guideline", "simulate", draft, "--cases", cases).stdout)
    assert (same["cases"], same["changed"]) == (4, 0)
    draft.write_text(shipped.replace("below = 25", "below = 23").replace("from = 25", "from = 23"))
    changed = json.loads(yuanyi(hospital, "guideline", "simulate", draft, "--cases", cases).stdout)
    assert [one["case"] for one in changed["changes"]] == ["case-1"], changed

