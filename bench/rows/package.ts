import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {runProcess} from '../measure/run-process.js';
import type {Figure, Row, Target} from '../row.js';
import {ROOT} from '../support/places.js';

const KIB = 1024;
const MIB = 1024 ** 2;

/** How large gembatch is. */
export const packageSize: Row = {
  id: 'package',
  title: 'Package',
  how: 'npm pack, and npm install of what it packed into an empty folder.',
  async run({folder}) {
    // npm needs the settings of whoever measures, for its registry.
    const options = {cwd: folder, env: npmEnvironment()};
    const pack = ['pack', ROOT, '--json', '--ignore-scripts', '--pack-destination', folder];
    const [packed] = JSON.parse((await runProcess('npm', pack, options)).stdout) as [
      {filename: string; size: number},
    ];
    const tarball = join(folder, packed.filename);
    const prefix = join(folder, 'installed');
    await runProcess('npm', ['install', '--global', '--prefix', prefix, '--no-audit', tarball], options);
    const files = await readdir(prefix, {recursive: true});
    const sizes = await Promise.all(files.map((file) => stat(join(prefix, file))));
    const installed = sizes.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
    const packages = files.filter((file) => /node_modules\/(?:@[^/]+\/)?[^@/]+\/package\.json$/u.test(file));
    return [
      figure('packed', packed.size / KIB, 'KiB'),
      figure('installed', installed / MIB, 'MiB'),
      figure('packages', packages.length, 'packages', {limit: 1, is: 'at most'}),
    ];
  },
};

function figure(what: string, value: number, unit: string, target: Target | null = null): Figure {
  return {what, against: null, value, unit, spread: null, target, alarm: target, bars: []};
}

function npmEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => name === 'HOME' || /^npm_config_(?!prefix|global)/iu.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}
