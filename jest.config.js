export default {
  // They install packages; npm run test:package runs them.
  testPathIgnorePatterns: ['/test/package/'],
  roots: ['<rootDir>/.build/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  setupFilesAfterEnv: ['<rootDir>/.build/test/setup.js'],
  maxWorkers: 2,
  testTimeout: 60_000,
};
