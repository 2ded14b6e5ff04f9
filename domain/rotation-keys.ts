import type { KeySecret } from './rotation.ts';

export type RotatedKey = KeySecret['keys'][number];

/**
 * The keys after a rotation. A key is announced one rotation before it signs: `keys[0]` signs, one further key without
 * `verifiesUntil` is the next to sign, all others are former ones that still verify. So while pods restart a few at a time, the
 * older ones know the key with which the newer ones sign already, and the newer ones still know the older's; going back a
 * version strands no token either. Keys without an announced one (a secret's first version) keep signing and only announce.
 */
export function rotatedKeys(
  keys: readonly RotatedKey[],
  made: { readonly id: string; readonly key: string; readonly at: Date; readonly overlapSeconds: number },
): readonly RotatedKey[] {
  const [signing, ...others] = keys;
  const announced: RotatedKey = { id: made.id, key: made.key, createdAt: made.at.toISOString() };
  if (!signing) return [announced];
  const next = others.find(({ verifiesUntil }) => verifiesUntil === undefined);
  const verifying = others.filter(
    ({ verifiesUntil }) => verifiesUntil !== undefined && Date.parse(verifiesUntil) > made.at.getTime(),
  );
  if (!next) return [signing, announced, ...verifying];
  const verifiesUntil = new Date(made.at.getTime() + made.overlapSeconds * 1000).toISOString();
  return [next, announced, { ...signing, verifiesUntil }, ...verifying];
}

/** Whether a key counts for what was signed with it, at this time. */
export function verifies(keys: readonly RotatedKey[], id: string, at: Date): boolean {
  return keys.some(
    (key) => key.id === id && (key.verifiesUntil === undefined || Date.parse(key.verifiesUntil) > at.getTime()),
  );
}
