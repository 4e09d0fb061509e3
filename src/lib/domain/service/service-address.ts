/**
 * The address of a service as records have it; undefined for Google's own.
 *
 * @param url - where calls go, without user name, password, query and fragment.
 */
export function recordedAddress(url: string): string | undefined {
  const {origin, hostname, pathname} = new URL(url);
  if (hostname.endsWith('.googleapis.com')) return undefined;
  return origin + pathname.replace(/\/+$/u, '');
}

/**
 * Whether a job or a create is of the service at this address. What was made at an emulator or a stand-in exists nowhere
 * else; of everything else the address does not tell, as a gateway leads to Google too.
 */
export function isOfService(
  {service_url: url}: {readonly service_url?: string},
  address: string | undefined,
): boolean {
  return url === undefined || url === address;
}
