import type {Figure} from '../row.js';
import {rounded} from './words.js';

/** Of one bar with its label, in pixels. */
const ROW_HEIGHT = 22;
const GROUP_GAP = 12;
const LABEL_WIDTH = 330;
const BAR_WIDTH = 300;
const VALUE_WIDTH = 130;
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';

/** Of what was measured and of what it is held against; readable on light and on dark ground. */
const COLOURS = {measured: '#2f7ed8', base: '#9aa0a6', text: '#808080'} as const;

/**
 * Bars as an SVG picture: a group for each figure, as long as its share of the largest of the group.
 *
 * @returns undefined when no figure has bars.
 */
export function plot(title: string, figures: readonly Figure[]): string | undefined {
  const groups = figures.filter(({bars}) => bars.length > 0);
  if (groups.length === 0) return undefined;
  const parts: string[] = [];
  let top = 0;
  for (const figure of groups) {
    parts.push(...groupOf(figure, top));
    top += figure.bars.length * ROW_HEIGHT + GROUP_GAP;
  }
  const width = LABEL_WIDTH + BAR_WIDTH + VALUE_WIDTH;
  const height = top - GROUP_GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ${FONT}>`,
    `<title>${escaped(title)}</title>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function groupOf({bars, against}: Figure, top: number): string[] {
  const largest = Math.max(...bars.map(({value}) => value));
  return bars.flatMap(({label, value, unit}, i) => {
    const y = top + i * ROW_HEIGHT;
    const length = Math.max(1, (BAR_WIDTH * value) / largest);
    const colour = label === against ? COLOURS.base : COLOURS.measured;
    const text = `fill="${COLOURS.text}" y="${y + 15}"`;
    return [
      `<text ${text} x="${LABEL_WIDTH - 8}" text-anchor="end">${escaped(label)}</text>`,
      `<rect fill="${colour}" x="${LABEL_WIDTH}" y="${y + 2}" width="${length.toFixed(1)}" height="${ROW_HEIGHT - 4}" rx="2"/>`,
      `<text ${text} x="${(LABEL_WIDTH + length + 6).toFixed(1)}">${rounded(value)} ${escaped(unit)}</text>`,
    ];
  });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
