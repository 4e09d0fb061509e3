import {existsSync} from 'node:fs';
import {readFile, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {describe, expect, test} from '@jest/globals';
import {chromium, type Browser, type Page} from 'playwright-core';
import {schemaErrors} from '../helpers/json-schema.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {runCli} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const HOSTILE =
  '</script><script>document.title="hacked"</script><img src=x onerror="document.title=1">\u202Ejavascript:alert(1)';
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** Chromium is of the system; without it the page is not opened. */
const inBrowser = existsSync(CHROMIUM) ? test : test.skip;

interface ReportData {
  readonly jobs: readonly {
    readonly file: string;
    readonly outcome: string;
    readonly cost_usd: number | null;
  }[];
  readonly rows: readonly {readonly request: string; readonly outcome: string; readonly line: number}[];
  readonly rows_left_out: number;
}

/** A folder in which three files were run: one all good, one with bad rows that hold hostile text, one failed as a whole. */
async function finishedWork(requests = 30): Promise<string> {
  const cwd = await tempDir();
  for (const name of ['a', 'b', 'c']) {
    const lines = Array.from({length: requests}, (_, index) =>
      JSON.stringify({
        key: `${name}-${index}`,
        request: {contents: [{parts: [{text: `${name} ${index} ${HOSTILE}`}]}]},
      }),
    );
    await writeFile(join(cwd, `${name}.jsonl`), `${lines.join('\n')}\n`);
  }
  const {emulator, env} = await useEmulator({behaviour: {pending_ms: 0, running_ms: 0}});
  emulator.control.outcome({match: 'b.jsonl', rows: [{fault: 'error', share: 1}]});
  emulator.control.outcome({match: 'c.jsonl', state: 'FAILED'});
  const ended = await runCli(['run', '*.jsonl', '-m', MODEL, '--interval', '1s'], {cwd, env});
  expect(ended.code).toBe(3);
  return cwd;
}

async function dataOf(path: string): Promise<ReportData> {
  const [, json = ''] =
    /<script type="application\/json" id="data">(.*)<\/script>/u.exec(await readFile(path, 'utf8')) ?? [];
  return JSON.parse(json) as ReportData;
}

describe('gembatch report', () => {
  test('writes one page with all jobs, their cost and the rows that need attention; hostile texts stay data', async () => {
    const cwd = await finishedWork();
    const {code, json} = await runCli(['report', '--json'], {cwd});
    expect(code).toBe(0);
    expect(schemaErrors('report', json())).toEqual([]);
    expect(json()).toMatchObject({jobs: 3, rows: 30, rows_left_out: 0, problems: []});

    const page = await readFile(join(cwd, 'report.html'), 'utf8');
    expect(page.match(/<script/gu)).toHaveLength(2);
    expect(page).not.toMatch(/(?:src|href)="?https?:/u);
    const {jobs, rows} = await dataOf(join(cwd, 'report.html'));
    expect(Object.fromEntries(jobs.map(({file, outcome}) => [file, outcome]))).toEqual({
      'a.jsonl': 'done',
      'b.jsonl': 'bad_rows',
      'c.jsonl': 'failed',
    });
    expect(rows[0]).toMatchObject({outcome: 'error', line: 1});
    expect(rows[0]?.request).toContain('</script><script>');
  });

  test('leaves out an API key that a request repeats', async () => {
    const cwd = await finishedWork();
    await runCli(['report'], {cwd, env: {GEMINI_API_KEY: 'javascript:alert(1)'}});
    expect(await readFile(join(cwd, 'report.html'), 'utf8')).not.toContain('javascript:alert(1)');
  });

  test('shows at most 200 rows of a file and counts the rest', async () => {
    const cwd = await finishedWork(230);
    await runCli(['report'], {cwd});
    const {rows, rows_left_out: leftOut} = await dataOf(join(cwd, 'report.html'));
    expect([rows.length, leftOut]).toEqual([200, 30]);
  });

  test('is at most 5 MB large, also where texts are full of markup', async () => {
    const cwd = await tempDir();
    const request = {contents: [{parts: [{text: '<'.repeat(600)}]}]};
    const lines = Array.from({length: 200}, (_, row) => `${JSON.stringify({key: `r${row}`, request})}\n`);
    await Promise.all(
      // Files of equal content are sent once.
      Array.from({length: 10}, (_, at) => writeFile(join(cwd, `${at}.jsonl`), lines.slice(at).join(''))),
    );
    const {emulator, env} = await useEmulator({behaviour: {pending_ms: 0, running_ms: 0}});
    emulator.control.outcome({match: 'jsonl', rows: [{fault: 'error', share: 1}]});
    await runCli(['run', '*.jsonl', '-m', MODEL, '--interval', '1s'], {cwd, env});
    const {size_bytes: size} = (await runCli(['report', '--json'], {cwd})).json() as {size_bytes: number};
    expect(size).toBeLessThan(5_000_000);
    expect((await dataOf(join(cwd, 'report.html'))).rows.length).toBeGreaterThan(500);
  });

  test('replaces no file unless it may, and no job-info or request file at all', async () => {
    const cwd = await finishedWork();
    await writeFile(join(cwd, 'mine.html'), 'mine');
    const {code, stderr} = await runCli(['report', '-o', 'mine.html'], {cwd});
    expect([code, stderr.split('\n').slice(1)]).toEqual([
      10,
      ['  Replace it with --overwrite, or name another file: -o FILE', ''],
    ]);
    await symlink('mine.html', join(cwd, 'link.html'));
    expect(await runCli(['report', '-o', 'link.html', '--overwrite'], {cwd})).toMatchObject({
      code: 10,
      stderr: expect.stringMatching(/link\.html: a link .*\n {2}Name another file: -o FILE\n$/u),
    });
    expect(await readFile(join(cwd, 'mine.html'), 'utf8')).toBe('mine');
    expect(await runCli(['report', '-o', 'mine.html', '--overwrite'], {cwd})).toMatchObject({code: 0});
    expect(await runCli(['report', '-o', 'a.jsonl', '--overwrite'], {cwd})).toMatchObject({code: 2});
  });

  test('works without results, and says which files cannot be read', async () => {
    const cwd = await finishedWork();
    await writeFile(join(cwd, 'b.jsonl'), 'changed\n');
    const {code, json} = await runCli(['report', '--json'], {cwd});
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      rows: 0,
      rows_left_out: 30,
      problems: [expect.stringContaining('b.jsonl')],
    });
    const empty = await tempDir();
    expect((await runCli(['report', '--json'], {cwd: empty})).json()).toMatchObject({jobs: 0});
  });
});

test('the time in the queue and the time of running are apart, where a look found the job running', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl');
  const look = (): Promise<unknown> => runCli(['list', '--refresh'], jobs.options);
  await look();
  jobs.emulator.control.advance(90_000);
  await look();
  const [{running_seen_at: seen} = {running_seen_at: undefined}] = await jobs.records();
  expect(seen).toMatch(/^\d{4}-/u);
  jobs.finishJobs();
  await jobs.poll('--once');
  expect((await jobs.records())[0]?.running_seen_at).toBe(seen);
  await runCli(['report'], jobs.options);
  expect((await dataOf(join(jobs.folder, 'report.html'))).jobs).toMatchObject([{started: seen}]);
});

describe('the page in a browser', () => {
  inBrowser(
    'draws every plot from 360 to 1920 pixels, light and dark, without an error; filters work',
    async () => {
      const cwd = await finishedWork();
      await runCli(['report'], {cwd});
      const browser = await chromium.launch({executablePath: CHROMIUM, args: BROWSER_FLAGS});
      try {
        for (const [width, colorScheme] of [
          [360, 'dark'],
          [1920, 'light'],
        ] as const) {
          const {page, errors} = await opened(browser, join(cwd, 'report.html'), {width, colorScheme});
          for (const id of [
            'time-line',
            'turnaround',
            'outcomes',
            'cost-by-model',
            'cost-by-day',
            'cost-by-file',
            'tokens',
            'lengths',
          ])
            await page.waitForSelector(`#${id} svg[aria-label] :is(rect, line)`, {state: 'attached'});
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
          expect(await page.title()).toBe('Batch report');
          await checkFilters(page);
          expect(errors).toEqual([]);
          await page.close();
        }
      } finally {
        await browser.close();
      }
    },
    120_000,
  );
});

const BROWSER_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function opened(
  browser: Browser,
  path: string,
  {width, colorScheme}: {width: number; colorScheme: 'light' | 'dark'},
): Promise<{page: Page; errors: string[]}> {
  const page = await browser.newPage({viewport: {width, height: 800}, colorScheme});
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => request.url().startsWith('file:') || errors.push(request.url()));
  await page.goto(pathToFileURL(path).href);
  return {page, errors};
}

async function checkFilters(page: Page): Promise<void> {
  const rows = page.locator('#rows tbody tr');
  expect(await rows.count()).toBe(25);
  await page.getByRole('button', {name: 'Show more'}).click();
  expect(await rows.count()).toBe(30);
  await page.getByRole('searchbox', {name: 'Search the rows'}).fill('b-17');
  expect(await rows.count()).toBe(1);
  await page.getByRole('combobox', {name: 'Outcome'}).selectOption('error');
  expect(await rows.count()).toBe(1);
  await page.getByText('show', {exact: true}).press('Enter');
  expect(await page.locator('#rows pre').first().isVisible()).toBe(true);
  expect(await page.locator('#rows pre').first().textContent()).toContain('</script><script>');
}
