"""A room is recorded only while everybody in it agrees; what was recorded shows what was there, a crash leaves it whole
up to its last part, and a changed byte is found."""

import datetime
import io
import json
import pathlib
import re
import struct
import subprocess
import zipfile

import pytest
import zstandard

from conftest import Hospital, free_port
from imaging_hospital import until
from room_door import ENTRANCE, TICK, WELCOME, Person, agree

LI, CHEN, WANG, ZHAO = "li.terminal", "chen.expert", "wang.nurse", "zhao.patient"
ZHAO_ID = "37e97ea5-e2dc-4770-bb7d-93d02cfebb0c"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A hospital of these tests alone: it is killed, and its disk is changed."""
    data = tmp_path_factory.mktemp("recorded") / "data"
    data.mkdir()
    running = Hospital(data)
    for user in (LI, CHEN, WANG, ZHAO):
        agree(running, user)
    yield running
    if running.process.poll() is None:
        running.close()


def new_room(hospital) -> str:
    li = hospital.as_(LI)
    ask = {"patient": ZHAO_ID, "expert": CHEN, "reason": "what is this?"}
    case = li.post(f"{hospital.base}/api/scenarios/remote-consult/requests", json=ask)
    assert case.status_code == 201, case.text
    return case.json()["room"]


def did(person: Person, step: str) -> None:
    """Hears until a step of a recording comes."""
    person.until("tick", lambda news: any(e.get("recording", {}).get("did") == step for e in news.get("events", [])))


def pose(x: float, at_ms: int) -> bytes:
    """A head at `x` metres that looks straight on, as the client packs it."""
    rotation = 3
    for shift in (2, 17, 32):
        rotation |= 16384 << shift
    return bytes([2]) + struct.pack("<IB3h", at_ms, 0, round(x * 1000), 1600, 0) + rotation.to_bytes(6, "little")


def recorded_room(hospital, before=lambda li, zhao: None) -> tuple[str, Person, Person]:
    """A room that is recorded, after something was done in it."""
    room = new_room(hospital)
    li, zhao = Person(hospital, LI, room), Person(hospital, ZHAO, room)
    li.act("admit", waiting=li.knock_of(ZHAO)["id"])
    zhao.until("welcome")
    before(li, zhao)
    li.act("ask-to-record")
    did(zhao, "asked")
    zhao.act("answer-recording", agrees=True)
    did(li, "started")
    return room, li, zhao


def recordings(hospital, room: str, user: str = LI) -> list[dict]:
    answer = hospital.as_(user).get(f"{hospital.base}/api/rooms/{room}/recordings")
    assert answer.ok, answer.text
    return answer.json()["recordings"]


def ended(hospital, room: str) -> dict:
    return until(lambda: next((one for one in recordings(hospital, room) if one["state"] == "sealed"), None), "the recording is sealed")


def whole(hospital, room: str, recording: int) -> dict:
    answer = hospital.as_(LI).get(f"{hospital.base}/api/rooms/{room}/recordings/{recording}")
    assert answer.ok, answer.text
    return answer.json()


def moments(hospital, room: str, recording: int, number: int) -> list[tuple[int, int, bytes]]:
    """Kind, time and bytes of everything in a part."""
    address = f"{hospital.base}/api/rooms/{room}/recordings/{recording}/parts/{number}"
    answer = hospital.as_(LI).get(address, stream=True, headers={"Accept-Encoding": "zstd"})
    assert answer.status_code == 200, answer.text
    body = answer.raw.read(decode_content=False)
    raw = zstandard.ZstdDecompressor().decompressobj().decompress(body)
    assert raw[:5] == b"YYRC\x01"
    at = 7 + struct.unpack_from("<H", raw, 5)[0] + 16
    found = []
    while at < len(raw):
        kind, at_ms = struct.unpack_from("<BI", raw, at)
        at += 5 + (6 if kind == 3 else 0)
        [length] = struct.unpack_from("<I", raw, at)
        found.append((kind, at_ms, raw[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def warnings(parts: list[list[tuple[int, int, bytes]]]) -> list[str]:
    """What was said to somebody to keep order, as it was seen."""
    said = []
    for _, _, frame in (moment for part in parts for moment in part):
        if frame[0] != TICK:
            continue
        [length] = struct.unpack_from("<I", frame, 5)
        news = json.loads(frame[9 : 9 + length]) if length else {}
        assert "waiting" not in news, "who waits at the door is not recorded"
        said += [event["order"]["reason"] for event in news.get("events", []) if event.get("order", {}).get("did") == "warned"]
    return said


def warn(li: Person, text: str) -> None:
    """An act that everybody sees, and whose words are looked for afterwards."""
    li.act("warn", participant=li.person(ZHAO)["id"], reason=text)
    li.until("tick", lambda news: any(e.get("order", {}).get("reason") == text for e in news.get("events", [])))


def heads(parts: list[list[tuple[int, int, bytes]]]) -> set[int]:
    """Where heads were, in millimetres from the middle to the right."""
    found = set()
    for kind, _, frame in (moment for part in parts for moment in part):
        if kind != 2 or frame[0] != TICK:
            continue
        [length] = struct.unpack_from("<I", frame, 5)
        at = 9 + length
        count = frame[at]
        for index in range(count):
            # The poses of this test have a head and nothing else: seat, clock, parts, position, rotation.
            _, _, _, x = struct.unpack_from("<HIBh", frame, at + 1 + index * 19)
            found.add(x)
    return found


def test_it_begins_when_all_agree_and_ends_when_one_takes_it_back(own):
    room, li, zhao = recorded_room(own)
    for at in range(8):
        zhao.socket.send_binary(pose(at / 10, at * 100))
        li.until("tick")
    warn(li, "speak slowly")
    zhao.act("answer-recording", agrees=False)
    did(li, "withdrew")
    warn(li, "this is not recorded")
    card = ended(own, room)
    assert card["why"] == "withdrew" and card["entry"]
    told = whole(own, room, card["recording"])
    parts = [moments(own, room, card["recording"], part["number"]) for part in told["parts"]]
    assert warnings(parts) == ["speak slowly"]
    assert heads(parts) & {100, 200, 300, 400, 500, 600, 700}
    [first] = [frame for kind, _, frame in parts[0] if kind == 1 and frame[0] == WELCOME]
    assert {one["actor"] for one in json.loads(first[ENTRANCE:])["people"]} == {LI, ZHAO}
    steps = [act["recording"]["did"] for act in told["acts"] if "recording" in act]
    assert "started" in steps, steps
    text = json.dumps(told["acts"]) + repr(parts)
    assert "this is not recorded" not in text
    # Answers are consents of the record, and steps are in the audit.
    fhir = own.as_(LI)
    found = fhir.get(f"{own.base}/fhir/Consent?patient=Patient/{ZHAO_ID}").json()
    ours = [e["resource"] for e in found.get("entry", []) if e["resource"]["id"].startswith("recording-")]
    status = {one["performer"][0]["identifier"]["value"]: one["status"] for one in ours}
    assert (status[LI], status[ZHAO]) == ("active", "inactive")
    address = f"{own.base}/fhir/AuditEvent?patient=Patient/{ZHAO_ID}&subtype=urn:yuanyi:room-recording|"
    for step in ("asked", "agreed", "started", "withdrew", "replayed"):
        assert fhir.get(f"{address}{step}&_summary=count").json()["total"] >= 1, step
    li.close(), zhao.close()


def test_who_comes_later_agrees_at_the_door_and_who_may_not_see_the_patient_does_not_replay(own):
    room, li, zhao = recorded_room(own)
    chen = Person(own, CHEN, room)
    assert (chen.kind, chen.first["state"]) == ("threshold", "recorded")
    chen.act("answer-recording", agrees=True)
    assert chen.until("welcome")["recording"]["state"] == "running"
    wang = Person(own, WANG, room)
    assert wang.kind == "threshold"
    li.act("admit", waiting=li.knock_of(WANG)["id"])
    wang.until("threshold", lambda door: door["state"] == "recorded")
    wang.act("come-urgently", reason="the patient bleeds")
    assert wang.until("welcome")
    did(wang, "stopped")
    card = ended(own, room)
    assert card["why"] == "not-agreed"
    assert recordings(own, room, ZHAO)[0]["recording"] == card["recording"], "one sees what is one's own"
    for user in ("zhou.trainee", "sun.manager"):
        address = f"{own.base}/api/rooms/{room}/recordings/{card['recording']}"
        assert own.as_(user).get(address).status_code == 403, user
    for person in (li, zhao, chen, wang):
        person.close()


def test_it_is_taken_away_as_one_archive(own):
    room, li, zhao = recorded_room(own)
    for at in range(4):
        zhao.socket.send_binary(pose(0.5, at * 100))
        li.until("tick")
    li.act("stop-recording")
    did(li, "stopped")
    card = ended(own, room)
    answer = own.as_(LI).get(f"{own.base}/api/rooms/{room}/recordings/{card['recording']}/export")
    assert answer.ok and answer.headers["Content-Type"] == "application/zip", answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["card"]["why"] == "asked" and manifest["parts"][0]["digest"]
    poses = [json.loads(line) for line in archive.read("poses.ndjson").splitlines()]
    assert {one["pose"]["head"]["position_m"][0] for one in poses} == {0.5}
    assert any(act["act"] == "recording" for act in json.loads(archive.read("acts.json")))
    # Who runs the archive erases it, by saying why; that it was stays.
    address = f"{own.base}/api/rooms/{room}/recordings/{card['recording']}"
    may = "admin"
    listed = own.as_(may).get(f"{own.base}/api/rooms/{room}/recordings").json()
    assert (listed["may_replay"], listed["may_erase"], len(listed["recordings"])) == (False, True, 1), "one erases by a list"
    assert own.as_(may).get(address).status_code == 403, "and sees nothing of what was recorded"
    assert own.as_(may).post(f"{address}/erase", json={"reason": " "}).status_code == 400
    assert own.as_(ZHAO).post(f"{address}/erase", json={"reason": "mine"}).status_code == 403
    assert own.as_(may).post(f"{address}/erase", json={"reason": "asked to"}).status_code == 204
    assert own.as_(LI).get(f"{address}/parts/0").status_code == 410
    [gone] = recordings(own, room)
    assert gone["state"] == "erased"
    entry = own.as_(LI).get(f"{own.base}/api/ledger/entry/{gone['erased']}")
    assert entry.ok and "asked to" in entry.text
    li.close(), zhao.close()


def placed(person: Person, kind: str) -> int:
    """Hears until something of a kind is placed: its number."""

    def numbers(news: dict) -> list[int]:
        changes = [change for event in news.get("events", []) for change in event["changes"] if change["placed"]]
        return [change["id"] for change in changes if change["placed"]["entity"]["type"] == kind]

    return numbers(person.until("tick", numbers))[0]


def rebuilt(archive: zipfile.ZipFile) -> dict[int, dict]:
    """What stood in the room in the end, by an archive's own words: the start, and what was done since."""
    [start] = json.loads(archive.read("start.json"))
    world = {one["id"]: one["placed"] for one in start["snapshot"]}
    for act in json.loads(archive.read("acts.json")):
        if act["number"] < start["next_act"]:
            continue
        for change in act["changes"]:
            if change["placed"] is None:
                world.pop(change["id"], None)
            else:
                world[change["id"]] = change["placed"]
    return world


def test_what_is_taken_away_is_of_use_without_the_hospital(own):
    def before(li: Person, zhao: Person) -> None:
        stands = {"position_m": [1, 1.2, 0], "rotation": [0, 0, 0, 1], "scale": 1}
        li.act("add", entity={"type": "board", "transform": stands, "title": "plan"})
        boards.append(placed(li, "board"))
        # Who stands here does not move until the end.
        zhao.socket.send_binary(pose(1.0, 100))
        for _ in range(4):
            li.until("tick")

    boards = []
    room, li, zhao = recorded_room(own, before)
    [board] = boards
    seats = {li.person(user)["id"]: user for user in (LI, ZHAO)}
    there = {"position_m": [-1, 1.4, 0.5], "rotation": [0, 0, 0, 1], "scale": 0.5}
    li.act("set", id=board, patch={"type": "board", "transform": there})
    for at in range(1, 4):
        li.socket.send_binary(pose(at / 5, at * 100))
        li.until("tick")
    li.act("add", entity={"type": "board-note", "board": board, "at": [0.25, 0.1], "text": "rest"})
    note = placed(li, "board-note")
    # What is taken back at once is gone from what is rebuilt too.
    li.act("add", entity={"type": "board-note", "board": board, "at": [0.25, 0.5], "text": "a slip"})
    slip = placed(li, "board-note")
    li.act("undo")
    li.until("tick", lambda news: any(event["act"] == "undo" for event in news.get("events", [])))
    li.act("stop-recording")
    did(li, "stopped")
    card = ended(own, room)
    answer = own.as_(LI).get(f"{own.base}/api/rooms/{room}/recordings/{card['recording']}/export")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))

    # Every seat has its person, as the room showed them.
    people = json.loads(archive.read("people.json"))
    assert {one["participant"]: one["actor"] for one in people} == seats
    assert {one["role"] for one in people if one["actor"] == ZHAO} == {"patient"}
    assert all(one["name"] == li.person(one["actor"])["name"] for one in people)
    assert all(0 <= one["from_ms"] <= one["to_ms"] <= card["duration_ms"] for one in people)

    # Who stood still since before it began is there once, from its beginning on.
    [start] = json.loads(archive.read("start.json"))
    poses = [json.loads(line) for line in archive.read("poses.ndjson").splitlines()]
    stood = [one for one in poses if seats[one["participant"]] == ZHAO]
    assert [(one["at_ms"], one["pose"]["head"]["position_m"][0]) for one in stood] == [(start["at_ms"], 1.0)]
    moved = [one["pose"]["head"]["position_m"][0] for one in poses if seats[one["participant"]] == LI]
    assert moved[-1] == 0.6 and moved == sorted(set(moved))

    # What stood there before is in the start, and the acts make of it what the room is now.
    assert board in {one["id"] for one in start["snapshot"]} and note not in {one["id"] for one in start["snapshot"]}
    world = rebuilt(archive)
    later = Person(own, LI, room)
    assert {one["id"]: one["placed"] for one in later.first["snapshot"]} == world
    assert world[board]["entity"] == {"type": "board", "transform": there, "title": "plan"}
    assert world[note]["entity"]["text"] == "rest" and slip not in world
    assert json.loads(archive.read("manifest.json"))["scenario"] == "remote-consult"

    # It says itself what its files are, in both languages.
    said = archive.read("README.txt").decode()
    assert "录制" in said and "recording" in said
    assert all(name in said for name in archive.namelist() if name != "README.txt" and not name.startswith("voices/"))
    li.close(), zhao.close(), later.close()


def test_what_was_done_is_found_over_all_recordings_of_a_patient_by_who_may_see_them(own):
    rooms = []
    for reason in ("the first room", "the second room"):
        room, li, zhao = recorded_room(own)
        warn(li, reason)
        li.act("stop-recording")
        did(li, "stopped")
        ended(own, room)
        li.close(), zhao.close()
        rooms.append(room)
    address = f"{own.base}/api/patients/{ZHAO_ID}/recordings"

    def told(asked: str = "") -> list[tuple[str, list[str]]]:
        answer = own.as_(LI).get(address + asked)
        assert answer.ok, answer.text
        said = lambda one: [act["order"]["reason"] for act in one["acts"] if act.get("order", {}).get("did") == "warned"]
        return [(one["room"], said(one)) for one in answer.json()["rooms"]]

    [second, first] = told()[:2]
    assert (first, second) == ((rooms[0], ["the first room"]), (rooms[1], ["the second room"])), "the latest comes first"
    started = own.as_(LI).get(address).json()["rooms"][0]["card"]["started"]
    before = int(datetime.datetime.fromisoformat(started).timestamp() * 1000)
    assert told(f"?before={before}")[0] == first
    assert own.as_(LI).get(address + "?text=nodule").status_code == 400, "words are not asked for in addresses"
    # Whose bytes were removed has no moment to go to.
    [card] = recordings(own, rooms[1])
    erase = f"{own.base}/api/rooms/{rooms[1]}/recordings/{card['recording']}/erase"
    assert own.as_("admin").post(erase, json={"reason": "asked to"}).status_code == 204
    assert told()[0] == first
    for user in ("zhou.trainee", "sun.manager", "admin"):
        assert own.as_(user).get(address).status_code == 403, user
    audit = f"{own.base}/fhir/AuditEvent?patient=Patient/{ZHAO_ID}&subtype=urn:yuanyi:room-recording|searched&_summary=count"
    assert own.as_(LI).get(audit).json()["total"] >= 4


def serve_again(hospital) -> None:
    """Starts the killed hospital anew, on the same data and without the demo's people."""
    hospital.http_port = free_port()
    hospital.base = f"http://127.0.0.1:{hospital.http_port}"
    serve = [hospital.program, "serve", "--http", f"127.0.0.1:{hospital.http_port}", "--dicom", "off", "--mqtt", "off", "--data", str(hospital.data)]
    hospital.process = subprocess.Popen(serve, stderr=subprocess.PIPE, text=True)
    for line in hospital.process.stderr:
        if line.startswith("ready"):
            return
    raise RuntimeError("the hospital did not start again")


def verify(hospital) -> subprocess.CompletedProcess:
    command = [hospital.program, "verify", "--deep", "--data", str(hospital.data)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_a_crash_leaves_it_whole_up_to_its_last_part_and_a_changed_byte_is_found(own):
    room, li, zhao = recorded_room(own)
    warn(li, "before the crash")
    # A part is ten seconds long; the second one begins when the first is kept.
    until(lambda: next((one for one in recordings(own, room) if one["bytes"] > 0), None), "a part is kept")
    own.process.kill()
    own.process.wait(timeout=30)
    serve_again(own)
    [card] = recordings(own, room)
    assert (card["state"], card["why"]) == ("sealed", "interrupted")
    told = whole(own, room, card["recording"])
    parts = [moments(own, room, card["recording"], part["number"]) for part in told["parts"]]
    assert warnings(parts) == ["before the crash"]
    # Who comes in is not recorded any more, and everybody is told.
    back = Person(own, LI, room)
    if back.first["recording"]["state"] != "off":
        back.until("tick", lambda news: news.get("recording", {}).get("state") == "off")
    back.close()

    own.process.terminate()
    own.process.wait(timeout=30)
    checked = verify(own)
    assert checked.returncode == 0 and "sound" in checked.stdout, checked.stdout + checked.stderr

    size = told["parts"][0]["size"]
    for segment in sorted(pathlib.Path(own.data / "journal").iterdir()):
        content = bytearray(segment.read_bytes())
        # Parts are the only objects that are pressed in frames of zstd and named by nothing else.
        for found in re.finditer(rb"\x28\xb5\x2f\xfd", bytes(content)):
            if found.start() + size <= len(content):
                content[found.start() + size // 2] ^= 1
                segment.write_bytes(content)
                broken = verify(own)
                assert broken.returncode == 1, broken.stdout
                assert segment.name in broken.stdout + broken.stderr
                return
    raise AssertionError("no part of the recording was found on the disk")
