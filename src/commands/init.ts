import * as Flags from '@oclif/core/flags';
import {modelNameFlag} from '../cli/flags/flags.js';
import {hasApiKey} from '../cli/connection/api-key.js';
import {BaseCommand} from '../cli/base-command.js';
import {personalConfigPath} from '../cli/config/personal-config.js';
import {createPrompt} from '../cli/consent.js';
import {GembatchError} from '../lib/domain/errors.js';
import {isCloudAddress} from '../lib/domain/bucket/bucket-input.js';
import {printFolded} from '../lib/output/terminal/screen.js';
import {ownCommand} from '../lib/domain/program-name.js';

/** What `gembatch init` did. */
interface InitResult {
  /** Absolute. */
  readonly config_file: string;
  readonly model: string;
  /** Whether the environment has an API key. */
  readonly has_api_key: boolean;
}

/** `gembatch init` */
export default class Init extends BaseCommand {
  static override summary = 'Set up this folder: write a configuration file.';

  static override description = `Asks for the model, the folder of the results and the variable that has your API key, and writes gembatch.toml. Where nobody can be asked, flags answer. The API key itself goes into no file.`;

  static override examples = [
    {description: 'Answer three questions', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Without questions, as in a script',
      command: '<%= config.bin %> <%= command.id %> --model gemini-3.5-flash-lite',
    },
  ];

  static override flags = {
    model: modelNameFlag({description: 'model of the batch jobs'}),
    'results-dir': Flags.string({
      description: 'folder for results [default: "results" beside each file]',
      helpValue: '<folder>',
    }),
    'api-key-variable': Flags.string({
      description: 'variable that has the API key, for your own configuration file',
      helpValue: '<name>',
    }),
  };

  async run(): Promise<InitResult> {
    const {flags} = await this.parse(Init);
    const ask = flags.model === undefined && !this.jsonEnabled() ? createPrompt(process) : undefined;
    const model = flags.model ?? (await this.#askModel(ask));
    const resultsDir =
      flags['results-dir'] ??
      (await ask?.('Folder for results (leave empty for "results" beside each file)', ''));
    if (resultsDir !== undefined && isCloudAddress(resultsDir)) throw noPlaceInBucket(resultsDir);
    const variable = flags['api-key-variable'] ?? (await this.#askVariable(ask));

    const {writeApiKeyVariable, writeConfig} = await import('../cli/config/write-config.js');
    const path = await writeConfig(process.cwd(), {
      model,
      jobInfo: flags['job-info'],
      resultsDir: resultsDir || undefined,
    });
    if (variable !== undefined) await writeApiKeyVariable(personalConfigPath(process.env), variable);
    const hasKey = hasApiKey(process.env) || Boolean(variable !== undefined && process.env[variable]);
    if (!this.jsonEnabled()) this.#tell(path, hasKey ? undefined : (variable ?? 'GEMINI_API_KEY'));
    return {config_file: path, model, has_api_key: hasKey};
  }

  #tell(path: string, missingKey: string | undefined): void {
    const lines = [
      `Wrote ${path}.`,
      ...(missingKey === undefined
        ? []
        : [
            'There is no API key yet. Get one: https://aistudio.google.com/apikey',
            `Then: export ${missingKey}=YOUR_KEY`,
          ]),
      `Next: ${ownCommand('doctor')}`,
    ];
    printFolded(process.stdout, lines);
  }

  async #askModel(ask: Ask | undefined): Promise<string> {
    if (ask === undefined)
      throw new GembatchError('USAGE', 'Not a terminal, so this needs --model.', {
        suggestions: [`Name one: ${ownCommand('init')} --model NAME; "${ownCommand('models')}" lists them.`],
      });
    const {modelChoices} = await import('../cli/config/model-choices.js');
    const choices = await modelChoices(this.clock.now());
    const lines = choices.map(
      ({model, price}, index) => `  ${String(index + 1).padStart(2)}  ${model.padEnd(28)} ${price}`,
    );
    printFolded(process.stderr, ['Models, with batch prices per million tokens, input / output:', ...lines]);
    const first = choices[0]?.model ?? '';
    for (;;) {
      const answer = await ask(`Model (number or name)`, first);
      const chosen = /^\d+$/u.test(answer) ? choices[Number(answer) - 1]?.model : answer;
      if (chosen) return chosen;
    }
  }

  /** Nothing to be asked where the environment has the API key. */
  async #askVariable(ask: Ask | undefined): Promise<string | undefined> {
    if (ask === undefined || hasApiKey(process.env)) return undefined;
    const answer = await ask('Variable that has your API key', 'GEMINI_API_KEY');
    return answer === 'GEMINI_API_KEY' || answer === 'GOOGLE_API_KEY' ? undefined : answer;
  }
}

type Ask = (question: string, fallback: string) => Promise<string>;

function noPlaceInBucket(place: string): GembatchError {
  return new GembatchError('USAGE', `--results-dir is ${place}; nothing was written.`, {
    suggestions: [
      'A configuration file in a folder must not lead to a bucket: name it with --results-dir or GEMBATCH_RESULTS_DIR, or in your own file.',
    ],
  });
}
