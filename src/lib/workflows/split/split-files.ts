/**
 * Splits request files that can never be one batch job into parts, which are request files of their own.
 *
 * The parts and their plan are durable before anything of them is sent, and a plan that is there wins over other limits:
 * the same requests never go into two parts.
 */
import {createReadStream, existsSync} from 'node:fs';
import {mkdir, stat, statfs} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import {DEFAULT_MODEL, modelResourceName} from '../../domain/service/model-choice.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';
import type {CreateFile} from '../poll/poll-run.js';
import {inspectFile} from '../request-file/inspect-file.js';
import type {RequestFile} from '../submit/collect-inputs.js';
import type {SubmitOptions} from '../submit/submit-run.js';
import {CanaryChoice, type ChosenCanary, type PlannedCanary} from './choose-canary.js';
import {
  PARTS_FOLDER,
  partPath,
  planParts,
  planPath,
  readPlan,
  type Part,
  type PartLimits,
  type PartPlan,
} from './part-plan.js';
import {SentWork} from './sent-work.js';

export interface SplitDeps {
  readonly store: JobStore;
  readonly client: Pick<BatchService, 'address'>;
  readonly createFile: CreateFile;
}

type CheckOptions = Pick<SubmitOptions, 'allowed' | 'ifChanged' | 'isValidated' | 'model' | 'stop'>;

interface SplitTerms {
  readonly limits: PartLimits;
  readonly options: CheckOptions;
  /** So many requests of the first file that was not sent yet are a part of their own; null for no canary. */
  readonly canary: number | null;
  /** Writes nothing: a file that would be split stays whole, with the number of its `parts`, until they are on disk. */
  readonly isDryRun?: boolean;
}

/** The files with those that are too large replaced by their parts; what cannot be split has a `problem`. */
export interface SplitFiles {
  readonly files: readonly RequestFile[];
  /** Only when there is to be one; those of earlier runs, too. */
  readonly canaries: readonly PlannedCanary[];
}

/** Splits what can never be one batch job, and what is the canary. */
export async function splitLargeFiles(
  deps: SplitDeps,
  files: readonly RequestFile[],
  terms: SplitTerms,
): Promise<SplitFiles> {
  const sent = new SentWork(deps.store, deps.client.address);
  // What is in a bucket is read by jobs as it is.
  const local = files.filter(({path}) => !isCloudAddress(path));
  const plans = await earlierPlans(local);
  const choice = new CanaryChoice(terms.canary, {files: local, plans, sent});
  const split: RequestFile[] = [];
  for (const file of files) {
    if (isCloudAddress(file.path)) {
      split.push(file);
      continue;
    }
    const earlier = plans.get(file);
    const isLost = earlier === undefined && sent.partsOf(file).length > 0;
    const isCanary = choice.isNext(file) || isLost;
    if (earlier instanceof GembatchError) split.push({...file, problem: earlier});
    else if (earlier === undefined && !isCanary && !(await isTooLarge(file, terms.limits))) split.push(file);
    else {
      const canary = isCanary ? choice.plan : undefined;
      const {parts, plan} = await partsOf(deps, file, {...terms, sent, earlier, canary});
      if (plan !== undefined) choice.note(parts, plan);
      split.push(...parts);
    }
  }
  // A part may have been named beside its whole file.
  const parts = new Set(split.flatMap(({partOf, inputFile}) => (partOf === undefined ? [] : [inputFile])));
  const each = split
    .filter(({partOf, inputFile}) => partOf !== undefined || !parts.has(inputFile))
    .map((file, position) => ({...file, index: position + 1}));
  return {files: each, canaries: choice.planned};
}

/** The plans that earlier runs have made; why one cannot be read in its place. */
async function earlierPlans(
  files: readonly RequestFile[],
): Promise<ReadonlyMap<RequestFile, PartPlan | GembatchError>> {
  const folders = new Map<string, boolean>();
  const plans = new Map<RequestFile, PartPlan | GembatchError>();
  for (const file of files) {
    const folder = join(dirname(file.path), PARTS_FOLDER);
    const isThere = folders.get(folder) ?? existsSync(folder);
    folders.set(folder, isThere);
    const plan = isThere ? await triedPlan(file) : undefined;
    if (plan !== undefined) plans.set(file, plan);
  }
  return plans;
}

async function triedPlan({path}: RequestFile): Promise<PartPlan | GembatchError | undefined> {
  return readPlan(path).catch((error: unknown) => {
    if (error instanceof GembatchError) return error;
    throw error;
  });
}

interface PartTerms extends Omit<SplitTerms, 'canary'> {
  readonly sent: SentWork;
  /** The plan that an earlier run has made. */
  readonly earlier: PartPlan | undefined;
  /** What the plan is to say of a canary. */
  readonly canary: ChosenCanary | undefined;
}

interface FileParts {
  readonly parts: readonly RequestFile[];
  readonly plan?: PartPlan;
}

/** @returns the file itself when it, or its content, has a job as a whole. */
async function partsOf(deps: SplitDeps, file: RequestFile, terms: PartTerms): Promise<FileParts> {
  const {earlier, options, sent, canary} = terms;
  if (sent.isWhole(file)) return {parts: [file]};
  const inParts = (plan: PartPlan): FileParts => ({parts: partFiles(deps, file, plan), plan});
  const written = async (plan: PartPlan): Promise<FileParts> => {
    if (terms.isDryRun !== true) await writeParts(deps, file, {plan, isNew: earlier === undefined});
    else if ((await missingParts(file.path, plan)).length > 0)
      return {parts: [{...file, parts: plan.parts.length}]};
    return inParts(plan);
  };
  try {
    const stats = await stat(file.path).catch(() => undefined);
    if (earlier !== undefined && stats?.isFile() !== true) return inParts(earlier);
    const {size = 0, mtimeMs = 0} = stats ?? {};
    if (earlier?.size_bytes === size && earlier.mtime_ms === mtimeMs)
      return await written({...earlier, ...canary?.mark});
    const sha256 = await checkedHash(file, options);
    if (earlier !== undefined && earlier.sha256 !== sha256) {
      if (options.ifChanged === 'skip') return inParts(earlier);
      throw changedError(file);
    }
    const isNew = earlier === undefined && sent.partsOf(file).length === 0;
    if (isNew && sent.isContent(sha256, modelOf(options))) return {parts: [file]};
    const limits = {...terms.limits, ...canary?.limits};
    const parts = earlier?.parts ?? (await planParts(file.path, limits));
    if (earlier === undefined) refuseOtherPlan(file, {sha256, parts, sent});
    return await written({...earlier, sha256, size_bytes: size, mtime_ms: mtimeMs, parts, ...canary?.mark});
  } catch (error) {
    if (!(error instanceof GembatchError) || error.code === 'INTERRUPTED') throw error;
    return {parts: [{...file, problem: error}]};
  }
}

/** No request is on a shorter line, not even one that is wrong. */
const SHORTEST_LINE_BYTES = 20;

/** A file that cannot be read is not split: its submission reports the error. */
async function isTooLarge({path}: RequestFile, limits: PartLimits): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() !== true) return false;
  if (stats.size > limits.maxBytes) return true;
  if (limits.maxRequests === null || stats.size < limits.maxRequests * SHORTEST_LINE_BYTES) return false;
  return (await planParts(path, limits)).length > 1;
}

/** Checks all lines of the whole file. @returns its fingerprint. */
async function checkedHash({path, name}: RequestFile, options: CheckOptions): Promise<string> {
  const {sha256} = await inspectFile(path, {
    name,
    validate: options.isValidated,
    model: modelOf(options),
    allowed: options.allowed,
    maxBytes: Infinity,
    ...(options.stop === undefined ? {} : {signal: options.stop}),
  });
  return sha256;
}

function modelOf({model}: CheckOptions): string {
  return modelResourceName(model ?? DEFAULT_MODEL);
}

/** Where the plan is gone, the records of its parts tell whether this is the same one. */
function refuseOtherPlan(
  file: RequestFile,
  {sha256, parts, sent}: Pick<PartPlan, 'sha256' | 'parts'> & Pick<PartTerms, 'sent'>,
): void {
  for (const part of sent.partsOf(file)) {
    if (part.sha256 !== sha256) throw changedError(file);
    if (part.of === parts.length && part.first_line === parts[part.index - 1]?.first_line) continue;
    throw new GembatchError(
      'STORAGE',
      `${file.name} was split otherwise when its parts were submitted, and ${planPath(file.name)} is gone. Nothing was sent.`,
      {
        suggestions: [
          'Name the limits of then: --canary, --max-open-tokens, --max-requests and --max-bytes.',
        ],
      },
    );
  }
}

function changedError({name}: RequestFile): GembatchError {
  return new GembatchError(
    'FILE_CHANGED',
    `${name} has changed since it was split into parts. The new content was not sent.`,
    {suggestions: ['Give the new content a name of its own, and submit that.']},
  );
}

/**
 * Writes the parts that are not there, and then the plan. When it returns, all of it is durable.
 *
 * @param plan - `isNew`: what stands in its place must be the same.
 */
async function writeParts(
  {createFile}: SplitDeps,
  {path, name}: RequestFile,
  {plan, isNew}: {readonly plan: PartPlan; readonly isNew: boolean},
): Promise<void> {
  const {length} = plan.parts;
  const missing = isNew ? plan.parts : await missingParts(path, plan);
  await makeRoom(path, name, missing);
  for (const part of missing) {
    const {start_byte: start, size_bytes: size} = part;
    const target = partPath(path, plan.parts.indexOf(part) + 1, length);
    await writeFile(await createFile(target), createReadStream(path, {start, end: start + size - 1}));
  }
  const text = Buffer.from(`${JSON.stringify(plan, null, 2)}\n`);
  await writeFile(await createFile(planPath(path), {overwrite: !isNew}), [text]);
}

/** The parts that are not on disk. */
async function missingParts(path: string, {parts}: PartPlan): Promise<readonly Part[]> {
  const missing: Part[] = [];
  for (const [position, part] of parts.entries()) {
    const stats = await stat(partPath(path, position + 1, parts.length)).catch(() => undefined);
    if (stats?.size !== part.size_bytes) missing.push(part);
  }
  return missing;
}

/** @throws GembatchError `STORAGE` when the parts do not fit on the disk. */
async function makeRoom(path: string, name: string, parts: readonly Part[]): Promise<void> {
  const folder = join(dirname(path), PARTS_FOLDER);
  await mkdir(folder, {recursive: true});
  const bytes = parts.reduce((sum, {size_bytes: size}) => sum + size, 0);
  const {bavail, bsize} = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw new GembatchError(
    'STORAGE',
    `${name}: its parts take ${bytes} bytes in ${folder}, where ${bavail * bsize} are free. Nothing was sent.`,
  );
}

async function writeFile(file: AtomicFile, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of chunks) await file.append(chunk);
    await file.commit();
  } finally {
    await file.discard();
  }
}

function partFiles(deps: SplitDeps, file: RequestFile, plan: PartPlan): readonly RequestFile[] {
  return plan.parts.map((_, position) => partFile(deps, file, {plan, position}));
}

function partFile(
  {store}: SplitDeps,
  {name, path, inputFile}: RequestFile,
  {plan, position}: {readonly plan: PartPlan; readonly position: number},
): RequestFile {
  const {length: of} = plan.parts;
  const index = position + 1;
  const own = partPath(path, index, of);
  return {
    index,
    path: own,
    name: partPath(name, index, of),
    inputFile: store.inputName(own),
    partOf: {
      input_file: inputFile,
      sha256: plan.sha256,
      index,
      of,
      first_line: plan.parts[position]?.first_line ?? 1,
    },
  };
}
