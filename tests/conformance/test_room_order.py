"""Who comes into a room and how order is kept there, over its socket; a client that lies is corrected."""

import time

import pytest

from imaging_hospital import until
from room_door import Person, agree

LI, CHEN, WANG, ZHAO, SUN = "li.terminal", "chen.expert", "wang.nurse", "zhao.patient", "sun.manager"


@pytest.fixture(scope="module")
def patient(hospital) -> str:
    """A patient who has a nurse on the care team and images."""
    rows = hospital.as_(WANG).get(f"{hospital.base}/api/home").json()["patients"]
    ours = hospital.as_(LI).get(f"{hospital.base}/api/home").json()["patients"]
    known = {one["id"] for one in ours}
    return next(one["id"] for one in rows if one["id"] in known)


@pytest.fixture
def room(hospital, patient) -> str:
    li = hospital.as_(LI)
    ask = {"patient": patient, "expert": CHEN, "reason": "what is this?"}
    case = li.post(f"{hospital.base}/api/scenarios/remote-consult/requests", json=ask)
    assert case.status_code == 201, case.text
    for user in (LI, CHEN, WANG):
        agree(hospital, user)
    return case.json()["room"]


def test_nobody_enters_before_they_agreed_to_the_rules(hospital, room):
    # The account is made for this: others have agreed in other tests.
    zhao = hospital.as_(ZHAO)
    rules = zhao.get(f"{hospital.base}/api/conduct").json()
    assert rules["agreed"] is None and all(rule["zh"] and rule["en"] for rule in rules["rules"])
    own = zhao.get(f"{hospital.base}/api/home").json()["patients"]
    assert zhao.post(f"{hospital.base}/api/conduct", json={"version": "1999"}).status_code == 409
    agree(hospital, ZHAO)
    assert zhao.get(f"{hospital.base}/api/conduct").json()["agreed"]
    # It is a fact about oneself, which lets nobody see anybody.
    assert zhao.get(f"{hospital.base}/api/home").json()["patients"] == own


def test_who_was_not_asked_waits_sees_nothing_and_is_let_in(hospital, room):
    li = Person(hospital, LI, room)
    assert li.kind == "welcome" and li.person(LI)["standing"] == "host"
    wang = Person(hospital, WANG, room)
    assert (wang.kind, wang.first["state"]) == ("threshold", "waiting")
    assert wang.first["host"] and "entities" not in wang.first and "people" not in wang.first
    # Whatever a client says of itself, the server knows where it is.
    knock = li.knock_of(WANG)
    for act, fields in [("admit", {"waiting": knock["id"]}), ("undo", {}), ("grab", {"id": 1})]:
        wang.act(act, **fields)
        assert wang.hear_refusal() == "not-inside"
    li.act("admit", waiting=knock["id"])
    assert wang.until("welcome")["people"]
    li.until("tick", lambda news: any(e.get("order", {}).get("did") == "admitted" for e in news.get("events", [])))
    wang.act("raise-hand")
    li.until("tick", lambda news: any(one["hand_since"] for one in news.get("people", [])))
    for act in ("put-out", "block", "mute", "warn"):
        wang.act(act, participant=li.person(LI)["id"], reason="x")
        assert wang.hear_refusal() == "keeps-no-order"
    li.close(), wang.close()


def test_who_is_put_out_is_told_why_and_a_block_keeps_them_out(hospital, room, patient):
    li, chen = Person(hospital, LI, room), Person(hospital, CHEN, room)
    li.until("tick", lambda news: len(news.get("people", [])) == 2)
    li.act("block", participant=li.person(CHEN)["id"], reason="shouts at the patient")
    bye = chen.until_bye()
    assert (bye["reason"], bye["why"], bye["again"]) == ("put-out", "shouts at the patient", False)
    back = Person(hospital, CHEN, room)
    assert (back.kind, back.first["state"], back.first["reason"]) == ("threshold", "blocked", "shouts at the patient")
    li.act("admit", waiting=li.knock_of(CHEN)["id"])
    assert li.hear_refusal() == "still-blocked"
    back.act("appeal", against="blocked", reason="I spoke to the nurse")
    li.until("tick", lambda news: any(one["appeal"] for one in news.get("sanctions", [])))
    # Where the patient needs it, who treats them is not locked out; it is kept and everybody hears it.
    back.act("come-urgently", reason="the patient bleeds")
    assert back.until("welcome")
    li.until("tick", lambda news: any(e.get("order", {}).get("did") == "came-in-urgently" for e in news.get("events", [])))
    address = f"{hospital.base}/fhir/AuditEvent?patient=Patient/{patient}&subtype=urn:yuanyi:room-order|blocked&_summary=count"
    found = hospital.as_(LI).get(address).json()
    assert found["total"] >= 1, found
    li.close(), back.close()


def did(word: str):
    """Whether a tick tells of such an act of order."""
    return lambda news: any(e.get("order", {}).get("did") == word for e in news.get("events", []))


def test_an_appeal_is_decided_by_another_than_who_gave_the_sanction(hospital, room, patient):
    li, chen = Person(hospital, LI, room), Person(hospital, CHEN, room)
    li.until("tick", lambda news: len(news.get("people", [])) == 2)
    li.act("mute", participant=li.person(CHEN)["id"], reason="talks over the patient")
    chen.until("tick", did("muted"))
    chen.act("appeal", against="muted", reason="I read out the result")
    li.until("tick", did("appealed"))
    li.act("answer-appeal", whom=CHEN, against="muted", grants=False, reason="no")
    assert li.hear_refusal() == "own-sanction"
    # Neither who gave it nor whom it is about sees the list, or answers by it.
    address = f"{hospital.base}/api/sanctions"
    for user in (LI, CHEN, WANG):
        assert hospital.as_(user).get(address).status_code == 403
    sun = hospital.as_(SUN)
    found = sun.get(address).json()
    ours = next(one for one in found if one["room"] == room and one["grade"] == "muted")
    assert (ours["is_open"], ours["may_answer"], ours["by"], ours["actor"]) == (True, True, LI, CHEN)
    assert ours["place"] is None and ours["appeal"]["reason"] == "I read out the result"
    assert found == sorted(found, key=lambda one: (one["is_open"], one["since"], one["number"]), reverse=True)
    to = f"{address}/{room}/{ours['number']}/answer"
    body = {"grants": True, "reason": "they were asked to"}
    for user in (LI, CHEN):
        assert hospital.as_(user).post(to, json=body).status_code == 403
    assert sun.post(to, json=body | {"reason": " "}).status_code == 400
    assert sun.post(f"{address}/{room}/999999/answer", json=body).status_code == 404
    assert sun.post(f"{address}/nowhere/{ours['number']}/answer", json=body).status_code == 404
    assert sun.post(to, json=body).status_code == 204
    news = chen.until("tick", did("appeal-granted"))
    [event] = [e for e in news["events"] if e.get("order", {}).get("did") == "appeal-granted"]
    assert (event["actor"], event["order"]["reason"]) == (SUN, "they were asked to") and event["order"]["decider"]
    assert sun.post(to, json=body).status_code == 409
    own = hospital.as_(CHEN).get(f"{address}/own").json()
    [own] = [one for one in own if one["room"] == room]
    assert own["over"] and own["appeal"]["answer"]["granted"] and not own["may_answer"]
    assert [one for one in hospital.as_(LI).get(f"{address}/own").json() if one["room"] == room] == []
    audit = f"{hospital.base}/fhir/AuditEvent?patient=Patient/{patient}&subtype=urn:yuanyi:room-order|appeal-granted&_summary=count"
    assert hospital.as_(LI).get(audit).json()["total"] >= 1
    # The room closes when they leave, and what is asked of it is answered all the same.
    li.act("put-out", participant=li.person(CHEN)["id"], reason="again")
    chen.until_bye()
    back = Person(hospital, CHEN, room)
    back.act("appeal", against="put-out", reason="it was the nurse")
    li.until("tick", lambda news: any(one["grade"] == "put-out" and one["appeal"] for one in news.get("sanctions", [])))
    li.close(), back.close()
    time.sleep(1)
    ours = next(one for one in sun.get(address).json() if one["room"] == room and one["is_open"])
    refuse = {"grants": False, "reason": "two people heard it"}
    assert sun.post(f"{address}/{room}/{ours['number']}/answer", json=refuse).status_code == 204
    again = Person(hospital, CHEN, room)
    answer = again.first["sanction"]["appeal"]["answer"]
    assert (again.first["state"], answer["granted"], answer["reason"]) == ("put-out", False, "two people heard it")
    again.close()


def test_when_the_host_leaves_the_next_takes_over(hospital, room):
    li = Person(hospital, LI, room)
    chen = Person(hospital, CHEN, room)
    assert chen.person(LI)["standing"] == "host"
    li.close()
    chen.until("tick", lambda news: any(
        one["actor"] == CHEN and one["standing"] == "host" for one in news.get("people", [])))
    chen.close()


def practitioner(hospital, user: str, period: dict) -> None:
    admin = hospital.as_("admin")
    address = f"{hospital.base}/fhir/Practitioner/{user}"
    body = admin.get(address).json()
    [licence] = [q for q in body["qualification"] if q["code"]["coding"][0]["system"] == "urn:yuanyi:licence"]
    licence["period"] = period
    answer = admin.put(address, json=body)
    assert answer.ok, answer.text


def test_a_licence_that_is_withdrawn_ends_the_stay_at_once(hospital, room):
    chen = Person(hospital, CHEN, room)
    assert chen.kind == "welcome"
    practitioner(hospital, CHEN, {"start": "2025-01-01", "end": "2025-06-30"})
    withdrawn = time.monotonic()
    try:
        assert chen.until_bye()["reason"] == "licence-ended"
        assert time.monotonic() - withdrawn < 60
        answer = hospital.as_(CHEN).get(f"{hospital.base}/api/rooms/{room}")
        assert answer.status_code == 403
    finally:
        practitioner(hospital, CHEN, {"start": "2025-01-01"})
    again = until(lambda: hospital.as_(CHEN).get(f"{hospital.base}/api/rooms/{room}").ok, "the licence is back")
    assert again
