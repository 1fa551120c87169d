"""The encrypted HTTP door, met by requests, websocket-client and OpenSSL."""

import hashlib
import pathlib
import re
import socket
import ssl

import pytest
import requests
import websocket

from conftest import PASSWORD
from imaging_hospital import until
from room_door import HELLO, WELCOME, agree

LI, CHEN = "li.terminal", "chen.expert"


@pytest.fixture(scope="module")
def encrypted(hospital) -> str:
    return f"https://localhost:{hospital.https_port}"


@pytest.fixture(scope="module")
def shown(hospital) -> str:
    """The certificate that the door shows."""
    return ssl.get_server_certificate(("localhost", hospital.https_port))


@pytest.fixture(scope="module")
def trusted(shown, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("https") / "shown.pem"
    file.write_text(shown, encoding="utf-8")
    return str(file)


def test_the_certificate_is_the_one_whose_fingerprint_was_printed(hospital, shown, trusted, encrypted):
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest().upper()
    said = re.search(r"with TLS +https://\S+ \(.*SHA-256 ([0-9A-F:]+)\)", pathlib.Path(hospital.log.name).read_text())
    assert said and said[1].replace(":", "") == digest
    # Only who knows it trusts it, and it names the machine.
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{encrypted}/healthz", timeout=10)
    assert requests.get(f"{encrypted}/healthz", verify=trusted, timeout=10).text == "ok"
    assert requests.get(f"https://127.0.0.1:{hospital.https_port}/healthz", verify=trusted, timeout=10).ok
    assert oct(next(pathlib.Path(hospital.data).glob("tls/https.key")).stat().st_mode & 0o777) == "0o600"


def test_sessions_of_the_encrypted_door_stay_encrypted(hospital, encrypted, trusted):
    credentials, own = {"user": LI, "password": PASSWORD}, {"X-Yuanyi-Client": "1"}
    cookie = {}
    for base in (encrypted, hospital.base):
        answer = requests.post(f"{base}/api/session", json=credentials, headers=own, verify=trusted, timeout=60)
        assert answer.status_code == 200
        cookie[base] = answer.headers["set-cookie"]
    assert "; Secure" in cookie[encrypted] and "; Secure" not in cookie[hospital.base]
    statement = requests.get(f"{encrypted}/fhir/metadata", verify=trusted, timeout=10).json()
    assert statement["implementation"]["url"] == f"{encrypted}/fhir"


def test_a_room_opens_over_it_for_the_hospitals_own_pages_only(hospital, encrypted, trusted):
    li = hospital.as_(LI)
    patient = li.get(f"{hospital.base}/api/home").json()["patients"][0]["id"]
    ask = {"patient": patient, "expert": CHEN, "reason": "what is this?"}
    room = li.post(f"{hospital.base}/api/scenarios/remote-consult/requests", json=ask).json()["room"]
    agree(hospital, LI)
    address = f"{encrypted.replace('https', 'wss')}/api/rooms/{room}/socket"
    call = {
        "header": [f"Authorization: Bearer {hospital.token(LI)}"], "sslopt": {"ca_certs": trusted}, "timeout": 60,
    }
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(address, origin="https://elsewhere.example", **call)
    assert refused.value.status_code == 403
    door = websocket.create_connection(address, origin=encrypted, **call)
    door.send_binary(HELLO)
    assert door.recv()[0] == WELCOME
    door.close()


def test_old_protocols_and_what_is_no_tls_are_turned_away(hospital, encrypted, trusted):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)), socket.create_connection(
        ("localhost", hospital.https_port), timeout=10
    ) as plain:
        old.wrap_socket(plain)
    with socket.create_connection(("localhost", hospital.https_port), timeout=10) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1.1 200" not in plain.recv(1024)
    # Who says nothing keeps nobody waiting: what is silent has fewer places than the door.
    silent = [socket.create_connection(("127.0.0.1", hospital.https_port), timeout=10) for _ in range(100)]
    assert requests.get(f"{encrypted}/healthz", verify=trusted, timeout=9).text == "ok"
    for one in silent:
        one.close()
    until(lambda: requests.get(f"{encrypted}/healthz", verify=trusted, timeout=9).ok, "the door is open")
