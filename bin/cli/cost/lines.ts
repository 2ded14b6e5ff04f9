import { alwaysFree, prices } from './prices.ts';

/** A template, as far as its cost goes. */
export interface PricedTemplate {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

export interface CostLine {
  readonly service: string;
  readonly what: string;
  readonly quantity: number;
  readonly dollars: number;
  /** Its price; absent for what is free. */
  readonly price?: keyof typeof prices;
}

export const hoursAMonth = 730;

/** So many of a price; of nothing that is paid without one. */
export function line(
  service: string,
  what: string,
  quantity: number,
  price?: keyof typeof prices,
  units = quantity,
): CostLine {
  return {
    service,
    what,
    quantity: Math.round(quantity * 1000) / 1000,
    dollars: price ? Math.round(units * prices[price].dollars * 10_000) / 10_000 : 0,
    ...(price && { price }),
  };
}

/** What the allowances take off these lines. */
export function allowed(lines: readonly CostLine[]): CostLine[] {
  return alwaysFree.flatMap(({ what, price, quantity }) => {
    const paid = lines.filter((each) => each.price === price);
    const used = Math.min(
      quantity,
      paid.reduce((sum, each) => sum + each.quantity, 0),
    );
    const [first] = paid;
    if (!first || used === 0) return [];
    const { dollars, ...taken } = line(first.service, `${what}, always free`, used, price);
    return [{ ...taken, dollars: -dollars }];
  });
}

export function resourcesOf(template: PricedTemplate) {
  return Object.values(template.Resources ?? {});
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function cents(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
