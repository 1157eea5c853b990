#!/usr/bin/env node
import { program } from './cli/program.ts';
import { runProgram } from './cli/run-program.ts';

await runProgram(program(), process.argv);
