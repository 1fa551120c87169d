"""Which numbered statements of the MQTT standards are tested, which bind others, and which the door departs from."""

import sys

# How many numbered statements each section of MQTT 5 has (appendix B of the standard), from the first number.
SECTIONS = {
    "1.5.4": (1, 3), "1.5.5": (1, 1), "1.5.7": (1, 1), "2.1.3": (1, 1), "2.2.1": (2, 6), "2.2.2": (1, 1),
    "3.1.0": (1, 2), "3.1.2": (1, 30), "3.1.3": (1, 12), "3.1.4": (1, 6), "3.2.0": (1, 2), "3.2.2": (1, 22),
    "3.3.1": (1, 13), "3.3.2": (1, 20), "3.3.4": (1, 10), "3.4.2": (1, 3), "3.5.2": (1, 3), "3.6.1": (1, 1),
    "3.6.2": (1, 3), "3.7.2": (1, 3), "3.8.1": (1, 1), "3.8.3": (1, 5), "3.8.4": (1, 8), "3.9.2": (1, 2),
    "3.9.3": (1, 2), "3.10.1": (1, 1), "3.10.3": (1, 2), "3.10.4": (1, 6), "3.11.2": (1, 2), "3.11.3": (1, 2),
    "3.12.4": (1, 1), "3.14.0": (1, 1), "3.14.1": (1, 1), "3.14.2": (1, 4), "3.14.4": (1, 3), "3.15.1": (1, 1),
    "3.15.2": (1, 3), "4.1.0": (1, 2), "4.2.0": (1, 1), "4.3.1": (1, 1), "4.3.2": (1, 5), "4.3.3": (1, 13),
    "4.4.0": (1, 2), "4.5.0": (1, 2), "4.6.0": (1, 6), "4.7.0": (1, 1), "4.7.1": (1, 2), "4.7.2": (1, 1),
    "4.7.3": (1, 4), "4.8.2": (1, 6), "4.9.0": (1, 3), "4.10.0": (1, 4), "4.11.0": (1, 1), "4.12.0": (1, 7),
    "4.12.1": (1, 2), "4.13.1": (1, 1), "4.13.2": (1, 1), "6.0.0": (1, 4),
}
ALL = [f"{section}-{number}" for section, (first, last) in SECTIONS.items() for number in range(first, last + 1)]

# Statements that bind the client only.
CLIENTS = """3.1.2-20 3.1.2-21 3.1.2-30 3.2.2-4 3.2.2-5 3.2.2-11 3.2.2-14 3.2.2-21 3.3.1-3 3.3.2-10 3.3.4-7 3.3.4-8 4.5.0-2
4.6.0-2 4.6.0-3 4.6.0-4 4.12.0-3 4.12.0-7 6.0.0-3 4.10.0-1 4.10.0-4""".split()

# What the door does not do: what it answers, and the statements that would say how it is done.
DEPARTURES = {
    "shared": ("Shared subscriptions", "CONNACK says that there are none; SUBSCRIBE with one: DISCONNECT 0x9E (3.1.1: SUBACK 0x80).",
               "3.8.3-4 4.8.2-1 4.8.2-2 4.8.2-3 4.8.2-4 4.8.2-5 4.8.2-6"),
    "subscription identifiers": ("Subscription identifiers", "CONNACK says that there are none; SUBSCRIBE with one: DISCONNECT 0xA1.",
                                 "3.3.4-3 3.3.4-4 3.3.4-5"),
    "quality 2 outwards": ("QoS 2 from the door", "A wish for it is granted QoS 1. From a device QoS 2 is taken.",
                           "4.3.3-1 4.3.3-2 4.3.3-3 4.3.3-4 4.3.3-5 4.3.3-6 4.3.3-7 4.3.3-13"),
    "retained readings": ("Retained messages other than states", "Acknowledged and kept in the record; not told to who comes later.", ""),
    "wills of people": ("A will of a person or program", "CONNACK 0x90.", ""),
    "a reading that is known": ("A reading that came before, with the same time and value", "Acknowledged; told to nobody again.", ""),
}

# What the door has no use for.
ABSENT = {
    "Enhanced authentication: CONNACK 0x8C": "3.15.2-1 3.15.2-2 3.15.2-3 4.12.0-2 4.12.0-4 4.12.0-5 4.12.1-1 4.12.1-2",
    "MQTT over WebSocket: no such door": "6.0.0-1 6.0.0-2 6.0.0-4",
    "Another server to go to: never named": "4.11.0-1",
    "A highest QoS below 2, or no retained messages: not announced": "3.2.2-9 3.2.2-10 3.2.2-12 3.2.2-13",
}

# The cases of the Eclipse Paho interoperability suite (paho.mqtt.testing, client_test.py and client_test5.py), by their
# names there: in which of its two scripts, the tests here that bind the same, and where the door differs on purpose.
PAHO = {
    "basic": ("both", "a_message_is_answered_as_its_quality_says a_message_is_told_once_at_the_quality_that_was_granted",
              "What goes out is QoS 1 at most."),
    "retained_messages": ("both", "a_state_is_kept_where_it_says_so when_what_was_kept_is_told readings_are_not_kept_as_messages",
                          "States are kept, readings are not."),
    "will_message": ("both", "a_will_is_told_of_who_went_without_a_word", ""),
    "zero_length_clientid": ("both", "who_has_no_name_gets_one who_has_no_name_in_3_1_1_begins_anew", ""),
    "offline_message_queueing": ("both", "a_session_is_taken_up_or_begun_anew", ""),
    "overlapping_subscriptions": ("both", "a_message_is_told_once_at_the_quality_that_was_granted", ""),
    "keepalive": ("both", "who_is_silent_for_one_and_a_half_times_its_keep_alive_is_gone", ""),
    "redelivery_on_reconnect": ("both", "what_was_not_acknowledged_comes_again_in_its_order", ""),
    "subscribe_failure": ("both", "each_wish_is_answered_in_its_place", ""),
    "dollar_topics": ("both", "topics_are_compared_as_they_stand", ""),
    "unsubscribe": ("both", "wishes_are_taken_back", ""),
    "session_expiry": ("5", "a_session_lasts_as_long_as_was_agreed", ""),
    "shared_subscriptions": ("5", "wishes_that_are_shared_are_refused", "There are none."),
    "will_delay": ("5", "a_will_waits_for_who_comes_back a_will_does_not_wait_longer_than_its_session", ""),
    "assigned_clientid": ("5", "who_has_no_name_gets_one", ""),
    "subscribe_identifiers": ("5", "wishes_with_a_number_are_refused", "There are none."),
    "request_response": ("5", "what_stands_beside_a_message_goes_with_it", ""),
    "client_topic_alias": ("5", "topics_by_their_alias", ""),
    "server_topic_alias": ("5", "topics_are_told_in_full", "The door makes none; a client need not be sent any."),
    "subscribe_options": ("5", "who_does_not_wish_to_hear_itself_does_not when_what_was_kept_is_told", ""),
    "user_properties": ("5", "what_stands_beside_a_message_goes_with_it", ""),
    "payload_format": ("5", "what_stands_beside_a_message_goes_with_it", ""),
    "publication_expiry": ("5", "a_message_has_its_time", ""),
    "maximum_packet_size": ("5", "a_packet_larger_than_the_door_takes_ends_the_connection nothing_larger_is_told_than_was_asked_for", ""),
    "server_keep_alive": ("5", "the_welcome_says_what_the_door_does", "The client's own holds: none is named."),
    "flow_control1": ("5", "no_more_is_on_its_way_than_was_asked_for", ""),
    "flow_control2": ("5", "more_on_its_way_than_the_door_takes_ends_the_connection", ""),
}


def holds(five: str, three: str = ""):
    """Names the statements, `[MQTT-…]`, that a test binds."""
    def mark(test):
        test.statements = (five.split(), three.split())
        return test
    return mark


def listed(statements) -> str:
    return ", ".join(statements) or "–"


def paho(tests: dict) -> list[str]:
    """The cases of the suite as rows; each test that they name must be there."""
    rows = []
    for case, (versions, here, differs) in PAHO.items():
        names = here.split()
        assert all(f"test_{name}" in tests for name in names), f"{case}: {names}"
        of = {"both": "3.1.1, 5"}.get(versions, versions)
        rows.append(f"| `{case}` | {of} | {', '.join(f'`{name}`' for name in names)} | {differs or '–'} |")
    return rows


def table(tests: dict) -> str:
    """The page of conformance."""
    rows, tested, old = [], set(), set()
    for name, test in tests.items():
        if not hasattr(test, "statements"):
            continue
        five, three = test.statements
        tested.update(five)
        old.update(three)
        rows.append(f"| {' '.join(test.__doc__.split())} | {listed(five)} | {listed(three)} | `{name[5:]}` |")
    unknown = tested - set(ALL)
    assert not unknown, f"no such statements: {unknown}"
    departures = []
    for name, test in tests.items():
        kind = (getattr(test, "__doc__", None) or "").removeprefix("departure: ")
        if kind in DEPARTURES:
            what, answer, statements = DEPARTURES[kind]
            departures.append(f"| {what} | {answer} | {listed(statements.split())} | `{name[5:]}` |")
    assert len(departures) == len(DEPARTURES), "each departure is bound by a test"
    aside = {one for _, _, statements in DEPARTURES.values() for one in statements.split()}
    absent = {one for statements in ABSENT.values() for one in statements.split()}
    left = [one for one in ALL if one not in tested | aside | absent | set(CLIENTS)]
    apart = lambda group: len(group - tested)  # noqa: E731
    lines = [
        "# The MQTT door against the standard", "",
        "Written from `tests/conformance/test_mqtt_packets.py`, which sends each packet as bytes and reads the answer as bytes; "
        "the test fails where this page is not what it tests. Numbers are those of the OASIS standards: `3.1.0-1` is "
        "[MQTT-3.1.0-1]. Clients of others are in `tests/conformance/test_mqtt.py` (mosquitto, paho).", "",
        f"Of the {len(ALL)} numbered statements of MQTT 5, {len(tested)} are tested here; "
        f"{apart(set(CLIENTS))} bind clients only; {apart(aside)} are about what the door says it does not do; "
        f"{apart(absent)} about what it has no use for; {len(left)} are not tested here by themselves. "
        f"Of MQTT 3.1.1, {len(old)} statements are tested.", "",
        "## Tested", "", "| what | MQTT 5 | MQTT 3.1.1 | test |", "|---|---|---|---|", *rows, "",
        "## What the door does not do", "", "| what | what it answers | statements | test |", "|---|---|---|---|", *departures, "",
        "## What it has no use for", "", "| what | statements |", "|---|---|",
        *(f"| {what} | {listed(statements.split())} |" for what, statements in ABSENT.items()), "",
        "## Not tested here by themselves", "", listed(left) + ".", "",
        "## Beside the interoperability suite of Eclipse Paho", "",
        "That suite (`paho.mqtt.testing`) comes by no package registry and speaks to brokers that carry any topic, without "
        "tokens; this door carries a hospital's topics only, so its scripts cannot be run as they are. Its cases, by their names "
        "there, and what binds the same here:", "",
        "| case | of | test here | where the door differs |", "|---|---|---|---|", *paho(tests), "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    import pathlib

    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    import mqtt_statements  # the one that the tests use
    import test_mqtt_packets

    page = pathlib.Path(__file__).resolve().parents[2] / "docs/conformance/mqtt.md"
    page.write_text(mqtt_statements.table(vars(test_mqtt_packets)), encoding="utf-8")
