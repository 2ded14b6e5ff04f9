import { describe, expect, it } from 'vitest';
import { deployment } from '../../../lib/kubernetes/deployment.ts';
import { networkPolicy } from '../../../lib/kubernetes/network-policy.ts';
import { aeon } from '../../../platforms/aeon.ts';
import { platformAt } from '../../../platforms/stage.ts';

const platform = platformAt(aeon, 'production');
const { primary } = platform.regions;

function named(name: string) {
  const service = platform.services.find((one) => one.name === name);
  if (!service) throw new Error(name);
  return service;
}

interface Template {
  readonly metadata: { readonly annotations?: Record<string, string> };
  readonly spec: { readonly containers: { env: { name: string; value: string }[] }[] };
}

function templateOf(name: string): Template {
  const scope = { platform, environment: 'aeon', service: named(name), place: primary, registry: 'registry' };
  return (deployment(scope, 'blue')['spec'] as { template: Template }).template;
}

function variablesOf(name: string): Record<string, string> {
  return Object.fromEntries((templateOf(name).spec.containers[0]?.env ?? []).map((one) => [one.name, one.value]));
}

function ingressOf(name: string): unknown[] {
  const around = { scheme: platform.gateway.scheme, vpc: primary.vpc };
  return (networkPolicy(around, 'aeon', named(name))['spec'] as { ingress: unknown[] }).ingress;
}

describe('a service that measures itself', () => {
  it('is scraped at its own port for metrics, which lets the private subnets in and no other port does', () => {
    expect(templateOf('aeon-dt-openspg').metadata.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '9464',
    });
    expect(ingressOf('aeon-dt-openspg').at(-1)).toEqual({
      from: ['10.0.11.0/24', '10.0.12.0/24', '10.0.13.0/24'].map((cidr) => ({ ipBlock: { cidr } })),
      ports: [{ protocol: 'TCP', port: 9464 }],
    });
  });

  it('is none that names no such port', () => {
    expect(templateOf('aeon-dt-api').metadata.annotations).toBeUndefined();
    expect(JSON.stringify(ingressOf('aeon-dt-api'))).not.toContain('10.0.11.0/24');
  });
});

describe('tracing of a service', () => {
  it('samples what the platform says, and goes to the region that the service runs in', () => {
    expect(variablesOf('aeon-dt-api')).toMatchObject({
      OTEL_SERVICE_NAME: 'aeon-dt-api',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://xray.us-east-1.amazonaws.com/v1/traces',
      PORT: '8080',
    });
  });

  it('is left out where its network rules let nothing out to AWS', () => {
    expect(Object.keys(variablesOf('aeon-dt-openspg')).filter((name) => name.startsWith('OTEL_'))).toEqual([]);
  });
});
