import type {BatchService} from '../../../src/lib/services/batch-service.js';
import {GeminiBatchClient} from '../../../src/lib/services/gemini/gemini-batch-client.js';
import {createAuthorizer} from '../../../src/lib/services/vertex/credentials/google-credentials.js';
import {VertexBatchClient} from '../../../src/lib/services/vertex/vertex-batch-client.js';
import {systemClock} from '../../../src/lib/system-clock.js';
import {putObject} from './vertex/open-vertex.js';
import {useEmulator} from '../../helpers/use-emulator.js';

/** A service for one test, closed after it, and what its emulator can be made to do. */
export interface ServiceUnderTest {
  readonly service: BatchService;
  /** A model that takes batch jobs. */
  readonly model: string;
  /** Lets all jobs run to their end. */
  readonly finishJobs: () => void;
  /** Lets the next create work, without an answer. */
  readonly loseAnswerToCreate: () => void;
  /** How many creates have reached the service. */
  readonly creates: () => number;
  /** Puts an object in `gs://bucket`, where the service reads from there. */
  readonly putObject?: (name: string, content: string) => Promise<void>;
}

/** The clients that the contract is put to, each with a service of its own. */
export const SERVICES: readonly {readonly name: string; readonly open: () => Promise<ServiceUnderTest>}[] = [
  {name: 'the Gemini Batch API', open: geminiOnEmulator},
  {name: 'Vertex AI', open: vertexOnEmulator},
];

/** More than any job of the emulator takes. */
const A_DAY_MS = 86_400_000;

async function geminiOnEmulator(): Promise<ServiceUnderTest> {
  const {emulator, env} = await useEmulator({seed: 1});
  const {control} = emulator;
  return {
    service: new GeminiBatchClient({apiKey: env.GEMINI_API_KEY, clock: systemClock, baseUrl: emulator.url}),
    model: 'models/gemini-2.5-flash-lite',
    finishJobs: () => control.advance(A_DAY_MS),
    loseAnswerToCreate: () => control.fault({on: 'batches.create', fault: {kind: 'reset_after'}}),
    creates: () => control.counts()['batches.create'] ?? 0,
  };
}

async function vertexOnEmulator(): Promise<ServiceUnderTest> {
  const gemini = await useEmulator({seed: 1});
  const {url, control} = gemini.emulator;
  return {
    service: new VertexBatchClient({
      project: 'my-project',
      location: 'global',
      bucket: 'gs://bucket',
      authorize: createAuthorizer([url], {}),
      clock: systemClock,
      baseUrl: url,
      storageUrl: url,
    }),
    model: 'models/gemini-2.5-flash-lite',
    finishJobs: () => control.advance(A_DAY_MS),
    loseAnswerToCreate: () => control.fault({on: 'batches.create', fault: {kind: 'reset_after'}}),
    creates: () => control.counts()['batches.create'] ?? 0,
    putObject: (name, content) => putObject(gemini.emulator, name, content),
  };
}
