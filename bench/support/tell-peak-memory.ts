// Preloaded into a process whose memory is measured: writes the most that it had at once, in MiB, to the file that
// GEMBATCH_BENCH_PEAK names. maxRSS is in KiB, https://nodejs.org/api/process.html#processresourceusage.
import {writeFileSync} from 'node:fs';

process.on('exit', () => {
  const path = process.env['GEMBATCH_BENCH_PEAK'];
  if (path !== undefined) writeFileSync(path, String(process.resourceUsage().maxRSS / 1024));
});
