"""The twin over time: a nodule that highdicom outlines and measures in two studies is one lesion; the FHIR collection is valid."""

import datetime
import io
import time

import highdicom as hd
import numpy as np
import pydicom
import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

DOCTOR = "li.terminal"
LABEL = "Nodule 1"
SPACING_MM = 0.7


def study(day: str) -> list[pydicom.Dataset]:
    """A CT of the demo's first patient, taken on a day."""
    study_uid, series_uid, frame = generate_uid(), generate_uid(), generate_uid()
    slices = []
    for number in range(24):
        image = pydicom.Dataset()
        image.file_meta = pydicom.dataset.FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = CTImageStorage
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = generate_uid()
        image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = study_uid, series_uid, frame
        image.PatientID, image.PatientName = "YY100001", "Schmeler^Birgit"
        image.PatientBirthDate, image.PatientSex = "19640524", "F"
        image.StudyDate = image.SeriesDate = image.ContentDate = day
        image.StudyTime = image.ContentTime = "101500"
        image.AccessionNumber, image.StudyID, image.ReferringPhysicianName = "", "1", ""
        image.Modality, image.SeriesNumber, image.InstanceNumber = "CT", 1, number + 1
        image.StudyDescription, image.SeriesDescription, image.Manufacturer = "Follow-up CT", "Lung", "Test"
        image.ImageType, image.PositionReferenceIndicator = ["ORIGINAL", "PRIMARY", "AXIAL"], ""
        image.ImagePositionPatient, image.ImageOrientationPatient = [0, 0, number * 1.0], [1, 0, 0, 0, 1, 0]
        image.PixelSpacing, image.SliceThickness = [SPACING_MM, SPACING_MM], 1.0
        image.Rows = image.Columns = 64
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 1
        image.RescaleIntercept, image.RescaleSlope, image.RescaleType = 0, 1, "HU"
        pixels = np.full((64, 64), -850, np.int16)
        pixels[24:34, 24:34] = 20
        image.PixelData = pixels.tobytes()
        slices.append(image)
    return slices


def outline(slices: list[pydicom.Dataset], tracking: str, side: int) -> hd.seg.Segmentation:
    mask = np.zeros((24, 64, 64), np.uint8)
    mask[8:14, 24:24 + side, 24:24 + side] = 1
    segment = hd.seg.SegmentDescription(
        1, LABEL, codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Nodule,
        hd.seg.SegmentAlgorithmTypeValues.MANUAL, tracking_uid=tracking, tracking_id=LABEL)
    return hd.seg.Segmentation(
        slices, mask, hd.seg.SegmentationTypeValues.BINARY, [segment], generate_uid(), 100, generate_uid(), 1,
        "Test", "Test", "1", "1")


def report(slices: list[pydicom.Dataset], seg: hd.seg.Segmentation, tracking: str, long_mm: float) -> hd.sr.Comprehensive3DSR:
    observer = hd.sr.ObserverContext(codes.DCM.Person, hd.sr.PersonObserverIdentifyingAttributes("Li^Jian"))
    group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(tracking, LABEL),
        referenced_segment=hd.sr.ReferencedSegment(
            seg.SOPClassUID, seg.SOPInstanceUID, 1,
            source_series=hd.sr.SourceSeriesForSegmentation(slices[0].SeriesInstanceUID)),
        finding_type=codes.SCT.Nodule,
        measurements=[
            hd.sr.Measurement(hd.sr.CodedConcept("103339001", "SCT", "Long Axis"), long_mm, codes.UCUM.Millimeter),
            hd.sr.Measurement(hd.sr.CodedConcept("103340004", "SCT", "Short Axis"), 6.0, codes.UCUM.Millimeter),
        ])
    content = hd.sr.MeasurementReport(
        hd.sr.ObservationContext(observer), codes.LN.CTUnspecifiedBodyRegion, imaging_measurements=[group])
    return hd.sr.Comprehensive3DSR(
        [*slices, seg], content, generate_uid(), 101, generate_uid(), 1, manufacturer="Test", is_complete=True,
        institution_name="Test")


@pytest.fixture(scope="module")
def followed(hospital):
    """Two studies a year apart, with the same nodule outlined in both and measured in the second."""
    session = hospital.as_(DOCTOR)
    tracking = generate_uid()
    studies = [study("20240310"), study("20250315")]
    for slices, side in zip(studies, [8, 10]):
        seg = outline(slices, tracking, side)
        objects = [*slices, seg]
        if side == 10:
            objects.append(report(slices, seg, tracking, 9.5))
        body = io.BytesIO()
        for one in objects:
            buffer = io.BytesIO()
            pydicom.dcmwrite(buffer, one, enforce_file_format=True)
            body.write(b"--part\r\nContent-Type: application/dicom\r\n\r\n" + buffer.getvalue() + b"\r\n")
        body.write(b"--part--\r\n")
        answer = session.post(
            f"{hospital.base}/dicom-web/studies", data=body.getvalue(),
            headers={"Content-Type": 'multipart/related; type="application/dicom"; boundary=part'})
        assert answer.status_code == 200, answer.text
    patients = session.get(f"{hospital.base}/api/home").json()["patients"]
    [patient] = [row["id"] for row in patients if row["mrn"] == "YY100001"]
    return session, patient, tracking, [slices[0].StudyInstanceUID for slices in studies]


def timeline(hospital, followed, **asked) -> dict:
    session, patient, *_ = followed
    answer = session.get(f"{hospital.base}/api/patients/{patient}/timeline", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def lesion(hospital, followed, points: int, **asked) -> dict:
    """The followed lesion, once the volumes of both studies have been made."""
    until = time.monotonic() + 120
    while True:
        found = [one for one in timeline(hospital, followed, **asked)["lesions"]
                 if one["identity"] == {"state": "tracked", "uid": followed[2]}]
        if found and len(found[0]["points"]) >= points and all("series" in p for p in found[0]["points"]):
            return found[0]
        assert time.monotonic() < until, found
        time.sleep(0.5)


def test_a_nodule_is_one_across_studies_by_its_tracking_uid(hospital, followed):
    _, _, tracking, studies = followed
    one = lesion(hospital, followed, 2)
    assert [point["study"] for point in one["points"]] == studies
    first, second = one["points"]
    assert not first["is_reported"] and second["is_reported"]
    # Measured on the mask: ten voxels by ten of 0.7 mm have a diagonal near 9 mm; the report says 9.5.
    assert second["long_axis_mm"] == 9.5 and second["mean_diameter_mm"] == 7.75
    assert first["volume_mm3"] == pytest.approx(8 * 8 * 6 * SPACING_MM**2)
    assert second["volume_mm3"] == pytest.approx(10 * 10 * 6 * SPACING_MM**2)
    assert ["Finding", "Nodule"] in second["findings"]
    assert {origin["entered_by"] for origin in second["origins"]} == {DOCTOR}
    assert len(second["origins"]) == 2
    # A year before, there was one study.
    assert len(lesion(hospital, followed, 1, at="2024-12-31")["points"]) == 1
    # And the record knew nothing of either.
    before = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2)).date().isoformat()
    known = timeline(hospital, followed, recorded=before)
    assert tracking not in str(known) and not known["events"]


def test_the_collection_is_valid_fhir(hospital, followed):
    session, patient, tracking, studies = followed
    lesion(hospital, followed, 2)
    answer = session.get(f"{hospital.base}/api/patients/{patient}/timeline/bundle")
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.headers["content-disposition"].startswith("attachment")
    bundle = get_fhir_model_class("Bundle").model_validate_json(answer.content)
    assert bundle.type == "collection"
    by_url = {entry.fullUrl: entry.resource for entry in bundle.entry}
    assert len(by_url) == len(bundle.entry), "each address once"
    assert f"{hospital.base}/fhir/Patient/{patient}" in by_url
    for uid in studies:
        image = by_url[f"{hospital.base}/fhir/ImagingStudy/{uid}"]
        assert image.status == "available" and image.numberOfSeries >= 2
    sizes = [one for one in by_url.values()
             if one.get_resource_type() == "Observation" and one.identifier
             and one.identifier[0].value == f"urn:oid:{tracking}"]
    assert [str(one.effectiveDateTime) for one in sizes] == ["2024-03-10", "2025-03-15"]
    long = [part for part in sizes[1].component if part.code.coding and part.code.coding[0].code == "103339001"]
    assert float(long[0].valueQuantity.value) == 9.5 and long[0].valueQuantity.code == "mm"
    # Until the day before the second study there is less, and still valid.
    earlier = session.get(f"{hospital.base}/api/patients/{patient}/timeline/bundle", params={"at": "2025-03-14"})
    assert studies[1] not in earlier.text and studies[0] in earlier.text
    get_fhir_model_class("Bundle").model_validate_json(earlier.content)


def test_nobody_else_takes_it(hospital, followed):
    _, patient, *_ = followed
    for who in ["chen.expert", "zhou.trainee", "qian.researcher", "sun.manager"]:
        # An expert whom another test has asked about this patient may look.
        seen = hospital.as_(who).get(f"{hospital.base}/api/home").json()["patients"]
        if who == "chen.expert" and patient in [one["id"] for one in seen]:
            continue
        for path in ["timeline", "timeline/bundle"]:
            answer = hospital.as_(who).get(f"{hospital.base}/api/patients/{patient}/{path}")
            assert answer.status_code == 403 and "Schmeler" not in answer.text, (who, path)
