/** Google's own SDK in Vertex mode drives the emulator: what it sends is taken, and it understands what comes back. */
import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect, test} from '@jest/globals';
import {ROOT} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {emulatorWithInput} from './vertex-input.js';

const SCRIPT = `
  import {GoogleGenAI} from '@google/genai';
  const {URL_OF_EMULATOR: baseUrl, CREDENTIALS: keyFilename} = process.env;
  const ai = new GoogleGenAI({
    vertexai: true, project: 'my-project', location: 'global',
    googleAuthOptions: {keyFilename}, httpOptions: {baseUrl},
  });
  const config = {displayName: 'one', dest: 'gs://bucket/out'};
  const job = await ai.batches.create({model: 'gemini-2.5-flash-lite', src: 'gs://bucket/in.jsonl', config});
  const listed = [];
  for await (const {name} of await ai.batches.list({config: {filter: 'display_name="one"'}})) listed.push(name);
  await fetch(baseUrl + '/emulator/clock', {method: 'POST', body: '{"advance_ms": 500}'});
  await ai.batches.cancel({name: job.name});
  const ended = await ai.batches.get({name: job.name});
  await ai.batches.delete({name: job.name});
  const gone = await ai.batches.get({name: job.name}).catch(({status}) => status);
  console.log(JSON.stringify({job, listed, ended, gone}));
`;

test('@google/genai in Vertex mode creates, lists, gets, cancels and deletes batch jobs', async () => {
  const emulator = await emulatorWithInput();
  const {PATH = ''} = process.env;
  const env = {PATH, URL_OF_EMULATOR: emulator.url, CREDENTIALS: await credentials(emulator.url)};
  const args = ['--input-type=module', '-e', SCRIPT];
  const {stdout} = await promisify(execFile)(process.execPath, args, {cwd: ROOT, env});
  const name: unknown = expect.stringMatching(
    /^projects\/\d+\/locations\/global\/batchPredictionJobs\/\d+$/u,
  );
  expect(JSON.parse(stdout)).toMatchObject({
    job: {name, state: 'JOB_STATE_RUNNING', displayName: 'one'},
    listed: [name],
    ended: {name, state: 'JOB_STATE_CANCELLED', completionStats: {successfulCount: '2'}},
    gone: 404,
  });
  expect(emulator.control.paid()).toMatchObject([{request_count: 4}]);
});

/** A file of workload identity federation whose tokens come from the emulator. */
async function credentials(url: string): Promise<string> {
  const folder = await tempDir();
  const file = join(folder, 'subject-token');
  await writeFile(file, 'a-token-of-a-ci-system');
  const path = join(folder, 'credentials.json');
  const content = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/token`,
    credential_source: {file},
  };
  await writeFile(path, JSON.stringify(content));
  return path;
}
