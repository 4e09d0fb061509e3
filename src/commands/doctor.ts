import {apiKeyVariable} from '../cli/connection/api-key.js';
import {BaseCommand} from '../cli/base-command.js';
import {proxyText} from '../cli/connection/proxy-text.js';
import {modelFlag} from '../cli/flags/submit-flags.js';
import type {PricedService} from '../lib/domain/price/price-list.js';
import {GembatchError} from '../lib/domain/errors.js';
import {colorsFor, marksFor, widthOf} from '../lib/output/terminal/screen.js';
import {DEFAULT_MODEL} from '../lib/domain/service/model-choice.js';
import type {SetupInput, SetupReport} from '../lib/workflows/doctor/check-setup.js';

/** Where Google answers. */
const VERTEX_URL = 'https://aiplatform.googleapis.com';
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
      this.openStore(flags['job-info'], {warns: false}),
      this.configuration(),
    ]);
    const address = this.#address(flags.vertex ? 'vertex' : 'gemini');
    const report = await checkSetup({
      node: {version: process.versions.node, needed: this.ctor.plugin?.pjson.engines.node ?? ''},
      configFiles: configuration.files,
      store,
      address,
      proxy: proxyText(address, process.env),
      service: await this.#service(flags.model ?? DEFAULT_MODEL, flags),
    });
    process.exitCode = report.exit_code;
    if (!this.jsonEnabled()) {
      const {stdout, env} = process;
      const style = {width: widthOf(stdout), marks: marksFor({env}), colors: colorsFor(stdout, env)};
      for (const line of doctorLines(report, style)) stdout.write(`${line}\n`);
    }
    return report;
  }

  #address(service: PricedService): string {
    if (service === 'vertex') return process.env['GOOGLE_VERTEX_BASE_URL'] ?? VERTEX_URL;
    return this.serviceUrl() ?? GOOGLE_URL;
  }

  async #service(model: string, flags: Parameters<Doctor['connection']>[0]): Promise<SetupInput['service']> {
    try {
      const connection = this.connection(flags);
      const isVertex = connection.service === 'vertex';
      return {
        client: await this.createClient(connection),
        clock: this.clock,
        model,
        keyVariable: isVertex ? 'Google Cloud credentials' : (apiKeyVariable(process.env) ?? ''),
        stop: this.stopSignal(),
      };
    } catch (error) {
      if (error instanceof GembatchError) return error;
      throw error;
    }
  }
}
