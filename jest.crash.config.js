import base from './jest.config.js';

/** The crash suite alone; `npm run test:crash` runs it. */
export default {
  ...base,
  testPathIgnorePatterns: [],
  roots: ['<rootDir>/.build/test/crash'],
  // Each command has a process of its own here.
  testEnvironment: 'node',
  reporters: ['default', '<rootDir>/.build/test/crash/support/reporter.js'],
  verbose: true,
};
