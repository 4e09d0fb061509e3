import {describe, expect, test} from '@jest/globals';
import {withoutMedia} from '../../../../src/lib/domain/result/without-media.js';

const LONG = 'iVBORw0K'.repeat(4_096);

function rowWith(...parts: readonly object[]): string {
  return JSON.stringify({key: 'a', response: {candidates: [{content: {parts}, finishReason: 'STOP'}]}});
}

function rest(row: string): string {
  return Buffer.from(withoutMedia(Buffer.from(row))).toString('utf8');
}

describe('withoutMedia', () => {
  test('leaves the start of long data, and all else as it is', () => {
    const row = (data: string): string =>
      rowWith(
        {text: 'é', inlineData: {mimeType: 'image/png', data}},
        {inlineData: {data, mimeType: 'a/b'}},
        {functionCall: {args: {data: LONG}}},
        {text: LONG},
      );
    expect(rest(row(LONG))).toBe(row('iVBO'));
  });

  test.each([
    ['short data', rowWith({inlineData: {data: 'iVBORw0K'}}, {text: LONG})],
    ['data with escapes', rowWith({inlineData: {data: LONG}}).replaceAll('iVBO', String.raw`iVB\/`)],
    ['what is not JSON', rowWith({inlineData: {data: LONG}}).slice(0, -1)],
    ['inline data that are no object', rowWith({inlineData: [{data: LONG}]})],
  ])('leaves %s as they are', (_, row) => {
    expect(rest(row)).toBe(row);
  });
});
