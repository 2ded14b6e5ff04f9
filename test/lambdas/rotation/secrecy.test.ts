import { describe, expect, it } from 'vitest';
import { rotationSteps } from '../../../domain/rotation.ts';
import { cases, plans, secretName, superuserName, worldOf } from './cases.ts';
import type { Trouble, World } from './world.ts';

const token = 'ab'.repeat(18);
const wrong = 'hush-wrong';

/** Every password and key of these worlds begins so. */
const hushed = /hush-/;

function textOf(said: unknown): string {
  const error = said instanceof Error ? `${said.name} ${said.message} ${said.stack} ${JSON.stringify(said.cause)}` : '';
  return `${error} ${JSON.stringify(said)}`;
}

describe.each(cases)('%s', (which) => {
  it('says no password in any output, error or notification, whatever goes wrong', async () => {
    const plan = plans[which];
    const said: unknown[] = [];
    const breaks: ((world: World) => void)[] = [
      () => undefined,
      (world) => world.passwords.set('shop', wrong),
      (world) => world.passwords.set('master', wrong),
      (world) => world.put(secretName, { engine: 'postgres', password: 'hush-first' }),
      (world) => world.put(superuserName, { engine: 'postgres', host: 'db.example', password: 'hush-master' }),
    ];
    for (const breaking of breaks) {
      for (const how of ['before', 'after', 'death'] as Trouble['how'][]) {
        for (let call = 0; call < 40; call++) {
          const world = worldOf(plan);
          breaking(world);
          world.announce(secretName, token);
          world.trouble = { call, how };
          for (const step of rotationSteps) {
            said.push(await world.step(plan, step, token).catch((error: unknown) => error));
          }
          said.push(await world.watch().catch((error: unknown) => error), world.told);
          said.push(await world.undo(plan, token, `${secretName}-v1`).catch((error: unknown) => error));
          for (const each of said.splice(0)) expect(textOf(each)).not.toMatch(hushed);
        }
      }
    }
  });
});
