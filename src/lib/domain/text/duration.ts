const UNIT_MS = {ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000} as const;

/**
 * The milliseconds of a duration as people write it: `90s`, `15m`, `2h`, `1d`, `500ms`, parts joined as in `1h30m`; a
 * plain number counts seconds. Undefined when it is none of these.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(?:\.\d+)?$/u.test(trimmed)) return Number(trimmed) * UNIT_MS.s;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/u.test(trimmed)) return undefined;
  return [...trimmed.matchAll(/(?<amount>\d+(?:\.\d+)?)(?<unit>ms|[smhd])/gu)].reduce(
    (sum, {groups}) => sum + Number(groups?.['amount']) * UNIT_MS[groups?.['unit'] as keyof typeof UNIT_MS],
    0,
  );
}
