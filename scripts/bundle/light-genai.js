// Leaves out of the Gemini SDK what a call with an API key never needs: signing in to Google Cloud, live connections, and
// Node's fetch. Every command that calls the service would wait until all of it is read: twice as long as for the rest.
import {readFileSync} from 'node:fs';

/** @type {Readonly<Record<string, string>>} What stands in for a package that the SDK imports. */
const STAND_INS = {
  'google-auth-library': unused('GoogleAuth', 'signing in to Google Cloud'),
  ws: unused('WebSocket', 'live connections'),
};

/** In place of Node's, with which all of its fetch is loaded; the SDK is given another one, which takes any pairs for headers. */
const HEADERS = `
class Headers extends Map {
  get(name) { return super.get(name.toLowerCase()) ?? null; }
  set(name, value) { return super.set(name.toLowerCase(), String(value)); }
  append(name, value) { this.set(name, this.get(name) === null ? value : this.get(name) + ', ' + value); }
}
`;

/**
 * Its filters are Go's regular expressions, which have no u flag.
 *
 * @type {import('esbuild').Plugin}
 */
export const lightGenai = {
  name: 'light-genai',
  setup(build) {
    build.onResolve({filter: new RegExp(`^(?:${Object.keys(STAND_INS).join('|')})$`)}, ({path, importer}) =>
      importer.includes('/@google/genai/') ? {path, namespace: 'light-genai'} : undefined,
    );
    build.onLoad({filter: /.*/, namespace: 'light-genai'}, ({path}) => ({contents: STAND_INS[path]}));
    build.onLoad({filter: /@google\/genai\/dist\/node\/index\.mjs$/}, ({path}) => ({
      contents: readFileSync(path, 'utf8') + HEADERS,
    }));
  },
};

/** A class that cannot be used. */
function unused(name, what) {
  return `export class ${name} { constructor() { throw new Error('gembatch is built without ${what}'); } }`;
}
