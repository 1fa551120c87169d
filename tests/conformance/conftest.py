"""One demo hospital for all tests, talked to by programs that others wrote."""

import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "conformance-pass-1"
DATA = pathlib.Path(os.environ.get("YUANYI_TEST_DATA", ROOT.parent / "shared" / "data"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Hospital:
    """A running `yuanyi demo` and how to reach it."""

    def __init__(self, folder: pathlib.Path):
        self.program = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
        self.data = folder
        self.http_port, self.dicom_port, self.mqtt_port = free_port(), free_port(), free_port()
        self.https_port = free_port()
        self.base = f"http://127.0.0.1:{self.http_port}"
        # A relay that only those tests start which go by it; the secret is as a file, as an operator gives it.
        self.turn_port, self.turn_cli_port, self.turn_secret = free_port(), free_port(), "conformance-relay-secret"
        secret = folder.parent / "turn-secret"
        secret.write_text(self.turn_secret + "\n", encoding="utf-8")
        relay = {
            "YUANYI_TURN_URLS": f'["turn:127.0.0.1:{self.turn_port}?transport=udp"]',
            "YUANYI_TURN_SECRET_FILE": str(secret),
        }
        self.log = open(folder.parent / "hospital.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [
                self.program, "demo", "--data", str(folder), "--demo-password", PASSWORD,
                "--http", f"127.0.0.1:{self.http_port}", "--dicom", f"127.0.0.1:{self.dicom_port}",
                "--mqtt", f"127.0.0.1:{self.mqtt_port}", "--https", f"127.0.0.1:{self.https_port}",
            ],
            cwd=ROOT, stdout=self.log, stderr=subprocess.STDOUT, env=os.environ | relay,
        )
        self.wait_until_filled()

    def wait_until_filled(self, seconds: int = 240) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.log.flush()
            text = pathlib.Path(self.log.name).read_text(encoding="utf-8")
            if re.search(r"^ready after", text, re.M):
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"the hospital ended:\n{text}")
            time.sleep(0.1)
        raise RuntimeError(f"the hospital did not become ready:\n{text}")

    def token(self, user: str, ttl: str = "1h") -> str:
        command = [self.program, "token", "new", "--as", user, "--ttl", ttl, "--data", str(self.data)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def as_(self, user: str) -> requests.Session:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.token(user)}"
        return session

    @staticmethod
    def post(address: str, body: dict, headers: dict) -> dict:
        answer = requests.post(address, json=body, headers=headers, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


@pytest.fixture(scope="session")
def hospital():
    with tempfile.TemporaryDirectory(prefix="yuanyi-conformance-") as folder:
        data = pathlib.Path(folder) / "data"
        data.mkdir()
        running = Hospital(data)
        yield running
        running.close()


@pytest.fixture(scope="session")
def shared_dicom() -> pathlib.Path:
    folder = DATA / "dicom"
    if not folder.is_dir():
        pytest.skip("no shared data")
    return folder
