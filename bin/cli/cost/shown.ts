import { styled, type Terminal } from '../terminal.ts';
import { assumptions } from './assumptions.ts';
import type { Cost, Measured } from './control-plane.ts';
import type { CostLine } from './lines.ts';
import { type Evidence, type Price, prices, pricesOf } from './prices.ts';

/** What the control plane should stay below, in dollars a month. */
export const aims = { totalDollars: 60, workflowsAndFunctionsDollars: 5 } as const;

const labelWidth = 44;

/** The account of a month for a person: each service with what it is made of, then what it rests on, then what is not in it. */
export function shown(cost: Cost, told: { title: string; measured: Measured }, terminal: Terminal): string {
  const lines = [
    styled(terminal, 'bold', `The control plane of ${told.title}, a month`),
    '',
    ...byService(cost, terminal),
    rule,
    styled(terminal, 'bold', row('Together', cost.totalDollars)),
    ...cost.alwaysFree.lines.map((line) => styled(terminal, 'dim', detail(line))),
    styled(terminal, 'bold', row('To be paid', cost.alwaysFree.totalDollars)),
    ...aimed(cost, terminal),
    '',
    'What it rests on',
    ...paragraph(restsOn(cost, told.measured)),
    '',
    'Not in it: what the same app makes for the platform',
    ...cost.beside.flatMap((part) => [
      ...paragraph([`${part.name}: ${part.because}.`]),
      ...part.hours
        .filter(({ quantity }) => quantity > 0)
        .map((line) => styled(terminal, 'dim', row(`    ${amount(line.quantity)} ${line.what}`, line.dollars))),
    ]),
    ...(cost.unclassified.length > 0
      ? ['', styled(terminal, 'red', `Not known, and so missing from the sum: ${cost.unclassified.join(', ')}`)]
      : []),
    '',
  ];
  return lines.join('\n');
}

const rule = `  ${'─'.repeat(labelWidth + 8)}`;

/** Services by what they cost; those that come to less than a cent share a line. */
function byService(cost: Cost, terminal: Terminal): string[] {
  const services = Object.entries(cost.byService).sort(([, a], [, b]) => b - a);
  const small = services.filter(([, dollars]) => dollars < 0.01).map(([service]) => service);
  const rest = cost.lines
    .filter(({ service }) => small.includes(service))
    .reduce((sum, { dollars }) => sum + dollars, 0);
  const large = services.filter(([service]) => !small.includes(service));
  return [
    ...large.flatMap(([service, dollars]) => [
      row(service, dollars),
      ...cost.lines
        .filter((line) => line.service === service && line.quantity > 0)
        .map((line) => styled(terminal, 'dim', detail(line))),
    ]),
    ...(small.length > 0 ? [row(small.join(', '), rest)] : []),
  ];
}

function detail({ quantity, what, dollars }: CostLine): string {
  return row(`    ${amount(quantity)} ${what}`, dollars);
}

function row(label: string, dollars: number): string {
  return `  ${label.padEnd(labelWidth)}${money(dollars).padStart(8)}`;
}

function money(dollars: number): string {
  if (dollars < 0) return `−$${(-dollars).toFixed(2)}`;
  return dollars > 0 && dollars < 0.01 ? '< $0.01' : `$${dollars.toFixed(2)}`;
}

function amount(quantity: number): string {
  return quantity.toLocaleString('en-US', { maximumFractionDigits: quantity < 10 ? 2 : 0 });
}

function aimed(cost: Cost, terminal: Terminal): string[] {
  const against = (dollars: number, aim: number) =>
    dollars < aim
      ? styled(terminal, 'green', `below the $${aim} aimed for`)
      : styled(terminal, 'red', `above the $${aim} aimed for`);
  const { totalDollars, workflowsAndFunctionsDollars } = cost.alwaysFree;
  return [
    `  ${against(totalDollars, aims.totalDollars)}; workflows and functions are ${money(workflowsAndFunctionsDollars)} of it, ${against(workflowsAndFunctionsDollars, aims.workflowsAndFunctionsDollars)}`,
  ];
}

function restsOn(cost: Cost, measured: Measured): string[] {
  const { secondYearDollars, thirdYearDollars } = cost.later;
  const all = Object.entries(prices as Record<string, Price>);
  const by = (evidence: Evidence) => all.filter(([, price]) => price.evidence === evidence);
  return [
    `Resources of the synthesized templates; a month of ${assumptions.promotionsAMonth} promotions, which is assumed, each of ${measured.promotion.transitions} transitions, which were counted in a rehearsal.`,
    'What AWS gives every account each month, without an end, is taken off once: where something else in the account, or in its organisation, uses it, the sum before it holds.',
    `Keys turn each year, and the first two turns of a key cost as much as a key: $${secondYearDollars.toFixed(2)} a month in the second year, $${thirdYearDollars.toFixed(2)} from the third on.`,
    `Prices of ${pricesOf}. Of ${all.length}, ${by('aws').length} were read on AWS’s pages, ${by('quoted').length} where others quote them, and ${by('unverified').length} are unverified (${by(
      'unverified',
    )
      .map(([name]) => name)
      .join(', ')}). --json has each with its page.`,
  ];
}

/** Sentences, each wrapped at 100 columns under its own mark. */
function paragraph(sentences: readonly string[]): string[] {
  return sentences.flatMap((sentence) => {
    const lines: string[] = [];
    for (const word of sentence.split(' ')) {
      const last = lines.at(-1);
      if (last === undefined) lines.push(`  ${word}`);
      else if (last.length + word.length < 100) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`    ${word}`);
    }
    return lines;
  });
}
