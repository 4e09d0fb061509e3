import {GembatchError} from '../../../domain/errors.js';

/** The proxies of an environment, as URLs; empty for none. */
export interface Proxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
}

/**
 * Reads `HTTPS_PROXY` and `HTTP_PROXY`, in lower case first, as other programs do. A proxy without a scheme is an http one.
 *
 * @throws GembatchError USAGE for what is no address of a proxy.
 */
export function proxiesFrom(environment: Readonly<Record<string, string | undefined>>): Proxies {
  const proxy = (name: string): string => {
    const used = environment[name.toLowerCase()]?.trim() ? name.toLowerCase() : name;
    const text = environment[used]?.trim() ?? '';
    return text === '' ? '' : proxyUrl(text, used);
  };
  return {httpProxy: proxy('HTTP_PROXY'), httpsProxy: proxy('HTTPS_PROXY')};
}

function proxyUrl(text: string, name: string): string {
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.hostname !== '') return address;
  throw new GembatchError(
    'USAGE',
    `${name} is not the address of an http or https proxy; nothing was sent.`,
    {
      suggestions: [`Write it like ${name}=http://proxy.example.com:8080, or unset it.`],
    },
  );
}
