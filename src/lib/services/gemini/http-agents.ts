/**
 * The connections that requests are sent on. They are kept open and used again, those of downloads apart from the others:
 * a download reads in large pieces, into memory that is used again and again. Node takes new memory for every 64 KiB, and
 * on a quick connection that is half of what a download costs.
 */
import {Agent as HttpAgent} from 'node:http';
import {Agent as HttpsAgent} from 'node:https';
import type {OnReadOpts} from 'node:net';
import type {Duplex} from 'node:stream';

/** Bytes that a socket holds ready: Node's own 16 KiB cost a turn of the event loop each. */
const SOCKET_BUFFER_BYTES = 1024 * 1024;
const OPTIONS = {keepAlive: true, maxSockets: 64, highWaterMark: SOCKET_BUFFER_BYTES};
/** The most that a download reads at once. */
const PIECE_BYTES = 256 * 1024;

type Connect = HttpAgent['createConnection'];

class BulkHttpAgent extends HttpAgent {
  override createConnection(...[options, onCreate]: Parameters<Connect>): ReturnType<Connect> {
    return connectInPieces((reading) => super.createConnection({...options, ...reading}, onCreate));
  }
}

class BulkHttpsAgent extends HttpsAgent {
  override createConnection(...[options, onCreate]: Parameters<Connect>): ReturnType<Connect> {
    return connectInPieces((reading) => super.createConnection({...options, ...reading}, onCreate));
  }
}

/**
 * Connects, and has what comes read into one piece of memory. The HTTP client listens to `data`, and copies what is to last.
 * https://nodejs.org/api/net.html#new-netsocketoptions
 */
function connectInPieces(connect: (reading: {onread: OnReadOpts}) => Duplex | null | undefined): Duplex {
  const onread: OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(PIECE_BYTES),
    callback(length, piece) {
      socket.emit('data', piece.subarray(0, length));
      return true;
    },
  };
  const made = connect({onread});
  if (!made) throw new TypeError('Node makes a connection at once.');
  const socket = made;
  return socket;
}

const KEPT = {'http:': new HttpAgent(OPTIONS), 'https:': new HttpsAgent(OPTIONS)};
const BULK = {'http:': new BulkHttpAgent(OPTIONS), 'https:': new BulkHttpsAgent(OPTIONS)};

/** How a request is connected: over what is kept open, over a new connection, or over one that is read in large pieces. */
export type Connection = 'kept' | 'new' | 'bulk';

/** The agent for a request; false for a connection of its own. */
export function agentFor(protocol: 'http:' | 'https:', connection: Connection): HttpAgent | false {
  if (connection === 'new') return false;
  return (connection === 'bulk' ? BULK : KEPT)[protocol];
}
