import type { MetricSink } from '../aws/module.ts';
import type { AccountServices, SimulatedService } from '../aws/service.ts';
import type { FunctionConfiguration } from './function.ts';

/** What one invocation that reached the function's code came to. */
export interface InvocationCount {
  readonly failed: boolean;
  readonly milliseconds: number;
}

/**
 * Publishes what Lambda says of one invocation: Invocations, Errors (0 or 1, so that there is data where nothing fails),
 * Throttles likewise, Duration. A refused or lost invocation counts in none of them but Throttles.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html. The time is that of the end; Lambda stamps the beginning.
 */
export function countInvocation(
  account: AccountServices,
  configuration: FunctionConfiguration,
  { failed, milliseconds }: InvocationCount,
): void {
  put(account, configuration, 'Invocations', 1);
  put(account, configuration, 'Errors', failed ? 1 : 0);
  put(account, configuration, 'Throttles', 0);
  put(account, configuration, 'Duration', milliseconds, 'Milliseconds');
}

/** An invocation that was refused because too many run. */
export function countThrottle(account: AccountServices, configuration: FunctionConfiguration): void {
  put(account, configuration, 'Throttles', 1);
}

function put(
  account: AccountServices,
  { name: functionName, region }: FunctionConfiguration,
  name: string,
  value: number,
  unit = 'Count',
): void {
  account.service<SimulatedService & MetricSink>('cloudwatch').putMetric({
    namespace: 'AWS/Lambda',
    name,
    dimensions: { FunctionName: functionName },
    value,
    unit,
    region,
  });
}
