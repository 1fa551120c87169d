"""The MQTT door, packet by packet, against the numbered statements of the OASIS standards for MQTT 5 and 3.1.1."""

import itertools
import json
import pathlib
import tempfile
import time

import pytest

from conftest import ROOT
from mqtt_statements import holds, table
from mqtt_wire import *  # noqa: F403
from test_mqtt import SPO2, Ward, now_ms

both = pytest.mark.parametrize("five", [True, False], ids=["5", "3.1.1"])
NUMBERS = itertools.count(1)
BEGIN = now_ms() - 600_000


class Door:
    """The door of a hospital of its own, and devices that may use it."""

    def __init__(self, folder: pathlib.Path):
        self.ward = Ward(folder)
        self.bearer = self.ward.bearer("nurse")

    def device(self, profile: str = "pulse-oximeter") -> "Device":
        name = f"p-{next(NUMBERS)}"
        return Device(self, name, self.ward.add(name, profile))

    def open(self, five: bool = True) -> Raw:
        raw = Raw(self.ward.mqtt)
        raw.five = five
        return raw

    def guest(self, client: str = "listening", five: bool = True, **more) -> Raw:
        raw = self.open(five)
        raw.send(connect(client, self.bearer, user="nurse", level=5 if five else 4, **more))
        raw.welcome = raw.expect(CONNACK)
        return raw


class Device:
    def __init__(self, door: Door, name: str, token: str):
        self.door, self.name, self.token = door, name, token
        self.topic, self.state, self.all = (f"yuanyi/v1/{name}/{place}" for place in ("spo2", "state", "#"))

    def connect(self, five: bool = True, **more) -> bytes:
        return connect(self.name, self.token, level=5 if five else 4, **more)

    def join(self, five: bool = True, keep: int = 0, properties=(), **more) -> Raw:
        """Connects; `keep` is how long its session stays, in seconds."""
        raw = self.door.open(five)
        if five and keep:
            properties = (*properties, (SESSION_EXPIRY, keep))
        more.setdefault("clean", not keep)
        raw.send(self.connect(five, properties=properties, **more))
        raw.welcome = raw.expect(CONNACK)
        assert raw.welcome.reason == 0
        return raw

    def subscribes(self, raw: Raw, options: int = 1, filter: str | None = None) -> None:
        raw.send(subscribe(99, (filter or self.all, options), five=raw.five))
        assert raw.expect(SUBACK).payload[0] < 0x80

    def sends(self, raw: Raw, identifier: int = 1, *, topic: str | None = None, payload=None, **more) -> Got:
        """Publishes at QoS 1; the PUBACK. What is told on this connection comes after it."""
        sent = publish(topic or self.topic, reading() if payload is None else payload, five=raw.five, qos=1,
                       identifier=identifier, **more)
        raw.send(sent)
        answer = raw.expect(PUBACK)
        assert answer.identifier == identifier
        return answer


def reading() -> str:
    """A value that was not there before."""
    return json.dumps(SPO2 | {"t": BEGIN + next(NUMBERS) * 10, "value": 97})


def state(**more) -> str:
    return json.dumps({"online": True, "firmware": str(next(NUMBERS))} | more)


@pytest.fixture(scope="module")
def door():
    with tempfile.TemporaryDirectory(prefix="yuanyi-mqtt-packets-") as folder:
        data = pathlib.Path(folder) / "data"
        data.mkdir()
        running = Door(data)
        yield running
        running.ward.process.terminate()
        running.ward.process.wait(timeout=60)


# CONNECT and CONNACK


@holds("3.1.0-1 3.14.0-1", "3.1.0-1")
@pytest.mark.parametrize("first", [packet(PINGREQ), publish("a", "b"), subscribe(1, ("a", 0)), packet(DISCONNECT)])
def test_what_is_no_connect_comes_to_nothing(door, first):
    """A first packet that is no CONNECT: the door closes, and says nothing."""
    assert door.open().send(first).all() == []


@both
@holds("3.1.0-2 4.13.1-1 4.13.2-1", "3.1.0-2 4.8.0-1")
def test_a_second_connect_ends_the_connection(door, five):
    """A second CONNECT is a protocol error: DISCONNECT 0x82 and the end."""
    device = door.device()
    raw = device.join(five)
    raw.send(device.connect(five)).ends(0x82)


@both
@pytest.mark.parametrize("name", ["MQIsdp", "mqtt", "HTTP"])
@holds("3.1.2-1", "3.1.2-1")
def test_another_protocol_is_not_spoken(door, name, five):
    """A protocol name other than MQTT: the door closes; nobody is welcomed."""
    device = door.device()
    assert all(got.kind == CONNACK and got.reason for got in door.open(five).send(device.connect(five, name=name)).all())


@pytest.mark.parametrize("level", [0, 3, 6, 0x84])
@holds("3.1.2-2", "3.1.2-2")
def test_another_level_is_named_and_not_spoken(door, level):
    """A level other than 4 and 5: CONNACK 0x01 in the form that older and newer clients read, and the end."""
    raw = door.open(False).send(connect("a", "b", level=level))
    [got] = raw.all()
    assert (got.kind, got.body) == (CONNACK, b"\0\1")


@both
@pytest.mark.parametrize("flags", [0xC3, 0x9E, 0xCA, 0xE2], ids=["reserved", "will QoS 3", "QoS of no will", "retain of no will"])
@holds("3.1.2-3 3.1.2-11 3.1.2-12 3.1.2-13 3.1.4-1 3.1.4-2", "3.1.2-3 3.1.2-13 3.1.2-14 3.1.2-15 3.1.4-1")
def test_flags_that_contradict_each_other_are_malformed(door, flags, five):
    """A reserved flag, a will's QoS 3, QoS or retain of a will that is not there: no welcome; in 3.1.1 no word."""
    device = door.device()
    will = (device.state, state()) if flags & 4 else None
    rest = door.open(five).send(device.connect(five, flags=flags, will=will)).all()
    assert all(got.kind == CONNACK and got.reason >= 0x80 for got in rest) if five else rest == []


@both
@pytest.mark.parametrize("flags", [0x02, 0x06, 0x82, 0xC2], ids=["too much", "no will", "no name", "no token"])
@holds("3.1.2-9 3.1.2-16 3.1.2-17 3.1.2-18 3.1.2-19 3.1.3-1", "3.1.2-9 3.1.2-18 3.1.2-19 3.1.2-20 3.1.2-21 3.1.3-1")
def test_a_payload_that_is_not_what_the_flags_say_is_malformed(door, flags, five):
    """Fields of the payload that the flags do not announce, or that they announce and that are not there."""
    device = door.device()
    more = {"token": device.token} if flags == 0x02 else {}
    rest = door.open(five).send(connect(device.name, level=5 if five else 4, flags=flags, **more)).all()
    assert all(got.kind == CONNACK and got.reason >= 0x80 for got in rest) if five else rest == []


BAD_TEXT = {"ill-formed": b"a\xff\xfe", "surrogate": b"a\xed\xa0\x80", "overlong": b"\xc0\xaf", "null": b"a\0b"}


@both
@pytest.mark.parametrize("bad", BAD_TEXT.values(), ids=BAD_TEXT)
@pytest.mark.parametrize("place", ["client", "user", "will", "topic", "filter", "unsubscribed"])
@holds("1.5.4-1 1.5.4-2 3.1.3-4 3.1.3-11 3.1.3-12 3.3.2-1 3.8.3-1 3.10.3-1 4.7.3-2",
       "1.5.3-1 1.5.3-2 3.1.3-4 3.1.3-10 3.1.3-11 3.3.2-1 3.8.3-1 3.10.3-1 4.7.3-2")
def test_texts_that_are_no_texts_end_the_connection(door, bad, place, five):
    """UTF-8 that is ill-formed, holds a surrogate or U+0000, in a client id, user name, will topic, topic or filter."""
    device = door.device()
    if place in ("client", "user", "will"):
        level = 5 if five else 4
        sent = {"client": connect(bad, device.token, level=level),
                "user": connect(device.name, device.token, user=bad, level=level),
                "will": connect(device.name, device.token, will=(bad, b"x"), level=level)}[place]
        rest = door.open(five).send(sent).all()
        assert all(got.kind == CONNACK and got.reason >= 0x80 for got in rest) if five else rest == []
        return
    raw = device.join(five)
    raw.send({"topic": publish(bad, b"x", five=five), "filter": subscribe(1, (bad, 0), five=five),
              "unsubscribed": unsubscribe(1, bad, five=five)}[place])
    raw.ends()


@holds("1.5.7-1 3.3.2-13 3.3.2-19")
@pytest.mark.parametrize("pair", [(USER, (b"a\xff", "b")), (USER, ("a", b"\xed\xa0\x80")), (CONTENT_TYPE, b"\xff"),
                                  (RESPONSE_TOPIC, b"\xff")])
def test_properties_that_are_no_texts_end_the_connection(door, pair):
    """User Property, Content Type and Response Topic with ill-formed UTF-8: malformed."""
    device = door.device()
    raw = device.join()
    raw.send(publish(device.topic, reading(), properties=[pair])).ends()


@both
@pytest.mark.parametrize("client", ["a", "0123456789ABCDEFGHIJKLM", "nopqrstuvwxyzNOPQRSTUVW"])
@holds("3.1.3-3 3.1.3-5 3.1.4-5 3.2.0-1 3.2.2-1", "3.1.3-3 3.1.3-5 3.1.4-4 3.2.0-1")
def test_names_of_1_to_23_letters_and_digits_are_welcome(door, client, five):
    """Client ids of 1 to 23 letters and digits are taken; CONNACK is the first answer, its reserved bits are 0."""
    raw = door.guest(client, five)
    assert (raw.welcome.reason, raw.welcome.present) == (0, False)
    raw.leave()


@holds("3.1.3-6 3.1.3-7 3.2.2-16")
def test_who_has_no_name_gets_one(door):
    """A client id of no length, in MQTT 5: the door assigns one that nobody has, under which the session is found."""
    first, second = (door.guest("", properties=[(SESSION_EXPIRY, 60)]) for _ in range(2))
    names = [raw.welcome.said(ASSIGNED_ID) for raw in (first, second)]
    assert all(names) and len(set(names)) == 2
    assert first.settled() == [], "the second did not put the first out"
    first.leave()
    again = door.guest(names[0], clean=False, properties=[(SESSION_EXPIRY, 0)])
    assert again.welcome.present and again.welcome.said(ASSIGNED_ID) is None
    again.leave()
    second.send(packet(DISCONNECT, b"\0" + props((SESSION_EXPIRY, 0))))
    assert second.all() == []


@holds("", "3.1.3-6 3.1.3-7 3.1.3-8 3.1.3-9")
def test_who_has_no_name_in_3_1_1_begins_anew(door):
    """A client id of no length, in 3.1.1: taken with a clean session, and as one of its own; else CONNACK 0x02."""
    first, second = door.guest("", False), door.guest("", False)
    assert first.settled() == [] == second.settled()
    first.leave()
    second.leave()
    raw = door.open(False).send(connect("", door.bearer, user="nurse", level=4, clean=False))
    [got] = raw.all()
    assert (got.kind, got.reason, got.present) == (CONNACK, 2, False)


@both
@holds("3.1.3-8 3.2.2-6 3.2.2-7 3.2.2-8", "3.1.3-9 3.2.2-4 3.2.2-5 3.2.2-6")
def test_a_device_under_another_name_is_turned_away(door, five):
    """A client id that is not the token's: CONNACK 0x85 (3.1.1: 0x02) without a session, and the end."""
    device = door.device()
    [got] = door.open(five).send(connect("another", device.token, level=5 if five else 4, clean=five)).all()
    assert (got.kind, got.reason, got.present) == (CONNACK, 0x85 if five else 2, False)


@both
@holds("3.1.4-6 3.2.2-6 3.2.2-7", "3.1.4-5 3.2.2-4 3.2.2-5")
def test_what_follows_a_connect_that_is_refused_is_not_looked_at(door, five):
    """A wrong token: CONNACK 0x86 (3.1.1: 0x04), and what was sent after it is not taken."""
    device = door.device()
    after = publish(device.topic, reading(), five=five, qos=1, identifier=1)
    sent = connect(device.name, "no token", level=5 if five else 4)
    [got] = door.open(five).send(sent, after).all()
    assert (got.kind, got.reason, got.present) == (CONNACK, 0x86 if five else 4, False)
    assert device.door.ward.quality(device.name)["messages"] == 0


@holds("3.1.2-28 3.2.0-2 3.2.2-19 3.2.2-20 3.2.2-22 4.9.0-1 4.12.0-6")
def test_the_welcome_says_what_the_door_does(door):
    """CONNACK names what the door takes and does not do, and nothing that was not asked; it comes once."""
    device = door.device()
    raw = device.join(properties=[(RESPONSE_INFORMATION, 0)], keep=60, keep_alive=30)
    said = dict(raw.welcome.properties)
    assert said == {RECEIVE_MAXIMUM: 256, ALIAS_MAXIMUM: 16, SHARED_AVAILABLE: 0, SUBSCRIPTION_ID_AVAILABLE: 0,
                    SESSION_EXPIRY: 60, MAXIMUM_PACKET: 132 * 1024}
    assert raw.settled() == []
    raw.leave()


@holds("4.12.0-1")
def test_no_other_way_to_show_who_one_is(door):
    """An Authentication Method: the door knows none, CONNACK 0x8C and the end."""
    device = door.device()
    [got] = door.open().send(device.connect(properties=[(AUTH_METHOD, "SCRAM-SHA-256")])).all()
    assert (got.kind, got.reason) == (CONNACK, 0x8C)
    # Without a method there is no AUTH either.
    device.join().send(packet(AUTH, b"\x18" + props((AUTH_METHOD, "SCRAM-SHA-256")))).ends(0x82)


@both
@holds("3.1.2-22", "3.1.2-24")
def test_who_is_silent_for_one_and_a_half_times_its_keep_alive_is_gone(door, five):
    """Keep Alive 2: three seconds after the last packet the door closes, with 0x8D; who pings stays."""
    device = door.device()
    raw = device.join(five, keep_alive=2)
    for _ in range(3):
        time.sleep(1.2)
        assert raw.settled() == []
    since = time.monotonic()
    raw.ends(0x8D)
    assert time.monotonic() - since >= 2.9


# Sessions


@both
@holds("3.1.2-4 3.1.2-5 3.1.2-6 3.1.2-23 3.1.3-2 3.1.4-4 3.2.2-2 3.2.2-3 4.1.0-1 4.5.0-1",
       "3.1.2-4 3.1.2-5 3.1.2-6 3.1.3-2 3.1.4-3 3.2.2-1 3.2.2-2 3.2.2-3 4.1.0-1 4.5.0-1")
def test_a_session_is_taken_up_or_begun_anew(door, five):
    """Session Present, wishes and messages of QoS 1 that wait; Clean Start throws all of it away."""
    device = door.device("infusion-pump")
    asks = lambda: door.ward.run("device", "command", device.name, "identify")  # noqa: E731
    first = device.join(five, keep=60)
    assert not first.welcome.present
    device.subscribes(first)
    first.leave()
    command = asks()
    second = device.join(five, keep=60)
    assert second.welcome.present
    told = second.expect(PUBLISH)
    assert (told.qos, json.loads(told.payload)["id"]) == (1, command)
    second.send(reply(PUBACK, told.identifier))
    assert second.settled() == []
    second.leave()
    asks()
    third = device.join(five, keep=60, clean=True)
    assert not third.welcome.present
    assert third.settled() == [], "neither wishes nor messages are there"
    third.leave()


@holds("3.1.2-23 4.1.0-2")
def test_a_session_lasts_as_long_as_was_agreed(door):
    """Session Expiry Interval: 0 ends it with the connection, 1 a second later, DISCONNECT may change its mind."""
    device = door.device()
    device.join(clean=False).leave()
    assert not device.join(keep=1).welcome.present
    second = device.join(keep=1)
    assert second.welcome.present
    second.leave()
    time.sleep(1.2)
    fourth = device.join(keep=60)
    assert not fourth.welcome.present
    fourth.send(packet(DISCONNECT, b"\0" + props((SESSION_EXPIRY, 0))))
    assert fourth.all() == []
    fifth = device.join(clean=False)
    assert not fifth.welcome.present
    # Who said that nothing is to be kept cannot change its mind (section 3.14.2.2.2).
    fifth.send(packet(DISCONNECT, b"\0" + props((SESSION_EXPIRY, 60)))).ends(0x82)


@both
@holds("3.1.4-3", "3.1.4-2")
def test_a_session_is_taken_over(door, five):
    """Another connection under the same client id: the first ends with 0x8E, the second has the session."""
    device = door.device()
    first = device.join(five, keep=60)
    second = device.join(five, keep=60)
    first.ends(0x8E)
    assert second.welcome.present
    assert device.sends(second).reason == 0
    second.leave()


@both
@holds("2.2.1-4 3.3.1-1 4.3.2-1 4.3.2-2 4.4.0-1 4.6.0-1", "2.3.1-1 2.3.1-4 3.3.1-1 4.3.2-1 4.4.0-1 4.6.0-1")
def test_what_was_not_acknowledged_comes_again_in_its_order(door, five):
    """A session that is taken up: what was not acknowledged goes out again, marked DUP, under its identifier."""
    device = door.device()
    raw = device.join(five, keep=60)
    device.subscribes(raw)
    sent = [reading() for _ in range(4)]
    raw.send(*(publish(device.topic, body, five=five, qos=1, identifier=n) for n, body in enumerate(sent, 1)))
    told = [got for got in raw.settled() if got.kind == PUBLISH]
    assert [got.payload.decode() for got in told] == sent and not any(got.dup for got in told)
    identifiers = [got.identifier for got in told]
    assert len(set(identifiers)) == 4 and all(identifiers)
    raw.send(reply(PUBACK, identifiers[0]))
    raw.settled()
    raw.drop()
    again = device.join(five, keep=60)
    told = [again.expect(PUBLISH) for _ in range(3)]
    assert [(got.payload.decode(), got.identifier, got.dup) for got in told] == \
        [(body, identifier, True) for body, identifier in zip(sent[1:], identifiers[1:])]
    again.send(*(reply(PUBACK, got.identifier) for got in told))
    assert again.settled() == [], "nothing goes out again on the same connection"
    again.leave()


@both
@holds("3.1.2-23 3.1.3-2 4.1.0-1 4.4.0-1", "3.1.2-4 3.1.3-2 4.1.0-1 4.4.0-1")
def test_a_session_outlives_a_hospital_that_is_killed(door, five):
    """Killed with kill -9: sessions, wishes and messages that were acknowledged to who sent them are there again, under
    their identifiers where they went out; what was acknowledged by who heard it does not come again. A copy has them
    too."""
    device = door.device("infusion-pump")
    raw = device.join(five, keep=600)
    device.subscribes(raw)
    watcher = door.guest(f"watch-{device.name}", properties=[(SESSION_EXPIRY, 600)])
    watcher.send(subscribe(1, (device.all, 1)))
    watcher.expect(SUBACK)
    watcher.leave()
    sent = [state() for _ in range(3)]
    for n, body in enumerate(sent, 1):
        raw.send(publish(device.state, body, five=five, qos=1, identifier=n, properties=MEANING if five else ()))
    told = [got for got in raw.settled() if got.kind == PUBLISH]
    raw.send(reply(PUBACK, told[0].identifier))
    raw.settled()
    raw.drop()
    door.ward.kill()
    door.ward.open()
    command = door.ward.run("device", "command", device.name, "identify")
    again = device.join(five, keep=600)
    assert again.welcome.present
    found = [again.expect(PUBLISH) for _ in range(3)]
    assert [(got.payload.decode(), got.identifier, got.dup) for got in found[:2]] == \
        [(body, before.identifier, True) for body, before in zip(sent[1:], told[1:])]
    assert (json.loads(found[2].payload)["id"], found[2].dup) == (command, False)
    again.send(*(reply(PUBACK, got.identifier) for got in found))
    assert again.settled() == []
    again.drop()
    door.ward.move_to_a_copy()
    last = device.join(five, keep=600)
    assert last.welcome.present and last.settled() == []
    last.leave()
    device.join(five).leave()
    heard = door.guest(f"watch-{device.name}", clean=False, properties=[(SESSION_EXPIRY, 0)])
    assert heard.welcome.present
    # What the device is asked to do is for who maintains it.
    told = [heard.expect(PUBLISH) for _ in range(3)]
    assert [got.payload.decode() for got in told] == sent
    if five:
        users = [pair for pair in MEANING if pair[0] == USER]
        assert [[pair for pair in got.properties if pair[0] == USER] for got in told] == [users] * 3
    heard.send(*(reply(PUBACK, got.identifier) for got in told))
    assert heard.settled() == []
    heard.leave()


# Form of packets


@both
@pytest.mark.parametrize("sent", [
    packet(PINGREQ, flags=1), packet(DISCONNECT, flags=2), packet(SUBSCRIBE, b"\0\1\0\0\1a\0", 0),
    packet(UNSUBSCRIBE, b"\0\1\0\0\1a", 0), packet(PUBACK, b"\0\1", 4), packet(PUBREL, b"\0\1", 0), packet(AUTH, flags=3),
], ids=["PINGREQ", "DISCONNECT", "SUBSCRIBE", "UNSUBSCRIBE", "PUBACK", "PUBREL", "AUTH"])
@holds("2.1.3-1 3.6.1-1 3.8.1-1 3.10.1-1 3.14.1-1 3.15.1-1 4.13.1-1", "2.2.2-1 2.2.2-2 3.6.1-1 3.8.1-1 3.10.1-1 3.14.1-1")
def test_reserved_bits_of_the_first_byte_are_looked_at(door, sent, five):
    """Reserved flags that are not what the standard says: malformed, the door closes."""
    door.device().join(five).send(sent).ends()


@both
@pytest.mark.parametrize("kind", [0, CONNACK, SUBACK, UNSUBACK, PINGRESP])
@holds("4.13.1-1", "4.8.0-1")
def test_packets_that_only_a_server_sends_are_none_of_a_clients(door, kind, five):
    """Packet type 0, CONNACK, SUBACK, UNSUBACK, PINGRESP from a client: the door closes."""
    door.device().join(five).send(packet(kind, b"\0\1\0\0")).ends()


@both
@holds("1.5.5-1 4.13.1-1", "4.8.0-1")
def test_a_length_of_five_bytes_is_none(door, five):
    """A Remaining Length of more than four bytes: malformed, the door closes."""
    door.device().join(five).send(b"\x30\xff\xff\xff\xff\x01").ends()


@both
@holds("3.2.2-15", "4.8.0-1")
def test_a_packet_larger_than_the_door_takes_ends_the_connection(door, five):
    """A packet larger than the Maximum Packet Size of CONNACK: 0x95 and the end."""
    device = door.device()
    raw = device.join(five)
    raw.send(publish(device.topic, b"x" * (132 * 1024), five=five)).ends(0x95)


@both
@holds("3.12.4-1", "3.12.4-1")
def test_a_ping_is_answered(door, five):
    """PINGREQ: PINGRESP."""
    raw = door.device().join(five)
    assert raw.settled() == []
    raw.leave()


# PUBLISH


@both
@holds("2.2.1-5 3.3.4-1 3.4.2-1 4.3.1-1 4.3.2-4 4.3.2-5", "2.3.1-6 3.3.4-1 4.3.1-1 4.3.2-2")
def test_a_message_is_answered_as_its_quality_says(door, five):
    """QoS 0: nothing. QoS 1: PUBACK. QoS 2: PUBREC, PUBREL, PUBCOMP. Under the identifier that was sent."""
    device = door.device()
    raw = device.join(five)
    raw.send(publish(device.topic, reading(), five=five))
    assert raw.settled() == []
    assert device.sends(raw, 0xFFFF).reason == 0
    assert device.sends(raw, 0xFFFF).reason == 0, "after PUBACK its identifier is free"
    raw.send(publish(device.topic, reading(), five=five, qos=2, identifier=7))
    assert (got := raw.expect(PUBREC)).identifier == 7 and got.reason == 0
    raw.send(reply(PUBREL, 7, 2))
    assert (got := raw.expect(PUBCOMP)).identifier == 7 and got.reason == 0
    assert door.ward.quality(device.name)["accepted"] == 4
    raw.leave()


@both
@holds("4.3.3-8 4.3.3-10 4.3.3-11 4.3.3-12", "4.3.3-2")
def test_a_message_of_quality_2_is_taken_once(door, five):
    """QoS 2: sent again before PUBREL it is answered again and taken once; after PUBCOMP it is a new one."""
    device = door.device()
    raw = device.join(five)
    device.subscribes(raw)
    sent = publish(device.state, state(), five=five, qos=2, identifier=9)
    again = bytes([sent[0] | 8]) + sent[1:]
    raw.send(sent, again)
    got = raw.settled()
    assert [(one.kind, one.identifier) for one in got if one.kind == PUBREC] == [(PUBREC, 9)] * 2
    told = [one for one in got if one.kind == PUBLISH]
    assert len(told) == 1 and told[0].qos == 1 and not told[0].dup
    raw.send(reply(PUBACK, told[0].identifier), reply(PUBREL, 9, 2))
    raw.expect(PUBCOMP)
    raw.send(sent)
    assert [one.kind for one in raw.settled()] == [PUBREC, PUBLISH]
    raw.drop()


@both
@pytest.mark.parametrize("sent", [
    lambda topic, five: publish(topic, b"", five=five, qos=3, identifier=1),
    lambda topic, five: publish(topic, b"", five=five, qos=1, identifier=0),
    lambda topic, five: publish(topic, b"", five=five, dup=True),
    lambda topic, five: publish("yuanyi/v1/+/spo2", b"", five=five),
    lambda topic, five: publish("yuanyi/#", b"", five=five),
    lambda topic, five: publish("", b"", five=five),
    lambda topic, five: packet(PUBLISH, binary(topic), 2),
    lambda topic, five: packet(PUBLISH, two(500) + b"short"),
], ids=["QoS 3", "identifier 0", "DUP of QoS 0", "+", "#", "no topic", "no identifier", "cut off"])
@holds("2.2.1-3 3.3.1-2 3.3.1-4 3.3.2-2 4.7.0-1 4.7.3-1 4.13.1-1", "2.3.1-1 3.3.1-2 3.3.1-4 3.3.2-2 4.7.1-1 4.7.3-1")
def test_a_message_that_is_malformed_ends_the_connection(door, sent, five):
    """QoS 3, identifier 0, DUP of QoS 0, wildcards, no topic, a field that is missing: the door closes."""
    device = door.device()
    device.join(five).send(sent(device.topic, five)).ends()


@holds("3.2.2-17 3.2.2-18 3.3.2-7 3.3.2-8 3.3.2-9 3.3.2-12")
def test_topics_by_their_alias(door):
    """Topic Alias 1 to 16 stands for its topic on its connection; with 0, 17 or one that stands for none the door
    closes."""
    device = door.device()
    raw = device.join(keep=60)
    for alias in (1, 16):
        assert device.sends(raw, properties=[(ALIAS, alias)]).reason == 0
        raw.send(publish("", reading(), qos=1, identifier=2, properties=[(ALIAS, alias)]))
        assert raw.expect(PUBACK).reason == 0
    assert door.ward.quality(device.name)["accepted"] == 4
    raw.leave()
    again = device.join(keep=60)
    assert again.welcome.present
    again.send(publish("", reading(), properties=[(ALIAS, 1)])).ends()
    for alias, reason in ((0, None), (17, 0x94)):
        device.join().send(publish(device.topic, reading(), properties=[(ALIAS, alias)])).ends(reason)


MEANING = [(PAYLOAD_FORMAT, 1), (CONTENT_TYPE, "application/json"), (RESPONSE_TOPIC, "answers/here"),
           (CORRELATION, b"\0\1\xff"), (USER, ("b", "2")), (USER, ("a", "1")), (USER, ("b", "2"))]


@holds("3.3.2-3 3.3.2-4 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-18 3.3.2-20 4.10.0-2 4.10.0-3 3.1.2-26 3.1.2-27 3.3.2-11")
def test_what_stands_beside_a_message_goes_with_it(door):
    """Payload format, content type, response topic, correlation data and user properties arrive as they were, in
    their order; a topic alias does not."""
    device = door.device()
    raw = device.join()
    device.subscribes(raw)
    assert device.sends(raw, payload=(body := reading()), properties=[*MEANING, (ALIAS, 3)]).reason == 0
    told = raw.expect(PUBLISH)
    assert (told.topic, told.payload.decode()) == (device.topic, body)
    users = [pair for pair in told.properties if pair[0] == USER]
    assert users == [pair for pair in MEANING if pair[0] == USER]
    assert sorted(told.properties, key=str) == sorted(MEANING, key=str)
    # Who speaks 3.1.1 hears the message without them.
    listener = door.guest(f"old-{device.name}", False)
    listener.send(subscribe(1, (device.all, 0), five=False))
    listener.expect(SUBACK)
    device.sends(raw, payload=(body := reading()), properties=MEANING)
    assert listener.expect(PUBLISH).payload.decode() == body
    listener.leave()
    raw.drop()


@holds("3.3.2-5 3.3.2-6")
def test_a_message_has_its_time(door):
    """Message Expiry Interval: less by what it waited; what waited longer is not told."""
    device = door.device()
    watcher = door.guest(f"watch-{device.name}", properties=[(SESSION_EXPIRY, 60)])
    watcher.send(subscribe(1, (device.all, 1)))
    watcher.expect(SUBACK)
    watcher.leave()
    raw = device.join()
    device.sends(raw, properties=[(MESSAGE_EXPIRY, 1)])
    device.sends(raw, payload=(body := reading()), properties=[(MESSAGE_EXPIRY, 600)])
    time.sleep(2.1)
    again = door.guest(f"watch-{device.name}", clean=False)
    told = again.expect(PUBLISH)
    assert told.payload.decode() == body
    assert 0 < told.said(MESSAGE_EXPIRY) <= 598
    again.send(reply(PUBACK, told.identifier))
    assert again.settled() == []
    again.leave()
    raw.drop()


@holds("3.3.2-14 3.3.4-6")
@pytest.mark.parametrize("pair", [(RESPONSE_TOPIC, "a/#"), (RESPONSE_TOPIC, "+"), (SUBSCRIPTION_ID, 1), (PAYLOAD_FORMAT, 2)])
def test_properties_that_no_message_of_a_client_has_end_the_connection(door, pair):
    """A Response Topic with wildcards, a Subscription Identifier, a payload format of 2 in a client's PUBLISH."""
    device = door.device()
    device.join().send(publish(device.topic, reading(), properties=[pair])).ends()


@holds("3.4.2-1 3.4.2-2 3.4.2-3 3.1.2-29 4.4.0-2")
def test_why_a_message_is_not_taken(door):
    """PUBACK 0x87 for another's topic, 0x99 for a payload that cannot be; in words where they are wanted and fit."""
    device, other = door.device(), door.device()
    bad = json.dumps(SPO2 | {"value": 400})
    for more, words in [({}, True), ({"properties": [(PROBLEM_INFORMATION, 0)]}, False),
                        ({"properties": [(MAXIMUM_PACKET, 40)]}, False)]:
        raw = device.join(**more)
        foreign, refused = device.sends(raw, topic=other.topic), device.sends(raw, payload=bad)
        assert [foreign.reason, refused.reason] == [0x87, 0x99]
        for got in (foreign, refused):
            assert bool(got.said(REASON)) == words and got.said(USER) is None
        raw.leave()
    assert door.ward.quality(other.name)["messages"] == 0


@holds("", "3.3.5-2")
def test_a_message_that_is_not_permitted_in_3_1_1(door):
    """3.1.1 has no word for no: a payload that cannot be is acknowledged, another's topic ends the connection."""
    device, other = door.device(), door.device()
    raw = device.join(False)
    device.sends(raw, payload=json.dumps(SPO2 | {"value": 400}))
    raw.send(publish(other.topic, reading(), five=False, qos=1, identifier=2)).ends()


# SUBSCRIBE and what is told


@both
@holds("2.2.1-6 3.8.4-1 3.8.4-2 3.8.4-5 3.8.4-6 3.8.4-7 3.9.3-1 3.9.3-2 4.7.1-1 4.7.1-2",
       "2.3.1-7 3.8.4-1 3.8.4-2 3.8.4-4 3.8.4-5 3.9.3-1 3.9.3-2 4.7.1-2 4.7.1-3")
def test_each_wish_is_answered_in_its_place(door, five):
    """SUBACK has one code for each filter, in their order: what is granted, and what not and why."""
    device, other = door.device(), door.device()
    filters = [(device.all, 0), (other.all, 0), (device.topic, 1), ("yuanyi/v1/a#", 0), (device.state, 2),
               (f"yuanyi/v1/{device.name}/+", 0), (f"yuanyi/v1/{device.name}/a+", 0), (f"{device.all}/b", 0)]
    raw = device.join(five)
    raw.send(subscribe(0x1234, *filters, five=five))
    got = raw.expect(SUBACK)
    assert got.identifier == 0x1234
    invalid, foreign = (0x8F, 0x87) if five else (0x80, 0x80)
    assert list(got.payload) == [0, foreign, 1, invalid, 1, 0, invalid, invalid]
    raw.leave()


@both
@pytest.mark.parametrize("sent", [
    lambda five: subscribe(1, five=five), lambda five: subscribe(0, ("a", 0), five=five),
    lambda five: subscribe(1, ("a", 3), five=five), lambda five: subscribe(1, ("a", 0xC0), five=five),
    lambda five: subscribe(1, ("a", 0x30), five=five), lambda five: subscribe(1, ("", 0), five=five),
    lambda five: unsubscribe(1, five=five), lambda five: unsubscribe(0, "a", five=five),
], ids=["no filter", "identifier 0", "QoS 3", "reserved bits", "retain handling 3", "empty filter", "none taken back",
        "taken back under 0"])
@holds("2.2.1-3 3.8.3-2 3.8.3-5 3.10.3-2 4.7.3-1", "2.3.1-1 3.8.3-3 3.8.3-4 3.10.3-2 4.7.3-1")
def test_a_wish_that_is_malformed_ends_the_connection(door, sent, five):
    """No filter, an empty one, QoS 3, reserved options, identifier 0: the door closes, or refuses the empty one."""
    raw = door.device().join(five)
    raw.send(sent(five), packet(DISCONNECT))
    rest = raw.all()
    assert all(got.kind == DISCONNECT or (got.kind == SUBACK and min(got.payload) >= 0x80) for got in rest)
    assert rest or not five


@both
@holds("3.3.4-2 3.8.4-3 3.8.4-8 4.3.1-1 4.5.0-1", "3.3.5-1 3.8.4-3 3.8.4-6 4.3.1-1 4.5.0-1")
def test_a_message_is_told_once_at_the_quality_that_was_granted(door, five):
    """The lower of what was sent and granted; overlapping wishes once, at the highest; a wish made anew replaces."""
    device = door.device()
    raw = device.join(five)
    device.subscribes(raw, 0)
    device.sends(raw)
    assert [(got.qos, got.dup) for got in raw.settled()] == [(0, False)]
    device.subscribes(raw, 1, device.topic)
    device.sends(raw)
    [told] = raw.settled()
    assert told.qos == 1
    raw.send(reply(PUBACK, told.identifier), publish(device.topic, reading(), five=five))
    assert [got.qos for got in raw.settled()] == [0]
    device.subscribes(raw, 0, device.topic)
    device.sends(raw)
    assert [got.qos for got in raw.settled()] == [0]
    raw.leave()


@holds("3.8.3-3")
def test_who_does_not_wish_to_hear_itself_does_not(door):
    """No Local: a connection does not hear what it sends, another does."""
    device = door.device()
    raw, listener = device.join(), door.guest("hears-all")
    listener.send(subscribe(1, (device.all, 0)))
    listener.expect(SUBACK)
    device.subscribes(raw, 1 | 4)
    device.sends(raw, payload=(body := reading()))
    assert raw.settled() == []
    assert listener.expect(PUBLISH).payload.decode() == body
    listener.leave()
    raw.leave()


@both
@holds("3.3.1-5 3.3.1-6 3.3.1-7 3.3.1-8", "3.3.1-5 3.3.1-6 3.3.1-8 3.3.1-9 3.3.1-10 3.3.1-11 3.3.1-12")
def test_a_state_is_kept_where_it_says_so(door, five):
    """RETAIN of a state: kept, replaced, taken back by an empty one; what does not say so changes nothing."""
    device = door.device()
    raw = device.join(five)

    def kept() -> list:
        raw.send(unsubscribe(5, device.all, five=five))
        raw.expect(UNSUBACK)
        device.subscribes(raw)
        found = raw.settled()
        raw.send(*(reply(PUBACK, got.identifier) for got in found))
        assert all(got.retain for got in found)
        return [got.payload.decode() for got in found]

    device.sends(raw, topic=device.state, payload=state())
    assert kept() == [], "it did not say that it is to be kept"
    for body in (state(), state()):
        raw.send(unsubscribe(5, device.all, five=five))
        raw.expect(UNSUBACK)
        device.sends(raw, topic=device.state, payload=body, retain=True)
        assert kept() == [body]
    device.sends(raw, topic=device.state, payload=state())
    [told] = raw.settled()
    assert not told.retain
    raw.send(reply(PUBACK, told.identifier))
    assert kept() == [body]
    # To who has the wish already it is told as a new one, also where it is empty.
    device.sends(raw, topic=device.state, payload=b"", retain=True)
    [told] = raw.settled()
    assert (told.retain, told.payload) == (False, b"")
    raw.send(reply(PUBACK, told.identifier))
    assert kept() == []
    raw.leave()


@holds("3.3.1-9 3.3.1-10 3.3.1-11 3.3.1-12 3.3.1-13 3.8.4-4")
def test_when_what_was_kept_is_told(door):
    """Retain Handling 0 always, 1 where the wish is new, 2 never; Retain As Published."""
    device = door.device()
    raw = device.join()
    device.sends(raw, topic=device.state, payload=state(), retain=True)

    def told(options: int) -> int:
        device.subscribes(raw, options, device.state)
        return len(raw.settled())

    assert [told(2 << 4), told(1 << 4), told(0), told(0)] == [0, 0, 1, 1]
    raw.send(unsubscribe(5, device.state))
    raw.expect(UNSUBACK)
    assert [told(1 << 4), told(1 << 4)] == [1, 0]
    for as_published in (0, 8):
        device.subscribes(raw, as_published | 2 << 4, device.state)
        for retain in (False, True):
            device.sends(raw, topic=device.state, payload=state(), retain=retain)
            [got] = raw.settled()
            assert got.retain == (retain and bool(as_published))
    raw.leave()


@both
@holds("3.10.4-1 3.10.4-2 3.10.4-3 3.10.4-4 3.10.4-5 3.10.4-6 3.11.3-1 3.11.3-2",
       "3.10.4-1 3.10.4-2 3.10.4-3 3.10.4-4 3.10.4-5 3.10.4-6")
def test_wishes_are_taken_back(door, five):
    """UNSUBACK for each filter, also where there was none; nothing more comes, what was on its way is finished."""
    device = door.device()
    raw = device.join(five)
    device.subscribes(raw, 1, device.topic)
    device.sends(raw)
    told = raw.expect(PUBLISH)
    raw.send(unsubscribe(6, "yuanyi/none", device.topic, device.topic, five=five))
    got = raw.expect(UNSUBACK)
    assert got.identifier == 6
    assert list(got.payload) == ([0x11, 0, 0x11] if five else [])
    raw.send(reply(PUBACK, told.identifier))
    device.sends(raw)
    assert raw.settled() == []
    raw.leave()


@both
@holds("4.7.3-4 4.7.2-1", "4.7.2-1 4.7.3-4")
def test_topics_are_compared_as_they_stand(door, five):
    """Neither case nor form is made alike: a filter that differs hears nothing; wildcards do not reach `$`."""
    device = door.device()
    raw = device.join(five)
    for near in (device.topic.upper(), f"/{device.topic}", f"{device.topic}/", f"$SYS/{device.name}"):
        raw.send(subscribe(4, (near, 0), five=five))
        raw.expect(SUBACK)
    device.sends(raw)
    assert raw.settled() == []
    raw.leave()


@both
@holds("4.6.0-5 4.6.0-6", "4.6.0-5 4.6.0-6")
def test_messages_are_told_in_their_order(door, five):
    """Twenty messages of QoS 0 and 1 arrive in the order in which they were sent."""
    device = door.device()
    raw = device.join(five)
    device.subscribes(raw)
    sent = [reading() for _ in range(20)]
    raw.send(*(publish(device.topic, body, five=five, qos=n % 2, identifier=n if n % 2 else None)
               for n, body in enumerate(sent)))
    told = [got for got in raw.settled() if got.kind == PUBLISH]
    for quality in (0, 1):
        assert [got.payload.decode() for got in told if got.qos == quality] == sent[quality::2]
    raw.drop()


@holds("3.3.4-9 3.3.4-10 4.9.0-2 4.9.0-3 3.2.2-3")
def test_no_more_is_on_its_way_than_was_asked_for(door):
    """Receive Maximum 2: two messages are not acknowledged at once; pings and wishes are answered meanwhile."""
    device = door.device()
    raw = device.join(properties=[(RECEIVE_MAXIMUM, 2)])
    device.subscribes(raw)
    raw.send(*(publish(device.topic, reading(), qos=1, identifier=n) for n in range(1, 6)))
    told = [got for got in raw.settled() if got.kind == PUBLISH]
    assert len(told) == 2
    raw.send(subscribe(8, (device.state, 0)))
    raw.expect(SUBACK)
    for left in (3, 2, 1):
        raw.send(reply(PUBACK, told.pop(0).identifier))
        told += [got for got in raw.settled() if got.kind == PUBLISH]
        assert len(told) == 2, left
    raw.send(*(reply(PUBACK, got.identifier) for got in told))
    assert raw.settled() == []
    raw.leave()


@holds("")
def test_more_on_its_way_than_the_door_takes_ends_the_connection(door):
    """More messages of QoS 2 at once than the Receive Maximum of CONNACK, none of them released: 0x93 and the end."""
    device = door.device("bedside-monitor")
    raw = device.join()
    most = raw.welcome.said(RECEIVE_MAXIMUM)
    assert most == 256
    body = {"code": "147842", "unit": "/min", "value": 72}
    topic = f"yuanyi/v1/{device.name}/heart-rate"
    sent = [publish(topic, json.dumps(body | {"t": BEGIN + next(NUMBERS) * 10}), qos=2, identifier=n) for n in range(1, most + 2)]
    raw.send(*sent)
    *taken, end = raw.all()
    assert all((got.kind, got.reason) == (PUBREC, 0) for got in taken) and len(taken) <= most
    assert (end.kind, end.reason) == (DISCONNECT, 0x93)


@holds("3.1.2-26 3.1.2-27")
@pytest.mark.parametrize("aliases", [0, 10])
def test_topics_are_told_in_full(door, aliases):
    """A Topic Alias Maximum of a client, or none: the door makes no alias, each message has its topic."""
    device = door.device()
    raw = device.join(properties=[(ALIAS_MAXIMUM, aliases)])
    device.subscribes(raw)
    raw.send(*(publish(device.topic, reading(), qos=1, identifier=n) for n in range(1, 4)))
    told = [got for got in raw.settled() if got.kind == PUBLISH]
    assert [(got.topic, got.said(ALIAS)) for got in told] == [(device.topic, None)] * 3
    raw.leave()


@holds("3.1.2-24 3.1.2-25")
def test_nothing_larger_is_told_than_was_asked_for(door):
    """Maximum Packet Size 200: what is larger is left out as if it had been told, what is not is told."""
    device = door.device()
    raw = device.join(properties=[(MAXIMUM_PACKET, 200)])
    device.subscribes(raw)
    device.sends(raw, topic=device.state, payload=state(detail="x" * 200))
    device.sends(raw, topic=device.state, payload=(body := state()))
    [told] = raw.settled()
    assert told.payload.decode() == body
    device.sends(raw, topic=device.state, payload=state(), properties=[(USER, ("a", "x" * 200))])
    raw.send(reply(PUBACK, told.identifier))
    assert raw.settled() == [], "what stands beside a message counts as well"
    raw.leave()


# DISCONNECT and the will


@both
@holds("3.14.4-1 3.14.4-2", "3.14.4-1 3.14.4-2")
def test_nothing_is_taken_after_a_farewell(door, five):
    """DISCONNECT: the door closes, and what was sent after it is not looked at."""
    device = door.device()
    raw = device.join(five)
    raw.send(packet(DISCONNECT), publish(device.topic, reading(), five=five, qos=1, identifier=1))
    assert raw.all() == []
    assert door.ward.quality(device.name)["messages"] == 0


@holds("3.14.2-1 3.14.2-2")
@pytest.mark.parametrize("reason", [0x03, 0x7F])
def test_a_farewell_for_no_reason_is_malformed(door, reason):
    """DISCONNECT with a reason that there is not: malformed; the door's own names no session expiry."""
    raw = door.device().join()
    raw.send(packet(DISCONNECT, bytes([reason]) + props()))
    [got] = raw.all()
    assert (got.kind, got.reason, got.said(SESSION_EXPIRY)) == (DISCONNECT, 0x81, None)


@both
@pytest.mark.parametrize("retain", [False, True])
@holds("3.1.2-7 3.1.2-8 3.1.2-10 3.1.2-14 3.1.2-15 3.1.3-10 3.14.4-3", "3.1.2-8 3.1.2-10 3.1.2-16 3.1.2-17 3.14.4-3")
def test_a_will_is_told_of_who_went_without_a_word(door, retain, five):
    """A will: told after the connection broke and not after DISCONNECT 0x00; kept where it says so; with what stood
    beside it."""
    device = door.device()
    listener = door.guest(f"heir-{device.name}")
    listener.send(subscribe(1, (device.state, 1 | 8)))
    listener.expect(SUBACK)
    more = {"will": (device.state, (last := state(online=False))), "will_flags": 0x08 | (0x20 if retain else 0)}
    if five:
        more["will_properties"] = MEANING
    device.join(five, **more).leave()
    assert listener.settled() == []
    device.join(five, **more).drop()
    told = listener.expect(PUBLISH)
    assert (told.payload.decode(), told.retain) == (last, retain)
    if five:
        assert [pair for pair in told.properties if pair[0] == USER] == [pair for pair in MEANING if pair[0] == USER]
        # DISCONNECT 0x04 asks for it.
        raw = device.join(five, **more)
        raw.send(packet(DISCONNECT, b"\4" + props()))
        assert raw.all() == []
        listener.send(reply(PUBACK, told.identifier))
        assert (told := listener.expect(PUBLISH)).payload.decode() == last
    listener.send(reply(PUBACK, told.identifier))
    listener.leave()
    raw = device.join(five)
    device.subscribes(raw, 0)
    assert len(raw.settled()) == retain
    raw.leave()


@holds("3.1.3-9")
def test_a_will_waits_for_who_comes_back(door):
    """Will Delay Interval: not told where its owner is back before; told where it is not."""
    device = door.device()
    listener = door.guest(f"heir-{device.name}")
    listener.send(subscribe(1, (device.state, 0)))
    listener.expect(SUBACK)
    more = {"will": (device.state, (last := state(online=False))), "will_properties": [(WILL_DELAY, 2)], "keep": 60}
    device.join(**more).drop()
    back = device.join(**more)
    time.sleep(2.5)
    assert listener.settled() == []
    back.drop()
    assert listener.expect(PUBLISH).payload.decode() == last
    listener.leave()


# What the door does not do

@holds("3.1.3-9")
def test_a_will_does_not_wait_longer_than_its_session(door):
    """Will Delay Interval longer than the Session Expiry Interval: told when the session ends."""
    device = door.device("infusion-pump")
    listener = door.guest(f"hears-{next(NUMBERS)}")
    listener.send(subscribe(1, (device.state, 1)))
    listener.expect(SUBACK)
    for keep in (0, 1):
        gone = state(online=False)
        raw = device.join(keep=keep, clean=True, will=(device.state, gone), will_properties=[(WILL_DELAY, 600)])
        began = time.monotonic()
        raw.drop()
        told = listener.expect(PUBLISH)
        assert told.payload == gone.encode() and keep <= time.monotonic() - began < 60
        listener.send(*([reply(PUBACK, told.identifier)] if told.qos else []))
    listener.leave()



def test_wishes_that_are_shared_are_refused(door):
    """departure: shared"""
    for options, reason in ((0, 0x9E), (4, 0x82)):
        raw = door.device().join()
        raw.send(subscribe(1, ("$share/group/yuanyi/v1/+/spo2", options))).ends(reason)
    raw = door.device().join(False)
    raw.send(subscribe(1, ("$share/group/yuanyi/v1/+/spo2", 0), five=False))
    assert raw.expect(SUBACK).payload == b"\x80"
    raw.leave()


def test_wishes_with_a_number_are_refused(door):
    """departure: subscription identifiers"""
    device = door.device()
    device.join().send(subscribe(1, (device.all, 0), properties=[(SUBSCRIPTION_ID, 7)])).ends(0xA1)


def test_nothing_is_told_above_quality_1(door):
    """departure: quality 2 outwards"""
    device = door.device()
    raw = device.join()
    raw.send(subscribe(1, (device.all, 2)))
    assert raw.expect(SUBACK).payload == b"\1"
    raw.send(publish(device.topic, reading(), qos=2, identifier=3))
    assert [(got.kind, got.qos) for got in raw.settled() if got.kind == PUBLISH] == [(PUBLISH, 1)]
    raw.drop()


def test_readings_are_not_kept_as_messages(door):
    """departure: retained readings"""
    device = door.device()
    raw = device.join()
    assert device.sends(raw, retain=True).reason == 0
    device.subscribes(raw)
    assert raw.settled() == []
    raw.leave()


def test_people_leave_no_will(door):
    """departure: wills of people"""
    raw = door.open().send(connect("heirless", door.bearer, user="nurse", will=("yuanyi/v1/x/state", "{}")))
    [got] = raw.all()
    assert (got.kind, got.reason) == (CONNACK, 0x90)


def test_a_value_that_is_known_is_told_to_nobody_again(door):
    """departure: a reading that is known"""
    device = door.device()
    raw = device.join()
    device.subscribes(raw)
    same = reading()
    assert device.sends(raw, 1, payload=same).reason == 0
    told = raw.expect(PUBLISH)
    assert device.sends(raw, 2, payload=same).reason == 0
    raw.send(reply(PUBACK, told.identifier))
    assert raw.settled() == []
    raw.leave()


def test_the_table_of_statements_is_what_is_tested_here():
    """The page of conformance is written from these tests; `python tests/conformance/mqtt_statements.py` writes it."""
    assert (ROOT / "docs/conformance/mqtt.md").read_text(encoding="utf-8") == table(globals())
