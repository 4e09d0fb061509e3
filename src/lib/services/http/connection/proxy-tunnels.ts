import {ProxyError} from './connection-error.js';
import {Pool, type Dispatcher} from './undici.js';

type Connect = (options: Omit<Dispatcher.ConnectOptions, 'origin'>) => Promise<Dispatcher.ConnectData>;

/**
 * Connections to a proxy, through which it is asked to connect to others (CONNECT). Their errors say what the proxy did:
 * undici's own name no proxy, and one that it takes for a broken connection it meets by trying for ever.
 *
 * @param proxy - its URL, which may hold a password.
 * @param onTunnel - called for each connection that is asked for: `host:port`, and the proxy without its password.
 */
export function proxyTunnels(
  proxy: URL,
  options: Pool.Options,
  onTunnel: (target: string, proxy: string) => void,
): Dispatcher {
  const pool = new Pool(proxy.origin, options);
  const connect: Connect = pool.connect.bind(pool);
  const tunnel: Connect = async (target) => {
    onTunnel(target.path, proxy.origin);
    const answer = await connect(target).catch((cause: unknown) => {
      throw new ProxyError(`the proxy ${proxy.origin} cannot be reached: ${reasonOf(cause)}`, {
        cause,
        isFinal: false,
      });
    });
    if (answer.statusCode === 200) return answer;
    answer.socket.on('error', () => undefined).destroy();
    throw refusal(proxy.origin, answer.statusCode);
  };
  // undici calls it with a promise in mind, never with a callback.
  return Object.assign(pool, {connect: tunnel});
}

function refusal(proxy: string, status: number): ProxyError {
  return status === 407
    ? new ProxyError(
        `the proxy ${proxy} asks for a user name and a password, or refuses the given ones (407)`,
        {
          isFinal: true,
        },
      )
    : new ProxyError(`the proxy ${proxy} refused to connect (${status})`, {isFinal: false});
}

function reasonOf(cause: unknown): string {
  const {code, message} = cause as {code?: unknown; message?: unknown};
  return typeof code === 'string' && !code.startsWith('UND_ERR_') ? code : String(message);
}
