"""Orthanc from Debian, in a folder of its own, as a peer of tests and benches.

`orthanc.py` by itself installs it, which takes root and a few minutes.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# The whole of a small Debian; `ORTHANC_ROOT` names one that is there already.
FOLDER = pathlib.Path(os.environ.get("ORTHANC_ROOT", TARGET / "bench-peers" / "orthanc"))
PROGRAM = FOLDER / "usr/sbin/Orthanc"


def install() -> None:
    """Puts Orthanc and its DICOMweb plug-in into the folder, if they are not there."""
    if PROGRAM.exists():
        return
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    # What breaks off leaves nothing that looks complete.
    begun = FOLDER.with_name(FOLDER.name + ".begun")
    shutil.rmtree(begun, ignore_errors=True)
    packages = "--include=orthanc,orthanc-dicomweb"
    subprocess.run(["debootstrap", "--variant=minbase", packages, "trixie", str(begun)], check=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    begun.rename(FOLDER)


def missing() -> str | None:
    """Why there is no Orthanc to run, if there is none."""
    if os.geteuid() != 0:
        return "Orthanc runs in a folder of its own, which takes root"
    if not PROGRAM.exists():
        return "Orthanc is not installed: `python tests/conformance/orthanc.py` does it"
    return None


class Orthanc:
    """A running Orthanc. What it keeps stays while it is stopped and started again."""

    def __init__(self, title: str, http: int, dicom: int, **settings):
        self.title, self.http, self.dicom = title, http, dicom
        kept = FOLDER / "var/lib/peers"
        kept.mkdir(parents=True, exist_ok=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=kept))
        inside = "/" + str(self.folder.relative_to(FOLDER))
        host = subprocess.run(["hostname"], capture_output=True, text=True, check=True).stdout.strip()
        # Without its own host name Orthanc waits five seconds for each look-up.
        (FOLDER / "etc/hosts").write_text(f"127.0.0.1 localhost {host}\n")
        config = {
            "StorageDirectory": inside, "IndexDirectory": inside, "SyncStorageArea": True,
            "HttpPort": http, "DicomPort": dicom, "DicomAet": title, "TcpNoDelay": True,
            "AuthenticationEnabled": False, "RemoteAccessAllowed": True, "DicomCheckCalledAet": False,
            "Plugins": ["/usr/share/orthanc/plugins/libOrthancDicomWeb.so"], "DicomAlwaysAllowStore": True,
            "DicomAlwaysAllowFind": True, "DicomAlwaysAllowGet": True, "DicomAlwaysAllowMove": True,
            "ConcurrentJobs": 2, "StorageCompression": False, "StableAge": 1, "DefaultEncoding": "Utf8", **settings,
        }
        (self.folder / "orthanc.json").write_text(json.dumps(config))
        self.command = ["chroot", str(FOLDER), "/usr/sbin/Orthanc", f"{inside}/orthanc.json"]
        self.base = f"http://127.0.0.1:{http}"
        self.process = None
        self.start()

    def start(self) -> None:
        # Its DICOM part waits to fill packets unless the environment says otherwise: the setting of nearly
        # the same name is about HTTP.
        self.log = open(self.folder / "orthanc.log", "a", encoding="utf-8")
        self.process = subprocess.Popen(
            self.command, stdout=self.log, stderr=subprocess.STDOUT, env=os.environ | {"TCP_NODELAY": "1"})
        for _ in range(600):
            try:
                if requests.get(f"{self.base}/system", timeout=5).ok:
                    return
            except requests.ConnectionError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError((self.folder / "orthanc.log").read_text(encoding="utf-8"))

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.process = None
            self.log.close()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def get(self, path: str, **options):
        answer = requests.get(self.base + path, timeout=120, **options)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer

    def post(self, path: str, body, **options):
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        answer = requests.post(self.base + path, data=data, timeout=120, **options)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("could not install Orthanc: it goes into a folder of its own, which takes root")
    install()
