import { describe, expect, it } from 'vitest';
import { DatabaseUnavailable } from '../../../domain/database-errors.ts';
import { servesFigure } from '../../../domain/failover-settings.ts';
import { openTraffic, showTraffic } from '../../../lambdas/failover/open-traffic.ts';
import { publicHealthOf } from '../../../lambdas/failover/public-health.ts';
import { validateRegion } from '../../../lambdas/failover/validate-region.ts';
import type { OpenedTraffic, ServingPod } from '../../../lambdas/ports/serving.ts';
import { database, login, MemoryDatabase, MemoryReign, plan, run, TestClock } from './world.ts';

describe('validate-region', () => {
  const service = { name: 'api', routed: true, nodeGroup: 'api', initial: 2, minimum: 1, order: 0, namespace: 'aeon' };
  const pod: ServingPod = { name: 'api-0', image: 'i', ready: true, restarts: 0 };
  function world(seen: { pods?: ServingPod[]; released?: boolean; holds?: boolean; answer?: number | string } = {}) {
    const postgres = new MemoryDatabase(new TestClock());
    const asked: string[] = [];
    const entrance = {
      hostname: 'api.example.com',
      path: '/ready',
      ways: { 'us-west-2': 'aeon-us-west-2.example.com' },
    };
    const validate = () =>
      validateRegion(
        { run },
        {
          region: 'us-west-2',
          plan: { ...plan, entrance },
          services: [service],
          databases: [{ name: database.name, login }],
          withDatabase: postgres.with,
          cluster: { see: async () => ({ released: seen.released ?? true, replicas: 2, pods: seen.pods ?? [pod] }) },
          invariantsOf: async () => [{ name: 'twins', holds: seen.holds ?? true, expected: '1 or more', found: '0' }],
          entrance: {
            ask: async (...way) => {
              asked.push(way.join(' '));
              return seen.answer ?? 200;
            },
          },
        },
      );
    return { validate, postgres, asked };
  }
  it('is valid where everything answers, and writes the new reign', async () => {
    const { validate, postgres, asked } = world();
    expect(await validate()).toEqual({ valid: true, wrong: [] });
    expect(postgres.heartbeat.epoch).toBe(2);
    expect(asked).toEqual(['aeon-us-west-2.example.com api.example.com /ready']);
    expect(await validate()).toEqual({ valid: true, wrong: [] });
  });
  it.each<[string, Parameters<typeof world>[0], string]>([
    ['a service has no pod that is ready', { pods: [{ ...pod, ready: false }] }, 'api: no pod is ready'],
    ['an invariant does not hold', { holds: false }, 'aeon-dt: twins is 0, and 1 or more is expected'],
    [
      'the way in answers otherwise',
      { answer: 503 },
      'https://api.example.com/ready by aeon-us-west-2.example.com answers 503',
    ],
    [
      'the way in does not answer',
      { answer: 'ECONNREFUSED' },
      'https://api.example.com/ready by aeon-us-west-2.example.com answers ECONNREFUSED',
    ],
  ])('is not valid where %s', async (_, seen, wrong) => {
    expect(await world(seen).validate()).toEqual({ valid: false, wrong: [wrong] });
  });
  it('is not valid where a database does not answer, or has a later reign', async () => {
    const { validate, postgres } = world();
    postgres.heartbeat = { epoch: 3, beatenAt: new Date() };
    expect((await validate()).wrong).toEqual(['aeon-dt: its heartbeat is of reign 3, not 2']);
    postgres.lost = true;
    const { message } = new DatabaseUnavailable('db', 'ECONNREFUSED');
    expect((await validate()).wrong).toEqual([`aeon-dt: DatabaseUnavailable: ${message}`]);
  });
  it('asks nothing of a service that was never released here', async () => {
    expect((await world({ released: false, pods: [] }).validate()).valid).toBe(true);
  });
});

describe('open-traffic', () => {
  function world(reign = new MemoryReign({ epoch: 2, primary: 'us-west-2' })) {
    const clock = new TestClock();
    const shown: number[] = [];
    let kept: OpenedTraffic | undefined;
    let text: string | undefined = 'us-east-1';
    const asked: string[] = [];
    const ports = {
      region: 'us-west-2',
      plan: { ...plan, zone: 'example.com' },
      clock,
      reign,
      arming: { armed: async () => undefined },
      record: {
        opened: async () => kept,
        keepOpened: async (opened: OpenedTraffic) => {
          kept = opened;
        },
      },
      trafficSwitch: { show: async (figure: 0 | 1) => void shown.push(figure) },
      texts: {
        read: async (name: string) => {
          asked.push(name);
          return text;
        },
      },
    };
    const answer = (region: string | undefined) => {
      text = region;
    };
    return { clock, shown, asked, answer, ports, open: () => openTraffic({ run }, ports), kept: () => kept };
  }
  it('turns the switch and waits until the world follows', async () => {
    const { open, shown, answer, clock, kept, asked } = world();
    expect(await open()).toEqual({ followed: false, openedAt: run.startedAt });
    clock.seconds = 60;
    answer('us-west-2');
    expect(await open()).toEqual({ followed: true, openedAt: run.startedAt });
    expect(shown).toEqual([1, 1]);
    expect(kept()).toEqual({ epoch: 2, at: run.startedAt });
    expect(asked[0]).toBe('_mainstay-aeon-serves.example.com');
  });
  it.each([
    { epoch: 1, primary: 'us-east-1' },
    { epoch: 3, primary: 'us-east-1' },
    { epoch: 4, primary: 'us-west-2' },
  ])('opens nothing in reign $epoch of $primary', async (reign) => {
    const { open, shown } = world(new MemoryReign(reign));
    await expect(open()).rejects.toMatchObject({ name: 'NotValid' });
    expect(shown).toEqual([]);
  });
  it('shows nothing for a reign whose traffic was not opened', async () => {
    const { ports, shown } = world();
    await showTraffic({ epoch: 2, primary: 'us-west-2' }, ports);
    expect(shown).toEqual([0]);
  });
});

describe('the figure of the switch', () => {
  const figure = (region: string, epoch: number, primary: string, opened?: number, armed?: number) =>
    servesFigure({ region, definedPrimary: 'us-east-1', reign: { epoch, primary }, opened, armed });
  it('is neutral in both regions from the deployment on', () => {
    expect([figure('us-east-1', 1, 'us-east-1', 1), figure('us-west-2', 1, 'us-east-1')]).toEqual([0, 0]);
  });
  it('is 1 in the standby while it serves, and 0 once it knows of a later reign', () => {
    expect(figure('us-west-2', 2, 'us-west-2', 2)).toBe(1);
    expect(figure('us-west-2', 2, 'us-west-2', 2, 2), 'also once it has armed the other').toBe(1);
    expect(figure('us-west-2', 3, 'us-east-1', 2)).toBe(0);
  });
  it('is 1 in the primary that took back, until it has armed its standby again', () => {
    expect(figure('us-east-1', 3, 'us-east-1', 3)).toBe(1);
    expect(figure('us-east-1', 3, 'us-east-1', 3, 3)).toBe(0);
    expect(figure('us-east-1', 3, 'us-east-1', 1), 'not before it opened').toBe(0);
  });
});

describe('the public health of a region', () => {
  it.each([
    ['up', 'up'],
    ['down', 'down'],
    ['something', 'unknown'],
    [undefined, 'unknown'],
  ])('is, of the text %s, %s', async (text, expected) => {
    const asked: string[] = [];
    const texts = {
      read: async (name: string) => {
        asked.push(name);
        return text;
      },
    };
    const about = { environment: 'aeon', zone: 'example.com', region: 'us-east-1' };
    expect(await publicHealthOf(about, texts).look()).toBe(expected);
    expect(asked).toEqual(['_mainstay-aeon-us-east-1.example.com']);
  });
  it('is unknown without a zone', async () => {
    const about = { environment: 'aeon', zone: null, region: 'us-east-1' };
    expect(await publicHealthOf(about, { read: async () => 'up' }).look()).toBe('unknown');
  });
});
