"""DICOMweb (PS3.18) by dicomweb-client and by raw requests."""

import email
import io
import json
import os
import pathlib
import re
import subprocess
import threading

import numpy as np
import pydicom
import pytest
import requests
from PIL import Image
from conftest import free_port
from dicomweb_client.api import DICOMwebClient
from pynetdicom import AE
from test_dicom import as_new

ANY_SYNTAX = 'multipart/related; type="application/dicom"; transfer-syntax=*'
OCTETS = 'multipart/related; type="application/octet-stream"'


def new(file: pathlib.Path, **changes) -> pydicom.Dataset:
    data = pydicom.dcmread(io.BytesIO(as_new(file)))
    for name, value in changes.items():
        setattr(data, name, value)
    return data


def to_bytes(data: pydicom.Dataset) -> bytes:
    buffer = io.BytesIO()
    data.save_as(buffer)
    return buffer.getvalue()


def path_of(data: pydicom.Dataset) -> str:
    return f"studies/{data.StudyInstanceUID}/series/{data.SeriesInstanceUID}/instances/{data.SOPInstanceUID}"


class Web:
    """Raw requests below /dicom-web."""

    def __init__(self, base: str, session: requests.Session):
        self.base, self.session = base, session

    def get(self, path: str, accept: str | None = None, **headers) -> requests.Response:
        if accept:
            headers["Accept"] = accept
        return self.session.get(f"{self.base}/{path}", headers=headers)

    def store(self, *objects: bytes, study: str = "") -> requests.Response:
        parts = [b"--part\r\nContent-Type: application/dicom\r\n\r\n" + one + b"\r\n" for one in objects]
        return self.session.post(
            f"{self.base}/studies{study}", data=b"".join(parts) + b"--part--\r\n",
            headers={"Content-Type": 'multipart/related; type="application/dicom"; boundary=part'},
        )


@pytest.fixture(scope="module")
def raw(hospital) -> Web:
    return Web(f"{hospital.base}/dicom-web", hospital.as_("li.terminal"))


@pytest.fixture(scope="module")
def ct(raw, shared_dicom) -> pydicom.Dataset:
    """One stored CT image with a scheduled procedure step."""
    data = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="WEB1", PatientName="Müller^Jörg=米勒^约尔格")
    data.SpecificCharacterSet = "ISO_IR 192"
    data.AccessionNumber, data.StudyDate, data.StudyTime = "WEB-ACC-1", "20260102", "101530"
    data.StudyID, data.PatientSex = "", ""
    step = pydicom.Dataset()
    step.ScheduledProcedureStepID, step.RequestedProcedureID = "WEB-STEP-1", "WEB-RP-1"
    data.RequestAttributesSequence = [step]
    assert raw.store(to_bytes(data)).status_code == 200
    return data


FOUND = [
    "PatientID=WEB1", "PatientID=WEB*", "PatientID=WEB?", "00100020=WEB1", "AccessionNumber=WEB-ACC-1",
    "StudyDate=20260102", "StudyDate=20260101-20260103&PatientID=WEB1", "StudyDate=20260102-&PatientID=WEB1",
    "StudyTime=10-11&PatientID=WEB1", "StudyTime=1015&PatientID=WEB1", "ModalitiesInStudy=CT&PatientID=WEB1",
    "PatientName=muller*&PatientID=WEB1", "PatientName=M%C3%9CLLER%5EJORG&PatientID=WEB1",
    "PatientName=%E7%B1%B3%E5%8B%92*&PatientID=WEB1",
    "PatientName=jorg mul&fuzzymatching=true&PatientID=WEB1",
    "PatientName=%E7%B1%B3%E5%8B%92%E7%BA%A6&fuzzymatching=true&PatientID=WEB1",
    "RequestAttributesSequence.ScheduledProcedureStepID=WEB-STEP-1",
    "00400275.00401001=WEB-RP*",
    # A range of days and one of times are one range of moments.
    "StudyDate=20260101-20260103&StudyTime=1200-0900&PatientID=WEB1",
    "StudyDate=20260102-20260103&StudyTime=1015-0900&PatientID=WEB1",
    "StudyID=%22%22&emptyvaluematching=true&PatientID=WEB1",
    "PatientSex=%22%22&emptyvaluematching=true&PatientID=WEB1", "PatientID=WEB1&multiplevaluematching=true",
]
NOT_FOUND = [
    "PatientID=web1", "PatientID=WEB", "PatientName=jorg&PatientID=WEB1", "StudyDate=20260103-&PatientID=WEB1",
    "ModalitiesInStudy=MR&PatientID=WEB1", "RequestAttributesSequence.ScheduledProcedureStepID=WEB-STEP",
    "PatientName=orge&fuzzymatching=true&PatientID=WEB1", "AccessionNumber=WEB-ACC-2",
    "StudyDate=20260102-20260103&StudyTime=1016-0900&PatientID=WEB1",
    "StudyDate=20260101-20260102&StudyTime=0900-1014&PatientID=WEB1",
    "PatientID=%22%22&emptyvaluematching=true&AccessionNumber=WEB-ACC-1",
    "StudyID=%22%22&PatientID=WEB1",
]


@pytest.mark.parametrize("level", ["studies", "series", "instances"])
@pytest.mark.parametrize("query", FOUND)
def test_what_matches_is_found_on_each_level(raw, ct, level, query):
    answer = raw.get(f"{level}?{query}")
    assert answer.status_code == 200, answer.text
    rows = [row for row in answer.json() if row["0020000D"]["Value"] == [ct.StudyInstanceUID]]
    assert len(rows) == 1, query


@pytest.mark.parametrize("query", NOT_FOUND)
def test_what_does_not_match_is_not_found(raw, ct, query):
    answer = raw.get(f"studies?{query}")
    assert answer.status_code == 204 and answer.content == b"", answer.text


@pytest.mark.parametrize("query", ["Foo=1", "PixelData=1", "limit=x", "includefield=Foo", "offset=-1"])
def test_what_is_not_understood_is_refused(raw, query):
    assert raw.get(f"studies?{query}").status_code == 400


def test_rows_carry_what_was_asked_for(raw, ct):
    def tags(path: str) -> set[str]:
        (row,) = raw.get(path).json()
        assert list(row) == sorted(row), "attributes are in the order of their tags"
        return set(row)

    usual = tags("studies?PatientID=WEB1")
    assert {"00080020", "00080061", "00100010", "0020000D", "00201206", "00201208", "00081190"} <= usual
    assert "00080080" not in usual
    assert "00080080" in tags("studies?PatientID=WEB1&includefield=InstitutionName")
    everything = tags("instances?PatientID=WEB1&includefield=all")
    assert {"00280010", "00200032", "00080080", "00400275"} <= everything
    (row,) = raw.get("studies?PatientID=WEB1").json()
    assert row["00100010"]["Value"] == [{"Alphabetic": "Müller^Jörg", "Ideographic": "米勒^约尔格"}]


def test_pages_follow_each_other_and_say_what_is_left(raw):
    whole = raw.get("instances?limit=20").json()
    first, second = raw.get("instances?limit=8"), raw.get("instances?limit=8&offset=8")
    assert first.json() + second.json() == whole[:16]
    assert first.headers["Warning"].startswith("299 ") and "additional results" in first.headers["Warning"]
    assert "Warning" not in raw.get("studies?PatientID=WEB1").headers


@pytest.mark.parametrize("name", [
    "chrArab", "chrFren", "chrFrenMulti", "chrGerm", "chrGreek", "chrH31", "chrH32", "chrHbrw", "chrI2",
    "chrJapMulti", "chrKoreanMulti", "chrRuss", "chrX1", "chrX2",
])
def test_names_of_every_character_set_are_found(raw, shared_dicom, name):
    file = shared_dicom / f"pydicom/charset_files/{name}.dcm"
    data = new(file, PatientID=f"CS-{name}")
    stored = raw.store(to_bytes(data))
    assert stored.status_code == 200, stored.text
    groups = [str(group) for group in data.PatientName.components if group]
    assert groups
    for group in groups:
        for pattern in (group, group[:2] + "*"):
            query = {"PatientName": pattern, "PatientID": f"CS-{name}"}
            answer = raw.session.get(f"{raw.base}/studies", params=query)
            assert answer.status_code == 200, (name, pattern)


def test_stow_tells_each_failure(raw, shared_dicom):
    good = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="WEB2")
    other = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="WEB2")
    one, two = to_bytes(good), to_bytes(other)
    answer = raw.store(one, two, study=f"/{good.StudyInstanceUID}")
    assert answer.status_code == 202, answer.text
    assert answer.json()["00081199"]["Value"][0]["00081155"]["Value"] == [good.SOPInstanceUID]
    assert answer.json()["00081198"]["Value"][0]["00081155"]["Value"] == [other.SOPInstanceUID]
    assert raw.store(one).status_code == 200, "the same again is acknowledged again"
    good.PatientComments = "changed"
    assert raw.store(to_bytes(good)).status_code == 409, "other bytes under the same UID are not taken"
    assert raw.store(b"no DICOM").status_code == 409
    kind = {"Content-Type": "application/json"}
    assert raw.session.post(f"{raw.base}/studies", data=b"{}", headers=kind).status_code == 415


def test_many_parts_are_stored_in_one_request(raw, shared_dicom):
    objects = []
    for number in range(60):
        data = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="WEB3", InstanceNumber=number + 1)
        data.StudyInstanceUID, data.SeriesInstanceUID = "2.25.777", "2.25.778"
        objects.append(data)
    answer = raw.store(*map(to_bytes, objects))
    assert answer.status_code == 200 and len(answer.json()["00081199"]["Value"]) == 60
    rows = raw.get("studies/2.25.777/series/2.25.778/instances").json()
    assert {row["00080018"]["Value"][0] for row in rows} == {data.SOPInstanceUID for data in objects}
    whole = raw.get("studies/2.25.777", ANY_SYNTAX)
    assert whole.status_code == 200
    assert all(to_bytes(data) in whole.content for data in objects)
    metadata = raw.get("studies/2.25.777/metadata").json()
    assert {row["00080018"]["Value"][0] for row in metadata} == {data.SOPInstanceUID for data in objects}


def test_metadata_and_bulk_data_are_put_together(raw, shared_dicom):
    data = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="WEB4")
    pixels = data.PixelData
    del data.PixelData
    metadata = data.to_json_dict()
    metadata["7FE00010"] = {"vr": "OW", "BulkDataURI": "pixels-1"}
    body = (
        b"--part\r\nContent-Type: application/dicom+json\r\n\r\n" + json.dumps([metadata]).encode()
        + b"\r\n--part\r\nContent-Type: application/octet-stream\r\nContent-Location: pixels-1\r\n\r\n"
        + pixels + b"\r\n--part--\r\n"
    )
    kind = 'multipart/related; type="application/dicom+json"; boundary=part'
    answer = raw.session.post(f"{raw.base}/studies", data=body, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    client = DICOMwebClient(raw.base, session=raw.session)
    stored = client.retrieve_instance(data.StudyInstanceUID, data.SeriesInstanceUID, data.SOPInstanceUID)
    assert stored.PixelData == pixels and stored.PatientName == data.PatientName
    assert stored.ImagePositionPatient == data.ImagePositionPatient
    without = body.replace(b"Content-Location: pixels-1", b"Content-Location: others")
    answer = raw.session.post(f"{raw.base}/studies", data=without, headers={"Content-Type": kind})
    assert answer.status_code == 409, "without its bulk data the object cannot be made"


@pytest.mark.parametrize("name", [
    "SC_rgb_2frame", "SC_rgb_16bit_2frame", "SC_rgb_rle_16bit_2frame", "OBXXXX1A_rle_2frame", "rtdose", "liver",
    "emri_small_jpeg_2k_lossless", "MR_small_bigendian", "JPEG2000", "US1_J2KI",
])
def test_frames_are_cut_out_of_the_file(raw, shared_dicom, name):
    file = next(shared_dicom.rglob(f"{name}.dcm"))
    data = new(file, PatientID=f"FR-{name}")
    assert raw.store(to_bytes(data)).status_code == 200
    syntax = data.file_meta.TransferSyntaxUID
    count = int(getattr(data, "NumberOfFrames", 1))
    client = DICOMwebClient(raw.base, session=raw.session)
    uids = (data.StudyInstanceUID, data.SeriesInstanceUID, data.SOPInstanceUID)
    if syntax.is_compressed:
        expected = list(pydicom.encaps.generate_frames(data.PixelData, number_of_frames=count))
        got = []
        for number in range(1, count + 1):
            answer = raw.get(f"{path_of(data)}/frames/{number}", "multipart/related; type=\"*/*\"; transfer-syntax=*")
            assert answer.status_code == 200, answer.text
            got.append(answer.content.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 2)[0])
        assert got == expected
    elif int(data.BitsAllocated) >= 8:
        frames = client.retrieve_instance_frames(*uids, frame_numbers=list(range(1, count + 1)))
        pixels = data.PixelData
        if not syntax.is_little_endian and data.BitsAllocated == 16:
            pixels = b"".join(pixels[at:at + 2][::-1] for at in range(0, len(pixels), 2))
        size = data.Rows * data.Columns * data.SamplesPerPixel * data.BitsAllocated // 8
        assert frames == [pixels[at * size:(at + 1) * size] for at in range(count)]
    else:
        bits = data.Rows * data.Columns
        frames = client.retrieve_instance_frames(*uids, frame_numbers=list(range(1, count + 1)))
        whole = "".join(f"{byte:08b}"[::-1] for byte in data.PixelData)
        for number, frame in enumerate(frames):
            cut = "".join(f"{byte:08b}"[::-1] for byte in frame)[:bits]
            assert cut == whole[number * bits:(number + 1) * bits], number
    assert raw.get(f"{path_of(data)}/frames/{count + 1}", OCTETS).status_code == 404


def test_parts_of_an_instance_are_given(raw, ct):
    path, file = path_of(ct), to_bytes(ct)
    single = "application/dicom; transfer-syntax=*"
    whole = raw.get(path, single)
    assert whole.content == file and whole.headers["Accept-Ranges"] == "bytes"
    part = raw.get(path, single, Range="bytes=128-131")
    assert (part.status_code, part.content) == (206, b"DICM")
    assert part.headers["Content-Range"] == f"bytes 128-131/{len(file)}"
    assert raw.get(path, single, Range="bytes=-7").content == file[-7:]
    assert raw.get(path, single, Range=f"bytes={len(file)}-").status_code == 416
    again = raw.get(path, single, **{"If-None-Match": whole.headers["ETag"]})
    assert again.status_code == 304 and again.content == b""
    pixels = raw.get(f"{path}/bulkdata/7FE00010", "application/octet-stream", Range="bytes=10-19")
    assert (pixels.status_code, pixels.content) == (206, ct.PixelData[10:20])
    by_parameter = raw.session.get(f"{raw.base}/{path}", params={"accept": single})
    assert by_parameter.content == file


EXPLICIT, DEFLATED, RLE, JPEG_LOSSLESS = (
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70",
)
LOSSLESS = [EXPLICIT, DEFLATED, RLE, JPEG_LOSSLESS]


@pytest.mark.parametrize("wanted", LOSSLESS)
@pytest.mark.parametrize("name", [
    "CT_small", "MR_small_bigendian", "MR_small_RLE", "SC_rgb_2frame", "SC_rgb_16bit_2frame", "JPEG2000", "liver",
    "emri_small_jpeg_2k_lossless", "MR_small_jpeg_ls_lossless", "JPEGLosslessP14SV1_3s_2f_u_08_08",
])
def test_objects_come_in_other_transfer_syntaxes_bit_by_bit(raw, shared_dicom, name, wanted):
    data = new(next(shared_dicom.rglob(f"{name}.dcm")), PatientID=f"TS-{name}")
    assert raw.store(to_bytes(data)).status_code == 200
    answer = raw.get(path_of(data), f"application/dicom; transfer-syntax={wanted}")
    if data.BitsAllocated == 1 and wanted == JPEG_LOSSLESS:
        assert answer.status_code == 406 and RLE in answer.json()["detail"], answer.text
        return
    assert answer.status_code == 200, answer.text
    made = pydicom.dcmread(io.BytesIO(answer.content))
    assert made.file_meta.TransferSyntaxUID in (wanted, data.file_meta.TransferSyntaxUID)
    assert wanted in answer.headers["Content-Type"]
    assert made.SOPInstanceUID == data.SOPInstanceUID and made.PatientName == data.PatientName
    if data.BitsAllocated == 1 and wanted == RLE:
        return  # No program of others decodes single bits in RLE.
    kept, now = (pydicom.pixels.pixel_array(one, raw=False).astype(np.int64) for one in (data, made))
    # What a lossy stream says, two decoders round alike to one step.
    most = 1 if data.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.91" else 0
    assert np.abs(now - kept).max() <= most, "every sample is as it was"
    series = f"studies/{data.StudyInstanceUID}/series/{data.SeriesInstanceUID}"
    parts = raw.get(series, f'multipart/related; type="application/dicom"; transfer-syntax={wanted}')
    assert parts.status_code == 200 and answer.content in parts.content


@pytest.mark.parametrize("wanted,media", [(RLE, "image/dicom-rle"), (JPEG_LOSSLESS, "image/jpeg")])
@pytest.mark.parametrize("name", ["CT_small", "SC_rgb_2frame", "JPEG2000"])
def test_frames_come_in_other_transfer_syntaxes_bit_by_bit(raw, shared_dicom, name, wanted, media):
    data = new(next(shared_dicom.rglob(f"{name}.dcm")), PatientID=f"TF-{name}")
    assert raw.store(to_bytes(data)).status_code == 200
    kept, frames = data.pixel_array, int(getattr(data, "NumberOfFrames", 1))
    coded = []
    for number in range(1, frames + 1):
        for accept in (f"{media}; transfer-syntax={wanted}", f"{media};q=0.9"):
            answer = raw.get(f"{path_of(data)}/frames/{number}", accept)
            assert answer.status_code == 200, answer.text
            assert answer.headers["Content-Type"] == f"{media}; transfer-syntax={wanted}"
        coded.append(answer.content)
    data.PixelData = pydicom.encaps.encapsulate(coded)
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = wanted
    data = pydicom.dcmread(io.BytesIO(to_bytes(data)))
    most = 1 if name == "JPEG2000" else 0
    assert np.abs(data.pixel_array.reshape(kept.shape).astype(np.int64) - kept).max() <= most


def test_what_cannot_be_given_is_refused_with_what_can(raw, ct):
    jpeg_ls_lossy, mpeg = "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.100"
    for wanted in (jpeg_ls_lossy, mpeg):
        for path in (path_of(ct), f"studies/{ct.StudyInstanceUID}"):
            answer = raw.get(path, f'multipart/related; type="application/dicom"; transfer-syntax={wanted}')
            assert answer.status_code == 406, answer.text
            assert all(one in answer.json()["detail"] for one in LOSSLESS)
    answer = raw.get(f"{path_of(ct)}/frames/1", f"image/jls; transfer-syntax={jpeg_ls_lossy}")
    assert answer.status_code == 406 and RLE in answer.json()["detail"]


def pictures_of(answer: requests.Response) -> list[tuple[str, np.ndarray]]:
    """Where each picture of a multipart answer is found by itself, and its pixels."""
    assert answer.headers["Content-Type"].startswith("multipart/related"), answer.headers
    message = email.message_from_bytes(
        b"Content-Type: " + answer.headers["Content-Type"].encode() + b"\r\n\r\n" + answer.content
    )
    return [
        (part["Content-Location"], np.asarray(Image.open(io.BytesIO(part.get_payload(decode=True)))))
        for part in message.get_payload()
    ]


PNG = 'multipart/related; type="image/png"'


@pytest.fixture(scope="module")
def film(raw, shared_dicom) -> list[pydicom.Dataset]:
    """A study of a film of two frames and two CT images in two series."""
    study = "2.25.4711"
    file = next(shared_dicom.rglob("SC_rgb_2frame.dcm"))
    film = new(file, PatientID="PIC1", StudyInstanceUID=study)
    film.SeriesNumber, film.PatientName, film.PatientBirthDate = 2, "Pic^One", ""
    images = []
    for number in (2, 1):
        image = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="PIC1", StudyInstanceUID=study)
        image.SeriesInstanceUID, image.SeriesNumber, image.InstanceNumber = "2.25.4712", 1, number
        image.PatientName, image.PatientBirthDate = "Pic^One", ""
        images.append(image)
    assert raw.store(*map(to_bytes, [film, *images])).status_code == 200
    return [images[1], images[0], film]


def test_pictures_come_of_every_level(raw, film):
    first, second, colours = film
    study, series = f"studies/{first.StudyInstanceUID}", f"studies/{first.StudyInstanceUID}/series/{first.SeriesInstanceUID}"
    whole = pictures_of(raw.get(f"{study}/rendered", PNG))
    expected = [(first, 1), (second, 1), (colours, 1), (colours, 2)]
    assert [place.split("/dicom-web/")[1] for place, _ in whole] == [
        f"{path_of(data)}/frames/{number}/rendered" for data, number in expected
    ]
    assert [pixels.shape for _, pixels in whole] == [(128, 128), (128, 128), (100, 100, 3), (100, 100, 3)]
    # A picture in a study is the picture by itself, and shows what pydicom decodes.
    for (place, pixels), (data, number) in zip(whole, expected):
        alone = raw.session.get(place, headers={"Accept": "image/png"})
        assert alone.headers["Content-Type"] == "image/png"
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(alone.content))), pixels)
    assert np.array_equal(np.stack([pixels for _, pixels in whole[2:]]), colours.pixel_array)
    assert len(pictures_of(raw.get(f"{series}/rendered"))) == 2
    assert len(pictures_of(raw.get(f"{path_of(colours)}/frames/2,1/rendered"))) == 2
    assert len(pictures_of(raw.get(f"{path_of(colours)}/rendered", PNG))) == 2
    assert raw.get(f"{path_of(colours)}/rendered", "image/jpeg").headers["Content-Type"] == "image/jpeg"
    assert raw.get(f"{series}/rendered", "image/jpeg").status_code == 406
    assert raw.get(f"{path_of(colours)}/frames/1,3/rendered", PNG).status_code == 404
    assert raw.get(f"{path_of(colours)}/rendered", "image/gif").status_code == 406
    many = ",".join(["1"] * 1001)
    refused = raw.get(f"{path_of(colours)}/frames/{many}/rendered", PNG)
    assert refused.status_code == 413 and "1000" in refused.json()["detail"]
    client = DICOMwebClient(raw.base, session=raw.session)
    uids = (colours.StudyInstanceUID, colours.SeriesInstanceUID, colours.SOPInstanceUID)
    assert client.retrieve_instance_rendered(*uids, media_types=("image/png",)).startswith(b"\x89PNG")


def test_thumbnails_are_small_and_stand_for_all(raw, film):
    first, second, colours = film
    study, series = f"studies/{first.StudyInstanceUID}", f"studies/{first.StudyInstanceUID}/series/{first.SeriesInstanceUID}"

    def shape(path: str) -> tuple[int, ...]:
        answer = raw.get(path, "image/png")
        assert answer.status_code == 200, answer.text
        known = raw.get(path, "image/png", **{"If-None-Match": answer.headers["ETag"]})
        assert known.status_code == 304
        return np.asarray(Image.open(io.BytesIO(answer.content))).shape

    assert shape(f"{study}/thumbnail") == (128, 128), "the series with most images stands for the study"
    assert shape(f"{series}/thumbnail?viewport=32,32") == (32, 32)
    assert shape(f"{path_of(colours)}/thumbnail") == (128, 128, 3)
    assert shape(f"{path_of(colours)}/frames/2/thumbnail") == (128, 128, 3)
    middle = raw.get(f"{series}/thumbnail", "image/png").content
    assert middle == raw.get(f"{path_of(second)}/thumbnail", "image/png").content
    assert raw.get(f"{series}/thumbnail?annotation=patient").status_code == 400
    assert raw.get("studies/2.25.1/thumbnail").status_code == 404


def test_words_are_burned_in_only_where_they_are_asked_for(raw, ct, hospital):
    def picture(query: str = "") -> np.ndarray:
        answer = raw.get(f"{path_of(ct)}/rendered{query}", "image/png")
        assert answer.status_code == 200, answer.text
        return np.asarray(Image.open(io.BytesIO(answer.content)))

    plain = picture()
    assert np.array_equal(plain, picture("?quality=50"))
    changed = np.argwhere(plain != picture("?annotation=patient"))
    assert len(changed) and changed[:, 0].max() < 64, "the patient stands at the top"
    changed = np.argwhere(plain != picture("?annotation=technique"))
    assert len(changed) and changed[:, 0].min() > 20, "the technique stands at the bottom"
    assert raw.get(f"{path_of(ct)}/rendered?annotation=all").status_code == 400
    stranger = Web(raw.base, hospital.as_("zhou.trainee"))
    assert stranger.get(f"{path_of(ct)}/rendered?annotation=patient").status_code in (403, 404)
    assert stranger.get(f"studies/{ct.StudyInstanceUID}/thumbnail").status_code in (403, 404)


def test_metadata_without_the_pixels_are_whole(raw, ct):
    (row,) = raw.get(f"{path_of(ct)}/metadata").json()
    assert row["00400275"]["Value"][0]["00400009"]["Value"] == ["WEB-STEP-1"]
    uri = row["7FE00010"]["BulkDataURI"]
    answer = raw.session.get(uri, headers={"Accept": "application/octet-stream"})
    assert answer.content == ct.PixelData


def test_capabilities_are_told(raw):
    answer = raw.session.options(raw.base)
    assert answer.status_code == 200, answer.text
    told = {(one["method"], one["path"]) for one in answer.json()["resources"]}
    assert ("POST", "/studies") in told and ("GET", "/instances") in told


def test_others_may_not_delete(raw, ct, hospital):
    study = f"{raw.base}/studies/{ct.StudyInstanceUID}"
    assert raw.session.delete(f"{study}?reason=x").status_code == 403
    kept = hospital.as_("admin").delete(f"{study}?reason=x")
    assert kept.status_code == 409 and "kept" in kept.text, "the retention is 30 years"
    assert raw.get(f"studies?StudyInstanceUID={ct.StudyInstanceUID}").status_code == 200


class Archive:
    """A hospital without demo data, whose images need not be kept."""

    def __init__(self, program: str, folder: pathlib.Path):
        self.program, self.data, self.http = program, folder, free_port()
        for user, role in [("keeper", "admin"), ("scanner", "system")]:
            put = [program, "user", "put", user, "--name", user, "--role", role, "--data", str(folder)]
            subprocess.run(put, input="archive-password-1", text=True, check=True, capture_output=True)
        self.process = None

    def start(self, dicom: str = "off", **settings: str) -> None:
        serve = [self.program, "serve", "--http", f"127.0.0.1:{self.http}", "--dicom", dicom, "--mqtt", "off", "--data", str(self.data)]
        environment = {**os.environ, "YUANYI_IMAGE_RETENTION_DAYS": "0", **settings}
        self.process = subprocess.Popen(serve, env=environment, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("ready"):
                return
        raise RuntimeError("the archive did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def as_(self, user: str) -> requests.Session:
        command = [self.program, "token", "new", "--as", user, "--data", str(self.data)]
        session = requests.Session()
        token = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        session.headers["Authorization"] = f"Bearer {token}"
        return session

    def verify(self) -> str:
        command = [self.program, "verify", "--deep", "--data", str(self.data)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def purge(self, **settings: str) -> subprocess.CompletedProcess:
        command = [self.program, "purge", "--data", str(self.data)]
        return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **settings})

    def memory_kib(self, what: str) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s+(\d+) kB", status, re.M).group(1))


def test_deleted_images_are_gone_and_the_deletion_stays(hospital, shared_dicom, tmp_path):
    archive = Archive(hospital.program, tmp_path / "archive")
    archive.start()
    base = f"http://127.0.0.1:{archive.http}/dicom-web"
    scanner, keeper = Web(base, archive.as_("scanner")), archive.as_("keeper")
    first = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="DEL1")
    second = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="DEL1")
    second.StudyInstanceUID, second.SeriesInstanceUID = first.StudyInstanceUID, first.SeriesInstanceUID
    study = f"studies/{first.StudyInstanceUID}"
    try:
        assert scanner.store(to_bytes(first), to_bytes(second)).status_code == 200
        assert keeper.delete(f"{base}/{path_of(first)}").status_code == 400, "a reason is asked for"
        assert keeper.delete(f"{base}/{path_of(first)}?reason=wrong+side").status_code == 204
        assert keeper.delete(f"{base}/{path_of(first)}?reason=again").status_code == 404
        assert scanner.get(path_of(first), ANY_SYNTAX).status_code == 404
        (row,) = scanner.get(f"{study}/instances").json()
        assert row["00080018"]["Value"] == [second.SOPInstanceUID]
        assert keeper.delete(f"{base}/{study}?reason=wrong+patient").status_code == 204
        assert scanner.get("studies?PatientID=DEL1").status_code == 204
        assert scanner.get(f"{study}/metadata").status_code == 404
        archive.stop()
        archive.verify()
        (archive.data / "index.sqlite").unlink()
        archive.start()
        assert scanner.get("studies?PatientID=DEL1").status_code == 204, "nor after the index was made again"
        assert scanner.store(to_bytes(first)).status_code == 200, "what comes again is new"
        assert scanner.get(path_of(first), "application/dicom; transfer-syntax=*").content == to_bytes(first)
    finally:
        archive.stop()
    archive.verify()


def test_purged_bytes_are_gone_and_the_journal_says_so(hospital, shared_dicom, tmp_path):
    archive = Archive(hospital.program, tmp_path / "archive")
    archive.start()
    base = f"http://127.0.0.1:{archive.http}/dicom-web"
    scanner, keeper = Web(base, archive.as_("scanner")), archive.as_("keeper")
    gone, kept = (new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID=name) for name in ("PUR1", "PUR2"))
    gone.PatientComments, kept.PatientComments = "mark-of-the-purged", "mark-of-the-kept"
    try:
        assert scanner.store(to_bytes(gone), to_bytes(kept)).status_code == 200
        assert keeper.delete(f"{base}/{path_of(gone)}?reason=over").status_code == 204
    finally:
        archive.stop()

    def marks() -> list[bool]:
        journal = b"".join(segment.read_bytes() for segment in (archive.data / "journal").iterdir())
        return [mark in journal for mark in (b"mark-of-the-purged", b"mark-of-the-kept")]

    refused = archive.purge()
    assert refused.returncode == 1 and "none of image_purge_days" in refused.stderr
    assert "0 deleted images" in archive.purge(YUANYI_IMAGE_PURGE_DAYS="30").stdout, "the time has not come"
    assert marks() == [True, True]
    assert "1 deleted images" in archive.purge(YUANYI_IMAGE_PURGE_DAYS="0").stdout
    assert marks() == [False, True]
    assert "(1 of them purged)" in archive.verify()
    (archive.data / "index.sqlite").unlink()
    archive.start()
    try:
        single = "application/dicom; transfer-syntax=*"
        assert scanner.get(path_of(gone), single).status_code == 404
        assert scanner.get(path_of(kept), single).content == to_bytes(kept)
        assert scanner.store(to_bytes(gone)).status_code == 200, "what comes again is new"
        assert scanner.get(path_of(gone), single).content == to_bytes(gone)
    finally:
        archive.stop()
    archive.verify()


def test_many_senders_at_once_do_not_take_more_memory_than_is_set(hospital, shared_dicom, tmp_path):
    """All of them have sent all but the end of their object at one moment, over both doors."""
    senders, size, room = 32, 12 << 20, 48
    archive = Archive(hospital.program, tmp_path / "archive")
    dicom = free_port()
    archive.start(
        dicom=f"127.0.0.1:{dicom}", YUANYI_INCOMING_MEMORY_MIB=str(room), YUANYI_CALLING_AE_TITLES='["*"]',
    )
    template = new(shared_dicom / "pydicom/test_files/CT_small.dcm", PatientID="MEM1")
    template.Rows, template.Columns = 2048, size // 4096
    template.PixelData = bytes(range(256)) * (size // 256)
    uid = f"2.25.{10**30}"
    template.SOPInstanceUID = template.file_meta.MediaStorageSOPInstanceUID = uid
    file = to_bytes(template)
    token = archive.as_("scanner").headers["Authorization"]
    url = f"http://127.0.0.1:{archive.http}/dicom-web/studies"
    all_there = threading.Barrier(senders)
    answers, most = [], []

    def stow(number: int) -> None:
        own = file.replace(uid.encode(), f"2.25.{10**30 + 1 + number}".encode())

        def body():
            yield b"--part\r\nContent-Type: application/dicom\r\n\r\n"
            yield from (own[at:at + (1 << 20)] for at in range(0, len(own), 1 << 20))
            if all_there.wait() == 0:
                most.append(archive.memory_kib("VmRSS"))
            yield b"\r\n--part--\r\n"

        kind = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=part', "Authorization": token}
        answers.append(requests.post(url, data=body(), headers=kind).status_code)

    def send(_: int) -> None:
        data = pydicom.dcmread(io.BytesIO(file))
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        peer = AE(ae_title="MANY")
        peer.maximum_pdu_size = 0
        peer.add_requested_context(data.SOPClassUID, data.file_meta.TransferSyntaxUID)
        association = peer.associate("127.0.0.1", dicom, ae_title="YUANYI")
        answers.append(200 if association.send_c_store(data).Status == 0 else 500)
        association.release()

    try:
        before = archive.memory_kib("VmHWM")
        threads = [threading.Thread(target=stow, args=(number,)) for number in range(senders)]
        threads += [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        peak = archive.memory_kib("VmHWM") - before
    finally:
        archive.stop()
    assert answers == [200] * len(threads)
    sent = len(threads) * size >> 10
    print(f"{sent >> 10} MiB sent; {peak >> 10} MiB more at most, {most[0] >> 10} MiB with all of them under way")
    # Buffers of each connection, and what the allocator keeps, come on top of the room that was set.
    assert peak < (room + 112) << 10 < sent // 2
    archive.verify()
