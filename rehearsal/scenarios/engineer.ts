import { stateMachineName } from '../../domain/names.ts';
import type { SimulatedAccount } from '../aws/account.ts';
import { AwsError, type OperationInput } from '../aws/service.ts';
import type { RehearsalEvent } from '../kernel/log.ts';

/** How the person who is asked behaves. `go-on` questions come when the judge could not tell. */
export interface Manner {
  /** Left out: drawn anew for each question, from half a minute to two and a half. */
  readonly answersAfterSeconds?: number;
  /** Drawn up to so many seconds after half a minute: who is on call has the telephone at hand. */
  readonly answersWithinSeconds?: number;
  readonly decision: 'approve' | 'reject';
  /** Answers every question a second time, a minute later. */
  readonly twice: boolean;
  /** Does not answer whether to go on with too little evidence. */
  readonly silentOnDoubt: boolean;
}

export const usualManner: Manner = { decision: 'approve', twice: false, silentOnDoubt: true };

/** The platform engineer of a scenario: starts workflows, reads notifications, answers approvals as their messages say. */
export class Engineer {
  readonly name = 'ada';
  manner: Manner = usualManner;
  readonly #account: SimulatedAccount;
  readonly #region: string;
  readonly #environment: string;
  readonly #answered = new Set<string>();

  constructor(options: { readonly account: SimulatedAccount; readonly region: string; readonly environment: string }) {
    this.#account = options.account;
    this.#region = options.region;
    this.#environment = options.environment;
    this.#account.log.subscribe((event) => this.#read(event));
  }

  /** Starts a workflow of the environment by its name in `domain/names.ts`; answers the execution's ARN. */
  async start(
    workflow: Parameters<typeof stateMachineName>[1],
    input: OperationInput,
    told: string,
    region = this.#region,
  ): Promise<string> {
    this.#account.log.write('person.acted', { person: this.name, action: told });
    const name = stateMachineName(this.#environment, workflow);
    const request = {
      stateMachineArn: `arn:aws:states:${region}:${this.#account.account}:stateMachine:${name}`,
      name: this.#account.nextId('engineer', 'uuid'),
      input: JSON.stringify(input),
    };
    const output = await this.call('states', 'StartExecution', request, region);
    return String(output['executionArn']);
  }

  /** Any other thing that a person can do in the console or with the CLI. */
  call(service: string, operation: string, input: OperationInput, region = this.#region): Promise<OperationInput> {
    return this.#account.call({ service, operation, input, region, principal: { kind: 'person', name: this.name } });
  }

  /** Says in the log what was done, where no workflow is started. */
  tell(action: string): void {
    this.#account.log.write('person.acted', { person: this.name, action });
  }

  #read(event: RehearsalEvent): void {
    if (event.kind !== 'notification.sent') return;
    const approval = /"approval"\s*:\s*"([^"]+)"/.exec(String(event['message']))?.[1];
    if (approval === undefined || this.#answered.has(approval)) return;
    this.#answered.add(approval);
    const manner = this.manner;
    if (manner.silentOnDoubt && /\.step-/.test(approval)) return;
    const seconds =
      manner.answersAfterSeconds ??
      30 + this.#account.kernel.random('engineer').below(manner.answersWithinSeconds ?? 121);
    // Where it was asked: a failover asks in the region that takes over.
    const region = String(event['region']);
    this.#answerAfter({ approval, region }, seconds, manner.decision);
    if (manner.twice) this.#answerAfter({ approval, region }, seconds + 60, 'reject');
  }

  #answerAfter(
    question: { readonly approval: string; readonly region: string },
    seconds: number,
    decision: Manner['decision'],
  ): void {
    const { approval, region } = question;
    const { kernel } = this.#account;
    const answer = async (): Promise<void> => {
      const told = `${decision === 'approve' ? 'approves' : 'rejects'} ${approval}`;
      try {
        await this.start('approval-answer', { approval, decision, by: this.name }, told, region);
      } catch (error) {
        // A person whose call AWS refuses sees the error and tries again.
        if (!(error instanceof AwsError)) throw error;
        this.#answerAfter(question, 30, decision);
      }
    };
    // People live in no region.
    kernel.outside(() => kernel.after(seconds * 1000, `${this.name} answers`, answer));
  }
}
