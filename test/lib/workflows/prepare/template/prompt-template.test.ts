import {expect, test} from '@jest/globals';
import {Liquid} from 'liquidjs';
import {PromptTemplate} from '../../../../../src/lib/workflows/prepare/template/prompt-template.js';

const VALUES = {a: 'x {{ b }} $& }', b: '', empty: 'full', row: 'r', n: 7, 'c-d': 'dash', list: ['1', '2']};

// The shorter way, which is taken for templates that only name columns, must say the same.
test.each([
  'no column',
  '{{ a }}',
  'Rate {{a}}: {{ b }}{{ a }}\n',
  '{{ a }} } { {{ b }}',
  '{ {{ a }} }',
  '{{ empty }}{{ true }}{{ nil }}|{{ blank }}',
  '{{ row }}',
  '{{ n }} and {{ a }}',
  '{{ c-d }}',
  '  {{- a -}}  ',
  '{{ a | upcase }} {{ list }}',
  '{% if a %}{{ b }}{% endif %}',
  '{% raw %}{{ a }}{% endraw %}',
  '{{ "a" }} {{ gone }}',
  '{# {{ a }} #}',
])('the template %j says what Liquid says', async (text) => {
  const template = await PromptTemplate.parse('--prompt', text);
  const said: unknown = new Liquid({ownPropertyOnly: true}).parseAndRenderSync(text, VALUES);
  expect(template.render(VALUES)).toBe(said);
});
