import type {JobOutcome} from './job-progress.js';

interface Job {
  readonly outcome: JobOutcome;
  readonly replaced: boolean;
}

/** So many of the jobs, still in their order: what needs a person first, then what runs, then what is done. */
export function attentionFirst<T extends Job>(jobs: readonly T[], limit: number): readonly T[] {
  if (jobs.length <= limit) return jobs;
  const ranked = jobs.map((job, position) => ({position, job, rank: attentionRank(job)}));
  ranked.sort((a, b) => a.rank - b.rank || a.position - b.position);
  return ranked
    .slice(0, limit)
    .sort((a, b) => a.position - b.position)
    .map(({job}) => job);
}

function attentionRank({outcome, replaced}: Job): number {
  if (replaced) return 4;
  if (outcome === 'done') return 3;
  if (outcome === 'running') return 2;
  return outcome === 'bad_rows' ? 1 : 0;
}
