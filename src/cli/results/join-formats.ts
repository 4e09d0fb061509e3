/** The forms in which joined rows are written. */
export const JOIN_FORMATS = ['jsonl', 'csv', 'tsv'] as const;

export type JoinFormat = (typeof JOIN_FORMATS)[number];
