import { imageUnder } from './conditions.ts';
import { nameOf } from './execution-name.ts';
import type { OutcomeReader } from './outcome.ts';
import type { Stage } from './stage.ts';

/** Requests a second on a routed service: the traffic of the canary figures. */
const usualRequestsPerSecond = 100;
/** Time for an image to reach every region and be scanned, before anybody promotes it. */
const imageSettlesSeconds = 600;
/** Traffic on the stable version before the promotion: alarms have data, and the last ten minutes can be measured. */
const stableServesSeconds = 900;
/** A first version that takes longer than this is not coming. */
const firstVersionSeconds = 3600;

/** The version that serves before anything is rehearsed: promoted by the same workflow, without faults. */
export async function serveFirstVersion(stage: Stage, outcomes: OutcomeReader): Promise<void> {
  const tag = stage.tag('1.4.0', 'a1b2c3d');
  stage.pushImage({ tag });
  await stage.pass(imageSettlesSeconds);
  const execution = await stage.during(
    stage.engineer.start(
      'canary-promotion',
      { service: stage.request.service, tag },
      `promotes the first version, ${tag}`,
    ),
  );
  const name = nameOf(execution);
  const { kernel } = stage.rehearsal;
  await kernel.run({ until: kernel.now() + firstVersionSeconds * 1000, done: () => outcomes.hasEnded(name) });
  const { outcome, reason } = outcomes.of(name);
  if (outcome !== 'promoted') {
    throw new Error(`The first version of ${stage.request.service} could not be promoted (${outcome}): ${reason}`);
  }
  stage.setLoad(stage.request.release.requestsPerSecond ?? usualRequestsPerSecond);
  await stage.pass(stableServesSeconds);
}

/** The tag that is promoted. */
export function tagOf(stage: Stage): string {
  const names = new Set(stage.request.faults.map(({ name }) => name));
  if (stage.request.tag !== undefined) return stage.request.tag;
  if (names.has('tag-against-convention')) return 'latest';
  if (names.has('unknown-tag')) return stage.tag('9.9.9', 'fffffff');
  return stage.tag('1.5.0', '3f9c2ab');
}

/** Pushes the image of the release under rehearsal; answers its digest. */
export async function pushRelease(stage: Stage, faults: ReadonlySet<string>): Promise<string> {
  const { release, platform } = stage.request;
  const otherRegions = platform.regions.images.filter((region) => region !== stage.region);
  const tag = stage.tag('1.5.0', '3f9c2ab');
  const digest = stage.pushImage({ tag, ...imageUnder(faults, otherRegions) });
  stage.traffic.setBehaviour(digest, {
    errorRate: release.errorRate,
    latencyScale: release.latencyScale,
    ...(release.crash ? { crash: release.crash } : {}),
    ...(release.outOfMemoryAfterSeconds === undefined
      ? {}
      : { outOfMemoryAfterSeconds: release.outOfMemoryAfterSeconds }),
  });
  if (!faults.has('promoted-too-early')) await stage.pass(imageSettlesSeconds);
  return digest;
}

/** What already goes on when the promotion is started. */
export async function prepare(stage: Stage, faults: ReadonlySet<string>): Promise<void> {
  if (faults.has('alarm-firing')) {
    stage.traffic.startIncident({ errorRate: 0.3 });
    await stage.pass(300);
  }
  if (faults.has('promotion-running')) {
    const tag = stage.tag('1.4.9', '9c8b7a6');
    stage.pushImage({ tag });
    await stage.pass(imageSettlesSeconds);
    await stage.during(
      stage.engineer.start('canary-promotion', { service: stage.request.service, tag }, `promotes ${tag}`),
    );
    await stage.pass(300);
  }
  if (faults.has('break-deadline')) await stage.watchForTenDays();
  if (faults.has('break-speed')) stage.slowLoadBalancer(120);
  if (faults.has('target-groups-renamed')) stage.renameTargetGroups();
}

/** An incident that the release is not to blame for, four minutes after it got its first requests. */
export function startIncidentLater(stage: Stage): void {
  const { incidentErrorRate } = stage.request.release;
  if (incidentErrorRate === undefined) return;
  const { log } = stage.rehearsal;
  let begun = false;
  log.subscribe((event) => {
    if (begun || event.kind !== 'traffic.shifted' || !((stage.canaryPercentIn(event) ?? 0) > 0)) return;
    begun = true;
    stage.rehearsal.kernel.after(240_000, 'incident', () => {
      stage.engineer.tell(
        `is told of an incident: ${incidentErrorRate * 100} % of all requests fail, whoever answers them`,
      );
      stage.traffic.startIncident({ errorRate: incidentErrorRate });
    });
  });
}
