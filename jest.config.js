const isNamed = process.argv.slice(2).some((word) => !word.startsWith('-'));

export default {
  // The first install packages, the second take minutes, and the last kill commands and give them what is not theirs:
  // npm run test:package, test:crash and test:hostile run them. Who names a hostile test means it.
  testPathIgnorePatterns: ['/test/package/', '/test/crash/', ...(isNamed ? [] : ['/test/hostile/'])],
  roots: ['<rootDir>/.build/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testEnvironment: '<rootDir>/.build/test/environment.js',
  setupFilesAfterEnv: ['<rootDir>/.build/test/setup.js'],
  // Twice the cores of a small machine: at any time some tests wait for something.
  maxWorkers: 4,
  testTimeout: 60_000,
};
