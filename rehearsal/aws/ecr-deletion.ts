import { findImage } from './ecr-images.ts';
import type { Registry } from './ecr-registry.ts';
import { imageIdsOf, onRepository, pageSize } from './ecr-requests.ts';
import { page } from './modelled.ts';
import type { Operation, OperationInput } from './service.ts';

/** What deletes, and the short list. */
export function listOperations(registry: Registry): Record<string, Operation> {
  return {
    ListImages: {
      inputs: ['registryId', 'repositoryName', 'filter', 'maxResults', 'nextToken'],
      authorise: onRepository('ecr:ListImages'),
      run: (input, context) => {
        const repository = registry.repository(context.region, input['repositoryName']);
        const tagStatus = input['filter']?.['tagStatus'] ?? 'ANY';
        const ids = [...repository.images.values()].flatMap(({ digest, tags }): OperationInput[] =>
          tags.size === 0
            ? [{ imageDigest: digest }]
            : [...tags].sort().map((imageTag) => ({ imageDigest: digest, imageTag })),
        );
        const fitting = ids.filter((id) => tagStatus === 'ANY' || (tagStatus === 'TAGGED') === 'imageTag' in id);
        const { items, nextToken } = page(fitting, input['nextToken'], pageSize(input));
        return { imageIds: items, ...(nextToken === undefined ? {} : { nextToken }) };
      },
    },
    BatchDeleteImage: {
      inputs: ['registryId', 'repositoryName', 'imageIds'],
      authorise: onRepository('ecr:BatchDeleteImage'),
      run: (input, context) => {
        const ids = imageIdsOf(input);
        const name = String(input['repositoryName']);
        registry.repository(context.region, name);
        const removed = ids.map((id) => {
          const digest = findImage(registry.repository(context.region, name), id)?.digest;
          return {
            id: { ...id, imageDigest: digest ?? id['imageDigest'] },
            failure: registry.remove(context.region, name, id),
          };
        });
        return {
          imageIds: removed.flatMap(({ id, failure }) => (failure ? [] : [id])),
          failures: removed.flatMap(({ id, failure }) =>
            failure ? [{ imageId: id, failureCode: failure.code, failureReason: failure.reason }] : [],
          ),
        };
      },
    },
  };
}
