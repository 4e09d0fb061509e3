import {afterEach} from '@jest/globals';

// oclif reports a failed command through process.exitCode; a test that runs one in process must not fail the whole run.
afterEach(() => {
  process.exitCode = undefined;
});

// Jest decorates console output with source positions; what a command prints must reach its reader unchanged.
globalThis.console = (await import('node:console')).default;
