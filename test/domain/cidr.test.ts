import { describe, expect, it } from 'vitest';
import { contains, overlaps, parseCidr } from '../../domain/cidr.ts';

function range(text: string) {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`${text} should parse`);
  return parsed;
}

describe('parseCidr', () => {
  it('gives first and last address of a range', () => {
    expect(parseCidr('10.0.1.0/24')).toEqual({ first: 167_772_416, last: 167_772_671, prefixLength: 24 });
    expect(parseCidr('0.0.0.0/0')).toEqual({ first: 0, last: 4_294_967_295, prefixLength: 0 });
    expect(parseCidr('255.255.255.255/32')).toEqual({ first: 4_294_967_295, last: 4_294_967_295, prefixLength: 32 });
  });

  it.each(['10.0.1.0', '10.0.1.1/24', '256.0.0.0/8', '10.0.0.0/33', '', '10.0.0/8', 'a.b.c.d/8'])(
    'refuses %s',
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );
});

describe('ranges', () => {
  it('contain what lies inside, ends included', () => {
    expect(contains(range('10.0.0.0/16'), range('10.0.255.0/24'))).toBe(true);
    expect(contains(range('10.0.0.0/16'), range('10.0.0.0/16'))).toBe(true);
    expect(contains(range('10.0.0.0/16'), range('10.1.0.0/24'))).toBe(false);
    expect(contains(range('10.0.0.0/24'), range('10.0.0.0/16'))).toBe(false);
  });

  it('overlap when they share an address', () => {
    expect(overlaps(range('10.0.0.0/24'), range('10.0.0.128/25'))).toBe(true);
    expect(overlaps(range('10.0.0.0/24'), range('10.0.1.0/24'))).toBe(false);
  });
});
