// The licences of the packages in the bundle, which most of them ask to be passed on.
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const LICENSE_FILE = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/iu;

/**
 * @param {string} root - of the repository.
 * @param {readonly string[]} inputs - all files that went into the bundle, relative to it.
 */
export function notices(root, inputs) {
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/u.exec(path) ?? []);
  return Array.from(new Set(folders), (folder) => noticeOf(packageAt(join(root, folder))))
    .sort((a, b) => (a < b ? -1 : 1))
    .join(`\n\n${'-'.repeat(80)}\n\n`);
}

function packageAt(folder) {
  const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  return {
    name,
    version,
    license,
    texts: files.map((file) => readFileSync(join(folder, file), 'utf8').trim()),
  };
}

function noticeOf({name, version, license, texts}) {
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}
