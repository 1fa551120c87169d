"""Reports, presentation states and documents, read by highdicom, pydicom and dcmtk."""

import base64
import pathlib
import subprocess

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes


@pytest.fixture(scope="module")
def folder(hospital, tmp_path_factory) -> pathlib.Path:
    """What `crates/dicom/examples/derived.rs` writes."""
    folder = tmp_path_factory.mktemp("derived")
    example = pathlib.Path(hospital.program).parent / "examples" / "derived"
    subprocess.run([str(example), str(folder)], check=True)
    return folder


def test_highdicom_reads_the_measurements(folder):
    report = hd.sr.srread(folder / "sr.dcm")
    assert isinstance(report, hd.sr.Comprehensive3DSR)
    groups = report.content.get_image_measurement_groups()
    labels = [group.tracking_identifier for group in groups]
    assert labels == ["Length 1", "Value 2", "Note 3", "Length 4", "Angle 5"]
    lengths = [
        measurement.value for group in groups for measurement in group.get_measurements(name=codes.SCT.Length)
    ]
    assert lengths == [3.5, 4.0]
    length = groups[0].get_measurements(name=codes.SCT.Length)[0]
    assert length.unit.value == "mm"
    place = length[0].ContentSequence[0]
    assert isinstance(place, hd.sr.Scoord3DContentItem)
    assert place.graphic_type == hd.sr.GraphicTypeValues3D.POLYLINE and place.value.shape == (2, 3)


def test_dcmtk_finds_the_report_well_formed(folder):
    dump = subprocess.run(["dsrdump", "+Pl", str(folder / "sr.dcm")], capture_output=True, text=True, check=False)
    assert dump.returncode == 0, dump.stderr
    assert "Imaging Measurement Report" in dump.stdout and '"3.5"' in dump.stdout
    assert not [line for line in dump.stderr.splitlines() if line.startswith("E:")], dump.stderr


def test_the_presentation_state_has_what_its_definition_asks_for(folder):
    state = pydicom.dcmread(folder / "pr.dcm")
    assert state.SOPClassUID == "1.2.840.10008.5.1.4.1.1.11.1" and state.Modality == "PR"
    for keyword in ["ContentLabel", "PresentationCreationDate", "DisplayedAreaSelectionSequence",
                    "PresentationLUTShape", "ReferencedSeriesSequence", "GraphicLayerSequence"]:
        assert state.get(keyword), keyword
    layers = {layer.GraphicLayer for layer in state.GraphicLayerSequence}
    for annotation in state.GraphicAnnotationSequence:
        assert annotation.GraphicLayer in layers
        for graphic in annotation.GraphicObjectSequence:
            assert len(graphic.GraphicData) == 2 * graphic.NumberOfGraphicPoints
    texts = [text.UnformattedTextValue for a in state.GraphicAnnotationSequence for text in a.TextObjectSequence]
    assert "与前片比较 grows" in texts


def test_dcmtk_gives_the_document_back(folder, tmp_path):
    out = tmp_path / "out.pdf"
    subprocess.run(["dcm2pdf", str(folder / "pdf.dcm"), str(out)], check=True, capture_output=True)
    assert out.read_bytes().startswith(b"%PDF-1.7\n%%EOF")


@pytest.fixture(scope="module")
def masks() -> np.ndarray:
    """What the example draws: two segments on four slices of 12 rows and 16 columns, the first slice empty."""
    at = np.arange(768).reshape(4, 12, 16)
    return np.stack([(at % 7 == own) & (at >= 192) for own in range(2)], axis=-1)


@pytest.mark.parametrize("name", ["binary", "probability", "occupancy", "label-map"])
def test_highdicom_reads_segmentations_of_every_coding(folder, masks, name):
    seg = hd.seg.segread(folder / f"seg-{name}.dcm")
    kind = {"binary": "BINARY", "label-map": "LABELMAP"}.get(name, "FRACTIONAL")
    assert seg.segmentation_type.value == kind
    if kind == "FRACTIONAL":
        assert seg.segmentation_fractional_type.value == name.upper() and seg.MaximumFractionalValue == 255
    assert list(seg.segment_numbers) == [1, 2]
    description = seg.get_segment_description(1)
    assert description.segmented_property_type == codes.SCT.Nodule
    assert description.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    images = [pydicom.dcmread(folder / f"ct-{number}.dcm") for number in range(4)]
    pixels = seg.get_pixels_by_source_instance(
        [image.SOPInstanceUID for image in images], segment_numbers=[1, 2],
        ignore_spatial_locations=True, assert_missing_frames_are_empty=True)
    assert (pixels == masks).all()
    volume = seg.get_volume(combine_segments=False)
    slices = images[1:]
    source = hd.get_volume_from_series(slices)
    assert volume.get_geometry().affine == pytest.approx(source.get_geometry().affine, abs=1e-9)
    for groups in seg.PerFrameFunctionalGroupsSequence:
        uid = groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        [image] = [image for image in images if image.SOPInstanceUID == uid]
        assert groups.PlanePositionSequence[0].ImagePositionPatient == image.ImagePositionPatient


def test_highdicom_reads_the_marks_of_the_viewer(folder):
    report = hd.sr.srread(folder / "drawn-sr.dcm")
    assert isinstance(report, hd.sr.Comprehensive3DSR)
    single = {group.tracking_identifier: group for group in report.content.get_image_measurement_groups()}
    regions = {group.tracking_identifier: group for group in report.content.get_planar_roi_measurement_groups()}
    assert set(single) == {"Mark length", "Mark angle", "Mark probe", "Mark text"}
    assert set(regions) == {"Mark rectangle", "Mark ellipse"}
    [length] = single["Mark length"].get_measurements(name=codes.SCT.Length)
    assert (length.value, length.unit.value) == (3.0, "mm")
    [angle] = single["Mark angle"].get_measurements(name=codes.SCT.Angle)
    assert angle.value == pytest.approx(90) and angle.unit.value == "deg"
    rectangle = regions["Mark rectangle"]
    assert rectangle.reference_type == codes.DCM.ImageRegion
    assert rectangle.roi.graphic_type == hd.sr.GraphicTypeValues.POLYLINE
    # Its corners in pixels from the corner of the first.
    assert rectangle.roi.value[0].tolist() == [1.5, 1.5] and rectangle.roi.value[2].tolist() == [3.5, 2.5]
    assert regions["Mark ellipse"].roi.graphic_type == hd.sr.GraphicTypeValues.ELLIPSE
    image = pydicom.dcmread(folder / "ct-1.dcm")
    inside = (image.pixel_array * image.RescaleSlope + image.RescaleIntercept)[1:3, 1:4]
    by_derivation = {item.derivation.meaning: item.value
                     for item in rectangle.get_measurements(name=codes.DCM.AttenuationCoefficient)}
    assert by_derivation == pytest.approx({
        "Mean": inside.mean(), "Standard Deviation": inside.std(), "Minimum": inside.min(), "Maximum": inside.max(),
    })
    [area] = rectangle.get_measurements(name=codes.SCT.Area)
    assert (area.value, area.unit.value) == (0.75, "mm2")


def test_dcmtk_finds_the_report_of_the_viewer_well_formed(folder):
    for name in ["drawn-sr.dcm", "drawn-ko.dcm"]:
        dump = subprocess.run(["dsrdump", "+Pl", str(folder / name)], capture_output=True, text=True, check=False)
        assert dump.returncode == 0, dump.stderr
        assert not [line for line in dump.stderr.splitlines() if line.startswith("E:")], dump.stderr


def test_highdicom_reads_the_key_images(folder):
    selection = hd.ko.KeyObjectSelectionDocument.from_dataset(pydicom.dcmread(folder / "drawn-ko.dcm"))
    [reference] = selection.content.get_references()
    image = pydicom.dcmread(folder / "ct-1.dcm")
    assert reference.referenced_sop_instance_uid == image.SOPInstanceUID
    study, series, sop = selection.resolve_reference(image.SOPInstanceUID)
    assert (study, series, sop) == (image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID)


def test_the_state_of_the_viewer_draws_within_the_image(folder):
    state = pydicom.dcmread(folder / "drawn-pr.dcm")
    image = pydicom.dcmread(folder / "ct-1.dcm")
    assert state.SOPClassUID == "1.2.840.10008.5.1.4.1.1.11.1"
    assert (state.RescaleSlope, state.RescaleIntercept) == (image.RescaleSlope, image.RescaleIntercept)
    [window] = state.SoftcopyVOILUTSequence
    assert (window.WindowCenter, window.WindowWidth) == (-600, 1500)
    [annotation] = state.GraphicAnnotationSequence
    kinds = [graphic.GraphicType for graphic in annotation.GraphicObjectSequence]
    assert kinds == ["POLYLINE", "POLYLINE", "POLYLINE", "ELLIPSE", "POINT", "POINT"]
    for graphic in annotation.GraphicObjectSequence:
        points = np.array(graphic.GraphicData).reshape(-1, 2)
        assert (points >= 0).all() and (points <= [image.Columns, image.Rows]).all()


def a_pdf() -> bytes:
    """An empty page, small and whole (ISO 32000)."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % table


def test_a_document_is_kept_with_its_study_and_goes_out_by_every_door(hospital, tmp_path):
    doctor = hospital.as_("li.terminal")
    home = doctor.get(f"{hospital.base}/api/home").json()
    study = next(study["uid"] for one in home["patients"] for study in one["studies"] if study["modality"] == "CT")
    place = f"{hospital.base}/api/imaging/studies/{study}/documents"
    pdf, title = a_pdf(), "会诊意见 Opinion"
    body = {"title": title, "pdf": base64.b64encode(pdf).decode()}
    first = doctor.post(place, json=body)
    assert first.status_code == 201, first.text
    assert doctor.post(place, json=body).status_code == 200
    listed = doctor.get(place).json()
    assert [(one["sop"], one["title"], one["bytes"]) for one in listed] == [(first.json()["object"], title, len(pdf))]
    shown = doctor.get(f"{place}/{listed[0]['sop']}")
    assert shown.content == pdf and shown.headers["content-type"] == "application/pdf"

    # dcmtk takes it out of the object that DICOMweb gives, and what dcmtk wraps is shown as well.
    saved = first.json()
    address = f"{hospital.base}/dicom-web/studies/{study}/series/{saved['series']}/instances/{saved['object']}"
    part = doctor.get(address, headers={"Accept": 'multipart/related; type="application/dicom"'})
    start = part.content.index(b"\r\n\r\n") + 4
    (tmp_path / "kept.dcm").write_bytes(part.content[start:part.content.rindex(b"\r\n--")])
    subprocess.run(["dcm2pdf", "kept.dcm", "out.pdf"], cwd=tmp_path, check=True)
    assert (tmp_path / "out.pdf").read_bytes().rstrip(b"\0") == pdf
    kept = pydicom.dcmread(tmp_path / "kept.dcm")
    (tmp_path / "in.pdf").write_bytes(pdf + b"\n")
    subprocess.run(["pdf2dcm", "+st", "kept.dcm", "+t", "Letter", "in.pdf", "other.dcm"], cwd=tmp_path, check=True)
    other = pydicom.dcmread(tmp_path / "other.dcm")
    assert other.StudyInstanceUID == kept.StudyInstanceUID and other.PatientID == kept.PatientID
    stored = subprocess.run(
        ["storescu", "-aec", "YUANYI", "127.0.0.1", str(hospital.dicom_port), "other.dcm"], cwd=tmp_path, check=False)
    assert stored.returncode == 0
    assert [one["title"] for one in doctor.get(place).json()] == ["Letter", title]


def test_what_is_no_whole_pdf_is_refused_with_the_reason(hospital):
    doctor = hospital.as_("li.terminal")
    home = doctor.get(f"{hospital.base}/api/home").json()
    study = next(study["uid"] for one in home["patients"] for study in one["studies"] if study["modality"] == "CT")
    place = f"{hospital.base}/api/imaging/studies/{study}/documents"
    for content in (a_pdf()[:120], b"GIF89a", b""):
        refused = doctor.post(place, json={"title": "x", "pdf": base64.b64encode(content).decode()})
        assert refused.status_code == 422 and "no whole PDF" in refused.json()["detail"]
    whole = base64.b64encode(a_pdf()).decode()
    assert doctor.post(place, json={"title": "", "pdf": whole}).status_code == 422
    assert doctor.post(place, json={"title": "x", "pdf": "*"}).status_code == 400
    assert hospital.as_("sun.manager").post(place, json={"title": "x", "pdf": whole}).status_code == 403
