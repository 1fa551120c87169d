"""Reports, presentation states and documents, read by highdicom, pydicom and dcmtk."""

import pathlib
import subprocess

import highdicom as hd
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
    assert labels == ["Length 1", "Value 2", "Note 3", "Length 4"]
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
