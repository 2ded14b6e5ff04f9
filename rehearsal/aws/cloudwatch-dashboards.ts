import type { DeployedResource, ResourceRequest } from './service.ts';
import { AwsError } from './service.ts';

/** A dashboard that was deployed, with the metrics its widgets name: `[namespace, name]`. */
export interface KeptDashboard {
  readonly region: string;
  readonly name: string;
  readonly metrics: readonly (readonly [namespace: string, name: string])[];
}

/**
 * Reads AWS::CloudWatch::Dashboard. Nobody looks at dashboards in a rehearsal, but their body is parsed so that a broken one
 * fails here. Body structure: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 * Throws AwsError DashboardInvalidInputError.
 */
export function readDashboard(request: ResourceRequest): { dashboard: KeptDashboard; resource: DeployedResource } {
  const name = String(request.properties['DashboardName'] ?? `${request.stackName}-${request.logicalId}`);
  let body: { widgets?: { properties?: { metrics?: unknown[] } }[] };
  try {
    body = JSON.parse(String(request.properties['DashboardBody']));
  } catch (error) {
    throw new AwsError(
      'DashboardInvalidInputError',
      `The body of dashboard '${name}' is not JSON: ${(error as Error).message}.`,
    );
  }
  if (!Array.isArray(body.widgets))
    throw new AwsError('DashboardInvalidInputError', `The body of dashboard '${name}' has no list 'widgets'.`);
  const rows = body.widgets.flatMap((widget) => widget.properties?.metrics ?? []);
  const metrics = rows.flatMap((row) =>
    Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'string' ? [[row[0], row[1]] as const] : [],
  );
  return { dashboard: { region: request.region, name, metrics }, resource: { ref: name, attributes: {} } };
}
