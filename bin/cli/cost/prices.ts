/**
 * How a price was read, in November 2026. AWS's pages load most of their figures by a script, so that a copy of the page often lacks them.
 * - `aws`: on AWS's own page.
 * - `quoted`: on another page that quotes AWS's, named in `quotedBy`.
 * - `unverified`: nowhere that was found; as it is commonly told.
 */
export type Evidence = 'aws' | 'quoted' | 'unverified';

/** One price of AWS in us-east-1, in US dollars. */
export interface Price {
  readonly dollars: number;
  readonly per: string;
  /** AWS's page for it. */
  readonly source: string;
  readonly evidence: Evidence;
  /** Where it was read, for `quoted`. */
  readonly quotedBy?: string;
}

export const pricesOf =
  'November 2026, us-east-1 for every region, without taxes, discounts and what ends with a free trial';

const cloudWatch = 'https://aws.amazon.com/cloudwatch/pricing/';
const cloudWatchGuide = 'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/';
const cloudWatchList = 'https://github.com/nishinoshake/aws-rough/issues/37';
const cloudWatchEstimate = 'https://github.com/vreutova/infracost-idem-support/pull/2';
const kms = 'https://aws.amazon.com/kms/pricing/';
const lambda = 'https://aws.amazon.com/lambda/pricing/';
const lambdaGuide = 'https://cloudchipr.com/blog/aws-lambda-pricing';
const secrets = 'https://aws.amazon.com/secrets-manager/pricing/';
const secretsGuide = 'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms';

export const prices = {
  alarmMetric: {
    dollars: 0.1,
    per: 'metric of a standard alarm and month',
    source: cloudWatch,
    evidence: 'quoted',
    quotedBy: cloudWatchEstimate,
  },
  dashboard: {
    dollars: 3,
    per: 'dashboard and month',
    source: cloudWatch,
    evidence: 'quoted',
    quotedBy: cloudWatchGuide,
  },
  customMetric: {
    dollars: 0.3,
    per: 'custom metric and month',
    source: cloudWatch,
    evidence: 'quoted',
    quotedBy: cloudWatchList,
  },
  cloudWatchRequest: {
    dollars: 0.01 / 1000,
    per: 'API request, or metric of GetMetricData',
    source: cloudWatch,
    evidence: 'quoted',
    quotedBy: cloudWatchList,
  },
  logGigabyte: {
    dollars: 0.5,
    per: 'gigabyte of logs taken in',
    source: cloudWatch,
    evidence: 'quoted',
    quotedBy: cloudWatchGuide,
  },
  logGigabyteKept: {
    dollars: 0.03,
    per: 'gigabyte of logs kept a month',
    source: cloudWatch,
    evidence: 'quoted',
    quotedBy: cloudWatchEstimate,
  },
  healthCheckFeature: {
    dollars: 1,
    per: 'month, for each of HTTPS, a fast interval and a text to be found, of a check of an endpoint on AWS',
    source: 'https://aws.amazon.com/route53/pricing/',
    evidence: 'unverified',
  },
  healthCheck: {
    dollars: 0.5,
    per: 'health check and month',
    source: 'https://aws.amazon.com/route53/pricing/',
    evidence: 'unverified',
  },
  key: { dollars: 1, per: 'KMS key, or replica of one, and month', source: kms, evidence: 'aws' },
  /** AWS charges the first two rotations of a key and no later one; a copy of its page from before 2024 charges each. */
  keyRotation: {
    dollars: 1,
    per: 'month, for each of the first two rotations of a KMS key',
    source: kms,
    evidence: 'unverified',
  },
  keyRequest: {
    dollars: 0.03 / 10_000,
    per: 'KMS request',
    source: kms,
    evidence: 'quoted',
    quotedBy: 'https://www.wring.co/blog/aws-kms-pricing-guide',
  },
  secret: {
    dollars: 0.4,
    per: 'secret, or replica of one, and month',
    source: secrets,
    evidence: 'quoted',
    quotedBy: secretsGuide,
  },
  secretRequest: {
    dollars: 0.05 / 10_000,
    per: 'request',
    source: secrets,
    evidence: 'quoted',
    quotedBy: secretsGuide,
  },
  invocation: {
    dollars: 0.2 / 1_000_000,
    per: 'invocation',
    source: lambda,
    evidence: 'quoted',
    quotedBy: 'https://git.mcrn.ar/mariano/lambda_local_runner/src/branch/main/docs/lambdas-md/lambda-13-cost.md',
  },
  gigabyteSecond: {
    dollars: 0.0000133334,
    per: 'gigabyte-second on arm64',
    source: lambda,
    evidence: 'quoted',
    quotedBy: lambdaGuide,
  },
  transition: {
    dollars: 25 / 1_000_000,
    per: 'state transition of a Standard workflow',
    source: 'https://aws.amazon.com/step-functions/pricing/',
    evidence: 'aws',
  },
  email: {
    dollars: 2 / 100_000,
    per: 'notification by email',
    source: 'https://aws.amazon.com/sns/pricing/',
    evidence: 'quoted',
    quotedBy: 'https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/',
  },
  queueRequest: {
    dollars: 0.4 / 1_000_000,
    per: 'request',
    source: 'https://aws.amazon.com/sqs/pricing/',
    evidence: 'unverified',
  },
  tableWrite: {
    dollars: 0.625 / 1_000_000,
    per: 'write on demand',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    evidence: 'quoted',
    quotedBy: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing',
  },
  tableRead: {
    dollars: 0.125 / 1_000_000,
    per: 'read on demand',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
    evidence: 'quoted',
    quotedBy: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing',
  },
  trace: {
    dollars: 5 / 1_000_000,
    per: 'trace recorded',
    source: 'https://aws.amazon.com/xray/pricing/',
    evidence: 'aws',
  },
  collectorHour: {
    dollars: 0.04,
    per: 'hour of a managed collector, before its samples',
    source: 'https://aws.amazon.com/prometheus/pricing/',
    evidence: 'unverified',
  },
  endpointHour: {
    dollars: 0.01,
    per: 'hour of an interface endpoint in one zone, before its traffic',
    source: 'https://aws.amazon.com/privatelink/pricing/',
    evidence: 'quoted',
    quotedBy: 'https://awsnegotiations.com/privatelink-cost-analysis.html',
  },
  gatewayHour: {
    dollars: 0.045,
    per: 'hour of a NAT gateway, before its traffic',
    source: 'https://aws.amazon.com/vpc/pricing/',
    evidence: 'unverified',
  },
} as const satisfies Record<string, Price>;

export interface Allowance {
  readonly what: string;
  readonly price: keyof typeof prices;
  readonly quantity: number;
  readonly source: string;
}

/**
 * What AWS gives every account each month without an end ('always free': https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-free-tier-api.html), as far as it
 * was found quoted. An organisation has it once; where something else uses it, the sum without it holds.
 */
export const alwaysFree: readonly Allowance[] = [
  { what: 'gigabyte-seconds', price: 'gigabyteSecond', quantity: 400_000, source: lambda },
  { what: 'invocations', price: 'invocation', quantity: 1_000_000, source: lambda },
  { what: 'alarm metrics', price: 'alarmMetric', quantity: 10, source: cloudWatch },
  { what: 'custom metrics', price: 'customMetric', quantity: 10, source: cloudWatch },
];
