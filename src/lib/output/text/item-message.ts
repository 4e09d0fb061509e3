/**
 * A message about a file or job without the name that it begins with, for a line that has the name already:
 * `001.jsonl has changed` becomes `has changed`.
 */
export function withoutName(message: string, name: string): string {
  const start = [`${name}: `, `${name} `].find((text) => message.startsWith(text)) ?? '';
  return message.slice(start.length);
}

/** A message about a file or job with its name in front, unless it begins with that, or with a place in the file. */
export function withName(message: string, name: string): string {
  return message.startsWith(`${name}:`) || message.startsWith(`${name} `) ? message : `${name}: ${message}`;
}
