// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';

/** `KIBAN_PYTHON` names another interpreter, for example of a virtual environment. */
const python = process.env.KIBAN_PYTHON ?? 'python3';

/** A reason to skip, or false where the interpreter and all modules are there. */
export function missingPython(modules: Readonly<Record<string, string>> = {}): string | false {
  try {
    const imports = Object.keys(modules).map((module) => `import ${module}`);
    execFileSync(python, ['-c', imports.join('\n')], { stdio: 'pipe' });
    return false;
  } catch {
    const names = Object.values(modules).join(' ');
    return `${python} is missing or has no ${names}: pip install ${names}, or set KIBAN_PYTHON`;
  }
}

/** Runs a script in a folder. */
export function runPython(script: string, folder: string): void {
  execFileSync(python, ['-c', script], { cwd: folder, stdio: 'pipe' });
}
