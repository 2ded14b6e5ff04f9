import { expect, it } from 'vitest';
import { SimulatedAccount } from '../../rehearsal/aws/account.ts';
import { modules } from '../../rehearsal/aws/registry.ts';
import { noFaults } from '../../rehearsal/faults/fault.ts';
import { createIam } from '../../rehearsal/iam/index.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import { EventLog } from '../../rehearsal/kernel/log.ts';
import { CredentialStore, Network } from '../../rehearsal/lambda/index.ts';
import { sectionOf, textOf } from './markdown.ts';

/** Operations of every registered service, by its id; services without any are left out. */
function registered(): Record<string, string[]> {
  const kernel = new Kernel({ seed: 1, startsAt: 0 });
  const now = () => kernel.now();
  const log = new EventLog(now);
  const account = '111111111111';
  const iam = createIam({ account, now, log });
  const world = {
    account: new SimulatedAccount({ kernel, log, account, faults: noFaults, iam }),
    iam,
    credentials: new CredentialStore({ seed: 1, now }),
    network: new Network(),
    assets: { locate: () => undefined },
    faults: noFaults,
  };
  const services = modules.flatMap((create) => create(world).services ?? []);
  const rows = services.map(({ id, operations }): [string, string[]] => [id, Object.keys(operations).sort()]);
  return Object.fromEntries(rows.filter(([, operations]) => operations.length > 0));
}

it('the operations on the fidelity page are exactly those that the rehearsal models', () => {
  const rows = (sectionOf(textOf('docs/reference/fidelity.md'), 'Operations') ?? '').match(/^\| `.*$/gm) ?? [];
  const listed = rows.map((row): [string, string[]] => {
    const [service = '', ...operations] = [...row.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    return [service, operations];
  });
  expect(Object.fromEntries(listed)).toEqual(registered());
});
