import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {ROOT} from '../support/places.js';
import {plot} from './plot.js';
import {verdict, type Report, type Section} from './report.js';
import {rounded, spreadText, subject, targetText, valueText} from './words.js';

const PAGE = join(ROOT, 'docs/performance.md');
const PLOTS = join(ROOT, 'docs/performance');
const MARKS = /(?<=<!-- figures -->\n)[^]*(?=<!-- \/figures -->)/u;

/** Writes the figures between the marks of docs/performance.md, and a plot for each section beside it. */
export async function writePage(report: Report): Promise<void> {
  await rm(PLOTS, {recursive: true, force: true});
  await mkdir(PLOTS);
  const sections = await Promise.all(report.sections.map((section) => sectionText(section)));
  const text = await readFile(PAGE, 'utf8');
  const figures = [origin(report), ...sections].join('\n\n');
  await writeFile(
    PAGE,
    text.replace(MARKS, () => `\n${figures}\n\n`),
  );
}

function origin({form, date, node, platform, cores, load}: Report): string {
  const command = form === 'quick' ? 'npm run bench -- quick --write' : 'npm run bench -- --write';
  return `Made on ${date} by \`${command}\`, with Node ${node} on ${platform} with ${cores} cores and ${rounded(load)} processes that wanted one.`;
}

async function sectionText({id, title, how, figures}: Section): Promise<string> {
  const picture = plot(title, figures);
  if (picture !== undefined) await writeFile(join(PLOTS, `${id}.svg`), picture);
  const rows = figures.map((figure) =>
    [subject(figure), valueText(figure), spreadText(figure), targetText(figure), verdict(figure)].join(' | '),
  );
  return [
    `### ${title}\n`,
    `${how}\n`,
    '| What | Figure | Middle half | To reach | |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    ...(picture === undefined ? [] : [`\n![${title}](performance/${id}.svg)`]),
  ].join('\n');
}
