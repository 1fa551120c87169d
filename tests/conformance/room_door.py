"""A person at the door of a room: the frames of `contract/room.ts`, over a plain WebSocket, or over a stream of events
and requests where none opens."""

import base64
import json
import struct

import requests

import websocket

HELLO = bytes([1]) + struct.pack("<HBQ", 9, 0, 0)
WELCOME, TICK, REFUSED, BYE, PONG = 0x81, 0x82, 0x83, 0x84, 0x85
VOICES, SLOTS, SAID, THRESHOLD = 0x86, 0x87, 0x88, 0x89
# Kind, version, seat, token, whether it was resumed, tick, last number, next event; the rest is JSON.
ENTRANCE = 1 + 2 + 2 + 16 + 1 + 4 + 4 + 8
NAMES = {
    WELCOME: "welcome", TICK: "tick", REFUSED: "refused", BYE: "bye", PONG: "pong",
    VOICES: "voices", SLOTS: "slots", SAID: "said", THRESHOLD: "threshold",
}


def agree(hospital, user: str) -> None:
    """Agrees to the rules of conduct, as everybody does once."""
    person = hospital.as_(user)
    version = person.get(f"{hospital.base}/api/conduct").json()["version"]
    answer = person.post(f"{hospital.base}/api/conduct", json={"version": version})
    assert answer.status_code == 204, answer.text


class Stream:
    """A stream of events and requests, with the words of a WebSocket."""

    def __init__(self, hospital, token: str, room: str, hello: bytes = HELLO):
        self.base = f"{hospital.base}/api/rooms/{room}"
        self.headers = {"Authorization": f"Bearer {token}"}
        self.answer = requests.post(f"{self.base}/stream", data=hello, headers=self.headers, stream=True, timeout=60)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.headers["content-type"].startswith("text/event-stream")
        self.events = self.fields()
        event, self.line = next(self.events)
        assert event == "line"
        # Its requests are numbered, since they may overtake one another.
        self.heard = 0

    def fields(self):
        event = ""
        # A chunk as it comes: no waiting until some size is reached.
        for line in self.answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("event:"):
                event = line[6:].strip()
            elif line.startswith("data:"):
                yield event, line[5:].strip()
                event = ""

    def recv(self) -> bytes:
        return base64.b64decode(next(self.events)[1])

    def post(self, body: bytes, **headers) -> int:
        own = self.headers | {"X-Yuanyi-Line": self.line, "X-Yuanyi-Number": str(self.heard + 1)} | headers
        status = requests.post(f"{self.base}/frames", data=body, headers=own, timeout=60).status_code
        self.heard += status == 204
        return status

    def send_binary(self, *frames: bytes) -> None:
        body = b"".join(struct.pack("<H", len(frame)) + frame for frame in frames)
        assert self.post(body) == 204

    def close(self) -> None:
        self.answer.close()


class Person:
    """One connection to a room."""

    def __init__(self, hospital, user: str, room: str, streams: bool = False):
        self.token = hospital.token(user)
        if streams:
            self.socket = Stream(hospital, self.token, room)
        else:
            address = f"{hospital.base.replace('http', 'ws')}/api/rooms/{room}/socket"
            header = [f"Authorization: Bearer {self.token}"]
            self.socket = websocket.create_connection(address, header=header, timeout=60)
            self.socket.send_binary(HELLO)
        self.seq, self.people, self.waiting = 0, [], []
        self.kind, self.first = self.hear()

    def hear(self) -> tuple[str, dict]:
        """The next frame; what is packed in it is left out."""
        frame = self.socket.recv()
        kind = NAMES[frame[0]]
        if frame[0] == WELCOME:
            said = json.loads(frame[ENTRANCE:])
            said["self"] = struct.unpack("<H", frame[3:5])[0]
            said["token"], said["resumed"] = frame[5:21], frame[21] == 1
        elif frame[0] == TICK:
            [length] = struct.unpack("<I", frame[5:9])
            said = json.loads(frame[9 : 9 + length]) if length else {}
        elif frame[0] == REFUSED:
            said = json.loads(frame[5:])
        elif frame[0] == PONG:
            said = {}
        else:
            said = json.loads(frame[1:])
        if isinstance(said, dict):
            self.people = said.get("people") or self.people
            self.waiting = said["waiting"] if "waiting" in said else self.waiting
        return kind, said

    def until(self, kind: str, fits=lambda _: True) -> dict:
        """Hears until such a frame comes."""
        while True:
            heard, said = self.hear()
            if heard == kind and fits(said):
                return said
            assert heard not in ("bye", "refused"), (heard, said)

    def hear_refusal(self) -> str:
        """Why the last act was refused."""
        while True:
            heard, said = self.hear()
            if heard == "refused":
                return said["reason"]
            assert heard != "bye", said

    def until_bye(self) -> dict:
        """The last frame of the connection."""
        while True:
            heard, said = self.hear()
            if heard == "bye":
                return said

    def act(self, act: str, **fields) -> None:
        self.seq += 1
        body = json.dumps({"act": act, **fields}).encode()
        self.socket.send_binary(bytes([3]) + struct.pack("<I", self.seq) + body)

    def person(self, user: str) -> dict:
        return next(one for one in self.people if one["actor"] == user)

    def knock_of(self, user: str) -> dict:
        """Who waits at the door, once they are seen there."""
        while user not in [one["actor"] for one in self.waiting]:
            self.hear()
        return next(one for one in self.waiting if one["actor"] == user)

    def close(self) -> None:
        self.socket.close()
