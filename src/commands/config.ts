import {BaseCommand} from '../cli/base-command.js';
import {
  configurationView,
  type ConfigurationView,
  type SettingView,
} from '../cli/config/configuration-view.js';
import {costFlags} from '../cli/flags/cost-flags.js';
import {pollFlags} from '../cli/flags/poll-flags.js';
import {queueFlags} from '../cli/flags/queue-flags.js';
import {ifChangedFlag, modelFlag, submitFlags} from '../cli/flags/submit-flags.js';
import {widthOf} from '../lib/output/terminal/screen.js';
import {tableLines, type Column} from '../lib/output/text/table.js';

const COLUMNS: readonly Column<SettingView>[] = [
  {title: 'SETTING', align: 'left', rank: 0, cell: ({name}) => name},
  {title: 'VALUE', align: 'left', rank: 0, cell: ({value}) => value ?? '–'},
  {title: 'FROM', align: 'left', rank: 1, cell: ({source}) => source ?? ''},
];

/** `gembatch config` */
export default class Config extends BaseCommand {
  static override summary = 'Show each setting and where its value comes from.';

  static override description = `A flag goes before an environment variable, that before the profile, that before the rest of the configuration file. The file is gembatch.toml of this folder or of the nearest one above it. What a foreign folder must not set (on-done, prices, api-key-variable, service-url) counts only in your own file, which this command names.`;

  static override examples = [
    {description: 'Show what counts in this folder', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Show what counts with a profile',
      command: '<%= config.bin %> <%= command.id %> --profile nightly',
    },
  ];

  async run(): Promise<ConfigurationView> {
    const env = {...process.env};
    await this.parse(Config);
    const flags = {
      ...BaseCommand.baseFlags,
      ...submitFlags,
      ...pollFlags,
      ...costFlags,
      ...queueFlags,
      model: modelFlag,
      'if-changed': ifChangedFlag,
    };
    const view = await configurationView(await this.configuration(), {flags, env});
    if (!this.jsonEnabled()) this.#print(view);
    return view;
  }

  #print(view: ConfigurationView): void {
    const columns = widthOf(process.stdout);
    const key = view.api_key_variable;
    const rows = [...view.settings, {name: 'API key', value: key === null ? 'not set' : 'set', source: key}];
    const lines = [
      ...tableLines(rows, COLUMNS, columns),
      '',
      view.files.length === 0 ? 'There is no configuration file here.' : `Read: ${view.files.join(', ')}`,
      ...(view.profiles.length === 0 ? [] : [`Profiles: ${view.profiles.join(', ')}`]),
      `Your own file: ${view.personal_file}`,
    ];
    for (const line of lines) process.stdout.write(`${line}\n`);
  }
}
