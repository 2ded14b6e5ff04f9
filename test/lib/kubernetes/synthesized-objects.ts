import type { Stage } from '../../../domain/names.ts';
import { kubernetesObjectsType } from '../../../lib/constructs/kubernetes-objects.ts';
import { resourcesOf, templates } from '../synthesized.ts';

/** A Kubernetes object as a template carries it. */
export interface SynthesizedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: Record<string, unknown>;
}

/** Every object of every cluster that the app of this stage applies, by the stack that applies it. */
export function synthesizedObjects(stage: Stage = 'production'): readonly (readonly [string, SynthesizedObject])[] {
  return Object.entries(templates(stage)).flatMap(([stack, template]) =>
    Object.values(resourcesOf(template, kubernetesObjectsType)).flatMap(({ Properties }) =>
      (JSON.parse(textOf(Properties['Objects'])) as SynthesizedObject[]).map((object) => [stack, object] as const),
    ),
  );
}

/** The text with a plain word in the place of what CloudFormation fills in: such as the ARN of a key. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const joined = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
  if (!joined) return 'filled-in';
  return joined[1].map((part) => (typeof part === 'string' ? part : 'filled-in')).join(joined[0]);
}
