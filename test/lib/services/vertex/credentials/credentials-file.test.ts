import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {readCredentials} from '../../../../../src/lib/services/vertex/credentials/credentials-file.js';
import {tempDir} from '../../../../helpers/temp-dir.js';

const ACCOUNT = {type: 'service_account', client_email: 'a@b', private_key: 'key-of-mine'};

describe('a file of credentials', () => {
  test('is taken when it has what its kind needs', async () => {
    const path = join(await tempDir(), 'credentials.json');
    await writeFile(path, JSON.stringify(ACCOUNT));
    expect(readCredentials(path)).toEqual(ACCOUNT);
  });

  test.each([
    ['', 'is empty'],
    [JSON.stringify(ACCOUNT).slice(0, -5), 'is cut off: its JSON has no end'],
    ['key-of-mine', 'is not JSON'],
    ['\u0000\u0001', 'is not JSON'],
    ['["key-of-mine"]', 'is no file of credentials: it has no object'],
    ['null', 'is no file of credentials: it has no object'],
    ['{"installed": {"client_secret": "key-of-mine"}}', 'describes an OAuth client'],
    ['{"client_email": "key-of-mine"}', 'has no "type"; known are service_account, authorized_user'],
    ['{"type": "somebody"}', 'has the type "somebody"; known are'],
    ['{"type": "toString"}', 'has the type "toString"; known are'],
    ['{"type": "service_account", "client_email": "key-of-mine"}', 'lacks "private_key"'],
    [
      '{"type": "authorized_user", "client_id": "c", "refresh_token": ""}',
      'lacks "client_secret", "refresh_token"',
    ],
    [
      '{"type": "external_account", "audience": "key-of-mine"}',
      'lacks "subject_token_type", "token_url", "credential_source"',
    ],
  ])('with %j is an error that says so and shows nothing of it', async (content, text) => {
    const path = join(await tempDir(), 'credentials.json');
    await writeFile(path, content);
    const message = messageFor(path);
    expect(message).toContain(`${path} ${text}`);
    expect(message).not.toContain('of-mine');
  });

  test('that is a folder, or not there, is an error that says so', async () => {
    const folder = await tempDir();
    await mkdir(join(folder, 'credentials.json'));
    expect(messageFor(join(folder, 'credentials.json'))).toContain('cannot be read (it is a folder)');
    expect(messageFor(join(folder, 'none.json'))).toContain('none.json is not there');
  });
});

function messageFor(path: string): string {
  try {
    readCredentials(path);
  } catch (error) {
    return String(error);
  }
  return '';
}
