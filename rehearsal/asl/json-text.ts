import type { Json } from '../kernel/log.ts';

/** Values are never changed in place, so the text of an object is made once and shared by all events that carry it. */
const texts = new WeakMap<object, string>();

/** The compact JSON text of a value. */
export function textOf(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}

/** Whether a value has been seen as JSON before, so that it need not be walked again. */
export function isKnownJson(value: object): value is { [key: string]: Json } | Json[] {
  return texts.has(value);
}

/** Whether a text is longer than so many bytes of UTF-8. */
export function exceedsBytes(text: string, limitBytes: number): boolean {
  if (text.length > limitBytes) return true;
  if (text.length * 3 <= limitBytes) return false;
  return Buffer.byteLength(text) > limitBytes;
}

/** An object that is JSON, not an array and not null. */
export function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a member as JSON.parse would: `__proto__` is a name like any other. */
export function setMember(target: { [key: string]: Json }, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

/** What JSONata and Step Functions call the type of a value. */
export function typeName(value: Json): 'null' | 'array' | 'object' | 'string' | 'number' | 'boolean' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'object' | 'string' | 'number' | 'boolean';
}
