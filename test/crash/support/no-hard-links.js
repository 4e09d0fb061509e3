// Preload for child processes (`node --import`): a file system without hard links, such as exFAT or a network drive, on which
// another program is quick: where a file is to be linked to `taken.jsonl` or `taken 2.jsonl`, it puts one of its own.
import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import {basename} from 'node:path';

fs.linkSync = () => {
  throw Object.assign(new Error('EPERM: operation not permitted, link'), {code: 'EPERM', syscall: 'link'});
};
fs.promises.link = async (_, target) => {
  if (/^taken(?: 2)?\.jsonl$/u.test(basename(String(target))) && !fs.existsSync(target))
    fs.writeFileSync(target, '# mine\n');
  throw Object.assign(new Error('EPERM: operation not permitted, link'), {code: 'EPERM', syscall: 'link'});
};
syncBuiltinESMExports();
