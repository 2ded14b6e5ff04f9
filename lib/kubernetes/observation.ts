import type { Place, Service } from '../../platforms/schema.ts';
import { scrapeAnnotations } from '../watching/scrape-configuration.ts';
import type { ServiceScope } from './object.ts';

/** Of a pod whose service measures itself: the collector scrapes `/metrics` at this port. */
export function observedAnnotations({ metricsPort }: Service): Readonly<Record<string, string>> {
  if (metricsPort === undefined) return {};
  return { [scrapeAnnotations.scrape]: 'true', [scrapeAnnotations.port]: String(metricsPort) };
}

/** The way in for the collector, whose network interfaces stand in the private subnets; to the metrics' own port alone. */
export function observedIngress({ metricsPort }: Service, { privateSubnets }: Place['vpc']): readonly object[] {
  if (metricsPort === undefined) return [];
  return [
    {
      from: privateSubnets.map(({ cidr }) => ({ ipBlock: { cidr } })),
      ports: [{ protocol: 'TCP', port: metricsPort }],
    },
  ];
}

/** Whether a service reaches X-Ray: its network rules let it out to AWS's own endpoints. */
export function sendsTraces({ network }: Service): boolean {
  return network.egress.some(({ peer, ports }) => peer.kind === 'cidr' && ports.includes(443));
}

/**
 * What an OpenTelemetry SDK in the service reads: which share of the traces that begin here is sampled, and where they go. Without an SDK
 * they do nothing. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/,
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPSimplesetup.html
 */
export function tracingVariables({ platform, service, place }: ServiceScope): Readonly<Record<string, string>> {
  if (!sendsTraces(service)) return {};
  return {
    OTEL_SERVICE_NAME: service.name,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(platform.tracing.samplePercent / 100),
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `https://xray.${place.name}.amazonaws.com/v1/traces`,
  };
}
