import { resourcesOf, type templates } from './synthesized.ts';

/** By stack: logical id → type, of everything that holds what a deployment can't make again. */
export type StatefulResources = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is lost when CloudFormation replaces or forgets one: a changed logical id does, whatever its properties say. */
const lost: Readonly<Record<string, string>> = {
  'AWS::KMS::Key':
    'the key: what it encrypted stays with a key that no stack manages any more, until its deletion makes it unreadable',
  'AWS::KMS::ReplicaKey':
    'the key of this region: what was copied here stays with a key that no stack manages any more',
  'AWS::ECR::Repository': 'every image in it: what runs can be pulled no more, and no rollback finds its image',
  'AWS::EC2::VPC': 'the network with everything in it: cluster, databases, load balancer and their addresses',
  'AWS::EKS::Cluster': 'the cluster: every pod, claim and release record in it',
  'AWS::DynamoDB::Table': 'every item in it',
  'AWS::DynamoDB::GlobalTable': 'every item in it, in all regions',
  'AWS::RDS::DBInstance': 'the database: every row since the last snapshot, and its endpoint',
  'AWS::SecretsManager::Secret': 'the secret: nobody who reads it by its name logs in',
  'AWS::S3::Bucket': 'the bucket: every object in it',
  'AWS::SNS::Topic': 'every subscription: nobody is told of an alarm until all have subscribed anew',
  'AWS::APS::Workspace': 'every metric that was ever written to it',
};

export const statefulTypes: ReadonlySet<string> = new Set(Object.keys(lost));

/** The stateful resources of synthesized templates. */
export function statefulIn(found: ReturnType<typeof templates>): StatefulResources {
  return Object.fromEntries(
    Object.entries(found).flatMap(([stack, template]) => {
      const kept = Object.entries(resourcesOf(template)).filter(([, { Type }]) => statefulTypes.has(Type));
      return kept.length === 0 ? [] : [[stack, Object.fromEntries(kept.map(([id, { Type }]) => [id, Type]))]];
    }),
  );
}

/** What a deployment of `found` over `expected` would lose, a sentence each; and what holds state and is not listed yet. */
export function losses(expected: StatefulResources, found: StatefulResources): string[] {
  const gone = Object.entries(expected).flatMap(([stack, resources]) =>
    Object.entries(resources)
      .filter(([id, type]) => found[stack]?.[id] !== type)
      .map(([id, type]) => `${stack}/${id} (${type}) is gone or renamed. Lost would be: ${lost[type]}.`),
  );
  const unlisted = Object.entries(found).flatMap(([stack, resources]) =>
    Object.entries(resources)
      .filter(([id]) => expected[stack]?.[id] === undefined)
      .map(
        ([id, type]) =>
          `${stack}/${id} (${type}) holds state and is not listed: add it, so that it can't be lost unseen.`,
      ),
  );
  return [...gone, ...unlisted];
}
