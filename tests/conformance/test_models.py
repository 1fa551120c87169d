"""A model that somebody else's tools made, in the slot: the same answer as ONNX Runtime gives, on the program and at
the door, and refusals that say why."""

import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import DATA, ROOT, Hospital
from onnx import TensorProto, helper, numpy_helper

CARD = (ROOT / "crates/inference/tests/card.toml").read_text(encoding="utf-8")
SIDE = 16
LOW, HIGH = -1000.0, 1000.0


def small_network(seed: int) -> onnx.ModelProto:
    """Two convolutions in space, pooled to one logit, as PyTorch writes them, with weights from a seed."""
    numbers = np.random.default_rng(seed)
    weights = {
        "w1": numbers.normal(0, 0.2, (4, 1, 3, 3, 3)), "b1": numbers.normal(0, 0.2, 4),
        "w2": numbers.normal(0, 0.2, (2, 4, 3, 3, 3)), "b2": numbers.normal(0, 0.2, 2),
        "w3": numbers.normal(0, 1, (2, 1)), "b3": numbers.normal(0, 0.1, 1),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1] * 6, strides=[2, 2, 2]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], pads=[1] * 6),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("GlobalAveragePool", ["r2"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"], axis=1),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1, SIDE, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def install(folder: pathlib.Path, model: onnx.ModelProto, **changes: str) -> pathlib.Path:
    """The folder of a model with its card."""
    folder.mkdir(parents=True)
    data = model.SerializeToString()
    (folder / "model.onnx").write_bytes(data)
    card = CARD.replace("SHA256", hashlib.sha256(data).hexdigest())
    card = card.replace("size = [4, 4, 4]", f"size = [{SIDE}, {SIDE}, {SIDE}]")
    card = card.replace("[output]", '[output]\nscaling = "sigmoid"')
    card = card.replace("mean-of-crop", changes.get("id", "small-network"))
    (folder / "card.toml").write_text(card, encoding="utf-8")
    return folder


def write_nrrd(path: pathlib.Path, hu: np.ndarray) -> None:
    """Axes z, y, x; 1 mm apart, the first voxel at 0, 0, 0 LPS."""
    z, y, x = hu.shape
    head = (
        f"NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: {x} {y} {z}\n"
        "space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nkinds: domain domain domain\n"
        "endian: little\nencoding: raw\n\n"
    )
    path.write_bytes(head.encode() + hu.astype("<i2").tobytes())


def phantom() -> np.ndarray:
    """A ball of tissue, 12 mm wide, in lung, with noise."""
    z, y, x = np.meshgrid(*[np.arange(48)] * 3, indexing="ij")
    far = np.sqrt((x - 23.5) ** 2 + (y - 23.5) ** 2 + (z - 23.5) ** 2)
    hu = np.where(far <= 6, 20, -850) + np.random.default_rng(1).normal(0, 15, far.shape)
    return np.round(hu)


def expected(model: onnx.ModelProto, hu: np.ndarray) -> float:
    """What ONNX Runtime says of the middle of a scan of 1 mm."""
    start = (48 - SIDE) // 2
    crop = hu[start:start + SIDE, start:start + SIDE, start:start + SIDE]
    scaled = np.clip((crop - LOW) / (HIGH - LOW), 0, 1).astype(np.float32)[None, None]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    [logit] = session.run(None, {"x": scaled})
    return float(1 / (1 + np.exp(-logit[0, 0])))


@pytest.fixture()
def program() -> str:
    return os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))


def run(program: str, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run([program, "model", *map(str, arguments)], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_answer_is_that_of_onnx_runtime(program, tmp_path, seed):
    model, hu = small_network(seed), phantom()
    folder = install(tmp_path / "models/small", model)
    write_nrrd(tmp_path / "scan.nrrd", hu)
    checked = run(program, "check", folder)
    assert checked.returncode == 0 and "can be used" in checked.stdout, checked.stderr
    ran = run(program, "run", folder, tmp_path / "scan.nrrd", "--at", "23.5,23.5,23.5")
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert all(check["holds"] for check in answer["checks"]), answer["checks"]
    assert answer["outcome"]["kind"] == "probability"
    assert answer["outcome"]["value"] == pytest.approx(expected(model, hu), abs=1e-6)
    # Where its card does not let it speak, it does not.
    ran = run(program, "run", folder, tmp_path / "scan.nrrd", "--at", "2,23,23")
    assert json.loads(ran.stdout)["outcome"] == {"kind": "not-assessable"}


def test_what_cannot_be_used_says_why(program, tmp_path):
    folder = install(tmp_path / "changed", small_network(1))
    (folder / "model.onnx").write_bytes(small_network(2).SerializeToString())
    refused = run(program, "check", folder)
    assert refused.returncode == 1 and "SHA-256" in refused.stderr
    folder = install(tmp_path / "broken", small_network(1))
    (folder / "card.toml").unlink()
    refused = run(program, "check", folder)
    assert refused.returncode == 1 and "card.toml" in refused.stderr


@pytest.fixture(scope="module")
def equipped():
    """A hospital with one model that works and one that does not."""
    with tempfile.TemporaryDirectory(prefix="yuanyi-models-") as folder:
        folder = pathlib.Path(folder)
        install(folder / "models/a-small", small_network(1))
        install(folder / "models/b-broken", small_network(2), id="broken")
        (folder / "models/b-broken/model.onnx").write_bytes(b"no model")
        os.environ["YUANYI_MODELS"] = str(folder / "models")
        try:
            (folder / "data").mkdir()
            running = Hospital(folder / "data")
        finally:
            del os.environ["YUANYI_MODELS"]
        yield running
        running.close()


def lesions(session, series: str) -> list[dict]:
    """The lesions of a series, once its volume is there with what was found in it."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        nodules = session.get(f"{series}/nodules")
        if nodules.status_code == 200:
            return session.get(f"{series}/volume").json()["lesions"]
        if nodules.status_code != 409:
            return []
        time.sleep(0.5)
    raise AssertionError("the volume was not made")


def test_the_hospital_tells_what_is_installed_and_asks_it(equipped):
    session = equipped.as_("li.terminal")
    installed = session.get(f"{equipped.base}/api/models").json()
    assert [card["id"] for card in installed["models"]] == ["small-network"]
    assert [broken["folder"] for broken in installed["broken"]] == ["b-broken"]
    assert session.get(f"{equipped.base}/api/models", headers={"Authorization": ""}).status_code == 401
    home = session.get(f"{equipped.base}/api/home").json()
    series = [series["uid"] for patient in home["patients"] for study in patient["studies"]
              for series in study["series"] if study["modality"] == "CT"]
    answered = []
    for uid in series:
        for lesion in lesions(session, f"{equipped.base}/api/series/{uid}"):
            at = {"at_lps_mm": lesion["centre_lps_mm"]}
            found = session.post(f"{equipped.base}/api/series/{uid}/nodules/segment", json=at)
            if found.status_code != 200:
                continue
            asked = f"{equipped.base}/api/series/{uid}/nodules/models"
            told = session.post(asked, json={"mask": found.json()["mask"]})
            assert told.status_code == 200, told.text
            answered += told.json()["answers"]
            far = {"mask": {"origin": [9000, 0, 0], "size": [1, 1, 1], "runs": [0, 1]}}
            assert session.post(asked, json=far).status_code == 422
            assert session.post(asked, json={"mask": 1}).status_code == 400
    assert answered, "no lesion of the demo was asked about"
    for answer in answered:
        assert answer["card"]["id"] == "small-network"
        assert answer["outcome"]["kind"] in ("probability", "not-assessable")
        holds = all(check["holds"] for check in answer["checks"])
        assert holds == (answer["outcome"]["kind"] == "probability")
