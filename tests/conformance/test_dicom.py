"""dcmtk and pynetdicom in, dicomweb-client out."""

import io
import pathlib
import subprocess

import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.uid import generate_uid
from pynetdicom import AE
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import Verification

FILES = [
    "pydicom/test_files/CT_small.dcm",
    "pydicom/test_files/MR_small_expb.dcm",
    "pydicom/test_files/MR_small_RLE.dcm",
    "pydicom/test_files/JPEG2000.dcm",
    "pydicom/test_files/SC_rgb_jpeg_gdcm.dcm",
    "pydicom/test_files/waveform_ecg.dcm",
    "pydicom/test_files/MR_small_bigendian.dcm",
]


def web(hospital, user="li.terminal") -> DICOMwebClient:
    return DICOMwebClient(f"{hospital.base}/dicom-web", session=hospital.as_(user))


def retrieve(client: DICOMwebClient, wanted: pydicom.Dataset) -> pydicom.Dataset:
    return client.retrieve_instance(
        wanted.StudyInstanceUID, wanted.SeriesInstanceUID, wanted.SOPInstanceUID,
        media_types=(("application/dicom", "*"),),
    )


def as_new(file: pathlib.Path) -> bytes:
    """The same object under UIDs of its own: several of the files share theirs."""
    data = pydicom.dcmread(file)
    data.StudyInstanceUID, data.SeriesInstanceUID = generate_uid(), generate_uid()
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    buffer = io.BytesIO()
    data.save_as(buffer)
    return buffer.getvalue()


SENDING = {
    "1.2.840.10008.1.2.2": "-xb", "1.2.840.10008.1.2.4.50": "-xy", "1.2.840.10008.1.2.4.51": "-xx",
    "1.2.840.10008.1.2.4.70": "-xs", "1.2.840.10008.1.2.4.90": "-xv", "1.2.840.10008.1.2.4.91": "-xw",
    "1.2.840.10008.1.2.5": "-xr",
}


def test_echo(hospital):
    command = ["echoscu", "-aec", "YUANYI", "127.0.0.1", str(hospital.dicom_port)]
    assert subprocess.run(command, check=False).returncode == 0


def test_a_wrong_ae_title_is_rejected(hospital):
    peer = AE(ae_title="PEER")
    peer.add_requested_context(Verification)
    association = peer.associate("127.0.0.1", hospital.dicom_port, ae_title="WRONG")
    assert not association.is_established
    assert association.is_rejected or association.is_aborted


@pytest.mark.parametrize("name", FILES)
def test_what_storescu_sends_comes_back_the_same(hospital, shared_dicom, tmp_path, name):
    file = tmp_path / "object.dcm"
    file.write_bytes(as_new(shared_dicom / name))
    original = pydicom.dcmread(file)
    option = SENDING.get(str(original.file_meta.TransferSyntaxUID))
    command = ["storescu", *([option] if option else []), "-aec", "YUANYI", "127.0.0.1"]
    sent = subprocess.run([*command, str(hospital.dicom_port), str(file)], capture_output=True, text=True)
    assert sent.returncode == 0, sent.stderr
    found = retrieve(web(hospital), original)
    assert found.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID
    if "PixelData" in original:
        assert found.PixelData == original.PixelData
    # dcmtk leaves out group lengths and the padding behind a data set.
    kept = [element for element in original if element.tag.element != 0 and element.tag != 0xFFFCFFFC]
    assert [found.get(element.tag) for element in kept] == kept


@pytest.mark.parametrize("name", FILES)
def test_what_pynetdicom_sends_comes_back_byte_for_byte(hospital, shared_dicom, name):
    original = pydicom.dcmread(io.BytesIO(as_new(shared_dicom / name)))
    peer = AE(ae_title="PEER")
    peer.add_requested_context(original.SOPClassUID, original.file_meta.TransferSyntaxUID)
    association = peer.associate("127.0.0.1", hospital.dicom_port, ae_title="YUANYI")
    assert association.is_established
    status = association.send_c_store(original)
    association.release()
    assert status.Status == 0x0000, hex(status.Status)
    is_little = original.file_meta.TransferSyntaxUID.is_little_endian
    is_implicit = original.file_meta.TransferSyntaxUID.is_implicit_VR
    sent = encode(original, is_implicit, is_little)
    path = f"studies/{original.StudyInstanceUID}/series/{original.SeriesInstanceUID}/instances"
    got = hospital.as_("li.terminal").get(
        f"{hospital.base}/dicom-web/{path}/{original.SOPInstanceUID}",
        headers={"Accept": "application/dicom; transfer-syntax=*"},
    )
    assert got.status_code == 200, got.text
    assert got.content.endswith(sent)


def test_stow_then_wado_is_byte_for_byte(hospital, shared_dicom):
    data = as_new(shared_dicom / "pydicom/test_files/CT_small.dcm")
    changed = pydicom.dcmread(io.BytesIO(data))
    session = hospital.as_("li.terminal")
    boundary = "part"
    body = (
        f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        + data + f"\r\n--{boundary}--\r\n".encode()
    )
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    stored = session.post(f"{hospital.base}/dicom-web/studies", data=body, headers={"Content-Type": kind})
    assert stored.status_code == 200, stored.text
    path = f"studies/{changed.StudyInstanceUID}/series/{changed.SeriesInstanceUID}/instances/{changed.SOPInstanceUID}"
    accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
    got = session.get(f"{hospital.base}/dicom-web/{path}", headers={"Accept": accept})
    assert got.status_code == 200, got.text
    assert data in got.content


def test_the_demo_series_are_found(hospital):
    client = web(hospital)
    series = client.search_for_series(search_filters={"Modality": "CT"})
    counts = sorted(int(row["00201209"]["Value"][0]) for row in series)
    assert 48 in counts and 191 in counts, counts


def test_a_broken_object_is_refused_and_the_rest_kept(hospital, shared_dicom, tmp_path):
    good = as_new(shared_dicom / "pydicom/test_files/CT_small.dcm")
    session = hospital.as_("li.terminal")
    parts = [good[:200], good]
    body = b"".join(b"--part\r\nContent-Type: application/dicom\r\n\r\n" + part + b"\r\n" for part in parts)
    kind = 'multipart/related; type="application/dicom"; boundary=part'
    stored = session.post(
        f"{hospital.base}/dicom-web/studies", data=body + b"--part--\r\n", headers={"Content-Type": kind}
    )
    assert stored.status_code in (200, 202), stored.text
    answer = stored.json()
    assert len(answer["00081198"]["Value"]) == 1, "one failed"
    assert len(answer["00081199"]["Value"]) == 1, "one kept"


def test_frames_equal_what_pydicom_decodes(hospital, shared_dicom):
    client = web(hospital)
    original = pydicom.dcmread(io.BytesIO(as_new(shared_dicom / "pydicom/test_files/CT_small.dcm")))
    client.store_instances([original])
    frames = client.retrieve_instance_frames(
        original.StudyInstanceUID, original.SeriesInstanceUID, original.SOPInstanceUID, frame_numbers=[1]
    )
    assert frames[0] == original.PixelData


def test_images_of_a_foreign_patient_are_not_found(hospital):
    series = web(hospital).search_for_series(search_filters={"Modality": "CT"})
    cta = next(row for row in series if row["00201209"]["Value"][0] == 191)
    path = f"studies/{cta['0020000D']['Value'][0]}/metadata"
    foreign = hospital.as_("zhao.patient")
    assert foreign.get(f"{hospital.base}/dicom-web/{path}").status_code in (403, 404)


def test_nobody_files_images_under_somebody_whom_they_do_not_treat(hospital, shared_dicom):
    def stored_by(user: str, number: str) -> dict:
        data = pydicom.dcmread(io.BytesIO(as_new(shared_dicom / "pydicom/test_files/CT_small.dcm")))
        data.PatientID = number
        buffer = io.BytesIO()
        data.save_as(buffer)
        body = b"--part\r\nContent-Type: application/dicom\r\n\r\n" + buffer.getvalue() + b"\r\n--part--\r\n"
        kind = 'multipart/related; type="application/dicom"; boundary=part'
        url = f"{hospital.base}/dicom-web/studies"
        answer = hospital.as_(user).post(url, data=body, headers={"Content-Type": kind})
        return answer.json() if answer.headers["Content-Type"] == "application/dicom+json" else {}

    kept, refused = "00081199", "00081198"
    # Who receives images brings somebody new, and more of them.
    for _ in range(2):
        assert kept in stored_by("li.terminal", "nobody-yet-1")
    # Others do neither, also where the hospital has just had the patient in hand.
    for user in ("wang.nurse", "zhao.patient"):
        for number in ("nobody-yet-1", "nobody-yet-2"):
            answer = stored_by(user, number)
            assert kept not in answer, (user, number)
            for failed in answer.get(refused, {}).get("Value", []):
                assert failed["00081197"]["Value"] == [0x0124], (user, number)
    found = hospital.as_("li.terminal").get(f"{hospital.base}/fhir/Patient?identifier=nobody-yet-2").json()
    assert not found.get("entry")
