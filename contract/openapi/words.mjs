/** Short words for the descriptions of calls: what is taken and what is given, as JSON Schema. */

export const text = { type: 'string' };
export const number = { type: 'number' };
export const integer = { type: 'integer' };
export const yes = { type: 'boolean' };
export const uid = { type: 'string', pattern: '^[0-9.]{1,64}$', description: 'A DICOM UID.' };
export const moment = { type: 'string', description: 'A day or a moment, as FHIR writes them.' };
export const fhir = { type: 'object', description: 'A FHIR R4 resource.', required: ['resourceType'], properties: { resourceType: text } };
export const anything = {};

/** A type of a TypeScript file of the repository: `type('contract/nodules', 'SeriesNodules')`. */
export function type(file, name) {
  named.add(file);
  return { file, name };
}
/** The files whose types are named. */
export const named = new Set();
export const list = (items) => ({ type: 'array', items });
export const map = (values) => ({ type: 'object', additionalProperties: values });
export const one = (...words) => ({ type: 'string', enum: words });

/** An object; a name that ends in `?` may be left out. */
export function object(fields) {
  const entries = Object.entries(fields).map(([name, schema]) => [name.replace(/\?$/, ''), schema]);
  const required = Object.keys(fields).filter((name) => !name.endsWith('?'));
  return { type: 'object', properties: Object.fromEntries(entries), ...(required.length > 0 && { required }) };
}

/** What is not JSON. */
export const bytes = (media, description) => ({ media, description });

/**
 * One call: `'GET /api/home'`, what it is for, and
 * `takes` (the body), `asks` (parameters of the query), `gives` (status → what comes),
 * `fails` (statuses beside those that any call may give), `open` (nobody needs to be signed in).
 */
export const call = (line, about, rest = {}) => {
  const [method, path] = line.split(' ');
  return { method: method.toLowerCase(), path, about, ...rest };
};
