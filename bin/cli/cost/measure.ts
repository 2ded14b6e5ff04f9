import type { Platform } from '../../../platforms/schema.ts';
import { rehearseCanary } from '../../../rehearsal/scenarios/canary.ts';
import { parseRelease } from '../../../rehearsal/scenarios/releases.ts';
import type { Measured } from './control-plane.ts';

/** What Lambda writes around a run: START, END, REPORT. */
const platformLineBytes = 400;

/** Rehearses one healthy promotion of the first service with a route, or of the first, and counts what it took. */
export async function measure(platform: Platform, assemblyDirectory: string): Promise<Measured> {
  const service = platform.services.find(({ route }) => route) ?? platform.services[0];
  if (!service) throw new RangeError(`The platform '${platform.name}' has no service to promote.`);
  const { log, histories } = await rehearseCanary({
    platform,
    stage: 'production',
    service: service.name,
    release: parseRelease('healthy'),
    faults: [],
    seed: 1,
    assemblyDirectory,
  });
  const began = log.events.findIndex(({ kind }) => kind === 'scenario.began');
  const during = log.events.slice(began);
  const started = during.filter(({ kind }) => kind === 'execution.started').map((event) => String(event['execution']));
  const transitions = during.filter(
    (event) => event.kind === 'state.entered' && started.includes(String(event['execution'])),
  );
  const ended = log.events.filter(({ kind }) => kind === 'function.ended');
  const byWorkflow = during.filter(({ kind }) => kind === 'function.invoked').map((event) => String(event['function']));
  const lines = log.events.filter(({ kind }) => kind === 'function.logged');
  const lineBytes = lines.reduce((sum, event) => sum + String(event['line']).length, 0);
  const historyBytes = histories.reduce((sum, { events }) => sum + JSON.stringify(events).length, 0);
  const states = log.events.filter(({ kind }) => kind === 'state.entered').length;
  return {
    promotion: {
      transitions: transitions.length,
      judgements: byWorkflow.filter((name) => name.endsWith('-judge-canary')).length,
      emails: during.filter(({ kind }) => kind === 'notification.sent').length,
    },
    invocations: countsOf(byWorkflow.filter((name) => !/-(keep-alarms|follow-releases)$/.test(name))),
    milliseconds: meansOf(ended.map((event) => [String(event['function']), Number(event['milliseconds'])])),
    logBytesPerInvocation: Math.round(lineBytes / Math.max(1, ended.length)) + platformLineBytes,
    logBytesPerTransition: Math.round(historyBytes / Math.max(1, states)),
  };
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function meansOf(runs: readonly (readonly [string, number])[]): Record<string, number> {
  const names = new Set(runs.map(([name]) => name));
  return Object.fromEntries(
    [...names].map((name) => {
      const own = runs.filter(([other]) => other === name).map(([, milliseconds]) => milliseconds);
      return [name, Math.round(own.reduce((sum, each) => sum + each, 0) / own.length)];
    }),
  );
}
