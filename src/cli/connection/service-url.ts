import {GembatchError} from '../../lib/domain/errors.js';
import {isLoopback} from '../../lib/services/http/connection/loopback.js';

/**
 * The address of the service when `GOOGLE_GEMINI_BASE_URL` names another than Google's, as for an emulator or a proxy.
 *
 * @throws GembatchError USAGE when it is no http(s) address, or would send the API key in clear over a network.
 */
export function serviceUrlFrom(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const text = environment['GOOGLE_GEMINI_BASE_URL']?.trim();
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw refusal('is not an http(s) address', 'Write it like https://gateway.example.com');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw refusal(
      'holds more than scheme, host, port and path',
      'Leave out user name, password, ? and # parts.',
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw refusal(
      'would send the API key over the network in clear',
      'Use https, or an address of this machine.',
    );
  }
  return text;
}

function refusal(what: string, remedy: string): GembatchError {
  return new GembatchError('USAGE', `GOOGLE_GEMINI_BASE_URL ${what}; nothing was sent.`, {
    suggestions: [remedy],
  });
}
