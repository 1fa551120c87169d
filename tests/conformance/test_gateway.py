"""The way to people who have no page open: a message gateway that others could have written hears of each call once, signed
by Standard Webhooks, and of no patient."""

import base64
import contextlib
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import tempfile
import threading
import time

import pytest
import requests

from conftest import Hospital
from test_edge import furnish, put_all
from test_follow_up import CHEN, ILL, LI, ZHAO, courses, enrol, report
from test_mqtt import Client, Ward, now_ms
from test_ten_functions import WARD, People, until

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
LINK = "https://hospital.example"
NAME, NUMBER = "Ouyang Lindqvist", "MRN-77441100"
PHONE, PAGER = "+86-10-5550-0199", "pager-4711"
# What an open page has to show a call, in seconds.
AFTER_S = 4
TOLD = {"id", "priority", "to", "address", "language", "text", "link", "since", "place"}


class Gateway:
    """What a hospital has between its programs and its people's phones: it takes each message once by its id."""

    def __init__(self):
        gateway = self
        self.tries: list[dict] = []
        self.passed_on: dict[str, dict] = {}
        # How the next tries are answered; then all are taken.
        self.refusals: list[int] = []
        self.is_down = False

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(gateway.take(self.headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, headers, body: bytes) -> int:
        id, at = headers["webhook-id"], headers["webhook-timestamp"]
        signed = f"{id}.{at}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == expected and headers["content-type"] == "application/json"
        assert abs(time.time() - int(at)) < 30
        message = json.loads(body)
        assert set(message) == {"type", "timestamp", "data"} and set(message["data"]) == TOLD
        self.tries.append({"id": id, "body": body.decode(), "at": time.time()} | message)
        if self.is_down:
            return 503
        if self.refusals:
            return self.refusals.pop(0)
        self.passed_on.setdefault(id, message)
        return 200

    def told(self, who: str) -> list[dict]:
        return [one for one in list(self.passed_on.values()) if one["data"]["to"] == who]


def settings(gateway: Gateway, folder: pathlib.Path) -> dict:
    secret = folder / "gateway-secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    return {"gateway_url": gateway.url, "gateway_secret_file": secret, "gateway_link": LINK, "gateway_after_s": AFTER_S}


class House:
    """A ward of one bed whose nurse and charge nurse may be reached, and a heart that can stand still."""

    def __init__(self, folder: pathlib.Path):
        (folder / "data").mkdir()
        self.gateway = Gateway()
        self.ward = Ward(folder / "data", log="debug", **settings(self.gateway, folder))
        self.ward.put_user("charge", "nurse")
        furnish(self.ward)
        team = [{"member": {"reference": f"Practitioner/{who}"}} for who in ("nurse", "charge")]
        put_all(self.ward, [
            {"resourceType": "Patient", "id": "p", "name": [{"text": NAME}], "identifier": [{"value": NUMBER}]},
            {"resourceType": "CareTeam", "id": "team", "status": "active", "subject": {"reference": "Patient/p"},
             "participant": team},
            {"resourceType": "PractitionerRole", "id": "charge", "active": True,
             "practitioner": {"reference": "Practitioner/charge"}, "location": [{"reference": "Location/w"}],
             "code": [{"coding": [{"system": "urn:yuanyi:duty", "code": "charge-nurse"}]}]},
        ])
        self.bearers = {who: {"Authorization": f"Bearer {self.ward.bearer(who)}"} for who in ("nurse", "charge", "admin")}
        at = ["--profile", "bedside-monitor", "--patient", "p", "--location", "b"]
        self.token = self.ward.run("device", "add", "monitor", *at)

    def call(self, method: str, path: str, who: str = "nurse", **more) -> requests.Response:
        return requests.request(method, self.ward.base + path, headers=self.bearers[who], timeout=30, **more)

    def reach(self, who: str, address: str, language: str = "zh", on: bool = True) -> requests.Response:
        return self.call("PUT", "/api/me/reach", who, json={"address": address, "language": language, "on": on})

    def stand_still(self) -> dict:
        """The heart beats, and stands still until the ward knows; the alarm."""
        client = Client(self.ward, "monitor", self.token)
        try:
            for second in range(60):
                sample = {"t": now_ms(), "code": "147842", "value": 72 if second < 3 else 0, "unit": "/min"}
                assert client.send("yuanyi/v1/monitor/heart-rate", sample).value == 0
                time.sleep(1)
                for one in self.call("GET", "/api/wards/w").json()["alarms"]:
                    if one["alarm"]["rule"] == "no-heart-beat":
                        return one
        finally:
            client.close()
        raise AssertionError("there was no alarm")

    def calls(self, alarm: dict, who: str = "nurse") -> list[dict]:
        """The calls of somebody by one alarm: a heart that is heard no more raises others."""
        return [one for one in self.call("GET", f"/api/calls/about/{alarm['id']}").json() if one["to"] == who]

    def states(self, alarm: dict, who: str = "nurse") -> list[str]:
        return [one["state"] for one in self.calls(alarm, who)]

    def tries(self, alarm: dict, who: str = "nurse") -> list[dict]:
        ids = {one["id"] for one in self.calls(alarm, who)}
        return [one for one in self.gateway.tries if one["data"]["id"] in ids]

    def told(self, alarm: dict, who: str = "nurse") -> list[dict]:
        ids = {one["id"] for one in self.calls(alarm, who)}
        return [one for one in self.gateway.told(who) if one["data"]["id"] in ids]

    def act(self, alarm: dict, act: str) -> None:
        answer = self.call("POST", f"/api/alarms/{alarm['id']}/act", json={"act": act})
        assert answer.ok, answer.text

    def log(self) -> str:
        self.ward.log.flush()
        return pathlib.Path(self.ward.log.name).read_text(encoding="utf-8")

    def close(self) -> None:
        self.ward.process.terminate()
        self.ward.process.wait(timeout=60)
        self.gateway.server.shutdown()


@pytest.fixture
def house(tmp_path):
    running = House(tmp_path)
    yield running
    running.close()


@contextlib.contextmanager
def page(house: House, who: str, shows: bool):
    """An open page: it hears what happens, and says what it has shown, or stands in a room where nobody is."""
    heard = requests.get(house.ward.base + "/api/events", headers=house.bearers[who], stream=True, timeout=300)

    def show() -> None:
        ids = [one["id"] for one in house.call("GET", "/api/calls", who).json()]
        if shows and ids:
            assert house.call("POST", "/api/calls/shown", who, json={"ids": ids}).status_code == 204

    def listen() -> None:
        with contextlib.suppress(Exception):
            for line in heard.iter_lines(chunk_size=1, decode_unicode=True):
                if line == "event: call":
                    show()

    threading.Thread(target=listen, daemon=True).start()
    time.sleep(0.5)
    yield
    heard.close()


def test_an_alarm_reaches_who_has_no_page_open_once_and_goes_on_to_the_next(house):
    gateway = house.gateway
    assert house.reach("nurse", PHONE).status_code == 200
    assert house.reach("charge", PAGER, "en").status_code == 200
    gateway.refusals = [503, 500]
    alarm = house.stand_still()
    raised = datetime.datetime.fromisoformat(alarm["alarm"]["raised_at"]).timestamp()
    until(lambda: house.tries(alarm), 60)
    assert house.tries(alarm)[0]["at"] - raised < 60
    [told] = until(lambda: house.told(alarm), 60)
    data = told["data"]
    assert told["type"] == "alarm" and data["priority"] == "high" and data["address"] == PHONE
    assert data["language"] == "zh" and "报警" in data["text"] and data["place"] is None
    # It was refused twice, and came by one id.
    tries = house.tries(alarm)
    assert len({one["id"] for one in tries}) == 1 and len(tries) == 3
    assert house.states(alarm) == ["handed"]
    # The link leads whom it called to the alarm, and nobody else.
    assert data["link"] == f"{LINK}/called/{data['id']}"
    assert house.call("GET", f"/api/calls/{data['id']}").json() == {"path": f"/scenarios/ward-twin/w#alarm-{alarm['id']}"}
    assert house.call("GET", f"/api/calls/{data['id']}", "charge").status_code == 404
    # The next level is somebody else, in their language; the level between is the nurse again, who has been told.
    [told] = until(lambda: house.told(alarm, "charge"), 90)
    assert told["data"]["address"] == PAGER and told["data"]["text"].startswith("Yuanyi: an alarm")
    assert len(house.tries(alarm)) == 3
    house.act(alarm, "take")
    calling = {one["id"] for one in house.calls(alarm)}
    until(lambda: not calling & {one["id"] for one in house.call("GET", "/api/calls").json()}, 10)
    # Nothing tells whose alarm it is or how anybody is reached: no message, no log, no page but one's own.
    for text in [one["body"] for one in gateway.tries] + [house.log()]:
        assert NAME not in text and NUMBER not in text
    assert all("heart" not in one["body"] for one in gateway.tries)
    assert PHONE not in house.log() and PAGER not in house.log()
    assert PHONE not in house.call("GET", f"/api/calls/about/{alarm['id']}").text
    security = house.call("GET", "/api/security", "admin")
    assert security.json()["accounts"]["hospital"]["actions"]["handed-over"] >= 2 and PHONE not in security.text
    stands = house.call("GET", "/api/gateway", "admin").json()
    assert stands["configured"] and stands["handed"] >= 2 and stands["refused"] == 0


def test_a_call_outlives_a_kill_and_its_gateway(house):
    gateway = house.gateway
    house.reach("nurse", PHONE)
    gateway.is_down = True
    alarm = house.stand_still()
    until(lambda: house.tries(alarm), 60)
    until(lambda: house.calls(alarm)[0]["why"] == "HTTP 503", 10)
    assert house.states(alarm) == ["waiting"]
    stands = house.call("GET", "/api/gateway", "admin").json()
    assert stands["waiting"] >= 1 and stands["troubles"][0]["why"] == "HTTP 503"
    house.ward.kill()
    first = house.gateway.tries[0]["id"]
    gateway.is_down = False
    house.ward.open()
    [told] = until(lambda: house.told(alarm), 60)
    assert first in gateway.passed_on and told["data"]["id"] == first and told["data"]["address"] == PHONE
    until(lambda: house.states(alarm) == ["handed"], 10)
    # Killed again, it is not told again.
    house.ward.kill()
    house.ward.open()
    tries = len(house.tries(alarm))
    time.sleep(8)
    assert house.states(alarm) == ["handed"] and len(house.tries(alarm)) == tries


def test_who_is_shown_it_on_a_page_is_sent_nothing(house):
    house.reach("nurse", PHONE)
    with page(house, "nurse", shows=True):
        alarm = house.stand_still()
        until(lambda: house.states(alarm) == ["shown"], 20)
        time.sleep(AFTER_S + 3)
        assert house.gateway.tries == []
    # Given back it calls anew. A page that nobody looks at has its time, and then the phone rings.
    house.act(alarm, "take")
    with page(house, "nurse", shows=False):
        given_back = time.time()
        house.act(alarm, "give-back")
        until(lambda: house.told(alarm), 60)
        assert house.tries(alarm)[0]["at"] - given_back >= AFTER_S
    until(lambda: house.states(alarm) == ["shown", "handed"], 10)


def test_everybody_says_themselves_how_they_are_reached(house):
    gateway = house.gateway
    assert house.call("GET", "/api/me/reach").json() == {"configured": True, "reach": None, "test": None}
    assert house.call("GET", "/api/me/reach", "admin").status_code == 403
    for address in ("1" * 201, "two\nlines"):
        assert house.reach("nurse", address).status_code == 422
    assert house.call("POST", "/api/me/reach/test").status_code == 409, "there is no address yet"
    assert house.reach("nurse", f" {PHONE} ", "en").json()["reach"] == {"address": PHONE, "on": True, "language": "en"}
    assert house.call("POST", "/api/me/reach/test").status_code == 200
    [told] = until(lambda: gateway.told("nurse"), 20)
    assert told["type"] == "test" and told["data"]["address"] == PHONE
    until(lambda: house.call("GET", "/api/me/reach").json()["test"]["state"] == "handed", 10)
    again = house.call("POST", "/api/me/reach/test")
    assert again.status_code == 429 and int(again.headers["Retry-After"]) <= 30
    assert PHONE not in house.call("GET", "/api/me/reach", "charge").text
    # Switched off, it is kept and not used; without an address it is gone.
    house.reach("nurse", PHONE, on=False)
    assert house.call("POST", "/api/me/reach/test").status_code == 409
    alarm = house.stand_still()
    until(lambda: house.states(alarm) == ["no-address"], 20)
    assert house.reach("nurse", "").json()["reach"] is None
    assert len(gateway.tries) == 1
    # Whoever switches it on while they are called is told; what will never be taken is not tried again.
    gateway.refusals = [422] * 20
    house.reach("nurse", PHONE)
    until(lambda: house.states(alarm) == ["refused"], 20)
    time.sleep(5)
    assert len(house.tries(alarm)) == 1


@pytest.fixture(scope="module")
def demo():
    """The demo hospital with a gateway that may name places."""
    with tempfile.TemporaryDirectory(prefix="yuanyi-gateway-") as folder:
        data = pathlib.Path(folder) / "data"
        data.mkdir()
        gateway = Gateway()
        told = settings(gateway, pathlib.Path(folder)) | {"gateway_place": "true"}
        names = {f"YUANYI_{name.upper()}": str(value) for name, value in told.items()}
        os.environ.update(names)
        try:
            hospital = Hospital(data)
        finally:
            for name in names:
                del os.environ[name]
        yield hospital, gateway
        hospital.close()
        gateway.server.shutdown()


def test_an_alert_from_home_and_an_errand_reach_named_persons(demo):
    hospital, gateway = demo
    people = People(hospital)
    reached = {LI: PHONE, "wang.nurse": PAGER}
    for who, address in reached.items():
        answer = people.call("PUT", "/api/me/reach", who, json={"address": address, "on": True, "language": "zh"})
        assert answer.status_code == 200, answer.text
    id = enrol(hospital, "copd", second=CHEN)
    zhao, path = courses(hospital, ZHAO)
    sent = time.time()
    assert zhao.put(f"{path}/{id}/reports", json={"reports": [report(1, ILL)]}).status_code == 200
    alert = next(iter(until(lambda: [one for one in gateway.told(LI) if one["type"] == "follow-up"], 60)))
    assert time.time() - sent < 60
    assert alert["data"]["priority"] == "urgent" and alert["data"]["place"] is None
    link = people.get(f"/api/calls/{alert['data']['id']}", LI)
    assert link == {"path": f"/scenarios/follow-up/{id}"}
    task = people.get(f"/api/scenarios/follow-up/courses/{id}", LI)["alert"]["id"]
    [row] = people.get(f"/api/calls/about/{task}", LI)
    assert (row["to"], row["state"]) == (LI, "handed"), "the second person is not called before the time"
    # An errand asks the nearest who is free.
    bed = people.get(WARD, "wang.nurse")["beds"][0]
    people.post(f"{WARD}/missions", LI, {"bed": bed["id"], "send": {"errand": {"role": "bed-nurse"}}})
    errand = next(iter(until(lambda: [one for one in gateway.told("wang.nurse") if one["type"] == "errand"], 60)))
    assert errand["data"]["place"] == bed["name"] and errand["data"]["priority"] == "routine"
    log = pathlib.Path(hospital.log.name).read_text(encoding="utf-8")
    for row in people.get("/api/home", LI)["patients"]:
        for one in gateway.tries:
            assert row["name"] not in one["body"] and row["mrn"] not in one["body"] and row["id"] not in one["body"]
    assert PHONE not in log and PAGER not in log
