/** Specs as people write them, for whoever certifies, compares and sweeps: see `config/spec-text.ts`. */

export {
  checkSpec,
  embedWritten,
  PATH,
  parseSpecText,
  pointAt,
  type WrittenSpec,
} from '../config/spec-text.js';
