import {describe, expect, test} from '@jest/globals';
import {vertexFindings} from '../../../../../src/lib/domain/request/findings/vertex-findings.js';

const CONTENTS = [{role: 'user', parts: [{text: 'hi'}]}];

describe('a request for Vertex AI', () => {
  test.each([
    [{contents: CONTENTS, tools: [{googleSearch: {}}]}, 'request.tools.0.googleSearch', 'excludeDomains'],
    [{contents: CONTENTS, generationConfig: {}}, 'request.generationConfig', 'empty object'],
    [{contents: CONTENTS, cached_content: 'cachedContents/a'}, 'request.cached_content', 'cached_content'],
    [
      {contents: [{role: 'user', parts: [{fileData: {fileUri: 'files/abc'}}]}]},
      'request.contents.0.parts.0.fileData.fileUri',
      'gs://',
    ],
  ])('%j is refused', (request, path, text) => {
    const findings = [...vertexFindings(request)];
    expect(findings).toMatchObject([
      {severity: 'problem', rule: 'vertex', text: expect.stringContaining(text)},
    ]);
    expect(findings[0]?.path.join('.')).toBe(path);
  });

  test.each([
    {contents: CONTENTS},
    {contents: CONTENTS, tools: [{googleSearch: {excludeDomains: ['example.com']}}], safetySettings: []},
    {contents: [{role: 'user', parts: [{fileData: {fileUri: 'gs://bucket/a.png'}}]}], cachedContent: null},
  ])('%j is taken', (request) => {
    expect([...vertexFindings(request)]).toEqual([]);
  });

  test('without a role has a warning', () => {
    expect([...vertexFindings({contents: [{parts: [{text: 'hi'}]}]})]).toMatchObject([{severity: 'warning'}]);
  });
});
