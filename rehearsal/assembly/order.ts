import { referencesIn } from './intrinsics.ts';
import { AssemblyError } from './load.ts';
import type { Template } from './template.ts';

/**
 * Logical ids in an order in which each resource comes after what it refers to and what its DependsOn names; ties keep the
 * template's order, so that every run deploys alike. Throws AssemblyError on a circle or an unknown DependsOn.
 */
export function creationOrder(stackName: string, template: Template): string[] {
  const resources = template.Resources ?? {};
  const ordered: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (logicalId: string): void => {
    if (done.has(logicalId)) return;
    const resource = resources[logicalId];
    if (!resource) return;
    if (path.includes(logicalId)) {
      throw new AssemblyError(
        `${stackName}: resources depend on each other in a circle: ${[...path, logicalId].join(' → ')}.`,
      );
    }
    path.push(logicalId);
    for (const before of [resource.DependsOn ?? []].flat()) {
      if (!resources[before]) {
        throw new AssemblyError(`${stackName}: ${logicalId} depends on '${before}', which the template does not have.`);
      }
      visit(before);
    }
    for (const before of referencesIn(resource.Properties)) visit(before);
    path.pop();
    done.add(logicalId);
    ordered.push(logicalId);
  };
  for (const logicalId of Object.keys(resources)) visit(logicalId);
  return ordered;
}
