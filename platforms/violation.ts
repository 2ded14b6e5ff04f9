import type { Platform } from './schema.ts';

/** One thing that is wrong with a definition: where, what came, what is allowed, what to do. */
export interface Violation {
  /** Such as `services[0].replicas.minimum`. */
  readonly path: string;
  readonly value: unknown;
  readonly allowed: string;
  readonly remedy: string;
  /** Name of the rule, or `schema`. */
  readonly rule: string;
}

type Finding = Omit<Violation, 'rule' | 'path'> & { readonly path: Path };
export type Path = readonly (string | number)[];

/** A rule across fields. `reads` names the parts of the definition that it looks at: it runs when those parts are well formed. */
export interface Rule {
  readonly name: string;
  readonly reads: readonly (keyof Platform)[];
  readonly check: (platform: Platform) => Violation[];
}

/** Makes a rule of a function whose name is the rule's; the compiler holds it to the parts that it names. */
export function rule<Part extends keyof Platform>(
  reads: readonly Part[],
  check: (platform: Pick<Platform, Part>) => Finding[],
): Rule {
  const { name } = check;
  return {
    name,
    reads,
    check: (platform) => check(platform).map((finding) => ({ ...finding, path: pathText(finding.path), rule: name })),
  };
}

export type { Finding };

/** `['services', 0, 'port']` as `services[0].port`; keys that are no identifiers in quotes. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** A definition that can't be deployed or rehearsed. Carries everything that is wrong with it at once. */
export class InvalidPlatform extends Error {
  override readonly name = 'InvalidPlatform';
  readonly violations: readonly Violation[];

  constructor(title: string, violations: readonly Violation[]) {
    const count = violations.length === 1 ? '1 violation' : `${violations.length} violations`;
    super(`The platform ${title} is not sound: ${count}.\n${violations.map(describeViolation).join('\n')}`);
    this.violations = violations;
  }
}

/** One line and its remedy, for a person. */
export function describeViolation({ path, value, allowed, remedy, rule: ruleName }: Violation): string {
  return `  ${path || '(whole file)'}: is ${valueText(value)}; allowed: ${allowed} [${ruleName}]\n    ${remedy}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
