/** What this scenario answers, for contract/openapi.json. */
import { call, integer, map, number, object, one, text, type, uid } from '../../../contract/openapi/words.mjs';

const HERE = 'scenarios/consulting/remote-consult/client/case';
const found = { 200: type(HERE, 'Case') };
const opinion = type(HERE, 'Opinion');
const management = type(HERE, 'Management');
const reason = object({ reason: text });
const fails = [400, 403, 404, 409, 422];
const act = (line, about, takes) => call(line, about, { ...(takes && { takes }), gives: found, fails });

export const calls = [
  call('POST /requests', 'Asks an expert about a patient.', {
    takes: object({ patient: text, 'series?': uid, expert: text, reason: text }),
    gives: { 201: type(HERE, 'Case') },
    fails,
  }),
  call('GET /cases/{id}', 'The case as one may see it now.', { gives: found, fails: [403, 404] }),
  call('GET /cases/{id}/summary', 'The case in one minute; each line with its source.', {
    gives: { 200: type(HERE, 'Summary') },
    fails: [403, 404],
  }),
  call('GET /figures', 'Calibration, agreement and outcomes over all signed cases, without any patient.', {
    gives: { 200: type('client/core/quality', 'Figures') },
    fails: [403],
  }),
  act('POST /cases/{id}/accept', 'The expert takes part.'),
  act('POST /cases/{id}/decline', 'The expert does not.', reason),
  act('POST /cases/{id}/withdraw', 'Who asked takes the request back.', reason),
  act('PUT /cases/{id}/answers', 'Answers to what the models ask.', object({ answers: map({}) })),
  act('POST /cases/{id}/vote', 'One vote each, sealed until all have voted.', object({ opinion, management, 'probability?': number, 'comment?': text })),
  act('PUT /cases/{id}/plan', 'The joint plan; `version` is the one that the edit builds on.', object({ text, management, 'dissent?': text, 'version?': integer })),
  act('POST /cases/{id}/sign', 'Signs the version that was read.', object({ version: integer })),
  act('POST /cases/{id}/invite', 'Asks a further expert in.', object({ expert: text, reason: text })),
  act('POST /cases/{id}/release', 'Lets an invited expert go.', object({ person: text, reason: text })),
  act('PUT /cases/{id}/turn', 'A round of speaking.', object({ act: one('start', 'next', 'stop'), 'minutes?': integer, 'first?': text })),
  act('POST /cases/{id}/minutes', 'Notes what was said or decided.', object({ kind: one('said', 'decided'), text })),
  act('PUT /cases/{id}/outcome', 'What became of it.', object({ found: one('benign', 'malignant', 'unknown'), evidence: text, day: text, 'note?': text })),
];
