import {describe, expect, test} from '@jest/globals';
import {schemaErrors} from '../../helpers/json-schema.js';
import {runCli, startCli} from '../../helpers/run-cli.js';
import {tempDir} from '../../helpers/temp-dir.js';

const START = ['emulator', 'start', '--port', '0'];

describe('gembatch emulator start', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('runs until %s, and then ends well', async (signal) => {
    const {code, stdout, stderr} = await runCli(START, {
      cwd: await tempDir(),
      signalAfter: {text: 'Ctrl-C ends it.', signal},
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /export GOOGLE_GEMINI_BASE_URL=http:\/\/127\.0\.0\.1:\d+ GEMINI_API_KEY=emulator\n/u,
    );
  });

  test('says with --json where it is, in one line, as soon as it is ready', async () => {
    const cli = startCli([...START, '--json'], {cwd: await tempDir()});
    const line = await firstLine(cli.process);
    const started = JSON.parse(line) as {url: string};
    expect(schemaErrors('emulator-start', started)).toEqual([]);
    expect((await fetch(`${started.url}/v1beta/models?key=k`)).status).toBe(200);
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toMatchObject({code: 0, stdout: line});
  });

  test('ends although a fault holds up a call for hours', async () => {
    const cli = startCli([...START, '--json'], {cwd: await tempDir()});
    const {url} = JSON.parse(await firstLine(cli.process)) as {url: string};
    for (const kind of ['delay', 'latency'])
      await fetch(`${url}/emulator/faults`, {
        method: 'POST',
        body: JSON.stringify({on: 'models.list', fault: {kind, ms: 10_000_000}}),
      });
    const held = fetch(`${url}/v1beta/models?key=k`).catch(() => 'cut off');
    const requests = async (): Promise<string> => (await fetch(`${url}/emulator/requests`)).text();
    while (!(await requests()).includes('models.list'));
    cli.process.kill('SIGINT');
    expect([(await cli.ended).code, await held]).toEqual([0, 'cut off']);
  });

  test('refuses a port that is taken', async () => {
    const cwd = await tempDir();
    const first = startCli([...START, '--json'], {cwd});
    const {url} = JSON.parse(await firstLine(first.process)) as {url: string};
    const {code, json} = await runCli(['emulator', 'start', '--json', '--port', new URL(url).port], {cwd});
    expect(code).toBe(2);
    expect(json()).toMatchObject({
      error: {code: 'USAGE', message: expect.stringContaining('cannot listen on port')},
    });
    first.process.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
  });
});

function firstLine({stdout}: ReturnType<typeof startCli>['process']): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stdout?.on('data', (piece: string) => {
      text += piece;
      if (text.endsWith('\n')) resolve(text);
    });
  });
}
