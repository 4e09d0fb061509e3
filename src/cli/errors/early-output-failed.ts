/** For answers without a command; a module of its own, because one of a group cannot be loaded by itself (scripts/bundle/together.js). */
export {outputFailed} from './output-failed.js';
