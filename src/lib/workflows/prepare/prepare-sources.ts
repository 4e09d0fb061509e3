import {itemError, type ItemError} from '../../domain/item-error.js';
import {join, relative} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import {findSources} from './sources/find-sources.js';
import type {PrepareReport} from './prepare-report.js';
import {prepareRequests, type PrepareDeps, type PrepareInput} from './prepare-requests.js';
import {saysRecipe} from './template/request-recipe.js';

/** Arguments that may be sources or request files, and how sources are prepared. */
export interface SourcesInput extends Omit<PrepareInput, 'sources' | 'output' | 'preview'> {
  readonly args: readonly string[];
}

/** What became of a source. */
export interface SourceOutcome {
  /** The tables or files, as they were named. */
  readonly sources: readonly string[];
  /** `changed`: something else was asked for its rows before; nothing is made and sent of it. */
  readonly outcome: 'prepared' | 'changed' | 'failed';
  readonly report?: PrepareReport;
  readonly error?: ItemError;
}

/** Request files, and the sources that some of them were prepared from. */
export interface PreparedSources {
  /** The request files that were named or prepared, in the order of the arguments. */
  readonly files: readonly string[];
  readonly sources: readonly SourceOutcome[];
  readonly exit_code: number;
}

/**
 * Prepares those arguments that are sources, each beside itself. A source that cannot be prepared stops no other.
 *
 * @throws GembatchError when nothing is left to be sent, or for what is wrong with more than one source.
 */
export async function prepareSources(
  deps: PrepareDeps,
  {args, ...input}: SourcesInput,
): Promise<PreparedSources> {
  const isPrompted = saysRecipe(input.recipe);
  const groups = await findSources(args, {cwd: input.cwd, isPrompted});
  if (isPrompted && groups.every(({kind}) => kind === 'requests')) throw nothingToPrepare(args);
  const files: string[] = [];
  const sources: SourceOutcome[] = [];
  const items: ItemOutcome[] = [];
  let firstError: GembatchError | undefined;
  for (const {kind, names} of groups) {
    if (kind === 'requests') {
      files.push(...names);
      continue;
    }
    try {
      const report = await prepareRequests(deps, {
        ...input,
        sources: names,
        output: undefined,
        preview: undefined,
      });
      files.push(...report.files.map(({file}) => relative(input.cwd, join(report.output ?? '', file))));
      sources.push({sources: names, outcome: 'prepared', report});
      items.push({kind: 'done'});
      if (report.exit_code !== 0) items.push({kind: 'failed', code: 'RECIPE_CHANGED'});
    } catch (cause) {
      const error = ofOneSource(cause);
      firstError ??= error;
      sources.push({
        sources: names,
        outcome: error.code === 'RECIPE_CHANGED' ? 'changed' : 'failed',
        error: itemError(error),
      });
      items.push({kind: 'failed', code: error.code});
    }
  }
  if (files.length === 0 && firstError !== undefined) throw firstError;
  return {files, sources, exit_code: exitCodeOf(items)};
}

/** @throws what is wrong with more than one source. */
function ofOneSource(cause: unknown): GembatchError {
  if (!(cause instanceof GembatchError)) throw cause;
  if (cause.code === 'INTERRUPTED' || cause.code === 'STORAGE') throw cause;
  // What helps is not that of the command that only prepares.
  return cause.code === 'RECIPE_CHANGED' ? new GembatchError(cause.code, cause.message, {cause}) : cause;
}

function nothingToPrepare(args: readonly string[]): GembatchError {
  return new GembatchError(
    'USAGE',
    `${args[0] ?? ''}${args.length > 1 ? ' and the others hold' : ' holds'} requests, which have their prompts already.`,
    {
      suggestions: [
        'Leave out --prompt and the other flags for tables; or name a table or a folder of files.',
      ],
    },
  );
}
