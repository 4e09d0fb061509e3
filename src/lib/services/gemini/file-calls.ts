import type {SdkCall} from './sdk-calls.js';

/** The call that looks a file up. */
export function fileLookUp(name: string): SdkCall {
  return {name, subject: 'file', resource: name, make: (ai, config) => ai.files.get({name, config})};
}

/** The call that deletes a file. */
export function fileDeletion(name: string): SdkCall {
  return {
    name: `deletion of ${name}`,
    subject: 'file',
    resource: name,
    make: (ai, config) => ai.files.delete({name, config}),
  };
}
