"""An edge and its cloud, with a line between them that can be cut: what the edge acknowledged is in the cloud once."""

import http.server
import json
import math
import os
import pathlib
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
import tomllib

import pytest
import requests
import zstandard

from conftest import ROOT, free_port
from imaging_hospital import certificate
from test_mqtt import SPO2, Client, Ward, now_ms

HOUR_MS = 3_600_000


class Line:
    """A line from the edge to the cloud that counts what goes over it, and can be cut."""

    def __init__(self, to: int):
        self.to, self.up, self.bytes, self.down, self.open = to, True, 0, 0, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            near, _ = self.listener.accept()
            if not self.up:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                # The cloud is not there just now.
                near.close()
                continue
            self.open += [near, far]
            threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, from_, to, counts: bool) -> None:
        try:
            while data := from_.recv(65536):
                self.bytes += len(data) if counts else 0
                self.down += 0 if counts else len(data)
                to.sendall(data)
        except OSError:
            pass
        # Closed alone, the other thread would go on holding what it reads from, and nobody would hear of the end.
        for end in (from_, to):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def cut(self) -> None:
        """Also what is under way is lost."""
        self.up = False
        for end in self.open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []

    def mend(self) -> None:
        self.up = True


class EncryptedLine(Line):
    """One that ends TLS before the cloud, as a proxy does."""

    def __init__(self, to: int, folder: pathlib.Path, name: str):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        super().__init__(to)

    def _take(self) -> None:
        while True:
            near, _ = self.listener.accept()
            try:
                near = self.context.wrap_socket(near, server_side=True)
            except OSError:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()


class Pair:
    """A cloud, an edge, and the line between them."""

    def __init__(self, folder: pathlib.Path, edge_data: pathlib.Path | None = None, **settings):
        for name in ("cloud", "edge"):
            (folder / name / "data").mkdir(parents=True)
        self.cloud = Ward(folder / "cloud" / "data")
        token = folder / "edge" / "token"
        token.write_text(self.register(), encoding="utf-8")
        self.line = Line(self.cloud.http)
        self.edge = Ward(edge_data or folder / "edge" / "data", cloud_token=token, **settings)
        self.edge.process.terminate()
        self.edge.process.wait(timeout=60)
        self.edge.words = ["--edge", "--cloud", f"http://127.0.0.1:{self.line.port}"]
        self.edge.open()

    def register(self) -> str:
        """Makes the account by which the edge sends; its token."""
        self.cloud.put_user("edge-1", "system")
        return self.cloud.bearer("edge-1")

    def add(self, device: str, profile: str = "bedside-monitor", *more: str) -> str:
        """Registers a device on both sides; its token at the edge."""
        self.cloud.run("device", "add", device, "--profile", profile, *more)
        return self.edge.run("device", "add", device, "--profile", profile, *more)

    def waiting(self) -> dict:
        return self.edge.get("/api/edge")

    def drain(self) -> dict:
        """Waits until nothing waits."""
        while (state := self.waiting())["waiting"]["readings"]:
            time.sleep(0.1)
        return state

    def close(self) -> None:
        for ward in (self.edge, self.cloud):
            ward.process.terminate()
            ward.process.wait(timeout=60)


@pytest.fixture
def pair(tmp_path):
    running = Pair(tmp_path)
    yield running
    running.close()


def readings(ward: Ward, device: str, stream: str = "spo2") -> list[tuple[int, float]]:
    """All readings of a stream, as microseconds and value."""
    bearer = {"Authorization": f"Bearer {ward.bearer('importer')}"}

    def get(path: str):
        answer = requests.get(f"{ward.base}/api/devices/{device}/streams{path}", headers=bearer, timeout=60)
        assert answer.ok, answer.text
        return answer

    series = [row["series"] for row in get("").json() if row["stream"] == stream]
    found = []
    for one in series:
        start = now_ms() - 30 * 24 * HOUR_MS
        while start is not None:
            span = get(f"/{one}?from={start}&to={now_ms() + HOUR_MS}&readings=100000").json()
            found += [(round(reading["at_ms"] * 1000), reading["value"]) for reading in span["readings"]]
            # Readings lie on whole milliseconds.
            start = math.ceil(span["next_ms"]) if "next_ms" in span else None
    return found


@pytest.mark.parametrize("cut_h", [1, 72], ids=["60 minutes", "three days"])
def test_hours_and_days_without_a_line(pair, cut_h):
    for ward in (pair.edge, pair.cloud):
        ward.put_user("importer", "system")
    token = pair.add("monitor-1")
    pair.line.cut()
    client = Client(pair.edge, "monitor-1", token)
    begin = now_ms() // 1000 * 1000 - cut_h * HOUR_MS
    hours = list(range(cut_h))
    # Reordered and, each eighth, twice; one reading in a second, all the time.
    random.Random(7).shuffle(hours)
    for hour in hours + hours[::8]:
        values = [90 + (hour * 7 + second // 60) % 9 for second in range(3600)]
        sent = SPO2 | {"t": begin + hour * HOUR_MS, "value": values, "period_ms": 1000}
        assert client.send("yuanyi/v1/monitor-1/spo2", sent).value == 0
    client.close()
    state = pair.waiting()
    assert state["waiting"]["readings"] >= cut_h * 3600 and state["fault"]
    assert readings(pair.edge, "monitor-1"), "the edge has them itself"
    assert not pair.cloud.quality("monitor-1")["messages"]
    # The line comes and goes while all of it goes out.
    for _ in range(5):
        pair.line.mend()
        time.sleep(0.3)
        pair.line.cut()
    pair.line.mend()
    state = pair.drain()
    assert state["waiting"]["refused"] == 0 and state["fault"] is None
    found = readings(pair.cloud, "monitor-1")
    assert len(found) == len(set(found)) == cut_h * 3600
    assert sorted(found) == sorted(readings(pair.edge, "monitor-1"))


def test_an_edge_that_is_killed_twenty_times_loses_nothing_and_doubles_nothing(pair):
    pair.cloud.put_user("importer", "system")
    token = pair.add("monitor-2")
    chance = random.Random(11)
    begin = now_ms() - 3 * HOUR_MS
    acknowledged, sent = set(), {}
    for round_ in range(20):
        client = Client(pair.edge, "monitor-2", token)
        for number in range(40):
            t, value = begin + (round_ * 40 + number) * 1000, 85 + number % 10
            body = json.dumps(SPO2 | {"t": t, "value": value})
            info = client.paho.publish("yuanyi/v1/monitor-2/spo2", body, qos=1)
            sent[round_, info.mid] = (t * 1000, value)
        if round_ % 5 == 3:
            pair.line.cut()
        time.sleep(chance.uniform(0, 0.3))
        pair.edge.kill()
        acknowledged |= {sent[round_, mid] for mid in list(client.acked)}
        client.drop()
        pair.line.mend()
        pair.edge.open()
    pair.drain()
    found = readings(pair.cloud, "monitor-2")
    assert len(acknowledged) > 50, "some were acknowledged before the kills"
    assert acknowledged <= set(found)
    assert len(found) == len(set(found)) and set(found) <= set(sent.values())


def small_disk(test: pytest.Item, folder: pathlib.Path, size: str) -> pathlib.Path | None:
    """Where a test's own small disk is. The test is run once more in a process that has it; none in the one that was
    started first, which has no more to do."""
    if disk := os.environ.get("YUANYI_TEST_DISK"):
        return pathlib.Path(disk)
    disk = folder / "disk"
    disk.mkdir()
    mount = ["sh", "-c", 'mount -t tmpfs -o "size=$1" yuanyi-test "$2" && shift 2 && exec "$@"', "sh", size, str(disk)]
    again = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(folder / "inside"),
             f"{test.path}::{test.name}"]
    # As who may mount anyhow, else as a user who is that in a namespace of their own.
    for namespace in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        begin = ["unshare", *namespace, *mount]
        if subprocess.run([*begin, "true"], capture_output=True).returncode == 0:
            done = subprocess.run([*begin, *again], env=os.environ | {"YUANYI_TEST_DISK": str(disk)}, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            return None
    pytest.skip("this user may not mount a file system, not even for itself: a full disk is not tested")


def filled(disk: pathlib.Path, left: int) -> pathlib.Path:
    """Fills a disk but for so many bytes; with what."""
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
    with open(filler, "r+b") as file:
        file.truncate(filler.stat().st_size - left)
    return filler


def test_a_full_disk_at_the_edge_loses_nothing_that_was_acknowledged(tmp_path, request):
    disk = small_disk(request.node, tmp_path, "64m")
    if not disk:
        return
    (disk / "data").mkdir()
    pair = Pair(tmp_path, disk / "data")
    try:
        pair.cloud.put_user("importer", "system")
        token = pair.add("monitor-3")
        pair.line.cut()
        # A little room, which readings fill.
        filler = filled(disk, 12 << 20)
        chance, begin = random.Random(13), now_ms() - 24 * HOUR_MS
        client = Client(pair.edge, "monitor-3", token)

        def piece(number: int) -> tuple[str, set[tuple[int, float]]]:
            """Six seconds of an ECG that cannot be compressed, as it is sent and as it is kept."""
            values = [round(chance.uniform(-2, 2), 6) for _ in range(3000)]
            t = begin + number * 6_000
            body = json.dumps({"t": t, "code": "131330", "value": values, "unit": "mV", "period_ms": 2})
            return body, {(t * 1000 + place * 2_000, value) for place, value in enumerate(values)}

        acknowledged, refused = set(), False
        for number in range(1000):
            body, kept = piece(number)
            info = client.paho.publish("yuanyi/v1/monitor-3/ecg-ii", body, qos=1)
            while info.mid not in client.acked and not client.lost.is_set():
                time.sleep(0.005)
            if info.mid not in client.acked:
                refused = True
                break
            assert client.acked[info.mid].value == 0
            acknowledged |= kept
        client.drop()
        assert refused and acknowledged, "the disk did not fill"
        assert pair.waiting()["room"] == "full"
        assert pair.edge.quality("monitor-3")["refusals"]["no-room"] > 0
        # Somebody makes room; nobody starts anything again.
        filler.unlink()
        pair.line.mend()
        again = Client(pair.edge, "monitor-3", token)
        assert again.send("yuanyi/v1/monitor-3/ecg-ii", body).value == 0
        again.close()
        acknowledged |= kept
        pair.drain()
        found = readings(pair.cloud, "monitor-3", "ecg-ii")
        assert len(found) == len(set(found)) and set(found) == acknowledged
    finally:
        pair.close()


def test_a_band_is_kept_to_and_what_the_cloud_does_not_know_holds_nobody_up(tmp_path):
    pair = Pair(tmp_path, cloud_kbit_s=40)
    try:
        pair.cloud.put_user("importer", "system")
        known = pair.add("known-1")
        stranger = pair.edge.run("device", "add", "stranger-1", "--profile", "bedside-monitor")
        pair.line.cut()
        chance, begin = random.Random(17), now_ms() - 10 * HOUR_MS
        for name, token in (("stranger-1", stranger), ("known-1", known)):
            client = Client(pair.edge, name, token)
            for number in range(5):
                values = [round(chance.uniform(50, 100), 3) for _ in range(1000)]
                body = SPO2 | {"t": begin + number * 1_000_000, "value": values, "period_ms": 1000}
                assert client.send(f"yuanyi/v1/{name}/spo2", body).value == 0
            client.close()
        before, since = pair.line.bytes, time.monotonic()
        pair.line.mend()
        state = pair.drain()
        elapsed, went = time.monotonic() - since, pair.line.bytes - before
        # The last batch may go out at once; what went before it took its time.
        assert elapsed >= (went - 12_000) / 5_000, (elapsed, went)
        assert state["waiting"]["refused"] == 5
        assert len(readings(pair.cloud, "known-1")) == 5000
    finally:
        pair.close()


class Gate:
    """A proxy before the cloud that takes small bodies only, as many do."""

    def __init__(self, to: int, most_bytes: int):
        gate = self
        self.refused = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if len(body) > most_bytes:
                    gate.refused += 1
                    self.answer(413, b"")
                    return
                kept = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
                said = requests.post(f"http://127.0.0.1:{to}{self.path}", data=body, headers=kept, timeout=60)
                self.answer(said.status_code, said.content)

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def put(client: Client, count: int, number: int) -> None:
    """Sends readings that do not get much smaller when they are compressed."""
    chance = random.Random(number)
    values = [round(chance.uniform(50, 100), 3) for _ in range(count)]
    body = SPO2 | {"t": now_ms() - 10 * HOUR_MS + number * 1_000_000, "value": values, "period_ms": 1000}
    assert client.send("yuanyi/v1/monitor-1/spo2", body).value == 0


def test_what_a_proxy_does_not_let_through_goes_in_smaller_pieces_or_aside(pair):
    pair.cloud.put_user("importer", "system")
    client = Client(pair.edge, "monitor-1", pair.add("monitor-1"))
    pair.line.cut()
    for number in range(10):
        put(client, 1000 if number == 4 else 200, number)
    gate = Gate(pair.cloud.http, 2000)
    pair.line.to = gate.port
    pair.line.mend()
    state = pair.drain()
    assert gate.refused > 1
    # What is too large by itself is kept at the edge, and holds nobody up.
    assert state["waiting"]["refused"] == 1
    assert len(readings(pair.cloud, "monitor-1")) == 9 * 200
    client.close()
    gate.server.shutdown()


def test_what_waits_for_the_line_is_in_a_copy_of_the_edge(pair):
    pair.cloud.put_user("importer", "system")
    client = Client(pair.edge, "monitor-1", pair.add("monitor-1"))
    put(client, 200, 0)
    pair.drain()
    pair.line.cut()
    put(client, 200, 1)
    client.close()
    pair.edge.move_to_a_copy()
    assert pair.waiting()["waiting"]["readings"] == 200
    pair.line.mend()
    pair.drain()
    assert len(readings(pair.cloud, "monitor-1")) == 400


def furnish(ward: Ward) -> None:
    """A ward with one bed, patient `p` in it, and a nurse for the bed."""
    ward.put_user("importer", "system")
    place = "http://terminology.hl7.org/CodeSystem/location-physical-type"

    def location(name: str, kind: str, within: str | None) -> dict:
        of = {"partOf": {"reference": f"Location/{within}"}} if within else {}
        return {"resourceType": "Location", "id": name, "status": "active", "name": name,
                "physicalType": {"coding": [{"system": place, "code": kind}]}} | of

    put_all(ward, [
        {"resourceType": "Patient", "id": "p", "birthDate": "1960-01-01", "name": [{"text": "P"}],
         "identifier": [{"value": "12345678"}]},
        location("w", "wa", None), location("r", "ro", "w"), location("b", "bd", "r"),
        {"resourceType": "Encounter", "id": "stay", "status": "in-progress", "subject": {"reference": "Patient/p"},
         "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
         "location": [{"location": {"reference": "Location/b"}, "status": "active"}]},
        {"resourceType": "PractitionerRole", "id": "duty", "active": True,
         "practitioner": {"reference": "Practitioner/nurse"}, "location": [{"reference": "Location/b"}],
         "code": [{"coding": [{"system": "urn:yuanyi:duty", "code": duty}]} for duty in ("bed-nurse", "ward-nurse")]},
    ])


def put_all(ward: Ward, resources: list[dict]) -> None:
    bearer = {"Authorization": f"Bearer {ward.bearer('importer')}"}
    for resource in resources:
        url = f"{ward.base}/fhir/{resource['resourceType']}/{resource['id']}"
        answer = requests.put(url, json=resource, headers=bearer, timeout=30)
        assert answer.ok, answer.text


def shipped(file: str) -> dict:
    """Rules or times as they come with the program."""
    return tomllib.loads((ROOT / "crates/alarms/rules" / file).read_text(encoding="utf-8"))


def test_alarms_come_to_time_at_an_edge_without_a_line_and_go_on_to_the_next(pair):
    """In samples, one a second: an alarm that comes late on a slow machine has no more of them behind it."""
    edge = pair.edge
    furnish(edge)
    token = edge.run("device", "add", "monitor-4", "--profile", "bedside-monitor", "--patient", "p", "--location", "b")
    pair.line.cut()
    client = Client(edge, "monitor-4", token)
    bearer = {"Authorization": f"Bearer {edge.bearer('nurse')}"}
    rules = shipped("ward.toml")
    [delay] = [rule["delay-s"] for rule in rules["rule"] if rule["id"] == "no-heart-beat"]
    lateness, next_level = rules["lateness-s"], shipped("escalation.toml")["high"]["levels"][1]
    after, to = next_level["after-s"], next_level["to"]

    def beat(value: int) -> list[dict]:
        """One more sample, a second after the one before; the alarms of the ward after it."""
        beat.next = max(beat.next + 1, time.time())
        time.sleep(max(0.0, beat.next - time.time()))
        sample = {"t": now_ms(), "code": "147842", "value": value, "unit": "/min"}
        assert client.send("yuanyi/v1/monitor-4/heart-rate", sample).value == 0
        found = requests.get(f"{edge.base}/api/wards/w", headers=bearer, timeout=30).json()["alarms"]
        return [one["alarm"] for one in found if one["alarm"]["rule"] == "no-heart-beat"]

    beat.next = time.time()
    for _ in range(5):
        assert beat(72) == []
    # The clocks of the ward and of the device tick each second, and so does what looks.
    ticks, samples, alarms = 3, 0, []
    while not alarms:
        samples += 1
        assert samples <= delay + lateness + ticks, "it did not come to time"
        alarms = beat(0)
    assert samples > delay, "it came before its delay was over"
    assert alarms[0]["bed"] == "b"
    told, since = set(), 0
    while to not in told:
        since += 1
        assert since <= after + ticks, "it did not go on"
        [alarm] = beat(0)
        told = {step["to"] for step in alarm["steps"] if step["step"] == "told"}
    assert since >= after - ticks, "it went on before its time"
    assert pair.waiting()["fault"], "all of it without a line"
    client.close()


def no_heart_beat_by() -> tuple[int, int]:
    """After how many seconds an alarm without heart beat may come, and after how many it must have."""
    rules = shipped("ward.toml")
    [delay] = [rule["delay-s"] for rule in rules["rule"] if rule["id"] == "no-heart-beat"]
    # The clocks of the ward and of the device tick each second, and so does what looks; a slow machine takes some more.
    ticks, slow = 3, 5
    return delay, delay + rules["lateness-s"] + ticks + slow


def no_heart_beat(edge: Ward, bearer: str) -> list[str]:
    """The alarms without heart beat that are open."""
    answer = requests.get(f"{edge.base}/api/wards/w", headers={"Authorization": f"Bearer {bearer}"}, timeout=30)
    answer.raise_for_status()
    found = answer.json()["alarms"]
    return [one["id"] for one in found if one["alarm"]["rule"] == "no-heart-beat"]


@pytest.mark.parametrize("qos", [0, 1])
def test_on_a_full_disk_alarms_come_to_time_from_what_is_not_kept(tmp_path, request, qos):
    disk = small_disk(request.node, tmp_path, "128m")
    if not disk:
        return
    (disk / "data").mkdir()
    pair = Pair(tmp_path, disk / "data")
    try:
        edge = pair.edge
        furnish(edge)
        put_all(edge, [{"resourceType": "CareTeam", "id": "team", "status": "active", "subject": {"reference": "Patient/p"},
                        "participant": [{"member": {"reference": "Practitioner/nurse"}}]}])
        token = edge.run("device", "add", "monitor-5", "--profile", "bedside-monitor", "--patient", "p", "--location", "b")
        pair.line.cut()
        client, bearer, sent = Client(edge, "monitor-5", token), edge.bearer("nurse"), []

        def beat(value: int) -> None:
            sent.append({"t": now_ms(), "code": "147842", "value": value, "unit": "/min"})
            client.paho.publish("yuanyi/v1/monitor-5/heart-rate", json.dumps(sent[-1]), qos=qos)
            time.sleep(1)

        def ward() -> dict:
            return edge.get("/api/wards/w", "nurse")

        for _ in range(5):
            beat(72)
        assert ward()["room"] == "enough" and ward()["beds"][0]["unkept"] == []
        kept = set(readings(edge, "monitor-5", "heart-rate"))
        assert len(kept) == 5
        # Of this disk images and readings leave 8 MiB: room for alarms and for what people do. It is told of before.
        filler = filled(disk, 12 << 20)
        time.sleep(2)
        assert ward()["room"] == "little" == edge.get("/api/security")["room"]
        with open(filler, "ab", buffering=0) as file:
            file.write(bytes(5 << 20))
        began, (after, by) = time.monotonic(), no_heart_beat_by()
        while not (raised := no_heart_beat(edge, bearer)):
            assert time.monotonic() - began <= by, "it did not come to time"
            beat(0)
        assert time.monotonic() - began > after, "it came before its delay was over"
        [bed] = ward()["beds"]
        assert "heart-rate" in bed["unkept"] and ward()["room"] == "full" == pair.waiting()["room"]
        assert edge.quality("monitor-5")["refusals"]["no-room"] > 0
        assert set(readings(edge, "monitor-5", "heart-rate")) == kept, "what has no room is in no record"
        assert pair.waiting()["waiting"]["readings"] == len(kept)
        # It was never acknowledged, comes again once there is room, and raises nothing a second time.
        assert qos == 0 or len(client.acked) == len(kept)
        client.drop()
        filler.unlink()
        again = Client(edge, "monitor-5", token)
        for sample in sent:
            assert again.send("yuanyi/v1/monitor-5/heart-rate", sample).value == 0
        again.close()
        time.sleep(2)
        found = readings(edge, "monitor-5", "heart-rate")
        assert len(found) == len(set(found)) == len(sent)
        assert ward()["room"] == "enough" and ward()["beds"][0]["unkept"] == []
        assert no_heart_beat(edge, bearer) == raised
        assert edge.quality("monitor-5")["accepted"] == len(sent)
    finally:
        pair.close()


def test_an_edge_that_is_killed_raises_its_alarms_to_time_once_it_is_back(pair):
    edge = pair.edge
    furnish(edge)
    token = edge.run("device", "add", "monitor-5", "--profile", "bedside-monitor", "--patient", "p", "--location", "b")
    pair.line.cut()
    bearer, (_, by) = edge.bearer("nurse"), no_heart_beat_by()
    for value in (72, 0):
        client = Client(edge, "monitor-5", token)
        began = time.monotonic()
        # The beds are read anew first.
        while time.monotonic() - began <= (3 if value else by + 3):
            sample = {"t": now_ms(), "code": "147842", "value": value, "unit": "/min"}
            assert client.send("yuanyi/v1/monitor-5/heart-rate", sample).value == 0
            if raised := no_heart_beat(edge, bearer):
                break
            time.sleep(1)
        if value:
            assert not raised
            edge.kill()
            client.drop()
            edge.open()
    assert raised, "it did not come to time"
    client.close()


class OneHospital(Pair):
    """A cloud with a ward, and the edge of that ward, at which nothing is typed in."""

    def register(self) -> str:
        furnish(self.cloud)
        self.cloud.put_user("night-nurse", "nurse")
        team = [{"member": {"reference": f"Practitioner/{who}"}} for who in ("nurse", "night-nurse")]
        place = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/location-physical-type", "code": "wa"}]}
        put_all(self.cloud, [
            {"resourceType": "CareTeam", "id": "team", "status": "active", "subject": {"reference": "Patient/p"},
             "participant": team},
            {"resourceType": "PractitionerRole", "id": "nights", "active": True,
             "practitioner": {"reference": "Practitioner/night-nurse"}, "location": [{"reference": "Location/w"}],
             "code": [{"coding": [{"system": "urn:yuanyi:duty", "code": "charge-nurse"}]}]},
            {"resourceType": "Location", "id": "other", "status": "active", "name": "other", "physicalType": place},
            {"resourceType": "Patient", "id": "q"},
        ])
        self.cloud.run("device", "add", "of-another-ward", "--profile", "bedside-monitor", "--location", "other")
        self.token = self.cloud.run("edge", "put", "edge-1", "--location", "w")
        return self.token

    def add_here(self, device: str, *of: str) -> str:
        """Registers a device at the bed in the cloud alone, and waits until the edge knows it; its token."""
        at = ["--profile", "bedside-monitor", "--location", "b"]
        token = self.cloud.run("device", "add", device, *at, *of)
        self.until(lambda: device in self.known())
        return token

    def known(self) -> list[str]:
        return [row["id"] for row in self.edge.get("/api/devices")["devices"] if row["active"]]

    @staticmethod
    def until(holds, seconds: float = 60):
        """Waits until something holds; what it is then, and after how many seconds."""
        since = time.monotonic()
        while True:
            if found := holds():
                return found, time.monotonic() - since
            assert time.monotonic() - since < seconds, "it did not come about"
            time.sleep(0.3)

    @staticmethod
    def fhir(ward: Ward, path: str) -> requests.Response:
        bearer = {"Authorization": f"Bearer {ward.bearer('importer')}"}
        return requests.get(f"{ward.base}/fhir/{path}", headers=bearer, timeout=30)

    @staticmethod
    def act(ward: Ward, alarm: str, user: str, act: str, **more) -> requests.Response:
        bearer = {"Authorization": f"Bearer {ward.bearer(user)}"}
        url = f"{ward.base}/api/alarms/{alarm}/act"
        return requests.post(url, json={"act": act} | more, headers=bearer, timeout=60)

    @staticmethod
    def alarms(ward: Ward) -> list[dict]:
        """The open alarms of the ward, but for that of the line itself."""
        found = ward.get("/api/wards/w", "nurse")["alarms"]
        return [one for one in found if one["alarm"]["rule"] != "edge-silent"]

    def drained(self) -> bool:
        waiting = self.waiting()["waiting"]
        return waiting["readings"] == waiting["alarms"] == waiting["written"] == waiting["refused"] == 0


@pytest.fixture
def one(tmp_path):
    running = OneHospital(tmp_path)
    yield running
    running.close()


def test_the_registry_of_the_cloud_comes_to_the_edge_and_works_there_without_a_line(one):
    edge, cloud = one.edge, one.cloud
    edge.put_user("importer", "system")
    token = one.add_here("monitor-1", "--patient", "p")

    def measure(value: float) -> bool:
        client = Client(edge, "monitor-1", token)
        if client.answer.is_failure:
            return False
        assert client.send("yuanyi/v1/monitor-1/spo2", SPO2 | {"t": now_ms(), "value": value}).value == 0
        client.close()
        return True

    assert measure(97)
    # What belongs to the ward, and of the patient no more than it takes to know them.
    [bed] = edge.get("/api/wards/w", "nurse")["beds"]
    assert bed["occupied"] and bed["name"] == "b"
    patient = one.fhir(edge, "Patient/p").json()
    assert patient["birthDate"] == "1960-01-01" and "identifier" not in patient
    assert one.fhir(edge, "Patient/q").status_code == 404 and "of-another-ward" not in one.known()
    assert one.fhir(edge, "Location/other").status_code == 404
    # The credential of the edge opens nothing else.
    mine = {"Authorization": f"Bearer {one.token}"}
    for path in ("/fhir/Patient/p", "/fhir/Patient", "/api/devices", "/api/devices/profiles", "/api/wards",
                 "/api/session", "/api/edges", "/api/edge"):
        assert requests.get(cloud.base + path, headers=mine, timeout=30).status_code == 403, path
    one.until(one.drained)
    assert cloud.quality("monitor-1")["edge"] == "edge-1"

    # Without a line, and after a restart, it goes on with what it has; who is on duty signs in.
    one.line.cut()
    edge.kill()
    edge.open()
    assert measure(96)
    who = {"user": "night-nurse", "password": "a password of some length 7"}
    signed_in = requests.post(f"{edge.base}/api/session", json=who, headers={"X-Yuanyi-Client": "1"}, timeout=30)
    assert signed_in.ok and signed_in.json()["roles"] == ["nurse"], signed_in.text
    # Withdrawn in the cloud: turned away once the edge hears of it.
    cloud.run("device", "revoke", "monitor-1", "--retire")
    assert measure(95), "the edge cannot know it yet"
    one.line.mend()
    _, after_s = one.until(lambda: not measure(94), 120)
    assert after_s < 60
    assert "monitor-1" not in one.known()
    # Who left the ward is not there any more.
    put_all(cloud, [{"resourceType": "Encounter", "id": "stay", "status": "finished",
                     "subject": {"reference": "Patient/p"},
                     "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}}])
    one.until(lambda: not edge.get("/api/wards/w", "nurse")["beds"][0]["occupied"])
    assert one.fhir(edge, "Patient/p").status_code in (404, 410)
    # An edge that was ended has no door.
    cloud.run("edge", "remove", "edge-1")
    url = f"{cloud.base}/api/edge/line"
    assert requests.post(url, json={}, headers=mine, timeout=30).status_code == 401


def test_tags_of_staff_and_things_are_heard_at_the_edge_and_say_in_the_cloud_where_they_are(one):
    edge, cloud = one.edge, one.cloud
    cloud.put_user("on-call", "nurse")
    cloud.run("device", "add", "pump-1", "--profile", "infusion-pump", "--location", "b")
    cloud.run("device", "add", "pump-2", "--profile", "infusion-pump", "--location", "other")
    carriers = {"tag-nurse": "Practitioner/nurse", "tag-pump": "Device/pump-1", "tag-away": "Device/pump-2",
                "tag-free": "Practitioner/on-call"}
    tokens = {tag: cloud.run("device", "add", tag, "--profile", "location-tag", "--carrier", carrier)
              for tag, carrier in carriers.items()}
    cloud.run("device", "add", "tag-q", "--profile", "location-tag", "--patient", "q")
    # Also of who has no duty here and of what stands elsewhere, since they may come; a patient's where they lie.
    one.until(lambda: set(carriers) <= set(one.known()))
    assert not {"tag-q", "pump-2"} & set(one.known())

    def move(tag: str, x: float, y: float) -> None:
        client = Client(edge, tag, tokens[tag])
        point = [{"t": now_ms(), "code": f"tag-{axis}", "value": value, "unit": "m"} for axis, value in (("x", x), ("y", y))]
        assert not client.send(f"yuanyi/v1/{tag}/position", point).is_failure
        client.close()

    def placed(ward: Ward, user: str = "nurse") -> dict:
        command = ward.get("/api/wards/w/command", user)
        return {one["id"]: one for one in command["people"] + command["equipment"]}

    def floor(ward: Ward, who: str):
        position = placed(ward).get(who, {}).get("position")
        return position and position["floor_m"]

    move("tag-nurse", 2.5, 1.5)
    move("tag-pump", 4.0, 3.0)
    for ward in (edge, cloud):
        one.until(lambda ward=ward: floor(ward, "nurse") == [2.5, 1.5])
        one.until(lambda ward=ward: floor(ward, "pump-1") == [4.0, 3.0])
    # The way that somebody of the staff went is theirs to see, at either end.
    assert placed(cloud)["nurse"]["tag"] == "tag-nurse"
    assert placed(cloud, "night-nurse")["nurse"]["tag"] is None
    for ward in (edge, cloud):
        for user, status in (("nurse", 200), ("night-nurse", 403)):
            bearer = {"Authorization": f"Bearer {ward.bearer(user)}"}
            answer = requests.get(f"{ward.base}/api/tags/tag-nurse/trace", headers=bearer, timeout=30)
            assert answer.status_code == status, (user, answer.text)
    # Without a line the edge knows on; then the cloud does too.
    one.line.cut()
    move("tag-nurse", 5.0, 1.0)
    one.until(lambda: floor(edge, "nurse") == [5.0, 1.0])
    assert floor(cloud, "nurse") == [2.5, 1.5]
    one.line.mend()
    one.until(lambda: floor(cloud, "nurse") == [5.0, 1.0])
    # What strayed from another ward is found where it is heard.
    move("tag-away", 6.0, 2.0)
    where = "/api/tags/tag-away/trace"
    one.until(lambda: requests.get(f"{cloud.base}{where}", headers={"Authorization": f"Bearer {cloud.bearer('nurse')}"},
                                   timeout=30).json().get("points"))


def test_nobody_speaks_for_devices_but_edges_and_programs(one):
    cloud = one.cloud
    cloud.put_user("importer", "system")
    cloud.put_user("somebody", "patient")
    one.add_here("monitor-9", "--patient", "p")
    low = [{
        "stream": {"device": "monitor-9", "stream": "spo2"}, "subject": "p", "unit": "%",
        "coding": {"system": "urn:iso:std:iso:11073:10101", "code": "150456"}, "display": "", "received": now_ms(),
        "quality": [], "readings": {"kind": "one", "at": now_ms(), "value": 60.0},
    }]
    for user in ("nurse", "somebody"):
        bearer = {"Authorization": f"Bearer {cloud.bearer(user)}"}
        for door, body in (("readings", low), ("alarms", [])):
            url = f"{cloud.base}/api/edge/{door}"
            sent = zstandard.compress(json.dumps(body).encode())
            answer = requests.post(url, data=sent, headers=bearer, timeout=30)
            assert answer.status_code == 403, (user, door, answer.text)
    assert cloud.quality("monitor-9")["accepted"] == 0


def test_an_hour_without_a_line_is_one_alarm_in_the_cloud_with_its_own_times(one):
    edge, cloud = one.edge, one.cloud
    token = one.add_here("monitor-2")
    one.line.cut()
    client = Client(edge, "monitor-2", token)
    topic, code = "yuanyi/v1/monitor-2/heart-rate", {"code": "147842", "unit": "/min"}
    begin = now_ms() // 1000 * 1000 - HOUR_MS
    # An hour at 1 Hz: the heart beats, but for ten minutes in which nothing was seen by anybody.
    beats = [0 if 1200 <= second < 1800 else 72 for second in range(3600)]
    for part in range(0, 3600, 600):
        sent = code | {"t": begin + part * 1000, "value": beats[part:part + 600], "period_ms": 1000}
        assert client.send(topic, sent).value == 0

    def beat(client: Client, value: int, until) -> dict:
        """A sample each second until something of the edge's alarms holds; that."""
        end = time.monotonic() + 120
        while not (found := until(one.alarms(edge))):
            assert time.monotonic() < end, "it did not come about"
            assert client.send(topic, code | {"t": now_ms(), "value": value}).value == 0
            time.sleep(1)
        return found[0]

    def of(alarms: list[dict]) -> list[dict]:
        return [alarm for alarm in alarms if alarm["alarm"]["rule"] == "no-heart-beat"]

    raised = beat(client, 0, of)
    assert one.act(edge, raised["id"], "nurse", "take").ok
    assert one.act(edge, raised["id"], "nurse", "start-plan", plan="emergency-response", drill=False).ok
    beat(client, 72, lambda alarms: [its for its in of(alarms) if its["alarm"]["presence"]["state"] == "gone"])
    assert one.act(edge, raised["id"], "nurse", "close", outcome="treated").ok
    client.drop()
    # A kill before the line is back loses and doubles nothing.
    edge.kill()
    edge.open()
    assert one.waiting()["waiting"]["alarms"] >= 4
    assert not of(one.alarms(cloud))
    one.line.mend()
    one.until(one.drained, 120)

    def shown(ward: Ward) -> dict:
        return ward.get(f"/api/alarms/{raised['id']}", "nurse")

    here, there = shown(edge), shown(cloud)
    assert there["alarm"] == here["alarm"] and there["run"] == here["run"], "with its history, to the millisecond"
    steps = [step["step"] for step in there["alarm"]["steps"]]
    assert steps[0] == "raised" and {"told", "taken", "plan-started", "gone", "closed"} <= set(steps)
    assert there["alarm"]["closed"]["by"] == "nurse"

    def kept() -> int:
        flags = [entry["resource"] for entry in one.fhir(cloud, "Flag").json().get("entry", [])]
        return sum(flag["code"]["coding"][0]["code"] != "edge-silent" for flag in flags)

    assert kept() == 1
    # With the line there, too, the alarm is the edge's; the cloud's rules see the same values and raise nothing.
    client = Client(edge, "monitor-2", token)
    second = beat(client, 0, of)
    assert second["id"] != raised["id"]
    one.until(lambda: of(one.alarms(cloud)))
    for _ in range(15):
        assert client.send(topic, code | {"t": now_ms(), "value": 0}).value == 0
        time.sleep(1)
    assert [alarm["id"] for alarm in of(one.alarms(cloud))] == [second["id"]] and kept() == 2
    # Taken in the cloud is taken at the edge; what the edge has done already is refused with the reason.
    taken = one.act(cloud, second["id"], "nurse", "take")
    assert taken.ok and taken.json()["alarm"]["taken"]["by"] == "nurse", taken.text
    [at_edge] = of(one.alarms(edge))
    assert at_edge["alarm"]["taken"]["by"] == "nurse"
    again = one.act(cloud, second["id"], "night-nurse", "take")
    assert again.status_code == 409 and "somebody else" in again.json()["detail"], again.text
    one.line.cut()
    unheard = one.act(cloud, second["id"], "nurse", "pause", for_s=30)
    assert unheard.status_code == 503, unheard.text
    assert one.act(edge, second["id"], "nurse", "close", outcome="false-alarm").ok
    one.line.mend()
    one.until(lambda: not [alarm for alarm in one.alarms(cloud) if alarm["id"] == second["id"]])
    ended = one.act(cloud, second["id"], "nurse", "close", outcome="treated")
    assert ended.status_code == 409 and "ended" in ended.json()["detail"], ended.text
    client.close()


def test_alarms_come_before_all_that_was_measured_meanwhile_and_the_ward_says_of_when_its_values_are(tmp_path):
    one = OneHospital(tmp_path, cloud_kbit_s=16)
    edge, cloud = one.edge, one.cloud
    try:
        token, of_nobody = one.add_here("monitor-1", "--patient", "p"), one.add_here("monitor-2")
        one.line.cut()
        client, since = Client(edge, "monitor-2", of_nobody), time.monotonic()
        # A minute and a half of the line, and more.
        chance, begin = random.Random(19), now_ms() - 24 * HOUR_MS
        for number in range(60):
            values = [round(chance.uniform(50, 100), 3) for _ in range(1000)]
            sent = SPO2 | {"t": begin + number * 1_000_000, "value": values, "period_ms": 1000}
            assert client.send("yuanyi/v1/monitor-2/spo2", sent).value == 0
        client.close()
        client = Client(edge, "monitor-1", token)

        def of(ward: Ward) -> list[dict]:
            return [alarm for alarm in one.alarms(ward) if alarm["alarm"]["rule"] == "no-heart-beat"]

        def raised() -> list[dict]:
            sample = {"t": now_ms(), "code": "147842", "unit": "/min", "value": 0}
            assert client.send("yuanyi/v1/monitor-1/heart-rate", sample).value == 0
            time.sleep(0.7)
            return of(edge)

        [alarm], _ = one.until(raised)
        assert one.act(edge, alarm["id"], "nurse", "take").ok
        client.close()
        # What waits for less than half a minute goes out just now.
        time.sleep(max(0.0, since + 35 - time.monotonic()))
        one.line.mend()
        one.until(lambda: [its for its in of(cloud) if its["alarm"].get("taken")])
        assert one.waiting()["waiting"]["readings"] > 0, "the alarm waited for what was measured"

        def old() -> list[dict]:
            return cloud.get("/api/wards/w", "nurse")["old"]

        def is_behind() -> dict | None:
            return next((its for its in old() if its["values_as_of"] and not its["alarms_as_of"]), None)

        behind, _ = one.until(is_behind)
        assert behind["edge"] == "edge-1" and not behind["is_silent"]
        [on_plan] = cloud.get("/api/wards/w/command", "nurse")["old"]
        assert on_plan["edge"] == "edge-1" and on_plan["values_as_of"]
        one.until(one.drained, 240)
        one.until(lambda: not old())
    finally:
        one.close()


def test_what_a_nurse_writes_down_at_the_edge_is_in_the_cloud_once_and_is_judged_at_the_edge(one):
    edge, cloud = one.edge, one.cloud
    edge.put_user("importer", "system")
    one.add_here("monitor-5")
    one.until(lambda: edge.get("/api/wards/w", "nurse")["beds"][0]["occupied"])
    one.line.cut()
    ill = {"consciousness": "V", "on_oxygen": True, "spo2_scale_2": False, "respiratory_rate_per_min": 26,
           "spo2_percent": 90, "systolic_mmhg": 95, "pulse_per_min": 118, "temperature_c": 38.6}
    bearer = {"Authorization": f"Bearer {edge.bearer('nurse')}"}
    seen = requests.post(f"{edge.base}/api/wards/w/beds/b/seen", json=ill, headers=bearer, timeout=30)
    assert seen.ok and seen.json()["written"] == len(ill), seen.text

    def high(ward: Ward) -> list[str]:
        return [alarm["id"] for alarm in one.alarms(ward) if alarm["alarm"]["rule"] == "news2-high"]

    raised, _ = one.until(lambda: high(edge))
    # A kill before the line is back, and a line that comes and goes, lose and double nothing.
    edge.kill()
    edge.open()
    assert one.waiting()["waiting"]["written"] == len(ill)
    for _ in range(3):
        one.line.mend()
        time.sleep(0.2)
        one.line.cut()
    one.line.mend()
    one.until(one.drained, 120)

    def written(ward: Ward) -> list[tuple]:
        found = [entry["resource"] for entry in one.fhir(ward, "Observation?subject=Patient/p").json()["entry"]]
        assert all(its["performer"] == [{"reference": "Practitioner/nurse"}] for its in found)
        return sorted((its["id"], its["effectiveDateTime"], its["code"]["text"]) for its in found)

    assert written(cloud) == written(edge) and len(written(cloud)) == len(ill)
    versions = [one.fhir(cloud, f"Observation/{name}/_history").json()["total"] for name, *_ in written(cloud)]
    assert versions == [1] * len(ill)
    # The cloud reckons with it and raises nothing that the edge has raised.
    news2, _ = one.until(lambda: cloud.get("/api/wards/w", "nurse")["beds"][0]["news2"].get("band"))
    assert news2["id"] == "high"
    [delay] = [rule["delay-s"] for rule in shipped("ward.toml")["rule"] if rule["id"] == "news2-high"]
    time.sleep(delay + shipped("ward.toml")["lateness-s"] + 3)
    assert high(cloud) == raised


def test_what_is_written_down_in_the_cloud_counts_at_the_edge_without_a_line_and_is_judged_there_alone(one):
    edge, cloud = one.edge, one.cloud
    edge.put_user("importer", "system")
    token = one.add_here("monitor-6", "--patient", "p")
    one.until(lambda: cloud.get("/api/wards/w", "nurse")["beds"][0]["occupied"])
    said = {"consciousness": "V", "on_oxygen": True, "spo2_scale_2": True}
    bearer = {"Authorization": f"Bearer {cloud.bearer('nurse')}"}
    seen = requests.post(f"{cloud.base}/api/wards/w/beds/b/seen", json=said, headers=bearer, timeout=30)
    assert seen.ok and seen.json()["written"] == len(said), seen.text

    def written(ward: Ward) -> dict[str, dict]:
        found = one.fhir(ward, "Observation?subject=Patient/p").json().get("entry", [])
        return {entry["resource"]["id"]: entry["resource"] for entry in found}

    one.until(lambda: len(written(edge)) == len(said))
    names = written(cloud).keys()
    assert written(edge).keys() == names

    def high(ward: Ward) -> list[str]:
        return [alarm["id"] for alarm in one.alarms(ward) if alarm["alarm"]["rule"] == "news2-high"]

    # The edge has said that it has it; then the line is cut, and it is killed.
    time.sleep(6)
    one.line.cut()
    edge.kill()
    edge.open()
    client = Client(edge, "monitor-6", token)
    [delay] = [rule["delay-s"] for rule in shipped("ward.toml")["rule"] if rule["id"] == "news2-high"]
    lateness = shipped("ward.toml")["lateness-s"]
    for _ in range(delay + lateness + 30):
        for stream, code, value in (("heart-rate", "147842", 118), ("resp-rate", "151562", 26)):
            sample = {"t": now_ms(), "code": code, "value": value, "unit": "/min"}
            assert client.send(f"yuanyi/v1/monitor-6/{stream}", sample).value == 0
        if raised := high(edge):
            break
        time.sleep(1)
    assert raised, "what was said in the cloud did not count"
    # With the line it is one alarm, and what was written down is the cloud's as before.
    one.line.mend()
    one.until(one.drained, 120)
    one.until(lambda: high(cloud) == raised)
    for _ in range(delay + lateness + 3):
        for stream, code, value in (("heart-rate", "147842", 118), ("resp-rate", "151562", 26)):
            sample = {"t": now_ms(), "code": code, "value": value, "unit": "/min"}
            assert client.send(f"yuanyi/v1/monitor-6/{stream}", sample).value == 0
        time.sleep(1)
    assert high(cloud) == raised
    client.close()
    versions = [one.fhir(cloud, f"Observation/{name}/_history").json()["total"] for name in names]
    assert versions == [1] * len(said)


def test_an_errand_is_one_at_both_ends_of_the_line_wherever_it_was_given(one):
    edge, cloud = one.edge, one.cloud
    one.add_here("monitor-1", "--patient", "p")

    def errands(ward: Ward) -> dict[str, dict]:
        return {its["id"]: its for its in ward.get("/api/wards/w/command", "nurse")["missions"]}

    def post(ward: Ward, user: str, path: str, body: dict) -> requests.Response:
        bearer = {"Authorization": f"Bearer {ward.bearer(user)}"}
        return requests.post(f"{ward.base}/api/{path}", json=body, headers=bearer, timeout=60)

    def send(ward: Ward, user: str, role: str) -> str:
        before = set(errands(ward))
        sent = post(ward, user, "wards/w/missions", {"bed": "b", "send": {"errand": {"role": role}}})
        assert sent.ok, sent.text
        [id] = set(errands(ward)) - before
        return id

    def is_alike() -> bool:
        own = [{id: its["sent"] for id, its in errands(ward).items()} for ward in (cloud, edge)]
        return own[0] == own[1]

    # Given at the edge, it is in the cloud; who is asked answers there, and the edge knows.
    first = send(edge, "nurse", "charge-nurse")
    one.until(lambda: first in errands(cloud) and is_alike())
    [offer] = errands(cloud)[first]["sent"][0]["offers"]
    assert offer["to"] == "night-nurse"
    answered = post(cloud, "night-nurse", f"missions/{first}/act", {"act": "answer", "accepts": True})
    assert answered.ok, answered.text
    assert errands(edge)[first]["sent"][0]["offers"][0]["state"] == "accepted" and is_alike()
    # Given in the cloud, it is the edge's, which sends whoever is near it; without a line it comes later, and once.
    second = send(cloud, "night-nurse", "bed-nurse")
    assert second in errands(edge) and is_alike()
    one.line.cut()
    assert post(edge, "nurse", f"missions/{second}/act", {"act": "end"}).ok
    third = send(edge, "nurse", "charge-nurse")
    assert post(cloud, "nurse", f"missions/{first}/act", {"act": "end"}).status_code == 503
    one.line.mend()
    one.until(lambda: set(errands(cloud)) == {first, third} and is_alike())
    assert one.fhir(cloud, f"Task/{second}").json()["status"] == "completed"
    one.until(one.drained)


def test_a_device_at_an_edge_is_seen_to_and_upgraded_from_the_cloud(one):
    edge, cloud = one.edge, one.cloud
    cloud.put_user("technician", "technician")
    bearer = {"Authorization": f"Bearer {cloud.bearer('technician')}"}

    def call(method: str, path: str, **more) -> dict:
        answer = requests.request(method, f"{cloud.base}/api/devices{path}", headers=bearer, timeout=60, **more)
        assert answer.ok, answer.text
        return answer.json()

    key = call("GET", "/packages")["publishers"][0]

    def trusting(*keys: str) -> None:
        edge.kill()
        edge.settings["YUANYI_DEVICE_PUBLISHERS"] = json.dumps(keys)
        edge.open()

    trusting(key)
    token = one.add_here("monitor-3", "--patient", "p")
    simulated = [edge.program, "device", "simulate", str(ROOT / "demo/devices/icu-s25047.json"), "--device",
                 "monitor-3", "--token", token, "--mqtt", f"127.0.0.1:{edge.mqtt}", "--http", edge.base, "--trust", key,
                 "--memory", str(edge.data / "monitor-3.json")]
    running = subprocess.Popen(simulated, stdout=edge.log, stderr=edge.log)

    def software() -> str | None:
        return (cloud.quality("monitor-3")["state"] or {}).get("software")

    def publish(version: str) -> str:
        source, made = edge.data / "source", edge.data / "package"
        source.write_text("{}", encoding="utf-8")
        pack = [cloud.program, "device", "pack", str(source), "--contents", "software", "--profile", "bedside-monitor",
                "--version", version, "--news-en", "Mends", "--news-zh", "修复", "--out", str(made)]
        subprocess.run(pack + ["--data", str(cloud.data)], check=True, capture_output=True)
        return call("POST", "/packages", data=made.read_bytes())["id"]

    def begin(version: str) -> str:
        plan = {"stages": [{"percent": 100}], "answer_within_s": 60, "watch_s": 3, "most_failed": 0}
        new = {"package": publish(version), "devices": ["monitor-3"], "in_use": True, "plan": plan}
        return call("POST", "/rollouts", json=new)["id"]

    def stands(rollout: str, *standings: str) -> dict:
        def now() -> dict | None:
            found = call("GET", f"/rollouts/{rollout}")
            return found if found["standing"] in standings else None

        return one.until(now, 120)[0]

    try:
        # The device page of the cloud says how it is, and by which edge.
        one.until(lambda: software() == "1.0.0")
        quality = cloud.quality("monitor-3")
        assert quality["connected"] and quality["edge"] == "edge-1" and quality["state_at"]
        # What it is asked, it answers.
        asked = call("POST", "/monitor-3/commands", json={"command": "send-log"})["id"]

        def answered() -> dict | None:
            commands = call("GET", "/monitor-3/commands")["commands"]
            return next((its for its in commands if its["id"] == asked and its["state"] == "done"), None)

        assert one.until(answered)[0]["detail"]["lines"]
        # Up, and by one act back.
        rollout = begin("1.1.0")
        stands(rollout, "done")
        assert software() == "1.1.0"
        call("POST", f"/rollouts/{rollout}/act", json={"act": "roll-back"})
        stands(rollout, "rolled-back")
        assert software() == "1.0.0"
        # Ordered without a line, it is done once the line is there.
        one.line.cut()
        late = call("POST", "/monitor-3/commands", json={"command": "self-check"})["id"]
        time.sleep(3)
        one.line.mend()
        asked = late
        one.until(answered)
        # An edge that does not trust who signed it keeps the package from its device, whatever the cloud trusts.
        trusting()
        one.until(lambda: edge.quality("monitor-3")["connected"], 120)
        one.until(lambda: cloud.quality("monitor-3")["connected"])
        halted = stands(begin("1.2.0"), "halted", "rolled-back", "failed")
        [member] = halted["members"]
        assert member["standing"] == "failed", halted
        assert software() == "1.0.0"
    finally:
        running.kill()
        running.wait()


def test_an_upgrade_over_a_thin_line_goes_on_where_it_broke_off_and_holds_nothing_up(tmp_path):
    one = OneHospital(tmp_path, cloud_kbit_s=400)
    edge, cloud = one.edge, one.cloud
    try:
        cloud.put_user("technician", "technician")
        bearer = {"Authorization": f"Bearer {cloud.bearer('technician')}"}

        def call(method: str, path: str, **more) -> dict:
            answer = requests.request(method, f"{cloud.base}/api/devices{path}", headers=bearer, timeout=60, **more)
            assert answer.ok, answer.text
            return answer.json()

        key = call("GET", "/packages")["publishers"][0]
        edge.kill()
        edge.settings["YUANYI_DEVICE_PUBLISHERS"] = json.dumps([key])
        edge.open()
        token = one.add_here("monitor-7", "--patient", "p")
        simulated = [edge.program, "device", "simulate", str(ROOT / "demo/devices/icu-s25047.json"), "--device",
                     "monitor-7", "--token", token, "--mqtt", f"127.0.0.1:{edge.mqtt}", "--http", edge.base,
                     "--trust", key, "--memory", str(edge.data / "monitor-7.json")]
        running = subprocess.Popen(simulated, stdout=edge.log, stderr=edge.log)
    except BaseException:
        one.close()
        raise
    try:
        def software() -> str | None:
            return (cloud.quality("monitor-7")["state"] or {}).get("software")

        one.until(lambda: software() == "1.0.0")
        source, made = edge.data / "source", edge.data / "package"
        source.write_text("{}" + " " * 1_500_000, encoding="utf-8")
        pack = [cloud.program, "device", "pack", str(source), "--contents", "software", "--profile",
                "bedside-monitor", "--version", "1.1.0", "--news-en", "Mends", "--news-zh", "修复", "--out", str(made)]
        subprocess.run(pack + ["--data", str(cloud.data)], check=True, capture_output=True)
        size = made.stat().st_size
        package = call("POST", "/packages", data=made.read_bytes())["id"]
        plan = {"stages": [{"percent": 100}], "answer_within_s": 300, "watch_s": 3, "most_failed": 0}
        new = {"package": package, "devices": ["monitor-7"], "in_use": True, "plan": plan}
        rollout = call("POST", "/rollouts", json=new)["id"]
        part = edge.data / "packages" / f"{package}.part"
        since, before = time.monotonic(), one.line.down
        one.until(lambda: part.exists() and part.stat().st_size > 100_000)
        # Meanwhile the line serves who else needs it: what the cloud registers is at the edge within seconds.
        one.add_here("monitor-8", "--patient", "p")
        assert part.exists() and part.stat().st_size < size
        under_way = edge.get("/api/edge")["package"]
        assert under_way["package"] == package and under_way["of"] == size, under_way
        assert one.line.down - before <= 50_000 * (time.monotonic() - since) + 400_000, "no faster than it may"
        # Cut, and killed: what came stays.
        one.line.cut()
        edge.kill()
        came = part.stat().st_size
        edge.open()
        before = one.line.down
        one.line.mend()
        one.until(lambda: call("GET", f"/rollouts/{rollout}")["standing"] == "done", 240)
        assert software() == "1.1.0" and not part.exists()
        assert one.line.down - before < size - came + 500_000, "it began anew"
    finally:
        running.kill()
        running.wait()
        one.close()


def test_an_encrypted_line_goes_to_a_cloud_that_is_vouched_for_and_to_no_other(tmp_path):
    certificate(tmp_path, "ca")
    certificate(tmp_path, "cloud-proxy", "ca")
    certificate(tmp_path, "other-ca")
    certificate(tmp_path, "other", "other-ca")
    pair = Pair(tmp_path, cloud_ca=tmp_path / "ca.pem")
    try:
        pair.cloud.put_user("importer", "system")
        true = EncryptedLine(pair.cloud.http, tmp_path, "cloud-proxy")
        false = EncryptedLine(pair.cloud.http, tmp_path, "other")
        token = pair.add("monitor-1")

        def reopen(line: str) -> None:
            pair.edge.process.terminate()
            pair.edge.process.wait(timeout=60)
            pair.edge.words[-1] = line
            pair.edge.open()

        def measure(value: float) -> None:
            client = Client(pair.edge, "monitor-1", token)
            sent = client.send("yuanyi/v1/monitor-1/spo2", SPO2 | {"t": now_ms(), "value": value})
            assert not sent.is_failure
            client.paho.disconnect()

        # A cloud that another authority vouches for gets nothing, nor does one in the clear; the readings wait.
        for line in (f"https://127.0.0.1:{false.port}", f"http://127.0.0.1:{pair.cloud.http}"):
            reopen(line)
            measure(95 if line.startswith("https") else 96)
            while (state := pair.waiting())["fault"] is None:
                time.sleep(0.1)
            assert state["waiting"]["readings"] > 0
        assert not pair.cloud.quality("monitor-1")["messages"] and false.bytes == 0
        reopen(f"https://127.0.0.1:{true.port}")
        measure(97)
        pair.drain()
        assert [value for _, value in readings(pair.cloud, "monitor-1")] == [95, 96, 97]
    finally:
        pair.close()
