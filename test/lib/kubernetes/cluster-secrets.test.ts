import { describe, expect, it } from 'vitest';
import { synthesizedObjects } from './synthesized-objects.ts';

/** Every way in which an object reads a Secret of the cluster: https://kubernetes.io/docs/concepts/configuration/secret/#using-a-secret */
const readsSecret = /"(?:secretRef|secretKeyRef|secretName|imagePullSecrets)"|"secret":\{/;

describe('an object of the platform', () => {
  it('needs no Secret of the cluster, which no recovery set holds', () => {
    const reading = synthesizedObjects().filter(([, object]) => readsSecret.test(JSON.stringify(object)));
    expect(reading.map(([stack, { kind, metadata }]) => `${stack}: ${kind} ${metadata.name}`)).toEqual([]);
    expect(synthesizedObjects().length).toBeGreaterThan(10);
  });

  it('is found where it reads one', () => {
    const container = {
      env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } }],
    };
    expect(readsSecret.test(JSON.stringify(container))).toBe(true);
    expect(readsSecret.test(JSON.stringify({ volumes: [{ secret: { secretName: 'database' } }] }))).toBe(true);
  });
});
