import { Duration } from 'aws-cdk-lib';
import { GraphWidget, type IMetric, MathExpression, Metric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';

/** Widths are in the 24 columns of a dashboard. */
const third = 8;

export interface MetricSource {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum` unless told. */
  readonly statistic?: string;
  readonly label?: string;
}

/** One metric a minute, or over `minutes`. */
export function metric({ namespace, name, dimensions, statistic, label }: MetricSource, minutes = 1): Metric {
  return new Metric({
    namespace,
    metricName: name,
    dimensionsMap: { ...dimensions },
    statistic: statistic ?? 'Sum',
    period: Duration.minutes(minutes),
    ...(label === undefined ? {} : { label }),
  });
}

/** Several metrics combined: `usingMetrics` by the names in the expression. */
export function formula(
  expression: string,
  usingMetrics: Record<string, IMetric>,
  label: string,
  minutes = 1,
): MathExpression {
  return new MathExpression({ expression, usingMetrics, label, period: Duration.minutes(minutes) });
}

/**
 * Every metric of a name with just these dimensions whose values hold all the words, found when the dashboard is looked at: for what gets its
 * name at run time. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-search-expressions.html
 */
export function search(
  { namespace, dimensions, name }: { namespace: string; dimensions: readonly string[]; name: string },
  words: readonly string[],
  statistic: string,
): MathExpression {
  const schema = [namespace, ...dimensions].join(',');
  const wanted = [`MetricName="${name}"`, ...words].join(' ');
  return new MathExpression({
    expression: `SEARCH('{${schema}} ${wanted}', '${statistic}', 60)`,
    usingMetrics: {},
    label: '',
    period: Duration.minutes(1),
  });
}

export function graph(
  title: string,
  left: readonly IMetric[],
  options: { readonly annotate?: number; readonly unit?: string } = {},
): GraphWidget {
  return new GraphWidget({
    title,
    width: third,
    left: [...left],
    ...(options.unit ? { leftYAxis: { label: options.unit, showUnits: false, min: 0 } } : {}),
    ...(options.annotate === undefined ? {} : { leftAnnotations: [{ value: options.annotate, label: 'limit' }] }),
  });
}

export function heading(text: string): TextWidget {
  return new TextWidget({ markdown: text, width: 24, height: 2 });
}
