// Modules of which nearly every start needs some. esbuild makes a chunk of what the same entries import, so that each of these
// small modules would be a file of its own, and to find, read and compile a file takes half a millisecond: as long as all of
// them in one. So every command, hook and part of the library imports them all.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const TOGETHER = [
  'cli/connection/api-key.ts',
  'cli/consent.ts',
  'cli/connection/service-url.ts',
  'cli/stop-signal.ts',
  'lib/domain/api-key/api-key-form.ts',
  'lib/domain/text/closest.ts',
  'lib/domain/api-key/conceal-api-key.ts',
  'lib/domain/text/duration.ts',
  'lib/domain/errors.ts',
  'lib/domain/service/model-choice.ts',
  'lib/domain/json/json-object.ts',
  'lib/domain/program-name.ts',
  'lib/domain/request/findings/request-finding.ts',
  'lib/output/terminal/display-width.ts',
  'lib/output/terminal/printable.ts',
  'lib/output/terminal/screen.ts',
  'lib/output/text/error-text.ts',
  'lib/services/http/connection/loopback.ts',
  'lib/system-clock.ts',
];

/**
 * @param {string} root - of the repository.
 * @returns {import('esbuild').Plugin}
 */
export function together(root) {
  const paths = TOGETHER.map((path) => join(root, 'src', path));
  const imports = paths.map((path) => `import ${JSON.stringify(path)};`).join('\n');
  return {
    name: 'together',
    setup(build) {
      build.onLoad({filter: /[\\/]src[\\/](?:commands|hooks|lib)[\\/].*\.ts$/}, ({path}) =>
        paths.includes(path)
          ? undefined
          : {contents: `${readFileSync(path, 'utf8')}\n${imports}`, loader: 'ts'},
      );
    },
  };
}
