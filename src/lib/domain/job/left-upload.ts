/** What a person should know of an uploaded file that no batch job needs and that is still there. */
export function leftUpload(fileName: string, error: Error): string {
  return `The uploaded file ${fileName} could not be deleted (${error.message}); the service deletes it after 48 hours.`;
}
