import type {GembatchError} from '../../domain/errors.js';
import type {RequestFile} from '../submit/collect-inputs.js';
import type {PartLimits, PartPlan} from './part-plan.js';
import type {SentWork} from './sent-work.js';

/** What the plan of the file that becomes a canary is to have. */
export interface ChosenCanary {
  readonly limits: Pick<PartLimits, 'firstRequests'>;
  readonly mark: Pick<PartPlan, 'canary_for'>;
}

/** The part whose answers decide whether other files follow. */
export interface PlannedCanary {
  /** `input_file` of the part. */
  readonly inputFile: string;
  readonly name: string;
  readonly requests: number;
  /** `input_file` of the whole files that wait for it; its own, too. */
  readonly holds: ReadonlySet<string>;
}

/**
 * Chooses the request file whose first requests are the canary: the first that was not sent and waits for no canary of an
 * earlier run.
 */
export class CanaryChoice {
  readonly #requests: number | null;
  readonly #held: ReadonlySet<string>;
  readonly #planned: PlannedCanary[] = [];
  #isChosen = false;

  constructor(
    requests: number | null,
    named: {
      readonly files: readonly RequestFile[];
      readonly plans: ReadonlyMap<RequestFile, PartPlan | GembatchError>;
      readonly sent: SentWork;
    },
  ) {
    this.#requests = requests;
    const earlier = [...named.plans.values()].flatMap((plan) =>
      'parts' in plan ? (plan.canary_for ?? []) : [],
    );
    const isHeld = new Set(earlier);
    const unsent = named.files.filter((file) => named.sent.isUnsent(file) && !isHeld.has(file.inputFile));
    this.#held = new Set(unsent.map(({inputFile}) => inputFile));
  }

  /** The canaries, with those of earlier runs. */
  get planned(): readonly PlannedCanary[] {
    return this.#planned;
  }

  /** What the plan of the next one is to have; undefined when there is to be none. */
  get plan(): ChosenCanary | undefined {
    if (this.#requests === null) return undefined;
    return {limits: {firstRequests: this.#requests}, mark: {canary_for: [...this.#held]}};
  }

  /** Whether a file is to become the canary; one that cannot be split leaves it to the next. */
  isNext({inputFile}: RequestFile): boolean {
    return this.#requests !== null && !this.#isChosen && this.#held.has(inputFile);
  }

  /** Notes that a file is in parts. */
  note(parts: readonly RequestFile[], {canary_for: files, parts: planned}: PartPlan): void {
    const [first] = parts;
    if (this.#requests === null || files === undefined || first === undefined) return;
    this.#isChosen ||= files.some((file) => this.#held.has(file));
    this.#planned.push({
      inputFile: first.inputFile,
      name: first.name,
      requests: planned[0]?.requests ?? 0,
      holds: new Set(files),
    });
  }
}
