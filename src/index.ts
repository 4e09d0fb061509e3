export {GembatchError} from './lib/domain/errors.js';
