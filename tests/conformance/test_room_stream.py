"""A room where no WebSocket opens: the same frames, checks and seat over a stream of events and requests."""

import struct
import time

import pytest
import requests

from conftest import PASSWORD
from room_door import HELLO, Person, Stream, agree

LI, CHEN, ZHAO, QIAN = "li.terminal", "chen.expert", "zhao.patient", "qian.researcher"


def asked_for(hospital) -> str:
    """The room of a new consultation."""
    li = hospital.as_(LI)
    patient = li.get(f"{hospital.base}/api/home").json()["patients"][0]["id"]
    ask = {"patient": patient, "expert": CHEN, "reason": "no socket opens here"}
    case = li.post(f"{hospital.base}/api/scenarios/remote-consult/requests", json=ask)
    assert case.status_code == 201, case.text
    for user in (LI, CHEN):
        agree(hospital, user)
    return case.json()["room"]


@pytest.fixture
def room(hospital) -> str:
    return asked_for(hospital)


def test_one_by_socket_and_one_by_stream_are_in_one_room(hospital, room):
    li = Person(hospital, LI, room)
    chen = Person(hospital, CHEN, room, streams=True)
    assert chen.kind == "welcome" and {one["actor"] for one in chen.people} == {LI, CHEN}
    li.until("tick", lambda news: len(news.get("people", [])) == 2)
    chen.act("raise-hand")
    li.until("tick", lambda news: any(one["hand_since"] and one["actor"] == CHEN for one in news.get("people", [])))
    li.act("raise-hand")
    chen.until("tick", lambda news: any(one["hand_since"] and one["actor"] == LI for one in news.get("people", [])))
    chen.act("grab", id=999)
    assert chen.hear_refusal() == "unknown-entity"
    # Several frames of one request are heard in their order.
    chen.seq += 2
    acts = [b'{"act": "lower-hand"}', b'{"act": "raise-hand"}']
    frames = [bytes([3]) + struct.pack("<I", chen.seq - 1 + n) + act for n, act in enumerate(acts)]
    chen.socket.send_binary(*frames, bytes([4]) + struct.pack("<I", 1))
    chen.until("pong")
    chen.until("tick", lambda _: chen.person(CHEN)["hand_since"])
    li.close(), chen.close()


def test_who_comes_back_by_the_other_way_has_the_same_seat(hospital, room):
    chen = Person(hospital, CHEN, room)
    chen.close()
    hello = HELLO[:3] + bytes([1]) + chen.first["token"] + struct.pack("<Q", 0)
    back = Stream(hospital, hospital.token(CHEN), room, hello)
    frame = back.recv()
    assert (frame[0], frame[21], struct.unpack("<H", frame[3:5])[0]) == (0x81, 1, chen.first["self"])
    back.close()


def test_who_left_without_a_line_gives_the_seat_up_by_a_request(hospital, room):
    li, chen = Person(hospital, LI, room), Person(hospital, CHEN, room)
    li.until("tick", lambda _: len(li.people) == 2)
    seat = chen.first["token"].hex()
    chen.close()
    li.until("tick", lambda _: li.person(CHEN)["away"])

    def gives_up(user: str, **named) -> int:
        own = {"Authorization": f"Bearer {hospital.token(user)}"} | named
        return requests.delete(f"{hospital.base}/api/rooms/{room}/seat", headers=own, timeout=60).status_code

    assert gives_up(CHEN) == 400
    # Nobody gives up another's seat, nor learns whether there is one.
    assert gives_up(LI, **{"X-Yuanyi-Seat": seat}) == 204
    assert gives_up(CHEN, **{"X-Yuanyi-Seat": "00" * 16}) == 204
    li.act("raise-hand")
    li.until("tick", lambda _: li.person(LI)["hand_since"])
    assert {one["actor"] for one in li.people} == {LI, CHEN}
    asked = time.monotonic()
    assert gives_up(CHEN, **{"X-Yuanyi-Seat": seat}) == 204
    li.until("tick", lambda _: len(li.people) == 1)
    assert time.monotonic() - asked < 20, "it was kept"
    li.close()


def test_a_stream_is_only_its_owners_by_the_session_that_opened_it(hospital, room):
    chen = Person(hospital, CHEN, room, streams=True)
    hand = bytes([3]) + struct.pack("<I", 1) + b'{"act": "raise-hand"}'
    body = struct.pack("<H", len(hand)) + hand
    stream = chen.socket
    for user in (LI, CHEN):
        assert stream.post(body, Authorization=f"Bearer {hospital.token(user)}") == 404, user
    for line in ("0" * 32, "", "x", stream.line[:-1]):
        assert stream.post(body, **{"X-Yuanyi-Line": line}) == 404, line
    own = {"Authorization": stream.headers["Authorization"], "X-Yuanyi-Line": stream.line}
    assert requests.post(f"{hospital.base}/api/rooms/other/frames", data=body, headers=own, timeout=60).status_code == 404
    for broken in (b"", b"\x01", b"\x02\x00\x09", b"\x00\x00", body + b"\x05\x00"):
        assert stream.post(broken) == 400, broken
    assert stream.post(b"\x01\x00\x09" * 30_000) == 413
    # Nothing of all that was heard.
    stream.send_binary(bytes([4]) + struct.pack("<I", 1))
    chen.until("pong")
    assert chen.person(CHEN)["hand_since"] is None
    chen.close()


def test_the_door_is_that_of_the_socket(hospital, room):
    def status(user: str, **headers) -> int:
        own = {"Authorization": f"Bearer {hospital.token(user)}"} | headers
        return requests.post(f"{hospital.base}/api/rooms/{room}/stream", data=HELLO, headers=own, stream=True, timeout=60).status_code

    assert status(QIAN) == 403, "not let into the room"
    assert status(CHEN, Origin="https://elsewhere.example") == 403, "another page"
    session = requests.Session()
    login = session.post(f"{hospital.base}/api/session", json={"user": CHEN, "password": PASSWORD}, headers={"X-Yuanyi-Client": "1"})
    assert login.ok
    foreign = session.post(f"{hospital.base}/api/rooms/{room}/stream", data=HELLO, timeout=60)
    assert foreign.status_code == 403, "a page that is not ours cannot send the header"
    # What is no hello lets nobody in, and the stream ends.
    for hello in (b"", b"\x09", bytes([1]) + struct.pack("<HBQ", 99, 0, 0)):
        stream = Stream(hospital, hospital.token(CHEN), room, hello)
        assert stream.recv()[0] == 0x84
        with pytest.raises(StopIteration):
            stream.recv()


def test_who_sends_too_much_is_put_out_as_by_the_socket(hospital, room):
    chen = Person(hospital, CHEN, room, streams=True)
    # A second's worth of poses is 200 frames at most.
    poses = [bytes([2]) + struct.pack("<IB", at_ms, 0) + bytes(12) for at_ms in range(1000)]
    chen.socket.send_binary(*poses)
    assert chen.until_bye()["reason"] == "too-fast"
    with pytest.raises(StopIteration):
        chen.socket.recv()


def test_an_account_has_so_many_streams_and_no_more(hospital, room):
    token = hospital.token(CHEN)
    own = {"Authorization": f"Bearer {token}"}
    # Nobody has so many seats in one room.
    rooms = [room, asked_for(hospital)]
    streams, until = [], time.monotonic() + 60
    while len(streams) < 16:
        try:
            streams.append(Stream(hospital, token, rooms[len(streams) % 2]))
        except AssertionError:
            # Those that other tests closed are counted until the hospital has noticed.
            assert time.monotonic() < until, f"{len(streams)} streams and no more"
            time.sleep(1)
    more = requests.post(f"{hospital.base}/api/rooms/{room}/stream", data=HELLO, headers=own, stream=True, timeout=60)
    assert more.status_code == 429
    for stream in streams:
        stream.close()
