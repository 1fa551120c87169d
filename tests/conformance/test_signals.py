"""Recordings without their patient, made by `yuanyi deidentify` and read by edfio."""

import datetime
import pathlib
import subprocess

import edfio
import numpy as np
import pytest

NAME, NUMBER = "Zhang_Sanfeng", "MRN08154711"


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> pathlib.Path:
    """An EDF+ file full of what identifies."""
    rng = np.random.default_rng(7)
    signals = [
        edfio.EdfSignal(rng.normal(size=256 * 4), 256, label="EEG Fpz-Cz", transducer_type=f"cap of {NUMBER}",
                        physical_dimension="uV", prefiltering="HP:0.1Hz LP:75Hz"),
        edfio.EdfSignal(rng.normal(size=64 * 4), 64, label="Sanfeng", physical_dimension="mV"),
    ]
    patient = edfio.Patient(code=NUMBER, sex="F", birthdate=datetime.date(1960, 2, 29), name=NAME)
    about = edfio.Recording(startdate=datetime.date(2021, 3, 4), hospital_administration_code="ADM4711",
                            investigator_technician_code="Wang", equipment_code="Recorder9")
    annotations = [edfio.EdfAnnotation(1.5, None, "Sanfeng lung scan"), edfio.EdfAnnotation(2.0, 0.5, NUMBER)]
    file = tmp_path_factory.mktemp("edf") / "in.edf"
    edfio.Edf(signals, patient=patient, recording=about, starttime=datetime.time(22, 1, 5),
              annotations=annotations).write(file)
    return file


def copy(hospital, file: pathlib.Path, name: str, *options: str) -> pathlib.Path:
    out = file.with_name(name)
    command = [hospital.program, "deidentify", "--project", "sleep", "--patient", "p1", "--data", str(hospital.data),
               *options, str(file), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def test_nothing_of_the_patient_is_left(hospital, recording):
    out = copy(hospital, recording, "least.edf")
    whole = out.read_bytes()
    for word in ["Sanfeng", NUMBER, "ADM4711", "Wang", "Recorder9", "1960", "2021", "22.01"]:
        assert word.encode() not in whole, word
    edf, before = edfio.read_edf(out), edfio.read_edf(recording)
    assert edf.patient.code.startswith("R-") and edf.patient.sex == "X"
    assert edf.annotations == ()
    assert edf.labels == ("EEG Fpz-Cz", "signal 2")
    for signal, original in zip(edf.signals, before.signals, strict=True):
        assert (signal.data == original.data).all()


def test_what_was_chosen_stays_and_fits_the_images(hospital, recording):
    out = copy(hospital, recording, "most.edf", "--shift-dates", "--clean-descriptors",
               "--retain-patient-characteristics")
    edf = edfio.read_edf(out)
    assert edf.patient.sex == "F"
    assert edf.starttime == datetime.time(22, 1, 5)
    days = (datetime.date(2021, 3, 4) - edf.startdate).days
    assert 1 <= days <= 3650
    assert [(one.onset, one.text) for one in edf.annotations] == [(1.5, "lung scan")]
    assert edf.signals[0].prefiltering == "HP:0.1Hz LP:75Hz"
    assert edfio.read_edf(copy(hospital, recording, "again.edf")).patient.code == edf.patient.code


def test_a_copy_is_not_written_over_a_file(hospital, recording):
    command = [hospital.program, "deidentify", "--project", "sleep", "--patient", "p1", "--data", str(hospital.data),
               str(recording), str(recording)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_recordings_of_others_are_read_as_before(hospital, shared_dicom, tmp_path):
    """Files that break off or have other kinds of records are refused or read, and never spoilt."""
    files = sorted((shared_dicom.parent / "ecg").rglob("*.edf")) + sorted((shared_dicom.parent / "sleep").rglob("*.edf"))
    read = 0
    for number, file in enumerate(files[:8]):
        source = tmp_path / f"{number}.edf"
        source.write_bytes(file.read_bytes())
        out = copy(hospital, source, f"{number}-out.edf")
        assert out.stat().st_size == source.stat().st_size
        try:
            before = edfio.read_edf(source)
        except Exception:
            continue
        after = edfio.read_edf(out)
        for signal, original in zip(after.signals, before.signals, strict=True):
            assert (signal.digital == original.digital).all()
        read += 1
    assert read > 0
