import {itemError} from '../../../domain/item-error.js';
import {lstat} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import {submittedObject} from '../../../domain/bucket/bucket-input.js';
import {EARLIER_FOLDER} from '../../../domain/job/earlier-results.js';
import {PRICES} from '../../../domain/price/prices.js';
import {ownCommand} from '../../../domain/program-name.js';
import {shellWord} from '../../../domain/text/shell-word.js';
import {readResultsInPlace} from '../../fetch/place/results-in-place.js';
import {plainTarget} from '../../fetch/place/result-target.js';
import {adoptionNotes, adoptOwnJob, type Work} from '../../reconcile/own-jobs.js';
import type {Inspection} from '../../request-file/inspect-file.js';
import type {Session} from '../../../store/job-store.js';
import {type OutcomeDraft} from '../file-outcome.js';
import {jobOf} from './same-work.js';
import type {RequestFile} from '../collect-inputs.js';
import type {SubmitRun} from '../submit-run.js';

/** Folders of ours, whose files have their results elsewhere. */
const OWN_FOLDERS: ReadonlySet<string> = new Set(['retries', 'parts', EARLIER_FOLDER]);

/**
 * What becomes of work that no record knows but that is, or may be, paid for: the service has its job, which is recorded
 * now, or a result stands at the place of a file without a record. Not with `--force`.
 *
 * @returns undefined when there is no sign of either.
 * @throws GembatchError as `OwnJobs.find`; nothing may be sent then.
 */
export async function foundElsewhere(
  run: SubmitRun,
  session: Session,
  {file, inspection}: {readonly file: RequestFile; readonly inspection: Inspection},
): Promise<OutcomeDraft | undefined> {
  if (run.options.isForced) return undefined;
  const {sha256, size_bytes: sizeBytes, count} = inspection;
  const {inputFile, retryOf, partOf} = file;
  const retry = retryOf === undefined ? {} : {retryOf};
  const part = partOf === undefined ? {} : {partOf};
  const object = file.object === undefined ? {} : {object: submittedObject(file.object)};
  const work: Work = {inputFile, sha256, sizeBytes, count, model: run.model, ...object, ...retry, ...part};
  const job = await run.ownJobs.find(work);
  if (job === undefined) {
    // The results at its place are those of the job that is recorded.
    const isKnown = run.known.ofInputFile(inputFile) !== undefined;
    return isKnown ? undefined : existingResult(run, {file, inspection});
  }
  const adoptedAt = new Date(run.clock.now()).toISOString();
  const record = adoptOwnJob(session, {work, job, adoptedAt, address: run.client.address});
  run.known.add(record);
  for (const message of adoptionNotes(work, job)) run.report({type: 'warning', message});
  return {outcome: 'skipped', reason: 'adopted', job: jobOf(record)};
}

/** Of a part, the results of the whole file speak for it, too. */
async function existingResult(
  run: SubmitRun,
  {file, inspection}: {readonly file: RequestFile; readonly inspection: Inspection},
): Promise<OutcomeDraft | undefined> {
  const {store, known, options} = run;
  const {inputFile, partOf, path, retryOf} = file;
  const isInOwnFolder = file.object === undefined && OWN_FOLDERS.has(basename(dirname(path)));
  const hasResultsElsewhere = partOf === undefined && isInOwnFolder;
  // What is in a bucket has results here only where a folder is named for them.
  const hasNoneHere = file.object !== undefined && options.resultsDir === null;
  if (retryOf !== undefined || hasResultsElsewhere || hasNoneHere) return undefined;
  for (const input of [inputFile, ...(partOf === undefined ? [] : [partOf.input_file])]) {
    const place = plainTarget(
      {input_file: input, batch: {name: '', state: ''}},
      {store, resultsDir: options.resultsDir ?? null},
    );
    const name = store.inputName(place);
    if (known.isResultFile(name) || !(await isThere(place))) continue;
    const areItsResults = input === inputFile && (await answersExactly(run, inputFile, inspection));
    return resultExists(file.name, {resultName: name, areItsResults, resultsDir: options.resultsDir ?? null});
  }
  return undefined;
}

async function answersExactly(
  {store, clock, options}: SubmitRun,
  inputFile: string,
  {sha256, count}: Inspection,
): Promise<boolean> {
  const work = {input_file: inputFile, sha256, count, uploaded_file_name: '', batch: {name: '', state: ''}};
  const resultsDir = options.resultsDir ?? null;
  const deps = {store, clock, prices: options.prices ?? PRICES};
  return (await readResultsInPlace(deps, work, {resultsDir})) !== undefined;
}

function resultExists(
  fileName: string,
  {
    resultName,
    areItsResults,
    resultsDir,
  }: {readonly resultName: string; readonly areItsResults: boolean; readonly resultsDir: string | null},
): OutcomeDraft {
  const folder = resultsDir === null ? '' : ` --results-dir ${shellWord(resultsDir)}`;
  const adopt = ownCommand(`adopt --done ${shellWord(fileName)}${folder}`);
  const error = new GembatchError(
    'RESULT_EXISTS',
    `${fileName} has no record, but its result file ${resultName} exists, so it may have been paid for already. Nothing was sent.`,
    {
      suggestions: [
        ...(areItsResults ? [`It answers exactly its requests; to record it as done: ${adopt}`] : []),
        'Name the job-info file that knows it: --job-info FILE',
        'If these are not its results, move them away; or submit it all the same: --force',
      ],
    },
  );
  return {outcome: 'failed', error: itemError(error)};
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
