/**
 * Writes contract/openapi.json: calls.mjs and each scenario's calls.mjs say what is called, the types that were
 * generated from Rust, and those that the client reads answers by, say what the bodies are.
 *
 * `node contract/openapi/write.mjs` writes; with `--check` it fails where the file is not what it would write.
 */
import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFormatter, createParser, createProgram, DEFAULT_CONFIG, SchemaGenerator } from 'ts-json-schema-generator';
import { groups } from './calls.mjs';
import { named } from './words.mjs';

/** The compiler that the generator reads with, which is not the client's own. */
const typescript = createRequire(import.meta.resolve('ts-json-schema-generator'))('typescript');
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const FILE = join(ROOT, 'contract/openapi.json');

const PROBLEMS = {
  400: 'The request cannot be used; the detail says what to send.',
  401: 'Nobody is signed in.',
  403: 'There is no such thing, or one may not.',
  404: 'There is no such thing.',
  406: 'Not in the wanted form.',
  409: 'Not now: something else came first, or is still being made (`Retry-After`).',
  410: 'What was kept of it is gone.',
  413: 'The request is too large.',
  416: 'There is no such part.',
  422: 'It was understood, and cannot be done; the detail says why.',
  429: 'Too often (`Retry-After`).',
  500: 'A fault of the server; the detail names the request.',
  502: 'The other system did not answer as it should.',
  503: 'What this needs is not there or switched off; the detail says what.',
  504: 'The other system took too long.',
};

const config = { ...DEFAULT_CONFIG, type: '*', expose: 'all', skipTypeCheck: true, additionalProperties: true };

/** All files whose types are named, read together once. */
const program = once(() => createProgram({ ...config, path: join(ROOT, `{${[...named].join(',')}}.ts`) }));
const parser = once(() => createParser(program(), config, (chain) => chain.addNodeParser(new ImportTypes(chain))));

/** Reads `import('./file').Name`, which the generator does not know. */
class ImportTypes {
  constructor(chain) {
    this.chain = chain;
  }
  supportsNode(node) {
    return node.kind === typescript.SyntaxKind.ImportType;
  }
  createType(node, context) {
    const found = program().getTypeChecker().getTypeFromTypeNode(node);
    const symbol = found.aliasSymbol ?? found.symbol;
    return this.chain.createType(symbol.declarations[0], context);
  }
}

function once(make) {
  let made;
  return () => (made ??= make());
}

/** Of each file: what reads its types, those read so far, and which file each imported type comes from. */
const files = new Map();
function typesOf(file) {
  if (!files.has(file)) {
    const source = program().getSourceFile(join(ROOT, `${file}.ts`)) ?? fail(`there is no ${file}.ts`);
    // A name is looked for in this file alone: two files may give different things the same name.
    const alone = { getTypeChecker: () => program().getTypeChecker(), getRootFileNames: () => [source.fileName], getSourceFiles: () => [source], getSourceFile: () => source };
    const from = new Map();
    for (const [, names, place] of source.text.matchAll(/import type \{([^}]*)\} from ['"]([^'"]+)['"]/g))
      for (const name of names.split(',')) from.set(name.trim(), join(dirname(file), place).replace(/\.ts$/, ''));
    for (const [, place, name] of source.text.matchAll(/import\('([^']+)'\)\.(\w+)/g)) from.set(name, join(dirname(file), place));
    files.set(file, { generator: new SchemaGenerator(alone, parser(), createFormatter(config), config), definitions: {}, from });
  }
  return files.get(file);
}

/** A type as the file says it. What the generator needs on its way, such as Partial<…>, is kept beside it. */
function definitionOf(file, name) {
  const { generator, definitions } = typesOf(file);
  if (!(name in definitions)) Object.assign(definitions, generator.createSchema(name).definitions);
  return definitions[name] ?? fail(`${file}.ts has no type ${name}`);
}

/** The name of a component: a type's name, and its file's where two files have that name. */
const components = new Map();
const owners = new Map();
function component(file, name) {
  const { from } = typesOf(file);
  if (from.has(name)) return component(from.get(name), name);
  const definition = definitionOf(file, name);
  const owner = owners.get(name);
  const whole = owner === undefined || owner === file ? name : `${file.split('/').pop()}.${name}`;
  // What the generator names itself, such as Partial<…>, has signs that OpenAPI does not allow.
  const key = whole.replace(/[^a-zA-Z0-9._-]+/g, '-').replace(/^-|-$/g, '');
  if (owner === undefined) owners.set(name, file);
  if (!components.has(key)) {
    components.set(key, {});
    components.set(key, inOpenApi(definition, file));
  }
  return { $ref: `#/components/schemas/${key}` };
}

function fail(why) {
  throw new Error(why);
}

/** A schema with its references to types made references to components. */
function inOpenApi(schema, file) {
  if (Array.isArray(schema)) return schema.map((one) => inOpenApi(one, file));
  if (schema === null || typeof schema !== 'object') return schema;
  if (typeof schema.file === 'string' && typeof schema.name === 'string' && schema.type === undefined)
    return component(schema.file, schema.name);
  const entries = Object.entries(schema).map(([key, value]) => {
    // The generator speaks draft 7, where the places of a tuple are `items`; OpenAPI 3.1 calls them `prefixItems`.
    if (key === 'items' && Array.isArray(value)) return ['prefixItems', inOpenApi(value, file)];
    if (key === 'additionalItems') return ['items', inOpenApi(value, file)];
    if (key !== '$ref') return [key, inOpenApi(value, file)];
    return ['$ref', component(file, decodeURIComponent(value.replace('#/definitions/', ''))).$ref];
  });
  return Object.fromEntries(entries);
}

function body(takes) {
  const content = takes.media ? { [takes.media]: {} } : { 'application/json': { schema: inOpenApi(takes, '') } };
  return { ...(takes.media && { description: takes.description }), required: true, content };
}

function answer(status, gives) {
  const description = { 101: 'Switching protocols.', 202: 'Not yet.', 201: 'Made.', 204: 'Done.' }[status] ?? 'What was asked for.';
  if (gives === null) return { description };
  if (gives.media) return { description: gives.description, content: { [gives.media]: {} } };
  return { description, content: { 'application/json': { schema: inOpenApi(gives, '') } } };
}

function parametersOf({ path, asks = {} }) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = Object.entries(asks).map(([name, schema]) => ({
    name: name.replace('!', ''),
    in: 'query',
    ...(name.endsWith('!') && { required: true }),
    schema,
  }));
  return [...inPath, ...inQuery];
}

function operation(tag, call) {
  const fails = [...new Set([...(call.open ? [] : [401]), ...(call.fails ?? []), 500])].sort((a, b) => a - b);
  const responses = Object.fromEntries([
    ...Object.entries(call.gives).map(([status, gives]) => [status, answer(status, gives)]),
    ...fails.map((status) => [status, { description: PROBLEMS[status] ?? fail(`no words for status ${status}`), content: problem }]),
  ]);
  const words = call.path.replace(/^\/api\//, '').replace(/[{}]/g, '').split(/[/-]/);
  const parameters = parametersOf(call);
  return {
    operationId: [call.method, ...words].map((word, i) => (i === 0 ? word : word[0].toUpperCase() + word.slice(1))).join(''),
    tags: [tag],
    summary: call.about,
    ...(parameters.length > 0 && { parameters }),
    ...(call.takes && { requestBody: body(call.takes) }),
    responses,
    ...(call.open && { security: [] }),
  };
}

const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
components.set('Problem', {
  type: 'object',
  description: 'RFC 9457: what, where and what to do.',
  required: ['type', 'title', 'status', 'detail', 'request_id'],
  properties: Object.fromEntries(['type', 'title', 'detail', 'request_id'].map((name) => [name, { type: 'string' }]).concat([['status', { type: 'integer' }]])),
});

async function written() {
  const all = { ...groups };
  const folders = (path) => readdirSync(join(ROOT, path)).sort().map((name) => join(path, name));
  for (const file of folders('scenarios').flatMap(folders).map((folder) => join(folder, 'calls.mjs'))) {
    if (!existsSync(join(ROOT, file))) continue;
    const id = file.split('/')[2];
    const { calls } = await import(join(ROOT, file));
    all[`Scenario ${id}`] = calls.map((call) => ({ ...call, path: `/api/scenarios/${id}${call.path}` }));
  }
  const paths = {};
  for (const [tag, calls] of Object.entries(all))
    for (const call of calls) (paths[call.path] ??= {})[call.method] = operation(tag, call);
  const schemas = Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1)));
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Yuanyi',
      version: '0.1.0',
      description:
        'What has no standard of its own. FHIR R4 is at /fhir, DICOMweb at /dicom-web, CDS Hooks at /cds-services. Browsers send the header X-Yuanyi-Client: 1 with writing requests.',
      license: { name: 'MIT OR Apache-2.0', identifier: 'MIT OR Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ session: [] }, { token: [] }],
    tags: Object.keys(all).map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'yuanyi_session' },
        token: { type: 'http', scheme: 'bearer' },
      },
      schemas,
    },
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

const now = await written();
if (!process.argv.includes('--check')) writeFileSync(FILE, now);
else if (readFileSync(FILE, 'utf8') !== now) {
  process.stderr.write('contract/openapi.json is not what the types and calls say: run `npm run openapi`\n');
  process.exit(1);
}
