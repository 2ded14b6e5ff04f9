import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildTag,
  exampleTag,
  parseTag,
  placeholdersOf,
  TagAgainstConvention,
  tagPattern,
} from '../../domain/image-tag.ts';
import { canMatchTag } from '../../domain/tag-wildcard.ts';

const convention = '{service}-{environment}-{version}-{commit}';
const known = { service: 'aeon-dt-api', environment: 'production' } as const;

describe('parseTag', () => {
  it('takes a tag apart', () => {
    expect(parseTag('aeon-dt-api-production-1.4.0-3f2a91c', convention)).toEqual({
      service: 'aeon-dt-api',
      environment: 'production',
      version: '1.4.0',
      commit: '3f2a91c',
    });
  });

  it('takes a pre-release version and a whole commit', () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    expect(parseTag(`aeon-dt-api-staging-2.0.0-rc.1-${commit}`, convention)).toMatchObject({
      version: '2.0.0-rc.1',
      commit,
    });
  });

  it.each([
    ['latest', 'no part of the convention'],
    ['aeon-dt-api-production-1.4-3f2a91c', 'a version of two numbers'],
    ['aeon-dt-api-production-1.4.0-3f2a91', 'a commit of six digits'],
    ['aeon-dt-api-production-1.4.0-3F2A91C', 'a commit in capitals'],
    ['aeon-dt-api-qa-1.4.0-3f2a91c', 'an unknown stage'],
    ['aeon-dt-api-staging-1.4.0-3f2a91c', "another stage's tag"],
    ['aeon-dt-worker-production-1.4.0-3f2a91c', "another service's tag"],
    [' aeon-dt-api-production-1.4.0-3f2a91c', 'a leading space'],
    ['aeon-dt-api-production-1.4.0-3f2a91c\n', 'a trailing line break'],
    [`aeon-dt-api-production-1.4.0-${'a.'.repeat(60)}a-3f2a91c`, 'more than 128 characters'],
  ])('refuses %j: %s', (tag) => {
    expect(() => parseTag(tag, convention, known)).toThrow(TagAgainstConvention);
  });

  it('says what came, what is allowed and gives an example', () => {
    expect(() => parseTag('latest', convention, known)).toThrow(
      /'latest'.*\{service\} = aeon-dt-api.*\{commit\} = \[0-9a-f\]\{7,40\}.*'aeon-dt-api-production-1\.4\.0-3f2a91c'/s,
    );
  });

  it('reads characters of a convention as themselves, not as a pattern', () => {
    expect(() => parseTag('1x4x0_3f2a91c', 'v.{version}_{commit}')).toThrow(TagAgainstConvention);
    expect(parseTag('v.1.4.0_3f2a91c', 'v.{version}_{commit}')).toEqual({ version: '1.4.0', commit: '3f2a91c' });
  });
});

describe('buildTag', () => {
  it('is undone by parseTag', () => {
    const parts = fc.record({
      service: fc.constantFrom('api', 'aeon-dt-api', 'a1-b2'),
      environment: fc.constantFrom('development', 'staging', 'production'),
      version: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((numbers) => numbers.join('.')),
      commit: fc
        .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 7, maxLength: 40 })
        .map((digits) => digits.join('')),
    });
    fc.assert(
      fc.property(parts, (given) => {
        expect(parseTag(buildTag(convention, given), convention, given)).toEqual(given);
      }),
    );
  });

  it('refuses a part that is missing or not allowed', () => {
    expect(() => buildTag(convention, { ...known, version: '1.0.0' })).toThrow(/commit is missing/);
    expect(() => buildTag(convention, { ...known, version: 'one', commit: '3f2a91c' })).toThrow(/version is 'one'/);
  });
});

it('refuses a convention that is too long for any tag, with its example', () => {
  expect(() => buildTag(`{commit}-${'x'.repeat(122)}`, { commit: '3f2a91c' })).toThrow(/128 characters at most/);
});

it('names an unknown placeholder and the known ones', () => {
  expect(() => placeholdersOf('{service}-{build}')).toThrow(/'\{build\}'.*\{commit\}/);
});

it('gives an anchored pattern', () => {
  expect(tagPattern('{commit}')).toBe('^(?<commit>[0-9a-f]{7,40})$');
});

describe('canMatchTag', () => {
  it.each([
    ['dev-latest', false],
    ['dev-*', false],
    ['*-latest', false],
    ['*', true],
    ['*production*', true],
    ['aeon-dt-api-*', true],
    ['*-3f2a91c', true],
    ['aeon-dt-api-staging-*', false],
    ['*z', false],
    ['aeon-dt-api-production-1.0.0-abcdef0', true],
    ['aeon-dt-api-production-1.0.0-abcdef', false],
  ])('knows whether %j can match a production tag: %j', (filter, expected) => {
    expect(canMatchTag(filter, convention, known)).toBe(expected);
  });

  it('finds every filter that matches an example', () => {
    const example = exampleTag(convention, known);
    fc.assert(
      fc.property(fc.nat(example.length), fc.nat(example.length), (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        expect(canMatchTag(`${example.slice(0, from)}*${example.slice(to)}`, convention, known)).toBe(true);
      }),
    );
  });
});
