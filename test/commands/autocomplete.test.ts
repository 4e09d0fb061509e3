import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdir, symlink} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {requestFiles} from '../helpers/request-files.js';
import {BIN, isolatedEnvironment, runCli} from '../helpers/run-cli.js';
import {submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

async function words(cwd: string, ...line: string[]): Promise<string[]> {
  const {code, stdout} = await runCli(['autocomplete', 'words', '--', ...line], {cwd});
  expect(code).toBe(0);
  return stdout.split('\n').slice(0, -1);
}

async function folderWithJobs(): Promise<string> {
  const folder = await tempDir();
  const {env} = await useEmulator();
  await requestFiles(join(folder, 'batch'), 2);
  await submit({folder, env}, 'batch');
  return folder;
}

describe('completion', () => {
  test('offers commands, flags and the values that they take', async () => {
    const cwd = await tempDir();
    expect(await words(cwd, 'li')).toEqual(['list']);
    expect(await words(cwd, 'emulator', '')).toEqual(['exec', 'start']);
    expect(await words(cwd, 'help', 'ex')).toEqual(['exit-codes']);
    expect(await words(cwd, 'submit', 'a.jsonl', '--dry')).toEqual(['--dry-run']);
    expect(await words(cwd, 'list', '--sort', 'f')).toEqual(['file']);
    expect(await words(cwd, 'list', '--sort=st')).toEqual(['--sort=state']);
    expect(await words(cwd, 'list', '--state', 'bad')).toEqual(['bad-rows']);
    expect(await words(cwd, 'submit', '-m', 'gemini-3.5-flash-l')).toEqual(['gemini-3.5-flash-lite']);
  });

  test('offers recorded files and jobs to commands that take them, and leaves files to the shell elsewhere', async () => {
    const cwd = await folderWithJobs();
    const jobs = await words(cwd, 'show', '');
    expect(jobs).toHaveLength(4);
    expect(await words(cwd, 'poll', 'batch/0')).toEqual(['batch/001.jsonl', 'batch/002.jsonl']);
    expect(await words(cwd, 'submit', '')).toEqual([]);
    expect(await words(cwd, 'list', '--job-info', 'none.jsonl', '')).toEqual([]);
  });

  test('is set up by one line, in three lines of text', async () => {
    const cwd = await tempDir();
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      const {stdout} = await runCli(['autocomplete', shell], {cwd});
      expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    }
    expect(await runCli(['autocomplete', 'tcsh'], {cwd})).toMatchObject({code: 2});
  });
});

/** What a shell finds that reads our functions; each script prints a candidate on each line. */
const IN_SHELLS = {
  bash: `
    eval "$(gembatch autocomplete script bash)"
    complete_line() { COMP_LINE=$1 COMP_POINT=\${#1}; read -ra COMP_WORDS <<< "$1"; [[ $1 == *' ' ]] && COMP_WORDS+=(""); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _gembatch_complete; printf '%s\\n' "\${COMPREPLY[@]}"; }
    complete_line 'gembatch show batch/0'
    complete_line 'gembatch list --so'
    complete -p gembatch | grep -q -- '-o default' && echo files
  `,
  fish: `
    gembatch autocomplete script fish | source
    complete -C 'gembatch show batch/0'
    complete -C 'gembatch list --so'
    complete -C 'gembatch submit batch/001' | string replace 'batch/001.jsonl' files
  `,
  zsh: `
    compdef() { :; }
    compadd() { print -rl -- "\${(@P)2}"; }
    _files() { echo files; }
    eval "$(gembatch autocomplete script zsh)"
    words=(gembatch show batch/0); CURRENT=3; _gembatch_complete
    words=(gembatch list --so); CURRENT=3; _gembatch_complete
    words=(gembatch submit x); CURRENT=3; _gembatch_complete
  `,
} as const;

describe.each(Object.entries(IN_SHELLS))('in %s', (shell, script) => {
  const path = ['/usr/bin', '/bin'].map((folder) => join(folder, shell)).find((place) => existsSync(place));
  const inShell = path === undefined ? test.skip : test;

  inShell('the functions offer what the program says, and files where it says nothing', async () => {
    const cwd = await folderWithJobs();
    await mkdir(join(cwd, 'bin'));
    await symlink(BIN, join(cwd, 'bin/gembatch'));
    const base = isolatedEnvironment(cwd);
    const env = {...base, PATH: `${join(cwd, 'bin')}:${base['PATH'] ?? ''}`};
    const child = spawn(path ?? shell, ['-c', script], {cwd, env, stdio: ['ignore', 'pipe', 'inherit']});
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child, 'close');
    const found = output
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
    expect(found).toEqual(['batch/001.jsonl', 'batch/002.jsonl', '--sort', 'files']);
  });
});
