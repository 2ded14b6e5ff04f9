import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What an AWS service publishes and the CDK's own list lacks, each with its page. */
const others: Readonly<Record<string, readonly string[]>> = {
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
  'AWS/RDS': ['ReplicaLag'],
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
  'AWS/Events': ['MatchedEvents'],
};

interface Canned {
  readonly namespace: string;
  readonly metricName: string;
}

/** Every metric that the CDK's generated lists, or the list above, say an AWS service publishes: `AWS/Lambda Errors`. */
export async function publishedByAws(): Promise<ReadonlySet<string>> {
  const root = join(import.meta.dirname, '..', '..', 'node_modules', 'aws-cdk-lib');
  const files = globSync('aws-*/lib/*canned-metrics.generated.js', { cwd: root });
  const known = new Set(
    Object.entries(others).flatMap(([namespace, names]) => names.map((name) => `${namespace} ${name}`)),
  );
  for (const file of files) {
    const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
    for (const list of Object.values(module['default'] ?? module)) {
      if (typeof list !== 'function') continue;
      for (const name of Object.getOwnPropertyNames(list)) {
        const metric = (list as unknown as Record<string, unknown>)[name];
        if (typeof metric !== 'function') continue;
        const { namespace, metricName } = (metric as (dimensions: object) => Canned)({});
        known.add(`${namespace} ${metricName}`);
      }
    }
  }
  return known;
}
