"""Recorded signals as `yuanyi measure` reads them, against pyedflib, edfio, wfdb and a count of our own."""

import functools
import hashlib
import json
import math
import os
import pathlib
import statistics
import struct
import subprocess

import numpy as np
import pyedflib
import pytest
import wfdb

from conftest import DATA, ROOT

PROGRAM = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
CARD = DATA / "sleep/cpap-airsense10"
needs_data = pytest.mark.skipif(not CARD.is_dir(), reason="the shared recordings are not there")


@functools.cache
def measured(path: pathlib.Path) -> dict:
    done = subprocess.run([PROGRAM, "measure", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def edf_files() -> list[pathlib.Path]:
    return sorted([*CARD.rglob("*.edf"), *(DATA / "ecg").rglob("*.edf"), *(DATA / "ecg").rglob("*.bdf")])


def raw_records(file: pathlib.Path):
    """A reader of our own, for files that pyedflib refuses: -1 records, records that last no time."""
    bytes_ = file.read_bytes()
    count, head = int(bytes_[252:256]), int(bytes_[184:192])
    at = lambda skip, width, i: bytes_[256 + skip * count + i * width:256 + skip * count + (i + 1) * width].decode("latin-1").strip()
    labels = [at(0, 16, i) for i in range(count)]
    per_record = [int(at(216, 8, i)) for i in range(count)]
    width = 3 if bytes_[0] == 0xFF else 2
    size, promised = sum(per_record) * width, int(bytes_[236:244])
    there = (len(bytes_) - head) // size
    records = there if promised < 0 else min(there, promised)
    numbers = [[] for _ in range(count)]
    for record in range(records):
        place = head + record * size
        for signal, samples in enumerate(per_record):
            part = bytes_[place:place + samples * width]
            place += samples * width
            numbers[signal].extend(int.from_bytes(part[i:i + width], "little", signed=True) for i in range(0, len(part), width))
    return {label: values for label, values in zip(labels, numbers, strict=True) if not label.endswith("Annotations")}


def digest(numbers) -> str:
    return hashlib.sha256(struct.pack(f"<{len(numbers)}i", *[int(number) for number in numbers])).hexdigest()


@needs_data
def test_every_stored_number_is_the_one_that_others_read():
    by_pyedflib = 0
    for file in edf_files():
        ours = {signal["name"]: signal for signal in measured(file)["signals"]}
        theirs = None
        try:
            with pyedflib.EdfReader(str(file)) as reader:
                labels = reader.getSignalLabels()
                theirs = {label: reader.readSignal(place, digital=True) for place, label in enumerate(labels)}
                by_pyedflib += 1
        except OSError:
            pass
        numbers = theirs if theirs is not None else raw_records(file)
        assert set(ours) == set(numbers), file
        for label, values in numbers.items():
            assert ours[label]["stored_sha256"] == digest(values), (file, label)
    assert by_pyedflib >= 20, "most files must be read by a library of others"


@needs_data
def test_annotations_are_those_of_pyedflib():
    seen = 0
    for file in edf_files():
        try:
            with pyedflib.EdfReader(str(file)) as reader:
                onsets, durations, texts = reader.readAnnotations()
        except OSError:
            continue
        ours = measured(file)["annotations"]
        assert [note["text"] for note in ours] == list(texts), file
        assert np.allclose([note["onset_s"] for note in ours], onsets, atol=1e-4), file
        for note, duration in zip(ours, durations, strict=True):
            assert duration < 0 or math.isclose(note["duration_s"] or 0, duration, abs_tol=1e-4)
        seen += len(ours)
    assert seen > 100


WFDB = ["100", "03700181", "100_3chan", "3000003_0003", "a103l", "s0010_re", "multi-segment/041s", "multi-segment/s25047"]


@needs_data
@pytest.mark.parametrize("name", WFDB)
def test_records_are_those_of_the_wfdb_package(name):
    path = DATA / "ecg/wfdb" / name
    whole = {"multi-segment/041s": "041s", "multi-segment/s25047": "s25047-2704-05-04-10-44"}.get(name)
    record = wfdb.rdrecord(str(path / whole if whole else path), smooth_frames=False)
    ours = {signal["name"]: signal for signal in measured(path if whole else path.with_suffix(".hea"))["signals"]}
    assert len(ours) == record.n_sig
    for place, label in enumerate(record.sig_name):
        values = np.asarray(record.e_p_signal[place] if record.e_p_signal else record.p_signal[:, place])
        there, said = values[~np.isnan(values)], ours[label]
        assert said["samples"] == len(there), label
        for ours_is, theirs in [(said["minimum"], there.min()), (said["maximum"], there.max()), (said["mean"], there.mean())]:
            assert math.isclose(ours_is, theirs, rel_tol=1e-9, abs_tol=1e-6), label


@needs_data
def test_beats_of_record_100():
    against = measured(DATA / "ecg/wfdb/100.hea")["heart"]["against_marks"]
    marks = wfdb.rdann(str(DATA / "ecg/wfdb/100"), "atr")
    beats = sum(symbol in "NLRBAaJSVrFejnE/fQ?" for symbol in marks.symbol)
    assert against["both"] + against["missed"] == beats == 2273
    assert against["sensitivity"] >= 0.999 and against["precision"] >= 0.999


def count_by_itself(spo2: list, by: float) -> int:
    """Desaturations by the words of the source, not by the program: the baseline is the mean of the 120 s before
    without events; an event is a fall of at least 3 % for at least 10 s and ends on recovering at least 1 %; of those,
    the ones that are so deep for 10 s. Artefact is left out beforehand. What came back in part falls anew from there.
    Nothing is known of an event beyond 10 s of artefact, and after 120 s of it nothing of what was before."""
    known, behind, artefact = [], [], 0
    for value in spo2:
        if value is None:
            artefact += 1
        else:
            known.append(value)
            behind.append(artefact)
            artefact = 0
    # Up to where each belongs to what can be followed.
    ends = [len(known)] * len(known)
    for one in range(len(known) - 2, -1, -1):
        ends[one] = one + 1 if behind[one + 1] >= 10 else ends[one + 1]
    calm, since, depths, at = [], None, [], 0
    while at < len(known):
        if behind[at] >= 120:
            calm, since = [], None
        level = statistics.fmean(calm[-120:]) if calm else -math.inf
        if since is not None:
            level = min(level, max(since, default=-math.inf))
        last = ends[at]
        ten = known[at:min(at + 10, last)]
        if len(ten) == 10 and level - max(ten) >= 3 - 1e-9:
            low, end = min(ten), at + 10
            while end < last and known[end] - low < 1:
                low, end = min(low, known[end]), end + 1
            depths.append([level - value for value in known[at:end]])
            since, at = [], end
            continue
        calm.append(known[at])
        if since is not None:
            since.append(known[at])
        at += 1
    return sum(any(min(depth[start:start + 10]) >= by - 1e-9 for start in range(len(depth) - 9)) for depth in depths)


def as_night(spo2: list, file: pathlib.Path) -> dict:
    """What the program says of a saturation a second; none is written as 0 %: an oximeter without a finger."""
    with pyedflib.EdfWriter(str(file), 1, file_type=pyedflib.FILETYPE_EDF) as writer:
        writer.setSignalHeader(0, {"label": "SpO2", "dimension": "%", "sample_frequency": 1, "physical_min": 0,
                                   "physical_max": 100, "digital_min": 0, "digital_max": 100, "prefilter": "", "transducer": ""})
        writer.writeSamples([np.array([0.0 if value is None else value for value in spo2])])
    return measured(file)["oximetry"]


@pytest.mark.parametrize("back", [90, 93, 94, 96])
def test_a_night_that_comes_back_in_part_only(tmp_path, back):
    """Ten falls of 20 s to 85 %, each of which ends, though the saturation does not come back whole."""
    spo2 = [96.0] * 600 + ([85.0] * 20 + [float(back)] * 15) * 10 + [96.0] * 600
    said, hours = as_night(spo2, tmp_path / "part.edf"), len(spo2) / 3600
    assert count_by_itself(spo2, 3) == count_by_itself(spo2, 4) == 10
    assert said["odi3"] == pytest.approx(10 / hours) and said["odi4"] == pytest.approx(10 / hours)


@pytest.mark.parametrize(("off", "falls"), [(9, 2), (10, 2), (119, 2), (120, 1), (3600, 1)])
def test_a_probe_that_is_off_ends_a_fall(tmp_path, off, falls):
    """A fall of 20 s, then nothing, then 60 s as deep that come back to 90 % for 30 s and fall again: what came back in
    part counts anew from where it came back to, unless nothing is left of what was before."""
    spo2 = [96.0] * 600 + [86.0] * 20 + [None] * off + [86.0] * 60 + [90.0] * 30 + [86.0] * 20 + [90.0] * 600
    said = as_night(spo2, tmp_path / "off.edf")
    assert len(said["falls"]) == count_by_itself(spo2, 3) == falls
    assert said["falls"][0]["start_s"] == 600
    assert said["falls"][0]["lasts_s"] == (20 if off >= 10 else 20 + off + 60)


def test_desaturations_against_a_count_of_our_own(tmp_path):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        spo2 = [float(value) for value in np.clip(np.round(95 + np.cumsum(rng.normal(0, 0.05, 7200)) * 0.1), 88, 99)]
        for start in rng.integers(200, 7000, 25):
            deep = float(rng.integers(2, 9))
            for second in range(start, min(7200, start + int(rng.integers(5, 60)))):
                spo2[second] = max(70.0, spo2[second] - deep)
        gaps = set(rng.integers(0, 7200, 200).tolist())
        known = [None if second in gaps or value < 50 else value for second, value in enumerate(spo2)]
        said = as_night(known, tmp_path / f"{seed}.edf")
        hours = sum(value is not None for value in known) / 3600
        for by, name in [(3, "odi3"), (4, "odi4")]:
            assert math.isclose(said[name], count_by_itself(known, by) / hours, rel_tol=1e-9), f"seed {seed} {name}"
        assert said["odi3"] >= said["odi4"]
        low = sum(value is not None and value < 90 for value in known)
        assert math.isclose(said["t90_percent"], 100 * low / (hours * 3600), abs_tol=1e-9), f"seed {seed}"


def nights() -> list[dict]:
    return [night for night in measured(CARD)["nights"] if night["sessions"] and night["machine"]]


@needs_data
def test_nights_against_the_machine():
    """Each difference has a cause that is checked: see docs/conformance/signals.md."""
    assert len(nights()) >= 11
    for night in nights():
        machine, date = night["machine"], night["date"]
        sessions = max(machine["sessions"], len(night["sessions"]))
        # Signals are kept in whole minutes, so that up to a minute of each session is only in the machine's count.
        cut_off_min = (machine["usage_h"] - night["recorded_h"]) * 60
        assert -0.01 <= cut_off_min <= sessions, date
        # The machine cuts its index to one decimal; the count of events is the same.
        counted = sum(event["kind"] != "arousal" for event in night["events"])
        exact = counted / machine["usage_h"]
        assert math.isclose(machine["ahi"], math.floor(exact * 10 + 1e-9) / 10, abs_tol=1e-6), date
        # Leak is counted in steps of 1.2 L/min; the machine's percentiles lie at ours or up to two steps below.
        for ours, theirs in [("median", "leak_median_l_min"), ("p95", "leak_p95_l_min")]:
            assert -1e-6 <= night["leak_l_min"][ours] - machine[theirs] <= 2.4 + 1e-6, date
        # Pressure is counted in steps of 0.12 cmH2O and cut down to the step.
        for ours, theirs in [("median", "mask_pressure_median_cmh2o"), ("p95", "mask_pressure_p95_cmh2o")]:
            steps = machine[theirs] / 0.12
            assert math.isclose(steps, round(steps), abs_tol=1e-6), date
            assert -1e-6 <= night["mask_pressure_cmh2o"][ours] - machine[theirs] <= 0.24 + 1e-6, date


@needs_data
def test_adherence_of_the_last_thirty_days():
    """13 of these days are not on the card: they are not nights without use, and here they cannot matter."""
    said = measured(CARD)["adherence"]
    used = {night["date"]: night["machine"]["usage_h"] for night in measured(CARD)["nights"] if night["machine"] and night["machine"]["usage_h"] is not None}
    assert said["until"] == max(used) and said["nights_known"] == len(used) == 17
    counted = sum(hours >= 4 for hours in used.values())
    assert counted + (30 - len(used)) < 21, "even with the unknown nights it is too few"
    assert said["result"] == {"state": "assessed", "value": "not-adherent"}


def row(night: dict) -> str:
    machine = night["machine"]
    events = sum(event["kind"] != "arousal" for event in night["events"] or [])
    ahi = "–" if night["ahi"] is None else f"{night['ahi']:.2f}"
    return (f"| {night['date']} | {len(night['sessions'])} / {machine['sessions']} | {night['recorded_h'] * 60:.0f} / {machine['usage_h'] * 60:.0f} "
            f"| {events} | {ahi} / {machine['ahi']:.1f} | {night['leak_l_min']['median']:.1f} / {machine['leak_median_l_min']:.1f} "
            f"| {night['leak_l_min']['p95']:.1f} / {machine['leak_p95_l_min']:.1f} "
            f"| {night['mask_pressure_cmh2o']['median']:.2f} / {machine['mask_pressure_median_cmh2o']:.2f} "
            f"| {night['mask_pressure_cmh2o']['p95']:.2f} / {machine['mask_pressure_p95_cmh2o']:.2f} |")


@needs_data
def test_the_table_in_the_documentation_is_what_is_measured():
    text = (ROOT / "docs/conformance/signals.md").read_text(encoding="utf-8")
    for night in nights():
        assert row(night) in text, row(night)
