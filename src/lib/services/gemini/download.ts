import type {DownloadOptions} from '../batch-service.js';
import {rangedDownload} from '../transfer/ranged-download.js';
import type {TransferContext} from '../transfer/transfer-context.js';

/**
 * Yields the bytes of a file at the service, each once and in order.
 *
 * @param fileName - `files/<id>`
 * @throws GembatchError as `rangedDownload`.
 */
export function download(
  fileName: string,
  context: TransferContext,
  options: DownloadOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const {apiKey, baseUrl} = context.address;
  const id = encodeURIComponent(fileName.replace(/^files\//u, ''));
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  const source = {
    call: {name: `download of ${fileName}`, subject: 'file', resource: fileName},
    url: new URL(`v1beta/files/${id}:download?alt=media`, base),
    headers: async () => ({'x-goog-api-key': apiKey}),
  } as const;
  return rangedDownload(source, context, options);
}
