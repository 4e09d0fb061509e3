// The packages that the bundle is made of.
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const LICENSE_FILE = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/iu;
const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/u;

/**
 * @typedef {object} BundledPackage
 * @property {string} name
 * @property {string} version
 * @property {string} license - an SPDX expression, as package.json has it.
 * @property {readonly string[]} texts - of its licence and notices.
 *
 * @param {string} root - of the repository.
 * @param {import('esbuild').Metafile} metafile - of the bundle, with paths relative to it.
 * @returns {readonly BundledPackage[]} those with code in the bundle, each version once, in the order of their names.
 */
export function bundledPackages(root, metafile) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const paths = inputs.filter(([, {bytesInOutput}]) => bytesInOutput > 0).map(([path]) => path);
  const folders = new Set(paths.flatMap((path) => PACKAGE_FOLDER.exec(path) ?? []));
  const packages = Array.from(folders, (folder) => packageAt(join(root, folder)));
  const byId = new Map(packages.map((found) => [`${found.name}@${found.version}`, found]));
  return Array.from(byId.keys())
    .sort()
    .map((id) => byId.get(id));
}

function packageAt(folder) {
  const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!name || !version || !license) throw new Error(`${folder}/package.json lacks name, version or license`);
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return {name, version, license, texts};
}
