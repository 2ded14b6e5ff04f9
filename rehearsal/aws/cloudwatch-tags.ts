import { AwsError, type CallContext, type Operation, type OperationInput } from './service.ts';

/** The tags of alarms, by the alarm's ARN. */
export class AlarmTags {
  readonly #tags = new Map<string, Map<string, string>>();

  put(arn: string, tags: unknown): void {
    const own = this.#tags.get(arn) ?? new Map<string, string>();
    this.#tags.set(arn, own);
    for (const { Key, Value } of (tags ?? []) as { Key: string; Value: string }[]) own.set(Key, Value);
  }

  list(arn: string): { Key: string; Value: string }[] {
    return [...(this.#tags.get(arn) ?? [])].map(([Key, Value]) => ({ Key, Value }));
  }

  remove(arn: string, keys: readonly string[]): void {
    for (const key of keys) this.#tags.get(arn)?.delete(key);
  }
}

/**
 * TagResource, UntagResource and ListTagsForResource on alarms. `exists`: whether there is an alarm with that ARN.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
 */
export function tagOperations(
  tags: AlarmTags,
  exists: (arn: string, context: CallContext) => boolean,
): Record<string, Operation> {
  const on = (
    name: string,
    inputs: readonly string[],
    run: (arn: string, input: OperationInput) => OperationInput,
  ) => ({
    inputs,
    authorise: (input: OperationInput) => [
      {
        action: `cloudwatch:${name}`,
        resources: [String(input['ResourceARN'])],
        ...(name === 'ListTagsForResource' ? {} : { conditions: { 'aws:TagKeys': keysOf(input) } }),
      },
    ],
    run: (input: OperationInput, context: CallContext) => {
      const arn = String(input['ResourceARN']);
      if (!exists(arn, context)) throw new AwsError('ResourceNotFoundException', `Unknown resource: ${arn}`, 404);
      return run(arn, input);
    },
  });
  return {
    TagResource: on('TagResource', ['ResourceARN', 'Tags'], (arn, input) => {
      tags.put(arn, input['Tags']);
      return {};
    }),
    UntagResource: on('UntagResource', ['ResourceARN', 'TagKeys'], (arn, input) => {
      tags.remove(arn, input['TagKeys']);
      return {};
    }),
    ListTagsForResource: on('ListTagsForResource', ['ResourceARN'], (arn) => ({ Tags: tags.list(arn) })),
  };
}

function keysOf(input: OperationInput): string[] {
  return input['TagKeys'] ?? ((input['Tags'] ?? []) as { Key: string }[]).map(({ Key }) => Key);
}
