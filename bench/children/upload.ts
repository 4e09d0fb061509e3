// Uploads a file with our client. node upload.js URL FILE SIZE SHA256
import {stdout, argv, resourceUsage} from 'node:process';
import {GeminiBatchClient} from '../../src/lib/services/gemini/gemini-batch-client.js';
import {systemClock} from '../../src/lib/system-clock.js';

const [, , baseUrl = '', path = '', size = '', sha256 = ''] = argv;
const client = new GeminiBatchClient({apiKey: 'bench', clock: systemClock, baseUrl});
const startedMs = performance.now();
await client.uploadFile({path, sizeBytes: Number(size), sha256, displayName: 'bench'});
stdout.write(JSON.stringify({ms: performance.now() - startedMs, peakMiB: resourceUsage().maxRSS / 1024}));
