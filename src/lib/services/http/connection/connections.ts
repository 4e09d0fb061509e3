import type {Socket} from 'node:net';
import {isLoopback} from './loopback.js';
import {proxyTunnels} from './proxy-tunnels.js';
import type {Proxies} from './proxy-variables.js';
import {Agent, buildConnector, EnvHttpProxyAgent, type Dispatcher} from './undici.js';

/** How long a connection may take to be made, in milliseconds; the way through a proxy included. */
export const CONNECT_TIMEOUT_MS = 8_000;

/**
 * Bytes that a socket holds ready. With more of them pieces outlive a collection of garbage, and a quick download then costs
 * one collection of all memory after the other.
 */
const SOCKET_BUFFER_BYTES = 64 * 1024;

const CONNECT = {timeout: CONNECT_TIMEOUT_MS, highWaterMark: SOCKET_BUFFER_BYTES};
/** undici's clock for the head of an answer would count the sending of a large body as waiting for it. */
const OPTIONS = {headersTimeout: 0};

/**
 * The connections of a client: kept open and used again, or made for one request. What goes to this machine never goes
 * through a proxy; for the rest `NO_PROXY` counts, too.
 */
export class Connections {
  readonly #proxies: Proxies;
  /** The proxy that connects to a `host:port`, once it was asked to. */
  readonly #proxyByTarget = new Map<string, string>();
  /** Those that are not made yet. They keep the process alive, even when no request waits for them any more. */
  readonly #pending = new Set<Socket>();
  readonly #options = {...OPTIONS, connect: this.#connector()};
  readonly #direct = new Agent(this.#options);
  readonly #proxied: Dispatcher;

  constructor(proxies: Proxies) {
    this.#proxies = proxies;
    this.#proxied = this.#throughProxies();
  }

  /** What requests to a URL are sent over. */
  kept(url: URL): Dispatcher {
    return isLoopback(url) ? this.#direct : this.#proxied;
  }

  /** As `kept`, over a connection of its own; the caller destroys it. */
  fresh(url: URL): Dispatcher {
    return isLoopback(url) ? new Agent(this.#options) : this.#throughProxies();
  }

  /** The proxy that requests to a URL go through, without its password; undefined before the first, or for none. */
  proxyOf(url: URL): string | undefined {
    return this.#proxyByTarget.get(
      `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`,
    );
  }

  /** Gives up the connections that are not made yet. */
  close(): void {
    for (const socket of this.#pending) socket.destroy();
  }

  #connector(): buildConnector.connector {
    const connector = buildConnector(CONNECT);
    return (options, callback) => {
      // It returns the socket; its types do not say so.
      const socket = connector(options, (...result) => {
        if (socket !== undefined) this.#pending.delete(socket);
        callback(...result);
      }) as unknown as Socket | undefined;
      if (socket !== undefined) this.#pending.add(socket);
    };
  }

  #throughProxies(): Dispatcher {
    return new EnvHttpProxyAgent({
      ...this.#options,
      ...this.#proxies,
      requestTls: CONNECT,
      proxyTls: CONNECT,
      clientFactory: (proxy, options) =>
        proxyTunnels(proxy, options, (target, name) => this.#proxyByTarget.set(target, name)),
    });
  }
}
