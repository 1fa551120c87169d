"""A lung nodule from a point to its growth: found, edited, kept, followed; the objects read by highdicom."""

import io

import highdicom as hd
import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

LI, PATIENT = "li.terminal", "zhao.patient"
SEG, SR = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.88.34"
SPACING = np.array([1.25, 1.6, 1.6])
SIZE = np.array([64, 128, 160])
ORIGIN = np.array([-100.0, -90.0, -128.0])
AT = np.array([-60.0, 10.0, 45.0])


def chest(radius_mm: float, shift_mm: float = 0.0) -> np.ndarray:
    """A body of soft tissue with two lungs and a ball in the left one, in HU; axes z, y, x."""
    z, y, x = np.meshgrid(*(ORIGIN[i] + SPACING[i] * np.arange(SIZE[i]) for i in range(3)), indexing="ij")
    hu = np.where((x / 115) ** 2 + ((y + 0) / 85) ** 2 < 1, 40.0, -1000.0)
    for side in (-50, 50):
        hu[((x - side) / 38) ** 2 + (y / 58) ** 2 + ((z + 60) / 36) ** 2 < 1] = -850
    far = np.sqrt(((x - AT[2] - shift_mm) ** 2) + (y - AT[1]) ** 2 + (z - AT[0]) ** 2)
    # The edge of the ball takes one voxel, as a scanner blurs it.
    share = np.clip((radius_mm - far) / 1.6 + 0.5, 0, 1)
    return hu + share * (30 - hu)


def study(row: Dataset, day: str, volume: np.ndarray) -> list[Dataset]:
    """A study of the patient of `row` as CT images."""
    uid, series, frame = generate_uid(), generate_uid(), generate_uid()
    noise = np.random.default_rng(7).normal(0, 12, volume.shape)
    stored = np.clip(np.round(volume + noise) + 1024, 0, 4095).astype(np.uint16)
    images = []
    for z, pixels in enumerate(stored):
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = CTImageStorage
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = generate_uid()
        for keyword in ["PatientName", "PatientID", "PatientBirthDate", "PatientSex", "IssuerOfPatientID"]:
            if keyword in row:
                setattr(image, keyword, row[keyword].value)
        image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = uid, series, frame
        image.StudyDate, image.StudyTime, image.StudyID, image.AccessionNumber = day, "080000", "1", ""
        image.ReferringPhysicianName, image.StudyDescription = "", "Chest phantom"
        image.SeriesDescription, image.PositionReferenceIndicator = "Phantom 1.25 mm", ""
        image.Modality, image.SeriesNumber, image.InstanceNumber = "CT", 1, z + 1
        image.ImageType, image.Manufacturer = ["ORIGINAL", "PRIMARY", "AXIAL"], "Test"
        image.ImagePositionPatient = [ORIGIN[2], ORIGIN[1], ORIGIN[0] + SPACING[0] * z]
        image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        image.PixelSpacing, image.SliceThickness = [SPACING[1], SPACING[2]], SPACING[0]
        image.Rows, image.Columns, image.SamplesPerPixel = pixels.shape[0], pixels.shape[1], 1
        image.PhotometricInterpretation, image.PixelRepresentation = "MONOCHROME2", 0
        image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
        image.RescaleSlope, image.RescaleIntercept, image.RescaleType = 1, -1024, "HU"
        image.PixelData = pixels.tobytes()
        images.append(image)
    return images


@pytest.fixture(scope="module")
def doors(hospital):
    """What the terminal doctor asks of the doors."""
    return Doors(hospital, LI)


class Doors:
    def __init__(self, hospital, who):
        self.base, self.session = hospital.base, hospital.as_(who)
        self.web = DICOMwebClient(f"{hospital.base}/dicom-web", session=self.session)

    def get(self, path):
        return self.session.get(f"{self.base}/api/{path}")

    def post(self, path, body):
        return self.session.post(f"{self.base}/api/{path}", json=body)

    def object(self, saved) -> Dataset:
        return self.web.retrieve_instance(saved["study"], saved["series"], saved["object"])

    def nodules(self, series: str) -> dict:
        """The nodules of a series, once its volume has been made."""
        while (answer := self.get(f"series/{series}/nodules")).status_code == 409:
            assert answer.headers["retry-after"] == "1"
            self.session.get(f"{self.base}/api/series/{series}/volume")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def scans(doors) -> list[list[Dataset]]:
    """The same chest twice, a year apart; the ball has grown."""
    [row, *_] = doors.web.search_for_studies(search_filters={"ModalitiesInStudy": "CT"}, limit=1)
    row = Dataset.from_json(row)
    both = [study(row, "20250310", chest(4.0)), study(row, "20260309", chest(5.5, 0.4))]
    for images in both:
        doors.web.store_instances(images)
        doors.nodules(images[0].SeriesInstanceUID)
    return both


@pytest.fixture(scope="module")
def proposals(doors, scans) -> list[dict]:
    at = [AT[2], AT[1], AT[0]]
    found = [doors.post(f"series/{images[0].SeriesInstanceUID}/nodules/segment", {"at_lps_mm": at}) for images in scans]
    assert [answer.status_code for answer in found] == [200, 200], [answer.text for answer in found]
    return [answer.json() for answer in found]


@pytest.fixture(scope="module")
def kept(doors, scans, proposals) -> list[dict]:
    """The nodule of both scans, the second as the same one."""
    saved, known = [], {}
    for images, proposal in zip(scans, proposals):
        body = {"mask": proposal["mask"], "label": "左上叶 1", **known}
        answer = doors.post(f"series/{images[0].SeriesInstanceUID}/nodules/keep", body)
        assert answer.status_code == 201, answer.text
        saved.append(answer.json())
        known = {"same_as": saved[0]["tracking_uid"]}
    return saved


def mask_of(mask: dict) -> np.ndarray:
    runs = np.array(mask["runs"])
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(mask["size"][::-1])


def test_a_candidate_is_suggested_put_aside_and_stands_again(doors, scans):
    series = scans[0][0].SeriesInstanceUID
    ball = [AT[2], AT[1], AT[0]]

    def at_the_ball() -> dict:
        found = doors.nodules(series)["candidates"]
        [one] = [one for one in found if np.linalg.norm(np.subtract(one["candidate"]["centre_lps_mm"], ball)) < 3]
        return one

    one = at_the_ball()
    assert one["candidate"]["diameter_mm"] == pytest.approx(8, abs=2) and "dismissed" not in one
    address = f"{doors.base}/api/series/{series}/nodules/candidates/{one['id']}"
    for reason in ["", " ", "x" * 201, "a\nb"]:
        assert doors.session.put(address, json={"reason": reason}).status_code == 400, reason
    assert doors.session.put(address[:-1], json={"reason": "vessel"}).status_code == 404
    assert doors.session.put(address, json={"reason": "血管"}).status_code == 204
    assert at_the_ball()["dismissed"] == "血管"
    fact = doors.session.get(f"{doors.base}/fhir/Observation/{one['id']}").json()
    assert (fact["status"], fact["valueString"]) == ("final", "血管")
    assert fact["performer"][0]["identifier"]["value"] == LI
    assert doors.session.delete(address).status_code == 204
    assert "dismissed" not in at_the_ball()
    assert doors.session.get(f"{doors.base}/fhir/Observation/{one['id']}").json()["status"] == "entered-in-error"


def test_a_point_gives_the_ball(proposals):
    for proposal, radius in zip(proposals, [4.0, 5.5]):
        measures = proposal["measures"]
        assert measures["kind"] == "solid"
        assert measures["mean_diameter_mm"] == pytest.approx(2 * radius, abs=1.0)
        assert measures["volume_mm3"] == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.2)
        assert measures["volume_mm3"] == pytest.approx(mask_of(proposal["mask"]).sum() * SPACING.prod(), rel=1e-9)
        assert sum(measures["histogram"]["counts"]) == measures["voxels"]


def test_an_edited_mask_is_measured_anew_and_nothing_is_kept(doors, scans, proposals):
    series, mask = scans[0][0].SeriesInstanceUID, proposals[0]["mask"]
    voxels = mask_of(mask)
    voxels[voxels.shape[0] // 2:] = False
    flat = np.concatenate([[False], voxels.ravel(), [True]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    runs = np.diff(np.concatenate([[0], edges])).tolist()
    half = doors.post(f"series/{series}/nodules/measure", {"mask": {**mask, "runs": runs}})
    assert half.status_code == 200, half.text
    assert half.json()["voxels"] == voxels.sum()
    assert doors.nodules(series)["kept"] == []


def test_features_are_those_of_the_outline_with_their_settings(doors, scans, proposals):
    """Numpy counts the same; pyradiomics is asked in crate `volume`."""
    series, proposal = scans[0][0].SeriesInstanceUID, proposals[0]
    answer = doors.post(f"series/{series}/nodules/features", {"mask": proposal["mask"]})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    inside = mask_of(proposal["mask"])
    assert found["voxels"] == inside.sum()
    assert found["spacing_mm"] == pytest.approx(SPACING[::-1].tolist())
    assert found["features"]["settings"] == {"bin_width": 25.0} and "IBSI" in found["definitions"]
    (x, y, z), (nx, ny, nz) = proposal["mask"]["origin"], proposal["mask"]["size"]
    stored = np.stack([image.pixel_array for image in scans[0]]).astype(int) - 1024
    hu = stored[z:z + nz, y:y + ny, x:x + nx][inside]
    value = {(one["family"], one["name"]): one["value"] for one in found["features"]["values"]}
    assert value["morphology", "volume (voxel counting)"] == pytest.approx(inside.sum() * SPACING.prod())
    assert value["intensity statistics", "mean intensity"] == pytest.approx(hu.mean())
    assert value["intensity statistics", "intensity variance"] == pytest.approx(hu.var())
    assert value["intensity statistics", "90th intensity percentile"] == pytest.approx(np.percentile(hu, 90))
    shares = np.unique(np.floor(hu / 25), return_counts=True)[1] / hu.size
    entropy = -(shares * np.log2(shares)).sum()
    assert value["intensity histogram", "discretised intensity entropy"] == pytest.approx(entropy)
    assert len({family for family, _ in value}) == 8


def test_highdicom_reads_the_segmentation(doors, scans, proposals, kept):
    for images, proposal, saved in zip(scans, proposals, kept):
        seg = hd.seg.Segmentation.from_dataset(doors.object(saved["objects"][0]))
        assert seg.segmentation_type.value == "BINARY" and list(seg.segment_numbers) == [1]
        segment = seg.get_segment_description(1)
        assert segment.segmented_property_type == codes.SCT.Nodule
        assert (segment.tracking_id, segment.tracking_uid) == ("左上叶 1", saved["tracking_uid"])
        assert segment.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC
        pixels = seg.get_pixels_by_source_instance(
            [image.SOPInstanceUID for image in images], segment_numbers=[1],
            ignore_spatial_locations=True, assert_missing_frames_are_empty=True)[..., 0]
        want = np.zeros(SIZE, bool)
        mask = proposal["mask"]
        x, y, z = mask["origin"]
        nx, ny, nz = mask["size"]
        want[z:z + nz, y:y + ny, x:x + nx] = mask_of(mask)
        assert (pixels == want).all()


def test_highdicom_reads_the_measurements(doors, scans, proposals, kept):
    for images, proposal, saved in zip(scans, proposals, kept):
        segmentation, report = saved["objects"]
        assert [segmentation["class"], report["class"]] == [SEG, SR]
        report = hd.sr.Comprehensive3DSR.from_dataset(doors.object(report))
        [group] = report.content.get_volumetric_roi_measurement_groups(tracking_uid=saved["tracking_uid"])
        assert group.tracking_identifier == "左上叶 1"
        assert group.reference_type == codes.DCM.ReferencedSegment
        segment = group.referenced_segment
        assert segment.referenced_sop_instance_uid == segmentation["object"]
        assert segment.source_series_for_segmentation.value == images[0].SeriesInstanceUID
        assert group.finding_type == codes.SCT.Nodule
        assert [site.value for site in group.finding_sites] == [codes.SCT.Lung]
        measures = proposal["measures"]
        [volume] = group.get_measurements(name=codes.SCT.Volume)
        assert (volume.value, volume.unit.value) == (pytest.approx(measures["volume_mm3"]), "mm3")
        [long] = group.get_measurements(name=codes.SCT.LongAxis)
        assert (long.value, long.unit.value) == (pytest.approx(measures["long_axis_mm"]), "mm")
        by_derivation = {item.derivation.meaning: item.value
                         for item in group.get_measurements(name=codes.DCM.AttenuationCoefficient)}
        assert by_derivation == pytest.approx({"Mean": measures["mean_hu"], "Standard Deviation": measures["sd_hu"]})


def test_keeping_the_same_again_adds_nothing(doors, scans, proposals, kept):
    body = {"mask": proposals[0]["mask"], "label": "左上叶 1"}
    again = doors.post(f"series/{scans[0][0].SeriesInstanceUID}/nodules/keep", body)
    assert again.status_code == 200 and again.json() == kept[0]


def test_a_kept_nodule_is_a_lesion_with_a_surface(doors, scans, proposals, kept):
    series = scans[1][0].SeriesInstanceUID
    manifest = doors.get(f"series/{series}/volume").json()
    [lesion] = [lesion for lesion in manifest["lesions"] if lesion.get("tracking_uid") == kept[1]["tracking_uid"]]
    assert lesion["voxels"] == proposals[1]["measures"]["voxels"]
    assert lesion["centre_lps_mm"] == pytest.approx([AT[2] + 0.4, AT[1], AT[0]], abs=0.6)
    [surface] = [surface for surface in manifest["surfaces"] if surface["name"] == lesion["surface"]]
    far = [np.linalg.norm(np.subtract(one["candidate"]["centre_lps_mm"], lesion["centre_lps_mm"]))
           for one in doors.nodules(series)["candidates"]]
    assert all(distance > 3 for distance in far), "what is kept is suggested no more"
    assert doors.get(f"series/{series}/volume/{surface['url']}").content.startswith(b"YSF1")


def test_a_nodule_of_an_earlier_scan_is_found_again(doors, scans, kept):
    """In the later scan from where it lay in the earlier one, and the other way round."""
    known = {"tracking_uid": kept[0]["tracking_uid"]}
    for here, moved in [(scans[1], 0.4), (scans[0], -0.4)]:
        told = doors.post(f"series/{here[0].SeriesInstanceUID}/nodules/again", known)
        assert told.status_code == 200, told.text
        found = told.json()
        assert found["shift"]["is_reliable"]
        assert found["shift"]["shift_lps_mm"] == pytest.approx([moved, 0, 0], abs=1)
        expected = [AT[2] + max(moved, 0), AT[1], AT[0]]
        assert found["proposal"]["measures"]["centre_lps_mm"] == pytest.approx(expected, abs=0.6)
    stranger = doors.post(f"series/{scans[1][0].SeriesInstanceUID}/nodules/again", {"tracking_uid": "1.2.3.4"})
    assert stranger.status_code == 422


def test_growth_is_told_between_the_studies(doors, scans, kept):
    [row] = doors.web.search_for_studies(search_filters={"StudyInstanceUID": scans[0][0].StudyInstanceUID})
    assert row
    patient = doors.get(f"imaging/studies/{scans[0][0].StudyInstanceUID}").json()["patient"]
    followed = doors.get(f"patients/{patient}/nodules").json()["nodules"]
    [nodule] = [nodule for nodule in followed if nodule["tracking_uid"] == kept[0]["tracking_uid"]]
    assert [seen["date"] for seen in nodule["seen"]] == ["2025-03-10", "2026-03-09"]
    sources = [saved["objects"][0]["object"] for saved in kept]
    assert [seen["nodule"]["source"] for seen in nodule["seen"]] == sources
    [between] = nodule["growth"]
    assert [between["prior"], between["current"]] == sources
    growth = between["growth"]
    assert growth["interval_days"] == 364
    volumes = [seen["nodule"]["measures"]["volume_mm3"] for seen in nodule["seen"]]
    assert growth["volume"]["percent"] == pytest.approx((volumes[1] / volumes[0] - 1) * 100)
    # What phantoms of this size and slice thickness allow decides whether growth may be called.
    callable = all(seen["nodule"]["measures"].get("limit") for seen in nodule["seen"])
    assert growth["verdict"]["is"] == ("grew" if callable else "too-small-to-call"), growth["rules"]
    if callable:
        assert growth["vdt_days"] == pytest.approx(364 * np.log(2) / np.log(volumes[1] / volumes[0]))


def test_a_correction_stands_for_what_it_corrects(doors, scans, proposals, kept):
    series = scans[1][0].SeriesInstanceUID
    mask = proposals[1]["mask"]
    voxels = mask_of(mask)
    [first, *_] = np.flatnonzero(voxels.ravel())
    runs = list(mask["runs"])
    # One voxel less.
    assert runs[0] == first and runs[1] > 1
    runs[0], runs[1] = runs[0] + 1, runs[1] - 1
    body = {"mask": {**mask, "runs": runs}, "label": "左上叶 1", "same_as": kept[0]["tracking_uid"], "by_hand": True}
    assert doors.post(f"series/{series}/nodules/keep", body).status_code == 201
    [nodule] = doors.nodules(series)["kept"]
    assert nodule["measures"]["voxels"] == voxels.sum() - 1
    lesions = [lesion for lesion in doors.get(f"series/{series}/volume").json()["lesions"] if lesion.get("tracking_uid")]
    assert [lesion["id"] for lesion in lesions] == [nodule["id"]]


def test_the_viewer_is_given_what_was_outlined(doors, scans, proposals, kept):
    listed = doors.get(f"imaging/studies/{scans[0][0].StudyInstanceUID}/segmentations").json()
    [own] = [one for one in listed if one["sop"] == kept[0]["objects"][0]["object"]]
    assert own["of_series"] == scans[0][0].SeriesInstanceUID
    assert [(one["number"], one["label"], one["tracking_uid"]) for one in own["segments"]] == [
        (1, "左上叶 1", kept[0]["tracking_uid"])]
    [segment] = doors.get(f"imaging/studies/{scans[0][0].StudyInstanceUID}/segmentations/{own['sop']}").json()
    assert (mask_of(segment["mask"]) == mask_of(proposals[0]["mask"])).all()
    origin = np.array(segment["volume"]["origin_lps_mm"]) + np.array(segment["mask"]["origin"]) * segment["volume"]["spacing_mm"]
    box = proposals[0]["mask"]["origin"]
    assert origin == pytest.approx([ORIGIN[2] + box[0] * 1.6, ORIGIN[1] + box[1] * 1.6, ORIGIN[0] + box[2] * 1.25])
    other = scans[1][0].StudyInstanceUID
    assert doors.get(f"imaging/studies/{other}/segmentations/{own['sop']}").status_code == 404


MASK = {"origin": [10, 10, 10], "size": [2, 2, 2], "runs": [0, 8]}
BROKEN = {
    "outside": (422, {**MASK, "origin": [159, 10, 10]}),
    "far outside": (422, {**MASK, "origin": [4294967295, 10, 10]}),
    "too large": (422, {"origin": [0, 0, 0], "size": [100000, 100000, 100000], "runs": [1]}),
    "without extent": (422, {**MASK, "size": [0, 2, 2], "runs": []}),
    "empty": (422, {**MASK, "runs": [8]}),
    "too few runs": (422, {**MASK, "runs": [0, 7]}),
    "runs beyond": (422, {**MASK, "runs": [0, 4294967295, 4294967295]}),
    "not a number": (400, {**MASK, "runs": [0, "8"]}),
    "negative": (400, {**MASK, "origin": [-1, 0, 0]}),
    "a fraction": (400, {**MASK, "origin": [0.5, 0, 0]}),
    "something else": (400, {**MASK, "colour": "red"}),
    "nothing": (400, None),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("call", ["measure", "features", "keep"])
def test_masks_that_do_not_fit_are_refused(doors, scans, name, call):
    status, mask = BROKEN[name]
    body = {"mask": mask} if call != "keep" else {"mask": mask, "label": "x"}
    answer = doors.post(f"series/{scans[0][0].SeriesInstanceUID}/nodules/{call}", body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status and answer.json()["request_id"]


@pytest.mark.parametrize("body, status", [
    ({"at_lps_mm": [0, 0, 1e6]}, 422),
    ({"at_lps_mm": [0, 0]}, 400),
    ({"at_lps_mm": ["x", 0, 0]}, 400),
    ({}, 400),
])
def test_points_that_lie_nowhere_are_refused(doors, scans, body, status):
    answer = doors.post(f"series/{scans[0][0].SeriesInstanceUID}/nodules/segment", body)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("label", ["", "   ", "x" * 65, "a\\b", "a\nb"])
def test_names_that_no_segment_may_have_are_refused(doors, scans, proposals, label):
    body = {"mask": proposals[0]["mask"], "label": label}
    assert doors.post(f"series/{scans[0][0].SeriesInstanceUID}/nodules/keep", body).status_code == 400


def test_a_nodule_of_nobody_or_of_another_patient_is_not_the_same(doors, scans, proposals):
    for stranger in ["1.2.3.4", "nonsense", ""]:
        body = {"mask": proposals[0]["mask"], "label": "x", "same_as": stranger}
        assert doors.post(f"series/{scans[0][0].SeriesInstanceUID}/nodules/keep", body).status_code == 422


def test_who_may_not_see_the_patient_is_told_nothing(hospital, scans, proposals, doors):
    series = scans[0][0].SeriesInstanceUID
    patient = doors.get(f"imaging/studies/{scans[0][0].StudyInstanceUID}").json()["patient"]
    for who in ["zhou.trainee", "sun.manager"]:
        other = Doors(hospital, who)
        for path in [f"series/{series}/nodules", f"patients/{patient}/nodules",
                     f"imaging/studies/{scans[0][0].StudyInstanceUID}/segmentations"]:
            assert other.get(path).status_code in (403, 404), path
        bodies = {"segment": {"at_lps_mm": [0, 0, 0]}, "measure": {"mask": proposals[0]["mask"]},
                  "keep": {"mask": proposals[0]["mask"], "label": "x"}, "again": {"tracking_uid": "1.2.3.4"}}
        for call, body in bodies.items():
            assert other.post(f"series/{series}/nodules/{call}", body).status_code == 403
    assert doors.get("series/1.2.3/nodules").status_code == 403
    assert doors.get("patients/nobody/nodules").status_code in (403, 404)


def test_a_series_without_hounsfield_units_is_refused(doors, scans):
    """The same slices without a rescale."""
    images = [pydicom.dcmread(io.BytesIO(as_file(image))) for image in scans[0]]
    uid, series = generate_uid(), generate_uid()
    for image in images:
        image.StudyInstanceUID, image.SeriesInstanceUID = uid, series
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        image.Modality, image.RescaleType = "CT", "US"
        del image.RescaleSlope, image.RescaleIntercept
    doors.web.store_instances(images)
    doors.nodules(series)
    answer = doors.post(f"series/{series}/nodules/segment", {"at_lps_mm": [AT[2], AT[1], AT[0]]})
    assert answer.status_code == 422 and "HU" in answer.json()["detail"], answer.text
    answer = doors.post(f"series/{series}/nodules/keep", {"mask": MASK, "label": "x"})
    assert answer.status_code == 422, answer.text


def as_file(image: Dataset) -> bytes:
    out = io.BytesIO()
    pydicom.dcmwrite(out, image, enforce_file_format=True)
    return out.getvalue()
