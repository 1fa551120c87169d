"""A hospital of its own for conversations over DIMSE, with application entities in its configuration."""

import hashlib
import os
import pathlib
import re
import ssl
import subprocess
import time

import requests
from pynetdicom import AE, evt
from pynetdicom.presentation import AllStoragePresentationContexts
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification

from conftest import ROOT, free_port

EVERYTHING = '["store", "query", "retrieve", "worklist", "commitment"]'


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)


def certificate(folder: pathlib.Path, name: str, ca: str | None = None) -> None:
    """A key and a certificate for 127.0.0.1, signed by `ca` or by itself."""
    key, request, out = (folder / f"{name}.{ending}" for ending in ("key", "csr", "pem"))
    subject = ["-subj", f"/CN={name}"]
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key]
    if ca is None:
        made = run("openssl", "req", "-x509", *new, "-out", out, "-days", "2", *subject)
        assert made.returncode == 0, made.stderr
        return
    extensions = folder / f"{name}.ext"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    made = run("openssl", "req", *new, "-out", request, *subject)
    assert made.returncode == 0, made.stderr
    made = run("openssl", "x509", "-req", "-in", request, "-CA", folder / f"{ca}.pem", "-CAkey",
               folder / f"{ca}.key", "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", out)
    assert made.returncode == 0, made.stderr


def fingerprint(file: pathlib.Path) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read_text())).hexdigest()


class ImagingHospital:
    """`yuanyi serve` with a configuration; it can be stopped and started again on the same data."""

    def __init__(self, folder: pathlib.Path):
        self.program = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
        self.folder, self.data, self.config = folder, folder / "data", folder / "yuanyi.toml"
        self.data.mkdir()
        self.http, self.dicom, self.tls = free_port(), free_port(), free_port()
        self.ports = {name: free_port() for name in ["PACS", "WS1", "IMPLICIT", "ABSENT"]}
        self.base = f"http://127.0.0.1:{self.http}"
        for name, ca in [("ca", None), ("hospital", "ca"), ("ws", "ca"), ("other", "ca"), ("stranger", None)]:
            certificate(folder, name, ca)
        self.config.write_text(self.settings())
        put = [self.program, "user", "put", "importer", "--name", "Importer", "--role", "system", "--data", self.data]
        done = run(*put, input="imaging-password-1")
        assert done.returncode == 0, done.stderr
        self.token = run(self.program, "token", "new", "--as", "importer", "--data", self.data).stdout.strip()
        self.start()

    def settings(self) -> str:
        folder, address = self.folder, {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        return f"""
data = "{self.data}"
http = "127.0.0.1:{self.http}"
dicom = "127.0.0.1:{self.dicom}"
dicom_tls = "127.0.0.1:{self.tls}"
dicom_certificate = "{folder}/hospital.pem"
dicom_key = "{folder}/hospital.key"
dicom_client_ca = "{folder}/ca.pem"
dicom_ca = "{folder}/ca.pem"
mqtt = "off"
dicom_associations_each = 256
dicom_idle_s = 20
dicom_answers = 100

[[pacs]]
title = "PACS"
address = "{address['PACS']}"
may = ["store"]

[[ae]]
title = "WS1"
address = "{address['WS1']}"
may = {EVERYTHING}

[[ae]]
title = "IMPLICIT"
address = "{address['IMPLICIT']}"

[[ae]]
title = "ABSENT"
address = "{address['ABSENT']}"

[[ae]]
title = "CT1"
from = ["127.0.0.1"]
may = ["store", "worklist", "commitment"]

[[ae]]
title = "FAR"
from = ["192.0.2.0/24"]
may = {EVERYTHING}

[[ae]]
title = "TLS1"
certificates = ["{fingerprint(folder / 'ws.pem')}"]
may = ["query"]
"""

    def start(self) -> None:
        self.log = open(self.folder / "hospital.log", "a+", encoding="utf-8")
        where = self.log.tell()
        self.process = subprocess.Popen(
            [self.program, "serve", "--config", str(self.config)],
            cwd=self.folder, stdout=self.log, stderr=subprocess.STDOUT,
        )
        for _ in range(600):
            text = (self.folder / "hospital.log").read_text(encoding="utf-8")[where:]
            if re.search(r"^ready", text, re.M):
                return
            assert self.process.poll() is None, text
            time.sleep(0.1)
        raise RuntimeError(text)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()

    def session(self) -> requests.Session:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.token}"
        return session

    def yuanyi(self, *arguments):
        return run(self.program, *arguments, "--config", self.config, "--as", "importer")

    def associate(self, title: str, *contexts, **options):
        """An association as `title`; contexts are a class, or a class with its transfer syntaxes."""
        entity = AE(ae_title=title)
        for context in contexts:
            entity.add_requested_context(*(context if isinstance(context, tuple) else (context,)))
        port = self.tls if "tls_args" in options else self.dicom
        return entity.associate("127.0.0.1", port, ae_title="YUANYI", **options)

    def store(self, *datasets, title="CT1") -> None:
        kinds = {(data.SOPClassUID, data.file_meta.TransferSyntaxUID) for data in datasets}
        association = self.associate(title, *kinds)
        assert association.is_established
        for data in datasets:
            assert association.send_c_store(data).Status == 0x0000
        association.release()


class Receiver:
    """A provider that keeps what it is sent, and hears reports of storage commitment."""

    def __init__(self, title: str, port: int, syntaxes=None):
        self.objects, self.originators, self.reports = [], [], []
        entity = AE(ae_title=title)
        entity.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, syntaxes or ALL_SYNTAXES)
        entity.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        handlers = [(evt.EVT_C_STORE, self.keep), (evt.EVT_N_EVENT_REPORT, self.hear)]
        self.server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)

    def keep(self, event):
        data = event.dataset
        data.file_meta = event.file_meta
        self.objects.append(data)
        request = event.request
        self.originators.append(
            (request.MoveOriginatorApplicationEntityTitle, request.MoveOriginatorMessageID)
        )
        return 0x0000

    def hear(self, event):
        self.reports.append((event.event_type, event.event_information))
        return 0x0000, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


ALL_SYNTAXES = [
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.2",
]


def until(condition, what: str):
    """Waits for what must come; how long is no part of the promise."""
    for _ in range(1200):
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"never came: {what}")
