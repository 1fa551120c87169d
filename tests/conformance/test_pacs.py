"""The hospital as a user of a PACS, dcmtk's own and Orthanc, asked by `yuanyi pacs` and over HTTP."""

import json
import pathlib
import subprocess
import tempfile

import pytest
from pydicom.uid import generate_uid

import orthanc
from conftest import free_port
from imaging_hospital import ImagingHospital, run, until
from test_dimse import image

SETTINGS = """
NetworkTCPPort  = {port}
MaxPDUSize      = 16384
MaxAssociations = 16
HostTable BEGIN
hospital = (YUANYI, 127.0.0.1, {dicom})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
PACS {store} RW (200, 1024mb) ANY
AETable END
"""


class Pacs:
    """An archive."""

    def __init__(self, imaging: ImagingHospital):
        self.folder = imaging.folder / "pacs"
        (self.folder / "store").mkdir(parents=True, exist_ok=True)
        self.port = imaging.ports["PACS"]

    def store(self, *datasets) -> None:
        for number, data in enumerate(datasets):
            file = self.folder / f"in-{number}.dcm"
            data.save_as(file)
            sent = run("storescu", "-aec", "PACS", "127.0.0.1", self.port, file)
            assert sent.returncode == 0, sent.stderr

    def count(self, study: str) -> int:
        asked = run("findscu", "-S", "-aec", "PACS", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}",
                    "-k", "NumberOfStudyRelatedInstances", "-X", "-od", self.folder, "127.0.0.1", self.port)
        found = [file for file in self.folder.glob("rsp*.dcm")]
        for file in found:
            file.unlink()
        assert asked.returncode == 0, asked.stderr
        return len(found)


class Dcmtk(Pacs):
    """dcmtk's."""

    def __init__(self, imaging: ImagingHospital):
        super().__init__(imaging)
        self.settings = self.folder / "dcmqrscp.cfg"
        self.settings.write_text(
            SETTINGS.format(port=self.port, dicom=imaging.dicom, store=self.folder / "store"))
        self.process = None

    def start(self) -> None:
        # +xs and the like would convert; what comes is kept.
        self.process = subprocess.Popen(
            ["dcmqrscp", "-c", str(self.settings)], cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        until(lambda: run("echoscu", "-aec", "PACS", "127.0.0.1", self.port).returncode == 0, "the PACS")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def close(self) -> None:
        self.stop()


class Orthanc(Pacs):
    """Orthanc, which keeps what it has while it is away."""

    def __init__(self, imaging: ImagingHospital):
        super().__init__(imaging)
        hospital = {"AET": "YUANYI", "Host": "127.0.0.1", "Port": imaging.dicom}
        self.running = orthanc.Orthanc("PACS", free_port(), self.port, DicomModalities={"yuanyi": hospital})

    def start(self) -> None:
        if self.running.process is None:
            self.running.start()

    def stop(self) -> None:
        self.running.stop()

    def close(self) -> None:
        self.running.close()


@pytest.fixture(scope="module")
def imaging():
    with tempfile.TemporaryDirectory(prefix="yuanyi-pacs-") as folder:
        running = ImagingHospital(pathlib.Path(folder))
        yield running
        running.stop()


@pytest.fixture(params=[Dcmtk, Orthanc])
def pacs(imaging, request):
    if request.param is Orthanc and orthanc.missing():
        pytest.skip(orthanc.missing())
    running = request.param(imaging)
    running.start()
    yield running
    running.close()


def test_the_pacs_is_there_and_is_named(imaging, pacs):
    listed = json.loads(imaging.yuanyi("pacs", "list").stdout)
    assert "PACS" in [entity["title"] for entity in listed]
    echoed = imaging.yuanyi("pacs", "echo", "PACS")
    assert json.loads(echoed.stdout) == {"status": "0000"}, echoed.stderr
    away = imaging.yuanyi("pacs", "echo", "ABSENT")
    assert away.returncode == 1 and "associate" in away.stderr
    unknown = imaging.yuanyi("pacs", "echo", "NOWHERE")
    assert unknown.returncode == 1


def test_studies_are_found_and_fetched(imaging, pacs):
    first, second = image(PatientID="PACS-1"), image("JPEG2000.dcm", PatientID="PACS-1")
    second.StudyInstanceUID = first.StudyInstanceUID
    pacs.store(first)
    found = imaging.yuanyi("pacs", "find", "PACS", "--key", "PatientID=PACS-1")
    rows = json.loads(found.stdout)["rows"]
    assert [row["0020000D"]["Value"][0] for row in rows] == [first.StudyInstanceUID]
    got = imaging.yuanyi("pacs", "get", "PACS", "--study", first.StudyInstanceUID)
    assert got.returncode == 0, got.stderr
    rows = imaging.session().get(
        f"{imaging.base}/dicom-web/studies/{first.StudyInstanceUID}/instances").json()
    assert [row["00080018"]["Value"][0] for row in rows] == [first.SOPInstanceUID]
    none = imaging.yuanyi("pacs", "get", "PACS", "--study", generate_uid())
    assert none.returncode == 1 and "no such study" in none.stderr


def test_by_move_the_pacs_sends_to_the_hospital(imaging, pacs):
    data = image(PatientID="PACS-2")
    pacs.store(data)
    text = imaging.config.read_text()
    imaging.stop()
    imaging.config.write_text(text.replace('title = "PACS"\n', 'title = "PACS"\nretrieve_by = "move"\n', 1))
    imaging.start()
    got = imaging.yuanyi("pacs", "get", "PACS", "--study", data.StudyInstanceUID)
    assert got.returncode == 0, got.stderr
    rows = imaging.session().get(
        f"{imaging.base}/dicom-web/studies/{data.StudyInstanceUID}/instances").json()
    assert [row["00080018"]["Value"][0] for row in rows] == [data.SOPInstanceUID]
    imaging.stop()
    imaging.config.write_text(text)
    imaging.start()


def test_a_study_is_sent(imaging, pacs):
    data = image(PatientID="SEND-1")
    imaging.store(data)
    sent = imaging.yuanyi("pacs", "send", "PACS", "--study", data.StudyInstanceUID)
    assert sent.returncode == 0, sent.stderr
    assert pacs.count(data.StudyInstanceUID) == 1


def test_sending_goes_on_after_the_pacs_was_away_and_the_hospital_restarted(imaging, pacs):
    pacs.stop()
    data = image(PatientID="SEND-2")
    imaging.store(data)
    begun = imaging.yuanyi("pacs", "send", "PACS", "--study", data.StudyInstanceUID, "--no-wait")
    assert begun.returncode == 0, begun.stderr
    job = f"{imaging.base}/api/pacs/jobs/{begun.stdout.strip()}"

    def state():
        return imaging.session().get(job).json()

    until(lambda: state()["attempts"] >= 1, "a first attempt")
    assert state()["state"] in ("waiting", "running")
    imaging.stop()
    pacs.start()
    imaging.start()
    until(lambda: state()["state"] == "done", "the end of the job")
    assert (state()["done"], state()["failed"]) == (1, 0)
    assert pacs.count(data.StudyInstanceUID) == 1


def test_programs_ask_over_http(imaging, pacs):
    data = image(PatientID="PACS-HTTP")
    pacs.store(data)
    session, api = imaging.session(), f"{imaging.base}/api/pacs"
    assert "PACS" in [row["title"] for row in session.get(api).json()]
    assert session.post(f"{api}/PACS/echo").json() == {"status": "0000"}
    asked = {"level": "study", "keys": {"PatientID": "PACS-HTTP"}}
    found = session.post(f"{api}/PACS/find", json=asked).json()
    assert [row["0020000D"]["Value"][0] for row in found["rows"]] == [data.StudyInstanceUID]
    asked = {"level": "series", "keys": {"StudyInstanceUID": data.StudyInstanceUID}}
    found = session.post(f"{api}/PACS/find", json=asked).json()
    assert [row["0020000E"]["Value"][0] for row in found["rows"]] == [data.SeriesInstanceUID]
    begun = session.post(f"{api}/PACS/retrieve", json={"study": data.StudyInstanceUID})
    assert begun.status_code == 202, begun.text
    job = f"{api}/jobs/{begun.json()['job']}"
    until(lambda: session.get(job).json()["state"] == "done", "the study")
    rows = session.get(f"{imaging.base}/dicom-web/studies/{data.StudyInstanceUID}/instances").json()
    assert [row["00080018"]["Value"][0] for row in rows] == [data.SOPInstanceUID]


def test_a_person_is_bound_to_a_patient_they_may_see(imaging, pacs):
    put = run(imaging.program, "user", "put", "doc", "--name", "Doc", "--role", "expert", "--data", imaging.data,
              input="a-password-for-doc-1")
    assert put.returncode == 0, put.stderr
    token = run(imaging.program, "token", "new", "--as", "doc", "--data", imaging.data).stdout.strip()
    session = imaging.session()
    session.headers["Authorization"] = f"Bearer {token}"
    broad = session.post(f"{imaging.base}/api/pacs/PACS/find", json={"level": "study"})
    assert broad.status_code == 400, broad.text
    foreign = session.post(f"{imaging.base}/api/pacs/PACS/find", json={"level": "study", "patient": "somebody"})
    assert foreign.status_code == 403, foreign.text
    assert session.get(f"{imaging.base}/api/pacs/jobs").json() == []
