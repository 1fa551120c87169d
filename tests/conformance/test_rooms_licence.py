"""The licence to practise in virtual rooms: earned by an exam, withdrawn with effect at once; and who needs a companion."""

import time
import tomllib

import pytest

from conftest import ROOT
from room_door import Person, agree

LI, WANG, ZHAO = "li.terminal", "wang.nurse", "zhao.patient"
EXAM = tomllib.loads((ROOT / "crates/server/exam/virtual-room.toml").read_text(encoding="utf-8"))
RIGHT = {question["id"]: question["answer"] for question in EXAM["questions"]}


def room_about(hospital, patient: str) -> str:
    ask = {"patient": patient, "expert": "chen.expert", "reason": "what is this?"}
    case = hospital.as_(LI).post(f"{hospital.base}/api/scenarios/remote-consult/requests", json=ask)
    assert case.status_code == 201, case.text
    return case.json()["room"]


@pytest.fixture(scope="module")
def patients(hospital) -> list[str]:
    """Those whom both the doctor and the nurse treat."""
    of = lambda user: {one["id"] for one in hospital.as_(user).get(f"{hospital.base}/api/home").json()["patients"]}
    return sorted(of(LI) & of(WANG))


def sit(hospital, user: str, answers: dict):
    body = {"version": EXAM["version"], "answers": answers}
    return hospital.as_(user).post(f"{hospital.base}/api/licence/exam", json=body)


def test_the_questions_are_told_and_the_answers_are_not(hospital):
    own = hospital.as_(WANG).get(f"{hospital.base}/api/licence").json()
    assert own["practises"] and own["standing"]["state"] == "valid"
    assert [one["id"] for one in own["exam"]["questions"]] == list(RIGHT)
    for question in own["exam"]["questions"]:
        assert question["text"]["zh"] and question["text"]["en"]
        assert set(question) == {"id", "text", "choices"}


def test_only_those_who_practise_sit_it_and_only_the_administrator_withdraws(hospital):
    assert sit(hospital, ZHAO, RIGHT).status_code == 403
    assert hospital.as_(LI).get(f"{hospital.base}/api/licences").status_code == 403
    withdraw = f"{hospital.base}/api/licences/{WANG}/withdraw"
    assert hospital.as_(LI).post(withdraw, json={"reason": "x"}).status_code == 403
    admin = hospital.as_("admin")
    assert admin.post(withdraw, json={"reason": " "}).status_code == 400
    assert admin.post(f"{hospital.base}/api/licences/nobody/withdraw", json={"reason": "x"}).status_code == 404
    assert sit(hospital, WANG, {"no-such-question": "x"}).status_code == 400
    stale = hospital.as_(WANG).post(f"{hospital.base}/api/licence/exam", json={"version": "1999", "answers": {}})
    assert stale.status_code == 409


def test_a_withdrawn_licence_ends_the_stay_and_is_earned_anew(hospital, patients):
    room = room_about(hospital, patients[0])
    for user in (LI, WANG):
        agree(hospital, user)
    li, wang = Person(hospital, LI, room), Person(hospital, WANG, room)
    admin = hospital.as_("admin")
    answer = admin.post(f"{hospital.base}/api/licences/{WANG}/withdraw", json={"reason": "recorded a patient"})
    assert answer.status_code == 204, answer.text
    withdrawn = time.monotonic()
    assert wang.until_bye()["reason"] == "licence-ended"
    assert time.monotonic() - withdrawn < 60
    assert hospital.as_(WANG).get(f"{hospital.base}/api/rooms/{room}").status_code == 403
    listed = {one["account"]: one["standing"] for one in admin.get(f"{hospital.base}/api/licences").json()}
    assert listed[WANG]["state"] == "ended" and listed[WANG]["withdrawn"]["reason"] == "recorded a patient"
    assert listed[LI]["state"] == "valid"
    # It is not earned anew before the administrator allows that.
    assert sit(hospital, WANG, RIGHT).status_code == 403
    again = admin.post(f"{hospital.base}/api/licences/{WANG}/withdraw", json={"reason": "again"})
    assert again.status_code == 409
    assert admin.post(f"{hospital.base}/api/licences/{WANG}/lift").status_code == 204
    failed = sit(hospital, WANG, {**RIGHT, "urgent": "other"}).json()
    assert (failed["passed"], failed["right"], failed["of"]) == (False, len(RIGHT) - 1, len(RIGHT))
    assert [one["id"] for one in failed["wrong"]] == ["urgent"] and "answer" not in failed["wrong"][0]
    assert hospital.as_(WANG).get(f"{hospital.base}/api/rooms/{room}").status_code == 403
    assert sit(hospital, WANG, RIGHT).json()["passed"]
    own = hospital.as_(WANG).get(f"{hospital.base}/api/licence").json()["standing"]
    assert own["state"] == "valid" and own["until"] and own["withdrawn"] is None
    assert hospital.as_(WANG).get(f"{hospital.base}/api/rooms/{room}").ok
    li.close()


def test_who_treats_a_frail_patient_has_somebody_beside_them(hospital):
    own = hospital.as_(ZHAO).get(f"{hospital.base}/api/home").json()["patients"][0]["id"]
    flag = f"{hospital.base}/api/patients/{own}/companion"
    li = hospital.as_(LI)
    assert li.get(flag).json() == {"needed": False, "reason": None, "may_change": True}
    assert hospital.as_(ZHAO).put(flag, json={"needed": True, "reason": "x"}).status_code == 403
    assert li.put(flag, json={"needed": True, "reason": ""}).status_code == 400
    room = room_about(hospital, own)
    for user in (LI, ZHAO):
        agree(hospital, user)
    assert li.put(flag, json={"needed": True, "reason": "falls easily"}).status_code == 204
    try:
        assert hospital.as_(ZHAO).get(flag).json()["reason"] == "falls easily"
        doctor, zhao = Person(hospital, LI, room), Person(hospital, ZHAO, room)
        assert (zhao.kind, zhao.first["state"]) == ("threshold", "companion")
        knock = doctor.knock_of(ZHAO)
        assert knock["needs_companion"]
        doctor.act("admit", waiting=knock["id"])
        assert doctor.hear_refusal() == "companion-needed"
        doctor.act("admit", waiting=knock["id"], companion=doctor.person(LI)["id"])
        assert zhao.until("welcome")["people"]
        # When who looks after them has gone, they are at the door again.
        doctor.close()
        assert zhao.until("threshold")["state"] == "companion"
        zhao.close()
    finally:
        assert li.put(flag, json={"needed": False, "reason": "better"}).status_code == 204
