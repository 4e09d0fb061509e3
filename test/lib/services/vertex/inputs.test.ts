import {describe, expect, test} from '@jest/globals';
import {requestLines} from '../../../helpers/request-files.js';
import {createdJob, openVertex, putObject} from './open-vertex.js';

const BYTES = requestLines(2000);

describe('the request files in a bucket', () => {
  test('are those that a pattern, a folder or an address names, in natural order', async () => {
    const {client, emulator} = await openVertex();
    const names = ['in/10.jsonl', 'in/9.jsonl', 'in/deep/1.jsonl', 'in/notes.txt', 'in/', 'other/[9].jsonl'];
    for (const name of names) await putObject(emulator, name, name.endsWith('/') ? '' : BYTES);
    const named = async (pattern: string): Promise<string[]> =>
      (await client.listInputs(`gs://bucket/${pattern}`)).map(({address}) =>
        address.slice('gs://bucket/'.length),
      );
    expect(await named('in/')).toEqual(['in/9.jsonl', 'in/10.jsonl']);
    expect(await named('in/*')).toEqual(['in/9.jsonl', 'in/10.jsonl', 'in/notes.txt']);
    expect(await named('in/**/*.jsonl')).toEqual(['in/9.jsonl', 'in/10.jsonl', 'in/deep/1.jsonl']);
    expect(await named('in/{9,10}.jsonl')).toEqual(['in/9.jsonl', 'in/10.jsonl']);
    expect(await named('in/9.jsonl')).toEqual(['in/9.jsonl']);
    // As a pattern it would not match itself.
    expect(await named('other/[9].jsonl')).toEqual(['other/[9].jsonl']);
    expect([await named('in'), await named('nowhere/*'), await named('nowhere/')]).toEqual([[], [], []]);
    expect(emulator.control.counts()['files.list']).toBe(7);
  });

  test('do not include what gembatch and the service have written there', async () => {
    const {client, emulator} = await openVertex();
    await createdJob(client, requestLines(2));
    emulator.control.advance(86_400_000);
    await putObject(emulator, 'work/mine.jsonl', BYTES);
    await putObject(emulator, 'work/prediction-notes/mine.jsonl', BYTES);
    expect(emulator.control.objects()).toHaveLength(4);
    expect((await client.listInputs('gs://bucket/**')).map(({address}) => address)).toEqual([
      'gs://bucket/work/mine.jsonl',
      'gs://bucket/work/prediction-notes/mine.jsonl',
    ]);
    await expect(client.listInputs('gs://*/a.jsonl')).rejects.toMatchObject({code: 'REFUSED'});
  });

  test('are read in the generation that was listed, over broken connections', async () => {
    const {client, emulator} = await openVertex();
    await putObject(emulator, 'in/a.jsonl', BYTES);
    const [input] = await client.listInputs('gs://bucket/in/a.jsonl');
    if (input === undefined) throw new Error('It is not listed.');
    expect(input).toMatchObject({sizeBytes: BYTES.length, generation: expect.stringMatching(/^\d+$/u)});
    const read = async (changes: object = {}): Promise<string> => {
      const chunks: Buffer[] = [];
      for await (const chunk of client.openInput({...input, ...changes})) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    emulator.control.fault({
      on: 'files.download',
      times: 3,
      fault: {kind: 'drop_after_bytes', bytes: 20_000},
    });
    expect(await read()).toBe(BYTES);
    await expect(read({crc32c: 'AAAAAA=='})).rejects.toMatchObject({code: 'SERVICE'});
    await putObject(emulator, 'in/a.jsonl', `${BYTES}\n`);
    await expect(read()).rejects.toMatchObject({code: 'FILE_CHANGED'});
  });
});
