/** One price of AWS in us-east-1, in US dollars. */
export interface Price {
  readonly dollars: number;
  readonly per: string;
  readonly source: string;
}

/**
 * What the table is. CloudWatch's and KMS's were compared with their pages; the others are as their pages are commonly quoted. Read them
 * again before you decide by a dollar.
 */
export const pricesOf =
  'November 2026, us-east-1 for every region, without free tiers, taxes and discounts; before the first yearly rotation of the keys';

const cloudWatch = 'https://aws.amazon.com/cloudwatch/pricing/';
const lambda = 'https://aws.amazon.com/lambda/pricing/';

export const prices = {
  alarmMetric: { dollars: 0.1, per: 'metric of a standard alarm and month', source: cloudWatch },
  dashboard: { dollars: 3, per: 'dashboard and month', source: cloudWatch },
  customMetric: { dollars: 0.3, per: 'custom metric and month', source: cloudWatch },
  cloudWatchRequest: { dollars: 0.01 / 1000, per: 'API request, or metric of GetMetricData', source: cloudWatch },
  logGigabyte: { dollars: 0.5, per: 'gigabyte of logs taken in', source: cloudWatch },
  logGigabyteKept: { dollars: 0.03, per: 'gigabyte of logs kept a month', source: cloudWatch },
  key: {
    dollars: 1,
    per: 'KMS key and month; the first two yearly rotations add one each',
    source: 'https://aws.amazon.com/kms/pricing/',
  },
  keyRequest: { dollars: 0.03 / 10_000, per: 'KMS request', source: 'https://aws.amazon.com/kms/pricing/' },
  secret: {
    dollars: 0.4,
    per: 'secret, or replica of one, and month',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
  },
  secretRequest: { dollars: 0.05 / 10_000, per: 'request', source: 'https://aws.amazon.com/secrets-manager/pricing/' },
  invocation: { dollars: 0.2 / 1_000_000, per: 'invocation', source: lambda },
  gigabyteSecond: { dollars: 0.0000133334, per: 'gigabyte-second on arm64', source: lambda },
  transition: {
    dollars: 25 / 1_000_000,
    per: 'state transition of a Standard workflow',
    source: 'https://aws.amazon.com/step-functions/pricing/',
  },
  email: { dollars: 2 / 100_000, per: 'notification by email', source: 'https://aws.amazon.com/sns/pricing/' },
  queueRequest: { dollars: 0.4 / 1_000_000, per: 'request', source: 'https://aws.amazon.com/sqs/pricing/' },
  tableWrite: {
    dollars: 0.625 / 1_000_000,
    per: 'write on demand',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  trace: { dollars: 5 / 1_000_000, per: 'trace recorded', source: 'https://aws.amazon.com/xray/pricing/' },
} as const satisfies Record<string, Price>;
