"""Every kind of device is simulated: through the MQTT door, and back by the API. Recordings are read by others' programs."""

import os
import subprocess

import edfio
import pytest
import wfdb

from conftest import DATA, ROOT
from test_mqtt import now_ms
from test_ten_functions import People

PROGRAM = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
PROFILES = sorted(path.stem for path in (ROOT / "crates/devices/profiles").glob("*.toml"))
ICU = "ecg/wfdb/multi-segment/s25047/s25047-2704-05-04-10-44n.hea"
NIGHT = "sleep/cpap-airsense10/DATALOG/20230905/20230905_233109_PLD.edf"
FLOW = "sleep/cpap-airsense10/DATALOG/20230905/20230905_233109_BRP.edf"
SECONDS = 3


@pytest.fixture(scope="module")
def people(hospital):
    return People(hospital)


def simulate(people: People, device: str, profile: str, *words: str, seconds: int = SECONDS) -> tuple[str, dict[str, list]]:
    """Lets a device send; what it said, and the readings of each of its streams in their order."""
    token = people.register(device, profile)
    command = [PROGRAM, "device", "simulate", *words, "--profile", profile, "--device", device, "--token", token,
               "--mqtt", f"127.0.0.1:{people.mqtt}", "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = {}
    for row in people.get(f"/api/devices/{device}/streams", "wang.nurse"):
        path = f"/api/devices/{device}/streams/{row['series']}?from={now_ms() - 600_000}&to={now_ms() + 1000}&readings=10000"
        found[row["stream"]] = [one["value"] for one in people.get(path, "wang.nurse")["readings"]]
    quality = people.get(f"/api/devices/{device}", "admin")["quality"]
    assert not quality["refusals"], quality["refusals"]
    return done.stdout, found


@pytest.mark.parametrize("profile", PROFILES)
def test_each_kind_sends_what_is_made_up_and_says_so(people, profile):
    # A blow goes out whole, once it is over.
    seconds = 9 if profile == "spirometer" else SECONDS
    said, found = simulate(people, f"sim-{profile}", profile, "--made-up", "--seed", "7", seconds=seconds)
    assert f"sends as a {profile}: made up by seed 7: nobody measured this" in said
    kinds = people.get("/api/devices/profiles", "admin")["profiles"]
    streams = {stream["name"]: stream for kind in kinds if kind["id"] == profile for stream in kind["streams"]}
    assert found.keys() == streams.keys()
    for name, values in found.items():
        low, high = streams[name]["range"] or (float("-inf"), float("inf"))
        assert values and all(low <= value <= high for value in values), (name, values[:5])


def shared(path: str) -> str:
    file = DATA / path
    if not file.exists():
        pytest.skip("no shared data")
    return str(file)


def test_a_twelve_lead_electrocardiogram_comes_back_sample_by_sample(people):
    file = shared("ecg/wfdb/s0010_re.hea")
    _, found = simulate(people, "sim-real-ecg", "ecg-12-lead", file)
    theirs = wfdb.rdrecord(file.removesuffix(".hea"), sampto=1000 * SECONDS)
    for lead in ("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"):
        expected = theirs.p_signal[:, theirs.sig_name.index(lead)]
        assert len(found[lead]) == len(expected) == 1000 * SECONDS
        assert found[lead] == pytest.approx(list(expected), abs=1e-6)


@pytest.mark.parametrize("profile, names", [
    ("bedside-monitor", {"heart-rate": "HR", "resp-rate": "RESP"}),
    ("pulse-oximeter", {"spo2": "SpO2", "pulse": "PULSE"}),
    ("blood-pressure", {"systolic": "NBPSys", "diastolic": "NBPDias"}),
])
def test_an_icu_stay_is_replayed_from_its_record(people, profile, names):
    file = shared(ICU)
    theirs = wfdb.rdrecord(file.removesuffix(".hea"))
    columns = {stream: theirs.p_signal[:, theirs.sig_name.index(name)] for stream, name in names.items()}
    # From the first minute in which all of them were measured.
    minute = next(n for n in range(theirs.sig_len) if all(column[n] >= 1 for column in columns.values()))
    _, found = simulate(people, f"sim-real-{profile}", profile, file, "--from-s", str(60 * minute))
    for stream, column in columns.items():
        assert found[stream] and all(value == pytest.approx(column[minute], abs=1e-6) for value in found[stream]), stream


def test_a_night_on_cpap_is_replayed_from_its_card(people):
    file = shared(NIGHT)
    _, found = simulate(people, "sim-real-cpap", "cpap", file)
    night = {signal.label: signal.data for signal in edfio.read_edf(file).signals}
    for stream, label in (("pressure", "MaskPress.2s"), ("leak", "Leak.2s"), ("minute-ventilation", "MinVent.2s")):
        first, second = night[label][:2]
        # A value each second, of which a new one comes every two.
        assert found[stream] == pytest.approx([first, first, second], abs=1e-6), stream
    file = shared(FLOW)
    _, found = simulate(people, "sim-real-flow", "cpap", file)
    night = {signal.label: signal.data for signal in edfio.read_edf(file).signals}
    assert found["flow"] == pytest.approx(list(night["Flow.40ms"][: 25 * SECONDS]), abs=1e-6)


def test_what_is_no_recording_of_that_kind_is_refused(people):
    file = shared(NIGHT)
    people.register("sim-wrong", "thermometer")
    command = [PROGRAM, "device", "simulate", file, "--profile", "thermometer", "--device", "sim-wrong", "--token", "x"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "a thermometer measures nothing of what is in it" in done.stderr
