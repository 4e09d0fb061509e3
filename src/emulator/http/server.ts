/**
 * A local Gemini Batch API over real HTTP, for trying things out and for tests.
 *
 * It listens on this machine alone, keeps what is uploaded in a temporary folder, and knows what was paid for.
 */
import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import {EmulatorControl} from '../control/control.js';
import {handleRequest} from './request-handler.js';
import {ServiceState, type ServiceStateOptions} from '../service-state.js';

export interface EmulatorOptions extends ServiceStateOptions {
  /** 0, which is the default, takes a free one. */
  readonly port?: number;
  /** How long the head of a request may take, in real milliseconds; by default half a minute. */
  readonly headMs?: number;
}

export interface Emulator {
  /** `http://127.0.0.1:<port>`; goes where the service's base URL goes. */
  readonly url: string;
  readonly control: EmulatorControl;
  /** Ends it at once, open connections too, and removes its files. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Longer than clients keep an idle connection, so that it is never cut just when one is about to use it. */
const KEEP_ALIVE_MS = 300_000;

/** A connection that is silent for this long is closed. */
const IDLE_MS = 600_000;

/** A request whose head is not there by then is cut off, so that no client holds a connection open with a byte now and then. */
const HEAD_MS = 30_000;

/** The same for a whole request: an upload may take its time, but not for ever. */
const REQUEST_MS = 3_600_000;

/** More than a herd of clients opens, and fewer than the files that Node.js may have open as a rule. */
const MAX_CONNECTIONS = 2_000;

/** Bytes that a connection holds ready: Node's own 16 KiB cost a turn of the event loop each. */
const SOCKET_BUFFER_BYTES = 256 * 1024;

/** Of one request, names and values together. */
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * Starts an emulator.
 *
 * @throws the error of the operating system when the port cannot be used.
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const service = await ServiceState.create(options);
  const control = new EmulatorControl(service);
  const limits = {
    headersTimeout: options.headMs ?? HEAD_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: (options.headMs ?? HEAD_MS) / 2,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
    highWaterMark: SOCKET_BUFFER_BYTES,
  };
  const server = createServer(limits, (request, response) => {
    void handleRequest({service, control, request, response, origin: originOf(server)});
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(IDLE_MS);
  server.listen(options.port ?? 0, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    await service.destroy();
    throw error;
  }
  return {url: originOf(server), control, close: () => close(server, service)};
}

function originOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('The emulator does not listen on a port.');
  return `http://${HOST}:${address.port}`;
}

async function close(server: Server, service: ServiceState): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
  await service.destroy();
}
