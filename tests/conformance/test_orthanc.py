"""Orthanc as the hospital's neighbour: it calls, queries, retrieves, asks for commitment and speaks DICOMweb."""

import json
import pathlib
import tempfile

import pydicom
import pytest
import requests
from pydicom.uid import generate_uid

import orthanc
from conftest import free_port
from imaging_hospital import ImagingHospital, until
from test_dimse import image

pytestmark = pytest.mark.skipif(orthanc.missing() is not None, reason=str(orthanc.missing()))


@pytest.fixture(scope="module")
def imaging():
    with tempfile.TemporaryDirectory(prefix="yuanyi-orthanc-") as folder:
        running = ImagingHospital(pathlib.Path(folder))
        yield running
        running.stop()


@pytest.fixture(scope="module")
def peer(imaging):
    web = {"Url": f"{imaging.base}/dicom-web/", "HttpHeaders": {"Authorization": f"Bearer {imaging.token}"}}
    running = orthanc.Orthanc(
        "WS1", free_port(), imaging.ports["WS1"],
        DicomModalities={"yuanyi": {"AET": "YUANYI", "Host": "127.0.0.1", "Port": imaging.dicom}},
        DicomWeb={"Enable": True, "Root": "/dicom-web/", "Servers": {"yuanyi": web}},
    )
    yield running
    running.close()


def put(peer, *datasets) -> list[str]:
    """Puts objects into Orthanc; answers its names for them."""
    names = []
    for data in datasets:
        with tempfile.NamedTemporaryFile(suffix=".dcm") as file:
            data.save_as(file.name)
            names.append(peer.post("/instances", pathlib.Path(file.name).read_bytes())["ID"])
    return names


def kept(imaging, data) -> list[dict]:
    """The hospital's rows of an object's study."""
    rows = imaging.session().get(f"{imaging.base}/dicom-web/studies/{data.StudyInstanceUID}/instances")
    return rows.json() if rows.status_code == 200 else []


def fetched(imaging, data) -> pydicom.FileDataset:
    path = f"studies/{data.StudyInstanceUID}/series/{data.SeriesInstanceUID}/instances/{data.SOPInstanceUID}"
    accept = {"Accept": "application/dicom; transfer-syntax=*"}
    got = imaging.session().get(f"{imaging.base}/dicom-web/{path}", headers=accept)
    assert got.status_code == 200, got.text
    return pydicom.dcmread(pydicom.filebase.DicomBytesIO(got.content))


def empty(peer) -> None:
    for name in peer.get("/instances").json():
        assert requests.delete(f"{peer.base}/instances/{name}", timeout=60).ok


def in_orthanc(peer, study: str) -> set[str]:
    found = peer.post("/tools/find", {"Level": "Instance", "Query": {"StudyInstanceUID": study}, "Expand": True})
    return {row["MainDicomTags"]["SOPInstanceUID"] for row in found}


def test_orthanc_calls(peer):
    peer.post("/modalities/yuanyi/echo", {})


@pytest.mark.parametrize("name", [
    "CT_small.dcm", "MR_small_expb.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "MR_small_jpeg_ls_lossless.dcm",
    "JPGExtended.dcm", "waveform_ecg.dcm", "test-SR.dcm", "rtplan.dcm",
])
def test_what_orthanc_sends_is_kept_in_its_transfer_syntax(imaging, peer, name):
    data = image(name, PatientID="ORTH-STORE", PatientName="Zhang^San=张^三", SpecificCharacterSet="ISO_IR 192")
    sent = peer.post("/modalities/yuanyi/store", {"Resources": put(peer, data), "Synchronous": True})
    assert (sent["InstancesCount"], sent["FailedInstancesCount"]) == (1, 0)
    back = fetched(imaging, data)
    assert back.file_meta.TransferSyntaxUID == data.file_meta.TransferSyntaxUID
    assert back.get("PixelData") == data.get("PixelData")
    assert str(back.PatientName) == "Zhang^San=张^三"


@pytest.fixture(scope="module")
def studies(imaging):
    one = image(PatientID="ORTH-1", PatientName="Li^Wei=李^伟", SpecificCharacterSet="ISO_IR 192",
                StudyDate="20240110", AccessionNumber="ORTH-A1")
    more = image(PatientID="ORTH-1", PatientName="Li^Wei=李^伟", SpecificCharacterSet="ISO_IR 192",
                 StudyDate="20240110", AccessionNumber="ORTH-A1", InstanceNumber=2)
    more.StudyInstanceUID, more.SeriesInstanceUID = one.StudyInstanceUID, one.SeriesInstanceUID
    two = image("MR_small_RLE.dcm", PatientID="ORTH-2", PatientName="Wu^Ying", StudyDate="20250101")
    imaging.store(one, more, two)
    return {"one": one, "more": more, "two": two}


def asked(peer, level: str, **query) -> tuple[str, list[dict]]:
    found = peer.post("/modalities/yuanyi/query", {"Level": level, "Query": query})
    rows = peer.get(f"/queries/{found['ID']}/answers?expand&simplify").json()
    return found["ID"], rows


def test_orthanc_finds_on_every_level(peer, studies):
    one = studies["one"]
    _, rows = asked(peer, "Study", PatientID="ORTH-*", StudyDate="20240101-20241231", StudyInstanceUID="")
    assert [row["StudyInstanceUID"] for row in rows] == [one.StudyInstanceUID]
    _, rows = asked(peer, "Study", PatientName="*=李*", StudyInstanceUID="")
    assert [row["StudyInstanceUID"] for row in rows] == [one.StudyInstanceUID]
    assert rows[0]["PatientName"] == "Li^Wei=李^伟"
    _, rows = asked(peer, "Patient", PatientID="ORTH-2", PatientName="")
    assert [row["PatientName"] for row in rows] == ["Wu^Ying"]
    _, rows = asked(peer, "Series", StudyInstanceUID=one.StudyInstanceUID, Modality="CT", SeriesInstanceUID="")
    assert [row["SeriesInstanceUID"] for row in rows] == [one.SeriesInstanceUID]
    up = {"StudyInstanceUID": one.StudyInstanceUID, "SeriesInstanceUID": one.SeriesInstanceUID}
    _, rows = asked(peer, "Instance", SOPInstanceUID="", **up)
    assert {row["SOPInstanceUID"] for row in rows} == {one.SOPInstanceUID, studies["more"].SOPInstanceUID}


@pytest.mark.parametrize("method", ["C-MOVE", "C-GET"])
def test_orthanc_retrieves_what_it_found(peer, studies, method):
    empty(peer)
    for data, count in [(studies["one"], 2), (studies["two"], 1)]:
        query, rows = asked(peer, "Study", StudyInstanceUID=data.StudyInstanceUID)
        assert len(rows) == 1
        wanted = {"TargetAet": "WS1", "RetrieveMethod": method, "Synchronous": True}
        peer.post(f"/queries/{query}/retrieve", wanted)
        # It answers a C-GET before it is done.
        until(lambda: len(in_orthanc(peer, data.StudyInstanceUID)) == count, f"{count} objects")
    (name,) = peer.post("/tools/lookup", studies["two"].SOPInstanceUID)
    file = peer.get(f"/instances/{name['ID']}/file").content
    back = pydicom.dcmread(pydicom.filebase.DicomBytesIO(file))
    if method == "C-MOVE":
        assert back.PixelData == studies["two"].PixelData
        assert back.file_meta.TransferSyntaxUID == studies["two"].file_meta.TransferSyntaxUID
    # By C-GET it names all syntaxes in one context, of which only one can be agreed on.
    assert (back.pixel_array == studies["two"].pixel_array).all()


def committed(peer, begun: dict) -> dict:
    path = f"/storage-commitment/{begun['ID']}"
    until(lambda: peer.get(path).json()["Status"] != "Pending", "the report of commitment")
    return peer.get(path).json()


def test_orthanc_hears_what_is_committed_and_what_is_not(peer, studies):
    one = studies["one"]
    known = {"SOPClassUID": one.SOPClassUID, "SOPInstanceUID": one.SOPInstanceUID}
    unknown = {"SOPClassUID": one.SOPClassUID, "SOPInstanceUID": generate_uid()}
    path = "/modalities/yuanyi/storage-commitment"
    report = committed(peer, peer.post(path, {"DicomInstances": [known]}))
    assert (report["Status"], report["Success"], report["Failures"]) == ("Success", [known], [])
    report = committed(peer, peer.post(path, {"DicomInstances": [known, unknown]}))
    assert (report["Status"], report["Success"]) == ("Failure", [known])
    (failure,) = report["Failures"]
    # 0112: no such object instance.
    assert (failure["SOPInstanceUID"], failure["FailureReason"]) == (unknown["SOPInstanceUID"], 0x0112)


def test_orthanc_sends_and_asks_for_commitment_in_one(peer):
    data = image(PatientID="ORTH-COMMIT")
    sent = peer.post("/modalities/yuanyi/store",
                     {"Resources": put(peer, data), "Synchronous": True, "StorageCommitment": True})
    report = committed(peer, {"ID": sent["StorageCommitmentTransactionUID"]})
    assert [row["SOPInstanceUID"] for row in report["Success"]] == [data.SOPInstanceUID]


def test_orthanc_asks_for_the_worklist(imaging, peer):
    session = imaging.session()
    patient = {"resourceType": "Patient", "id": "orthanc-worklist", "name": [{"family": "Qian", "given": ["Duo"]}]}
    made = session.put(imaging.base + "/fhir/Patient/orthanc-worklist", json=patient)
    assert made.status_code in (200, 201), made.text
    dcm = "http://dicom.nema.org/resources/ontology/DCM"
    request = {
        "resourceType": "ServiceRequest", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/orthanc-worklist"},
        "category": [{"coding": [{"system": "http://snomed.info/sct", "code": "363679005"}]}],
        "orderDetail": [{"coding": [{"system": dcm, "code": "CT"}]}], "occurrenceDateTime": "2026-04-01T09:15:00+08:00",
        "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "ORTH-W1"}],
    }
    made = session.post(imaging.base + "/fhir/ServiceRequest", json=request)
    assert made.status_code == 201, made.text
    query = {"PatientName": "", "AccessionNumber": "ORTH-W*", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]}
    rows = peer.post("/modalities/yuanyi/find-worklist", query)
    assert [row["AccessionNumber"] for row in rows] == ["ORTH-W1"], rows
    assert rows[0]["PatientName"] == "Qian^Duo"


# DICOMweb, with Orthanc as the client.


def test_orthanc_stores_searches_and_retrieves_over_the_web(imaging, peer):
    data, coded = image(PatientID="ORTH-WEB"), image("MR_small_RLE.dcm", PatientID="ORTH-WEB")
    coded.StudyInstanceUID = data.StudyInstanceUID
    names = put(peer, data, coded)
    peer.post("/dicom-web/servers/yuanyi/stow", {"Resources": names, "Synchronous": True})
    assert {row["00080018"]["Value"][0] for row in kept(imaging, data)} == {data.SOPInstanceUID, coded.SOPInstanceUID}
    assert fetched(imaging, coded).file_meta.TransferSyntaxUID == coded.file_meta.TransferSyntaxUID
    rows = peer.post("/dicom-web/servers/yuanyi/qido", {"Uri": "/studies", "Arguments": {"PatientID": "ORTH-WEB"}})
    assert len(rows) == 1 and data.StudyInstanceUID in json.dumps(rows[0]), rows
    empty(peer)
    peer.post("/dicom-web/servers/yuanyi/retrieve", {"Resources": [{"Study": data.StudyInstanceUID}], "Synchronous": True})
    assert in_orthanc(peer, data.StudyInstanceUID) == {data.SOPInstanceUID, coded.SOPInstanceUID}
