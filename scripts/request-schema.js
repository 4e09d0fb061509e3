// Makes the two tables of the fields that a request can have: src/lib/domain/request/schema/request-schema.ts, and the emulator's
// own. Run it when Google's schemas have changed, in a folder that holds what the two commands below leave there:
//
//   pip download --no-deps google-api-python-client    (discovery document aiplatform.v1beta1, unzip it)
//   npm pack @google-ai/generativelanguage @google/genai    (protos of generativelanguage.v1beta; types of the SDK)
//   node scripts/request-schema.js DISCOVERY.json PROTOS.json GENAI.d.ts
//
// The discovery document of generativelanguage itself is in no package. What the Gemini API knows is what its protos have,
// and what the SDK's types have without the words "not supported in Gemini API"; the discovery document of Vertex AI, which
// has the same messages, says what kind of value a newer field takes, and which names are Vertex AI's alone.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {format} from 'prettier';

const ROOTS = ['GenerateContentRequest', 'EmbedContentRequest'];
const OUTPUTS = [
  'src/lib/domain/request/schema/request-schema.ts',
  'src/emulator/jobs/checks/request-schema.ts',
];
/** Known from elsewhere: https://ai.google.dev/api/generate-content and the SDK's `generateContentConfigToMldev`. */
const MORE_FIELDS = {
  GenerateContentRequest: {
    continuationToken: 'string',
    labels: '{}string',
    serviceTier: 'any',
    store: 'bool',
  },
  GenerationConfig: {_responseJsonSchema: 'any'},
  EmbedContentRequest: {embedContentConfig: 'any'},
};
/** The SDK has no types for whole requests, but for what is in them. */
const SDK_MEMBERS = {
  contents: 'Content',
  content: 'Content',
  systemInstruction: 'Content',
  generationConfig: 'GenerationConfig',
  safetySettings: 'SafetySetting',
  tools: 'Tool',
  toolConfig: 'ToolConfig',
};

const [discoveryPath, protosPath, typesPath] = process.argv.slice(2);
const discovery = JSON.parse(readFileSync(discoveryPath, 'utf8'));
const protos = JSON.parse(readFileSync(protosPath, 'utf8'));
const types = readFileSync(typesPath, 'utf8').replaceAll('\r\n', '\n');

// A field is {kind, isList, isMap}; a kind is a scalar, {enum: values} or {message: reference}.

const PREFIX = 'GoogleCloudAiplatformV1beta1';
const SCALARS = {integer: 'int32', number: 'float', boolean: 'bool', any: 'any'};

function discoveryFields(name) {
  const {properties} = discovery.schemas[name] ?? {};
  return (
    properties &&
    Object.fromEntries(Object.entries(properties).map(([field, value]) => [field, ofDiscovery(value)]))
  );
}

function ofDiscovery({type, items, additionalProperties, $ref, enum: values, format: form}) {
  if (type === 'array') return {...ofDiscovery(items), isList: true};
  if (type === 'object' && additionalProperties !== undefined) {
    return additionalProperties.type === 'any'
      ? {kind: 'struct'}
      : {...ofDiscovery(additionalProperties), isMap: true};
  }
  if ($ref !== undefined) return {kind: {message: $ref}};
  if (values !== undefined) return {kind: {enum: values}};
  if (form === 'int64') return {kind: 'int64'};
  if (form === 'byte') return {kind: 'bytes'};
  return {kind: SCALARS[type] ?? 'string'};
}

const API = ['google', 'ai', 'generativelanguage', 'v1beta'];
const PROTO_SCALARS = {
  double: 'float',
  float: 'float',
  int32: 'int32',
  int64: 'int64',
  bool: 'bool',
  bytes: 'bytes',
};
const FREE = {'google.protobuf.Value': 'any', 'google.protobuf.Struct': 'struct'};

function protoFields(path) {
  const {fields} = protoAt(path) ?? {};
  return (
    fields && Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, ofProto(field, path)]))
  );
}

function ofProto({type, rule, keyType}, path) {
  const shape = {isList: rule === 'repeated', isMap: keyType !== undefined};
  if (PROTO_SCALARS[type] ?? FREE[type]) return {...shape, kind: PROTO_SCALARS[type] ?? FREE[type]};
  const found = resolved(type, path);
  const node = found && protoAt(found);
  if (node?.values) return {...shape, kind: {enum: Object.keys(node.values)}};
  return {...shape, kind: node?.fields ? {message: found} : type.includes('.') ? 'any' : 'string'};
}

/** A name is looked for from the inside out. */
function resolved(type, path) {
  for (let depth = path.length; depth >= API.length; depth--) {
    const at = [...path.slice(0, depth), ...type.split('.')];
    if (protoAt(at)) return at;
  }
  return undefined;
}

function protoAt(path) {
  let node = protos;
  for (const name of path) node = node?.nested?.[name];
  return node;
}

function typeFields(name) {
  const body = bodyOf('(?:interface|class)', name);
  if (body === undefined) return undefined;
  const members = [...body.matchAll(/(?:\/\*\*([\s\S]*?)\*\/\s*)?^ {4}(\w+)\??: ([^;]+);/gmu)];
  return Object.fromEntries(
    members.map(([, note = '', field, type]) => [
      field,
      {...ofType(type), isVertexOnly: /not\s+supported in Gemini API/u.test(note)},
    ]),
  );
}

function ofType(text) {
  const type = text.replace(/\$$/u, '');
  if (type.endsWith('[]')) return {...ofType(type.slice(0, -2)), isList: true};
  const mapped = /^Record<string, (\w+)>$/u.exec(type)?.[1];
  if (mapped) return mapped === 'unknown' ? {kind: 'struct'} : {...ofType(mapped), isMap: true};
  const scalar = {string: 'string', number: 'float', boolean: 'bool'}[type];
  if (scalar) return {kind: scalar};
  const values = bodyOf('enum', type);
  if (values !== undefined)
    return {kind: {enum: [...values.matchAll(/= "([^"]*)"/gu)].map(([, value]) => value)}};
  return {kind: bodyOf('(?:interface|class)', type) === undefined ? undefined : {message: type}};
}

/** What stands between the braces of a declaration. */
function bodyOf(kind, name) {
  if (!/^\w+$/u.test(name)) return undefined;
  const pattern = new RegExp(
    `^(?:export )?declare ${kind} ${name}(?: extends \\w+)? \\{\n([\\s\\S]*?)^\\}`,
    'mu',
  );
  return pattern.exec(types)?.[1];
}

const messages = {};
const enums = {};
const oneOfs = {};
const vertexOnly = {};
const named = new Map();

/** Writes a message down, put together of what each source has of it, and all that it leads to. */
function write(name, refs) {
  const id = JSON.stringify(refs);
  if (named.has(id)) return named.get(id);
  const unique = messages[name] === undefined ? name : `${name}2`;
  named.set(id, unique);
  messages[unique] = '';
  const proto = refs.proto && protoFields(refs.proto);
  const sdk = sdkFields(name, refs, proto);
  const vertex = refs.discovery && discoveryFields(refs.discovery);
  const isOurs = (field) =>
    proto?.[field] !== undefined || (sdk?.[field] !== undefined && !sdk[field].isVertexOnly);
  const more = MORE_FIELDS[name] ?? {};
  const all = [...new Set([proto, sdk, vertex].flatMap((fields) => Object.keys(fields ?? {})))].toSorted();
  const known = Object.fromEntries(
    all
      .filter((field) => isOurs(field) && more[field] === undefined)
      .map((field) => [field, typeOf(field, [proto?.[field], vertex?.[field], sdk?.[field]])]),
  );
  const listed = Object.entries({...known, ...more}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  messages[unique] = listed.map(([field, type]) => `${field}:${type}`).join(' ');
  const others = all.filter((field) => !isOurs(field) && more[field] === undefined);
  if (others.length > 0) vertexOnly[unique] = others.join(' ');
  const choices = Object.entries(protoAt(refs.proto ?? [])?.oneofs ?? {}).filter(
    ([choice]) => !choice.startsWith('_'),
  );
  for (const [, {oneof}] of choices) if (oneof.length > 1) oneOfs[unique] = oneof.join(' ');
  return unique;
}

function sdkFields(name, {sdk}, proto) {
  const only = (fields) =>
    Object.fromEntries(Object.entries(fields).filter(([field]) => proto[field] !== undefined));
  if (ROOTS.includes(name)) {
    return only(
      Object.fromEntries(Object.entries(SDK_MEMBERS).map(([field, message]) => [field, {kind: {message}}])),
    );
  }
  // The settings that the SDK takes are wider than the message, and know some of its fields better.
  if (name === 'GenerationConfig') return {...only(typeFields('GenerateContentConfig')), ...typeFields(sdk)};
  return sdk && typeFields(sdk);
}

function typeOf(field, [proto, vertex, sdk]) {
  const given = [proto, vertex, sdk].filter(Boolean);
  const shape = given.some(({isMap}) => isMap) ? '{}' : given.some(({isList}) => isList) ? '[]' : '';
  return shape + kindOf(field, {proto, vertex, sdk});
}

function kindOf(field, sources) {
  const kinds = Object.values(sources).flatMap((source) => source?.kind ?? []);
  const values = [...new Set(kinds.flatMap((kind) => kind.enum ?? []))];
  if (values.length > 0) {
    const name = field[0].toUpperCase() + field.slice(1);
    const list = values.toSorted((a, b) => (a < b ? -1 : 1)).join(' ');
    const free = [name, `${name}2`, `${name}3`, `${name}4`].find((one) => (enums[one] ?? list) === list);
    enums[free] = list;
    return `#${free}`;
  }
  const at = (source) => source?.kind?.message;
  const refs = {proto: at(sources.proto), sdk: at(sources.sdk), discovery: at(sources.vertex)};
  const found = [refs.proto?.at(-1), refs.sdk, refs.discovery?.replace(PREFIX, '')].find(Boolean);
  if (found !== undefined) return kinds.includes('any') ? 'any' : `@${write(found, refs)}`;
  const scalars = kinds.filter((kind) => typeof kind === 'string');
  if (scalars.includes('any') || scalars.includes('struct'))
    return scalars.includes('struct') && !scalars.includes('any') ? 'struct' : 'any';
  // The types of the SDK say no more than "string" and "number".
  if (scalars.includes('bytes')) return 'bytes';
  const [first = 'any'] = scalars;
  return first === 'int32' && sources.vertex?.kind === 'float' ? 'float' : first;
}

for (const name of ROOTS) {
  write(name, {proto: [...API, name], discovery: PREFIX + name});
}

// What stands in a part beside its text or its data, and is no data of its own.
oneOfs.Part = [
  ...new Set([...oneOfs.Part.split(' '), 'audioTranscription', 'toolCall', 'toolResponse']),
].join(' ');

const isoDate = discovery.revision.replace(/(\d{4})(\d\d)(\d\d)/u, '$1-$2-$3');
const table = (name, note, rows) =>
  `/** ${note} */\nexport const ${name}: Readonly<Record<string, string>> = ${JSON.stringify(rows)};\n`;
const text = `// Made by scripts/request-schema.js from Google's schemas; do not edit.

/** When the schemas are from. */
export const SCHEMA_REVISION = '${isoDate}';

${table('MESSAGES', 'Fields of each message: `name:kind`, where `@` leads to a message, `#` to an enumeration; `[]` is a list, `{}` a map.', messages)}
${table('ENUMS', 'Values of each enumeration.', enums)}
${table('ONE_OFS', 'Fields of a message of which only one can be set.', oneOfs)}
${table('VERTEX_ONLY', 'Fields of a message that only Vertex AI has.', vertexOnly)}`;
const root = fileURLToPath(new URL('..', import.meta.url));
const options = JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8'));
for (const path of OUTPUTS) {
  writeFileSync(join(root, path), await format(text, {...options, filepath: path}));
}
