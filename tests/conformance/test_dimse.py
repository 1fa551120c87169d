"""Query, retrieval, commitment and worklist by DIMSE, asked by dcmtk and pynetdicom."""

import concurrent.futures
import pathlib
import socket
import ssl
import struct
import tempfile

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import build_role, evt
from pynetdicom.pdu_primitives import (
    AsynchronousOperationsWindowNegotiation, SOPClassExtendedNegotiation,
)
from pynetdicom.sop_class import (
    CTImageStorage, ModalityWorklistInformationFind, PatientRootQueryRetrieveInformationModelFind,
    StorageCommitmentPushModel, StorageCommitmentPushModelInstance,
    StudyRootQueryRetrieveInformationModelFind, StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove, Verification,
)

from conftest import DATA
from imaging_hospital import ImagingHospital, Receiver, run, until

FIND, PATIENT_FIND = StudyRootQueryRetrieveInformationModelFind, PatientRootQueryRetrieveInformationModelFind
GET, MOVE = StudyRootQueryRetrieveInformationModelGet, StudyRootQueryRetrieveInformationModelMove


@pytest.fixture(scope="module")
def imaging():
    with tempfile.TemporaryDirectory(prefix="yuanyi-dimse-") as folder:
        running = ImagingHospital(pathlib.Path(folder))
        yield running
        running.stop()


def image(name="CT_small.dcm", **attributes) -> pydicom.FileDataset:
    """One of the shared objects under UIDs of its own."""
    file = DATA / "dicom" / "pydicom" / "test_files" / name
    if not file.is_file():
        pytest.skip("no shared data")
    data = pydicom.dcmread(file)
    data.StudyInstanceUID, data.SeriesInstanceUID = generate_uid(), generate_uid()
    data.SOPInstanceUID = generate_uid()
    for keyword, value in attributes.items():
        setattr(data, keyword, value)
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    return data


@pytest.fixture(scope="module")
def studies(imaging):
    """A patient with a Chinese name and two studies, and one with one."""
    zhang = {"PatientID": "DQ-1", "PatientName": "Zhang^San=张^三", "SpecificCharacterSet": "ISO_IR 192"}
    first = image(StudyDate="20240110", AccessionNumber="DQ-A1", StudyDescription="Chest CT", **zhang)
    more = image(StudyDate="20240110", AccessionNumber="DQ-A1", StudyDescription="Chest CT", **zhang)
    more.StudyInstanceUID, more.SeriesInstanceUID = first.StudyInstanceUID, first.SeriesInstanceUID
    more.InstanceNumber = 2
    second = image("MR_small_expb.dcm", StudyDate="20250310", AccessionNumber="DQ-A2", **zhang)
    other = image(StudyDate="20230501", AccessionNumber="DQ-A3", PatientID="DQ-2", PatientName="Li^Wei")
    imaging.store(first, more, second, other)
    return {"first": first, "more": more, "second": second, "other": other}


def identifier(level=None, **keys) -> Dataset:
    asked = Dataset()
    if level:
        asked.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    return asked


def find(imaging, asked, model=FIND, title="WS1", **options):
    """Statuses but the last, the answers, and the last status."""
    association = imaging.associate(title, model, **options)
    assert association.is_established
    answers = list(association.send_c_find(asked, model))
    association.release()
    rows = [row for _, row in answers if row is not None]
    return [status.Status for status, _ in answers[:-1]], rows, answers[-1][0].Status


# Who may come in, and what for.


def test_an_unknown_title_or_address_gets_nothing(imaging):
    for title in ["NOBODY", "FAR", "TLS1"]:
        association = imaging.associate(title, Verification, FIND)
        assert not association.is_established, title
        # pynetdicom may see the connection closed before it has read why.
        assert association.is_rejected or association.is_aborted, title


def test_a_modality_may_store_and_not_query(imaging):
    association = imaging.associate("CT1", CTImageStorage, FIND, MOVE, ModalityWorklistInformationFind)
    accepted = {context.abstract_syntax for context in association.accepted_contexts}
    association.release()
    assert accepted == {CTImageStorage, ModalityWorklistInformationFind}


def test_negotiation_is_answered_honestly(imaging):
    window = AsynchronousOperationsWindowNegotiation()
    window.maximum_number_operations_invoked = window.maximum_number_operations_performed = 5
    extended = SOPClassExtendedNegotiation()
    extended.sop_class_uid = FIND
    extended.service_class_application_information = b"\x01\x01\x01\x01"
    association = imaging.associate("WS1", FIND, ext_neg=[window, extended])
    assert association.is_established
    answered = association.acceptor.sop_class_extended[FIND]
    assert answered == b"\x01\x01\x00\x00", "relational queries and combined times, and no fuzzy matching"
    assert association.acceptor.asynchronous_operations in ((1, 1), None)
    # Relational: instances by themselves.
    rows = list(association.send_c_find(identifier("IMAGE", PatientID="DQ-none", SOPInstanceUID=""), FIND))
    association.release()
    assert rows[-1][0].Status == 0x0000


def test_days_and_times_are_one_range_where_that_was_agreed_on(imaging, studies):
    wanted = identifier("STUDY", PatientID="DQ-1", StudyDate="20000101-20991231", StudyTime="235959-000000")
    for combined, found in ((b"\x00\x01", True), (b"\x00\x00", False)):
        extended = SOPClassExtendedNegotiation()
        extended.sop_class_uid, extended.service_class_application_information = FIND, combined
        association = imaging.associate("WS1", FIND, ext_neg=[extended])
        rows = list(association.send_c_find(wanted, FIND))
        association.release()
        assert rows[-1][0].Status == 0x0000
        assert (len(rows) > 1) is found, combined


# C-FIND.


@pytest.mark.parametrize(("keys", "found"), [
    ({"PatientID": "DQ-1"}, {"first", "second"}),
    ({"PatientName": "ZHANG*"}, {"first", "second"}),
    ({"PatientName": "zhang^s?n"}, {"first", "second"}),
    ({"PatientName": "li^wei"}, {"other"}),
    ({"PatientID": "DQ-*", "StudyDate": "20240101-20241231"}, {"first"}),
    ({"PatientID": "DQ-*", "StudyDate": "-20240110"}, {"first", "other"}),
    ({"PatientID": "DQ-*", "StudyDate": "20240110"}, {"first"}),
    ({"PatientID": "DQ-*", "ModalitiesInStudy": "MR"}, {"second"}),
    ({"AccessionNumber": "DQ-A?"}, {"first", "second", "other"}),
    ({"AccessionNumber": "dq-a1"}, set()),
    ({"PatientID": "DQ-1", "StudyDescription": "Chest*"}, {"first"}),
    ({"PatientID": ""}, None),
])
def test_studies_are_found_by_the_rules_of_matching(imaging, studies, keys, found):
    pending, rows, last = find(imaging, identifier("STUDY", StudyInstanceUID="", **keys))
    assert last == 0x0000 and set(pending) <= {0xFF00}
    seen = {row.StudyInstanceUID for row in rows}
    if found is not None:
        assert seen == {studies[name].StudyInstanceUID for name in found}
    else:
        assert {data.StudyInstanceUID for data in studies.values()} <= seen


def test_every_level_answers_what_was_asked_for(imaging, studies):
    first = studies["first"]
    up = {"StudyInstanceUID": first.StudyInstanceUID}
    _, patients, last = find(
        imaging, identifier("PATIENT", PatientID="DQ-1", PatientName=""), PATIENT_FIND,
    )
    assert last == 0x0000
    assert [str(row.PatientName) for row in patients] == ["Zhang^San=张^三"], "once, with two studies"
    _, by_list, _ = find(imaging, identifier(
        "STUDY", StudyInstanceUID=[first.StudyInstanceUID, studies["other"].StudyInstanceUID]))
    assert len(by_list) == 2
    _, series, _ = find(imaging, identifier("SERIES", SeriesInstanceUID="", Modality="", **up))
    assert [(row.SeriesInstanceUID, row.Modality) for row in series] == [(first.SeriesInstanceUID, "CT")]
    asked = identifier("IMAGE", SeriesInstanceUID=first.SeriesInstanceUID, SOPInstanceUID="",
                       SOPClassUID="", InstanceNumber=None, **up)
    _, images, _ = find(imaging, asked)
    assert {row.SOPInstanceUID for row in images} == {first.SOPInstanceUID, studies["more"].SOPInstanceUID}
    assert all(row.RetrieveAETitle == "YUANYI" and row.SOPClassUID == first.SOPClassUID for row in images)


def test_text_is_answered_in_utf_8_and_understood_in_other_sets(imaging, studies):
    _, rows, _ = find(imaging, identifier("STUDY", PatientID="DQ-1", PatientName="", StudyInstanceUID=""))
    assert {(row.SpecificCharacterSet, str(row.PatientName)) for row in rows} == {
        ("ISO_IR 192", "Zhang^San=张^三")}
    for charset in ["ISO_IR 192", "GB18030"]:
        asked = identifier("STUDY", SpecificCharacterSet=charset, PatientName="*=张*", StudyInstanceUID="")
        _, rows, last = find(imaging, asked)
        assert (len(rows), last) == (2, 0x0000), charset


@pytest.mark.parametrize(("asked", "model"), [
    (identifier("PATIENT", PatientID="*"), FIND),
    (identifier("FRAME", StudyInstanceUID=""), FIND),
    (identifier(None, StudyInstanceUID=""), FIND),
    (identifier("SERIES", SeriesInstanceUID=""), FIND),
    (identifier("IMAGE", StudyInstanceUID="1.2", SOPInstanceUID=""), FIND),
    (identifier("STUDY", StudyInstanceUID=""), PATIENT_FIND),
])
def test_a_wrong_level_or_a_missing_key_is_refused(imaging, asked, model):
    _, rows, last = find(imaging, asked, model)
    assert (rows, last) == ([], 0xA900)


def test_a_key_that_is_not_matched_is_told(imaging, studies):
    asked = identifier("STUDY", PatientID="DQ-1", StudyInstanceUID="", AdmittingDiagnosesDescription="x")
    pending, rows, last = find(imaging, asked)
    assert (set(pending), len(rows), last) == ({0xFF01}, 2, 0x0000)


def test_more_matches_than_are_given_end_with_a_word(imaging):
    study, series = generate_uid(), generate_uid()
    many = []
    for number in range(101):
        data = image(PatientID="DQ-MANY", InstanceNumber=number + 1)
        data.StudyInstanceUID, data.SeriesInstanceUID = study, series
        many.append(data)
    imaging.store(*many)
    asked = identifier("IMAGE", StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID="")
    _, rows, last = find(imaging, asked)
    assert (len(rows), last) == (100, 0xA700)


def test_dcmtk_finds_the_same(imaging, studies, tmp_path):
    asked = run("findscu", "-S", "-aet", "WS1", "-aec", "YUANYI", "-k", "QueryRetrieveLevel=STUDY",
                "-k", "PatientID=DQ-1", "-k", "StudyInstanceUID", "-X", "-od", tmp_path,
                "127.0.0.1", imaging.dicom)
    assert asked.returncode == 0, asked.stderr
    found = {pydicom.dcmread(file, force=True).StudyInstanceUID for file in tmp_path.iterdir()}
    assert found == {studies["first"].StudyInstanceUID, studies["second"].StudyInstanceUID}


# C-MOVE and C-GET.


def of_study(data) -> Dataset:
    return identifier("STUDY", StudyInstanceUID=data.StudyInstanceUID)


def move(imaging, asked, destination, title="WS1"):
    association = imaging.associate(title, MOVE)
    answers = list(association.send_c_move(asked, destination, MOVE))
    association.release()
    return answers


def test_a_study_is_moved_as_it_is_kept(imaging, studies):
    with Receiver("WS1", imaging.ports["WS1"]) as receiver:
        answers = move(imaging, of_study(studies["first"]), "WS1")
    last = answers[-1][0]
    assert (last.Status, last.NumberOfCompletedSuboperations, last.NumberOfFailedSuboperations) == (0, 2, 0)
    assert answers[0][0].Status == 0xFF00 and answers[0][0].NumberOfRemainingSuboperations == 1
    assert {data.SOPInstanceUID for data in receiver.objects} == {
        studies["first"].SOPInstanceUID, studies["more"].SOPInstanceUID}
    for data in receiver.objects:
        assert data.PixelData == studies["first"].PixelData
        assert data.PatientName == "Zhang^San=张^三"
    assert all(title == "WS1" and message for title, message in receiver.originators)


def test_dcmtk_moves_and_gets(imaging, studies, tmp_path):
    study = f"StudyInstanceUID={studies['first'].StudyInstanceUID}"
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", study]
    with Receiver("WS1", imaging.ports["WS1"]) as receiver:
        moved = run("movescu", "-S", "-aet", "WS1", "-aec", "YUANYI", "-aem", "WS1", *keys,
                    "127.0.0.1", imaging.dicom)
    assert moved.returncode == 0, moved.stderr
    assert len(receiver.objects) == 2
    got = run("getscu", "-S", "-aet", "WS1", "-aec", "YUANYI", *keys, "-od", tmp_path,
              "127.0.0.1", imaging.dicom)
    assert got.returncode == 0, got.stderr
    files = [pydicom.dcmread(file) for file in tmp_path.iterdir()]
    assert {data.SOPInstanceUID for data in files} == {
        studies["first"].SOPInstanceUID, studies["more"].SOPInstanceUID}
    assert all(data.PixelData == studies["first"].PixelData for data in files)


def test_what_a_destination_does_not_take_is_put_into_a_plain_syntax_or_counted(imaging):
    plain = image(PatientID="DQ-3", PatientName="Wang^Wu=王^五", SpecificCharacterSet="GB18030")
    coded, film = image("MR_small_RLE.dcm", PatientID="DQ-3"), image("JPEG2000.dcm", PatientID="DQ-3")
    # A video is not decoded.
    film.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
    coded.StudyInstanceUID = film.StudyInstanceUID = plain.StudyInstanceUID
    imaging.store(plain, coded, film)
    with Receiver("IMPLICIT", imaging.ports["IMPLICIT"], ["1.2.840.10008.1.2"]) as receiver:
        status, failed = move(imaging, of_study(plain), "IMPLICIT")[-1]
    assert status.Status == 0xB000
    assert (status.NumberOfCompletedSuboperations, status.NumberOfFailedSuboperations) == (2, 1)
    assert failed.FailedSOPInstanceUIDList == film.SOPInstanceUID
    assert "decode" in status.ErrorComment, status.ErrorComment
    received = {data.SOPInstanceUID: data for data in receiver.objects}
    assert {data.file_meta.TransferSyntaxUID for data in receiver.objects} == {"1.2.840.10008.1.2"}
    assert received[plain.SOPInstanceUID].PixelData == plain.PixelData
    assert str(received[plain.SOPInstanceUID].PatientName) == "Wang^Wu=王^五"
    assert (received[coded.SOPInstanceUID].pixel_array == coded.pixel_array).all()


def test_a_destination_that_is_unknown_or_away_is_told(imaging, studies):
    assert move(imaging, of_study(studies["first"]), "NOWHERE")[-1][0].Status == 0xA801
    status, failed = move(imaging, of_study(studies["first"]), "ABSENT")[-1]
    assert (status.Status, status.NumberOfFailedSuboperations) == (0xA702, 2)
    assert len(failed.FailedSOPInstanceUIDList) == 2
    assert move(imaging, identifier("STUDY", StudyInstanceUID="1.2.*"), "WS1")[-1][0].Status == 0xA900
    nothing = move(imaging, identifier("STUDY", StudyInstanceUID="1.2.3.4.5.6.7"), "ABSENT")[-1][0]
    assert nothing.Status == 0x0000, "nobody is called for nothing"


def getting(imaging, handler, classes=(CTImageStorage,), syntaxes=None):
    roles = [build_role(kind, scp_role=True) for kind in classes]
    contexts = [(kind, syntaxes) if syntaxes else kind for kind in classes]
    return imaging.associate("WS1", GET, *contexts, ext_neg=roles, evt_handlers=[(evt.EVT_C_STORE, handler)])


def test_a_study_is_fetched_over_the_same_association(imaging, studies):
    kept = []

    def keep(event):
        kept.append(event.dataset)
        return 0x0000

    association = getting(imaging, keep)
    answers = list(association.send_c_get(of_study(studies["first"]), GET))
    association.release()
    assert answers[-1][0].Status == 0x0000
    assert answers[-1][0].NumberOfCompletedSuboperations == len(kept) == 2
    assert all(data.PixelData == studies["first"].PixelData for data in kept)


def test_without_the_role_of_a_provider_nothing_is_sent(imaging, studies):
    association = imaging.associate("WS1", GET, CTImageStorage)
    status, failed = list(association.send_c_get(of_study(studies["first"]), GET))[-1]
    association.release()
    assert (status.Status, len(failed.FailedSOPInstanceUIDList)) == (0xA702, 2)


def test_a_retrieval_is_cancelled(imaging):
    study = generate_uid()
    many = [image(PatientID="DQ-CANCEL") for _ in range(12)]
    for data in many:
        data.StudyInstanceUID = study
    imaging.store(*many)
    kept = []

    def keep(event):
        kept.append(event.request.AffectedSOPInstanceUID)
        if len(kept) == 2:
            # On the wire before the answer to this object.
            event.assoc.send_c_cancel(1, query_model=GET)
        return 0x0000

    association = getting(imaging, keep)
    last = list(association.send_c_get(of_study(many[0]), GET))[-1][0]
    association.release()
    assert last.Status == 0xFE00
    assert last.NumberOfRemainingSuboperations == 10
    assert len(kept) == 2


# Storage commitment.


def committing(imaging, references, transaction, **options):
    association = imaging.associate("WS1", StorageCommitmentPushModel, **options)
    asked = Dataset()
    asked.TransactionUID = transaction
    asked.ReferencedSOPSequence = []
    for kind, instance in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = kind, instance
        asked.ReferencedSOPSequence.append(item)
    status, _ = association.send_n_action(
        asked, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
    return association, status


def test_commitment_is_reported_on_the_same_association(imaging, studies):
    heard = []

    def hear(event):
        heard.append((event.event_type, event.event_information))
        return 0x0000, None

    first = studies["first"]
    references = [(first.SOPClassUID, first.SOPInstanceUID), (first.SOPClassUID, generate_uid()),
                  ("1.2.840.10008.5.1.4.1.1.4", studies["more"].SOPInstanceUID)]
    transaction = generate_uid()
    handlers = [(evt.EVT_N_EVENT_REPORT, hear)]
    association, status = committing(imaging, references, transaction, evt_handlers=handlers)
    assert status.Status == 0x0000
    until(lambda: heard, "the report")
    association.release()
    (kind, report), = heard
    assert (kind, report.TransactionUID) == (2, transaction)
    assert [item.ReferencedSOPInstanceUID for item in report.ReferencedSOPSequence] == [first.SOPInstanceUID]
    assert [item.FailureReason for item in report.FailedSOPSequence] == [0x0112, 0x0119]


def test_commitment_is_reported_later_to_who_has_gone(imaging, studies):
    first = studies["first"]
    transaction = generate_uid()
    with Receiver("WS1", imaging.ports["WS1"]) as receiver:
        association, status = committing(
            imaging, [(first.SOPClassUID, first.SOPInstanceUID)], transaction,
            evt_handlers=[(evt.EVT_N_EVENT_REPORT, lambda event: (0x0110, None))])
        assert status.Status == 0x0000
        association.abort()
        reports = until(lambda: receiver.reports, "the report on another association")
    assert [(kind, report.TransactionUID) for kind, report in reports] == [(1, transaction)]


def test_a_request_that_names_nothing_is_refused(imaging):
    association, status = committing(imaging, [], generate_uid())
    association.release()
    assert status.Status == 0x0115


# Modality worklist.


def test_requests_in_the_record_are_the_worklist(imaging):
    session = imaging.session()
    patient = {
        "resourceType": "Patient", "gender": "female", "birthDate": "1961-02-03",
        "identifier": [{"value": "WL-1", "type": {"coding": [{"code": "MR"}]}}],
        "name": [{"family": "Zhao", "given": ["Min"]}],
    }
    made = session.post(imaging.base + "/fhir/Patient", json=patient)
    assert made.status_code == 201, made.text
    subject = {"reference": f"Patient/{made.json()['id']}"}
    for number, (modality, start) in enumerate([("CT", "2026-03-04T08:30:00+08:00"), ("MR", "2026-03-05T09:00:00+08:00")]):
        request = {
            "resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": subject,
            "category": [{"coding": [{"system": "http://snomed.info/sct", "code": "363679005"}]}],
            "orderDetail": [{"coding": [
                {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality}]}],
            "code": {"text": f"{modality} chest"}, "occurrenceDateTime": start,
            "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": f"WL-A{number}"}],
        }
        made = session.post(imaging.base + "/fhir/ServiceRequest", json=request)
        assert made.status_code == 201, made.text
    asked = identifier(None, PatientName="", PatientID="", AccessionNumber="", StudyInstanceUID="")
    step = Dataset()
    step.Modality, step.ScheduledProcedureStepStartDate = "CT", "20260301-20260331"
    step.ScheduledProcedureStepStartTime = ""
    asked.ScheduledProcedureStepSequence = [step]
    _, rows, last = find(imaging, asked, ModalityWorklistInformationFind, title="CT1")
    assert (len(rows), last) == (1, 0x0000)
    row = rows[0]
    assert (str(row.PatientName), row.PatientID, row.AccessionNumber) == ("Zhao^Min", "WL-1", "WL-A0")
    step = row.ScheduledProcedureStepSequence[0]
    assert (step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime) == ("20260304", "083000")
    _, again, _ = find(imaging, asked, ModalityWorklistInformationFind, title="CT1")
    assert again[0].StudyInstanceUID == row.StudyInstanceUID, "the same each time"
    by_dcmtk = run("findscu", "-W", "-aet", "CT1", "-aec", "YUANYI", "-k", "PatientID=WL-1", "-k", "AccessionNumber",
                   "127.0.0.1", imaging.dicom)
    assert by_dcmtk.returncode == 0 and by_dcmtk.stderr.count("Pending") + by_dcmtk.stdout.count("Pending") >= 0
    assert "WL-A1" in by_dcmtk.stdout + by_dcmtk.stderr


# What is written down.


def test_queries_and_retrievals_are_in_the_ledger(imaging, studies):
    find(imaging, identifier("STUDY", StudyInstanceUID="", PatientID="DQ-1"))
    with Receiver("WS1", imaging.ports["WS1"]):
        move(imaging, of_study(studies["other"]), "WS1")
    events = imaging.session().get(imaging.base + "/fhir/AuditEvent?_count=500").json()["entry"]
    seen = {
        (event["resource"]["type"]["code"], event["resource"]["action"])
        for event in events if "ae.WS1" in str(event["resource"]["agent"])
    }
    assert {("110112", "E"), ("110103", "R")} <= seen, seen


# Peers that misbehave.


def association_request(title=b"WS1", pdu_bytes=16384) -> bytes:
    def item(kind, body):
        return struct.pack(">BBH", kind, 0, len(body)) + body

    context = item(0x20, b"\x01\x00\x00\x00" + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2"))
    user = item(0x50, item(0x51, struct.pack(">I", pdu_bytes)) + item(0x52, b"1.2.3"))
    body = (struct.pack(">HH", 1, 0) + b"YUANYI".ljust(16) + title.ljust(16) + bytes(32)
            + item(0x10, b"1.2.840.10008.3.1.1.1") + context + user)
    return struct.pack(">BBI", 1, 0, len(body)) + body


def until_closed(connection: socket.socket) -> bytes:
    connection.settimeout(120)
    said = b""
    try:
        while part := connection.recv(65536):
            said += part
    except ConnectionResetError:
        pass
    return said


@pytest.mark.parametrize("sent", [
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x01\x00\xff\xff\xff\xff",
    association_request() + b"\x04\x00\x00\x00\x00\x06\x00\x00\x00\x99\x01\x03",
    association_request() + b"\x09\x00\x00\x00\x00\x00",
    association_request()[:60],
    b"",
])
def test_broken_and_silent_peers_end_their_own_connection_only(imaging, sent):
    with socket.create_connection(("127.0.0.1", imaging.dicom)) as connection:
        connection.sendall(sent)
        until_closed(connection)
    assert run("echoscu", "-aet", "WS1", "-aec", "YUANYI", "127.0.0.1", imaging.dicom).returncode == 0


def test_two_hundred_associations_at_once(imaging):
    def begin(_):
        connection = socket.create_connection(("127.0.0.1", imaging.dicom))
        connection.settimeout(120)
        connection.sendall(association_request())
        return connection, connection.recv(1)

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        begun = list(pool.map(begin, range(200)))
    assert [kind for _, kind in begun] == [b"\x02"] * 200
    assert run("echoscu", "-aet", "WS1", "-aec", "YUANYI", "127.0.0.1", imaging.dicom).returncode == 0
    for connection, _ in begun:
        connection.close()


# TLS.


def tls(imaging, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(imaging.folder / "ca.pem"))
    context.load_cert_chain(imaging.folder / f"{name}.pem", imaging.folder / f"{name}.key")
    return context


def test_an_encrypted_peer_is_known_by_its_certificate(imaging, studies):
    asked = identifier("STUDY", PatientID="DQ-1", StudyInstanceUID="")
    _, rows, last = find(imaging, asked, title="TLS1", tls_args=(tls(imaging, "ws"), "127.0.0.1"))
    assert (len(rows), last) == (2, 0x0000)
    other = imaging.associate("TLS1", FIND, tls_args=(tls(imaging, "other"), "127.0.0.1"))
    assert not other.is_established, "another certificate of the same authority"
    stranger = imaging.associate("TLS1", FIND, tls_args=(tls(imaging, "stranger"), "127.0.0.1"))
    assert not stranger.is_established


def test_dcmtk_calls_encrypted(imaging):
    folder = imaging.folder
    command = ["echoscu", "-aet", "WS1", "-aec", "YUANYI", "127.0.0.1", imaging.tls]
    known = run(*command, "+tls", folder / "ws.key", folder / "ws.pem", "+cf", folder / "ca.pem")
    assert known.returncode == 0, known.stderr
    assert run(*command).returncode != 0, "in the clear on the encrypted port"
    anonymous = run(*command, "+tla", "+cf", folder / "ca.pem")
    assert anonymous.returncode != 0, "without a certificate"
