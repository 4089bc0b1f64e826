/**
 * What `openSession` starts: CommonJS, so that a thread needs no loader of ES modules before its first line
 * of ours.
 */

import('./coordinator.js');
