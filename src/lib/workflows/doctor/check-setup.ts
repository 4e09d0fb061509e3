import type {GembatchError} from '../../domain/errors.js';
import {exitCodeOf} from '../../domain/outcome.js';
import type {JobStore} from '../../store/job-store.js';
import {checkDisk, checkJobInfo, checkLock, checkNode, failedBy} from './local-checks.js';
import {checkService, type ServiceChecksInput} from './service-checks.js';
import {ok, skipped, type SetupCheck} from './setup-check.js';

export type {SetupCheck} from './setup-check.js';

/** What `gembatch doctor` looks at. */
export interface SetupInput {
  readonly node: {readonly version: string; readonly needed: string};
  /** Absolute paths of the configuration files that count. */
  readonly configFiles: readonly string[];
  readonly store: JobStore;
  /** Of the service. */
  readonly address: string;
  /** Which proxy requests go through, in words. */
  readonly proxy: string;
  /** How the service is asked, or why it cannot be. */
  readonly service: Omit<ServiceChecksInput, 'store' | 'address'> | GembatchError;
}

/** The `--json` object of `gembatch doctor`. */
export interface SetupReport {
  readonly checks: readonly SetupCheck[];
  readonly exit_code: number;
}

/**
 * Looks at all that a submission needs. Nothing is changed, and nothing is paid for.
 *
 * @throws GembatchError `INTERRUPTED`.
 */
export async function checkSetup(input: SetupInput): Promise<SetupReport> {
  const {node, configFiles, store, address, proxy, service} = input;
  const checks = [
    checkNode(node.version, node.needed),
    ok(
      'Configuration',
      configFiles.length === 0 ? 'no file; flags and variables count' : configFiles.join(', '),
    ),
    ok('Proxy', proxy),
    ...(service instanceof Error
      ? withoutService(service)
      : await checkService({...service, store, address})),
    checkJobInfo(store),
    await checkLock(store),
    await checkDisk(store.folder),
  ];
  // The first failure says what to begin with.
  const first = checks
    .flatMap(({code}) => (code === undefined ? [] : [{kind: 'failed', code} as const]))
    .slice(0, 1);
  return {checks, exit_code: exitCodeOf(first)};
}

function withoutService(error: GembatchError): readonly SetupCheck[] {
  const isKey = error.code === 'KEY_MISSING' || error.code === 'KEY_REFUSED';
  const rest = ['Model', 'Storage', 'Open jobs'].map((name) => skipped(name, 'not asked for'));
  return isKey
    ? [skipped('Service', 'not asked without an API key'), failedBy('API key', error), ...rest]
    : [failedBy('Service', error), skipped('API key', 'not asked for'), ...rest];
}
