/**
 * Google's SDK for Python in Vertex mode drives the emulator: `GEMBATCH_PYTHON` names a Python that has google-genai;
 * `npm run test:foreign` makes one.
 */
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect, test} from '@jest/globals';
import {emulatorWithInput} from './vertex-input.js';

const PYTHON = process.env['GEMBATCH_PYTHON'] ?? '';

const SCRIPT = `
import json, os, urllib.request
from google import genai
from google.oauth2.credentials import Credentials
url = os.environ['URL_OF_EMULATOR']
client = genai.Client(vertexai=True, project='my-project', location='global', credentials=Credentials(token='t'),
                      http_options={'base_url': url})
job = client.batches.create(model='gemini-2.5-flash-lite', src='gs://bucket/in.jsonl',
                            config={'display_name': 'one', 'dest': 'gs://bucket/out'})
other = client.batches.create(model='gemini-2.5-flash-lite', src='gs://bucket/in.jsonl', config={'dest': 'gs://bucket/out2'})
listed = [each.name for each in client.batches.list(config={'page_size': 1, 'filter': 'display_name="one"'})]
both = [each.name for each in client.batches.list(config={'page_size': 1})]
request = urllib.request.Request(url + '/emulator/clock', data=b'{"advance_ms": 500}', method='POST')
urllib.request.urlopen(request).read()
client.batches.cancel(name=job.name)
ended = client.batches.get(name=job.name)
request = urllib.request.Request(url + '/emulator/clock', data=b'{"advance_ms": 1000}', method='POST')
urllib.request.urlopen(request).read()
done = client.batches.get(name=other.name)
client.batches.delete(name=job.name)
try:
    gone = client.batches.get(name=job.name).name
except genai.errors.ClientError as error:
    gone = error.code
print(json.dumps({'name': job.name, 'state': job.state.name, 'display_name': job.display_name, 'listed': listed,
    'both': len(both), 'ended': ended.state.name, 'done': done.state.name, 'dest': done.dest.gcs_uri,
    'counts': ended.completion_stats.successful_count, 'gone': gone}))
`;

const testIfThere = PYTHON === '' ? test.skip : test;

testIfThere(
  'google-genai creates, lists, gets, cancels and deletes batch jobs (skipped without GEMBATCH_PYTHON)',
  async () => {
    const emulator = await emulatorWithInput();
    const {PATH = ''} = process.env;
    const env = {PATH, URL_OF_EMULATOR: emulator.url};
    const {stdout} = await promisify(execFile)(PYTHON, ['-c', SCRIPT], {env});
    const name: unknown = expect.stringMatching(
      /^projects\/\d+\/locations\/global\/batchPredictionJobs\/\d+$/u,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      name,
      state: 'JOB_STATE_RUNNING',
      display_name: 'one',
      listed: [name],
      both: 2,
      ended: 'JOB_STATE_CANCELLED',
      done: 'JOB_STATE_SUCCEEDED',
      dest: 'gs://bucket/out2',
      counts: 2,
      gone: 404,
    });
    expect(emulator.control.paid()).toMatchObject([{request_count: 4}, {request_count: 4}]);
  },
);
