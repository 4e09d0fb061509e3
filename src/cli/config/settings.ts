/** The configuration file of a folder of work and of all below it. */
export const CONFIG_FILE = 'gembatch.toml';

/** What a configuration file may set, by the name of the flag that it stands for. */
export interface Setting {
  readonly type: 'string' | 'number';
  /** A path, which a file in a folder of work gives relative to itself. */
  readonly isPath?: true;
  /**
   * Only in the file in the user's own configuration folder: a folder that was checked out from somebody else must not
   * say where an API key is sent, which key that is, what runs, or what work costs.
   */
  readonly isPersonal?: true;
  /** The smallest of all that are set counts, so that no file can raise what another one bounds. */
  readonly isCap?: true;
  /** The environment variable that it stands for where there is no flag. */
  readonly variable?: string;
}

/** All settings, in the order in which `gembatch config` shows them. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  model: {type: 'string'},
  'job-info': {type: 'string', isPath: true},
  'results-dir': {type: 'string', isPath: true},
  concurrency: {type: 'number'},
  'max-cost': {type: 'number', isCap: true},
  'max-cost-per-day': {type: 'number', isCap: true},
  'max-open-jobs': {type: 'number'},
  'max-open-tokens': {type: 'number'},
  'if-changed': {type: 'string'},
  interval: {type: 'string'},
  'max-cost-since': {type: 'string', isPersonal: true},
  prices: {type: 'string', isPath: true, isPersonal: true},
  bucket: {type: 'string', isPersonal: true},
  'on-done': {type: 'string', isPersonal: true},
  'api-key-variable': {type: 'string', isPersonal: true},
  'service-url': {type: 'string', isPersonal: true, variable: 'GOOGLE_GEMINI_BASE_URL'},
};
