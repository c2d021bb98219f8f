// SPDX-License-Identifier: Apache-2.0
// The project brings its own Node as the npm package `node`; its install script puts the binary in place.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  console.error(
    `Kiban needs Node 24.12 or later and would bring it itself, but this is ${process.versions.node}.\n` +
      'The package "node" could not place its binary: install scripts are switched off. Run\n' +
      '  npm rebuild node --ignore-scripts=false\n' +
      'or use your own Node >= 24.12.',
  );
  process.exit(70);
}
