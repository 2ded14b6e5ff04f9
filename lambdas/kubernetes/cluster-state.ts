import { type ExportedKind, exportedKinds } from '../../domain/exported-kinds.ts';
import { releaseRecordName } from '../../domain/names.ts';
import { releaseRecord } from '../../domain/release.ts';
import type { ClusterState, RunningImage } from '../ports/cluster-state.ts';
import type { KubernetesObject } from '../ports/object-cluster.ts';
import { type KubernetesClient, NotFound } from './client.ts';
import type { ConfigMap, List, Pod } from './objects.ts';

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
interface Page extends List<KubernetesObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly continue?: string };
}

const pageObjects = 500;
/** Of one kind: a million objects. */
const pagesMax = 2000;

export function kubernetesClusterState(client: KubernetesClient): ClusterState {
  return {
    async *objects(environment) {
      for (const kind of exportedKinds) yield* pagesOf(client, kind, environment);
    },

    async runningImages(environment) {
      const path = `/api/v1/namespaces/${environment}/pods`;
      const list = await client.request<List<Pod>>({ method: 'GET', path });
      const running = list.items.filter(({ status }) => !['Failed', 'Succeeded'].includes(status?.phase ?? ''));
      const images = running.flatMap(imagesOf);
      return [...new Map(images.map((image) => [`${image.reference} ${image.digest}`, image])).values()];
    },

    async releaseTags(environment) {
      const path = `/api/v1/namespaces/${environment}/configmaps`;
      const list = await client.request<List<ConfigMap>>({ method: 'GET', path });
      const records = list.items.filter(
        ({ metadata, data }) => metadata.name.endsWith(recordSuffix) && data?.['record'],
      );
      return new Map(
        records.flatMap(({ data }) => {
          const record = releaseRecord.safeParse(JSON.parse(data?.['record'] ?? '{}'));
          const { stableDigest = '', stableTag = '', previous, promotion } = record.data ?? {};
          return [
            ...(promotion ? [[promotion.canaryDigest, promotion.canaryTag] as const] : []),
            ...(previous ? [[previous.digest, previous.tag] as const] : []),
            [stableDigest, stableTag] as const,
          ];
        }),
      );
    },
  };
}

const recordSuffix = releaseRecordName('');
const digestOf = (reference: string | undefined): string => /@(sha256:[0-9a-f]{64})$/.exec(reference ?? '')?.[1] ?? '';

function imagesOf({ spec, status }: Pod): readonly RunningImage[] {
  return spec.containers.flatMap(({ name, image }) => {
    if (image === undefined) return [];
    const pulled = status?.containerStatuses?.find((container) => container.name === name)?.imageID;
    return [{ reference: image, digest: digestOf(image) || digestOf(pulled) }];
  });
}

async function* pagesOf(
  client: KubernetesClient,
  kind: ExportedKind,
  environment: string,
): AsyncGenerator<readonly KubernetesObject[]> {
  for (const version of kind.versions) {
    const root = kind.group === '' ? `/api/${version}` : `/apis/${kind.group}/${version}`;
    const path = `${root}/namespaces/${environment}/${kind.plural}`;
    let next = '';
    for (let page = 0; page < pagesMax; page++) {
      const query = { limit: String(pageObjects), ...(next === '' ? {} : { continue: next }) };
      const found = await served(() => client.request<Page>({ method: 'GET', path, query }));
      // Not installed here, or under another version.
      if (!found) break;
      yield found.items.map((item) => exported(item, found));
      next = found.metadata.continue ?? '';
      if (next === '') return;
    }
  }
}

/** A list's items don't say what they are; who wrote which field is of no use in another cluster. */
function exported(item: KubernetesObject, { apiVersion, kind }: Page): KubernetesObject {
  const { managedFields: _, ...metadata } = item.metadata;
  return { ...item, apiVersion, kind: kind.replace(/List$/, ''), metadata };
}

async function served<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
