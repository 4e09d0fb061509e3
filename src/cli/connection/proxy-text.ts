import {isLoopback} from '../../lib/services/http/connection/loopback.js';
import {proxiesFrom} from '../../lib/services/http/connection/proxy-variables.js';

/**
 * Which proxy requests to an address go through, in words and without its password.
 *
 * @throws GembatchError USAGE for a variable that names no proxy.
 */
export function proxyText(
  address: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(address);
  const {httpProxy, httpsProxy} = proxiesFrom(environment);
  const proxy = url.protocol === 'https:' ? httpsProxy : httpProxy;
  if (proxy === '') return 'none';
  if (isLoopback(url)) return 'not used, because the service is on this machine';
  const exceptions = environment['no_proxy'] || environment['NO_PROXY'];
  return `${new URL(proxy).host}${exceptions ? `, but not for ${exceptions}` : ''}`;
}
