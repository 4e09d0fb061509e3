// esbuild makes a chunk of what the same entries reach, so that each module that some commands share and others do not would be a
// file of its own; to find, read and compile a file takes 0.3 to 0.8 ms, as long as some ten kilobytes in a larger one.
// So the modules of which nearly every start needs some come in groups: whatever is loaded by itself imports a group whole or
// not at all. A group is what its roots need.
import {readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {build} from 'esbuild';

/** What a command needs to read its flags and to say what is wrong. */
const OF_COMMANDS = [
  'src/cli/base-command.ts',
  'src/cli/consent.ts',
  'src/cli/cost-of-files.ts',
  'src/cli/github-actions.ts',
  'src/cli/next-command.ts',
  'src/cli/on-done.ts',
  'src/cli/prices.ts',
  'src/cli/errors/unknown-command.ts',
  'src/cli/flags/jobs-argument.ts',
  'src/cli/flags/poll-flags.ts',
  'src/cli/flags/submit-flags.ts',
  'src/lib/domain/outcome.ts',
  'src/lib/domain/request/findings/request-mistakes.ts',
  'src/lib/domain/service/service-address.ts',
  'src/lib/domain/service/service-of.ts',
  'src/lib/output/text/format.ts',
  'src/lib/workflows/submit/collect-inputs.ts',
];

/** The job-info file, and what is looked at before the API key is needed. */
const OF_STORE = [
  'src/lib/domain/json/json-cursor.ts',
  'src/lib/domain/json/json-fault.ts',
  'src/lib/domain/request-key/key-table.ts',
  'src/lib/store/job-store.ts',
  'src/lib/workflows/submit/check/first-faults.ts',
  'src/lib/workflows/submit/check/with-preparation.ts',
];

/** The checks of a line, for those who check one. */
const OF_CHECKS = ['src/lib/domain/request/request-file.ts'];

/** What nearly every piece of work needs besides. */
const OF_WORK = [
  'src/lib/domain/bucket/object-fingerprint.ts',
  'src/lib/domain/estimate/range.ts',
  'src/lib/domain/interruption.ts',
  'src/lib/domain/item-error.ts',
  'src/lib/domain/job/display-name.ts',
  'src/lib/domain/job/lost-results.ts',
  'src/lib/domain/job/upload-not-deleted.ts',
  'src/lib/domain/lock-holder.ts',
  'src/lib/domain/price/record-cost.ts',
  'src/lib/domain/price/usage-sum.ts',
  'src/lib/domain/request-key/key-scan.ts',
  'src/lib/domain/result/without-media.ts',
  'src/lib/domain/service/create-timeout.ts',
  'src/lib/domain/taken-name.ts',
  'src/lib/domain/text/shell-word.ts',
  'src/lib/output/text/csv.ts',
  'src/lib/output/text/money.ts',
  'src/lib/output/text/table.ts',
  'src/lib/store/lock/liveness.ts',
  'src/lib/workflows/cleanup/discard-remote.ts',
  'src/lib/workflows/fetch/leave-results.ts',
  'src/lib/workflows/job-states/fresh-store.ts',
  'src/lib/workflows/job-states/note-states.ts',
  'src/lib/workflows/job-states/refresh-jobs.ts',
  'src/lib/workflows/job-states/result-files.ts',
  'src/lib/workflows/job-states/select-jobs.ts',
  'src/lib/workflows/job-states/vanished-records.ts',
  'src/lib/workflows/poll/polled-job.ts',
  'src/lib/workflows/request-file/read-chunks.ts',
];

/** Of Node, what takes milliseconds to load. A group that is loaded for an error has none of them; they wait for their use. */
const SLOW = /^node:(?:crypto|dns|http2?|https|inspector|net|readline|tls|worker_threads|zlib)(?:\/|$)/u;

/** What the start of oclif loads, so that its chunk is one. */
const OCLIF = '@oclif/core/config';

/** Loaded before any group, or without one. */
const OF_ITS_OWN = /^src\/(?:main\.ts|cli\/startup\/|emulator\/)|-worker\.ts$/u;

/**
 * @param {string} root - of the repository.
 * @param {readonly string[]} entryPoints - of the bundle.
 * @returns {Promise<import('esbuild').Plugin>}
 */
export async function together(root, entryPoints) {
  const modules = await modulesOf(root, entryPoints);
  const ofCommands = modules.reachedFrom(OF_COMMANDS);
  const shared = ofCommands.filter((path) => path.startsWith('src/lib/'));
  const ofStore = modules.reachedFrom(OF_STORE);
  const ofWork = modules.reachedFrom(OF_WORK);
  const onlyOfChecks = modules
    .reachedFrom(OF_CHECKS)
    .filter((path) => ![...shared, ...ofStore, ...ofWork].includes(path));
  refuseSlow([...ofCommands, ...ofStore], modules);
  refuseCycles(new Set([...ofCommands, ...ofStore, ...ofWork, ...onlyOfChecks]), modules);
  const groupsOf = (path) => {
    if (path.startsWith('src/hooks/')) return [...ofCommands, OCLIF];
    const reached = modules.reachedFrom([path]).filter((other) => !shared.includes(other));
    const isCommand = /^src\/(?:commands|cli)\//u.test(path);
    const first = isCommand ? ofCommands : shared;
    if (ofStore.includes(path)) return [...first, ...ofStore];
    const checks = reached.some((other) => onlyOfChecks.includes(other)) ? onlyOfChecks : [];
    if (OF_CHECKS.includes(path)) return [...first, ...ofStore, ...checks];
    const isWork = !isCommand || reached.some((other) => ofStore.includes(other) || ofWork.includes(other));
    return isWork ? [...first, ...ofStore, ...ofWork, ...checks] : first;
  };
  return {
    name: 'together',
    setup(build) {
      build.onLoad({filter: /[\\/]src[\\/].*\.ts$/}, ({path}) => {
        const name = relative(root, path).replaceAll('\\', '/');
        if (!modules.loaded.has(name) || OF_ITS_OWN.test(name)) return undefined;
        const imports = [...new Set(groupsOf(name))]
          .filter((member) => member !== name)
          .map((member) => `import ${JSON.stringify(member === OCLIF ? OCLIF : join(root, member))};`);
        return {contents: [readFileSync(path, 'utf8'), ...imports].join('\n'), loader: 'ts'};
      });
    },
  };
}

function refuseSlow(members, {builtinsOf}) {
  const slow = members.filter((path) => builtinsOf(path).some((name) => SLOW.test(name)));
  if (slow.length > 0) throw new Error(`Loads what is slow at each start (${SLOW}): ${slow.join(', ')}`);
}

/** A member that is loaded by itself imports the others of its group, so that none of them may import it. */
function refuseCycles(members, {loaded, reachedFrom}) {
  for (const path of members) {
    if (!loaded.has(path)) continue;
    const importers = [...members].filter((other) => other !== path && reachedFrom([other]).includes(path));
    if (importers.length > 0)
      throw new Error(`Loads ${path} by itself, and imports it: ${importers.join(', ')}`);
  }
}

/** What imports what, and which modules are loaded by themselves: the entries, and each `import()`. */
async function modulesOf(root, entryPoints) {
  const {metafile} = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    write: false,
    metafile: true,
  });
  const importsOf = (path, isLazy) =>
    (metafile.inputs[path]?.imports ?? [])
      .filter(({kind, external}) => !external && (kind === 'dynamic-import') === isLazy)
      .map((imported) => imported.path);
  const builtinsOf = (path) =>
    (metafile.inputs[path]?.imports ?? [])
      .filter(({kind}) => kind !== 'dynamic-import')
      .map((imported) => imported.path);
  const lazy = Object.keys(metafile.inputs).flatMap((path) => importsOf(path, true));
  const reachedFrom = (paths, reached = new Set()) => {
    for (const path of paths) {
      if (reached.has(path)) continue;
      reached.add(path);
      reachedFrom(importsOf(path, false), reached);
    }
    return [...reached];
  };
  return {loaded: new Set([...entryPoints, ...lazy]), reachedFrom, builtinsOf};
}
