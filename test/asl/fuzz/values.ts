import fc from 'fast-check';
import type { Json } from '../../../rehearsal/kernel/log.ts';

/** Random JSON, paths, intrinsic calls and JSONata expressions: mostly sensible, now and then not. */

function list(text: string): [string, ...string[]] {
  return text.split('  ') as [string, ...string[]];
}

function mostly<T>(sensible: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T> {
  return fc.oneof({ weight: oneIn - 1, arbitrary: sensible }, { weight: 1, arbitrary: odd });
}

export const json: fc.Arbitrary<Json> = mostly(
  fc.constantFrom<Json>({}, [], null, 0, 1, -1, 2.5, '', 'a', true, [1, 2, 3], { a: { b: [1, 'x'] }, n: 3, s: 'text' }),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  5,
);

/** An execution's input: often one in which the paths and expressions here find something. */
export const inputs: fc.Arbitrary<Json> = mostly(fc.constant<Json>({ a: { b: [1, 'x'] }, n: 3, s: 'text' }), json, 2);

export const paths: fc.Arbitrary<string> = mostly(
  mostly(
    fc.constantFrom(
      ...list('$  $.a  $.a.b  $.n  $.s  $..b  $.a.b[0:1]  $.a.b[0]  $$  $$.State.Name  $$.Execution.Input'),
    ),
    fc.constantFrom(...list('$[0]  $[*]  $[?(@.n > 1)]  $v  $v.a  $.missing')),
    6,
  ),
  fc.string({ maxLength: 12 }).map((text) => `$${text}`),
  60,
);

const literals = fc.constantFrom("'text {}'", '1', '-2.5', 'true', 'null', "'[1, {}]'", "'MD5'", "','");

/** Intrinsic functions with how many arguments they take. */
const functions: readonly (readonly [string, number])[] = list(
  'Format 2  StringToJson 1  JsonToString 1  Array 2  ArrayPartition 2  ArrayContains 2  ArrayRange 3  ArrayGetItem 2  ArrayLength 1  ArrayUnique 1  Base64Encode 1  Base64Decode 1  Hash 2  JsonMerge 3  MathRandom 2  MathAdd 2  StringSplit 2  UUID 0  Nothing 1',
).map((entry) => [entry.split(' ')[0] ?? '', Number(entry.split(' ')[1])] as const);

export const calls: fc.Arbitrary<string> = fc.letrec<{ call: string; argument: string }>((tie) => ({
  argument: fc.oneof({ maxDepth: 3, depthSize: 'small' }, paths, literals, tie('call')),
  call: fc
    .tuple(fc.constantFrom(...functions), fc.array(tie('argument'), { minLength: 3, maxLength: 3 }))
    .map(([[name, arity], given]) => `States.${name}(${given.slice(0, arity).join(', ')})`),
})).call;

const leaves = mostly(
  fc.constantFrom(
    ...list(
      '$states.input  $states.input.a.b  $states.input.n  $states.input.s  $states.context.State.Name  1  "x"  true  null  [1..3]  {"a": 1}  $now()  $random()  $uuid()  $v',
    ),
  ),
  fc.oneof(
    fc.constantFrom(...list('$states  $states.result  bare  /re/  $sum  $eval("1")')),
    fc.string({ maxLength: 10 }),
  ),
  40,
);

const expressions: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaves,
    fc
      .tuple(tie('node'), fc.constantFrom(...list('+  -  *  /  %  &  =  !=  <  >=  and  or  in')), tie('node'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(
        fc.constantFrom(
          ...list(
            'sum  count  string  number  merge  partition  range  hash  parse  keys  sort  reverse  split  shuffle  toMillis  error  nothing',
          ),
        ),
        fc.array(tie('node'), { maxLength: 3 }),
      )
      .map(([name, given]) => `$${name}(${given.join(', ')})`),
    tie('node').map((inner) => `[${inner}]`),
    tie('node').map((inner) => `(${inner})[0]`),
    tie('node').map((inner) => `($x := ${inner}; $x)`),
    tie('node').map((inner) => `$map([1, 2], function($i) { ${inner} })`),
    tie('node').map((inner) => `(function($i) { ${inner} })`),
    fc.tuple(tie('node'), tie('node'), tie('node')).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
  ),
})).node;

export const expression: fc.Arbitrary<string> = expressions.map((text) => `{% ${text} %}`);

export const jsonataValue: fc.Arbitrary<Json> = fc.oneof(
  expression,
  json,
  fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'n'), fc.oneof(expression, json), {
    maxKeys: 3,
  }) as fc.Arbitrary<Json>,
  fc.array(expression, { maxLength: 3 }) as fc.Arbitrary<Json>,
);

export const pathTemplate: fc.Arbitrary<Json> = fc
  .tuple(
    fc.dictionary(fc.constantFrom('a.$', 'b.$', '__proto__.$'), fc.oneof(paths, calls), { maxKeys: 2 }),
    fc.dictionary(fc.constantFrom('c', 'n', '__proto__'), json, { maxKeys: 2 }),
  )
  .map(([computed, fixed]): Json => ({ ...computed, ...(fixed as { [key: string]: Json }) }));
