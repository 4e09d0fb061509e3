import {modelLabel} from '../service/model-choice.js';
import {entryOf, type PriceList} from './price-list.js';

/** Ends that are further away are no news yet. */
const NEWS_MS = 90 * 24 * 3_600_000;

/**
 * What a person should know before more work goes to a model: that the service ends it soon or has ended it, or answers
 * with another one in its place. Undefined when nothing is known of the kind.
 */
export function retirementWarning(list: PriceList, model: string, nowMs: number): string | undefined {
  const {retirement} = entryOf(list, model) ?? {};
  if (retirement === undefined || Date.parse(retirement.on) > nowMs + NEWS_MS) return undefined;
  const {on, rerouted_to: successor, source, read_on: readOn} = retirement;
  const isPast = Date.parse(on) <= nowMs;
  const name = modelLabel(model);
  const what =
    successor === undefined
      ? `the service ${isPast ? 'was to end' : 'ends'} ${name} on ${on}`
      : `${isPast ? 'since' : 'from'} ${on}${isPast ? '' : ' on'} the service answers with ${successor} in place of ${name}, at its price`;
  return `${what} (${source}, read on ${readOn}).`;
}
