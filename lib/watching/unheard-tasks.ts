interface State {
  readonly Next?: string;
  readonly Arguments?: { readonly FunctionName?: unknown };
  readonly Catch?: readonly Catcher[];
  readonly Branches?: readonly States[];
  readonly ItemProcessor?: States;
}

interface Catcher {
  readonly Next: string;
  readonly Assign?: object;
}

interface States {
  readonly States: Readonly<Record<string, State>>;
}

/**
 * Placeholders (`NotifyFunctionArn`) of the tasks that a workflow goes on without: where a failure, of the task or of a map or branches around it, is caught,
 * leads where success leads, and is not kept for a verdict or a message either. Nobody hears of those by the workflow; of any other, the workflow's ending or
 * message tells.
 */
export function unheardTasks(definition: string): ReadonlySet<string> {
  return new Set(goneOnWithout(JSON.parse(definition), false));
}

function goneOnWithout({ States: states }: States, ignoredAround: boolean): string[] {
  return Object.values(states).flatMap(({ Next, Catch = [], Arguments, Branches = [], ItemProcessor }) => {
    const ignored = ignoredAround || Catch.some((one) => one.Next === Next && !keepsFailure(one));
    const inner = ItemProcessor ? [...Branches, ItemProcessor] : Branches;
    const [, name] = /^\$\{(\w+)\}$/.exec(String(Arguments?.FunctionName)) ?? [];
    return [
      ...(ignored && name !== undefined ? [name] : []),
      ...inner.flatMap((machine) => goneOnWithout(machine, ignored)),
    ];
  });
}

function keepsFailure({ Assign = {} }: Catcher): boolean {
  return JSON.stringify(Assign).includes('$states.errorOutput');
}
