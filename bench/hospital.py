"""A hospital of its own for benches: wards of beds in which patients lie, and devices that measure them."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import requests

from measure import BUILT, TARGET, free_port

PASSWORD = b"bench-password-1"
NURSE = "bench.nurse"
BEDS_OF_WARD = 60
# What each of the five devices at a bed measures: stream, code and unit of the bedside monitor's profile; the middle of
# invented values and how far they go from it.
SIGNALS = [
    ("heart-rate", "147842", "/min", 72, 8),
    ("spo2", "150456", "%", 97, 1),
    ("resp-rate", "151562", "/min", 15, 2),
    ("temperature", "150364", "Cel", 37, 0),
    ("systolic", "150021", "mm[Hg]", 125, 8),
]
KIND = "http://terminology.hl7.org/CodeSystem/location-physical-type"


def located(identity: str, kind: str, part_of: str | None = None) -> dict:
    location = {
        "resourceType": "Location", "id": identity, "status": "active", "name": identity, "mode": "instance",
        "physicalType": {"coding": [{"system": KIND, "code": kind}]},
    }
    return location | ({"partOf": {"reference": f"Location/{part_of}"}} if part_of else {})


def bed_resources(number: int) -> list[dict]:
    """A bed with a patient in it, whom the nurse takes care of."""
    patient, bed = f"patient-{number}", f"bed-{number}"
    about = {"reference": f"Patient/{patient}"}
    return [
        {"resourceType": "Patient", "id": patient, "name": [{"text": f"Bench {number}"}], "birthDate": "1960-01-01"},
        located(bed, "bd", f"ward-{number // BEDS_OF_WARD}"),
        {
            "resourceType": "Encounter", "id": f"stay-{number}", "status": "in-progress", "subject": about,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "location": [{"location": {"reference": f"Location/{bed}"}, "status": "active"}],
        },
        {
            "resourceType": "CareTeam", "id": f"team-{number}", "status": "active", "subject": about,
            "participant": [{"member": {"reference": f"Practitioner/{NURSE}"}}],
        },
    ]


class Hospital:
    """`yuanyi serve` on loopback, with nothing but what a bench puts in; with more words for that where it is to be an
    edge."""

    def __init__(self, *words: str):
        self.words = words
        self.program = BUILT / "yuanyi"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=TARGET))
        self.data = self.folder / "data"
        self.data.mkdir()
        self.http, self.mqtt = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.http}"
        self.beds = 0
        for user, role in (("bench.admin", "admin"), ("bench.importer", "system"), (NURSE, "nurse")):
            self.run("user", "put", user, "--name", user, "--role", role, given=PASSWORD)
        self.serve()
        self.admin, self.importer = self.session("bench.admin"), self.session("bench.importer")
        self.put([{"resourceType": "Practitioner", "id": NURSE, "name": [{"text": "Bench"}]}])

    def run(self, *words: str, given: bytes = b"") -> str:
        command = [self.program, *words, "--data", self.data]
        return subprocess.run(command, input=given, check=True, capture_output=True).stdout.decode().strip()

    def serve(self) -> None:
        command = [
            self.program, "serve", "--data", self.data, "--http", f"127.0.0.1:{self.http}", "--dicom", "off",
            "--mqtt", f"127.0.0.1:{self.mqtt}", *self.words,
        ]
        self.log = open(self.folder / "log", "a")
        environment = os.environ | {"YUANYI_MEDIA": "off"}
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=self.folder, env=environment)
        until = time.monotonic() + 300
        while True:
            try:
                if requests.get(self.base + "/readyz", timeout=5).ok:
                    return
            except requests.ConnectionError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"the hospital does not open: {self.said()[-2000:]}") from None
            time.sleep(0.1)

    def said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def bearer(self, user: str) -> str:
        return self.run("token", "new", "--as", user, "--ttl", "12h")

    def session(self, user: str) -> requests.Session:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.bearer(user)}"
        return session

    def put(self, resources: list[dict]) -> None:
        """Writes resources down, some hundreds in a transaction."""
        for start in range(0, len(resources), 400):
            entries = [
                {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
                for one in resources[start:start + 400]
            ]
            bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            answer = self.importer.post(f"{self.base}/fhir", json=bundle, timeout=600)
            if not answer.ok:
                raise RuntimeError(f"the record takes no beds: {answer.status_code} {answer.text[:500]}")

    def fill(self, beds: int) -> None:
        """Has as many beds, with a patient in each."""
        wards = [located(f"ward-{number}", "wa") for number in range((beds - 1) // BEDS_OF_WARD + 1)]
        resources = [one for number in range(self.beds, beds) for one in bed_resources(number)]
        self.put([*wards, *resources])
        self.beds = max(self.beds, beds)

    def register(self, device: str, bed: int, profile: str = "bedside-monitor") -> str:
        """Registers a device at a bed; its token."""
        new = {"profile": profile, "patient": f"patient-{bed}", "location": f"bed-{bed}"}
        answer = self.admin.put(f"{self.base}/api/devices/{device}", json=new, timeout=600)
        if not answer.ok:
            raise RuntimeError(f"{device} is not registered: {answer.status_code} {answer.text[:500]}")
        token = self.admin.post(f"{self.base}/api/devices/{device}/token", json={}, timeout=600)
        token.raise_for_status()
        return token.json()["token"]

    def devices(self, numbers: range) -> list[dict]:
        """Registers devices, five to a bed, each with a signal of its own, as the load program wants to know them."""
        self.fill((numbers.stop - 1) // len(SIGNALS) + 1)

        def one(number: int) -> dict:
            bed, signal_of = divmod(number, len(SIGNALS))
            stream, code, unit, middle, swing = SIGNALS[signal_of]
            device = f"dev-{number}"
            return {
                "id": device, "password": self.register(device, bed), "topic": f"yuanyi/v1/{device}/{stream}",
                "code": code, "unit": unit, "middle": middle, "swing": swing,
            }

        with concurrent.futures.ThreadPoolExecutor(8) as several:
            return list(several.map(one, numbers))

    def kept(self, device: str) -> int:
        """How many readings of a device there are."""
        rows = self.importer.get(f"{self.base}/api/devices/{device}/streams", timeout=600)
        rows.raise_for_status()
        return sum(row["count"] for row in rows.json())

    def times(self, device: str) -> list[int]:
        """The times of all readings of a device of one stream, in milliseconds since 1970."""
        streams = f"{self.base}/api/devices/{device}/streams"
        found = []
        for row in self.importer.get(streams, timeout=600).json():
            start = row["first_ms"]
            while start is not None:
                span = {"from": int(start), "to": int(row["last"]["at_ms"]) + 1, "readings": 50_000}
                page = self.importer.get(f"{streams}/{row['series']}", params=span, timeout=600)
                page.raise_for_status()
                found += [int(reading["at_ms"]) for reading in page.json()["readings"]]
                start = page.json().get("next_ms")
        return found

    def ward(self, number: int) -> dict:
        """A ward as its nurse sees it."""
        nurse = self.session(NURSE)
        answer = nurse.get(f"{self.base}/api/wards/ward-{number}", timeout=600)
        answer.raise_for_status()
        return answer.json()

    def crash(self) -> None:
        """Ends it without a word, and opens it again."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.serve()

    def stop(self) -> None:
        """Ends it; `serve` opens it again."""
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def lines(listener: dict, devices: list[dict]) -> str:
    """What the load program reads."""
    return "\n".join(json.dumps(one) for one in [listener, *devices]) + "\n"
