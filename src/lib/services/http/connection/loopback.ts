const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u;

/** Whether a URL leads to this machine: nobody can listen in there, and no proxy is needed. */
export function isLoopback({hostname}: URL): boolean {
  return LOOPBACK.test(hostname);
}
