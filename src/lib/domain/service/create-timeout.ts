/**
 * How long a create may be under way before it is given up, in milliseconds. An intent tells when a create was about to
 * be sent; the service may have taken it in at any moment from then until this much later.
 */
export const CREATE_TIMEOUT_MS = 120_000;
