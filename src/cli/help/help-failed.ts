/** For help, which loads no command; a module of its own, because one of a group cannot be loaded by itself (scripts/bundle/together.js). */
export {outputFailed} from '../errors/output-failed.js';
