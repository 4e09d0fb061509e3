/** Of the name of a request file; the address of an object has room for 1,024 bytes. */
const LONGEST_NAME = 100;

/**
 * The folder in a place in Cloud Storage, `gs://…/`, in which the results of the jobs of one request file stay, each in a folder of
 * its own. Characters that tools of the shell take for patterns are replaced.
 *
 * @param place - `gs://BUCKET` or `gs://BUCKET/FOLDER`.
 */
export function placeOfJobs(place: string, inputFile: string): string {
  const name = inputFile
    .slice(inputFile.lastIndexOf('/') + 1)
    .replace(/\.jsonl$/u, '')
    .replaceAll(/[^\p{L}\p{N}_.-]+/gu, '_')
    .slice(0, LONGEST_NAME);
  return `${place.replace(/\/+$/u, '')}/${/^\.*$/u.test(name) ? 'results' : name}/`;
}
