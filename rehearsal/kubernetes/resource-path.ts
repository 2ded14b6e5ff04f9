import { noSuchResource } from './errors.ts';
import { type Kind, kinds } from './kinds.ts';

/** Where a path of the API leads. */
export interface ResourcePath {
  readonly kind: Kind;
  readonly version: string;
  readonly namespace: string | undefined;
  /** Undefined: the collection. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris Throws ApiError 404. */
export function parseResourcePath(path: string): ResourcePath {
  const [root, ...parts] = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const group = root === 'api' ? '' : parts.shift();
  const version = parts.shift();
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined || parts.length === 0)
    throw noSuchResource();
  // `/namespaces/x` is the Namespace itself; `/namespaces/x/pods` lies within it.
  const isWithin = parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize';
  const namespace = isWithin ? parts[1] : undefined;
  const [plural, name, subresource, ...rest] = isWithin ? parts.slice(2) : parts;
  const kind = kinds.find((each) => each.group === group && each.plural === plural);
  const served = kind && [kind.version, ...(kind.otherVersions ?? [])].includes(version);
  if (!kind || !served || rest.length > 0 || (namespace !== undefined && !kind.namespaced)) throw noSuchResource();
  if (name !== undefined && kind.namespaced && namespace === undefined) throw noSuchResource();
  if (
    subresource !== undefined &&
    !(subresource === 'status' && kind.status) &&
    !(subresource === 'scale' && kind.scale)
  ) {
    throw noSuchResource();
  }
  return { kind, version, namespace, name, subresource };
}

/** The test of a `labelSelector`: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api */
export function labelSelection(selector: string): (labels: Readonly<Record<string, string>>) => boolean {
  const terms = selector.match(/[^,(]+(\([^)]*\))?/g) ?? [];
  const tests = terms.map((term) => {
    const text = term.trim();
    const inSet = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
    if (inSet) {
      const values = (inSet[3] ?? '').split(',').map((value) => value.trim());
      const key = inSet[1] ?? '';
      return (labels: Readonly<Record<string, string>>) => values.includes(labels[key] ?? '') === (inSet[2] === 'in');
    }
    const equality = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(text);
    if (equality) {
      const [, key = '', operator, value] = equality;
      return (labels: Readonly<Record<string, string>>) => (labels[key] === value) === (operator !== '!=');
    }
    return (labels: Readonly<Record<string, string>>) =>
      text.startsWith('!') ? !(text.slice(1) in labels) : text in labels;
  });
  return (labels) => tests.every((test) => test(labels));
}
