"""MQTT packets as bytes, so that a test can send what no library would: malformed, too large, out of turn."""

import dataclasses
import socket
import struct
import time

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = range(1, 8)
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH = range(8, 16)

# The forms of properties, by their identifiers (MQTT 5, section 2.2.2.2).
FORMS = {
    0x01: "byte", 0x02: "four", 0x03: "string", 0x08: "string", 0x09: "binary", 0x0B: "variable", 0x11: "four",
    0x12: "string", 0x13: "two", 0x15: "string", 0x16: "binary", 0x17: "byte", 0x18: "four", 0x19: "byte",
    0x1A: "string", 0x1C: "string", 0x1F: "string", 0x21: "two", 0x22: "two", 0x23: "two", 0x24: "byte",
    0x25: "byte", 0x26: "pair", 0x27: "four", 0x28: "byte", 0x29: "byte", 0x2A: "byte",
}
PAYLOAD_FORMAT, MESSAGE_EXPIRY, CONTENT_TYPE, RESPONSE_TOPIC, CORRELATION, SUBSCRIPTION_ID = 1, 2, 3, 8, 9, 0x0B
SESSION_EXPIRY, ASSIGNED_ID, SERVER_KEEP_ALIVE, AUTH_METHOD, AUTH_DATA = 0x11, 0x12, 0x13, 0x15, 0x16
PROBLEM_INFORMATION, WILL_DELAY, RESPONSE_INFORMATION, REASON, RECEIVE_MAXIMUM = 0x17, 0x18, 0x19, 0x1F, 0x21
ALIAS_MAXIMUM, ALIAS, MAXIMUM_QOS, RETAIN_AVAILABLE, USER, MAXIMUM_PACKET = 0x22, 0x23, 0x24, 0x25, 0x26, 0x27
WILDCARD_AVAILABLE, SUBSCRIPTION_ID_AVAILABLE, SHARED_AVAILABLE = 0x28, 0x29, 0x2A


def two(number: int) -> bytes:
    return struct.pack(">H", number)


def binary(value: bytes | str) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return two(len(value)) + value


def variable(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def prop(kind: int, value) -> bytes:
    form = FORMS[kind]
    if form == "pair":
        body = binary(value[0]) + binary(value[1])
    elif form in ("string", "binary"):
        body = binary(value)
    elif form == "variable":
        body = variable(value)
    else:
        body = value.to_bytes({"byte": 1, "two": 2, "four": 4}[form], "big")
    return bytes([kind]) + body


def props(*pairs) -> bytes:
    body = b"".join(prop(kind, value) for kind, value in pairs)
    return variable(len(body)) + body


def packet(kind: int, body: bytes = b"", flags: int = 0) -> bytes:
    return bytes([kind << 4 | flags]) + variable(len(body)) + body


def connect(client, token=None, *, user=None, level=5, name="MQTT", clean=True, keep_alive=0, properties=(), will=None,
            will_flags=0, will_properties=(), flags=None) -> bytes:
    """A CONNECT; `will` is a topic and a payload, `will_flags` its QoS and retain bits, `flags` replaces the byte."""
    byte = 0x02 if clean else 0
    payload = binary(client)
    if will:
        byte |= 0x04 | will_flags
        payload += (props(*will_properties) if level == 5 else b"") + binary(will[0]) + binary(will[1])
    if user is not None or token is not None:
        byte |= 0x80
        payload += binary(user if user is not None else client)
    if token is not None:
        byte |= 0x40
        payload += binary(token)
    head = binary(name) + bytes([level, byte if flags is None else flags]) + two(keep_alive)
    return packet(CONNECT, head + (props(*properties) if level == 5 else b"") + payload)


def publish(topic, payload=b"", *, five=True, qos=0, identifier=None, dup=False, retain=False, properties=()) -> bytes:
    body = binary(topic) + (two(identifier) if identifier is not None else b"")
    body += (props(*properties) if five else b"") + (payload.encode() if isinstance(payload, str) else payload)
    return packet(PUBLISH, body, dup << 3 | qos << 1 | retain)


def subscribe(identifier: int, *filters, five=True, flags=2, properties=()) -> bytes:
    """A SUBSCRIBE; each filter is its text and its options."""
    body = two(identifier) + (props(*properties) if five else b"")
    return packet(SUBSCRIBE, body + b"".join(binary(text) + bytes([options]) for text, options in filters), flags)


def unsubscribe(identifier: int, *filters, five=True, flags=2) -> bytes:
    body = two(identifier) + (props() if five else b"")
    return packet(UNSUBSCRIBE, body + b"".join(binary(text) for text in filters), flags)


def reply(kind: int, identifier: int, flags: int = 0) -> bytes:
    """A PUBACK, PUBREC, PUBREL or PUBCOMP of success."""
    return packet(kind, two(identifier), flags)


@dataclasses.dataclass
class Got:
    """A packet of the door."""

    kind: int
    flags: int
    body: bytes
    five: bool

    @property
    def reason(self) -> int:
        """The reason or return code of an answer; success where it is left out."""
        place = {CONNACK: 1, PUBACK: 2, PUBREC: 2, PUBREL: 2, PUBCOMP: 2, DISCONNECT: 0}[self.kind]
        return self.body[place] if len(self.body) > place else 0

    @property
    def present(self) -> bool:
        """Whether a session was there."""
        assert self.kind == CONNACK and not self.body[0] & 0xFE
        return self.body[0] == 1

    @property
    def qos(self) -> int:
        return self.flags >> 1 & 3

    @property
    def dup(self) -> bool:
        return bool(self.flags & 8)

    @property
    def retain(self) -> bool:
        return bool(self.flags & 1)

    @property
    def identifier(self) -> int:
        at = 2 + len(self.topic.encode()) if self.kind == PUBLISH else 0
        return struct.unpack_from(">H", self.body, at)[0]

    @property
    def topic(self) -> str:
        return self.body[2:2 + struct.unpack_from(">H", self.body)[0]].decode()

    def _properties_at(self) -> int:
        if self.kind == PUBLISH:
            return 2 + len(self.topic.encode()) + (2 if self.qos else 0)
        return {CONNACK: 2, PUBACK: 3, PUBREC: 3, PUBREL: 3, PUBCOMP: 3, SUBACK: 2, UNSUBACK: 2, DISCONNECT: 1}[self.kind]

    def _properties(self) -> tuple[list, int]:
        """The properties in their order, and where they end."""
        at, found = self._properties_at(), []
        if not self.five or at >= len(self.body):
            return found, at
        length, shift = 0, 0
        while True:
            byte = self.body[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not byte & 0x80:
                break
        end = at + length
        while at < end:
            kind = self.body[at]
            at += 1
            form = FORMS[kind]
            if form in ("byte", "two", "four"):
                size = {"byte": 1, "two": 2, "four": 4}[form]
                value = int.from_bytes(self.body[at:at + size], "big")
                at += size
            else:
                texts = []
                for _ in range(2 if form == "pair" else 1):
                    size = struct.unpack_from(">H", self.body, at)[0]
                    texts.append(self.body[at + 2:at + 2 + size])
                    at += 2 + size
                value = texts[0] if form == "binary" else tuple(t.decode() for t in texts) if form == "pair" else texts[0].decode()
            found.append((kind, value))
        assert at == end
        return found, end

    @property
    def properties(self) -> list:
        return self._properties()[0]

    def said(self, kind: int):
        return dict(self.properties).get(kind)

    @property
    def payload(self) -> bytes:
        """What follows the variable header: a message, or one code for each filter."""
        if self.kind in (SUBACK, UNSUBACK) and not self.five:
            return self.body[2:]
        return self.body[self._properties()[1]:]


class Raw:
    """A connection that sends bytes and reads packets."""

    def __init__(self, port: int):
        until = time.monotonic() + 60
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError:
                # A hospital that has just opened opens this door last.
                assert time.monotonic() < until
                time.sleep(0.05)
        self.socket.settimeout(60)
        self.five, self.left = True, b""

    def send(self, *packets: bytes) -> "Raw":
        self.socket.sendall(b"".join(packets))
        return self

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.left += data
        return bool(data)

    def next(self) -> Got | None:
        """The next packet; nothing once the door has closed."""
        while True:
            if len(self.left) >= 2:
                length, shift, at = 0, 0, 1
                while at < len(self.left):
                    byte = self.left[at]
                    length |= (byte & 0x7F) << shift
                    at, shift = at + 1, shift + 7
                    if not byte & 0x80:
                        break
                if not self.left[at - 1] & 0x80 and len(self.left) >= at + length:
                    first, body = self.left[0], self.left[at:at + length]
                    self.left = self.left[at + length:]
                    return Got(first >> 4, first & 0x0F, body, self.five)
            if not self._more():
                assert not self.left, f"the door closed within a packet: {self.left!r}"
                return None

    def expect(self, kind: int) -> Got:
        got = self.next()
        assert got is not None and got.kind == kind, got
        return got

    def all(self) -> list[Got]:
        """All that comes until the door closes."""
        found = []
        while (got := self.next()) is not None:
            found.append(got)
        return found

    def ends(self, reason: int | None = None) -> None:
        """The door closes: where a reason is given, after a DISCONNECT (or CONNACK) with it, and in MQTT 3.1.1 with
        nothing said."""
        rest = self.all()
        if not self.five:
            assert not rest, rest
        elif reason is not None:
            assert [(got.kind, got.reason) for got in rest] == [(DISCONNECT, reason)]
        else:
            assert all(got.kind == DISCONNECT and got.reason >= 0x80 for got in rest), rest

    def settled(self) -> list[Got]:
        """All that was on its way before now: two pings are answered after it."""
        found = []
        for _ in range(2):
            self.send(packet(PINGREQ))
            while (got := self.next()).kind != PINGRESP:
                found.append(got)
            assert (got.flags, got.body) == (0, b"")
        return found

    def drop(self) -> None:
        """Goes without a word."""
        self.socket.close()

    def leave(self) -> None:
        """Goes in order, and waits until the door has closed."""
        self.send(packet(DISCONNECT))
        assert self.all() == []
        self.socket.close()
