import type {Behaviour} from './behaviour.js';
import type {FaultRule} from './faults.js';
import type {OutcomeRule} from '../jobs/rows/outcomes.js';

/** What an emulator starts with: how it behaves, what goes wrong, what jobs come to. */
export interface Scenario {
  readonly behaviour?: Partial<Behaviour>;
  readonly faults?: readonly FaultRule[];
  readonly outcomes?: readonly OutcomeRule[];
}
