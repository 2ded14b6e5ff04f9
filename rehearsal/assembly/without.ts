import type { Assembly, AssemblyStack } from './load.ts';
import type { Template, TemplateResource } from './template.ts';

/** What was not deployed, because the run was asked to do without. */
export interface NotDeployed {
  /** Names of stacks. */
  readonly stacks: readonly string[];
  /** Names of alarms of other stacks: each watches something of these stacks, and would ring because it is not there. */
  readonly alarms: readonly string[];
}

/** An assembly without some of its stacks, without every stack that depends on one, and without the alarms that watch what stands in them. */
export function assemblyWithout(
  assembly: Assembly,
  without: (stackName: string) => boolean = () => false,
): { readonly assembly: Assembly; readonly notDeployed: NotDeployed } {
  const gone = new Map<string, AssemblyStack>();
  const kept = assembly.stacks.filter((stack) => {
    const goes = without(stack.stackName) || stack.dependsOn.some((before) => gone.has(before));
    if (goes) gone.set(stack.id, stack);
    return !goes;
  });
  const missing = new Set([...gone.values()].flatMap(watchable));
  const alarms: string[] = [];
  const stacks = kept.map((stack) => ({
    ...stack,
    template: withoutAlarms(stack.template, (resource) => {
      const goes = watchedBy(resource).some((watched) => missing.has(placed(stack, watched)));
      if (goes) alarms.push(String(resource.Properties?.['AlarmName']));
      return goes;
    }),
  }));
  const { directory, account } = assembly;
  const locate: Assembly['locate'] = (bucket, key) => assembly.locate(bucket, key);
  const names = [...gone.values()].map(({ stackName }) => stackName);
  return { assembly: { directory, account, stacks, locate }, notDeployed: { stacks: names, alarms } };
}

/** Types that alarms watch by a name of their own, with the property that holds it and the dimension that asks for it. */
const named: Readonly<Record<string, { readonly property: string; readonly dimension: string }>> = {
  'AWS::Events::Rule': { property: 'Name', dimension: 'RuleName' },
  'AWS::Lambda::Function': { property: 'FunctionName', dimension: 'FunctionName' },
  'AWS::StepFunctions::StateMachine': { property: 'StateMachineName', dimension: 'StateMachineArn' },
};

const placed = ({ region }: AssemblyStack, watched: string): string => `${region} ${watched}`;

/** `us-east-1 RuleName=mainstay-aeon-guard-primary` */
function watchable(stack: AssemblyStack): string[] {
  return Object.values(stack.template.Resources ?? {}).flatMap(({ Type, Properties }) => {
    const how = named[Type];
    const name = how && Properties?.[how.property];
    return how && typeof name === 'string' ? [placed(stack, `${how.dimension}=${name}`)] : [];
  });
}

/** What an alarm asks about: a state machine by its ARN's last part, as all of them are of one account. */
function watchedBy({ Type, Properties }: TemplateResource): string[] {
  if (Type !== 'AWS::CloudWatch::Alarm') return [];
  const dimensions = Properties?.['Dimensions'];
  if (!Array.isArray(dimensions)) return [];
  return dimensions.flatMap((dimension: { readonly Name?: unknown; readonly Value?: unknown }) =>
    typeof dimension.Value === 'string' ? [`${dimension.Name}=${dimension.Value.split(':').at(-1)}`] : [],
  );
}

function withoutAlarms(template: Template, goes: (resource: TemplateResource) => boolean): Template {
  const { Resources } = template;
  if (!Resources) return template;
  return { ...template, Resources: Object.fromEntries(Object.entries(Resources).filter(([, one]) => !goes(one))) };
}
