import * as Args from '@oclif/core/args';

/** The jobs that a command is about, by request file, folder, pattern or name; none stands for all. */
export function jobsArgument(description = 'request files or batch jobs [default: all]') {
  return Args.string({description, multiple: true, required: false});
}
