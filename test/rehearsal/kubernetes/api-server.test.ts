import { describe, expect, it } from 'vitest';
import { type FaultPlan, noFaults } from '../../../rehearsal/faults/fault.ts';
import { call, createWorld, deployment, digestA, digestB, grantAdmin, type Loose, registry, route } from './world.ts';

const applyPatch = 'application/apply-patch+yaml';
const deploymentPath = '/apis/apps/v1/namespaces/aeon/deployments/api';
const configMapPath = '/api/v1/namespaces/aeon/configmaps/record';

function ready(options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options);
  grantAdmin(world);
  return world;
}

const apply = (world: ReturnType<typeof createWorld>, path: string, body: object, query = 'fieldManager=m') =>
  call(world, `${path}?${query}`, { method: 'PATCH', contentType: applyPatch, body });

const configMap = (data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'record', namespace: 'aeon', ...metadata },
  data,
});

describe('connecting to the API server', () => {
  it('times out from outside the VPC of a private endpoint', async () => {
    const world = ready();
    await expect(call(world, configMapPath, { vpcId: 'vpc-2' })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect(call(world, configMapPath, { vpcId: '' })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('does not verify for a client that trusts another authority', async () => {
    await expect(call(ready(), configMapPath, { ca: 'other' })).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
  });

  it('refuses what is no token, and a role without an access entry', async () => {
    const world = ready();
    expect((await call(world, configMapPath, { token: 'abc' })).status).toBe(401);
    const foreign = Buffer.from('https://example.com/?Action=GetCallerIdentity').toString('base64url');
    expect((await call(world, configMapPath, { token: `k8s-aws-v1.${foreign}` })).status).toBe(401);
    const { status, body } = await call(world, configMapPath, { role: 'stranger' });
    expect([status, body.reason, body.message]).toEqual([401, 'Unauthorized', 'Unauthorized']);
  });
});

describe('faults', () => {
  const once = (kind: 'throttle' | 'server-error' | 'denied' | 'lost-answer'): FaultPlan => ({
    ...noFaults,
    onCall: () => ({ kind }),
  });

  it('answer 429 with Retry-After, 500 and 403', async () => {
    const throttled = await call(ready({ faults: once('throttle') }), configMapPath);
    expect([throttled.status, throttled.headers['retry-after']]).toEqual([429, '1']);
    expect((await call(ready({ faults: once('server-error') }), configMapPath)).status).toBe(500);
    expect((await call(ready({ faults: once('denied') }), configMapPath)).status).toBe(403);
  });

  it('lose the answer after the work was done', async () => {
    const world = ready({ faults: once('lost-answer') });
    await expect(apply(world, configMapPath, configMap({ a: '1' }))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(world.cluster.object('ConfigMap', 'aeon', 'record')?.['data']).toEqual({ a: '1' });
  });
});

describe('objects', () => {
  it('are created, read, listed by label, replaced and deleted', async () => {
    const world = ready();
    const made = await call(world, '/api/v1/namespaces/aeon/configmaps', {
      method: 'POST',
      body: configMap({ a: '1' }, { labels: { app: 'x' } }),
    });
    expect(made.status).toBe(201);
    expect(
      (await call(world, '/api/v1/namespaces/aeon/configmaps', { method: 'POST', body: configMap({}) })).body.reason,
    ).toBe('AlreadyExists');
    expect((await call(world, configMapPath)).body.data).toEqual({ a: '1' });
    const listed = async (selector: string) =>
      (await call(world, `/api/v1/namespaces/aeon/configmaps?labelSelector=${encodeURIComponent(selector)}`)).body.items
        .length;
    expect([await listed('app=x'), await listed('app!=x'), await listed('app in (x,y)'), await listed('!app')]).toEqual(
      [1, 0, 1, 0],
    );
    expect((await call(world, configMapPath, { method: 'DELETE' })).body.status).toBe('Success');
    const { status, body } = await call(world, configMapPath);
    expect([status, body.message]).toEqual([404, 'configmaps "record" not found']);
  });

  it('refuse a write with an outdated resourceVersion, by every verb', async () => {
    const world = ready();
    const { body: first } = await apply(world, configMapPath, configMap({ a: '1' }));
    await apply(world, configMapPath, configMap({ a: '2' }));
    const outdated = { resourceVersion: first.metadata.resourceVersion };
    const answers = [
      await apply(world, configMapPath, configMap({ a: '3' }, outdated), 'fieldManager=m&force=true'),
      await call(world, configMapPath, { method: 'PUT', body: configMap({ a: '3' }, outdated) }),
      await call(world, configMapPath, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body: { metadata: outdated, data: { a: '3' } },
      }),
      await call(world, configMapPath, { method: 'DELETE', body: { preconditions: outdated } }),
    ];
    for (const { status, body } of answers) expect([status, body.reason]).toEqual([409, 'Conflict']);
    expect(answers[0]?.body.message).toContain(
      'the object has been modified; please apply your changes to the latest version',
    );
    expect(world.cluster.object('ConfigMap', 'aeon', 'record')?.['data']).toEqual({ a: '2' });
  });

  it('keep their resourceVersion when a write changes nothing', async () => {
    const world = ready();
    const { body: first } = await apply(world, configMapPath, configMap({ a: '1' }));
    const { body: second } = await apply(world, configMapPath, configMap({ a: '1' }));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('change nothing in a dry run', async () => {
    const world = ready();
    expect((await apply(world, configMapPath, configMap({ a: '1' }), 'fieldManager=m&dryRun=All')).status).toBe(201);
    expect(world.cluster.object('ConfigMap', 'aeon', 'record')).toBeUndefined();
  });

  it('are invalid with all reasons at once', async () => {
    const world = ready();
    const wrong = deployment('api', 1);
    const template = (wrong.spec as Loose).template;
    template.metadata.labels = {};
    delete template.spec.containers[0].image;
    const { status, body } = await apply(world, deploymentPath, wrong);
    expect([status, body.reason]).toEqual([422, 'Invalid']);
    expect(body.details.causes.map((cause: { field: string }) => cause.field)).toEqual([
      'spec.template.metadata.labels',
      'spec.template.spec.containers[0].image',
    ]);
  });

  it('of an unknown group or of a definition that is not installed are not found; an unknown field ends the run', async () => {
    const world = ready();
    expect((await call(world, '/apis/example.com/v1/things')).status).toBe(404);
    await expect(apply(world, configMapPath, { ...configMap({}), dada: {} })).rejects.toThrow(
      /does not know the field ConfigMap.dada/,
    );
  });
});

describe('server-side apply', () => {
  const imageOf = (object: Loose) => object.spec.template.spec.containers[0].image;
  const imageOnly = (digest: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'api', namespace: 'aeon' },
    spec: { template: { spec: { containers: [{ name: 'api', image: `${registry}@${digest}` }] } } },
  });

  it('names the manager and field of a conflict, and takes the field by force', async () => {
    const world = ready();
    await apply(world, deploymentPath, deployment('api', 0));
    const { status, body } = await apply(world, deploymentPath, imageOnly(digestB), 'fieldManager=other');
    expect([status, body.reason]).toEqual([409, 'Conflict']);
    expect(body.details.causes).toEqual([
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "m"',
        field: '.spec.template.spec.containers[name="api"].image',
      },
    ]);
    const forced = await apply(world, deploymentPath, imageOnly(digestB), 'fieldManager=other&force=true');
    expect(imageOf(forced.body)).toBe(`${registry}@${digestB}`);
    // The first manager has lost the image: with its old value it now meets the conflict itself.
    expect((await apply(world, deploymentPath, deployment('api', 0))).status).toBe(409);
  });

  it('shares a field that both apply with the same value, and lets one leave it to the other', async () => {
    const world = ready();
    await apply(world, deploymentPath, deployment('api', 0));
    expect((await apply(world, deploymentPath, imageOnly(digestA), 'fieldManager=delivery')).status).toBe(200);
    const without = structuredClone(deployment('api', 0)) as Loose;
    delete without.spec.template.spec.containers[0].image;
    const { body } = await apply(world, deploymentPath, without);
    expect(imageOf(body)).toBe(`${registry}@${digestA}`);
    expect((await apply(world, deploymentPath, imageOnly(digestB), 'fieldManager=delivery')).status).toBe(200);
    // The platform applies again without an image: the new one stays.
    expect(imageOf((await apply(world, deploymentPath, without)).body)).toBe(`${registry}@${digestB}`);
  });

  it('removes what a manager no longer applies and nobody else owns', async () => {
    const world = ready();
    await apply(world, configMapPath, configMap({ a: '1', b: '2' }));
    await apply(world, configMapPath, configMap({ b: '2' }), 'fieldManager=other');
    const { body } = await apply(world, configMapPath, configMap({}));
    expect(body.data).toEqual({ b: '2' });
  });

  it('owns the rules of a route as one: other weights by another manager conflict on .spec.rules', async () => {
    const world = ready();
    const path = '/apis/gateway.networking.k8s.io/v1/namespaces/aeon/httproutes/aeon-dt-api';
    await apply(world, path, route({ blue: 100, green: 0 }), 'fieldManager=delivery');
    const other = structuredClone(route({ blue: 90, green: 10 })) as Loose;
    delete other.spec.parentRefs;
    const { status, body } = await apply(world, path, other, 'fieldManager=other');
    expect([status, body.details.causes.map((cause: { field: string }) => cause.field)]).toEqual([
      409,
      ['.spec.rules'],
    ]);
    const own = await apply(world, path, route({ blue: 90, green: 10 }), 'fieldManager=delivery');
    expect(own.body.metadata.generation).toBe(2);
    const changes = world.log.events.filter(({ kind }) => kind === 'route.changed');
    expect(changes.map((event) => event['weights'])).toEqual([
      { 'aeon-dt-api-blue': 100, 'aeon-dt-api-green': 0 },
      { 'aeon-dt-api-blue': 90, 'aeon-dt-api-green': 10 },
    ]);
  });

  it('loses a field to an update that changes it', async () => {
    const world = ready();
    await apply(world, deploymentPath, deployment('api', 0));
    const scaled = await call(world, `${deploymentPath}/scale?fieldManager=delivery`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas: 3 } },
    });
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
    const without = structuredClone(deployment('api', 0)) as Loose;
    delete without.spec.replicas;
    expect((await apply(world, deploymentPath, without)).body.spec.replicas).toBe(3);
    expect((await apply(world, deploymentPath, deployment('api', 0))).body.details.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "delivery" using apps/v1', field: '.spec.replicas' },
    ]);
  });

  it('needs a field manager', async () => {
    const { status, body } = await apply(ready(), configMapPath, configMap({}), 'force=true');
    expect([status, body.message]).toEqual([422, expect.stringContaining('fieldManager: Required value')]);
  });
});

describe('authorisation', () => {
  async function withRole(rules: object[]) {
    const world = ready();
    const metadata = { name: 'delivery', namespace: 'aeon' };
    world.cluster.grantAccess({
      principalArn: 'arn:aws:iam::111111111111:role/task',
      username: undefined,
      groups: ['mainstay:delivery'],
      policies: [],
    });
    world.cluster.apply({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules } as never, {
      manager: 'm',
    });
    world.cluster.apply(
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'delivery' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'mainstay:delivery' }],
      } as never,
      { manager: 'm' },
    );
    world.cluster.apply(configMap({ a: '1' }) as never, { manager: 'm' });
    return world;
  }

  it('lets a group do what its role says, and says what it may not in the server`s words', async () => {
    const world = await withRole([
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['record'], verbs: ['get', 'patch'] },
    ]);
    expect((await call(world, configMapPath, { role: 'task' })).status).toBe(200);
    const { status, body } = await call(world, '/api/v1/namespaces/aeon/configmaps', { role: 'task' });
    expect([status, body.message]).toEqual([
      403,
      'configmaps is forbidden: User "arn:aws:sts::111111111111:assumed-role/task/session" cannot list resource "configmaps" in API group "" in the namespace "aeon"',
    ]);
    expect((await call(world, '/api/v1/namespaces/aeon/configmaps/other', { role: 'task' })).status).toBe(403);
    expect((await call(world, '/api/v1/namespaces/default/configmaps/record', { role: 'task' })).status).toBe(403);
  });

  it('needs the right to create for an apply that makes the object', async () => {
    const world = await withRole([{ apiGroups: [''], resources: ['configmaps'], verbs: ['patch'] }]);
    const other = { ...configMap({}), metadata: { name: 'other', namespace: 'aeon' } };
    const path = '/api/v1/namespaces/aeon/configmaps/other?fieldManager=m';
    const { status, body } = await call(world, path, {
      method: 'PATCH',
      contentType: applyPatch,
      body: other,
      role: 'task',
    });
    expect([status, body.message]).toEqual([403, expect.stringContaining('cannot create resource "configmaps"')]);
  });

  it('knows which rights nobody used', async () => {
    const world = await withRole([
      { apiGroups: ['', 'apps'], resources: ['configmaps', 'deployments/scale'], verbs: ['get'] },
    ]);
    await call(world, configMapPath, { role: 'task' });
    expect(world.cluster.rbac.unused()).toEqual([
      { role: 'Role aeon/delivery', rule: 0, verb: 'get', resource: 'deployments/scale' },
    ]);
  });
});
