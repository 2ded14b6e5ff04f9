import { AwsError, type CallContext, type Operation, type OperationInput } from './service.ts';

/** Most images that one call of a batch takes. */
const mostImageIds = 100;

/** The authorisation of a call on one repository. */
export function onRepository(action: string): Operation['authorise'] {
  return (input, context) => [{ action, resources: [repositoryArn(context, String(input['repositoryName']))] }];
}

export function repositoryArn(context: CallContext, name: string): string {
  return `arn:aws:ecr:${context.region}:${context.account}:repository/${name}`;
}

/** 'between 1 and 1000 results … up to 100' where it is left out: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html */
export function pageSize(input: OperationInput): number {
  const size = Number(input['maxResults'] ?? 100);
  if (Number.isInteger(size) && size >= 1 && size <= 1000) return size;
  throw new AwsError('InvalidParameterException', `maxResults is ${size}; it takes 1 to 1000.`);
}

/** The images of a batch. Throws AwsError InvalidParameterException for none, and for more than a hundred. */
export function imageIdsOf(input: OperationInput): OperationInput[] {
  const ids: OperationInput[] = input['imageIds'] ?? [];
  if (ids.length > 0 && ids.length <= mostImageIds) return ids;
  throw new AwsError('InvalidParameterException', `imageIds takes 1 to ${mostImageIds} images; ${ids.length} came.`);
}
