// Inspects a request file as a submission does. node inspect.js FILE validate|count
import {argv, resourceUsage, stdout} from 'node:process';
import {inspectFile} from '../../src/lib/workflows/request-file/inspect-file.js';

const [, , path = '', mode = ''] = argv;
const startedMs = performance.now();
await inspectFile(path, {validate: mode === 'validate'});
stdout.write(JSON.stringify({ms: performance.now() - startedMs, peakMiB: resourceUsage().maxRSS / 1024}));
