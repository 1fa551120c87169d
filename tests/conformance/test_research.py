"""De-identified copies, read by pydicom; identities, opened by two."""

import email
import io
import pathlib
import uuid

import pydicom
import pytest

# Files of every kind that the profile must do with; the path, and what is expected of it.
FILES = [
    "pydicom/test_files/CT_small.dcm",
    "pydicom/test_files/MR_small_RLE.dcm",
    "pydicom/test_files/MR_small_bigendian.dcm",
    "pydicom/test_files/MR_small_expb.dcm",
    "pydicom/test_files/JPEG2000.dcm",
    "pydicom/test_files/rtplan.dcm",
    "pydicom/test_files/rtdose.dcm",
    "pydicom/test_files/reportsi.dcm",
    "pydicom/test_files/waveform_ecg.dcm",
    "pydicom/test_files/examples_overlay.dcm",
]
# A secondary capture on which something may be written, and a report with free text, which this project does
# not clean.
REFUSED = {"pydicom/test_files/JPEG2000.dcm": "pixels", "pydicom/test_files/reportsi.dcm": "structured report"}
NAMES = {"Zhang^Sanfeng", "Sanfeng", "Referrer"}
RESEARCHER = "qian.researcher"
CUSTODIANS = ["sun.manager", "chen.expert"]
REASON = "an incidental finding must be told"


def marked(file: pathlib.Path, study: str, number: int) -> bytes:
    """The object as one of a known patient, with identifying values that can be searched for."""
    data = pydicom.dcmread(file)
    data.PatientName, data.PatientID = "Zhang^Sanfeng", "MRN08154711"
    data.PatientBirthDate, data.ReferringPhysicianName = "19600229", "Referrer^Real"
    data.AccessionNumber, data.StudyInstanceUID = "ACC4711", study
    data.SeriesInstanceUID = f"{study}.{number}"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"{study}.{number}.1"
    data.private_block(0x0055, "ACME", create=True).add_new(1, "LO", "Sanfeng")
    buffer = io.BytesIO()
    data.save_as(buffer)
    return buffer.getvalue()


def api(hospital, path: str) -> str:
    return f"{hospital.base}/api/research/projects{path}"


def parts(answer) -> list[bytes]:
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.content)
    return [part.get_payload(decode=True) for part in message.get_payload()]


@pytest.fixture(scope="module")
def project(hospital, shared_dicom):
    """A project with one released study, whose files are those above."""
    study = f"2.25.{uuid.uuid4().int}"
    doctor = hospital.as_("li.terminal")
    body = b"".join(
        b"--part\r\nContent-Type: application/dicom\r\n\r\n" + marked(shared_dicom / name, study, number) + b"\r\n"
        for number, name in enumerate(FILES, 1)
    )
    kind = 'multipart/related; type="application/dicom"; boundary=part'
    stored = doctor.post(
        f"{hospital.base}/dicom-web/studies", data=body + b"--part--\r\n", headers={"Content-Type": kind}
    )
    assert stored.status_code == 200, stored.text
    made = hospital.as_("admin").post(api(hospital, ""), json={
        "id": "lung", "title": "Lung nodules", "members": [RESEARCHER], "custodians": CUSTODIANS,
        "options": {"shift_dates": True, "retain_patient_characteristics": True, "clean_descriptors": True},
    })
    assert made.status_code == 201, made.text
    released = doctor.post(api(hospital, "/lung/releases"), json={"study": study})
    assert released.status_code == 201, released.text
    return {"study": study, "answer": released.json()}


def copies(hospital, project) -> list[pydicom.Dataset]:
    researcher = hospital.as_(RESEARCHER)
    rows = researcher.get(api(hospital, "/lung/dicom-web/studies")).json()
    assert len(rows) == 1
    uid = rows[0]["0020000D"]["Value"][0]
    answer = researcher.get(api(hospital, f"/lung/dicom-web/studies/{uid}"))
    assert answer.status_code == 200, answer.text
    return [pydicom.dcmread(io.BytesIO(part)) for part in parts(answer)]


def test_what_cannot_be_cleaned_is_named(project):
    reasons = {row["object"]: row["why"] for row in project["answer"]["refused"]}
    assert len(reasons) == len(REFUSED)
    for name, word in REFUSED.items():
        assert word in reasons[f"{project['study']}.{FILES.index(name) + 1}.1"]
    assert project["answer"]["released"] == len(FILES) - len(REFUSED)


def test_copies_hold_nothing_that_identifies_and_pydicom_reads_them(hospital, project, shared_dicom):
    found = copies(hospital, project)
    assert len(found) == len(FILES) - len(REFUSED)
    pseudonyms = {str(copy.PatientID) for copy in found}
    assert len(pseudonyms) == 1 and {str(copy.PatientName) for copy in found} == pseudonyms
    assert {copy.StudyInstanceUID for copy in found} != {project["study"]}
    assert len({copy.StudyInstanceUID for copy in found}) == 1
    assert len({copy.SOPInstanceUID for copy in found}) == len(found)
    for copy in found:
        assert copy.PatientIdentityRemoved == "YES"
        assert copy.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert copy.LongitudinalTemporalInformationModified == "MODIFIED"
        assert not [element.tag for element in copy.iterall() if element.tag.is_private]
        assert copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID


def test_no_identifying_bytes_are_left(hospital, project, shared_dicom):
    researcher = hospital.as_(RESEARCHER)
    uid = researcher.get(api(hospital, "/lung/dicom-web/studies")).json()[0]["0020000D"]["Value"][0]
    whole = researcher.get(api(hospital, f"/lung/dicom-web/studies/{uid}")).content
    for word in [*NAMES, "MRN08154711", "ACC4711", "19600229", project["study"], "ACME"]:
        assert word.encode() not in whole, word
    for name in FILES:
        original = pydicom.dcmread(shared_dicom / name)
        for keyword in ("StudyDate", "SOPInstanceUID", "DeviceSerialNumber", "InstitutionName"):
            value = str(original.get(keyword) or "")
            if len(value) >= 4:
                assert value.encode() not in whole, f"{name} {keyword}"
    metadata = researcher.get(api(hospital, f"/lung/dicom-web/studies/{uid}/metadata")).text
    report = researcher.get(api(hospital, f"/lung/studies/{uid}/report"))
    people = researcher.get(api(hospital, "/lung/fhir/Patient")).json()
    studies = researcher.get(api(hospital, "/lung/fhir/ImagingStudy")).json()
    for text in (metadata, report.text, str(people), str(studies)):
        assert not [word for word in [*NAMES, "MRN08154711", "19600229"] if word in text]
    assert report.json()["objects"][0]["done"]["replaced"]
    assert people["total"] == 1 and studies["total"] == 1


def test_pixels_stay_as_they_were(hospital, project, shared_dicom):
    original = pydicom.dcmread(shared_dicom / FILES[0])
    assert original.pixel_array.tolist() in [
        copy.pixel_array.tolist() for copy in copies(hospital, project) if copy.Modality == "CT"
    ]


def test_a_researcher_sees_nothing_else(hospital, project):
    researcher = hospital.as_(RESEARCHER)
    study = project["study"]
    for path in [f"/dicom-web/studies/{study}", f"/dicom-web/studies/{study}/metadata", "/fhir/Patient"]:
        answer = researcher.get(hospital.base + path)
        assert answer.status_code in (403, 404) or answer.json().get("total") == 0, path
    assert researcher.get(hospital.base + "/dicom-web/studies").status_code in (204, 403)
    assert researcher.get(api(hospital, f"/lung/dicom-web/studies/{study}")).status_code == 404
    assert researcher.post(api(hospital, "/lung/releases"), json={"study": study}).status_code == 403
    for user in ["li.terminal", "zhao.patient", "zhou.trainee", "admin"]:
        assert hospital.as_(user).get(api(hospital, "/lung/dicom-web/studies")).status_code == 403, user


def test_only_the_administrator_founds_and_two_custodians_are_needed(hospital):
    wish = {"id": "second", "title": "x", "members": [RESEARCHER], "custodians": CUSTODIANS}
    assert hospital.as_(RESEARCHER).post(api(hospital, ""), json=wish).status_code == 403
    admin = hospital.as_("admin")
    for change in [
        {"custodians": CUSTODIANS[:1]}, {"custodians": [*CUSTODIANS, RESEARCHER]},
        {"options": {"retain_uids": True}}, {"options": {"pixels_vouched_for": True}},
    ]:
        assert admin.post(api(hospital, ""), json=wish | change).status_code == 400, change
    assert admin.post(api(hospital, ""), json=wish | {"id": "lung"}).status_code == 409


def test_an_identity_is_opened_by_two_and_by_nobody_alone(hospital, project):
    pseudonym = str(copies(hospital, project)[0].PatientID)
    asks, confirms = (hospital.as_(user) for user in CUSTODIANS)
    openings = api(hospital, "/lung/openings")
    wish = {"pseudonym": pseudonym, "reason": REASON}
    # Who works with the copies, who treats the patient and who runs the system open nothing.
    for user in [RESEARCHER, "li.terminal", "admin", "zhao.patient"]:
        assert hospital.as_(user).post(openings, json=wish).status_code == 403, user
    assert asks.post(openings, json=wish | {"reason": "because"}).status_code == 400
    assert asks.post(openings, json=wish | {"pseudonym": "R-0000000000"}).status_code == 404
    asked = asks.post(openings, json=wish)
    assert asked.status_code == 201, asked.text
    asked = asked.json()
    assert asked["patient"] is None and asked["state"] == "waiting"
    here = f"{openings}/{asked['id']}"
    alone = asks.post(f"{here}/confirm", json={"reason": REASON})
    assert alone.status_code == 403, "never one alone"
    assert asks.get(here).json()["patient"] is None
    assert confirms.get(here).json()["patient"] is None, "a request shows nothing to the other either"
    assert hospital.as_(RESEARCHER).post(f"{here}/confirm", json={"reason": REASON}).status_code == 403
    # The administrator puts a made-up confirmation into the record: it is none.
    forged = {"resourceType": "Basic", "id": asked["id"], "code": {"text": "confirmed"},
              "extension": [{"url": "urn:yuanyi:research:sealed", "valueBase64Binary": "AAAA"}]}
    put = hospital.as_("admin").put(f"{hospital.base}/fhir/Basic/{asked['id']}", json=forged)
    if put.ok:
        assert asks.get(here).status_code == 404
        asked = asks.post(openings, json=wish).json()
        here = f"{openings}/{asked['id']}"
    done = confirms.post(f"{here}/confirm", json={"reason": REASON})
    assert done.status_code == 200, done.text
    patient = done.json()["patient"]
    assert patient and asks.get(here).json()["patient"] == patient
    assert confirms.post(f"{here}/confirm", json={"reason": REASON}).status_code == 409
    events = hospital.as_("importer").get(
        f"{hospital.base}/fhir/AuditEvent?patient=Patient/{patient}&_count=200"
    ).json()
    opened = [
        entry["resource"] for entry in events["entry"]
        if entry["resource"].get("subtype", [{}])[0].get("code") == "open-identity"
    ]
    assert len(opened) == 1
    text = str(opened[0])
    assert all(name in text for name in CUSTODIANS) and text.count(REASON) == 2
    assert pseudonym not in text, "who treats the patient does not learn the pseudonym"


def test_who_refuses_research_alone_is_treated_all_the_same(hospital, project):
    doctor, researcher = hospital.as_("li.terminal"), hospital.as_(RESEARCHER)
    patient = doctor.get(f"{hospital.base}/api/imaging/studies/{project['study']}").json()["patient"]
    uid = researcher.get(api(hospital, "/lung/dicom-web/studies")).json()[0]["0020000D"]["Value"][0]
    scope = "http://terminology.hl7.org/CodeSystem/consentscope"
    consent = {
        "resourceType": "Consent", "id": "refuses-research", "status": "active",
        "scope": {"coding": [{"system": scope, "code": "research"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "policyRule": {"coding": [{"code": "OPTOUT"}]},
        "provision": {"type": "deny"},
    }
    address = f"{hospital.base}/fhir/Consent/refuses-research"
    assert hospital.as_("importer").put(address, json=consent).ok
    assert researcher.get(api(hospital, "/lung/dicom-web/studies")).json() == []
    assert researcher.get(api(hospital, f"/lung/dicom-web/studies/{uid}")).status_code == 404
    again = doctor.post(api(hospital, "/lung/releases"), json={"study": project["study"]})
    assert again.status_code == 403 and "research" in again.json()["detail"]
    whole = doctor.get(f"{hospital.base}/dicom-web/studies/{project['study']}/metadata")
    assert whole.status_code == 200, "who treats goes on"
    assert hospital.as_("importer").put(address, json={**consent, "status": "inactive"}).ok
    assert len(researcher.get(api(hospital, "/lung/dicom-web/studies")).json()) == 1


def test_what_is_taken_back_is_gone(hospital, project):
    researcher = hospital.as_(RESEARCHER)
    uid = researcher.get(api(hospital, "/lung/dicom-web/studies")).json()[0]["0020000D"]["Value"][0]
    release = api(hospital, f"/lung/releases/{project['study']}")
    assert researcher.delete(release).status_code == 403
    assert hospital.as_("li.terminal").delete(release).status_code == 204
    assert researcher.get(api(hospital, f"/lung/dicom-web/studies/{uid}")).status_code == 404
    assert researcher.get(api(hospital, "/lung/dicom-web/studies")).json() == []
