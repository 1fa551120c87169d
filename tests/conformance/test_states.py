"""Presentation states that highdicom makes, as the viewer is given them; marks of the viewer, kept and read."""

import io

import highdicom as hd
import numpy as np
import pydicom
import pytest
from dicomweb_client import DICOMwebClient
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

IMPORTER = "importer"


def store(hospital, *objects: pydicom.Dataset) -> None:
    client = DICOMwebClient(f"{hospital.base}/dicom-web", session=hospital.as_(IMPORTER))
    answer = client.store_instances(list(objects))
    assert "FailedSOPSequence" not in answer, answer


@pytest.fixture(scope="module")
def image(hospital, shared_dicom) -> pydicom.Dataset:
    data = pydicom.dcmread(shared_dicom / "pydicom/test_files/CT_small.dcm")
    for keyword in ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]:
        setattr(data, keyword, generate_uid())
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.PatientName, data.PatientID, data.IssuerOfPatientID = "State^Of^Presentation", "STATE1", "TEST"
    store(hospital, data)
    return data


@pytest.fixture(scope="module")
def state(hospital, image) -> dict:
    """What the viewer is given of a state with everything that highdicom writes."""
    pr = hd.pr
    layers = [
        pr.GraphicLayer("BELOW", order=1, description="below", display_color=hd.color.CIELabColor(54.29, 80.81, 69.89)),
        pr.GraphicLayer("ABOVE", order=2),
    ]
    pixel = hd.pr.AnnotationUnitsValues.PIXEL
    graphics = [
        pr.GraphicObject(pr.GraphicTypeValues.POINT, np.array([[10.5, 20.5]]), pixel),
        pr.GraphicObject(pr.GraphicTypeValues.POLYLINE, np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 2.0]]), pixel),
        pr.GraphicObject(pr.GraphicTypeValues.INTERPOLATED, np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 2.0]]), pixel),
        pr.GraphicObject(pr.GraphicTypeValues.CIRCLE, np.array([[60.5, 60.5], [70.5, 60.5]]), pixel, is_filled=True),
        pr.GraphicObject(
            pr.GraphicTypeValues.ELLIPSE, np.array([[0.1, 0.5], [0.9, 0.5], [0.5, 0.3], [0.5, 0.7]]),
            hd.pr.AnnotationUnitsValues.DISPLAY),
    ]
    texts = [
        pr.TextObject("anchored", pixel, anchor_point=(30.5, 40.5)),
        pr.TextObject("in a box", hd.pr.AnnotationUnitsValues.DISPLAY, bounding_box=(0.0, 0.1, 0.4, 0.2)),
    ]
    annotations = [
        pr.GraphicAnnotation([image], layers[0], graphic_objects=graphics),
        pr.GraphicAnnotation([image], layers[1], text_objects=texts),
    ]
    made = pr.GrayscaleSoftcopyPresentationState(
        referenced_images=[image], series_instance_uid=generate_uid(), series_number=7,
        sop_instance_uid=generate_uid(), instance_number=1, manufacturer="Others", manufacturer_model_name="M",
        software_versions="1", device_serial_number="1", content_label="REVIEW", content_description="second look",
        graphic_annotations=annotations, graphic_layers=layers, concept_name=None, institution_name=None,
        content_creator_name="Li^Lei",
        voi_lut_transformations=[pr.SoftcopyVOILUTTransformation(
            window_center=40.0, window_width=400.0, voi_lut_function="SIGMOID")],
    )
    made.SoftcopyVOILUTSequence[0].WindowCenterWidthExplanation = "SOFT"
    made.ImageRotation, made.ImageHorizontalFlip = 90, "Y"
    made.ShutterShape = ["RECTANGULAR", "CIRCULAR", "POLYGONAL"]
    made.ShutterLeftVerticalEdge, made.ShutterRightVerticalEdge = 2, 120
    made.ShutterUpperHorizontalEdge, made.ShutterLowerHorizontalEdge = 3, 110
    made.CenterOfCircularShutter, made.RadiusOfCircularShutter = [64, 60], 50
    made.VerticesOfThePolygonalShutter = [1, 1, 1, 128, 128, 64]
    made.ShutterPresentationValue = 65535
    store(hospital, made)
    address = f"{hospital.base}/api/imaging/studies/{image.StudyInstanceUID}/presentation-states"
    found = hospital.as_(IMPORTER).get(address)
    assert found.status_code == 200, found.text
    [one] = [one for one in found.json() if one["sop"] == made.SOPInstanceUID]
    return one


def test_a_state_says_whose_and_of_what_it_is(state, image):
    assert (state["label"], state["description"], state["creator"]) == ("REVIEW", "second look", "Li^Lei")
    assert state["images"] == [
        {"series": image.SeriesInstanceUID, "sop": image.SOPInstanceUID, "frames": []}]
    assert state["left_out"] == []
    assert [(layer["name"], layer.get("colour")) for layer in state["layers"]] == [
        ("BELOW", "#ff0000"), ("ABOVE", None)]


def test_graphics_come_in_the_viewers_pixels(state):
    below = state["annotations"][0]
    kinds = [graphic["kind"] for graphic in below["graphics"]]
    assert kinds == ["point", "polyline", "interpolated", "circle", "ellipse"]
    assert below["graphics"][0]["points"] == [[10, 20]]
    assert below["graphics"][3]["points"] == [[60, 60], [70, 60]] and below["graphics"][3]["filled"]
    ellipse = below["graphics"][4]
    assert ellipse["units"] == "display" and np.allclose(ellipse["points"][1], [0.9, 0.5])


def test_texts_come_with_their_place(state):
    anchored, boxed = state["annotations"][1]["texts"]
    assert anchored["text"] == "anchored" and anchored["anchor"]["at"] == [30, 40]
    assert boxed["box"]["units"] == "display" and np.allclose(boxed["box"]["bottom_right"], [0.4, 0.2])


def test_how_it_is_shown_comes_too(state):
    [window] = state["windows"]
    assert window["shown"] == {"kind": "window", "centre": 40, "width": 400, "shape": "sigmoid"}
    assert window["name"] == "SOFT"
    assert (state["rotation_deg"], state["flipped"], state["inverse"]) == (90, True, False)
    assert state["modality"] == {"kind": "rescale", "slope": 1, "intercept": -1024, "unit": "US"}
    [area] = state["areas"]
    assert (area["top_left"], area["bottom_right"]) == ([0, 0], [127, 127])
    rectangle, circle, polygon = state["shutters"]
    assert rectangle == {"kind": "rectangle", "left": 1, "top": 2, "right": 119, "bottom": 109}
    assert circle == {"kind": "circle", "centre": [59, 63], "radius": 50}
    assert polygon["points"] == [[0, 0], [127, 0], [63, 127]]
    assert state["shutter_shade"] == 1


@pytest.fixture(scope="module")
def wish(image) -> dict:
    at = {"series": image.SeriesInstanceUID, "sop": image.SOPInstanceUID, "frame": 1}
    mark = {"label": "Length 1", "at": at}
    return {
        "marks": [
            {**mark, "id": "a", "kind": "length", "points": [[10, 10], [40, 50]]},
            {**mark, "id": "b", "label": "Region 2", "kind": "ellipse", "points": [[30, 30], [60, 50]]},
            {**mark, "id": "c", "label": "Note 3", "kind": "text", "points": [[5, 5]], "text": "看这里"},
        ],
        "key_images": [at],
        "windows": [{"series": image.SeriesInstanceUID, "centre": 40, "width": 350}],
    }


@pytest.fixture(scope="module")
def kept(hospital, image, wish) -> dict:
    answer = hospital.as_(IMPORTER).post(
        f"{hospital.base}/api/imaging/studies/{image.StudyInstanceUID}/marks", json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_hospital_measures_what_numpy_measures(kept, image):
    values = {mark["id"]: {one["name"]: one for one in mark["values"]} for mark in kept["measured"]}
    rows, columns = (float(spacing) for spacing in image.PixelSpacing)
    assert values["a"]["length"]["value"] == pytest.approx(np.hypot(30 * columns, 40 * rows))
    y, x = np.mgrid[: image.Rows, : image.Columns]
    inside = ((x - 45) / 15) ** 2 + ((y - 40) / 10) ** 2 <= 1
    hu = (image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept))[inside]
    got = {name: one["value"] for name, one in values["b"].items() if name != "area"}
    assert got == pytest.approx(
        {"mean": hu.mean(), "deviation": hu.std(), "minimum": hu.min(), "maximum": hu.max()})
    assert values["b"]["mean"]["unit"] == "HU" and values["c"] == {}


def test_report_state_and_key_images_can_be_fetched_and_read(hospital, kept, image):
    client = DICOMwebClient(f"{hospital.base}/dicom-web", session=hospital.as_(IMPORTER))
    found = {one["class"].rsplit(".", 2)[-2:][1]: client.retrieve_instance(one["study"], one["series"], one["object"])
             for one in kept["objects"]}
    assert len(found) == 3
    objects = {data.Modality: data for data in found.values()}
    report = hd.sr.Comprehensive3DSR.from_dataset(objects["SR"])
    [length] = report.content.get_image_measurement_groups()[0].get_measurements(name=codes.SCT.Length)
    assert length.unit.value == "mm"
    assert objects["PR"].ReferencedSeriesSequence[0].SeriesInstanceUID == image.SeriesInstanceUID
    [reference] = hd.ko.KeyObjectSelectionDocument.from_dataset(objects["KO"]).content.get_references()
    assert reference.referenced_sop_instance_uid == image.SOPInstanceUID
    assert all(data.PatientID == image.PatientID for data in objects.values())


def test_the_same_marks_again_add_nothing_and_others_are_new(hospital, kept, image, wish):
    address = f"{hospital.base}/api/imaging/studies/{image.StudyInstanceUID}/marks"
    again = hospital.as_(IMPORTER).post(address, json=wish)
    assert again.status_code == 200 and again.json() == kept
    other = {**wish, "marks": wish["marks"][:1], "key_images": []}
    assert hospital.as_(IMPORTER).post(address, json=other).status_code == 201


def test_what_was_kept_is_drawn_again(hospital, kept, image):
    address = f"{hospital.base}/api/imaging/studies/{image.StudyInstanceUID}/presentation-states"
    objects = {one["object"] for one in kept["objects"]}
    [state] = [one for one in hospital.as_(IMPORTER).get(address).json() if one["sop"] in objects]
    line = state["annotations"][0]["graphics"][0]
    assert line["kind"] == "polyline" and line["points"] == [[10, 10], [40, 50]]
    assert [text["text"] for text in state["annotations"][0]["texts"]][2] == "看这里"


@pytest.mark.parametrize("change", [
    {"points": [[10, 10]]}, {"points": [[10, 10], [400, 50]]}, {"label": ""}, {"kind": "text"},
    {"at": {"series": "1.2.3", "sop": "1.2.4", "frame": 1}},
])
def test_marks_that_cannot_be_kept_are_refused_with_the_reason(hospital, image, wish, change):
    address = f"{hospital.base}/api/imaging/studies/{image.StudyInstanceUID}/marks"
    answer = hospital.as_(IMPORTER).post(address, json={"marks": [{**wish["marks"][0], **change}]})
    assert answer.status_code == 422 and answer.json()["detail"], answer.text


def test_who_may_not_see_the_study_draws_nothing(hospital, image, wish):
    address = f"{hospital.base}/api/imaging/studies/{image.StudyInstanceUID}/marks"
    assert hospital.as_("qian.researcher").post(address, json=wish).status_code == 403


def test_a_picture_in_colour_gets_a_state_in_colour(hospital, shared_dicom):
    data = pydicom.dcmread(shared_dicom / "pydicom/test_files/SC_rgb_jpeg_gdcm.dcm")
    for keyword in ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]:
        setattr(data, keyword, generate_uid())
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    store(hospital, data)
    at = {"series": data.SeriesInstanceUID, "sop": data.SOPInstanceUID, "frame": 1}
    mark = {"id": "a", "kind": "rectangle", "label": "Region 1", "at": at, "points": [[10, 10], [40, 50]]}
    answer = hospital.as_(IMPORTER).post(
        f"{hospital.base}/api/imaging/studies/{data.StudyInstanceUID}/marks", json={"marks": [mark]})
    assert answer.status_code == 201, answer.text
    assert [value["name"] for value in answer.json()["measured"][0]["values"]] == ["area"]
    [state] = [one for one in answer.json()["objects"] if one["class"] == "1.2.840.10008.5.1.4.1.1.11.2"]
    found = hospital.as_(IMPORTER).get(
        f"{hospital.base}/dicom-web/studies/{state['study']}/series/{state['series']}/instances/{state['object']}",
        headers={"Accept": 'multipart/related; type="application/dicom"'})
    part = found.content.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    made = pydicom.dcmread(io.BytesIO(part))
    assert made.ICCProfile[36:40] == b"acsp" and "SoftcopyVOILUTSequence" not in made
