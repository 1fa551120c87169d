/** What the hospital answers below /api, beside what its scenarios answer (`scenarios/<room>/<id>/calls.mjs`). */
import { anything, bytes, call, fhir, integer, list, map, moment, number, object, one, text, type, uid, yes } from './words.mjs';

const contract = (file, name) => type(`contract/${file}`, name);
const client = (file, name) => type(`client/core/${file}`, name);

const me = client('scenario-panel', 'Me');
const proof = list({ type: 'string', description: 'A digest, in hexadecimal.' });
const range = { at: moment, recorded: moment, from: moment, to: moment };
const span = { from: moment, to: moment, points: integer, readings: integer };
const waits = object({ progress: number, step: text, again_after_ms: integer });
const glb = bytes('model/gltf-binary', 'Metres, Y up.');
const dicomJson = list({ type: 'object', description: 'DICOM JSON, PS3.18 annex F.' });
const project = object({ id: text, title: text, members: list(text), custodians: list(text), 'options?': map(yes) });
const opening = object({
  id: text,
  pseudonym: text,
  state: one('waiting', 'confirmed', 'refused', 'over'),
  requested: anything,
  'confirmed?': anything,
  'refused?': anything,
  names: map(text),
  'patient?': text,
  'account?': text,
});
const connected = object({ id: text, name: text, kind: anything, 'place?': text, at_bed: yes });
const job = object({
  id: text,
  title: text,
  state: one('waiting', 'running', 'done', 'failed', 'cancelled'),
  attempts: integer,
  total: integer,
  done: integer,
  failed: integer,
  note: text,
});
const mask = object({ mask: contract('nodule', 'BoxedMask') });
const wanted = object({ reason: text });
const shown = object({
  id: text,
  pseudonym: text,
  made: text,
  is_own: yes,
  facts: contract('teaching', 'CaseFacts'),
  images: integer,
  'pixel_mm?': list(number),
  questions: list(contract('teaching', 'Question')),
  'score?': contract('teaching', 'Score'),
  'answers?': anything,
  'attempts?': anything,
});

const ward = (name) => type('scenarios/ward/ward-twin/client/ward', name);
const commanded = (name) => type('scenarios/ward/ward-twin/client/command', name);
const alarm = { 200: ward('AlarmView') };
const command = { 200: commanded('CommandView') };

export const groups = {
  Session: [
    call('POST /api/session', 'Signs in and sets the session cookie.', {
      takes: object({ user: text, password: text }),
      gives: { 200: me },
      fails: [403, 429],
      open: true,
    }),
    call('GET /api/session', 'Who is signed in.', { gives: { 200: me } }),
    call('DELETE /api/session', 'Signs out.', { gives: { 204: null } }),
  ],
  'This description': [call('GET /api/openapi.json', 'What has no standard of its own, as OpenAPI 3.1.', { gives: { 200: anything }, open: true })],
  Home: [
    call('GET /api/home', 'What the first page shows: patients, what waits, scenarios.', { gives: { 200: client('hospital', 'Home') } }),
    call('GET /api/events', 'What changed, as server-sent events; the client then reads again.', {
      gives: { 200: bytes('text/event-stream', 'Each event is named by what changed, and carries `{id}`.') },
    }),
    call('GET /api/me/reach', 'Where the caller is reached who has no page open, and what came of their last test message.', {
      gives: { 200: client('reach', 'ReachView') },
      fails: [403],
    }),
    call('PUT /api/me/reach', 'Changes it; without an address it is forgotten.', {
      takes: object({ address: text, on: yes, language: one('zh', 'en') }),
      gives: { 200: client('reach', 'ReachView') },
      fails: [400, 403, 409, 422],
    }),
    call('POST /api/me/reach/test', 'Sends the caller a test message by the message gateway.', {
      gives: { 200: client('reach', 'ReachView') },
      fails: [403, 409, 429],
    }),
    call('GET /api/calls', 'What calls the caller now, with or without a message gateway.', { gives: { 200: list(client('reach', 'MyCall')) } }),
    call('POST /api/calls/shown', 'A page has shown these to the caller: no message goes out for them.', {
      takes: object({ ids: list(text) }),
      gives: { 204: null },
      fails: [400],
    }),
    call('GET /api/calls/{id}', 'The page of the client where that is taken which called the caller.', { gives: { 200: object({ path: text }) }, fails: [404] }),
    call('GET /api/calls/about/{about}', 'Who was called by an alarm, an alert or an errand, and what became of each call.', {
      gives: { 200: list(client('reach', 'NamedCall')) },
      fails: [403],
    }),
    call('GET /api/gateway', 'How the message gateway stands, for who administers and who may read figures.', {
      gives: { 200: client('reach', 'GatewayView') },
      fails: [403],
    }),
    call('GET /api/staff', 'Colleagues who can be asked.', { asks: { role: text }, gives: { 200: list(client('hospital', 'StaffRow')) }, fails: [403] }),
  ],
  Signals: [
    call('GET /api/patients/{id}/signals', 'Series of readings of devices about a patient, each with its last one.', {
      gives: { 200: list(contract('signals', 'SignalRow')) },
      fails: [403],
    }),
    call('GET /api/devices/{id}/streams', 'Series of readings of a device, as far as the caller may see the patients.', {
      gives: { 200: list(contract('signals', 'SignalRow')) },
      fails: [403, 404],
    }),
    call('GET /api/patients/{id}/signals/{series}', 'A span of a series: in buckets, or the readings themselves.', {
      asks: span,
      gives: { 200: contract('signals', 'SignalSpan') },
      fails: [400, 403, 404],
    }),
    call('GET /api/devices/{id}/streams/{series}', 'The same of a device.', {
      asks: span,
      gives: { 200: contract('signals', 'SignalSpan') },
      fails: [400, 403, 404],
    }),
    call('GET /api/patients/{id}/signals/{series}/observation', 'A span as a FHIR Observation with SampledData.', {
      asks: { from: moment, to: moment },
      gives: { 200: fhir },
      fails: [400, 403, 404, 422],
    }),
    call('GET /api/signals/live', 'What is measured now, as server-sent events `readings`.', {
      asks: { patient: text, device: text, waves: yes },
      gives: { 200: bytes('text/event-stream', 'Each event carries a `LiveEvent` of `contract/signals.ts`.') },
      fails: [400, 403],
    }),
  ],
  Devices: [
    call('GET /api/devices', 'Devices, and how good what each sends is; patients see their own.', { gives: { 200: client('devices', 'Devices') } }),
    call('GET /api/devices/profiles', 'The kinds of devices with their streams.', { gives: { 200: object({ profiles: list(anything) }) } }),
    call('GET /api/devices/places', 'Wards, rooms and beds where a device may stand, for who looks after devices.', {
      gives: { 200: object({ places: list(client('devices', 'PlaceFor')) }) },
      fails: [403],
    }),
    call('POST /api/devices/results', 'Takes a message of HL7 v2 that lay in a file, of a sender of the configuration; for programs of the hospital.', {
      takes: bytes('x-application/hl7-v2+er7', 'One ORU^R01.'),
      gives: { 200: object({ left_out: list(text) }) },
      fails: [403, 422],
    }),
    call('GET /api/devices/packages', 'Packages of software and profiles, and those that were refused.', {
      gives: { 200: client('upgrades', 'Packages') },
      fails: [403],
    }),
    call('POST /api/devices/packages', 'Publishes a package that a trusted publisher signed; it goes to no device by that.', {
      takes: bytes('application/octet-stream', 'A file of `yuanyi device pack`.'),
      gives: { 201: client('upgrades', 'DevicePackage') },
      fails: [403, 422],
    }),
    call('GET /api/devices/packages/{id}/bytes', 'The bytes of a package, for a device that was told to install it, with its token or the one of its order; `Range` is taken.', {
      gives: { 200: bytes('application/octet-stream', 'What was signed.'), 206: bytes('application/octet-stream', 'A part of it.') },
      fails: [401, 404, 416],
    }),
    call('GET /api/devices/rollouts', 'Roll-outs of packages, the newest first.', {
      gives: { 200: client('upgrades', 'Rollouts') },
      fails: [403],
    }),
    call('POST /api/devices/rollouts', 'Begins a roll-out.', {
      takes: object({ package: text, 'devices?': list(text), 'in_use?': yes, 'plan?': client('upgrades', 'RolloutPlan') }),
      gives: { 201: client('upgrades', 'Rollout') },
      fails: [403, 404, 409, 422],
    }),
    call('GET /api/devices/rollouts/{id}', 'One of them.', { gives: { 200: client('upgrades', 'Rollout') }, fails: [403, 404] }),
    call('POST /api/devices/rollouts/{id}/act', 'Halts it, lets it go on, or takes it back.', {
      takes: object({ act: one('halt', 'go-on', 'roll-back'), 'why?': text }),
      gives: { 200: client('upgrades', 'Rollout') },
      fails: [403, 404, 409],
    }),
    call('GET /api/devices/{id}', 'One of them.', { gives: { 200: client('devices', 'Device') }, fails: [404] }),
    call('PUT /api/devices/{id}', "Registers a device, or changes it; one that is somebody's, only who administers.", {
      takes: object({ profile: text, 'name?': text, 'patient?': text, 'location?': text, 'serial?': text }),
      gives: { 200: client('devices', 'Device') },
      fails: [400, 403, 409],
    }),
    call('DELETE /api/devices/{id}', 'Takes it out of service and ends its tokens and certificates.', {
      gives: { 200: object({ revoked: integer }) },
      fails: [403, 404],
    }),
    call('POST /api/devices/{id}/place', "Says where it stands, or that it stands nowhere; of one that is somebody's, only who administers.", {
      takes: object({ 'location?': text }),
      gives: { 200: client('devices', 'Device') },
      fails: [400, 403, 404, 409],
    }),
    call('POST /api/devices/{id}/reinstate', 'Puts it back into service where it was taken out of it: nobody’s, in no place, and with a new token.', {
      gives: { 200: object({ token: text }) },
      fails: [403, 404, 409],
    }),
    call('POST /api/devices/{id}/token', 'Makes a token for it, while it is in service.', { gives: { 200: object({ token: text }) }, fails: [403, 404, 409] }),
    call('DELETE /api/devices/{id}/token', 'Ends its tokens and certificates, and puts it out.', {
      gives: { 200: object({ revoked: integer }) },
      fails: [403, 404],
    }),
    call('POST /api/devices/{id}/certificate', 'Takes a certificate as its own, as long as it is good, while the device is in service.', {
      takes: bytes('text/plain', 'One certificate in PEM form.'),
      gives: { 200: object({ sha256: text, valid_from: text, valid_until: text }) },
      fails: [400, 403, 404, 409],
    }),
    call('GET /api/patients/{id}/devices', "Devices that measure a patient, and those that could at home: nobody's, and in no place. For who treats them.", {
      gives: { 200: object({ devices: list(connected), free: list(connected) }) },
      fails: [403],
    }),
    call('PUT /api/patients/{id}/devices/{device}', 'From now on a device measures the patient at home.', {
      gives: { 204: null },
      fails: [403, 404, 409],
    }),
    call('DELETE /api/patients/{id}/devices/{device}', 'From now on a device that measured the patient at home measures nobody.', {
      gives: { 204: null },
      fails: [403, 404, 409],
    }),
    call('GET /api/devices/{id}/beds', 'Beds at which it is, or could be connected, for who maintains devices; nothing of who lies there.', {
      gives: { 200: object({ beds: list(client('devices', 'BedFor')) }) },
      fails: [403, 404],
    }),
    call('GET /api/devices/{id}/commands', 'What it was asked to do, and what it answered.', {
      gives: { 200: object({ commands: list(client('devices', 'DeviceCommand')) }) },
      fails: [403, 404],
    }),
    call('POST /api/devices/{id}/commands', 'Asks it to do something.', {
      takes: object({ command: text, 'parameters?': anything }),
      gives: { 200: object({ id: text }) },
      fails: [400, 403, 404],
    }),
    call('GET /api/functions', 'The ten functions, each with figures of what it does now; for who may read figures.', {
      gives: { 200: client('functions', 'HospitalFunctions') },
      fails: [403],
    }),
    call('GET /api/edge', 'How this edge stands with its cloud; 404 where it is none.', {
      gives: { 200: client('devices', 'EdgeState') },
      fails: [403, 404],
    }),
    call('POST /api/edge/again', 'Tries once more what the cloud did not take of this edge; how many pieces. 404 where it is none.', {
      gives: { 200: object({ again: integer }) },
      fails: [403, 404],
    }),
    call('POST /api/edge/readings', 'Takes readings that an edge has kept: all are on disk when this is answered, but those that are named.', {
      takes: bytes('application/zstd', 'A JSON array of readings as this program writes them, compressed.'),
      gives: { 200: object({ refused: list(object({ index: integer, why: text })) }) },
      fails: [400, 403, 413],
    }),
    call('POST /api/edge/alarms', 'Takes versions of alarms that an edge leads, in its order: all are on disk when this is answered, but those that are named.', {
      takes: bytes('application/zstd', 'A JSON array of alarms as this program writes them, compressed.'),
      gives: { 200: object({ refused: list(object({ index: integer, why: text })) }) },
      fails: [400, 403, 413],
    }),
    call('POST /api/edge/written', 'Takes what people wrote down at the beds of an edge, in its order: all is on disk when this is answered, but what is named.', {
      takes: bytes('application/zstd', 'A JSON array of observations as this program writes them, compressed.'),
      gives: { 200: object({ refused: list(object({ index: integer, why: text })) }) },
      fails: [400, 403, 413],
    }),
    call('POST /api/edge/line', 'Hears an edge; answers as soon as the registry is another than it has, or somebody asks something of its alarms, at the latest after some seconds.', {
      takes: object({ 'revision?': text, 'done?': list(anything), 'maintained?': anything, 'skew?': anything, 'behind?': anything }),
      gives: { 200: object({ asked: list(anything), to_maintain: anything, registry: anything, revision: anything, clock: list(moment) }) },
      fails: [400, 403],
    }),
    call('GET /api/edge/packages/{id}', 'The file of a package for devices, for an edge; a part of it by `Range`.', {
      gives: {
        200: bytes('application/octet-stream', 'A signed note, a zero byte, and the bytes that it is about.'),
        206: bytes('application/octet-stream', 'A part of it.'),
      },
      fails: [403, 404, 416],
    }),
    call('GET /api/edges', 'The edges of this hospital, for which places each works, when it was heard, and how its clock differs.', {
      gives: { 200: object({ edges: list(client('devices', 'EdgeRow')), now: text }) },
      fails: [403],
    }),
    call('PUT /api/edges/{id}', 'Makes an edge, or changes its places; its new token, which ends the one before.', {
      takes: object({ locations: list(text) }),
      gives: { 200: object({ token: text }) },
      fails: [400, 403],
    }),
    call('DELETE /api/edges/{id}', 'Ends an edge.', { gives: { 200: object({}) }, fails: [403, 404] }),
  ],
  Patients: [
    call('GET /api/patients/{id}/twin', 'The patient as the record knows them now.', { gives: { 200: contract('twin', 'PatientTwin') }, fails: [403] }),
    call('GET /api/patients/{id}/timeline', 'What had happened until a time, as far as the record knew it at another.', {
      asks: range,
      gives: { 200: contract('timeline', 'Timeline') },
      fails: [403],
    }),
    call('GET /api/patients/{id}/timeline/bundle', 'The same view as a FHIR collection, to take away.', {
      asks: { at: moment, recorded: moment },
      gives: { 200: fhir },
      fails: [403],
    }),
    call('GET /api/patients/{id}/nodules', 'Each nodule once, every time that it was measured, and its growth.', {
      gives: { 200: contract('nodules', 'PatientNodules') },
      fails: [403],
    }),
  ],
  Volumes: [
    call('GET /api/series/{uid}/volume', 'What a volume consists of; 202 while it is being made.', {
      gives: { 200: contract('volume', 'VolumeManifest'), 202: waits },
      fails: [403, 422],
    }),
    call('GET /api/series/{uid}/volume/{piece}', 'A preview, a brick or a surface, as the manifest names them.', {
      gives: { 200: bytes('application/octet-stream', 'Voxels are encoded with zstd.') },
      fails: [403, 404],
    }),
    call('GET /api/series/{uid}/volume/models/{file}', 'A surface to take away: `{surface}.glb`, or `{surface}.stl` in millimetres, LPS.', {
      gives: { 200: glb },
      fails: [403, 404],
    }),
    call('POST /api/series/{uid}/volume/models', 'Keeps a surface with the study as Encapsulated STL.', {
      takes: object({ surface: text }),
      gives: { 200: contract('imaging', 'SavedObject'), 201: contract('imaging', 'SavedObject') },
      fails: [403, 404],
    }),
  ],
  Imaging: [
    call('GET /api/imaging/permissions', 'Whether one may read or store images at all.', { gives: { 200: object({ read: yes, store: yes }) } }),
    call('GET /api/imaging/studies/{study}', 'Whom a study shows, and whether one may add to it.', {
      gives: { 200: object({ patient: text, store: yes }) },
      fails: [400, 403, 404],
    }),
    call('GET /api/imaging/studies/{study}/presentation-states', 'What presentation states of the study want drawn, the newest first.', {
      gives: { 200: list(contract('imaging', 'PresentationState')) },
      fails: [400, 403, 404],
    }),
    call('POST /api/imaging/studies/{study}/marks', 'Keeps marks of the viewer with the study: a report, presentation states, a key object selection.', {
      takes: contract('imaging', 'NewMarks'),
      gives: { 200: contract('imaging', 'SavedMarks'), 201: contract('imaging', 'SavedMarks') },
      fails: [400, 403, 404, 422],
    }),
    call('GET /api/imaging/studies/{study}/segmentations', 'What was outlined on the pictures.', {
      gives: { 200: list(contract('nodules', 'StudySegmentation')) },
      fails: [400, 403, 404],
    }),
    call('GET /api/imaging/studies/{study}/segmentations/{object}', 'The masks of one segmentation, as a viewer cuts them by any plane.', {
      gives: { 200: list(contract('nodules', 'SegmentMask')) },
      fails: [400, 403, 404, 422],
    }),
  ],
  Documents: [
    call('GET /api/imaging/studies/{study}/documents', 'PDFs that are kept with a study, the newest first.', {
      gives: { 200: list(contract('documents', 'StudyDocument')) },
      fails: [400, 403, 404],
    }),
    call('POST /api/imaging/studies/{study}/documents', 'Keeps a PDF with a study, as an Encapsulated PDF.', {
      takes: contract('documents', 'NewStudyDocument'),
      gives: { 200: contract('imaging', 'SavedObject'), 201: contract('imaging', 'SavedObject') },
      fails: [400, 403, 404, 422],
    }),
    call('GET /api/imaging/studies/{study}/documents/{object}', 'One of them.', {
      gives: { 200: bytes('application/pdf', 'The document.') },
      fails: [400, 403, 404, 422],
    }),
  ],
  Nodules: [
    call('GET /api/series/{uid}/nodules', 'Nodules that were kept, what others marked, and what a program suggests.', {
      gives: { 200: contract('nodules', 'SeriesNodules') },
      fails: [403, 409, 422],
    }),
    call('POST /api/series/{uid}/nodules/segment', 'The nodule at a point; nothing is kept.', {
      takes: contract('nodules', 'At'),
      gives: { 200: contract('nodules', 'NoduleProposal') },
      fails: [400, 403, 409, 422],
    }),
    call('POST /api/series/{uid}/nodules/again', 'A nodule of an earlier scan, looked for in this one; nothing is kept.', {
      takes: contract('nodules', 'Again'),
      gives: { 200: contract('nodules', 'FoundAgain') },
      fails: [400, 403, 404, 409, 422],
    }),
    call('POST /api/series/{uid}/nodules/measure', 'Measures a mask that somebody edited; nothing is kept.', {
      takes: mask,
      gives: { 200: contract('nodule', 'NoduleMeasures') },
      fails: [400, 403, 409, 413, 422],
    }),
    call('POST /api/series/{uid}/nodules/features', "Features of a mask by IBSI's names; nothing is kept.", {
      takes: mask,
      gives: { 200: contract('nodules', 'NoduleFeatures') },
      fails: [400, 403, 409, 413, 422],
    }),
    call('POST /api/series/{uid}/nodules/keep', 'Keeps a nodule with the study as a segmentation and a measurement report.', {
      takes: contract('nodules', 'NewNodule'),
      gives: { 200: contract('nodules', 'SavedNodule'), 201: contract('nodules', 'SavedNodule') },
      fails: [400, 403, 404, 409, 413, 422],
    }),
    call('PUT /api/series/{uid}/nodules/candidates/{candidate}', 'Puts a suggestion aside.', {
      takes: wanted,
      gives: { 204: null },
      fails: [400, 403, 404, 409],
    }),
    call('DELETE /api/series/{uid}/nodules/candidates/{candidate}', 'Lets a suggestion stand again.', { gives: { 204: null }, fails: [403, 404, 409] }),
    call('GET /api/models', 'Cards of the models that others trained, and folders that hold none that can be used.', {
      gives: { 200: contract('models', 'InstalledModels') },
    }),
    call('POST /api/series/{uid}/nodules/models', 'What each installed model says of a nodule; nothing is kept.', {
      takes: mask,
      gives: { 200: contract('models', 'ModelAnswers') },
      fails: [400, 403, 409, 413, 422],
    }),
  ],
  Knowledge: [
    call('GET /api/assess', 'Models, guidelines and scales, with what they ask.', { gives: { 200: list(contract('knowledge', 'Card')) } }),
    call('POST /api/assess/{id}', 'One assessment of given answers, without a patient.', {
      takes: map(anything),
      gives: { 200: contract('knowledge', 'Assessment') },
      fails: [404],
    }),
  ],
  Rooms: [
    call('GET /api/rooms/{id}', 'What a room is about.', { gives: { 200: client('hospital', 'RoomInfo') }, fails: [403, 404] }),
    call('GET /api/rooms/{id}/pseudonym', 'Whether a patient may choose a pseudonym in a room that is about no patient, and the code of the one they have there.', {
      gives: { 200: client('pseudonym', 'KnownAs') },
      fails: [403],
    }),
    call('POST /api/rooms/{id}/pseudonym', 'Takes a pseudonym: from now on the room knows them by nothing else.', {
      gives: { 200: client('pseudonym', 'KnownAs') },
      fails: [403, 409],
    }),
    call('GET /api/gatherings', 'Rooms in which patients may be under a pseudonym, with the codes that there are, for those who may find out who somebody is.', {
      gives: { 200: list(client('pseudonym', 'Gathering')) },
      fails: [403],
    }),
    call('GET /api/rooms/{id}/openings', 'Who asked who stands behind a pseudonym of the room.', { gives: { 200: list(opening) }, fails: [403, 404] }),
    call('POST /api/rooms/{id}/openings', 'The first of two people asks.', {
      takes: object({ pseudonym: text, reason: text }),
      gives: { 201: opening },
      fails: [400, 403, 404],
    }),
    call('GET /api/rooms/{id}/openings/{opening}', 'One of them.', { gives: { 200: opening }, fails: [403, 404] }),
    call('POST /api/rooms/{id}/openings/{opening}/confirm', 'The second confirms; both see the answer for an hour.', {
      takes: wanted,
      gives: { 200: opening },
      fails: [400, 403, 404, 409],
    }),
    call('POST /api/rooms/{id}/openings/{opening}/refuse', 'The second does not agree; nobody is shown anything.', {
      takes: wanted,
      gives: { 200: opening },
      fails: [400, 403, 404, 409],
    }),
    call('GET /api/rooms/{id}/socket', 'The room itself: a WebSocket that carries the frames of contract/room.ts in binary.', {
      gives: { 101: null },
      fails: [403, 404],
    }),
    call('POST /api/rooms/{id}/stream', 'The room where no WebSocket opens: the first frame is the body; the answer is a stream of events, of which the first names the line and every other is a frame in base64.', {
      takes: bytes('application/octet-stream', 'The hello.'),
      gives: { 200: bytes('text/event-stream', 'The frames of the server.') },
      fails: [403, 404, 429],
    }),
    call('DELETE /api/rooms/{id}/seat', 'Somebody has left on purpose while their line was down: the seat named by the header X-Yuanyi-Seat, the token of the last welcome, is kept no longer.', {
      gives: { 204: null },
      fails: [400],
    }),
    call('POST /api/rooms/{id}/frames', 'The frames of a client for its stream, named by the header X-Yuanyi-Line.', {
      takes: bytes('application/octet-stream', 'Frames in order, each after its length in two bytes, little endian.'),
      gives: { 204: null },
      fails: [400, 404, 413],
    }),
    call('POST /api/rooms/{id}/poses', 'A line for poses beside the socket: an offer of WebRTC for one data channel by somebody who is in the room.', {
      takes: contract('media', 'PosesOffer'),
      gives: { 200: contract('media', 'MediaAnswer') },
      fails: [400, 403, 404, 409, 429, 503],
    }),
    call('POST /api/rooms/{id}/poses/transport', 'Where somebody who is in the room comes for a line for poses by WebTransport, within seconds and once; the certificate is known by its SHA-256.', {
      takes: contract('media', 'TransportOffer'),
      gives: { 200: contract('media', 'TransportDoor') },
      fails: [400, 403, 404, 409, 429, 503],
    }),
    call('GET /api/rooms/{id}/media', 'Whether the hospital carries voice and picture, and relays for networks that let no other way through.', {
      gives: { 200: contract('media', 'MediaDoor') },
      fails: [403, 404],
    }),
    call('POST /api/rooms/{id}/media', 'Takes part by voice and picture: an offer of WebRTC by somebody who is in the room. What came of an earlier offer ends.', {
      takes: contract('media', 'MediaOffer'),
      gives: { 200: contract('media', 'MediaAnswer') },
      fails: [400, 403, 404, 409, 429, 503],
    }),
    call('GET /api/patients/{id}/companion', 'Whether those who treat a patient want somebody beside them in rooms.', {
      gives: { 200: client('licence', 'Companion') },
      fails: [403],
    }),
    call('PUT /api/patients/{id}/companion', 'Says whether a patient needs somebody beside them in rooms, and why.', {
      takes: object({ needed: yes, reason: text }),
      gives: { 204: null },
      fails: [400, 403],
    }),
    call('GET /api/licence', 'The caller’s licence to practise in virtual rooms, and the questions of its exam.', {
      gives: { 200: client('licence', 'OwnLicence') },
    }),
    call('POST /api/licence/exam', 'Sits the exam: who answers all rightly is licensed.', {
      takes: object({ version: text, answers: map(text) }),
      gives: { 200: client('licence', 'Sat') },
      fails: [400, 403, 409],
    }),
    call('GET /api/licences', 'Everybody who practises, and how they are licensed.', {
      gives: { 200: list(client('licence', 'Licensed')) },
      fails: [403],
    }),
    call('POST /api/licences/{account}/withdraw', 'Ends a licence now.', {
      takes: object({ reason: text }),
      gives: { 204: null },
      fails: [400, 403, 404, 409],
    }),
    call('POST /api/licences/{account}/lift', 'Lets somebody whose licence was withdrawn sit the exam again.', {
      gives: { 204: null },
      fails: [403, 404, 409],
    }),
    call('GET /api/sanctions', 'What was done to people in all rooms to keep order, and what came of appeals: open ones first, then the newest.', {
      gives: { 200: list(client('sanctions', 'SanctionInRoom')) },
      fails: [403],
    }),
    call('GET /api/sanctions/own', 'What was done to the caller.', { gives: { 200: list(client('sanctions', 'SanctionInRoom')) } }),
    call('POST /api/sanctions/{room}/{number}/answer', 'Grants or refuses an appeal; neither who gave the sanction nor whom it is about may.', {
      takes: object({ grants: yes, reason: text }),
      gives: { 204: null },
      fails: [400, 403, 404, 409],
    }),
    call('GET /api/conduct', 'The rules of conduct in rooms, and when the caller agreed to them.', {
      gives: { 200: client('hospital', 'Conduct') },
    }),
    call('POST /api/conduct', 'Agrees to the rules of conduct: nobody enters a room before.', {
      takes: object({ version: text }),
      gives: { 204: null },
      fails: [400, 409],
    }),
    call('POST /api/rooms/{id}/speech', 'Has a speech service write down what somebody in the room said: as a caption for everybody, or as an order, which is answered to them alone.', {
      asks: { 'participant!': integer, 'language!': one('zh', 'en'), as: one('caption', 'order') },
      takes: bytes('audio/webm', 'A few seconds of sound; also audio/ogg and audio/mp4.'),
      gives: { 200: contract('media', 'HeardOrder'), 204: null },
      fails: [400, 403, 404, 409, 502, 503, 504],
    }),
    call('GET /api/patients/{id}/recordings', 'What was done in all recorded rooms of a patient, the latest recordings first.', {
      asks: { before: integer },
      gives: { 200: contract('recordings', 'RecordedActs') },
      fails: [400, 403],
    }),
    call('GET /api/rooms/{id}/recordings', 'Recordings of the room, oldest first, for who may see its patient or runs the archive.', {
      gives: { 200: contract('recordings', 'RoomRecordings') },
      fails: [403],
    }),
    call('GET /api/rooms/{id}/recordings/{recording}', 'What a recording consists of, and what was done meanwhile.', {
      gives: { 200: contract('recordings', 'RecordingWhole') },
      fails: [403, 404],
    }),
    call('GET /api/rooms/{id}/recordings/{recording}/parts/{number}', 'Some seconds of a recording: frames of the room and packets of voices, compressed with zstd.', {
      gives: { 200: bytes('application/octet-stream', 'As crate `room` writes them.') },
      fails: [403, 404, 410],
    }),
    call('GET /api/rooms/{id}/recordings/{recording}/parts/{number}/voice/{participant}', 'What one speaker said in a part, as Ogg Opus that begins with the part.', {
      gives: { 200: bytes('audio/ogg', 'Ogg Opus.') },
      fails: [403, 404, 410],
    }),
    call('GET /api/rooms/{id}/recordings/{recording}/export', 'A recording as one archive: manifest, people by seat, what stood there at the beginning, acts, poses, and voices as Ogg Opus.', {
      gives: { 200: bytes('application/zip', 'A ZIP archive.') },
      fails: [403, 404, 409],
    }),
    call('POST /api/rooms/{id}/recordings/{recording}/erase', 'Removes the bytes of a recording for good; that it was, stays.', {
      takes: contract('recordings', 'Erasure'),
      gives: { 204: null },
      fails: [400, 403, 404, 409],
    }),
    call('POST /api/rooms/{id}/snapshots', 'Keeps a picture of the stage beside the images that stand there, as a DICOM Secondary Capture.', {
      takes: object({ title: text, png: text }),
      gives: { 201: contract('imaging', 'SavedObject') },
      fails: [400, 403, 404, 422],
    }),
    call('POST /api/rooms/{id}/export', 'Lays what was measured, noted and shown beside the images.', {
      takes: object({ 'marks?': yes, 'masks?': yes }),
      gives: { 201: object({ objects: list(contract('imaging', 'SavedObject')), left_out: list(client('language', 'Text')) }) },
      fails: [403, 404, 422],
    }),
  ],
  Quality: [
    call('GET /api/quality', 'Rules, deviations, and charts of each site.', { gives: { 200: client('quality', 'Quality') }, fails: [403] }),
    call('POST /api/quality/{id}/override', 'Says why a deviation is right here.', {
      takes: wanted,
      gives: { 204: null },
      fails: [400, 404, 409],
    }),
  ],
  Ledger: [
    call('GET /api/ledger/key', 'The public key that signs checkpoints.', { gives: { 200: anything }, open: true }),
    call('GET /api/ledger/checkpoint', 'The newest signed checkpoint.', { gives: { 200: client('ledger', 'Checkpoint') }, open: true }),
    call('GET /api/ledger/inclusion/{sequence}', 'Proof that an entry is in the tree of a size.', {
      asks: { 'size!': integer },
      gives: { 200: client('ledger', 'InclusionProof') },
      fails: [404],
      open: true,
    }),
    call('GET /api/ledger/consistency', 'Proof that one tree is the beginning of another.', {
      asks: { 'first!': integer, 'second!': integer },
      gives: { 200: object({ first: integer, second: integer, path: proof }) },
      fails: [404],
      open: true,
    }),
    call('GET /api/ledger/entry/{sequence}', 'The exact bytes of an entry, whose digest is the leaf.', {
      gives: { 200: bytes('application/json', 'The entry as it was written.') },
      fails: [403, 404],
    }),
  ],
  Research: [
    call('GET /api/research/projects', 'Projects that one takes part in.', { gives: { 200: list(project) } }),
    call('POST /api/research/projects', 'Founds a project.', { takes: project, gives: { 201: project }, fails: [400, 403, 409] }),
    call('GET /api/research/projects/{project}', 'A project.', { gives: { 200: project }, fails: [403] }),
    call('POST /api/research/projects/{project}/releases', 'Releases a study to a project, de-identified.', {
      takes: object({ study: uid, 'pixels_vouched_for?': yes }),
      gives: { 201: object({ released: integer, refused: list(object({ object: uid, why: text })) }) },
      fails: [403, 404, 422],
    }),
    call('DELETE /api/research/projects/{project}/releases/{study}', 'Takes a release back.', { gives: { 204: null }, fails: [403] }),
    ...['', '/{study}/metadata', '/{study}/series', '/{study}/instances'].map((rest) =>
      call(`GET /api/research/projects/{project}/dicom-web/studies${rest}`, 'De-identified copies, listed as PS3.18 has it.', {
        gives: { 200: dicomJson },
        fails: [403, 404],
      }),
    ),
    ...['', '/series/{series}', '/series/{series}/instances/{instance}'].map((rest) =>
      call(`GET /api/research/projects/{project}/dicom-web/studies/{study}${rest}`, 'De-identified copies, as PS3.18 retrieves them.', {
        gives: { 200: bytes('multipart/related', 'Parts of type application/dicom.') },
        fails: [403, 404, 406],
      }),
    ),
    call('GET /api/research/projects/{project}/studies/{study}/report', 'What was done to each object; no values.', {
      gives: { 200: anything },
      fails: [403, 404],
    }),
    call('GET /api/research/projects/{project}/fhir/{kind}', 'Minimal resources under pseudonyms: `Patient` or `ImagingStudy`.', {
      gives: { 200: fhir },
      fails: [403, 404],
    }),
    call('GET /api/research/projects/{project}/openings', 'Who asked whom a pseudonym stands for.', { gives: { 200: list(opening) }, fails: [403] }),
    call('POST /api/research/projects/{project}/openings', 'The first of two custodians asks.', {
      takes: object({ pseudonym: text, reason: text }),
      gives: { 201: opening },
      fails: [400, 403, 404],
    }),
    call('GET /api/research/projects/{project}/openings/{opening}', 'One of them.', { gives: { 200: opening }, fails: [403, 404] }),
    call('POST /api/research/projects/{project}/openings/{opening}/confirm', 'The second custodian confirms; both see the answer for an hour.', {
      takes: wanted,
      gives: { 200: opening },
      fails: [400, 403, 404, 409],
    }),
    call('POST /api/research/projects/{project}/openings/{opening}/refuse', 'The second custodian does not agree; nobody is shown anything.', {
      takes: wanted,
      gives: { 200: opening },
      fails: [400, 403, 404, 409],
    }),
  ],
  Teaching: [
    call('GET /api/teaching/cases', 'Teaching cases that one may answer or has made.', { gives: { 200: list(map(anything)) } }),
    call('POST /api/teaching/cases', 'Makes a case without its patient.', {
      takes: object({ patient: text, series: uid, 'answers?': map(anything), 'trainees?': list(text), 'pixels_vouched_for?': yes }),
      gives: { 201: object({ id: text }) },
      fails: [400, 403, 404, 422],
    }),
    call('GET /api/teaching/cases/{case}', 'A case; the score once one has answered.', { gives: { 200: shown }, fails: [403, 404] }),
    call('DELETE /api/teaching/cases/{case}', 'Closes a case.', { gives: { 204: null }, fails: [403, 404] }),
    call('POST /api/teaching/cases/{case}/answers', "A trainee's one attempt.", {
      takes: object({ answers: map(anything) }),
      gives: { 201: shown },
      fails: [400, 403, 404, 409],
    }),
    call('GET /api/teaching/cases/{case}/images/{number}', 'The de-identified copy of one image, from 1.', {
      asks: { window: text },
      gives: { 200: bytes('image/jpeg', 'The picture.') },
      fails: [403, 404],
    }),
    call('GET /api/teaching/cases/{case}/objects/{number}', 'The same as DICOM.', {
      gives: { 200: bytes('application/dicom', 'The object.') },
      fails: [403, 404],
    }),
  ],
  'Other DICOM systems': [
    call('GET /api/pacs', 'Systems that can be called.', {
      gives: { 200: list(object({ title: text, tls: yes, model: text, 'retrieve_by?': text })) },
    }),
    call('POST /api/pacs/{title}/echo', 'Verifies the connection.', { gives: { 200: object({ status: text }) }, fails: [403, 404, 502] }),
    call('POST /api/pacs/{title}/find', 'Searches another system.', {
      takes: object({ level: one('patient', 'study', 'series', 'image'), 'patient?': text, 'keys?': map(text), 'limit?': integer }),
      gives: { 200: object({ rows: dicomJson, is_cut: yes }) },
      fails: [400, 403, 404, 502],
    }),
    call('POST /api/pacs/{title}/retrieve', 'Fetches a study or a series of it.', {
      takes: object({ study: uid, 'series?': uid, 'patient?': text }),
      gives: { 202: object({ job: text }) },
      fails: [400, 403, 404, 502],
    }),
    call('POST /api/pacs/{title}/send', 'Sends a study or a series of it.', {
      takes: object({ study: uid, 'series?': uid }),
      gives: { 202: object({ job: text }) },
      fails: [400, 403, 404],
    }),
    call('GET /api/pacs/jobs', "One's own jobs, or all for those who run the system.", { gives: { 200: list(job) } }),
    call('GET /api/pacs/jobs/{id}', 'One of them.', { gives: { 200: job }, fails: [404] }),
    call('DELETE /api/pacs/jobs/{id}', 'Cancels it.', { gives: { 204: null }, fails: [404] }),
  ],
  Security: [
    call('GET /api/security', 'Accesses, refusals, credentials that run out and the ledger, for those who administer; no patient is named.', {
      asks: { days: integer },
      gives: { 200: client('security', 'Security') },
      fails: [400, 403],
    }),
    call('GET /api/security/counts', 'The same in counts, for who may read figures; no account, device or patient is named.', {
      asks: { days: integer },
      gives: { 200: client('security-counts', 'SecurityCounts') },
      fails: [400, 403],
    }),
  ],
  Settings: [
    call('GET /api/settings', "What of the hospital's own settings is in force, for those who administer.", {
      gives: { 200: client('own-settings', 'OwnSettingsView') },
      fails: [403],
    }),
    call('GET /api/settings/plans/{id}', 'A plan in force, as its file has it.', {
      gives: { 200: client('own-settings', 'PlanFile') },
      fails: [403, 404],
    }),
    call('PUT /api/settings/plans', "Takes in a plan's file: written once all settings can be used with it; `faults` says why not.", {
      takes: object({ text }),
      gives: { 200: client('own-settings', 'OwnSettingsView') },
      fails: [400, 403, 409, 422],
    }),
    call('POST /api/settings/reload', 'Takes in rules, plans, escalation and plans of follow-up as their files are now: all of them, or none where `faults` says why.', {
      gives: { 200: client('own-settings', 'OwnSettingsView') },
      fails: [403, 409],
    }),
  ],
  Wards: [
    call('GET /api/wards', 'Wards, for those who treat.', { gives: { 200: list(ward('WardName')) }, fails: [403] }),
    call('GET /api/wards/{ward}', 'A ward now, or as it was at a moment.', {
      asks: { at: moment },
      gives: { 200: ward('WardView') },
      fails: [400, 403, 404],
    }),
    call('GET /api/wards/{ward}/beds/{bed}/seen', 'What people wrote down about who lies in a bed, the newest first.', {
      gives: { 200: list(ward('EnteredView')) },
      fails: [403, 404],
    }),
    call('DELETE /api/wards/{ward}/beds/{bed}/seen/{id}', 'Takes back what somebody wrote down there: it stays as entered in error, and counts nowhere.', {
      gives: { 204: null },
      fails: [403, 404, 409],
    }),
    call('POST /api/wards/{ward}/beds/{bed}/seen', 'What was seen at the bedside, by the names of the inputs of scores, becomes observations.', {
      takes: map(anything),
      gives: { 200: object({ written: integer }) },
      fails: [400, 403, 404, 422],
    }),
    call('GET /api/wards/{ward}/beds/{bed}/devices', "Devices that could be connected at a bed: of its ward or in no place, and nobody's.", {
      gives: { 200: object({ free: list(type('scenarios/ward/ward-twin/client/at-bed', 'FreeDevice')) }) },
      fails: [403, 404],
    }),
    call('PUT /api/wards/{ward}/beds/{bed}/devices/{device}', 'From now on a device measures who lies in the bed; `patient` is whom the caller means.', {
      takes: object({ 'patient?': text }),
      gives: { 204: null },
      fails: [400, 403, 404, 409],
    }),
    call('DELETE /api/wards/{ward}/beds/{bed}/devices/{device}', 'From now on a device measures nobody, and stands in the ward.', {
      gives: { 204: null },
      fails: [403, 404, 409],
    }),
    call('PUT /api/wards/{ward}/beds/{bed}/patient', 'A patient lies in an empty bed from now on; who lay in another has moved.', {
      takes: object({ patient: text }),
      gives: { 204: null },
      fails: [400, 403, 404, 409],
    }),
    call('DELETE /api/wards/{ward}/beds/{bed}/patient', 'Who lies in a bed leaves: their stay is over.', {
      gives: { 204: null },
      fails: [403, 404, 409],
    }),
    call('GET /api/wards/{ward}/duty', 'What the caller may say of who is on duty on a ward.', {
      gives: { 200: type('scenarios/ward/ward-twin/client/duty', 'MayView') },
      fails: [403, 404],
    }),
    call('POST /api/wards/{ward}/duty', 'The caller is on duty from now on: on the ward, or for these beds of it.', {
      takes: object({ duty: text, 'beds?': list(text), 'until?': moment }),
      gives: { 204: null },
      fails: [400, 403, 404, 409, 422],
    }),
    call('DELETE /api/wards/{ward}/duty/{who}', 'Somebody is on duty no more: the caller, or whom who is in charge sends off.', {
      gives: { 204: null },
      fails: [403, 404, 409],
    }),
    call('GET /api/alarms/sounding', 'How the most urgent alarm is heard that calls the caller now.', { gives: { 200: client('alarm-sound', 'Sounding') }, fails: [403] }),
    call('GET /api/alarms/{id}', 'An alarm with its plan and who was sent.', { gives: alarm, fails: [403, 404] }),
    call('POST /api/alarms/{id}/act', 'Takes it, gives it back, pauses its sound, starts a plan from it, or ends it.', {
      takes: object({
        act: one('take', 'give-back', 'pause', 'start-plan', 'close'),
        'for_s?': integer,
        'plan?': text,
        'drill?': yes,
        'outcome?': one('treated', 'nothing-needed', 'false-alarm', 'technical', 'drill'),
      }),
      gives: alarm,
      fails: [400, 403, 404, 409],
    }),
    call('POST /api/alarms/{id}/steps/{step}', 'Ticks off a step of its plan.', { gives: alarm, fails: [403, 404] }),
    call('POST /api/alarms/{id}/answer', 'Whoever was asked to come says whether they do.', {
      takes: object({ accepts: yes }),
      gives: alarm,
      fails: [400, 403, 404],
    }),
    call('POST /api/alarms/{id}/arrived', 'Who came says that they are there, or that a thing is.', {
      takes: object({ 'who?': text }),
      gives: alarm,
      fails: [400, 403, 404],
    }),
    call('GET /api/wards/{ward}/command', 'The plan of a ward, now or as it was at a moment: who and what is where, what they do, and what was sent for.', {
      asks: { at: moment },
      gives: command,
      fails: [400, 403, 404],
    }),
    call('POST /api/wards/{ward}/missions', 'Sends the nearest that is free to a bed, or begins an exercise of a plan there.', {
      takes: object({
        bed: text,
        send: { oneOf: [object({ errand: object({ 'role?': text, 'equipment?': text }) }), object({ drill: object({ plan: text }) })] },
      }),
      gives: command,
      fails: [400, 403, 404],
    }),
    call('POST /api/missions/{id}/act', 'Answers, arrives, ticks off a step of an exercise, or ends it.', {
      takes: object({ act: one('answer', 'arrived', 'step', 'end'), 'accepts?': yes, 'who?': text, 'step?': text }),
      gives: command,
      fails: [400, 403, 404],
    }),
    call('GET /api/tags/{id}/trace', "Where a tag was: a patient's for who may see the patient, one's own, or a thing's.", {
      asks: { from: moment, to: moment },
      gives: { 200: commanded('Trace') },
      fails: [400, 403, 404],
    }),
    call('GET /api/tags/{id}/contacts', 'Who and what was with the carrier of a tag, in the same room or within so many metres.', {
      asks: { from: moment, to: moment, near_m: number },
      gives: { 200: commanded('Contacts') },
      fails: [400, 403, 404],
    }),
    call('GET /api/plans', 'All plans, and how they were run and exercised in the last year; the rules in force, and whose each is.', { gives: { 200: commanded('PlansView') }, fails: [403] }),
    call('GET /api/ward-figures/weeks', 'How each ward ran week by week, in figures that name nobody.', {
      asks: { weeks: integer },
      gives: { 200: list(commanded('WardWeeks')) },
      fails: [400, 403],
    }),
    call('GET /api/ward-figures', 'How each ward runs, in figures that name nobody.', { gives: { 200: list(ward('WardFigures')) }, fails: [403] }),
  ],
};
