import {ownCommand} from '../program-name.js';
import {serviceOfFile} from '../service/service-of.js';

/** What a person should know of an uploaded file that no batch job needs and that is still there. */
export function uploadNotDeleted(fileName: string, error: Error): string {
  const end =
    serviceOfFile(fileName) === 'vertex'
      ? `to delete it later: ${ownCommand('cleanup')}`
      : 'the service deletes it after 48 hours.';
  return `The uploaded file ${fileName} could not be deleted (${error.message}); ${end}`;
}
