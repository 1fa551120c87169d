/** What this scenario answers, for contract/openapi.json. */
import { anything, call, list, map, number, object, one, text, type, yes } from '../../../contract/openapi/words.mjs';

const HERE = 'scenarios/ward/follow-up/client/course';
const seen = { 200: { anyOf: [type(HERE, 'Course'), type(HERE, 'OwnCourse')] } };
const after = { 200: { anyOf: [type(HERE, 'Course'), type(HERE, 'Gone')] } };
const fails = [400, 403, 404, 409, 422];
const act = (line, about, takes) => call(line, about, { ...(takes && { takes }), gives: after, fails });

export const calls = [
  call('GET /plans', 'The plans that there are.', { gives: { 200: type(HERE, 'Plans') } }),
  call('GET /courses', 'The work list, the most urgent first; for a patient what is their own.', {
    gives: { 200: { anyOf: [list(type(HERE, 'Row')), list(type(HERE, 'OwnCourse'))] } },
  }),
  call('GET /figures', 'How follow-up runs, in figures that name nobody; for those who run the hospital, and doctors.', { gives: { 200: type(HERE, 'HomeFigures') }, fails: [403] }),
  call('GET /patients/{patient}/courses', 'Those of one patient that go on, as the work list has them; not for patients.', { gives: { 200: list(type(HERE, 'Row')) }, fails: [404] }),
  call('POST /courses', 'Begins one; 200 where one by this plan goes on already.', {
    takes: object({ patient: text, plan: text, 'second?': text, 'usual?': map(number) }),
    gives: { 200: type(HERE, 'Course'), 201: type(HERE, 'Course') },
    fails: [400, 403, 422],
  }),
  call('GET /courses/{id}', 'A follow-up as one may see it now.', { gives: seen, fails: [403, 404] }),
  call('PUT /courses/{id}/reports', 'Reports; one that was sent before is kept once.', {
    takes: object({ reports: list(object({ id: text, at: text, day: text, answers: map(anything) })) }),
    gives: seen,
    fails,
  }),
  call('POST /courses/{id}/nights', "Files of a therapy device's card, or one recording with a saturation; of an archive its files, not itself.", {
    takes: object({
      files: list(object({ path: text, base64: text })),
      'cut?': list(object({ path: text, 'missing_s?': number, left_out_s: number })),
    }),
    gives: seen,
    fails,
  }),
  call('GET /courses/{id}/nights/{date}', 'What happened in a night, one by one.', { gives: { 200: type(HERE, 'NightEvents') }, fails: [403, 404] }),
  call('GET /courses/{id}/spirometry/sent', 'The blows that a session of now could hold.', { gives: { 200: type(HERE, 'SentLately') }, fails: [403, 404, 422] }),
  act('POST /courses/{id}/assess', 'What those who treat asked beside the reports, or the patient what they are asked once; what follows is reckoned anew.', object({ answers: map(anything) })),
  act(
    'POST /courses/{id}/spirometry',
    'A session: curves as `yuanyi measure` reads them, those that a spirometer of the patient sent in the last 12 hours, or the values that a device shows.',
    object({
      height_cm: number,
      'group?': text,
      'file?': object({ curve: one('volume-l', 'flow-l-s'), per_second: number, 'person?': anything, 'blows?': list(anything), 'after_bronchodilator?': list(anything) }),
      'sent?': { anyOf: [yes, object({ before: list(number), after: list(number) })] },
      'before?': object({ fev1_l: number, fvc_l: number }),
      'after?': object({ fev1_l: number, fvc_l: number }),
    }),
  ),
  act('PUT /courses/{id}/action', "The doctor's own words in the action plan.", object({ usual: text, worse: text, emergency: text })),
  act('POST /courses/{id}/take', 'Takes an alert.', object({ alert: text })),
  act('POST /courses/{id}/close', 'Ends an alert that one took, with what was done.', object({ alert: text, outcome: text })),
  act(
    'POST /courses/{id}/refer',
    'Up or down to a named doctor of another level; by who was asked, back.',
    object({ direction: one('up', 'down'), criterion: text, reason: text, 'to?': text, 'from_level?': text, 'to_level?': text }),
  ),
  act('POST /courses/{id}/withdraw', 'Takes back a referral that nobody has answered, by who asked.', object({ reason: text })),
  act('POST /courses/{id}/handover', 'Names who is told from now on.', object({ first: text, 'second?': text, reason: text })),
  act('POST /courses/{id}/visit', 'Calls the patient into the room.'),
  act('POST /courses/{id}/visit/end', 'Ends the visit.'),
  act('POST /courses/{id}/end', 'Ends the follow-up.', object({ reason: text })),
];
