import {apiKeyFrom, apiKeyVariable} from '../cli/connection/api-key.js';
import {BaseCommand} from '../cli/base-command.js';
import {proxyText} from '../cli/connection/proxy-text.js';
import {modelFlag} from '../cli/flags/submit-flags.js';
import {GembatchError} from '../lib/domain/errors.js';
import {DEFAULT_MODEL} from '../lib/domain/job/model-choice.js';
import type {SetupInput, SetupReport} from '../lib/workflows/doctor/check-setup.js';

/** Where Google answers. */
const GOOGLE_URL = 'https://generativelanguage.googleapis.com';

/** `gembatch doctor` */
export default class Doctor extends BaseCommand {
  static override summary = 'Check Node, API key, model, service, quota, records and disk.';

  static override description = `Looks at everything that a submission needs, in a few seconds, and says what to do about what is wrong. Changes nothing and costs nothing.`;

  static override examples = [
    {description: 'Check before the first submission', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Check another model',
      command: '<%= config.bin %> <%= command.id %> --model gemini-3.5-flash-lite',
    },
  ];

  static override flags = {model: modelFlag};

  async run(): Promise<SetupReport> {
    const {flags} = await this.parse(Doctor);
    const [{checkSetup}, {doctorLines}, store, configuration] = await Promise.all([
      import('../lib/workflows/doctor/check-setup.js'),
      import('../lib/output/doctor-lines.js'),
      this.openStore(flags['job-info']),
      this.configuration(),
    ]);
    const report = await checkSetup({
      node: {version: process.versions.node, needed: this.ctor.plugin?.pjson.engines.node ?? ''},
      configFiles: configuration.files,
      store,
      address: this.#address(),
      proxy: proxyText(this.#address(), process.env),
      service: await this.#service(flags.model ?? DEFAULT_MODEL),
    });
    process.exitCode = report.exit_code;
    if (!this.jsonEnabled()) for (const line of doctorLines(report)) process.stdout.write(`${line}\n`);
    return report;
  }

  #address(): string {
    return this.serviceUrl() ?? GOOGLE_URL;
  }

  async #service(model: string): Promise<SetupInput['service']> {
    try {
      const {value} = apiKeyFrom(process.env);
      return {
        client: await this.createClient(value),
        clock: this.clock,
        model,
        keyVariable: apiKeyVariable(process.env) ?? '',
        stop: this.stopSignal(),
      };
    } catch (error) {
      if (error instanceof GembatchError) return error;
      throw error;
    }
  }
}
