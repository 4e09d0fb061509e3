import {GembatchError} from '../../lib/domain/errors.js';
import type {PricedService} from '../../lib/domain/price/price-list.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The flags that choose the service. */
export interface ServiceFlags {
  readonly vertex: boolean;
  readonly bucket: string | undefined;
}

/** Variables by which Google's SDKs go to Vertex AI; only the word counts, in any case, as they have it. */
const SDK_VARIABLES = ['GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_ENTERPRISE'] as const;

/**
 * The service that new jobs go to: Vertex AI by `--vertex`, or by the variable of Google's SDKs together with a bucket. That
 * variable alone may have been set for another program, and must not move paid work.
 *
 * @throws GembatchError USAGE when it is set alone.
 */
export function chosenService({vertex, bucket}: ServiceFlags, environment: Environment): PricedService {
  if (vertex) return 'vertex';
  const variable = SDK_VARIABLES.find((name) => environment[name]?.trim().toLowerCase() === 'true');
  if (variable === undefined) return 'gemini';
  if (bucket !== undefined) return 'vertex';
  throw new GembatchError(
    'USAGE',
    `${variable} asks for Vertex AI, but no bucket is named, so it may be meant for another program. Nothing was sent.`,
    {
      suggestions: ['For Vertex AI: --vertex --bucket gs://BUCKET', `For the Gemini API: unset ${variable}`],
    },
  );
}
