"""Voice by way of a relay alone: coturn as `docs/guides/voice-and-picture.md` has an operator run it, and aiortc as a
client whose network lets no other way through."""

import asyncio
import fractions
import json
import math
import pathlib
import shutil
import subprocess
import threading
import time

import av
import pytest
from aiortc import (
    MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnection,
    RTCSessionDescription,
)

from room_door import Person, agree

LI, CHEN = "li.terminal", "chen.expert"
RATE, TONE_HZ = 48_000, 440
SENDING = 0x05


@pytest.fixture(scope="module")
def relay(hospital, tmp_path_factory):
    """coturn on loopback, with the secret that the hospital has."""
    program = shutil.which("turnserver")
    assert program, "coturn is installed by `./yuanyi test`"
    folder = tmp_path_factory.mktemp("relay")
    log = folder / "turn.log"
    port = str(hospital.turn_port)
    running = subprocess.Popen([
        program, "-n", "--listening-ip=127.0.0.1", f"--listening-port={port}", "--relay-ip=127.0.0.1",
        "--use-auth-secret", f"--static-auth-secret={hospital.turn_secret}", "--realm=hospital.example",
        "--no-multicast-peers", "--no-tls", "--no-dtls", "--verbose", "--simple-log", f"--log-file={log}",
        f"--pidfile={folder / 'turn.pid'}", f"--userdb={folder / 'turn.db'}",
        # The hospital is on this machine, which a relay lets nobody reach otherwise.
        "--allow-loopback-peers", "--cli-password=only-here", f"--cli-port={hospital.turn_cli_port}",
    ], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (log.exists() and "listener opened on" in log.read_text(errors="replace")):
            assert running.poll() is None, log.read_text(errors="replace") if log.exists() else "it did not start"
            time.sleep(0.1)
        yield log
    finally:
        running.terminate()
        running.wait(timeout=30)


@pytest.fixture
def room(hospital) -> str:
    li = hospital.as_(LI)
    patient = li.get(f"{hospital.base}/api/home").json()["patients"][0]["id"]
    ask = {"patient": patient, "expert": CHEN, "reason": "no other way opens"}
    case = li.post(f"{hospital.base}/api/scenarios/remote-consult/requests", json=ask)
    assert case.status_code == 201, case.text
    for user in (LI, CHEN):
        agree(hospital, user)
    return case.json()["room"]


class Tone(MediaStreamTrack):
    """A microphone before which somebody whistles."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self.at = 0
        self.began = time.monotonic()

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(max(0.0, self.began + self.at / RATE - time.monotonic()))
        samples = [round(12_000 * math.sin(2 * math.pi * TONE_HZ * (self.at + n) / RATE)) for n in range(960)]
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, fractions.Fraction(1, RATE)
        self.at += 960
        return frame


class Speaker:
    """Somebody in the room by its socket, and by voice through the relay alone."""

    def __init__(self, hospital, user: str, room: str):
        self.hospital, self.user = hospital, user
        self.path = f"{hospital.base}/api/rooms/{room}/media"
        self.inside = Person(hospital, user, room)
        assert self.inside.kind == "welcome", self.inside.first
        # What the room says goes on being heard, so that it does not wait for this client.
        threading.Thread(target=self.drain, daemon=True).start()
        self.door = hospital.as_(user).get(self.path).json()

    def drain(self) -> None:
        try:
            while True:
                self.inside.hear()
        except Exception:  # noqa: BLE001 - the socket was closed
            return

    def peer(self, **changed) -> RTCPeerConnection:
        [server] = self.door["relays"]
        assert self.user not in json.dumps(server), "a pass says nothing about who has it"
        known = {"urls": server["urls"], "username": server["username"], "credential": server["credential"]} | changed
        return RTCPeerConnection(RTCConfiguration(
            iceServers=[RTCIceServer(**known)], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
            iceTransportPolicy=RTCIceTransportPolicy.RELAY,
        ))

    async def join(self, peer: RTCPeerConnection, track: MediaStreamTrack | None) -> None:
        # One section, for a microphone or for the other's voice: aiortc takes the server's address from the last one,
        # and browsers name it in the first.
        own = peer.addTransceiver(track or "audio", direction="sendonly" if track else "recvonly")
        await peer.setLocalDescription(await peer.createOffer())
        body = {"participant": self.inside.first["self"], "sdp": peer.localDescription.sdp}
        if track:
            body["microphone"] = own.mid
        # The offer is of the session that sits in the room.
        headers = {"Authorization": f"Bearer {self.inside.token}"}
        answer = await asyncio.to_thread(self.hospital.post, self.path, body, headers)
        await peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    def sends(self, microphone: bool) -> None:
        said = {"microphone": microphone, "camera": False, "screen": False, "echo": False}
        self.inside.socket.send_binary(bytes([SENDING]) + json.dumps(said).encode())


async def connected(*peers: RTCPeerConnection) -> None:
    while any(peer.connectionState != "connected" for peer in peers):
        assert all(peer.connectionState not in ("failed", "closed") for peer in peers)
        await asyncio.sleep(0.05)


def kinds(sdp: str) -> set[str]:
    """What kinds of candidates a session description names."""
    return {line.split(" typ ")[1].split()[0] for line in sdp.splitlines() if line.startswith("a=candidate")}


async def hear(track: MediaStreamTrack, loud: int) -> float:
    """Listens until so many frames were loud; answers the pitch of the last, in hertz."""
    while True:
        frame = await track.recv()
        samples = frame.to_ndarray()[0].astype(float)[:: len(frame.layout.channels)]
        if abs(samples).max() < 3_000:
            continue
        loud -= 1
        if loud == 0:
            turns = ((samples[:-1] < 0) & (samples[1:] >= 0)).sum()
            return turns * frame.sample_rate / len(samples)


def test_a_voice_goes_by_the_relay_to_the_hospital_and_back_and_by_nothing_else(hospital, relay, room):
    async def talk() -> None:
        li, chen = Speaker(hospital, LI, room), Speaker(hospital, CHEN, room)
        one, other = li.peer(), chen.peer()
        heard = asyncio.get_running_loop().create_future()
        other.on("track", lambda track: heard.done() or heard.set_result(track))
        await li.join(one, Tone())
        await chen.join(other, None)
        # Nothing but the relay's addresses is offered; the hospital names its own, and knocks nowhere.
        assert kinds(one.localDescription.sdp) == kinds(other.localDescription.sdp) == {"relay"}
        assert kinds(one.remoteDescription.sdp) == {"host"}
        await connected(one, other)
        li.sends(microphone=True)
        pitch = await hear(await heard, loud=25)
        assert abs(pitch - TONE_HZ) < 60, pitch
        for peer in (one, other):
            transport = peer.getTransceivers()[0].receiver.transport.transport
            pair = transport._connection._nominated[1]  # noqa: SLF001 - aiortc has no other word for it
            assert pair.local_candidate.type == "relay", pair
            await peer.close()
        li.inside.close(), chen.inside.close()

    asyncio.run(talk())
    told = relay.read_text(errors="replace")
    assert told.count("ALLOCATE processed, success") >= 2, told
    assert "peer 127.0.0.1" in told.lower(), told


def test_the_relay_lets_nobody_in_by_a_pass_that_the_hospital_did_not_give(hospital, relay, room):
    async def knock() -> None:
        li = Speaker(hospital, LI, room)
        peer = li.peer(credential="AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        peer.addTransceiver("audio", direction="recvonly")
        try:
            await peer.setLocalDescription(await peer.createOffer())
            assert kinds(peer.localDescription.sdp) == set()
        finally:
            await peer.close()
            li.inside.close()

    asyncio.run(knock())
    assert "check_stun_auth: Cannot find credentials" in relay.read_text(errors="replace") or \
        "incoming packet message processed, error 401" in relay.read_text(errors="replace")
