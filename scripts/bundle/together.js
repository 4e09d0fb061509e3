// Modules of which nearly every start needs some. esbuild makes a chunk of what the same entries import, so that each of these
// small modules would be a file of its own, and to find, read and compile a file takes half a millisecond: as long as all of
// them in one. So every command, hook and part of the library imports them all, but the threads, which need none of them. What
// one of these imports is on the list, too, or a small package: otherwise it would import itself.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const TOGETHER = [
  'cli/config/personal-config.ts',
  'cli/config/settings.ts',
  'cli/connection/api-key.ts',
  'cli/connection/service-url.ts',
  'cli/consent.ts',
  'cli/errors/usage-error.ts',
  'cli/startup/command-table.ts',
  'cli/stop-signal.ts',
  'lib/domain/api-key/api-key-form.ts',
  'lib/domain/api-key/redact-api-key.ts',
  'lib/domain/backoff.ts',
  'lib/domain/errors.ts',
  'lib/domain/interruption.ts',
  'lib/domain/item-error.ts',
  'lib/domain/job/display-name.ts',
  'lib/domain/job/job-progress.ts',
  'lib/domain/job/job-state.ts',
  'lib/domain/job/next-step.ts',
  'lib/domain/job/upload-not-deleted.ts',
  'lib/domain/json/json-cursor.ts',
  'lib/domain/json/json-fault.ts',
  'lib/domain/json/json-object.ts',
  'lib/domain/json/line-splitter.ts',
  'lib/domain/lock-holder.ts',
  'lib/domain/outcome.ts',
  'lib/domain/price/cost.ts',
  'lib/domain/price/price-list.ts',
  'lib/domain/price/record-cost.ts',
  'lib/domain/price/usage-sum.ts',
  'lib/domain/price/usage.ts',
  'lib/domain/program-name.ts',
  'lib/domain/request-key/key-hash.ts',
  'lib/domain/request-key/key-scan.ts',
  'lib/domain/request-key/key-table.ts',
  'lib/domain/request/findings/request-finding.ts',
  'lib/domain/request/findings/request-mistakes.ts',
  'lib/domain/result/row-counts.ts',
  'lib/domain/result/without-media.ts',
  'lib/domain/service/create-timeout.ts',
  'lib/domain/service/model-choice.ts',
  'lib/domain/service/service-of.ts',
  'lib/domain/taken-name.ts',
  'lib/domain/text/closest.ts',
  'lib/domain/text/duration.ts',
  'lib/output/terminal/display-width.ts',
  'lib/output/terminal/printable.ts',
  'lib/output/terminal/screen.ts',
  'lib/output/terminal/short-names.ts',
  'lib/output/text/error-text.ts',
  'lib/output/text/format.ts',
  'lib/output/text/money.ts',
  'lib/output/text/table.ts',
  'lib/services/http/connection/loopback.ts',
  'lib/services/http/connection/proxy-variables.ts',
  'lib/store/file/file-steps.ts',
  'lib/store/lock/liveness.ts',
  'lib/store/lock/owner-id.ts',
  'lib/store/lock/process-status.ts',
  'lib/system-clock.ts',
  'lib/threads/chunk-hash.ts',
  'lib/threads/hash-thread.ts',
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
        paths.includes(path) || path.endsWith('-worker.ts')
          ? undefined
          : {contents: `${readFileSync(path, 'utf8')}\n${imports}`, loader: 'ts'},
      );
    },
  };
}
