import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { InvalidInput } from '../../domain/errors.ts';

const logger = new Logger();

/**
 * A Lambda handler of a workflow's task: parses the payload, runs the task, logs what it was given for and what came of it (names and
 * decisions; never the payload, which may carry a task token). Throws InvalidInput for a payload that is not the task's.
 */
export function task<Schema extends z.ZodType, Output>(
  input: Schema,
  run: (parsed: z.output<Schema>) => Promise<Output>,
): (event: unknown, context: Context) => Promise<Output> {
  return async (event, context) => {
    logger.addContext(context);
    const parsed = parseInput(input, event);
    try {
      const output = await run(parsed);
      logger.info('done', { subject: subjectOf(parsed) });
      return output;
    } catch (error) {
      logger.error('failed', { subject: subjectOf(parsed), error: error as Error });
      throw error;
    }
  };
}

/** Parses what a person or a workflow gave. Throws InvalidInput with every violation. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(
    `The input does not fit: ${z.prettifyError(parsed.error)}. It was ${shown(given)}. Correct it and start again.`,
  );
}

/** Without a task token, and short. */
function shown(given: unknown): string {
  const text = JSON.stringify(given, (key, value: unknown) => (key === 'token' ? '…' : value)) ?? 'nothing';
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

function subjectOf(parsed: unknown): object {
  const { plan, hold } = parsed as { plan?: { service?: string } | null; hold?: { id?: string; epoch?: number } };
  return { service: plan?.service, promotion: hold?.id, epoch: hold?.epoch };
}
