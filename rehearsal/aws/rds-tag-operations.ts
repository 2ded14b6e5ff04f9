import { requestTags, resourceTags, type Tags, tagList, tagsOf } from './rds-access.ts';
import type { RdsContext } from './rds-context.ts';
import { AwsError, type Operation, type OperationInput, Unmodelled } from './service.ts';

interface Tagged {
  tags: Tags;
}

/** 'up to 50 tags for each resource': https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html */
const tagsMax = 50;

/** Tags of instances and snapshots; of what else RDS tags, none are kept. */
export function tagOperations(context: RdsContext): Record<string, Operation> {
  const on = (
    name: string,
    inputs: readonly string[],
    asked: (input: OperationInput) => Record<string, string | readonly string[]>,
    run: (tagged: Tagged, input: OperationInput) => OperationInput,
  ): Operation => ({
    inputs: ['ResourceName', ...inputs],
    authorise: (input) => {
      const arn = String(input['ResourceName']);
      const kind = arn.split(':')[5] === 'snapshot' ? 'snapshot' : 'db';
      const conditions = { ...resourceTags(kind, found(context, arn)?.tags ?? new Map()), ...asked(input) };
      return [{ action: `rds:${name}`, resources: [arn], conditions }];
    },
    run: (input) => run(required(context, String(input['ResourceName'])), input),
  });
  return {
    AddTagsToResource: on(
      'AddTagsToResource',
      ['Tags'],
      (input) => requestTags(tagsOf(input)),
      (tagged, input) => {
        const tags = new Map([...tagged.tags, ...tagsOf(input)]);
        if (tags.size > tagsMax) throw new AwsError('InvalidParameterValue', `A resource has at most ${tagsMax} tags.`);
        tagged.tags = tags;
        return {};
      },
    ),
    ListTagsForResource: on(
      'ListTagsForResource',
      [],
      () => ({}),
      ({ tags }) => ({ TagList: tagList(tags) }),
    ),
    RemoveTagsFromResource: on(
      'RemoveTagsFromResource',
      ['TagKeys'],
      ({ TagKeys }) => ({ 'aws:TagKeys': TagKeys }),
      (tagged, { TagKeys }) => {
        tagged.tags = new Map([...tagged.tags].filter(([key]) => !TagKeys.includes(key)));
        return {};
      },
    ),
  };
}

function found({ instances, snapshots }: RdsContext, arn: string): Tagged | undefined {
  const kind = arn.split(':')[5];
  if (kind === 'db') return instances.byArn(arn);
  if (kind === 'snapshot') return snapshots.byArn(arn);
  throw new Unmodelled(`Tags of ${arn} are not modelled; those of instances and snapshots are.`);
}

function required(context: RdsContext, arn: string): Tagged {
  const tagged = found(context, arn);
  if (tagged) return tagged;
  const name = arn.split(':')[5] === 'db' ? 'DBInstanceNotFound' : 'DBSnapshotNotFound';
  throw new AwsError(name, `${arn} does not exist.`, 404);
}
