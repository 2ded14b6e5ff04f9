import { AssemblyError } from './load.ts';

/**
 * The first `count` blocks of 2^`hostBits` addresses within an IPv4 block, as Fn::Cidr gives them:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
 * Throws AssemblyError where the block is malformed or too small.
 */
export function subnetsOf(block: string, count: number, hostBits: number): string[] {
  const [, a, b, c, d, prefix] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(block) ?? [];
  if (prefix === undefined) throw new AssemblyError(`Fn::Cidr: '${block}' is no IPv4 block; one reads as 10.0.0.0/16.`);
  const base = [a, b, c, d].reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** hostBits;
  if (count * size > 2 ** (32 - Number(prefix))) {
    throw new AssemblyError(`Fn::Cidr: ${block} does not hold ${count} blocks of ${size} addresses.`);
  }
  return Array.from({ length: count }, (_, index) => {
    const start = base + index * size;
    const parts = [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(start / unit) % 256);
    return `${parts.join('.')}/${32 - hostBits}`;
  });
}
