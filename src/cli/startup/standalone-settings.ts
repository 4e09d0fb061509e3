import type {PJSON} from '@oclif/core/interfaces';

/**
 * The settings of oclif for the command line of its own. package.json has those of a plugin: what belongs to a command line
 * as a whole (its help, completion, the answer to an unknown command) is that of the other one there.
 *
 * @param pjson - of the package.
 * @returns the same with paths relative to `dist`.
 */
export function standaloneSettings(pjson: PJSON): PJSON {
  return {
    ...pjson,
    oclif: {
      ...pjson.oclif,
      commands: {strategy: 'explicit', target: './all-commands.js', identifier: 'STANDALONE_COMMANDS'},
      helpClass: {target: './standalone.js', identifier: 'JourneyHelp'},
      hooks: {command_not_found: ['./command-not-found.js']},
      additionalHelpFlags: ['-h'],
      additionalVersionFlags: ['-v', 'version'],
    },
  };
}
