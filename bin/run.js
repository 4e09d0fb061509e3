#!/usr/bin/env node
import module from 'node:module';

// Node 22 and later keep the compiled code of a start for the next one.
module.enableCompileCache?.();
await import('../dist/main.js');
