/** A connection that was never made: nothing of the request has left this machine. `cause` says why. */
export class NotConnectedError extends Error {}

/** A proxy that could not be reached, or refused to connect. Its message names the proxy. */
export class ProxyError extends Error {
  /** Whether asking again would not help. */
  readonly isFinal: boolean;

  constructor(message: string, options: ErrorOptions & {isFinal: boolean}) {
    super(message, options);
    this.isFinal = options.isFinal;
  }
}
