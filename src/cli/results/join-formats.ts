/** The forms in which joined rows are written. */
export const JOIN_FORMATS = ['jsonl', 'csv', 'tsv', 'parquet'] as const;

export type JoinFormat = (typeof JOIN_FORMATS)[number];
