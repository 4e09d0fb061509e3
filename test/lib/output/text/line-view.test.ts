import {expect, test} from '@jest/globals';
import {createLineView} from '../../../../src/lib/output/text/line-view.js';
import {fakeTerminal} from '../fake-terminal.js';

test('lines are broken between words on a terminal', () => {
  const screen = {stdout: fakeTerminal(), stderr: fakeTerminal(), env: {}};
  screen.stdout.columns = 20;
  screen.stderr.columns = 20;
  const view = createLineView(screen, 'live');
  view.say(['a job that was deleted']);
  view.warn('a job that was not');
  expect([screen.stdout.text, screen.stderr.text]).toEqual([
    'a job that was\ndeleted\n',
    'Warning: a job that\nwas not\n',
  ]);
});
