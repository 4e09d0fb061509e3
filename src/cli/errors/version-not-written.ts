// What "--version" loads when it cannot write. A module that is loaded by itself must not be one that commands import:
// the bundle would split their files (`scripts/bundle/together.js`).
export {outputFailed} from './output-failed.js';
