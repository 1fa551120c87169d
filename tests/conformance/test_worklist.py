"""The worklist service of DICOMweb (UPS-RS, PS3.18 chapter 11), by pydicom's data sets, requests and websocket-client."""

import json

import pytest
import requests
import websocket
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from test_dicomweb import Web, new, to_bytes

JSON = {"Content-Type": "application/dicom+json"}
ALL = "1.2.840.10008.5.1.4.34.5"
FILTERED = "1.2.840.10008.5.1.4.34.5.1"


def code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def step(label: str, patient: str = "UPS1", **changes) -> Dataset:
    data = Dataset()
    data.ProcedureStepState, data.ScheduledProcedureStepPriority = "SCHEDULED", "HIGH"
    data.ProcedureStepLabel, data.WorklistLabel = label, "AI"
    data.ScheduledProcedureStepStartDateTime = "20260102101530"
    data.InputReadinessState, data.PatientID, data.PatientName = "READY", patient, "Zhao^Min=赵^敏"
    data.ScheduledWorkitemCodeSequence = [code("110005", "DCM", "Interpretation")]
    for name, value in changes.items():
        setattr(data, name, value)
    return data


class Worklist:
    def __init__(self, base: str, session: requests.Session):
        self.base, self.session = base, session

    def send(self, method: str, path: str, data: Dataset | None = None) -> requests.Response:
        body = b"" if data is None else json.dumps([data.to_json_dict()]).encode()
        return self.session.request(method, f"{self.base}/{path}", data=body, headers=JSON)

    def create(self, data: Dataset) -> str:
        uid = str(generate_uid())
        answer = self.send("POST", f"workitems?{uid}", data)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Content-Location"] == f"{self.base}/workitems/{uid}"
        return uid

    def read(self, uid: str) -> Dataset:
        answer = self.send("GET", f"workitems/{uid}")
        assert answer.status_code == 200, answer.text
        return Dataset.from_json(answer.json()[0])

    def state(self, uid: str, state: str, transaction: str) -> requests.Response:
        data = Dataset()
        data.ProcedureStepState, data.TransactionUID = state, transaction
        return self.send("PUT", f"workitems/{uid}/state", data)

    def find(self, query: str) -> list[Dataset]:
        answer = self.send("GET", f"workitems?{query}")
        assert answer.status_code in (200, 204), answer.text
        return [Dataset.from_json(row) for row in (answer.json() if answer.content else [])]

    def listen(self, title: str) -> websocket.WebSocket:
        address = self.base.replace("http", "ws", 1) + f"/subscribers/{title}"
        header = [f"Authorization: {self.session.headers['Authorization']}"]
        return websocket.create_connection(address, header=header, timeout=20)


@pytest.fixture(scope="module")
def worklist(hospital, shared_dicom) -> Worklist:
    base, session = f"{hospital.base}/dicom-web", hospital.as_("li.terminal")
    image = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="UPS1")
    assert Web(base, session).store(to_bytes(image)).status_code == 200
    return Worklist(base, session)


def event(socket: websocket.WebSocket) -> tuple[str, int, Dataset]:
    data = Dataset.from_json(json.loads(socket.recv()))
    return str(data.AffectedSOPInstanceUID), data.EventTypeID, data


def performed() -> Dataset:
    done = Dataset()
    done.PerformedStationNameCodeSequence = [code("STATION-1", "99YY", "Station 1")]
    done.PerformedWorkitemCodeSequence = [code("110005", "DCM", "Interpretation")]
    done.PerformedProcedureStepStartDateTime, done.PerformedProcedureStepEndDateTime = "20260102", "20260103"
    done.OutputInformationSequence = []
    changes = Dataset()
    changes.UnifiedProcedureStepPerformedProcedureSequence = [done]
    return changes


def test_a_work_item_goes_its_way(worklist):
    uid, transaction = worklist.create(step("Segment")), str(generate_uid())
    kept = worklist.read(uid)
    assert (kept.SOPInstanceUID, kept.ProcedureStepState) == (uid, "SCHEDULED")
    assert kept.SOPClassUID == "1.2.840.10008.5.1.4.34.6.1" and "TransactionUID" not in kept
    assert str(kept.PatientName) == "Zhao^Min=赵^敏"
    assert worklist.send("POST", f"workitems?{uid}", step("Again")).status_code == 409
    changes = Dataset()
    changes.ProcedureStepLabel = "Segment the lungs"
    assert worklist.send("POST", f"workitems/{uid}", changes).status_code == 200
    assert worklist.state(uid, "COMPLETED", transaction).status_code == 409, "nobody has begun"
    assert worklist.state(uid, "IN PROGRESS", transaction).status_code == 200
    assert worklist.state(uid, "IN PROGRESS", str(generate_uid())).status_code == 409, "one performs it"
    assert worklist.send("POST", f"workitems/{uid}", changes).status_code == 409, "without the Transaction UID"
    assert worklist.send("POST", f"workitems/{uid}?{generate_uid()}", changes).status_code == 409
    assert worklist.state(uid, "COMPLETED", transaction).status_code == 409, "nothing is performed"
    assert worklist.send("POST", f"workitems/{uid}?{transaction}", performed()).status_code == 200
    assert worklist.state(uid, "COMPLETED", transaction).status_code == 200
    again = worklist.state(uid, "COMPLETED", transaction)
    assert again.status_code == 200 and "already" in again.headers["Warning"]
    kept = worklist.read(uid)
    assert (kept.ProcedureStepState, kept.ProcedureStepLabel) == ("COMPLETED", "Segment the lungs")
    assert worklist.send("POST", f"workitems/{uid}/cancelrequest").status_code == 409


def test_what_is_not_well_formed_is_refused(worklist):
    for change in ({"ProcedureStepState": "IN PROGRESS"}, {"InputReadinessState": "PERHAPS"}, {"TransactionUID": "1.2"}):
        assert worklist.send("POST", "workitems", step("Bad", **change)).status_code == 400, change
    answer = worklist.send("POST", "workitems", step("Nobody", patient="UPS-UNKNOWN"))
    assert answer.status_code == 400 and "not known" in answer.json()["detail"]
    assert worklist.send("GET", "workitems/1.2.3.4").status_code == 404
    assert worklist.send("GET", "workitems?Foo=1").status_code == 400


def test_work_items_are_found(worklist):
    first = worklist.create(step("Find-1", ScheduledProcedureStepStartDateTime="20260301"))
    second = worklist.create(step("Find-2", ScheduledProcedureStepStartDateTime="20260201"))
    found = worklist.find("ProcedureStepLabel=Find-*&ProcedureStepState=SCHEDULED")
    assert [str(item.SOPInstanceUID) for item in found] == [second, first]
    assert len(worklist.find("ProcedureStepLabel=Find-*&ScheduledProcedureStepStartDateTime=20260215-")) == 1
    assert len(worklist.find("ScheduledWorkitemCodeSequence.CodeValue=110005&ProcedureStepLabel=Find-*")) == 2
    assert len(worklist.find("ProcedureStepLabel=Find-*&limit=1&offset=1")) == 1
    assert worklist.find("ProcedureStepLabel=Find-*&ProcedureStepState=CANCELED") == []
    assert worklist.send("POST", f"workitems/{first}/cancelrequest").status_code == 202
    assert worklist.read(first).ProcedureStepState == "CANCELED", "nobody had begun"
    assert len(worklist.find("ProcedureStepLabel=Find-*&ProcedureStepState=CANCELED")) == 1
    assert len(worklist.find("ProcedureStepLabel=Find-*&ProcedureStepState=SCHEDULED\\CANCELED")) == 2


def test_subscribers_hear_of_each_step(worklist):
    uid, transaction = worklist.create(step("Heard")), str(generate_uid())
    answer = worklist.send("POST", f"workitems/{uid}/subscribers/ONE?deletionlock=false")
    assert answer.status_code == 201 and answer.headers["Content-Location"].startswith("ws")
    one, everything, filtered = (worklist.listen(title) for title in ("ONE", "ALL", "SOME"))
    assert worklist.send("POST", f"workitems/{ALL}/subscribers/ALL").status_code == 201
    some = worklist.send("POST", f"workitems/{FILTERED}/subscribers/SOME?filter=ProcedureStepLabel%3DOther*")
    assert some.status_code == 201
    seen = {event(everything)[0]}
    while uid not in seen:
        seen.add(event(everything)[0])
    while True:  # What there was at the subscription is told first.
        everything.settimeout(0.5)
        try:
            event(everything)
        except websocket.WebSocketTimeoutException:
            break
    everything.settimeout(20)
    assert worklist.state(uid, "IN PROGRESS", transaction).status_code == 200
    for socket in (one, everything):
        named, kind, data = event(socket)
        assert (named, kind, data.ProcedureStepState) == (uid, 1, "IN PROGRESS")
        assert "TransactionUID" not in data
    request = Dataset()
    request.ReasonForCancellation = "wrong side"
    assert worklist.send("POST", f"workitems/{uid}/cancelrequest", request).status_code == 202
    named, kind, data = event(one)
    assert (named, kind, data.ReasonForCancellation) == (uid, 2, "wrong side")
    assert worklist.read(uid).ProcedureStepState == "IN PROGRESS", "who performs it decides"
    assert worklist.send("DELETE", f"workitems/{uid}/subscribers/ONE").status_code == 200
    assert worklist.send("DELETE", f"workitems/{uid}/subscribers/ONE").status_code == 404
    other = worklist.create(step("Other one"))
    assert event(filtered)[:2] == (other, 1), "and nothing before it"
    assert worklist.send("POST", f"workitems/{ALL}/subscribers/ALL/suspend").status_code == 200
    for socket in (one, everything, filtered):
        socket.close()


def test_others_neither_see_nor_hear(worklist, hospital):
    stranger = Worklist(worklist.base, hospital.as_("zhou.trainee"))
    uid = worklist.create(step("Secret"))
    assert stranger.send("GET", f"workitems/{uid}").status_code in (403, 404)
    assert stranger.send("GET", "workitems?ProcedureStepLabel=Secret").status_code in (204, 403)
    assert stranger.send("POST", f"workitems/{uid}/subscribers/STRANGER").status_code in (403, 404)
    assert stranger.state(uid, "IN PROGRESS", str(generate_uid())).status_code in (403, 404)
    assert stranger.send("POST", "workitems", step("Forged")).status_code == 403
    assert requests.get(f"{worklist.base}/workitems").status_code == 401
    # FHIR does not change work items behind the state machine's back.
    answer = worklist.session.get(worklist.base.replace("dicom-web", f"fhir/UnifiedProcedureStep/{uid}"))
    assert answer.status_code == 404, answer.text
