import {expect, test} from '@jest/globals';
import {call, startEmulator} from '../raw-http.js';

test('models.get says which methods a model supports', async () => {
  const emulator = await startEmulator();
  const methods = async (id: string): Promise<unknown> => {
    const reply = await call(emulator, `GET /v1beta/models/${id}`);
    return reply.json()['supportedGenerationMethods'];
  };
  expect(await methods('gemini-3.5-flash-lite')).toContain('batchGenerateContent');
  expect(await methods('gemini-embedding-001')).toContain('asyncBatchEmbedContent');
  expect(await methods('veo-3.1-generate-preview')).not.toContain('batchGenerateContent');
});

test('models.get answers 404 for a retired model', async () => {
  const emulator = await startEmulator();
  const {status, json} = await call(emulator, 'GET /v1/models/gemini-2.5-flash-lite-preview-06-17');
  expect(status).toBe(404);
  expect(json()['error']).toMatchObject({
    status: 'NOT_FOUND',
    message: expect.stringContaining('is not found for API version v1,'),
  });
});

test('models.list goes in pages through the models that the emulator was given', async () => {
  const models = ['a', 'b', 'c'].map((id) => ({id, batch: 'generate'}) as const);
  const emulator = await startEmulator({behaviour: {models}});
  const first = (await call(emulator, 'GET /v1beta/models?pageSize=2')).json();
  expect(first['models']).toMatchObject([{name: 'models/a'}, {name: 'models/b'}]);
  const token = String(first['nextPageToken']);
  const last = (await call(emulator, `GET /v1beta/models?pageSize=2&pageToken=${token}`)).json();
  expect(last).toMatchObject({models: [{name: 'models/c'}]});
  expect(last).not.toHaveProperty('nextPageToken');
});
