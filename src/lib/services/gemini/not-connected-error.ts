/** A connection that was never made: nothing of the request has left this machine. `cause` says why. */
export class NotConnectedError extends Error {}
