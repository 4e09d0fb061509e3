import {afterEach, describe, expect, test} from '@jest/globals';
import {useConnectProxy} from '../../../../helpers/connect-proxy.js';
import {useRenamingFront} from '../../../../helpers/renaming-front.js';
import {useEmulator} from '../../../../helpers/use-emulator.js';
import {
  all,
  bodyOf,
  clientOf,
  code,
  everythingIn,
  MODEL,
  requestFile,
  useServer,
} from '../../gemini/client-fixture.js';

const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
const SERVICE = 'http://service.test';

afterEach(() => {
  for (const name of VARIABLES) delete process.env[name];
});

const CREATE = {model: MODEL, fileName: 'files/1', displayName: 'd'};

describe('a proxy of the environment', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])('in %s takes every request, transfers included', async (name) => {
    const {emulator} = await useEmulator({seed: 1});
    const proxy = await useConnectProxy(await useRenamingFront(emulator.url));
    process.env[name] = proxy.url;
    const {client} = clientOf(SERVICE);
    const upload = await client.uploadFile(await requestFile());
    const job = await client.createBatch({...CREATE, fileName: upload.name});
    emulator.control.advance(86_400_000);
    const {dest} = await client.getBatch(job.name);
    const result = await bytesOf(client.download(dest?.file_name ?? ''));
    expect(result).toBeGreaterThan(0);
    expect(new Set(proxy.asked)).toEqual(new Set(['service.test:80']));
    // The create has a connection of its own.
    expect(proxy.asked.length).toBeGreaterThan(1);
  });

  test('is left out for hosts in NO_PROXY and for this machine', async () => {
    const {emulator} = await useEmulator();
    const proxy = await useConnectProxy(await useRenamingFront(emulator.url));
    process.env['HTTP_PROXY'] = proxy.url;
    const {client} = clientOf(emulator.url);
    await client.getModel(MODEL);
    await client.getModel(MODEL);
    process.env['no_proxy'] = 'other.test,.test';
    const apart = clientOf(SERVICE, {retryMs: 0}).client;
    await expect(apart.getModel(MODEL)).rejects.toMatchObject({...code('SERVICE'), details: {sent: false}});
    expect(proxy.asked).toEqual([]);
  });

  test('that breaks after the create leaves it unclear, is named, and sees one create', async () => {
    let creates = 0;
    const url = await useServer((request) => {
      void bodyOf(request).then(() => {
        creates += 1;
        proxy.breakAll();
      });
    });
    const proxy = await useConnectProxy(url);
    process.env['HTTP_PROXY'] = proxy.url;
    await expect(clientOf(SERVICE).client.createBatch(CREATE)).rejects.toMatchObject({
      ...code('UNCLEAR'),
      message: expect.stringContaining(`through the proxy ${proxy.url}`),
    });
    expect(creates).toBe(1);
    expect(proxy.asked).toEqual(['service.test:80']);
  });

  test('that asks for a password is named without the one that it was given, and asked once', async () => {
    const {emulator} = await useEmulator();
    const proxy = await useConnectProxy(await useRenamingFront(emulator.url), 'ann:right');
    process.env['HTTP_PROXY'] = proxy.url.replace('http://', 'http://ann:wrong-word@');
    const {client, waits, onWait} = clientOf(SERVICE);
    const error: unknown = await client.getModel(MODEL, {onWait}).catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      ...code('SERVICE'),
      message: expect.stringContaining(`the proxy ${proxy.url} asks for a user name and a password`),
      details: {sent: false, proxy: proxy.url},
    });
    expect(everythingIn(error)).not.toContain('wrong-word');
    expect({waits, asked: proxy.asked}).toEqual({waits: [], asked: ['service.test:80']});

    process.env['HTTP_PROXY'] = proxy.url.replace('http://', 'http://ann:right@');
    await expect(clientOf(SERVICE).client.getModel(MODEL)).resolves.toMatchObject({name: MODEL});
  });

  test('that nobody answers at has sent nothing of a create', async () => {
    process.env['HTTP_PROXY'] = '127.0.0.1:1';
    await expect(clientOf(SERVICE).client.createBatch(CREATE)).rejects.toMatchObject({
      ...code('SERVICE'),
      message: expect.stringContaining('the proxy http://127.0.0.1:1 cannot be reached: ECONNREFUSED'),
      details: {sent: false, proxy: 'http://127.0.0.1:1'},
    });
  });

  test.each(['socks5://127.0.0.1:1080', 'http://', 'http://a b'])(
    '%j is refused before anything is sent',
    (url) => {
      process.env['HTTPS_PROXY'] = url;
      expect(() => clientOf(SERVICE)).toThrow(
        expect.objectContaining({...code('USAGE'), message: expect.stringContaining('HTTPS_PROXY')}),
      );
    },
  );
});

test('the list is asked for through the proxy, page by page', async () => {
  const {emulator} = await useEmulator();
  const proxy = await useConnectProxy(await useRenamingFront(emulator.url));
  process.env['HTTP_PROXY'] = proxy.url;
  expect(await all(clientOf(SERVICE).client.listBatches())).toEqual([]);
  expect(proxy.asked).toEqual(['service.test:80']);
});

async function bytesOf(chunks: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  return bytes;
}
