import { matchWildcard } from '../iam/match.ts';
import { page } from './modelled.ts';
import { AwsError, type OperationInput, Unmodelled } from './service.ts';

/** What a filter looks at: one or several values of an item. */
export type Filterable<Item> = Readonly<Record<string, (item: Item) => string | undefined>>;

interface Tagged {
  readonly tags: ReadonlyMap<string, string>;
}

/**
 * The items that fit every filter; within one, any value, with `*` and `?`. Throws Unmodelled for filters that are not modelled.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
export function filtered<Item extends Tagged>(items: readonly Item[], given: unknown, known: Filterable<Item>): Item[] {
  const filters = (given ?? []) as readonly { readonly Name?: string; readonly Values?: readonly string[] }[];
  const tests = filters.map(({ Name: name = '', Values: values = [] }) => {
    const fits = (value: string | undefined): boolean =>
      value !== undefined && values.some((pattern) => matchWildcard(pattern, value));
    if (name.startsWith('tag:')) return (item: Item) => fits(item.tags.get(name.slice('tag:'.length)));
    if (name === 'tag-key') return (item: Item) => [...item.tags.keys()].some(fits);
    const read = known[name];
    if (read) return (item: Item) => fits(read(item));
    throw new Unmodelled(
      `The filter '${name}' is not modelled; tag:<key>, tag-key, ${Object.keys(known).join(', ')} are.`,
    );
  });
  return items.filter((item) => tests.every((test) => test(item)));
}

/** A page of at most `MaxResults` items: 5 to 1,000, and all where it is left out. */
export function paged<Item>(items: readonly Item[], input: OperationInput): { items: Item[]; NextToken?: string } {
  const { MaxResults: size, NextToken: token } = input;
  if (size !== undefined && !(size >= 5)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value of 5 or more.`,
    );
  }
  const { items: shown, nextToken } = page(
    items,
    token,
    Math.min(size ?? Number.POSITIVE_INFINITY, size === undefined ? items.length + 1 : 1000),
  );
  return nextToken === undefined ? { items: shown } : { items: shown, NextToken: nextToken };
}
