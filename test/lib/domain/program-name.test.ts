import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {commands} from '../../helpers/manifest.js';
import {ROOT} from '../../helpers/run-cli.js';

/** A comment may name the program. */
const COMMENT = /^\s*(?:\/\/|\/?\*)/u;

test('no text spells a command with a name that the program may not have', async () => {
  const words = new Set((await commands()).map(({id}) => id.split(':')[0]));
  const advice = new RegExp(`\\bgembatch (?:${Array.from(words).join('|')})\\b`, 'u');
  const src = join(ROOT, 'src');
  const found: string[] = [];
  for (const file of await readdir(src, {recursive: true})) {
    if (!file.endsWith('.ts')) continue;
    const code = (await readFile(join(src, file), 'utf8')).split('\n').filter((line) => !COMMENT.test(line));
    for (const line of code) if (advice.test(line)) found.push(`${file}: ${line.trim()}`);
  }
  // In a host gembatch has the host's name: say it with ownCommand().
  expect(found).toEqual([]);
});
