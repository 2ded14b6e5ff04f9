import { ObjectChanged } from '../../domain/errors.ts';
import type { KubernetesObject, ObjectCluster } from '../ports/object-cluster.ts';
import { Conflict, type KubernetesClient, NotFound } from './client.ts';
import { pathOf } from './kinds.ts';

export function kubernetesObjectCluster(client: KubernetesClient): ObjectCluster {
  return {
    async read(object) {
      try {
        return await client.request<KubernetesObject>({ method: 'GET', path: pathOf(object) });
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    },

    async apply(object, { fieldManager, force }) {
      try {
        await client.request({
          method: 'PATCH',
          path: pathOf(object),
          query: { fieldManager, ...(force ? { force: 'true' } : {}) },
          contentType: 'application/apply-patch+yaml',
          body: object,
        });
      } catch (error) {
        if (error instanceof Conflict) throw new ObjectChanged(error.message);
        throw error;
      }
    },

    async remove(object) {
      try {
        await client.request({ method: 'DELETE', path: pathOf(object) });
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
      }
    },
  };
}
