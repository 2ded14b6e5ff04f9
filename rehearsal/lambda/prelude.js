// Runs first in every sandboxed context: replaces what shows the real clock, real chance or the real machine by what the
// host hands over. Plain JavaScript because it is compiled inside the context. Evaluates to one function.
(function prelude(host) {
  const define = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

  // Date: without arguments, the virtual time.
  const RealDate = Date;
  const VirtualDate = function (...args) {
    if (!new.target) return new RealDate(host.now()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [host.now()] : args, new.target);
  };
  Object.defineProperty(VirtualDate, 'name', { value: 'Date', configurable: true });
  VirtualDate.prototype = RealDate.prototype;
  define(RealDate.prototype, 'constructor', VirtualDate);
  define(VirtualDate, 'now', () => host.now());
  define(VirtualDate, 'parse', RealDate.parse);
  define(VirtualDate, 'UTC', RealDate.UTC);
  define(VirtualDate, 'length', 7);
  define(globalThis, 'Date', VirtualDate);

  // Intl formats the present moment when it is given none.
  const format = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format').get;
  Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
    configurable: true,
    get() {
      const bound = format.call(this);
      return (date) => bound(date === undefined ? host.now() : date);
    },
  });
  const formatToParts = Intl.DateTimeFormat.prototype.formatToParts;
  define(Intl.DateTimeFormat.prototype, 'formatToParts', function (date) {
    return formatToParts.call(this, date === undefined ? host.now() : date);
  });

  define(Math, 'random', () => host.uniform());

  // Buffers, streams and errors of Node's own modules belong to the host's realm. Bytes therefore use the host's classes, and
  // `instanceof Error` and its like hold for both realms, as they do in a single one.
  for (const [name, value] of Object.entries(host.binary)) define(globalThis, name, value);
  const ordinary = Function.prototype[Symbol.hasInstance];
  const alsoForeign = (kind, test) =>
    Object.defineProperty(kind, Symbol.hasInstance, {
      value(value) {
        return ordinary.call(this, value) || (this === kind && test(value));
      },
    });
  alsoForeign(Object, (value) => (typeof value === 'object' && value !== null) || typeof value === 'function');
  alsoForeign(Promise, host.isPromise);
  alsoForeign(Error, host.isNativeError);
  for (const kind of [TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError]) {
    alsoForeign(kind, (value) => host.isNativeError(value) && value.name === kind.name);
  }
  for (const kind of [Array, Map, Set, RegExp]) {
    alsoForeign(kind, (value) => Object.prototype.toString.call(value) === `[object ${kind.name}]`);
  }

  // Stack traces show the function's own frames only: the host's would differ from machine to machine.
  Error.prepareStackTrace = (error, frames) => {
    const own = frames.filter((frame) => (frame.getFileName() ?? '').startsWith('/var/task/'));
    return [String(error), ...own.map((frame) => `    at ${frame}`)].join('\n');
  };

  for (const [name, value] of Object.entries(host.globals)) define(globalThis, name, value);
  define(globalThis, 'global', globalThis);
  // The host's own would wait in real time.
  const timeout = (milliseconds) => {
    const controller = new AbortController();
    setTimeout(
      () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      milliseconds,
    );
    return controller.signal;
  };
  define(
    globalThis,
    'AbortSignal',
    new Proxy(AbortSignal, {
      get: (target, name) => (name === 'timeout' ? timeout : Reflect.get(target, name, target)),
    }),
  );

  return {
    error: (message, fields) => Object.assign(new Error(message), fields),
    parse: (text) => JSON.parse(text),
    stringify: (value) => JSON.stringify(value),
    promisePrototype: Promise.prototype,
  };
});
