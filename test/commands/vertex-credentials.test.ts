/** Every kind of Google Cloud credentials, by the real command at Google's own addresses, which a proxy leads to the emulator. */
import {generateKeyPairSync} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {Emulator} from '../../src/emulator/http/server.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {useConnectProxy, type ConnectProxy} from '../helpers/connect-proxy.js';
import {useRenamingFront} from '../helpers/renaming-front.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {CERTIFICATE, useTlsFront} from '../helpers/tls-front.js';
import {useEmulator} from '../helpers/use-emulator.js';

const TOKEN_HOST = 'oauth2.googleapis.com:443';

interface Cloud {
  readonly cwd: string;
  readonly emulator: Emulator;
  readonly proxy: ConnectProxy;
  readonly submit: (env?: Readonly<Record<string, string>>) => Promise<CliResult>;
  /** Writes a file of credentials. @returns its path. */
  readonly file: (content: unknown) => Promise<string>;
}

async function cloud(): Promise<Cloud> {
  const cwd = await tempDir();
  await requestFiles(cwd, 1);
  // The placeholder of addresses of this machine is not taken here.
  const {emulator} = await useEmulator({seed: 1, speed: 0, behaviour: {invalid_keys: ['emulator']}});
  const proxy = await useConnectProxy(await useTlsFront(await useRenamingFront(emulator.url)));
  const submit = (env: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
    runCli(['submit', '001.jsonl', '-m', 'gemini-2.5-flash-lite', '--vertex', '--bucket', 'gs://my-bucket'], {
      cwd,
      nodeArgs: FAST_CLOCK,
      env: {
        GEMBATCH_TEST_SPEED: '1',
        GOOGLE_CLOUD_PROJECT: 'my-project',
        HTTPS_PROXY: proxy.url,
        NODE_EXTRA_CA_CERTS: CERTIFICATE,
        ...env,
      },
    });
  const file = async (content: unknown): Promise<string> => {
    const path = join(cwd, 'credentials.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  return {cwd, emulator, proxy, submit, file};
}

const SERVICE_ACCOUNT = {
  type: 'service_account',
  project_id: 'my-project',
  private_key_id: 'abc',
  private_key: generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }),
  client_email: 'robot@my-project.iam.gserviceaccount.com',
  client_id: '1',
  token_uri: 'https://oauth2.googleapis.com/token',
};

const USER = {type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r'};

function federation(file: string): unknown {
  return {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/token',
    credential_source: {file},
  };
}

function expectPaid({emulator}: Cloud, {code, stderr}: CliResult): void {
  expect({code, stderr: code === 0 ? '' : stderr}).toEqual({code: 0, stderr: ''});
  expect(emulator.control.paid()).toHaveLength(1);
  expect(emulator.control.counts()['credentials']).toBeGreaterThan(0);
}

describe('a submit to Vertex AI signs in', () => {
  test('with the key of a service account', async () => {
    const there = await cloud();
    const path = await there.file(SERVICE_ACCOUNT);
    expectPaid(there, await there.submit({GOOGLE_APPLICATION_CREDENTIALS: path}));
    expect(there.proxy.asked).toContain(TOKEN_HOST);
  });

  test('as whom gcloud has signed in', async () => {
    const there = await cloud();
    const folder = join(there.cwd, '.home/.config/gcloud');
    await mkdir(folder, {recursive: true});
    await writeFile(join(folder, 'application_default_credentials.json'), JSON.stringify(USER));
    expectPaid(there, await there.submit());
    expect(there.proxy.asked).toContain(TOKEN_HOST);
  });

  test('by workload identity federation', async () => {
    const there = await cloud();
    const subject = join(there.cwd, 'subject-token');
    await writeFile(subject, 'a-token-of-a-ci-system');
    const path = await there.file(federation(subject));
    expectPaid(there, await there.submit({GOOGLE_APPLICATION_CREDENTIALS: path}));
    expect(there.proxy.asked).toContain('sts.googleapis.com:443');
  });

  test('by the metadata server of its machine', async () => {
    const there = await cloud();
    const {host} = new URL(there.emulator.url);
    expectPaid(there, await there.submit({GCE_METADATA_HOST: host, NO_PROXY: '127.0.0.1'}));
    expect(there.proxy.asked).not.toContain(TOKEN_HOST);
  });
});
describe('a submit to Vertex AI that cannot sign in says why, and sends nothing', () => {
  test('where the file is cut off', async () => {
    const there = await cloud();
    const path = await there.file(JSON.stringify(SERVICE_ACCOUNT).slice(0, 500));
    const {code, stderr} = await there.submit({GOOGLE_APPLICATION_CREDENTIALS: path});
    expect([code, stderr]).toEqual([EXIT.credentials, expect.stringContaining(`${path} is cut off`)]);
    expect(stderr).not.toContain('PRIVATE KEY');
    expect(there.emulator.control.requests()).toEqual([]);
  });

  test('where Google does not take the credentials any more', async () => {
    const there = await cloud();
    const path = await there.file(USER);
    const body = {error: 'invalid_grant', error_description: 'Token has been expired or revoked.'};
    const fault = {kind: 'status', status: 400, body} as const;
    there.emulator.control.fault({on: 'credentials', times: null, fault});
    const {code, stderr} = await there.submit({GOOGLE_APPLICATION_CREDENTIALS: path});
    expect([code, stderr]).toEqual([
      EXIT.credentials,
      expect.stringMatching(/does not take the credentials in .*invalid_grant.*gcloud auth/su),
    ]);
    expect(there.emulator.control.paid()).toEqual([]);
  });

  test('where Google cannot be asked', async () => {
    const there = await cloud();
    const path = await there.file(USER);
    const {code, stderr} = await there.submit({
      GOOGLE_APPLICATION_CREDENTIALS: path,
      HTTPS_PROXY: 'http://127.0.0.1:1',
      // It is tried for five minutes.
      GEMBATCH_TEST_SPEED: '400',
    });
    expect([code, stderr]).toEqual([
      EXIT.service,
      expect.stringContaining("Google's sign-in cannot be reached (ECONNREFUSED); nothing was sent."),
    ]);
  });

  test('where there are none', async () => {
    const there = await cloud();
    const config = join(there.cwd, 'cloud-sdk');
    const {code, stderr} = await there.submit({GCE_METADATA_HOST: '127.0.0.1:1', CLOUDSDK_CONFIG: config});
    expect([code, stderr]).toEqual([
      EXIT.credentials,
      expect.stringContaining(
        `Tried: GOOGLE_APPLICATION_CREDENTIALS (not set), gcloud's ${config}/application_default_credentials.json (not there), the metadata server`,
      ),
    ]);
  });
});
