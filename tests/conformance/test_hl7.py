"""Results of devices by HL7 v2 (python-hl7, hl7apy) and as FHIR Observations (fhir.resources): acknowledged once on disk."""

import datetime
import itertools
import pathlib
import ssl
import subprocess
import tempfile
import time

import hl7
import pytest
import requests
from fhir.resources.R4B.observation import Observation
from hl7.client import MLLPClient
from hl7apy.core import Message
from hl7apy.parser import parse_message

from conftest import free_port
from imaging_hospital import certificate
from test_mqtt import Ward

SETTINGS = """
[[hl7_senders]]
application = "GATEWAY"
facility = "ICU"
hosts = ["127.0.0.1"]
devices = ["gateway-1", "bedside-1", "gateway-c"]
offset = "+08:00"

[[hl7_senders]]
application = "BEDSIDE"
hosts = ["127.0.0.0/8"]
device = "bedside-1"

[[hl7_senders]]
application = "ELSEWHERE"
hosts = ["192.0.2.1"]

[issuers]
HIS = "https://his.example/mrn"
"""
NUMBERS = itertools.count(1)


class Door:
    """A hospital with an HL7 door, two patients and two monitors."""

    def __init__(self, folder: pathlib.Path, **settings: object):
        (folder / "yuanyi.toml").write_text(SETTINGS, encoding="utf-8")
        data = folder / "data"
        data.mkdir()
        self.port = free_port()
        self.ward = Ward(data, mllp=f"127.0.0.1:{self.port}", **settings)
        self.ward.put_user("importer", "system")
        for patient in ("one", "two"):
            identifier = {"system": "https://his.example/mrn", "value": f"MRN-{patient}"}
            self.put({"resourceType": "Patient", "id": patient, "identifier": [identifier]})
        self.ward.add("gateway-1", "bedside-monitor")
        command = ["device", "add", "bedside-1", "--profile", "bedside-monitor", "--patient", "one"]
        self.ward.run(*command)

    def put(self, resource: dict) -> None:
        url = f"{self.ward.base}/fhir/{resource['resourceType']}/{resource['id']}"
        bearer = {"Authorization": f"Bearer {self.ward.bearer('importer')}"}
        answer = requests.put(url, json=resource, headers=bearer, timeout=30)
        assert answer.ok, answer.text

    def send(self, message: str | bytes) -> hl7.Message:
        """Sends with python-hl7; the acknowledgement, which hl7apy has checked too."""
        with MLLPClient("127.0.0.1", self.port) as client:
            answer = client.send_message(message)
        text = answer.strip(b"\x0b\x1c\r").decode()
        checked = parse_message(text + "\r", find_groups=False)
        assert checked.msa.msa_1.value in {"AA", "AE", "AR", "CA", "CE", "CR"}
        return hl7.parse(text)

    def quality(self, device: str = "gateway-1") -> dict:
        return self.ward.quality(device)

    def last(self, patient: str, device: str | None = None) -> dict:
        """The last reading of each code of a patient."""
        bearer = {"Authorization": f"Bearer {self.ward.bearer('importer')}"}
        url = f"{self.ward.base}/api/patients/{patient}/signals"
        answer = requests.get(url, headers=bearer, timeout=30)
        assert answer.ok, answer.text
        return {row["code"]: row for row in answer.json() if device in (None, row["device"])}


@pytest.fixture(scope="module")
def door():
    with tempfile.TemporaryDirectory(prefix="yuanyi-hl7-") as folder:
        running = Door(pathlib.Path(folder))
        yield running
        running.ward.process.terminate()
        running.ward.process.wait(timeout=60)


def ago(seconds: float) -> str:
    """A local time in China, as a gateway writes it."""
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return (datetime.datetime.now(zone) - datetime.timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%S.%f")[:-2]


def message(results, patient="MRN-one^^^HIS^MR", application="GATEWAY", facility="ICU", control=None, **header) -> str:
    """An ORU^R01 that hl7apy puts together; `results` are OBX as dictionaries."""
    made = Message("ORU_R01", version="2.6")
    made.msh.msh_3, made.msh.msh_4 = application, facility
    made.msh.msh_7 = ago(0)
    made.msh.msh_9, made.msh.msh_10, made.msh.msh_11 = "ORU^R01^ORU_R01", control or f"id-{next(NUMBERS)}", "P"
    for field, value in header.items():
        setattr(made.msh, field, value)
    whole = made.add_group("ORU_R01_PATIENT_RESULT")
    if patient:
        person = whole.add_group("ORU_R01_PATIENT")
        person.pid.pid_3, person.pid.pid_5 = patient, "测试^患者"
    order = whole.add_group("ORU_R01_ORDER_OBSERVATION")
    order.obr.obr_1, order.obr.obr_4, order.obr.obr_7 = "1", "182777000^monitoring of patient^SCT", ago(5)
    for number, result in enumerate(results, 1):
        one = order.add_group("ORU_R01_OBSERVATION")
        one.obx.obx_1 = str(number)
        for field, value in result.items():
            setattr(one.obx, f"obx_{field}", value)
    return made.to_er7()


def result(value, code="150456^MDC_PULS_OXIM_SAT_O2^MDC", unit="%^%^UCUM", seconds=2.0, device="gateway-1", **more) -> dict:
    fields = {"2": "NM", "3": code, "5": str(value), "6": unit, "11": "F", "14": ago(seconds), "18": device}
    return fields | {name.removeprefix("obx_"): value for name, value in more.items()}


def code(answer: hl7.Message) -> str:
    return str(answer.segment("MSA")[1])


def faults(answer: hl7.Message) -> list[tuple[str, str]]:
    """Place and number of each fault."""
    if not any(str(segment[0]) == "ERR" for segment in answer):
        return []
    return [(str(one[2]), str(one[3][0][0])) for one in answer.segments("ERR")]


def test_messages_in_files_are_imported_by_the_same_path_and_each_says_what_became_of_it(tmp_path):
    door = Door(tmp_path)
    ward = door.ward
    ward.put_user("nurse", "nurse")

    def imported(file: pathlib.Path, *words: str) -> tuple[int, list[str]]:
        """The exit status and the lines of an import."""
        done = subprocess.run([ward.program, "import", str(file), "--list", *words], capture_output=True, text=True,
                              timeout=60, cwd=tmp_path)
        return done.returncode, done.stdout.splitlines()

    def there(file: pathlib.Path, user: str = "importer") -> tuple[int, list[str]]:
        return imported(file, "--to", ward.base, "--token", ward.bearer(user))

    batch, nobodys, none = (tmp_path / name for name in ("batch.hl7", "nobodys.HL7", "none.hl7"))
    words = result("seen", device="gateway-1") | {"2": "ST"}
    messages = [message([result(97)]), message([result(96, seconds=1.0), words]), message([result(95)], application="NOBODY")]
    batch.write_text("FHS|^~\\&\n" + "".join(one.replace("\r", "\r\n") + "\r\n" for one in messages) + "FTS|1\n", encoding="utf-8")
    try:
        assert there(batch, "nurse")[0] != 0 and door.last("one") == {}
        status, lines = there(batch)
        assert (status, lines[:3]) == (0, [f"kept {batch}:1", f"kept {batch}:2", "taken: 2, refused: 1"])
        assert lines[3].startswith(f"refused {batch}:3: ") and "know the sender" in lines[3]
        assert lines[4].startswith(f"left out of {batch}:2: OBX^2") and len(lines) == 5
        assert door.last("one")["150456"]["last"]["value"] == 96 and door.last("one")["150456"]["count"] == 2
        # What comes again is kept once; what holds no message says so.
        assert there(batch)[0] == 0 and door.last("one")["150456"]["count"] == 2
        none.write_text("no message", encoding="utf-8")
        status, lines = there(none)
        assert status != 0 and lines[1].startswith(f"refused {none}: ")
        # By the file's sender, wherever it may send from; and into a hospital that does not run.
        nobodys.write_text(message([result(94, device="bedside-1", seconds=0)], patient=None), encoding="utf-8")
        ward.kill()
        status, lines = imported(nobodys, "--data", str(ward.data))
        assert status == 0 and {f"kept {nobodys}", "taken: 1, refused: 0"} <= set(lines), lines
        ward.open()
        assert door.last("one", "bedside-1")["150456"]["last"]["value"] == 94
    finally:
        ward.process.terminate()
        ward.process.wait(timeout=60)


def test_results_come_into_the_record_of_their_patients(door):
    before = door.quality()["accepted"]
    heart = result(71, "147842^MDC_ECG_HEART_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC^/min^/min^UCUM")
    answer = door.send(message([result(97), heart], control="first"))
    assert (code(answer), str(answer.segment("MSA")[2]), faults(answer)) == ("AA", "first", [])
    # The same moment of another patient, by the same gateway, is no duplicate.
    assert code(door.send(message([result(97)], patient="MRN-two^^^HIS^MR"))) == "AA"
    assert door.quality()["accepted"] == before + 3
    assert door.last("one")["150456"]["last"]["value"] == 97
    assert door.last("one")["147842"]["last"]["value"] == 71
    assert "147842" not in door.last("two")


def test_loinc_and_another_unit_are_taken_and_what_is_no_number_is_left_out(door):
    warm = result(98.6, "8310-5^Body temperature^LN", "[degF]^degree Fahrenheit^UCUM")
    words = result("ok", obx_2="ST")
    nothing = result("", obx_11="X")
    of_no_stream = result(3, "2345-7^Glucose^LN", "mg/dL^^UCUM")
    answer = door.send(message([warm, words, nothing, of_no_stream]))
    assert code(answer) == "AA"
    assert [place for place, _ in faults(answer)] == ["OBX^2", "OBX^3", "OBX^4^3"]
    assert door.last("one")["150364"]["last"]["value"] == 37


def test_a_reservation_of_the_device_stays_with_the_value(door):
    assert code(door.send(message([result(88, obx_8="QUES", seconds=1)]))) == "AA"
    assert "questionable" in str(door.last("one")["150456"]["last"]["marks"])
    answer = door.send(message([result(12, obx_8="INV")]))
    assert (code(answer), faults(answer)) == ("AE", [("OBX^1", "102")])


def test_a_correction_stands_in_the_place_of_the_wrong_value(door):
    door.ward.add("gateway-c", "thermometer")
    wrong = result(28.1, "150364^MDC_TEMP_BODY^MDC", "Cel^^UCUM", device="gateway-c")
    two = "MRN-two^^^HIS^MR"
    assert code(door.send(message([wrong], patient=two))) == "AA"

    def observed() -> list[tuple[str, float]]:
        bearer = {"Authorization": f"Bearer {door.ward.bearer('importer')}"}
        found = requests.get(f"{door.ward.base}/fhir/Observation", params={"code": "8310-5", "subject": "Patient/two"},
                             headers=bearer, timeout=30).json()
        ours = [entry["resource"] for entry in found.get("entry", [])]
        return [(one["status"], one["valueQuantity"]["value"]) for one in ours if "gateway-c" in one["device"]["reference"]]

    def within_a_minute(expected) -> None:
        begun = time.monotonic()
        while observed() != expected:
            assert time.monotonic() - begun < 60, observed()
            time.sleep(0.2)

    within_a_minute([("final", 28.1)])
    right = message([wrong | {"5": "38.1", "11": "C"}], patient=two)
    # The same once more is known.
    for _ in range(2):
        assert code(door.send(right)) == "AA"
    within_a_minute([("corrected", 38.1)])
    last = door.last("two", "gateway-c")["150364"]["last"]
    assert last["value"] == 38.1 and "correction" in str(last["marks"])
    quality = door.quality("gateway-c")
    assert (quality["accepted"], quality["known"], "conflicting" in quality["marks"]) == (2, 1, False)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"unit": "percent^^L"}, "OBX^2^6"),
        ({"unit": "Cel^^UCUM"}, "OBX^2^6"),
        ({"value": 104}, "OBX^2^5"),
        ({"value": "many"}, "OBX^2^5"),
        ({"value": "1e2"}, "OBX^2^5"),
        ({"obx_11": "D"}, "OBX^2^11"),
        ({"obx_14": "20261126"}, "OBX^2^14"),
        ({"device": "nobody-9"}, "OBX^2^18"),
    ],
)
def test_what_is_wrong_is_an_error_with_its_place_and_nothing_of_the_message_is_taken(door, wrong, place):
    before = door.quality()["accepted"]
    good = result(94, seconds=30)
    answer = door.send(message([good, result(**({"value": 95} | wrong))]))
    assert code(answer) == "AE"
    assert [found for found, _ in faults(answer)] == [place]
    assert str(answer.segment("ERR")[8]).startswith("could not ")
    # What was good of it is new when it comes again alone.
    after = door.quality()["accepted"]
    assert code(door.send(message([good]))) == "AA"
    assert after - before <= 1
    assert door.last("one")["150456"]["last"]["value"] != 104


def test_pressures_that_cannot_be_true_together_are_an_error_and_none_of_them_is_taken(door):
    at = ago(40)

    def both(upper: int, lower: int, **more) -> list[dict]:
        unit = "mm[Hg]^mm[Hg]^UCUM"
        return [result(upper, "150021^MDC_PRESS_BLD_NONINV_SYS^MDC", unit, obx_14=at, **more),
                result(lower, "150022^MDC_PRESS_BLD_NONINV_DIA^MDC", unit, obx_14=at, **more), result(95, seconds=41)]

    before = door.quality()["refusals"].get("contradiction", 0)
    answer = door.send(message(both(80, 90)))
    assert (code(answer), faults(answer)) == ("AE", [("OBX^2^5", "102")])
    assert door.quality()["refusals"]["contradiction"] == before + 1
    assert code(door.send(message(both(120, 80)))) == "AA"
    # Nor what puts both right.
    assert faults(door.send(message(both(70, 75, obx_11="C")))) == [("OBX^2^5", "102")]
    assert code(door.send(message(both(118, 78, obx_11="C")))) == "AA"


def test_whose_values_they_are_is_never_guessed(door):
    nobody = door.send(message([result(97)], patient="MRN-three^^^HIS^MR"))
    assert (code(nobody), faults(nobody)) == ("AE", [("PID^1^3", "204")])
    both = message([result(97)]).replace("MRN-one^^^HIS^MR", "MRN-one^^^HIS^MR~MRN-two^^^HIS^MR")
    both = door.send(both)
    assert (code(both), faults(both)) == ("AE", [("PID^1^3", "204")])
    # The registry says that this monitor is at the first patient's bed.
    other = door.send(message([result(97, device="bedside-1")], patient="MRN-two^^^HIS^MR"))
    assert (code(other), faults(other)) == ("AE", [("PID^1^3", "204")])
    def own(seconds):
        return message([result(93, device="", seconds=seconds)], patient=None, application="BEDSIDE", facility="",
                       msh_7=ago(0) + "+0800")

    assert code(door.send(own(0))) == "AA"
    assert door.quality("bedside-1")["accepted"] == 1
    # Before it came to this patient it may have been at another's bed, and the message names nobody.
    early = door.send(own(24 * 3600))
    assert (code(early), faults(early)) == ("AE", [("OBX^1^14", "102")])
    assert door.quality("bedside-1")["refusals"]["before-assignment"] == 1


def test_a_sender_speaks_only_for_the_devices_that_are_named_with_it(door):
    before = door.quality()["accepted"]
    foreign = door.send(message([result(97)], application="BEDSIDE", facility="", msh_7=ago(0) + "+0800"))
    assert (code(foreign), faults(foreign)) == ("AE", [("OBX^1^18", "204")])
    quality = door.quality()
    assert (quality["accepted"], quality["refusals"]["hl7-sender-of-others"]) == (before, 1)


def test_a_device_by_fhir_is_none_of_the_registry(door):
    made = {"resourceType": "Device", "id": "made-up", "status": "active", "patient": {"reference": "Patient/one"},
            "type": {"coding": [{"system": "urn:yuanyi:device-profile", "code": "bedside-monitor"}]}}
    door.put(made)
    assert requests.get(f"{door.ward.base}/api/devices/made-up", timeout=30,
                        headers={"Authorization": f"Bearer {door.ward.bearer('admin')}"}).status_code == 404
    bearer = {"Authorization": f"Bearer {door.ward.bearer('importer')}"}
    url = f"{door.ward.base}/fhir/Device/bedside-1"
    registered = requests.get(url, headers=bearer, timeout=30).json()
    moved = registered | {"patient": {"reference": "Patient/two"}, "meta": {}}
    assert requests.put(url, json=moved, headers=bearer, timeout=30).status_code in {403, 409, 422}
    assert requests.get(url, headers=bearer, timeout=30).json()["patient"] == {"reference": "Patient/one"}


def test_who_may_not_send_is_rejected_and_seen(door):
    for application in ("STRANGER", "ELSEWHERE"):
        answer = door.send(message([result(97)], application=application, facility=""))
        assert (code(answer), faults(answer)) == ("AR", [("MSH^1^3", "204")])
    turned_away = door.ward.get("/api/devices")["turned_away"]
    assert turned_away[0]["code"] == "hl7-sender-unknown"


def test_what_is_no_result_of_production_is_rejected(door):
    for field, value, place, number in [
        ("msh_9", "ADT^A01^ADT_A01", "MSH^1^9", "200"), ("msh_9", "ORU^R30^ORU_R30", "MSH^1^9", "201"),
        ("msh_11", "T", "MSH^1^11", "202"), ("msh_12", "3.0", "MSH^1^12", "203"),
    ]:
        text = message([result(97)])
        parsed = hl7.parse(text)
        parsed.segment("MSH")[int(field[4:])] = value
        answer = door.send(str(parsed))
        assert (code(answer), faults(answer)) == ("AR", [(place, number)])


def test_a_time_without_an_offset_is_refused_where_nobody_says_which(door):
    lone = message([result(97, device="")], patient=None, application="BEDSIDE", facility="")
    answer = door.send(lone)
    assert (code(answer), faults(answer)) == ("AE", [("OBX^1^14", "102")])


def test_commit_acknowledgements_and_characters_of_china(door):
    asked = message([result(96, seconds=40)], msh_15="AL", msh_16="NE", msh_18="GB 18030-2000")
    assert code(door.send(asked.encode("gb18030"))) == "CA"
    broken = door.send(message([result(96)]).encode("gb18030"))
    assert code(broken) == "AR"


def test_what_was_accepted_outlives_a_kill_and_is_never_doubled(door):
    sent = [message([result(80 + number % 10, seconds=600 + number)]) for number in range(60)]
    with MLLPClient("127.0.0.1", door.port) as client:
        answers = [client.send_message(text) for text in sent]
        assert all(b"MSA|AA|" in answer for answer in answers)
        door.ward.kill()
    door.ward.open()
    # What is not sealed yet is known again at the door, the rest where it is kept.
    def again() -> int:
        return sum(door.quality()[how] for how in ("known", "duplicates"))

    before = again()
    for text in sent:
        assert code(door.send(text)) == "AA"
    assert again() - before == len(sent)


def test_noise_and_half_a_message_cost_nothing(door):
    import socket

    with socket.create_connection(("127.0.0.1", door.port)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n\x0bMSH|^~\\&|GATE")
    for noise in [b"", b"MSH", b"MSH|^~\\&|GATEWAY|ICU", b"\xff\xfe\x00", b"PID|1||x"]:
        assert code(door.send(noise)) == "AR"
    assert code(door.send(message([result(95, seconds=50)]))) == "AA"


def observation(name: str, value: dict, seconds: float = 3, device: str = "fhir-1", **more) -> dict:
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    made = Observation(
        id=name, status="final", code={"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        subject={"reference": "Patient/two"}, device={"reference": f"Device/{device}"},
        effectiveDateTime=at.isoformat(timespec="milliseconds"), **value, **more)
    return made.model_dump(mode="json", by_alias=True, exclude_none=True)


def percent(value: float) -> dict:
    return {"valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}}


def test_an_observation_of_a_device_becomes_its_reading(door):
    door.ward.add("fhir-1", "bedside-monitor")

    def until(counts) -> dict:
        while not counts(quality := door.quality("fhir-1")):
            time.sleep(0.1)
        return quality

    # Also what was measured weeks ago keeps its time: who wrote it vouches for that.
    door.put(observation("o-old", percent(92), seconds=30 * 86_400))
    door.put(observation("o-new", percent(96)))
    samples = {"origin": {"value": 0, "unit": "%", "code": "%", "system": "http://unitsofmeasure.org"}, "period": 1000,
               "dimensions": 1, "data": "95 E 94"}
    door.put(observation("o-many", {"valueSampledData": samples}, seconds=60))
    quality = until(lambda quality: quality["accepted"] >= 4)
    assert (quality["accepted"], quality["refusals"]) == (4, {})
    last = door.last("two", "fhir-1")["150456"]["last"]
    assert last["value"] == 96 and "from-observation" in str(last["marks"])
    # What cannot be true stays what somebody wrote, and makes no reading; nor does what is of another device.
    others = door.quality("bedside-1")["accepted"]
    door.put(observation("o-high", percent(120)))
    door.put(observation("o-other", percent(91), device="bedside-1"))
    assert until(lambda quality: quality["refusals"])["refusals"] == {"out-of-range": 1}
    assert door.quality("bedside-1")["accepted"] == others
    # Whatever else cannot be taken is counted with its reason, once it was looked at.
    bare = percent(95)["valueQuantity"]
    door.put(observation("o-day", percent(95)) | {"effectiveDateTime": "2026-11-26"})
    door.put(observation("o-unit", {"valueQuantity": {"value": bare["value"], "unit": "percent"}}))
    door.put(observation("o-below", {"valueQuantity": bare | {"comparator": "<"}}))
    door.put(observation("o-odd", {"valueSampledData": samples | {"data": "95 x"}}))
    glucose = {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]}
    door.put(observation("o-code", percent(95)) | {"code": glucose})
    assert until(lambda quality: sum(quality["refusals"].values()) == 6)["refusals"] == {
        "out-of-range": 1, "time-not-understood": 1, "unit-missing": 1, "compared": 1, "samples-not-understood": 1,
        "stream-unknown": 1}
    assert door.quality("bedside-1")["refusals"]["of-another-patient"] == 1


def test_readings_of_observations_outlive_a_kill_and_are_never_doubled(door):
    door.ward.add("fhir-2", "bedside-monitor")
    for number in range(30):
        door.put(observation(f"k-{number}", percent(80 + number % 9), seconds=900 + number, device="fhir-2"))
    door.ward.kill()
    door.ward.open()
    bearer = {"Authorization": f"Bearer {door.ward.bearer('importer')}"}

    def count() -> int:
        rows = requests.get(f"{door.ward.base}/api/devices/fhir-2/streams", headers=bearer, timeout=30).json()
        return sum(row["count"] for row in rows)

    while count() < 30:
        time.sleep(0.1)
    door.ward.kill()
    door.ward.open()
    assert count() == 30


def test_an_encrypted_door_takes_gateways_that_show_a_certificate(tmp_path):
    certificate(tmp_path, "ca")
    for name in ("server", "gateway"):
        certificate(tmp_path, name, "ca")
    certificate(tmp_path, "stranger")
    port = free_port()
    encrypted = Door(tmp_path, mllp_tls=f"127.0.0.1:{port}", mllp_certificate=tmp_path / "server.pem",
                     mllp_key=tmp_path / "server.key", mllp_client_ca=tmp_path / "ca.pem")

    def send(shown: str | None) -> bytes:
        context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        if shown:
            context.load_cert_chain(tmp_path / f"{shown}.pem", tmp_path / f"{shown}.key")
        with MLLPClient("127.0.0.1", port) as client:
            client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
            return client.send_message(message([result(97)]))

    try:
        answer = hl7.parse(send("gateway").strip(b"\x0b\x1c\r").decode())
        assert code(answer) == "AA"
        assert encrypted.quality()["accepted"] == 1
        # Who shows none, or one that nobody vouches for, is not heard.
        for shown in (None, "stranger"):
            try:
                assert send(shown) == b""
            except OSError:
                pass
        # Nor is who does not encrypt.
        plain = MLLPClient("127.0.0.1", port)
        try:
            assert b"MSA" not in plain.send_message(message([result(96)]))
        except OSError:
            pass
        finally:
            plain.close()
        assert encrypted.quality()["accepted"] == 1
        turned_away = encrypted.ward.get("/api/devices")["turned_away"]
        assert sum(one["times"] for one in turned_away) >= 3 and {one["from"] for one in turned_away} == {"127.0.0.1"}
    finally:
        encrypted.ward.process.terminate()
        encrypted.ward.process.wait(timeout=60)


def test_a_monitor_that_names_who_has_left_its_bed_measures_nobody(door):
    of_kind = {"system": "http://terminology.hl7.org/CodeSystem/location-physical-type"}
    for place, kind, within in (("w", "wa", {}), ("b", "bd", {"partOf": {"reference": "Location/w"}})):
        door.put({"resourceType": "Location", "id": place, "status": "active", "name": place,
                  "physicalType": {"coding": [of_kind | {"code": kind}]}} | within)
    here = ["device", "add", "bedside-1", "--profile", "bedside-monitor", "--patient", "one"]
    before = result(93, device="bedside-1")
    assert code(door.send(message([before]))) == "AA"
    # By the registry it stands at a bed in which nobody lies.
    door.ward.run(*here, "--location", "b")
    while not door.ward.device("bedside-1")["left_behind"]:
        time.sleep(0.1)
    for value, person in ((60, None), (61, "MRN-one^^^HIS^MR")):
        since = result(value, device="bedside-1", seconds=0)
        assert code(door.send(message([since], patient=person))) == "AA"
    assert door.last("one", "bedside-1")["150456"]["last"]["value"] == 93
    assert door.quality("bedside-1")["marks"]["left-behind"] == 2
    # What is put right of when they lay there is theirs, by who names them; of since then it is nobody's.
    right = before | {"5": "92", "11": "C"}
    assert code(door.send(message([right], patient=None))) == "AE"
    assert code(door.send(message([since | {"5": "59", "11": "C"}]))) == "AE"
    assert door.last("one", "bedside-1")["150456"]["last"]["value"] == 93
    assert code(door.send(message([right]))) == "AA"
    assert door.last("one", "bedside-1")["150456"]["last"]["value"] == 92
    # The message and the registry name two patients.
    assert code(door.send(message([result(62, device="bedside-1")], patient="MRN-two^^^HIS^MR"))) == "AE"
    door.ward.run(*here)
    assert code(door.send(message([result(94, device="bedside-1", seconds=0)]))) == "AA"
    assert door.last("one", "bedside-1")["150456"]["last"]["value"] == 94
