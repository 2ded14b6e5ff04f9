import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Json } from '../../../rehearsal/kernel/log.ts';

/** One recorded case; the corpus's README has the format. */
export interface Case {
  readonly id: string;
  readonly group: string;
  readonly source: string;
  readonly recorded: string;
  readonly type?: 'STANDARD' | 'EXPRESS';
  readonly kind?: 'validate' | 'variableReferences' | 'testState';
  readonly queryLanguage?: 'JSONPath' | 'JSONata' | 'mixed';
  readonly definition?: { readonly [key: string]: Json };
  readonly definitionText?: string;
  readonly input?: Json;
  readonly inputText?: string;
  readonly objects?: readonly { readonly bucket: string; readonly key: string; readonly body: string }[];
  readonly tasks?: readonly RecordedTask[];
  readonly expected?: {
    readonly status?: string;
    readonly output?: Json;
    readonly error?: string;
    readonly cause?: string;
    readonly result?: string;
    readonly diagnostics?: readonly { readonly [key: string]: Json }[];
    readonly variableReferences?: { readonly [state: string]: readonly string[] };
  };
  readonly states?: readonly RecordedState[];
  readonly events?: readonly string[];
  readonly createError?: { readonly code: string; readonly message: string };
  readonly startError?: { readonly code: string; readonly message: string };
  readonly opaque?: readonly string[];
  readonly concurrent?: boolean;
  readonly unordered?: boolean;
  readonly distributed?: boolean;
  readonly childTasksNotRecorded?: boolean;
  readonly notScheduled?: readonly string[];
}

export interface RecordedTask {
  readonly state: string;
  readonly resource: string;
  readonly parameters: Json;
  readonly outcome: {
    readonly output?: Json;
    readonly error?: string | null;
    readonly cause?: string | null;
    readonly timeout?: true;
  };
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  readonly credentials?: Json;
}

export interface RecordedState {
  readonly name: string;
  readonly input: Json;
  readonly output?: Json;
  readonly assigned?: { readonly [name: string]: Json };
  readonly iteration?: readonly number[];
}

/** The corpus's folder: `ASL_CONFORMANCE_DIR`, or where it lies beside the project; undefined where neither exists. */
export function corpusFolder(): string | undefined {
  const beside = resolve(import.meta.dirname, '../../../../shared/asl-conformance');
  return [process.env['ASL_CONFORMANCE_DIR'] ?? beside, beside].find((folder) => existsSync(folder));
}

/** All cases, by file and in the file's order. */
export function loadCases(folder: string): Case[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().flatMap((file) => {
    const cases = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Omit<Case, 'group'>[];
    return cases.map((one) => ({ ...one, group: file.slice(0, -'.json'.length) }));
  });
}
