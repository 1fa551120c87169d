"""The MQTT door, spoken to by mosquitto's clients and by paho (MQTT 3.1.1 and 5)."""

import datetime
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

import cbor2
import paho.mqtt.client as paho
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from fhir.resources.R4B import get_fhir_model_class
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import mqtt_wire
from conftest import ROOT, free_port
from imaging_hospital import certificate

SPO2 = {"code": "150456", "unit": "%"}
V3, V5 = paho.MQTTv311, paho.MQTTv5


def now_ms() -> int:
    return int(time.time() * 1000)


class Ward:
    """A hospital of its own, so that it can be killed."""

    def __init__(self, folder: pathlib.Path, **settings: object):
        self.words: list[str] = []
        self.settings = {f"YUANYI_{name.upper()}": str(value) for name, value in settings.items()}
        self.program = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
        self.data = folder
        self.http, self.mqtt = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.http}"
        self.log = open(folder.parent / "ward.log", "a+", encoding="utf-8")
        self.put_user("admin", "admin")
        self.put_user("nurse", "nurse")
        self.open()

    def put_user(self, user: str, role: str) -> None:
        command = [self.program, "user", "put", user, "--name", user, "--role", role, "--data", str(self.data)]
        subprocess.run(command, input=b"a password of some length 7", check=True, stderr=subprocess.DEVNULL)

    def open(self) -> None:
        self.process = subprocess.Popen(
            [self.program, "serve", "--http", f"127.0.0.1:{self.http}", "--dicom", "off",
             "--mqtt", f"127.0.0.1:{self.mqtt}", "--data", str(self.data), *self.words],
            stdout=self.log, stderr=subprocess.STDOUT, env=os.environ | self.settings, cwd=self.data.parent)
        while True:
            try:
                if requests.get(self.base + "/readyz", timeout=5).ok:
                    return
            except requests.ConnectionError:
                assert self.process.poll() is None, pathlib.Path(self.log.name).read_text(encoding="utf-8")
            time.sleep(0.1)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def move_to_a_copy(self) -> None:
        """Copies the hospital while it runs, kills it, and goes on with what was laid down from the copy."""
        number = sum(1 for _ in self.data.parent.glob("copy-*"))
        copy, laid = (self.data.parent / f"{name}-{number}" for name in ("copy", "laid"))
        for words in (["backup", str(copy), "--data", str(self.data)], ["restore", str(copy), "--data", str(laid)]):
            subprocess.run([self.program, *words], check=True, capture_output=True)
        self.kill()
        self.data = laid
        self.open()

    def run(self, *words: str) -> str:
        command = [self.program, *words, "--as", "admin", "--to", self.base, "--data", str(self.data)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def add(self, device: str, profile: str) -> str:
        """Registers a device; its token."""
        return self.run("device", "add", device, "--profile", profile)

    def bearer(self, user: str) -> str:
        command = [self.program, "token", "new", "--as", user, "--data", str(self.data)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def get(self, path: str, user: str = "admin"):
        answer = requests.get(self.base + path, headers={"Authorization": f"Bearer {self.bearer(user)}"}, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def ledger(self) -> int:
        """How many entries the ledger has."""
        checkpoint = requests.get(f"{self.base}/api/ledger/checkpoint", timeout=30)
        checkpoint.raise_for_status()
        return checkpoint.json()["size"]

    def written_about(self, user: str) -> int:
        """How many entries of the journal say what somebody asked for."""
        who = json.dumps({"system": "urn:yuanyi:account", "value": user}, separators=(",", ":")).encode()
        return sum(log.read_bytes().count(b'"agent":[{"who":{"identifier":' + who) for log in self.data.glob("journal/*.log"))

    def device(self, device: str) -> dict:
        return self.get(f"/api/devices/{device}")

    def quality(self, device: str) -> dict:
        return self.device(device)["quality"]


@pytest.fixture(scope="module")
def ward():
    with tempfile.TemporaryDirectory(prefix="yuanyi-mqtt-") as folder:
        data = pathlib.Path(folder) / "data"
        data.mkdir()
        running = Ward(data)
        yield running
        running.process.terminate()
        running.process.wait(timeout=60)


class Client:
    """paho, with what it heard."""

    def __init__(self, ward: Ward, client_id: str, password: str, version=V5, clean=True, user=None, will=None,
                 will_delay=0, most_packet=None):
        five = {} if version == V5 else {"clean_session": clean}
        self.paho = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version, **five)
        self.paho.username_pw_set(user or client_id, password)
        self.paho.max_inflight_messages_set(1000)
        self.connected, self.answer, self.heard, self.acked = threading.Event(), None, [], {}
        self.lost = threading.Event()
        self.paho.on_connect = self._on_connect
        self.paho.on_disconnect = lambda *_: self.lost.set()
        self.paho.on_message = lambda c, u, m: self.heard.append(m)
        self.paho.on_publish = self._on_publish
        if will:
            delay = Properties(PacketTypes.WILLMESSAGE) if version == V5 else None
            if delay:
                delay.WillDelayInterval = will_delay
            self.paho.will_set(*will, properties=delay)
        properties = None
        if version == V5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 0 if clean else 3600
            if most_packet:
                properties.MaximumPacketSize = most_packet
            self.paho.connect("127.0.0.1", ward.mqtt, clean_start=clean, properties=properties)
        else:
            self.paho.connect("127.0.0.1", ward.mqtt)
        self.paho.loop_start()
        assert self.connected.wait(60)

    def _on_connect(self, client, userdata, flags, reason, properties):
        self.answer, self.present = reason, flags.session_present
        self.connected.set()

    def _on_publish(self, client, userdata, mid, reason, properties):
        self.acked[mid] = reason

    def send(self, topic: str, payload, qos=1, retain=False):
        """Publishes and waits for the acknowledgement; its reason."""
        body = payload if isinstance(payload, (bytes, str)) else json.dumps(payload)
        info = self.paho.publish(topic, body, qos=qos, retain=retain)
        info.wait_for_publish(60)
        assert info.is_published()
        until = time.monotonic() + 60
        while info.mid not in self.acked and time.monotonic() < until:
            time.sleep(0.01)
        return self.acked.get(info.mid)

    def subscribe(self, topic: str, qos=1):
        codes = []
        done = threading.Event()

        def on_subscribe(client, userdata, mid, reasons, properties):
            codes.extend(reasons)
            done.set()

        self.paho.on_subscribe = on_subscribe
        self.paho.subscribe(topic, qos)
        assert done.wait(60)
        return codes[0]

    def hears(self, count: int):
        until = time.monotonic() + 60
        while len(self.heard) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.heard

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def drop(self) -> None:
        """Goes without a word."""
        self.paho.loop_stop()
        self.paho._sock_close()


def mosquitto_pub(ward: Ward, device: str, token: str, topic: str, payload: str, *more: str):
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(ward.mqtt), "-i", device, "-u", device, "-P", token,
               "-t", topic, "-m", payload, *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
@pytest.mark.parametrize("qos", ["0", "1", "2"])
def test_mosquitto_pub_is_taken(ward, version, qos):
    device = f"mosquitto-{version}-{qos}"
    token = ward.add(device, "pulse-oximeter")
    payload = json.dumps(SPO2 | {"t": now_ms(), "value": 97})
    done = mosquitto_pub(ward, device, token, f"yuanyi/v1/{device}/spo2", payload, "-V", version, "-q", qos)
    assert done.returncode == 0, done.stderr
    until = time.monotonic() + 60
    while ward.quality(device)["accepted"] == 0 and time.monotonic() < until:
        time.sleep(0.1)
    assert ward.quality(device)["accepted"] == 1


@pytest.mark.parametrize("version", [V3, V5])
def test_paho_sends_json_and_cbor_and_hears_itself(ward, version):
    device = f"paho-{version}"
    token = ward.add(device, "pulse-oximeter")
    client = Client(ward, device, token, version)
    client.subscribe(f"yuanyi/v1/{device}/#")
    sent = [json.dumps(SPO2 | {"t": now_ms() - 2000, "value": 97}).encode(),
            cbor2.dumps(SPO2 | {"t": now_ms() - 1000, "value": [96.5, None, 95], "period_ms": 1000})]
    for payload in sent:
        client.send(f"yuanyi/v1/{device}/spo2", payload)
    assert [message.payload for message in client.hears(2)] == sent
    quality = ward.quality(device)
    assert quality["accepted"] == 3
    assert quality["marks"]["not-measured"] == 2, "one mark for each piece beside the gap"
    client.close()


BAD = [
    ({"code": "150456", "value": 97, "unit": "Cel"}, "unit-of-something-else"),
    ({"code": "150456", "value": 97, "unit": "percent"}, "unit-unknown"),
    ({"code": "150456", "value": 97}, "unit-missing"),
    ({"code": "150456", "value": 104, "unit": "%"}, "out-of-range"),
    ({"code": "150364", "value": 97, "unit": "%"}, "code-of-another-stream"),
    ('{"code": "150456", "value": 97, "un', "not-understood"),
    (b"\xa3\x64code\x66150456", "not-understood"),
]


@pytest.mark.parametrize("version", [V3, V5])
def test_what_cannot_be_true_is_refused_with_a_reason_and_the_rest_goes_on(ward, version):
    device = f"bad-{version}"
    token = ward.add(device, "pulse-oximeter")
    client = Client(ward, device, token, version)
    for payload, code in BAD:
        reason = client.send(f"yuanyi/v1/{device}/spo2", payload)
        if version == V5:
            assert reason.value == 0x99, (payload, reason)
        latest = ward.quality(device)["latest"][0]
        assert (latest["code"], latest["topic"]) == (code, "spo2")
        assert latest["why"]["zh"] and latest["why"]["en"]
    client.send(f"yuanyi/v1/{device}/spo2", SPO2 | {"t": now_ms(), "value": 97})
    quality = ward.quality(device)
    assert (quality["accepted"], sum(quality["refusals"].values())) == (1, len(BAD))
    client.close()


def test_1970_duplicates_and_disorder_are_marked(ward):
    token = ward.add("clock-1", "pulse-oximeter")
    client = Client(ward, "clock-1", token)
    topic = "yuanyi/v1/clock-1/spo2"
    client.send(topic, SPO2 | {"t": "1970-01-01T00:01:00Z", "value": 97})
    client.send(topic, SPO2 | {"t": "1970-01-01T00:01:01Z", "value": 97})
    quality = ward.quality("clock-1")
    assert quality["marks"]["clock-corrected"] == 2
    at = now_ms()
    for t, value in [(at - 2000, 95), (at - 2000, 95), (at - 2000, 90), (at - 5000, 94)]:
        client.send(topic, SPO2 | {"t": t, "value": value})
    quality = ward.quality("clock-1")
    assert quality["duplicates"] == 1
    assert quality["marks"]["conflicting"] == 1
    assert quality["marks"]["late"] >= 1
    assert quality["accepted"] == 5
    client.close()


def test_no_device_speaks_for_another(ward):
    mine, other = ward.add("mine-1", "thermometer"), ward.add("other-1", "thermometer")
    body = {"code": "150364", "value": 37, "unit": "Cel"}
    # Another's name with one's own token.
    refused = mosquitto_pub(ward, "other-1", mine, "yuanyi/v1/other-1/temperature", json.dumps(body))
    assert refused.returncode != 0
    assert ward.quality("other-1")["messages"] == 0
    turned_away = ward.get("/api/devices")["turned_away"][0]
    assert (turned_away["code"], turned_away["claimed"]) == ("foreign-id", "other-1")
    # Another's topic.
    client = Client(ward, "mine-1", mine)
    assert client.send("yuanyi/v1/other-1/temperature", body).value == 0x87
    assert client.subscribe("yuanyi/v1/other-1/#").is_failure
    assert client.subscribe("#").is_failure
    assert client.send("yuanyi/v1/mine-1/temperature", body).value == 0
    client.close()
    old = Client(ward, "mine-1", mine, V3)
    old.paho.publish("yuanyi/v1/other-1/temperature", json.dumps(body), qos=1)
    assert old.lost.wait(60), "MQTT 3.1.1 has no other way to say no"
    old.drop()
    assert ward.quality("other-1")["messages"] == 0
    assert ward.quality("mine-1")["refusals"]["foreign-topic"] >= 2
    # No token, a made-up one.
    assert mosquitto_pub(ward, "other-1", "x" * 64, "yuanyi/v1/other-1/temperature", "{}").returncode != 0
    assert other


def test_a_revoked_token_puts_its_device_out(ward):
    token = ward.add("revoked-1", "thermometer")
    client = Client(ward, "revoked-1", token)
    ward.run("device", "revoke", "revoked-1")
    assert client.lost.wait(60)
    client.drop()
    again = Client(ward, "revoked-1", token)
    assert again.answer.is_failure
    again.drop()


def test_only_the_token_that_was_shown_counts(ward):
    token = ward.add("rotated-1", "thermometer")
    client = Client(ward, "rotated-1", token)
    ward.run("device", "revoke", "rotated-1")
    ward.run("device", "token", "rotated-1")
    assert client.lost.wait(60), "another token of the device is none of this connection"
    client.drop()


def test_a_closed_account_sends_no_more_commands(ward):
    ward.put_user("leaver", "admin")
    ward.add("pump-9", "infusion-pump")
    leaver = Client(ward, "leaving", ward.bearer("leaver"), user="leaver")
    topic = "yuanyi/v1/pump-9/command"
    assert leaver.send(topic, {"command": "identify"}).value == 0
    # A new password ends all tokens of the account, and with them what they opened.
    ward.put_user("leaver", "admin")
    leaver.paho.publish(topic, json.dumps({"command": "identify"}), qos=1)
    assert leaver.lost.wait(60)
    leaver.drop()
    assert len(ward.get("/api/devices/pump-9/commands")["commands"]) == 1


def test_what_was_measured_before_a_device_came_to_its_patient_is_not_the_patients(ward):
    ward.put_user("importer", "system")
    bearer = {"Authorization": f"Bearer {ward.bearer('importer')}"}
    for patient in ("before", "after"):
        answer = requests.put(f"{ward.base}/fhir/Patient/{patient}", headers=bearer, timeout=30,
                              json={"resourceType": "Patient", "id": patient})
        assert answer.ok, answer.text
    add = ["device", "add", "moved-1", "--profile", "pulse-oximeter", "--patient"]
    token = ward.run(*add, "before")
    topic = "yuanyi/v1/moved-1/spo2"
    client = Client(ward, "moved-1", token)
    buffered = now_ms()
    assert client.send(topic, SPO2 | {"t": now_ms(), "value": 96}).value == 0
    time.sleep(0.05)
    ward.run(*add, "after")
    assert client.send(topic, SPO2 | {"t": buffered + 20, "value": 71}).value == 0x99
    assert client.send(topic, SPO2 | {"t": now_ms(), "value": 98}).value == 0
    client.close()
    quality = ward.quality("moved-1")
    assert (quality["accepted"], quality["refusals"]) == (2, {"before-assignment": 1})
    for patient, value in [("before", 96), ("after", 98)]:
        answer = requests.get(f"{ward.base}/api/patients/{patient}/signals", headers=bearer, timeout=30)
        [row] = answer.json()
        assert row["last"]["value"] == value
        assert row["title"] == {"zh": "血氧饱和度", "en": "Oxygen saturation"}


def test_what_profiles_show_becomes_observations_and_the_newest_pair_of_pressures_is_the_last(ward):
    ward.put_user("importer", "system")
    bearer = {"Authorization": f"Bearer {ward.bearer('importer')}"}
    patient = {"resourceType": "Patient", "id": "shown"}
    assert requests.put(f"{ward.base}/fhir/Patient/shown", headers=bearer, json=patient, timeout=30).ok

    def found(query: str) -> list[dict]:
        answer = requests.get(f"{ward.base}/fhir/Observation{query}", headers=bearer, timeout=30)
        assert answer.ok, answer.text
        return [entry["resource"] for entry in answer.json().get("entry", [])]

    def within_a_minute(query: str, holds) -> list[dict]:
        begun = time.monotonic()
        while not holds(resources := found(query)):
            assert time.monotonic() - begun < 60, resources
            time.sleep(0.2)
        return resources

    clients = {}
    for kind in ("glucose-meter", "peak-flow", "bedside-monitor", "thermometer"):
        token = ward.run("device", "add", f"shown-{kind}", "--profile", kind, "--patient", "shown")
        clients[kind] = Client(ward, f"shown-{kind}", token)

    def send(kind: str, stream: str, payload) -> None:
        assert clients[kind].send(f"yuanyi/v1/shown-{kind}/{stream}", payload).value == 0

    t = now_ms()
    # Of a spot device each counts, of a monitor one of the hour.
    for later, value in ((0, 54), (20_000, 92)):
        send("glucose-meter", "glucose", {"t": t + later, "code": "160184", "unit": "mg/dL", "value": value})
    send("peak-flow", "pef", {"t": t, "code": "152584", "unit": "L/min", "value": 412})
    for later, upper, lower in ((0, 121, 79), (1000, 182, 111)):
        send("bedside-monitor", "nibp", [{"t": t + later, "code": code, "unit": "mm[Hg]", "value": value}
                                         for code, value in (("150021", upper), ("150022", lower))])
    glucose = within_a_minute("?subject=Patient/shown&code=160184", lambda all: len(all) == 2)
    assert sorted(one["valueQuantity"]["value"] for one in glucose) == [54, 92]
    assert {coding["code"] for coding in glucose[0]["code"]["coding"]} == {"160184", "41653-7"}
    [blow] = within_a_minute("?subject=Patient/shown&code=152584", len)
    assert (blow["valueQuantity"]["code"], "needs confirmation" in blow["note"][0]["text"]) == ("L/min", True)
    [pressures] = within_a_minute("?subject=Patient/shown&code=85354-9", len)
    assert pressures["component"][0]["valueQuantity"]["value"] == 121
    [last] = found("/$lastn?patient=shown&code=85354-9")
    assert [part["valueQuantity"]["value"] for part in last["component"]] == [182, 111]
    codes = {one["code"]["coding"][0]["code"] for one in found("/$lastn?patient=shown")}
    assert codes == {"160184", "152584", "85354-9"}
    # So does the span of each series, as samples; by which names operations go says the server itself.
    end = datetime.datetime.fromtimestamp(t / 1000 + 60, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    [sampled] = found(f"/$sampled?patient=shown&code=http://loinc.org|41653-7&end={end}")
    get_fhir_model_class("Observation").model_validate(sampled)
    assert (sampled["valueSampledData"]["data"], sampled["valueSampledData"]["period"]) == ("54 92", 20_000)
    statement = requests.get(f"{ward.base}/fhir/metadata", timeout=30).json()
    get_fhir_model_class("CapabilityStatement").model_validate(statement)
    [observation] = [one for one in statement["rest"][0]["resource"] if one["type"] == "Observation"]
    assert {one["name"] for one in observation["operation"]} == {"lastn", "sampled"}
    # Without a clock a monitor is believed when it sends; a meter may have held the value back.
    warm = {"code": "150364", "unit": "Cel"}
    send("thermometer", "temperature", warm | {"value": 41.5})
    send("bedside-monitor", "temperature", warm | {"value": 37.1})
    [temperature] = within_a_minute("?subject=Patient/shown&code=8310-5", len)
    assert temperature["valueQuantity"]["value"] == 37.1 and "no clock" in temperature["note"][0]["text"]
    for client in clients.values():
        client.close()


def test_a_will_is_not_told_of_who_came_back_or_was_put_out(ward):
    token = ward.add("will-1", "infusion-pump")
    topic = "yuanyi/v1/will-1/state"
    will = (topic, json.dumps({"online": False}), 1, True)
    client = Client(ward, "will-1", token, will=will, will_delay=3, clean=False)
    client.send(topic, {"online": True}, retain=True)
    client.drop()
    again = Client(ward, "will-1", token, will=will, will_delay=3, clean=False)
    assert again.present
    again.close()
    time.sleep(4)
    assert ward.quality("will-1")["state"] == {"online": True}, "it came back, and went in order"
    third = Client(ward, "will-1", token, will=will, will_delay=3, clean=False)
    third.drop()
    ward.run("device", "revoke", "will-1")
    time.sleep(4)
    assert ward.quality("will-1")["state"] == {"online": True}, "its token counts no more"


def test_what_a_device_is_given_and_asked_stands_in_the_ledger(ward):
    ward.add("given-1", "infusion-pump")
    ward.run("device", "token", "given-1")
    for act in (["token", "given-1"], ["command", "given-1", "identify"], ["revoke", "given-1"]):
        before = ward.ledger()
        ward.run("device", *act)
        # That they may administer was written down within the minute.
        assert ward.ledger() - before >= 1, act


def test_a_command_is_taken_as_a_whole_or_not_at_all(ward):
    token = ward.add("pump-8", "infusion-pump")
    bearer = {"Authorization": f"Bearer {ward.bearer('admin')}"}
    url = f"{ward.base}/api/devices/pump-8/commands"
    for body in ({"command": "a" * 65}, {"command": "set", "parameters": "x" * 9000}, {"command": ""}):
        assert requests.post(url, json=body, headers=bearer, timeout=30).status_code == 400
    large = {"command": "set", "parameters": "x" * 8000}
    for _ in range(50):
        requests.post(url, json=large, headers=bearer, timeout=30).raise_for_status()
    assert requests.post(url, json=large, headers=bearer, timeout=30).status_code == 400
    client = Client(ward, "pump-8", token)
    topic = "yuanyi/v1/pump-8/command"
    for wish in (topic, "yuanyi/v1/pump-8/#", topic):
        client.subscribe(wish)
    assert len({json.loads(message.payload)["id"] for message in client.hears(50)}) == 50
    assert not client.lost.is_set()
    client.close()


def test_who_takes_small_packets_only_gets_those_and_stays(ward):
    token = ward.add("small-1", "infusion-pump")
    client = Client(ward, "small-1", token, clean=False, most_packet=400)
    client.subscribe("yuanyi/v1/small-1/command")
    ward.run("device", "command", "small-1", "set", "--parameters", json.dumps("x" * 500))
    small = ward.run("device", "command", "small-1", "identify")
    assert [json.loads(message.payload)["id"] for message in client.hears(1)] == [small]
    client.close()


def test_one_account_does_not_take_all_places(ward):
    bearer = ward.bearer("nurse")
    there = [Client(ward, f"many-{number}", bearer, user="nurse") for number in range(17)]
    assert [client.answer.is_failure for client in there] == [False] * 16 + [True]
    for client in there[:16]:
        client.close()
    there[16].drop()


def test_who_listens_to_everything_fills_no_ledger(ward):
    ward.put_user("nobody", "expert")
    listener = Client(ward, "everything", ward.bearer("nobody"), user="nobody")
    assert not listener.subscribe("#").is_failure
    token = ward.run("device", "add", "moved-2", "--profile", "pulse-oximeter", "--patient", "after")
    client = Client(ward, "moved-2", token)
    before = ward.written_about("nobody")
    assert before > 0
    client.send("yuanyi/v1/moved-2/spo2", SPO2 | {"t": now_ms(), "value": 96})
    for _ in range(20):
        assert listener.send("yuanyi/v1/moved-2/command", {"command": "identify"}).value == 0x87
    assert not [message for message in listener.heard if "moved-2" in message.topic]
    # One command that was refused; a minute may have passed meanwhile.
    assert 1 <= ward.written_about("nobody") - before <= 3
    listener.close()
    client.close()


def test_what_was_acknowledged_outlives_a_kill(ward):
    token = ward.add("killed-1", "bedside-monitor")
    start = now_ms() - 60_000
    for attempt in range(3):
        client = Client(ward, "killed-1", token)
        sent = {}
        for number in range(200):
            t = start + attempt * 10_000 + number * 20
            info = client.paho.publish("yuanyi/v1/killed-1/spo2", json.dumps(SPO2 | {"t": t, "value": 90}), qos=1)
            sent[info.mid] = t
            if number == 120:
                time.sleep(0.05)
        ward.kill()
        acknowledged = [sent[mid] for mid, reason in list(client.acked.items()) if mid in sent]
        client.drop()
        ward.open()
        again = Client(ward, "killed-1", token)
        before = ward.quality("killed-1")["accepted"]
        # Sent once more, what was acknowledged is known, and doubles nothing: the record says so.
        for t in acknowledged:
            again.send("yuanyi/v1/killed-1/spo2", SPO2 | {"t": t, "value": 90})
        again.close()
        quality = ward.quality("killed-1")
        assert acknowledged, "some were acknowledged before the kill"
        known = quality["known"] + quality["duplicates"]
        assert known >= len(acknowledged), (before, quality)


@pytest.mark.parametrize("recording", ["icu-s25047", "cpap-night"])
def test_a_simulated_device_replays_a_recording(ward, recording):
    file = ROOT / f"demo/devices/{recording}.json"
    name = f"simulated-{recording}"
    token = ward.add(name, json.loads(file.read_text(encoding="utf-8"))["profile"])
    command = [ward.program, "device", "simulate", str(file), "--device", name, "--token", token,
               "--mqtt", f"127.0.0.1:{ward.mqtt}", "--from-s", "600", "--seconds", "3"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    quality = ward.quality(name)
    assert re.search(r"acknowledged: [1-9]", done.stdout), done.stdout
    assert quality["accepted"] > 0 and not quality["refusals"] and quality["state"]["online"] is True


def of_days(folder: pathlib.Path, name: str, ca: str, first: float, last: float) -> None:
    """A certificate for the key of `name` that is valid between two days counted from now, which openssl's `x509` cannot make."""
    request = x509.load_pem_x509_csr((folder / f"{name}.csr").read_bytes())
    issuer = x509.load_pem_x509_certificate((folder / f"{ca}.pem").read_bytes())
    key = serialization.load_pem_private_key((folder / f"{ca}.key").read_bytes(), None)
    day, now = datetime.timedelta(days=1), datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(request.subject).issuer_name(issuer.subject)
            .public_key(request.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now + first * day).not_valid_after(now + last * day).sign(key, hashes.SHA256()))
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))


def test_a_certificate_stands_for_a_token_while_it_is_good(tmp_path):
    for name, ca in [("ca", None), ("hospital", "ca"), ("ox-1", "ca"), ("ox-2", "ca"), ("old", "ca"), ("other-ca", None),
                     ("stranger", "other-ca")]:
        certificate(tmp_path, name, ca)
    # A stranger's authority signs for a name of this hospital.
    other = tmp_path / "other"
    other.mkdir()
    certificate(other, "strangers-ca")
    certificate(other, "ox-1", "strangers-ca")
    certificate(tmp_path, "ox-3", "ca")
    of_days(tmp_path, "ox-3", "ca", 1, 2)
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    tls = Ward(data, mqtt_tls=f"127.0.0.1:{port}", mqtt_certificate=tmp_path / "hospital.pem",
               mqtt_key=tmp_path / "hospital.key", mqtt_client_ca=tmp_path / "ca.pem")
    token = tls.add("ox-1", "pulse-oximeter")
    tls.add("ox-2", "pulse-oximeter")
    tls.add("ox-3", "pulse-oximeter")
    tls.put_user("technician", "technician")

    def register(device, pem):
        bearer = {"Authorization": f"Bearer {tls.bearer('technician')}"}
        return requests.post(f"{tls.base}/api/devices/{device}/certificate", data=pem, headers=bearer, timeout=30)

    # What is no certificate, more than one, or out of date is not taken, and why is said.
    pem = (tmp_path / "ox-1.pem").read_bytes()
    of_days(tmp_path, "old", "ca", -2, -1)
    over = (tmp_path / "old.pem").read_bytes()
    for text, why in [(b"", "PEM"), ((tmp_path / "ox-1.key").read_bytes(), "PEM"), (pem + over, "PEM"), (b"\xff\x00", "PEM"),
                      (over, "out of date")]:
        refused = register("ox-1", text)
        assert refused.status_code == 400 and why in refused.json()["detail"], refused.text
    assert tls.device("ox-1")["certificate_until"] is None
    # Out of date: signed anew for a span of time that ends in a moment.
    of_days(tmp_path, "old", "ca", -2, 20 / 86_400)
    over_at = time.monotonic() + 21
    registered = register("ox-2", (tmp_path / "old.pem").read_bytes())
    assert registered.status_code == 200, registered.text
    assert tls.device("ox-2")["certificate_until"] == registered.json()["valid_until"]
    tls.run("device", "certificate", "ox-1", str(tmp_path / "ox-1.pem"))

    def publish(device, value, *more):
        payload = json.dumps(SPO2 | {"t": now_ms(), "value": value})
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "--cafile", str(tmp_path / "ca.pem"), "-i", device,
                   "-t", f"yuanyi/v1/{device}/spo2", "-m", payload, "-q", "1", "-V", "mqttv5", *map(str, more)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60).returncode

    def shows(name):
        return ["--cert", tmp_path / f"{name}.pem", "--key", tmp_path / f"{name}.key"]

    try:
        assert publish("ox-1", 97, *shows("ox-1")) == 0
        assert publish("ox-1", 96, "-u", "ox-1", "-P", token) == 0, "a token does as well, encrypted"
        assert publish("ox-2", 95, *shows("ox-1")) != 0, "it is another's"
        assert publish("ox-2", 95, *shows("ox-2")) != 0, "it is signed, but nobody registered it"
        time.sleep(max(0, over_at - time.monotonic()))
        assert publish("ox-2", 95, *shows("old")) != 0, "it is registered, but out of date"
        assert publish("ox-1", 95, *shows("stranger")) != 0, "nobody here trusts who signed it"
        assert publish("ox-1", 95) != 0, "neither is shown"
        assert (tls.quality("ox-1")["accepted"], tls.quality("ox-2")["messages"]) == (2, 0)
        publish("ox-1", 95, "--cert", other / "ox-1.pem", "--key", other / "ox-1.key")
        assert publish("ox-3", 95, *shows("ox-3")) != 0, "it is not valid yet"
        # Each says which it was, and which device it claims to be: by its registered certificate, else by its name.
        turned_away = {(one["code"], one["claimed"]) for one in tls.get("/api/devices")["turned_away"]}
        assert turned_away >= {
            ("certificate-expired", "ox-2"), ("certificate-unknown-issuer", None), ("certificate-unknown-issuer", "ox-1"),
            ("certificate-not-yet-valid", "ox-3"),
        }, turned_away
        assert {"foreign-id", "not-known"} <= {code for code, _ in turned_away}
        # Who looks after devices is told of those that claim to be one of them.
        told = {(one["code"], one["claimed"]) for one in tls.get("/api/devices", "technician")["turned_away"]}
        assert told == {(code, claimed) for code, claimed in turned_away if claimed is not None}, told
    finally:
        tls.process.terminate()
        tls.process.wait(timeout=60)


def test_a_flood_from_one_costs_others_nothing(ward):
    loud, calm = ward.add("loud-1", "thermometer"), ward.add("calm-1", "thermometer")
    body = {"code": "150364", "unit": "Cel"}
    flood = Client(ward, "loud-1", loud, V3)
    for number in range(3000):
        payload = json.dumps(body | {"t": now_ms() - 10_000 + number, "value": 36 + number % 10 / 10})
        flood.paho.publish("yuanyi/v1/loud-1/temperature", payload, qos=0)
    client = Client(ward, "calm-1", calm)
    for number in range(20):
        reason = client.send("yuanyi/v1/calm-1/temperature", body | {"t": now_ms() - 1000 + number, "value": 37})
        assert reason.value == 0
    quiet, heavy = ward.quality("calm-1"), ward.quality("loud-1")
    assert quiet["accepted"] == 20 and quiet["slowed"] == 0
    assert heavy["slowed"] >= 1
    assert heavy["messages"] < 3000, "it is read as fast as its kind may send, no faster"
    client.close()
    flood.drop()


def test_state_is_kept_and_a_will_is_told(ward):
    token = ward.add("state-1", "infusion-pump")
    topic = "yuanyi/v1/state-1/state"
    client = Client(ward, "state-1", token, will=(topic, json.dumps({"online": False}), 1, True))
    client.send(topic, {"online": True, "battery": {"percent": 80}}, retain=True)
    listener = Client(ward, "watching", ward.bearer("nurse"), user="nurse")
    assert not listener.subscribe(topic).is_failure
    assert json.loads(listener.hears(1)[0].payload)["online"] is True
    assert listener.heard[0].retain
    client.drop()
    assert json.loads(listener.hears(2)[1].payload) == {"online": False}
    listener.close()
    assert ward.quality("state-1")["state"] == {"online": False}


def test_a_command_waits_for_its_device_and_its_answer_is_kept(ward):
    token = ward.add("pump-1", "infusion-pump")
    command = ward.run("device", "command", "pump-1", "identify", "--parameters", '{"seconds": 3}')
    client = Client(ward, "pump-1", token)
    client.subscribe("yuanyi/v1/pump-1/command")
    asked = json.loads(client.hears(1)[0].payload)
    assert (asked["id"], asked["command"], asked["parameters"]) == (command, "identify", {"seconds": 3})
    client.send("yuanyi/v1/pump-1/command/ack", {"id": command, "answer": "done"})
    assert ward.get("/api/devices/pump-1/commands")["commands"][0]["state"] == "done"
    assert client.send("yuanyi/v1/pump-1/command", {"command": "x"}).value == 0x87
    client.close()


@pytest.mark.parametrize("version", [V3, V5])
def test_a_session_keeps_what_came_meanwhile(ward, version):
    name = f"kept-{version}"
    token = ward.add(name, "infusion-pump")
    topic = f"yuanyi/v1/{name}/command"
    first = Client(ward, name, token, version, clean=False)
    assert not first.present
    first.subscribe(topic)
    first.close()
    command = ward.run("device", "command", name, "identify")
    second = Client(ward, name, token, version, clean=False)
    assert second.present
    assert command in {json.loads(message.payload)["id"] for message in second.hears(1)}
    second.close()


def test_people_hear_what_the_policies_permit(ward):
    token = ward.add("room-1", "room-sensor")
    nurse = Client(ward, "phone", ward.bearer("nurse"), user="nurse")
    assert not nurse.subscribe("yuanyi/v1/room-1/temperature").is_failure
    sensor = Client(ward, "room-1", token)
    body = {"t": now_ms(), "code": "room-temperature", "value": 22.5, "unit": "Cel"}
    sensor.send("yuanyi/v1/room-1/temperature", body)
    assert json.loads(nurse.hears(1)[0].payload) == body
    # People send nothing but commands, and those only who administer.
    reason = nurse.send("yuanyi/v1/room-1/command", {"command": "identify"})
    assert reason.value == 0x87
    nurse.close()
    sensor.close()


@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
def test_mosquitto_sub_hears_what_is_kept_and_what_is_measured(ward, version):
    name = f"heard-{version}"
    sensor = Client(ward, name, ward.add(name, "room-sensor"))
    state, reading = {"online": True}, {"t": now_ms(), "code": "room-temperature", "value": 22.5, "unit": "Cel"}
    sensor.send(f"yuanyi/v1/{name}/state", state, retain=True)
    # Each message as a line: whether it was kept, its quality of service, its topic and its payload.
    command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(ward.mqtt), "-V", version, "-i", f"watch-{version}", "-u", "nurse",
               "-P", ward.bearer("nurse"), "-q", "1", "-C", "2", "-W", "60", "-F", "%r %q %t %p",
               "-t", f"yuanyi/v1/{name}/state", "-t", f"yuanyi/v1/{name}/temperature"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as listener:
        # What was kept is told to who has subscribed, so the reading comes after that.
        kept = listener.stdout.readline()
        sensor.send(f"yuanyi/v1/{name}/temperature", reading)
        told = listener.stdout.read()
    assert kept == f"1 1 yuanyi/v1/{name}/state {json.dumps(state)}\n"
    assert told == f"0 1 yuanyi/v1/{name}/temperature {json.dumps(reading)}\n"
    assert listener.returncode == 0
    sensor.close()


def test_half_a_packet_and_noise_end_a_connection_and_nothing_else(ward):
    for noise in [b"\x10\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\x10\x0c\x00\x04MQTT\x05", b"\x30\x02\x00\x00"]:
        with socket.create_connection(("127.0.0.1", ward.mqtt)) as raw:
            raw.settimeout(60)
            raw.sendall(noise)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(1000):
                pass
    seen = {one["code"] for one in ward.get("/api/devices")["turned_away"] if one["from"] == "127.0.0.1"}
    assert seen >= {"packet-malformed", "packet-cut-off"}, seen
    # Who only looks whether the door is there is nobody.
    before = ward.get("/api/devices")["turned_away"]
    socket.create_connection(("127.0.0.1", ward.mqtt)).close()
    assert [one["times"] for one in ward.get("/api/devices")["turned_away"]] == [one["times"] for one in before]
    assert re.match("ready", requests.get(ward.base + "/readyz", timeout=30).text)


@pytest.mark.parametrize("five", [True, False])
@pytest.mark.parametrize(("torn", "reason"), [
    (lambda whole: whole[:-9], "packet-cut-off"),
    (lambda whole: b"\xc1\x00", "packet-malformed"),
    (lambda whole: b"\x32\xff\xff\xff\x7f", "packet-too-large"),
])
def test_a_device_that_sends_torn_packets_is_seen(ward, torn, reason, five):
    """The connection ends, what it sent before is kept, and the page on devices counts why."""
    name = f"torn-{reason}-{'5' if five else '3'}"
    token = ward.add(name, "pulse-oximeter")
    raw = mqtt_wire.Raw(ward.mqtt)
    raw.five = five
    raw.send(mqtt_wire.connect(name, token, level=5 if five else 4))
    assert raw.expect(mqtt_wire.CONNACK).reason == 0

    def whole(value, number):
        body = json.dumps(SPO2 | {"t": now_ms(), "value": value})
        return mqtt_wire.publish(f"yuanyi/v1/{name}/spo2", body, five=five, qos=1, identifier=number)

    raw.send(whole(97, 1))
    raw.expect(mqtt_wire.PUBACK)
    raw.send(torn(whole(96, 2)))
    raw.socket.shutdown(socket.SHUT_WR)
    raw.all()
    raw.drop()
    until = time.monotonic() + 30
    while not (quality := ward.quality(name))["refusals"] or quality["connected"]:
        assert time.monotonic() < until, quality
        time.sleep(0.1)
    assert quality["refusals"] == {reason: 1} and quality["accepted"] == 1, quality
    [latest] = quality["latest"]
    assert latest["code"] == reason and latest["why"]["zh"] and latest["why"]["en"]
