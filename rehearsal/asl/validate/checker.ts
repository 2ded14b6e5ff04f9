import type { Json } from '../../kernel/log.ts';
import { isObject } from '../json-text.ts';
import type { Diagnostic } from './diagnostics.ts';

export type Fields = { readonly [key: string]: Json };

/** Collects what is wrong with a definition. */
export class Checker {
  readonly machineType: 'STANDARD' | 'EXPRESS';
  readonly diagnostics: Diagnostic[] = [];

  constructor(machineType: 'STANDARD' | 'EXPRESS') {
    this.machineType = machineType;
  }

  /** Notes an error; the code is SCHEMA_VALIDATION_FAILED unless told. */
  refuse(message: string, location: string | undefined, code = 'SCHEMA_VALIDATION_FAILED'): void {
    this.diagnostics.push({ severity: 'ERROR', code, message, ...(location === undefined ? {} : { location }) });
  }

  /** Notes the fields that are missing, all in one. */
  required(fields: Fields, names: readonly string[], location: string): boolean {
    const missing = names.filter((name) => !Object.hasOwn(fields, name));
    if (missing.length > 0) this.refuse(`These fields are required: [${missing.join(', ')}]`, location);
    return missing.length === 0;
  }

  /** Notes each field that is none of those named. */
  only(fields: Fields, names: readonly string[], location: string): void {
    for (const name of Object.keys(fields))
      if (!names.includes(name)) this.refuse(`Field '${name}' is not supported`, location);
  }

  object(value: Json | undefined, location: string): value is { [key: string]: Json } {
    if (isObject(value)) return true;
    this.refuse('Expected value of type Object', location);
    return false;
  }

  /** A list with something in it. */
  filledArray(value: Json | undefined, location: string): value is Json[] {
    if (!Array.isArray(value)) this.refuse('Expected value of type Array', location);
    else if (value.length === 0) this.refuse('Value cannot be empty', location);
    else return true;
    return false;
  }

  text(value: Json | undefined, location: string): value is string {
    if (typeof value === 'string') return true;
    this.refuse('Expected value of type String', location);
    return false;
  }

  /** A whole number within bounds. */
  integer(value: Json | undefined, location: string, least: number, most = 99_999_999): void {
    if (typeof value !== 'number' || !Number.isInteger(value)) this.refuse('Expected value of type Integer', location);
    else if (value < least || value > most)
      this.refuse(`Value must be between ${least} and ${most}, but was ${value}`, location);
  }

  number(value: Json | undefined, location: string, least: number, most = Number.POSITIVE_INFINITY): void {
    if (typeof value !== 'number') this.refuse('Expected value of type Number', location);
    else if (value < least || value > most)
      this.refuse(`Value must be between ${least} and ${most}, but was ${value}`, location);
  }

  oneOf(value: Json | undefined, name: string, values: readonly string[], location: string): boolean {
    if (typeof value === 'string' && values.includes(value)) return true;
    this.refuse(`The field '${name}' should have one of these values: [${values.join(', ')}]`, location);
    return false;
  }
}
