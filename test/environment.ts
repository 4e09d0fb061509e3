import {TestEnvironment} from 'jest-environment-node';
import {CommandHosts} from './helpers/command-host/command-hosts.js';

// A Jest worker loads this module once, and each of its test files gets an environment: so all of them share the hosts.
const commandHosts = new CommandHosts();

/** Node, with the command hosts of the worker. */
export default class CommandHostEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    if (process.env['GEMBATCH_TEST_PROCESSES'] !== 'own') Object.assign(this.global, {commandHosts});
  }
}
