"""What people measure and see in a room, written beside the images and read by highdicom and pydicom."""

import base64
import json
import math
import struct
import zlib

import highdicom as hd
import numpy as np
import pydicom
import pytest
import websocket
from dicomweb_client import DICOMwebClient
from pydicom.sr.codedict import codes

from conftest import PASSWORD
from imaging_hospital import until
from room_door import HELLO, agree

LI, CHEN = "li.terminal", "chen.expert"
SR, PR, SEG = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("88.34", "11.1", "66.4"))
WELCOME, REFUSED = 0x81, 0x83
# Kind, version, seat, token, whether it was resumed, tick, last number, next event; the rest is JSON.
ENTRANCE = 1 + 2 + 2 + 16 + 1 + 4 + 4 + 8


class Seat:
    """A person's connection to a room, as the client opens it."""

    def __init__(self, hospital, room: str):
        session = hospital.as_(LI)
        session.headers["X-Yuanyi-Client"] = "1"
        answer = session.post(f"{hospital.base}/api/session", json={"user": LI, "password": PASSWORD})
        assert answer.ok, answer.text
        agree(hospital, LI)
        cookie = f"yuanyi_session={answer.cookies['yuanyi_session']}"
        self.address = f"{hospital.base.replace('http', 'ws')}/api/rooms/{room}/socket"
        self.cookie, self.seq = cookie, 0

    def connect(self):
        socket = websocket.create_connection(self.address, cookie=self.cookie, timeout=60)
        socket.send_binary(HELLO)
        while True:
            frame = socket.recv()
            if frame[0] == WELCOME:
                return socket, json.loads(frame[ENTRANCE:])

    def entities(self) -> dict[int, dict]:
        socket, entrance = self.connect()
        socket.close()
        return {one["id"]: one["placed"]["entity"] for one in entrance["snapshot"] or [] if one["placed"]}

    def act(self, *acts) -> None:
        socket, _ = self.connect()
        for seq, act in enumerate(acts, start=1):
            socket.send_binary(bytes([3]) + struct.pack("<I", seq) + json.dumps(act).encode())
        # The answer to a ping comes after those to the acts before it.
        socket.send_binary(bytes([4]) + struct.pack("<I", 1))
        while True:
            frame = socket.recv()
            assert frame[0] != REFUSED, frame[5:]
            if frame[0] == 0x85:
                break
        socket.close()


@pytest.fixture(scope="module")
def series(hospital):
    """The demo's CT with a marked nodule: its study, its UID and its volume."""
    li = hospital.as_(LI)
    series = [
        {"patient": patient["id"], "study": study["uid"], "uid": one["uid"]}
        for patient in li.get(f"{hospital.base}/api/home").json()["patients"]
        for study in patient["studies"]
        for one in study["series"]
        if one["modality"] == "CT"
    ]

    def marked():
        # What other tests have sent may be no volume; then the hospital says so.
        for one in series:
            answer = li.get(f"{hospital.base}/api/series/{one['uid']}/volume")
            volume = answer.json() if answer.status_code == 200 else {}
            if volume.get("surfaces") and volume.get("lesions"):
                return {**one, "volume": volume}
        return None

    return until(marked, "the volume of a CT with a marked lesion")


@pytest.fixture(scope="module")
def room(hospital, series) -> str:
    li, chen = hospital.as_(LI), hospital.as_(CHEN)
    scenario = f"{hospital.base}/api/scenarios/remote-consult"
    ask = {"patient": series["patient"], "series": series["uid"], "expert": CHEN, "reason": "what is this?"}
    case = li.post(f"{scenario}/requests", json=ask)
    assert case.status_code == 201, case.text
    assert chen.post(f"{scenario}/cases/{case.json()['id']}/accept").ok
    return case.json()["room"]


@pytest.fixture(scope="module")
def points(series):
    left, posterior, superior = series["volume"]["lesions"][0]["centre_lps_mm"]
    return [[left - 6, posterior, superior], [left + 6, posterior + 5, superior]]


@pytest.fixture(scope="module")
def exported(hospital, series, room, points):
    """The answer to an export of a length, a value and a note."""
    seat = Seat(hospital, room)

    def hologram():
        found = [number for number, one in seat.entities().items() if one["type"] == "hologram"]
        return found and found[0]

    on = until(hologram, "the first hologram")
    a, b = points
    seat.act(
        {"act": "add", "entity": {"type": "measure", "hologram": on, "kind": "length", "points_lps_mm": [a, b]}},
        {"act": "add", "entity": {"type": "measure", "hologram": on, "kind": "hu", "points_lps_mm": [a]}},
        {"act": "add", "entity": {"type": "annotation", "hologram": on, "at_lps_mm": b, "text": "边界清楚 smooth"}},
    )
    until(lambda: len(seat.entities()) >= 4, "the marks")
    answer = hospital.as_(LI).post(f"{hospital.base}/api/rooms/{room}/export")
    assert answer.status_code == 201, answer.text
    assert answer.json()["left_out"] == []
    return answer.json()["objects"]


def fetched(hospital, one: dict) -> pydicom.Dataset:
    client = DICOMwebClient(f"{hospital.base}/dicom-web", session=hospital.as_(LI))
    return client.retrieve_instance(one["study"], one["series"], one["object"])


def of_class(hospital, exported, uid: str) -> pydicom.Dataset:
    [one] = [one for one in exported if one["class"] == uid]
    return fetched(hospital, one)


@pytest.fixture(scope="module")
def images(hospital, series) -> dict[str, pydicom.Dataset]:
    client = DICOMwebClient(f"{hospital.base}/dicom-web", session=hospital.as_(LI))
    found = client.retrieve_series(series["study"], series["uid"])
    return {image.SOPInstanceUID: image for image in found}


def test_a_report_a_state_and_a_segmentation_go_out(exported, series):
    assert sorted(one["class"] for one in exported) == sorted([SR, PR, SEG])
    assert {one["study"] for one in exported} == {series["study"]}


def test_highdicom_reads_the_length_and_the_value(hospital, exported, points):
    report = hd.sr.Comprehensive3DSR.from_dataset(of_class(hospital, exported, SR))
    groups = report.content.get_image_measurement_groups()
    assert [group.tracking_identifier.split()[0] for group in groups] == ["Length", "Value", "Note"]
    [length] = groups[0].get_measurements(name=codes.SCT.Length)
    assert length.value == pytest.approx(math.dist(*points), abs=1e-6) and length.unit.value == "mm"
    place = length[0].ContentSequence[0]
    assert np.allclose(place.GraphicData, np.array(points).ravel(), atol=1e-3)
    [value] = groups[1].get_measurements(name=codes.DCM.AttenuationCoefficient)
    assert value.unit.value == "[hnsf'U]"


def test_the_value_is_that_of_the_image(hospital, exported, images, points):
    report = hd.sr.Comprehensive3DSR.from_dataset(of_class(hospital, exported, SR))
    [value] = report.content.get_image_measurement_groups()[1].get_measurements()
    image = min(images.values(), key=lambda image: abs(image.ImagePositionPatient[2] - points[0][2]))
    rows, columns = image.PixelSpacing
    column = round((points[0][0] - image.ImagePositionPatient[0]) / columns)
    row = round((points[0][1] - image.ImagePositionPatient[1]) / rows)
    stored = image.pixel_array[row, column]
    assert value.value == stored * image.RescaleSlope + image.RescaleIntercept


def test_the_state_draws_the_length_on_its_slice(hospital, exported, images, points):
    state = of_class(hospital, exported, PR)
    drawn = [(annotation, graphic) for annotation in state.GraphicAnnotationSequence
             for graphic in annotation.GraphicObjectSequence if graphic.GraphicType == "POLYLINE"]
    [(annotation, line)] = drawn
    image = images[annotation.ReferencedImageSequence[0].ReferencedSOPInstanceUID]
    rows, columns = (float(spacing) for spacing in image.PixelSpacing)
    left, posterior, _ = image.ImagePositionPatient
    want = [[(x - left) / columns + 0.5, (y - posterior) / rows + 0.5] for x, y, _ in points]
    assert np.allclose(np.array(line.GraphicData).reshape(2, 2), want, atol=1e-3)


def test_the_viewer_is_given_what_the_state_draws(hospital, exported, series):
    address = f"{hospital.base}/api/imaging/studies/{series['study']}/presentation-states"
    states = hospital.as_(LI).get(address).json()
    [own] = [one for one in exported if one["class"] == PR]
    [state] = [state for state in states if state["sop"] == own["object"]]
    assert state["label"] == "ROOM" and state["left_out"] == []
    texts = [text["text"] for on in state["annotations"] for text in on["texts"]]
    assert "边界清楚 smooth" in texts
    assert hospital.as_("qian.researcher").get(address).status_code == 403


def test_the_segmentation_lies_on_the_images(hospital, exported, images, series):
    seg = hd.seg.Segmentation.from_dataset(of_class(hospital, exported, SEG))
    assert seg.segmentation_type == hd.seg.SegmentationTypeValues.BINARY
    some = next(iter(images.values()))
    assert seg.FrameOfReferenceUID == some.FrameOfReferenceUID
    shared = seg.SharedFunctionalGroupsSequence[0]
    assert shared.PixelMeasuresSequence[0].PixelSpacing == some.PixelSpacing
    assert shared.PlaneOrientationSequence[0].ImageOrientationPatient == some.ImageOrientationPatient
    assert (seg.Rows, seg.Columns) == (some.Rows, some.Columns)
    for groups in seg.PerFrameFunctionalGroupsSequence:
        source = groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        position = groups.PlanePositionSequence[0].ImagePositionPatient
        assert position == images[source].ImagePositionPatient
    labels = {description.segment_label for description in seg.SegmentSequence}
    shown = {surface["label"]["en"] for surface in series["volume"]["surfaces"] if surface["name"] != "skin"}
    assert labels == shown


def pixels(seg, images, label: str) -> np.ndarray:
    [number] = [one.SegmentNumber for one in seg.SegmentSequence if one.SegmentLabel == label]
    uids = sorted(images, key=lambda uid: images[uid].ImagePositionPatient[2])
    found = seg.get_pixels_by_source_instance(
        uids, segment_numbers=[number], ignore_spatial_locations=True, assert_missing_frames_are_empty=True)
    return found[..., 0]


def test_what_is_called_lung_is_air(hospital, exported, images):
    seg = hd.seg.Segmentation.from_dataset(of_class(hospital, exported, SEG))
    lungs = [one.SegmentLabel for one in seg.SegmentSequence if "lung" in one.SegmentLabel and "vessel" not in one.SegmentLabel]
    assert lungs
    uids = sorted(images, key=lambda uid: images[uid].ImagePositionPatient[2])
    hu = np.stack([images[uid].pixel_array * float(images[uid].RescaleSlope) + float(images[uid].RescaleIntercept)
                   for uid in uids])
    for label in lungs:
        mask = pixels(seg, images, label).astype(bool)
        assert mask.any() and np.median(hu[mask]) < -600, label


def test_the_lesion_is_the_one_that_was_marked(hospital, exported, images, series):
    seg = hd.seg.Segmentation.from_dataset(of_class(hospital, exported, SEG))
    client = DICOMwebClient(f"{hospital.base}/dicom-web", session=hospital.as_(LI))
    lesion = series["volume"]["lesions"][0]
    found = client.search_for_instances(series["study"], search_filters={"SOPInstanceUID": lesion["source"]})
    uid = found[0]["0020000E"]["Value"][0]
    original = client.retrieve_instance(series["study"], uid, lesion["source"])
    original = hd.seg.Segmentation.from_dataset(original)
    label = lesion["label"]["en"]
    assert (pixels(seg, images, label) == pixels(original, images, label)).all()


def test_the_same_again_adds_nothing(hospital, room, exported, series):
    count = f"{hospital.base}/dicom-web/studies/{series['study']}/instances?limit=5000"
    li = hospital.as_(LI)
    before = len(li.get(count).json())
    again = li.post(f"{hospital.base}/api/rooms/{room}/export")
    assert again.status_code == 201 and again.json()["objects"] == exported
    assert len(li.get(count).json()) == before
    only = li.post(f"{hospital.base}/api/rooms/{room}/export", json={"masks": False})
    assert {one["class"] for one in only.json()["objects"]} == {SR, PR}


def test_the_record_says_who_made_them_of_what(hospital, exported, series):
    found = hospital.as_(LI).get(f"{hospital.base}/fhir/Provenance?patient=Patient/{series['patient']}&_count=100")
    made = [entry["resource"] for entry in found.json().get("entry", [])]
    for one in exported:
        uid = {"system": "urn:dicom:uid", "value": f"urn:oid:{one['object']}"}
        [word] = [word for word in made if {"identifier": uid} in word["target"]]
        assert word["agent"][0]["who"]["identifier"]["value"] == LI
        assert word["entity"][0]["what"]["identifier"]["value"] == f"urn:oid:{series['uid']}"


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\x00" + b"\xc8\x1e\x1e" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_a_kept_picture_is_told_to_those_inside_and_once(hospital, room, exported):
    """A picture of the stage is an act of the room's journal, and so a leaf of the ledger."""
    body = {"title": "结节 the nodule", "png": base64.b64encode(png(8, 6)).decode()}
    socket, _ = Seat(hospital, room).connect()
    li = hospital.as_(LI)
    kept = li.post(f"{hospital.base}/api/rooms/{room}/snapshots", json=body)
    assert kept.status_code == 201, kept.text

    def told() -> dict:
        while True:
            frame = socket.recv()
            if frame[0] != 0x82:
                continue
            length = struct.unpack("<I", frame[5:9])[0]
            news = json.loads(frame[9 : 9 + length]) if length else {}
            for event in news.get("events", []):
                if event["act"] == "picture":
                    return event

    event = told()
    assert event["actor"] == LI and event["pictured"]["title"] == body["title"]
    assert event["pictured"]["object"] == kept.json()["object"]
    again = li.post(f"{hospital.base}/api/rooms/{room}/snapshots", json=body)
    assert again.json() == kept.json()
    _, entrance = Seat(hospital, room).connect()
    assert entrance["snapshot"] is not None
    socket.close()


def test_who_may_not_enter_exports_nothing(hospital, room):
    answer = hospital.as_("qian.researcher").post(f"{hospital.base}/api/rooms/{room}/export")
    assert answer.status_code == 403


def test_masks_do_not_change_the_volume_that_they_were_made_of(hospital, exported, series):
    volume = hospital.as_(LI).get(f"{hospital.base}/api/series/{series['uid']}/volume")
    assert volume.status_code == 200
    names = [surface["name"] for surface in volume.json()["surfaces"]]
    assert names == [surface["name"] for surface in series["volume"]["surfaces"]]


def test_a_surface_leaves_as_a_model(hospital, series):
    li = hospital.as_(LI)
    # A thick structure: a surface around vessels of a voxel's width encloses less than their voxels fill.
    surface = next(one for one in series["volume"]["surfaces"] if one["name"] == "lung-left")
    models = f"{hospital.base}/api/series/{series['uid']}/volume/models"
    glb = li.get(f"{models}/{surface['name']}.glb")
    assert glb.status_code == 200 and glb.content[:4] == b"glTF"
    assert struct.unpack("<I", glb.content[8:12])[0] == len(glb.content)
    stl = li.get(f"{models}/{surface['name']}.stl").content
    [count] = struct.unpack("<I", stl[80:84])
    assert count == surface["triangles"] and len(stl) == 84 + 50 * count
    triangles = np.frombuffer(stl[84:], dtype=[("n", "<f4", 3), ("v", "<f4", (3, 3)), ("a", "<u2")])["v"].astype(float)
    enclosed = np.einsum("ij,ij->i", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])).sum() / 6
    assert enclosed == pytest.approx(surface["volume_mm3"], rel=0.15)
    assert hospital.as_("qian.researcher").get(f"{models}/{surface['name']}.glb").status_code == 403
    assert li.get(f"{models}/nothing.glb").status_code == 404


def test_a_surface_is_kept_as_encapsulated_stl(hospital, series):
    li = hospital.as_(LI)
    # A thick structure: a surface around vessels of a voxel's width encloses less than their voxels fill.
    surface = next(one for one in series["volume"]["surfaces"] if one["name"] == "lung-left")
    models = f"{hospital.base}/api/series/{series['uid']}/volume/models"
    kept = li.post(models, json={"surface": surface["name"]})
    assert kept.status_code == 201, kept.text
    assert li.post(models, json={"surface": surface["name"]}).status_code == 200
    data = fetched(hospital, kept.json())
    assert data.SOPClassUID == "1.2.840.10008.5.1.4.1.1.104.3" and data.Modality == "M3D"
    assert data.EncapsulatedDocument[: data.EncapsulatedDocumentLength] == li.get(f"{models}/{surface['name']}.stl").content
    assert data.MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    assert len(data.SourceInstanceSequence) > 1 and data.BurnedInAnnotation == "NO"
