import { describe, expect, it } from 'vitest';
import { type SynthesizedObject, synthesizedObjects } from './synthesized-objects.ts';

interface Problem {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: unknown;
}
interface Validator {
  (object: unknown): boolean;
  errors?: readonly Problem[] | null;
}

/** Where the schema of a kind stands in the packages, by `apiVersion`: made from the OpenAPI documents of Kubernetes and of the Gateway API. */
const schemas: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/_schemas/IoK8sApiCoreV1',
  'apps/v1': 'kubernetes-models/_schemas/IoK8sApiAppsV1',
  'autoscaling/v2': 'kubernetes-models/_schemas/IoK8sApiAutoscalingV2',
  'networking.k8s.io/v1': 'kubernetes-models/_schemas/IoK8sApiNetworkingV1',
  'policy/v1': 'kubernetes-models/_schemas/IoK8sApiPolicyV1',
  'rbac.authorization.k8s.io/v1': 'kubernetes-models/_schemas/IoK8sApiRbacV1',
  'scheduling.k8s.io/v1': 'kubernetes-models/_schemas/IoK8sApiSchedulingV1',
  'storage.k8s.io/v1': 'kubernetes-models/_schemas/IoK8sApiStorageV1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/_schemas/IoK8sSigsGatewayApiApisV1',
};

/** Kinds whose schema no kept package has. The chart that brings their definitions checks them on a real cluster. */
const notValidated = [
  'gateway.k8s.aws/v1 LoadBalancerConfiguration',
  'gateway.k8s.aws/v1 TargetGroupConfiguration',
  'secrets-store.csi.x-k8s.io/v1 SecretProviderClass',
];

const kindOf = ({ apiVersion, kind }: SynthesizedObject) => `${apiVersion} ${kind}`;

async function validatorOf({ apiVersion, kind }: SynthesizedObject): Promise<Validator> {
  const { validate } = (await import(`${schemas[apiVersion]}${kind}`)) as { validate: Validator };
  return validate;
}

/**
 * What the schema refuses, and every field that it does not know: the schemas allow those, an API server with strict validation
 * does not. A field is unknown when the validator never asks for it.
 */
async function problemsOf(object: SynthesizedObject): Promise<string[]> {
  const validate = await validatorOf(object);
  const read = new Set<string>();
  const seen = new WeakMap<object, unknown>();
  const watched = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const known = seen.get(value);
    if (known) return known;
    const proxy = new Proxy(value, {
      get(target, name) {
        const below = `${path}/${String(name)}`;
        read.add(below);
        return watched(Reflect.get(target, name), below);
      },
    });
    seen.set(value, proxy);
    return proxy;
  };
  if (!validate(watched(object, ''))) {
    return (validate.errors ?? []).map((one) => `${one.instancePath} ${one.keyword} ${JSON.stringify(one.params)}`);
  }
  return fieldsOf(object, '')
    .filter((field) => !read.has(field))
    .map((field) => `${field} is not a field`);
}

function fieldsOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [`${path}/${name}`, ...fieldsOf(member, `${path}/${name}`)]);
}

const objects = synthesizedObjects();

describe('every Kubernetes object that the app applies', () => {
  it('is of a kind that has a schema here, or is said to have none', () => {
    const without = new Set(objects.filter(([, { apiVersion }]) => !schemas[apiVersion]).map(([, one]) => kindOf(one)));
    expect([...without].sort()).toEqual([...notValidated].sort());
    expect(objects.filter(([, { apiVersion }]) => schemas[apiVersion]).length).toBeGreaterThan(60);
  });

  it('fits the schema of its kind, and has no field that the schema does not know', async () => {
    const found: string[] = [];
    for (const [stack, object] of objects.filter(([, { apiVersion }]) => schemas[apiVersion])) {
      for (const problem of await problemsOf(object)) {
        found.push(`${stack} ${kindOf(object)} ${object.metadata.name}: ${problem}`);
      }
    }
    expect(found).toEqual([]);
  });
});

describe('the schemas', () => {
  const deployment = () => {
    const found = objects.find(([, { kind }]) => kind === 'Deployment');
    if (!found) throw new Error('no Deployment');
    return structuredClone(found[1]) as unknown as {
      spec: { replicas: unknown; revisionHistoryLimitt?: number; template: { spec: { containers: object[] } } };
    } & SynthesizedObject;
  };

  it('refuse a wrong type', async () => {
    const wrong = deployment();
    wrong.spec.replicas = 'three';
    expect(await problemsOf(wrong)).toEqual([expect.stringContaining('/spec/replicas type')]);
  });

  it('refuse a misspelled field, however deep', async () => {
    const wrong = deployment();
    wrong.spec.revisionHistoryLimitt = 5;
    Object.assign(wrong.spec.template.spec.containers[0] ?? {}, { readynessProbe: {} });
    expect(await problemsOf(wrong)).toEqual([
      '/spec/template/spec/containers/0/readynessProbe is not a field',
      '/spec/revisionHistoryLimitt is not a field',
    ]);
  });
});
