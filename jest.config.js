export default {
  // The first install packages, the others take minutes: npm run test:package and npm run test:crash run them.
  testPathIgnorePatterns: ['/test/package/', '/test/crash/'],
  roots: ['<rootDir>/.build/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/.build/test/setup.js'],
  maxWorkers: 2,
  testTimeout: 60_000,
};
