/** The figures as bars: measured beside floor and goal. Plain SVG without a background, legible on a light and on a dark page. */
import { isReached, type Figure } from './measure.js';
import { goalText, shortNumber, withUnit, type Report } from './report.js';

const WIDTH = 960;
const BAR_LEFT = 330;
const BAR_WIDTH = 400;
const TITLE_HEIGHT = 34;
const ROW_HEIGHT = 46;
const FOOT_HEIGHT = 40;

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.quiet { fill: #59636e; font-size: 11px }
.reached { fill: #2e7d32 } .missed { fill: #d1740f } .open { fill: #3b76c4 } .floor { fill: #a8b0b9 }
.goal { stroke: #1f2328; stroke-width: 2; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .quiet { fill: #9da7b1 } .goal { stroke: #e6edf3 }
  .reached { fill: #56b45b } .missed { fill: #f0953f } .open { fill: #6aa3ec } .floor { fill: #5c6670 }
}`;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const text = (x: number, y: number, words: string, kind = ''): string =>
  `<text x="${x}" y="${y}"${kind === '' ? '' : ` class="${kind}"`}>${escaped(words)}</text>`;
const bar = (y: number, height: number, width: number, kind: string): string =>
  `<rect x="${BAR_LEFT}" y="${y}" width="${Math.max(1, Math.round(width))}" height="${height}" rx="2" class="${kind}"/>`;

/** Worth a bar: there is something to hold it against. A floor in another unit is only told. */
const isShown = (figure: Figure): boolean =>
  Number.isFinite(figure.value) && (figure.goal !== undefined || figure.floor?.unit === figure.unit);

const goalOf = ({ goal }: Figure): number | null => (goal === undefined ? null : 'atLeast' in goal ? goal.atLeast : goal.atMost);

const row = (figure: Figure, top: number): string => {
  const { floor } = figure;
  const floorValue = floor?.unit === figure.unit ? floor.value : null;
  const goal = goalOf(figure);
  const most = Math.max(figure.value, floorValue ?? 0, goal ?? 0);
  const wide = (value: number): number => (Math.max(0, value) / most) * BAR_WIDTH;
  const reached = isReached(figure);
  const kind = reached === null ? 'open' : reached ? 'reached' : 'missed';
  const mark = reached === null ? '' : reached ? ' ✓' : ' ✗';
  const beside = floor === undefined ? '' : `floor ${withUnit(floor.value, floor.unit)}`;
  const goalX = BAR_LEFT + wide(goal ?? 0);
  return [
    text(16, top + 17, figure.name),
    floor === undefined ? '' : text(16, top + 33, floor.name, 'quiet'),
    bar(top + 6, 14, wide(figure.value), kind),
    floorValue === null ? '' : bar(top + 24, 8, wide(floorValue), 'floor'),
    goal === null ? '' : `<line x1="${goalX}" x2="${goalX}" y1="${top + 2}" y2="${top + 36}" class="goal"/>`,
    text(BAR_LEFT + BAR_WIDTH + 16, top + 17, `${withUnit(figure.value, figure.unit)}${mark}`),
    text(
      BAR_LEFT + BAR_WIDTH + 16,
      top + 33,
      [figure.goal === undefined ? '' : `goal ${goalText(figure.goal, figure.unit)}`, beside].filter(Boolean).join(', '),
      'quiet',
    ),
  ].join('');
};

export const picture = (report: Report): string => {
  const parts: string[] = [];
  let top = 8;
  for (const { name, figures } of report.benches) {
    const shown = figures.filter(isShown);
    if (shown.length === 0) continue;
    parts.push(text(16, top + 22, name, 'title'));
    top += TITLE_HEIGHT;
    for (const figure of shown) {
      parts.push(row(figure, top));
      top += ROW_HEIGHT;
    }
  }
  const { machine } = report;
  parts.push(
    text(16, top + 16, 'Upper bar: measured. Lower, grey: the floor named below the figure, in the same run. Dashed: the goal.', 'quiet'),
    text(16, top + 32, `${machine.cores} cores, ${machine.cpuModel}, ${shortNumber(machine.memoryGb)} GB; ${report.date}`, 'quiet'),
  );
  const height = top + FOOT_HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Measured beside floor and goal"><style>${STYLE}</style>${parts.join('\n')}</svg>\n`;
};
