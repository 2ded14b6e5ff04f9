import * as z from 'zod';
import type { RotationPlan } from '../../domain/rotation.ts';
import { SecretFieldMissing } from '../../domain/rotation-errors.ts';
import { type RotatedKey, rotatedKeys } from '../../domain/rotation-keys.ts';
import type { SecretValue } from '../ports/rotation.ts';
import { jsonOf } from './plans.ts';
import type { Publication, RotatedValue, RotationPorts } from './rotated-value.ts';

const keySecret = z.object({
  keys: z
    .array(
      z.object({
        id: z.string().min(1),
        key: z.string().min(1),
        createdAt: z.iso.datetime(),
        verifiesUntil: z.iso.datetime().optional(),
      }),
    )
    .min(1)
    .refine(([signing]) => signing?.verifiesUntil === undefined),
});
/** As CloudFormation generates it: the first version. */
const generated = z.object({ key: z.string().min(1) });

/** Signing keys and API keys: nothing stands behind them but what their consumers read. */
export class KeyRotation implements RotatedValue {
  readonly #plan: RotationPlan;
  readonly #ports: Pick<RotationPorts, 'clock' | 'secrets'>;

  constructor(plan: RotationPlan, ports: Pick<RotationPorts, 'clock' | 'secrets'>) {
    this.#plan = plan;
    this.#ports = ports;
  }

  async check(current: SecretValue): Promise<void> {
    this.#keysOf(current);
  }

  /** `key` beside `keys` is the one that signs, for those who read the first version's form. */
  async make(current: SecretValue, versionId: string): Promise<string> {
    const key = await this.#ports.secrets.randomPassword();
    const made = { id: versionId, key, at: this.#ports.clock.now(), overlapSeconds: this.#plan.overlapSeconds };
    const keys = rotatedKeys(this.#keysOf(current), made);
    return JSON.stringify({ key: keys[0]?.key, keys });
  }

  async set(): Promise<void> {
    // Nobody has to be told before it is current.
  }

  /** A version that can be read signs and verifies. */
  async opens(version: SecretValue): Promise<boolean> {
    return this.#keysOf(version).length > 0;
  }

  userOf(): string {
    return this.#plan.kind;
  }

  async restore(wanted: SecretValue, _failed: SecretValue | undefined, publication: Publication): Promise<void> {
    this.#keysOf(wanted);
    await publication.publish();
  }

  /** Throws SecretFieldMissing, without any value. */
  #keysOf({ versionId, text, createdAt }: SecretValue): readonly RotatedKey[] {
    const value = jsonOf(text);
    const parsed = keySecret.safeParse(value);
    if (parsed.success)
      return parsed.data.keys.map(({ verifiesUntil, ...key }) => (verifiesUntil ? { ...key, verifiesUntil } : key));
    const first = generated.safeParse(value);
    const { keys } = (value ?? {}) as { keys?: unknown };
    if (first.success && keys === undefined)
      return [{ id: versionId, key: first.data.key, createdAt: createdAt.toISOString() }];
    throw new SecretFieldMissing(this.#plan.secretName, versionId, ['keys']);
  }
}
