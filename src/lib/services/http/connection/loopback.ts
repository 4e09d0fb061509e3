const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u;

/** Whether a URL leads to this machine, where nobody listens in and no proxy is of use. */
export function isLoopback({hostname}: URL): boolean {
  return LOOPBACK.test(hostname);
}
