// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';

/** `KIBAN_PYTHON` names another interpreter, for example of a virtual environment. */
const python = process.env.KIBAN_PYTHON ?? 'python3';

/** A reason to skip, or false where the interpreter and all modules are there. */
export function missingPython(...modules: readonly string[]): string | false {
  try {
    execFileSync(python, ['-c', modules.map((module) => `import ${module}`).join('\n')], { stdio: 'pipe' });
    return false;
  } catch {
    return `${python} has no ${modules.join(', ')}: pip install ${modules.join(' ')}, or set KIBAN_PYTHON`;
  }
}

/** Runs a script with arguments and reads the JSON that it prints. */
export function runPython(script: string, ...args: readonly string[]): unknown {
  const output = execFileSync(python, ['-c', script, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return JSON.parse(output);
}
