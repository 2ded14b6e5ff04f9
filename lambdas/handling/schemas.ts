import { config } from 'zod/v4/core';

/*
 * Bundled before everything else of every function. By default zod compiles a parser for each schema when it first parses, which pays after some
 * hundred inputs; a function parses its environment once and a few small inputs in its life.
 */
config({ jitless: true });
