import { describe, expect, it } from 'vitest';
import { stages } from '../../domain/names.ts';
import { resourcesOf, templates } from './synthesized.ts';

const byStage = new Map(stages.map((stage) => [stage, templates(stage)]));

/** A logical id without what a stage's name makes of it: permissions are called after the rule's stack, and hashed. */
function plain(logicalId: string): string {
  return logicalId.replace(/Aeon(Development|Staging)/, 'Aeon').replace(/([0-9A-F]{8})+$/, '');
}

/** Stacks of a stage by the part of their name that says what they are: `Network`, without those of a standby. */
function partsOf(stage: (typeof stages)[number]): Map<string, Record<string, string>> {
  const prefix = stage === 'production' ? 'Aeon' : `Aeon${stage[0]?.toUpperCase()}${stage.slice(1)}`;
  const own = Object.entries(byStage.get(stage) ?? {}).filter(
    ([name]) => name.startsWith(prefix) && !name.includes('Standby') && !/^AeonImages/.test(name),
  );
  return new Map(
    own.map(([name, template]) => [
      name.slice(prefix.length),
      Object.fromEntries(Object.entries(resourcesOf(template)).map(([id, { Type }]) => [plain(id), Type])),
    ]),
  );
}

/** What the data of a stage makes more or fewer of: gateways a zone, and what only a standby needs. */
const countedByData = /^AWS::EC2::(NatGateway|EIP|Route)$|^(Alarms|AeonDt)(Heartbeat|Beats|Secret2$)/;

describe('the stages of one definition', () => {
  it('are made of the same stacks, all but the standby', () => {
    for (const stage of stages) expect([...partsOf(stage).keys()]).toEqual([...partsOf('production').keys()]);
  });

  it.each(['development', 'staging'] as const)('%s has no resource that production lacks', (stage) => {
    const production = partsOf('production');
    for (const [part, resources] of partsOf(stage)) {
      const unknown = Object.entries(resources).filter(([id, type]) => production.get(part)?.[id] !== type);
      expect([part, unknown]).toEqual([part, []]);
    }
  });

  it.each(['development', 'staging'] as const)('%s lacks only what its own figures leave out', (stage) => {
    const own = partsOf(stage);
    for (const [part, resources] of partsOf('production')) {
      const missing = Object.entries(resources).filter(
        ([id, type]) => own.get(part)?.[id] === undefined && !countedByData.test(type) && !countedByData.test(id),
      );
      expect([part, missing.map(([id, type]) => `${id} ${type}`)]).toEqual([part, []]);
    }
  });
});
