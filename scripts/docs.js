// Writes the generated parts of README.md, docs/commands.md and docs/scripting.md, each between its two marks: the command reference out of
// oclif.manifest.json, the tables of codes out of src/lib/domain/errors.ts. With --check it only compares.
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {ERRORS, EXIT, EXIT_MEANINGS} from '../dist/index.js';
import {JOURNEY_ORDER, JourneyHelp, standaloneSettings} from '../dist/standalone.js';

// oclif wraps help at the width of the terminal; a page must not depend on whose terminal that is.
process.env.OCLIF_COLUMNS = '100';
const {Config} = await import('@oclif/core/config');

const root = fileURLToPath(new URL('..', import.meta.url));

const PARTS = {
  'README.md': {'exit codes': exitCodes()},
  'docs/commands.md': {commands: await commandReference()},
  'docs/scripting.md': {'exit codes': exitCodes(), 'error codes': errorCodes()},
};

for (const [file, parts] of Object.entries(PARTS)) {
  const path = `${root}/${file}`;
  const text = readFileSync(path, 'utf8');
  const updated = Object.entries(parts).reduce(replacePart, text);
  if (!process.argv.includes('--check')) {
    writeFileSync(path, updated);
  } else if (text !== updated) {
    console.error(
      `The generated parts of ${file} do not match the commands or the tables in the code.\n` +
        'Run "npm run manifest" and then "npm run docs", look at the difference, and commit the files.',
    );
    process.exitCode = 1;
  }
}

function replacePart(text, [name, part]) {
  const start = `<!-- ${name}: written by "npm run docs", do not edit by hand -->`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest = ''] = text.split(start);
  const [, after] = rest.split(end);
  if (after === undefined) throw new Error(`The marks of "${name}" are missing: ${start} … ${end}`);
  return [before, start, '\n\n', part, '\n\n', end, after].join('');
}

async function commandReference() {
  /** oclif's help as text, in place of printing it. */
  class HelpText extends JourneyHelp {
    of(command) {
      return this.formatCommand(command).trim();
    }
  }
  const pjson = standaloneSettings(JSON.parse(readFileSync(`${root}/package.json`, 'utf8')));
  const config = await Config.load({root: `${root}/dist`, pjson, devPlugins: false, userPlugins: false});
  const help = new HelpText(config, {stripAnsi: true});
  return config.commands
    .filter((command) => command.pluginName === config.name && !command.hidden)
    .sort((a, b) => place(a) - place(b) || a.id.localeCompare(b.id))
    .map((command) => [
      `### \`gembatch ${command.id.replaceAll(':', ' ')}\``,
      command.summary,
      ['```', help.of(command), '```'].join('\n'),
    ])
    .flat()
    .join('\n\n');
}

/** In the order of the help; the commands of a topic stand where it stands. */
function place({id}) {
  const [topic] = id.split(':');
  return JOURNEY_ORDER.indexOf(topic);
}

function exitCodes() {
  const rows = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${name} | ${EXIT_MEANINGS[name]} |`);
  return ['| Code | Name | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function errorCodes() {
  const rows = Object.entries(ERRORS).map(
    ([code, {exit, suggestion}]) => `| \`${code}\` | ${EXIT[exit]} | ${suggestion} |`,
  );
  return [
    '| Code | Exit code | What to do, when the error does not say it better |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}
