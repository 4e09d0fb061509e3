import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

/** What `children/hold.ts` is told. */
export interface HoldOptions {
  readonly src: string;
  readonly path: string;
  /** How many times faster than usual it gives signs of life. */
  readonly beatFactor: number;
}

/** A program that starts another one where its process cannot be asked about from here. */
export interface Elsewhere {
  readonly name: string;
  readonly launcher: readonly string[];
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

const UNSHARE: readonly Elsewhere[] = [
  {name: 'host', launcher: ['unshare', '--uts', 'sh', '-c', 'hostname elsewhere && exec "$@"', 'sh']},
  {
    name: 'boot of a copy of this machine',
    launcher: [
      'unshare',
      '--mount',
      'sh',
      '-c',
      `id=$(mktemp) && echo 11111111-2222-3333-4444-555555555555 > "$id" && mount --bind "$id" ${BOOT_ID} && rm "$id" && exec "$@"`,
      'sh',
    ],
  },
  {name: 'pid namespace', launcher: ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']},
];

/** Another host name, another boot id and another pid namespace, as far as this machine lets us make them: root on Linux. */
export function elsewhere(): readonly Elsewhere[] {
  if (process.platform !== 'linux') return [];
  return UNSHARE.filter(({launcher: [command = '', ...args]}) => {
    return spawnSync(command, [...args, 'true']).status === 0;
  });
}

/** The process that does the work, behind the programs that only started it. */
export function workingPid(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? pid : workingPid(Number(children.split(' ')[0]));
}
