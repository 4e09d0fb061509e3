import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {buffer} from 'node:stream/consumers';
import {gunzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {ROOT} from '../helpers/run-cli.js';

interface Component {
  readonly type: string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly unknown[];
}

const sbom = JSON.parse(await readFile(join(ROOT, 'dist/sbom.cdx.json'), 'utf8')) as {
  metadata: {component: Component};
  components: readonly Component[];
};

const fullName = ({group, name}: Component): string => (group ? `${group}/${name}` : name);

describe('the bill of materials', () => {
  test('has what CycloneDX 1.6 requires', async () => {
    expect(sbom).toMatchObject({bomFormat: 'CycloneDX', specVersion: '1.6', version: 1});
    const {version} = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {version: string};
    expect(sbom.metadata.component).toMatchObject({type: 'application', name: 'gembatch', version});
    const known = expect.arrayContaining([
      {
        license: {
          id: expect.stringMatching(/^(?:MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0)$/u),
        },
      },
    ]);
    for (const component of sbom.components) {
      const {version: own, purl} = component;
      expect(component).toMatchObject({type: 'library', licenses: known});
      expect(decodeURIComponent(purl)).toBe(`pkg:npm/${fullName(component)}@${own}`);
    }
    const ids = sbom.components.map(({purl}) => purl);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('names the packages whose licences are passed on, in the versions of the lock file', async () => {
    const notices = await readFile(join(ROOT, 'dist/third-party-notices.txt'), 'utf8');
    const {packages} = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, {version?: string}>;
    };
    const locked = new Set(
      Object.entries(packages).map(([path, {version}]) => `${path.split('node_modules/').pop()}@${version}`),
    );
    for (const component of sbom.components) {
      expect(notices).toContain(`${fullName(component)} ${component.version} (`);
      expect(locked).toContain(`${fullName(component)}@${component.version}`);
    }
    expect(sbom.components.map(fullName)).toEqual(
      expect.arrayContaining(['@google/genai', '@oclif/core', 'undici']),
    );
  });
});

describe('the audit of what is bundled', () => {
  let server: Server | undefined;
  let cache: string;

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'gembatch-audit-cache-'));
  });

  afterEach(async () => {
    server?.closeAllConnections();
    server?.close();
    await rm(cache, {recursive: true, force: true});
  });

  /** Audits against a registry of this test. */
  async function audit(advisories: unknown): Promise<{code: number; asked: string[]; output: string}> {
    const asked: string[] = [];
    server = createServer((request, response) => {
      void buffer(request).then((sent) => {
        if (advisories === undefined || request.method !== 'POST') return response.writeHead(405).end('{}');
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
        asked.push(...Object.keys(JSON.parse(body.toString()) as object));
        return response.setHeader('content-type', 'application/json').end(JSON.stringify(advisories));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = {
      ...process.env,
      npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      npm_config_fetch_retries: '0',
      npm_config_cache: cache,
    };
    return new Promise((resolve) => {
      const script = join(ROOT, 'scripts/audit-bundled.js');
      execFile(process.execPath, [script], {env}, (error, stdout, stderr) => {
        resolve({code: error ? Number(error.code) : 0, asked, output: stdout + stderr});
      });
    });
  }

  test('asks about every bundled package', async () => {
    const {code, asked} = await audit({});
    expect({code, asked: asked.toSorted()}).toEqual({
      code: 0,
      asked: Array.from(new Set(sbom.components.map(fullName))).toSorted(),
    });
  });

  test('fails when one of them has a known vulnerability', async () => {
    const advisory = {id: 1, title: 'Reads too far', url: 'https://advisories.example/1', severity: 'high'};
    const {code, output} = await audit({
      undici: [{...advisory, vulnerable_versions: '<99', cwe: [], cvss: {}}],
    });
    expect({code, output}).toEqual({
      code: 1,
      output: expect.stringContaining('undici (high): Reads too far'),
    });
  });

  test('does not pass when the registry cannot be asked', async () => {
    const {code, output} = await audit(undefined);
    expect({code, output}).toEqual({code: 75, output: expect.stringContaining('Not audited')});
  });
});
