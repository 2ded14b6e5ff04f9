import { standbyReleaseParameterName, stateMachineName } from '../../domain/names.ts';
import type { Ecr } from '../aws/ecr.ts';
import { childrenOf, type Repository } from '../aws/ecr-images.ts';
import type { Eks } from '../aws/eks.ts';
import type { Ssm } from '../aws/ssm.ts';
import type { StatesService } from '../aws/states.ts';
import type { NeededImages } from '../checkers/images.ts';
import type { PastImage } from './image-history.ts';
import type { Stage } from './stage.ts';

type Add = (repository: string, digest: string, why: string) => void;

/** What the world says of images, read from the clusters, the parameters and the registries and not from what a workflow says. */
export class ImagesWorld {
  readonly ecr: Ecr;
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.ecr = stage.rehearsal.account.service<Ecr>('ecr');
  }

  /** By `repository digest`, why. What an index holds is needed with it. */
  needed(): NeededImages {
    const found = new Map<string, string>();
    const add = (repository: string, digest: string, why: string): void => {
      found.set(`${repository} ${digest}`, why);
      for (const { images } of this.#regionsWith(repository)) {
        const image = images.get(digest);
        for (const child of image ? childrenOf(image) : [])
          found.set(`${repository} ${child}`, `part of ${digest}: ${why}`);
      }
    };
    this.#addRunning(add);
    this.#addReleases(add);
    this.#addPromotions(add);
    return found;
  }

  #addRunning(add: Add): void {
    for (const { store, options } of this.#stage.rehearsal.account.service<Eks>('eks').clusters) {
      for (const kind of ['Pod', 'Deployment']) {
        for (const object of store.list(kind, this.#stage.environment)) {
          for (const [, repository = '', digest = ''] of JSON.stringify(object.spec ?? {}).matchAll(
            /amazonaws\.com\/([a-z0-9/-]+)@(sha256:[0-9a-f]+)/g,
          )) {
            add(repository, digest, `${kind} ${object.metadata.name} of ${options.region} has it`);
          }
        }
      }
    }
  }

  #addReleases(add: Add): void {
    const { environment, request, region, rehearsal } = this.#stage;
    const ssm = rehearsal.account.service<Ssm>('ssm');
    const eks = rehearsal.account.service<Eks>('eks');
    const standby = request.platform.regions.standby?.name;
    for (const { name, image } of request.platform.services) {
      const repository = `${request.platform.name}/${image}`;
      const stored = eks.cluster(region, environment).store.get('ConfigMap', environment, `${name}-release`);
      const texts = [
        [JSON.stringify(stored?.['data'] ?? {}), `the release record of ${name} names it`],
        [
          standby === undefined ? undefined : ssm.value(standby, standbyReleaseParameterName(environment, name)),
          `the standby has to run it as ${name}`,
        ],
      ] as const;
      for (const [text, why] of texts) {
        for (const [digest] of (text ?? '').matchAll(/sha256:[0-9a-f]{64}/g)) add(repository, digest, why);
      }
    }
  }

  #addPromotions(add: Add): void {
    const { environment, request, rehearsal } = this.#stage;
    for (const { machine, execution, input, name } of rehearsal.account.service<StatesService>('states').executions()) {
      if (machine.name !== stateMachineName(environment, 'canary-promotion') || execution.status !== 'RUNNING')
        continue;
      const asked = JSON.parse(input) as { service: string; tag: string };
      const service = request.platform.services.find((candidate) => candidate.name === asked.service);
      const repository = `${request.platform.name}/${service?.image}`;
      for (const { images } of this.#regionsWith(repository)) {
        for (const image of images.values()) {
          if (image.tags.has(asked.tag)) add(repository, image.digest, `the promotion ${name} waits to release it`);
        }
      }
    }
  }

  /** Images of production past their time that nothing needs, not among the newest, and still there. */
  notGone(past: readonly PastImage[]): string[] {
    const { platform } = this.#stage.request;
    const limit = platform.stages.production.imageRetentionDays;
    const needed = this.needed();
    const old = past.filter(({ stage, daysOld }) => stage === 'production' && daysOld > limit);
    return old.flatMap(({ repository, tag }) =>
      this.#regionsWith(repository).flatMap(({ images, region }) => {
        const image = [...images.values()].find(({ tags }) => tags.has(tag));
        const newer = [...images.values()].filter(
          (other) =>
            image && other.pushedAt > image.pushedAt && [...other.tags].some((one) => one.includes('production')),
        );
        if (!image || newer.length < platform.images.keepNewest) return [];
        return needed.has(`${repository} ${image.digest}`) ? [] : [`${tag} is still in ${region}`];
      }),
    );
  }

  /** Needed images that a region of the platform does not hold. */
  missing(): string[] {
    return [...this.needed()].flatMap(([key, why]) => {
      const [repository = '', digest = ''] = key.split(' ');
      return this.#stage.request.platform.regions.images
        .filter((region) => !this.ecr.hasImage(region, repository, digest))
        .map((region) => `${region} lacks ${repository} ${digest}: ${why}`);
    });
  }

  #regionsWith(repository: string): Repository[] {
    return this.#stage.request.platform.regions.images.flatMap(
      (region) => this.ecr.registry.of(region).repositories.get(repository) ?? [],
    );
  }
}
