/** What this scenario answers, for contract/openapi.json. */
import { anything, call, integer, list, map, object, one, text, type } from '../../../contract/openapi/words.mjs';

const HERE = 'scenarios/consulting/screening/client/course';
const found = { 200: type(HERE, 'Course') };
const fails = [400, 403, 404, 409, 422];
const act = (line, about, takes) => call(line, about, { ...(takes && { takes }), gives: found, fails });
const window = object({ step: text, from: text, 'until?': text, reason: text });

export const calls = [
  call('GET /programmes', 'Programmes that go on.', { gives: { 200: list(type(HERE, 'Row')) } }),
  call('POST /programmes', 'Opens one; 200 where one is open already.', {
    takes: object({ patient: text }),
    gives: { 200: type(HERE, 'Course'), 201: type(HERE, 'Course') },
    fails: [400, 403],
  }),
  call('GET /programmes/{id}', 'A programme as one may see it now.', { gives: found, fails: [403, 404] }),
  act(
    'PUT /programmes/{id}/answers',
    'Ask: each with the answer that was seen as `base`; what was not taken comes back as `conflicts`.',
    object({ answers: map(object({ value: anything, 'base?': anything })), 'phases?': anything }),
  ),
  act('POST /programmes/{id}/assess', 'Assess.'),
  act('POST /programmes/{id}/advise', 'Advise.', object({ 'guideline?': text, 'note?': text, 'reason?': text })),
  act(
    'POST /programmes/{id}/arrange',
    'Arrange: one of `orders` for each proposal.',
    object({ orders: list(map(anything)), 'added?': list(window), 'referral?': type(HERE, 'Referral') }),
  ),
  act('POST /programmes/{id}/sign', 'Signs what was read, by its digest.', object({ digest: text })),
  act('POST /programmes/{id}/assist', 'Assist: what the patient understood.', object({ understood: one('yes', 'partly', 'no'), 'note?': text })),
  act('POST /programmes/{id}/skip', 'Leaves a step out, with the reason.', object({ step: text, reason: text })),
  act('POST /programmes/{id}/done', 'An order was done.', object({ order: text, 'day?': text })),
  act('POST /programmes/{id}/visit', 'A visit for an order.', object({ order: text, start: text, minutes: integer })),
  act('POST /programmes/{id}/close', 'Given up before it was signed.', object({ reason: text })),
];
