/**
 * The commands in the order in which a person comes to need them. A topic, such as `emulator`, stands for its commands.
 */
export const JOURNEY: readonly {readonly title: string; readonly commands: readonly string[]}[] = [
  {title: 'Start', commands: ['init', 'doctor', 'prepare', 'submit', 'run']},
  {title: 'Watch', commands: ['poll', 'list', 'show']},
  {title: 'Results', commands: ['results', 'report']},
  {title: 'Money', commands: ['estimate', 'cost', 'models']},
  {title: 'Repair', commands: ['retry', 'cancel', 'cleanup']},
  {title: 'Tools', commands: ['config', 'emulator', 'autocomplete', 'help', 'adopt']},
];

/** Ids that `JOURNEY` lists, in its order. */
export const JOURNEY_ORDER: readonly string[] = JOURNEY.flatMap(({commands}) => commands);
